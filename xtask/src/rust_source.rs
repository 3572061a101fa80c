//! Just enough of Rust's lexical grammar to tell code, strings and comments apart, and tests from what ships.

/// What one line of a source file holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Code, with every string replaced by `""`.
    pub(crate) code: String,
    /// The contents of the strings and characters on this line.
    pub(crate) strings: String,
    /// Inside a `#[cfg(test)]` item.
    pub(crate) test: bool,
}

/// A file that never ships: integration tests, benches, a module of tests, a test helper beside the code.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs" | "testing.rs"))
        || path.ends_with("_tests.rs")
        || path.ends_with("_test.rs")
}

#[derive(Clone, Copy)]
enum State {
    Code,
    LineComment,
    BlockComment(usize),
    Text,
    /// With this many `#`.
    RawText(usize),
}

/// Splits a file into its lines, sorted by what they hold.
pub(crate) fn lines(source: &str) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut state = State::Code;
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if c == '\n' {
            lines.push(Line::default());
            if matches!(state, State::LineComment) {
                state = State::Code;
            }
            rest = &rest[1..];
            continue;
        }
        let line = lines.last_mut().expect("there is always a line");
        let (next, taken) = step(state, rest, c, line);
        state = next;
        rest = &rest[taken..];
    }
    mark_tests(&mut lines);
    lines
}

/// One token's worth: the state after it and the bytes it took.
fn step(state: State, rest: &str, c: char, line: &mut Line) -> (State, usize) {
    match state {
        State::Code => from_code(rest, c, line),
        State::LineComment => (state, c.len_utf8()),
        State::BlockComment(depth) => match rest.get(..2) {
            Some("*/") if depth == 1 => (State::Code, 2),
            Some("*/") => (State::BlockComment(depth - 1), 2),
            Some("/*") => (State::BlockComment(depth + 1), 2),
            _ => (state, c.len_utf8()),
        },
        State::Text => match c {
            '"' => (State::Code, 1),
            // The escaped character is skipped, unless it is the end of the line.
            '\\' if rest.get(1..2).is_some_and(|next| next != "\n") => (state, 2),
            _ => in_text(state, c, line),
        },
        State::RawText(hashes) => {
            let closing = format!("\"{}", "#".repeat(hashes));
            if rest.starts_with(&closing) { (State::Code, closing.len()) } else { in_text(state, c, line) }
        }
    }
}

fn in_text(state: State, c: char, line: &mut Line) -> (State, usize) {
    line.strings.push(c);
    (state, c.len_utf8())
}

fn from_code(rest: &str, c: char, line: &mut Line) -> (State, usize) {
    if rest.starts_with("//") {
        return (State::LineComment, 2);
    }
    if rest.starts_with("/*") {
        return (State::BlockComment(1), 2);
    }
    if c == '"' {
        line.code.push_str("\"\"");
        return (State::Text, 1);
    }
    let in_word = line.code.ends_with(|p: char| p.is_alphanumeric() || p == '_') && !line.code.ends_with(" b");
    if c == 'r' && !in_word {
        let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
        if rest[1 + hashes..].starts_with('"') {
            line.code.push_str("\"\"");
            return (State::RawText(hashes), hashes + 2);
        }
    }
    if c == '\''
        && let Some((inside, taken)) = char_literal(rest)
    {
        line.code.push_str("''");
        line.strings.push_str(inside);
        return (State::Code, taken);
    }
    line.code.push(c);
    (State::Code, c.len_utf8())
}

/// `'x'` or `'\n'`, but not the lifetime `'x`.
fn char_literal(rest: &str) -> Option<(&str, usize)> {
    let body = &rest[1..];
    let first = body.chars().next()?;
    let length = if first == '\\' { body.get(2..)?.find('\'')? + 2 } else { first.len_utf8() };
    body.get(length..)?.starts_with('\'').then(|| (&body[..length], length + 2))
}

/// From `#[cfg(test)]` to the end of the item it stands on, found by its braces.
fn mark_tests(lines: &mut [Line]) {
    let mut index = 0;
    while index < lines.len() {
        if !lines[index].code.trim_start().starts_with("#[cfg(test)]") {
            index += 1;
            continue;
        }
        let mut depth = 0_usize;
        let mut begun = false;
        while index < lines.len() {
            let line = &mut lines[index];
            line.test = true;
            index += 1;
            for c in line.code.chars() {
                match c {
                    '{' => (depth, begun) = (depth + 1, true),
                    '}' => depth = depth.saturating_sub(1),
                    ';' if depth == 0 => begun = true,
                    _ => {}
                }
            }
            if begun && depth == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_code_are_told_apart() {
        let found =
            lines("let a = \"SELECT \\\" 1\"; // \"no\"\nlet b = r#\"x \" y\"#; /* \"n\n\" */ f('\"', 'a, 'é');");
        assert_eq!(found[0].code.trim(), "let a = \"\";");
        assert_eq!(found[0].strings, "SELECT  1");
        assert_eq!(found[1].strings, "x \" y");
        assert_eq!(found[2].code.trim(), "f('', 'a, '');");
        assert_eq!(found[2].strings, "\"é");
    }

    #[test]
    fn a_test_module_ends_at_its_brace() {
        let found =
            lines("fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}");
        let tests: Vec<bool> = found.iter().map(|line| line.test).collect();
        assert_eq!(tests, [false, true, true, true, true, false, true, true, false]);
    }

    #[test]
    fn test_files_are_known_by_their_place() {
        assert!(is_test_file("crates/web/tests/pages.rs"));
        assert!(is_test_file("crates/domain/src/money/tests.rs"));
        assert!(!is_test_file("crates/domain/src/contest.rs"));
    }
}
