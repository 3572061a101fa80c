//! The SQL texts of this crate, read from its sources as the compiler reads them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// Less than this and the reader below has lost sight of the sources.
pub(crate) const TEXTS_MIN: usize = 60;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The string that begins at `text[at]`, a quote, as the compiler sees it, and where it ends.
fn literal(text: &[char], at: usize) -> (String, usize) {
    let (mut value, mut i) = (String::new(), at + 1);
    while i < text.len() && text[i] != '"' {
        if text[i] != '\\' {
            value.push(text[i]);
        } else if text[i + 1] == '\n' {
            i += 1;
            while text[i + 1].is_whitespace() {
                i += 1;
            }
        } else {
            i += 1;
            value.push(if text[i] == 'n' { '\n' } else { text[i] });
        }
        i += 1;
    }
    (value, i)
}

/// Strings of one file, comments and characters skipped, `concat!` joined and with `name!()` inside it filled in.
fn strings(source: &str, columns: &str) -> Vec<String> {
    let text: Vec<char> = source.chars().collect();
    let (mut found, mut i) = (Vec::new(), 0);
    let mut joined: Option<String> = None;
    let starts = |i: usize, word: &str| word.chars().enumerate().all(|(n, c)| text.get(i + n) == Some(&c));
    while i < text.len() {
        if starts(i, "//") {
            while i < text.len() && text[i] != '\n' {
                i += 1;
            }
        } else if starts(i, "'\"'") {
            i += 2;
        } else if starts(i, "concat!(") {
            joined = Some(String::new());
        } else if joined.is_some() && starts(i, "transaction_columns!()") {
            joined.as_mut().expect("inside").push_str(columns);
            i += "transaction_columns!()".len() - 1;
        } else if let (Some(all), '$') = (&mut joined, text[i]) {
            // A macro's own text, which the test of what it makes covers.
            all.push_str("{macro}");
        } else if joined.is_some() && starts(i, ");") {
            found.extend(joined.take());
        } else if text[i] == '"' {
            let (value, end) = literal(&text, i);
            i = end;
            if let Some(all) = &mut joined {
                all.push_str(&value);
            } else {
                found.push(value);
            }
        }
        i += 1;
    }
    found
}

/// The columns that `columns!` lists, as a text has them.
fn listed(source: &str) -> Option<String> {
    let (_, list) = source.split_once("\ncolumns! {\n")?;
    let (list, _) = list.split_once("\n}")?;
    let names = list.lines().skip(1).map(|line| line.trim().split(':').next().unwrap_or_default());
    Some(names.collect::<Vec<_>>().join(", "))
}

/// `const NAME: &str = "...";` of one file.
fn constants(source: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in source.split("const ").skip(1) {
        let Some((name, rest)) = part.split_once(": &str =") else { continue };
        let rest: Vec<char> = rest.trim_start().chars().collect();
        if rest.first() == Some(&'"') {
            found.insert(name.to_owned(), literal(&rest, 0).0);
        }
    }
    found
}

/// Fills `{NAME}` from the constants. The second is whether something is left that only the running program knows.
fn filled(mut text: String, constants: &BTreeMap<String, String>) -> (String, bool) {
    for (name, value) in constants {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    let mut assembled = false;
    while let Some((before, rest)) = text.split_once('{') {
        let (_, after) = rest.split_once('}').expect("a closed brace");
        (text, assembled) = (format!("{before}code{after}"), true);
    }
    (text, assembled)
}

/// A text with the file it stands in, and whether it was put together here.
pub(crate) type Text = (PathBuf, String, bool);

/// Every SQL text of the crate except those of `places`, and the tables that the schema does not make.
pub(crate) fn texts(places: &[&str]) -> (Vec<Text>, Vec<String>) {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root, &mut files);
    let sources: Vec<(PathBuf, String)> =
        files.into_iter().map(|file| (file.clone(), fs::read_to_string(&file).expect("a source"))).collect();
    let columns = sources.iter().find_map(|(_, source)| listed(source)).expect("the columns of a transaction");
    // Those inside a backup.
    let tables = sources
        .iter()
        .flat_map(|(_, source)| strings(source, &columns))
        .filter(|text| text.starts_with("CREATE TABLE"));
    let tables = tables.collect();
    let mut found = Vec::new();
    for (file, source) in &sources {
        if places.iter().any(|place| file.starts_with(root.join(place))) {
            continue;
        }
        // A module sees what the file above it defines.
        let above = file.parent().expect("a folder").with_extension("rs");
        let mut known = sources.iter().find(|(path, _)| *path == above).map(|(_, above)| constants(above));
        known.get_or_insert_default().extend(constants(source));
        for text in strings(source, &columns) {
            if VERBS.iter().any(|verb| text.trim_start().starts_with(verb)) {
                let (text, assembled) = filled(text, known.as_ref().expect("just inserted"));
                found.push((file.clone(), text, assembled));
            }
        }
    }
    (found, tables)
}

/// What the server never sees, and the makings of texts.
pub(crate) const FILE_ONLY: [&str; 5] =
    ["archive/file.rs", "backend/sql", "backend/sqlite", "backup.rs", "books/columns.rs"];

/// What the file never sees, and the makings of texts.
pub(crate) const SERVER_ONLY: [&str; 5] =
    ["backend/postgres", "backend/sql", "books/columns.rs", "books/post_postgres.rs", "books/new_orders_postgres.rs"];
