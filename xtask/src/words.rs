//! Words and bytes that no tracked text may contain.

use crate::repo::{Finding, Repo};

/// Unfinished work, and traces of the machine it was done on. The words are split, so that this file does not contain
/// them.
const BANNED: [(&str, &str); 13] = [
    (concat!("todo", "!("), "unfinished work"),
    (concat!("unimplemented", "!("), "unfinished work"),
    (concat!("FIX", "ME"), "unfinished work"),
    (concat!("X", "XX:"), "unfinished work"),
    (concat!("dbg", "!("), "left from debugging"),
    (concat!("#[", "ignore"), "a test that does not run is no test"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/Us", "ers/"), "a path of one machine"),
    (concat!("registry.", "npmjs"), "a registry's address belongs to the machine's settings"),
    (concat!("arti", "factory"), "a registry's address belongs to the machine's settings"),
    (concat!("index.", "crates.io"), "a registry's address belongs to the machine's settings"),
];

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    repo.texts().filter(|(path, _)| !written_by_others(path)).flat_map(|(path, text)| check_file(path, text)).collect()
}

/// Generated or third-party files, which are kept unchanged.
fn written_by_others(path: &str) -> bool {
    path.contains("/vendor/") || path.ends_with(".min.js") || path.ends_with("LICENSE")
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_rust = path.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs");
    for (index, line) in text.split_terminator('\n').enumerate() {
        let mut say = |what: String| findings.push(Finding::new(path, index + 1, what));
        if line.ends_with('\r') {
            say("CRLF line end".to_owned());
        } else if line.ends_with([' ', '\t']) {
            say("white space at the end of the line".to_owned());
        }
        if is_rust && line.contains('\t') {
            say("tab".to_owned());
        }
        for (word, why) in BANNED {
            if has_word(line, word) {
                say(format!("`{word}`: {why}"));
            }
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::new(path, text.lines().count(), "no line end at the end of the file"));
    }
    findings
}

/// A path counts only where a path can begin: in the middle of an address it is part of the address.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !word.starts_with('/')
            || !line[..at].ends_with(|before: char| before.is_alphanumeric() || "}_-.".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_trace_is_found_where_it_stands() {
        let text = format!("ok\nlet x = {}); \r\n\tsee {}x\nnetwork{}\nend", BANNED[0].0, BANNED[7].0, BANNED[8].0);
        let found: Vec<String> = check_file("a.rs", &text).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(found[0].starts_with("a.rs:2: CRLF"));
        assert!(found[4].contains("no line end"));
    }
}
