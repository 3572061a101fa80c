//! Words that only certain crates may contain: SQL, the clock, Chinese, floating point.

use crate::repo::{Finding, Repo};
use crate::rust_source::{Line, is_test_file, lines};

/// Where in a line a rule looks.
enum Part {
    Code,
    Text,
}

/// `words` may stand only in files whose path begins with one of `only_in`, or, when that is empty, anywhere but under
/// `never_in`. Tests are free.
struct Place {
    words: &'static [&'static str],
    part: Part,
    only_in: &'static [&'static str],
    never_in: &'static [&'static str],
    why: &'static str,
}

const PLACES: [Place; 6] = [
    Place {
        words: &["SELECT ", "INSERT INTO ", "INSERT OR ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA "],
        part: Part::Text,
        only_in: &["crates/storage/", "crates/sim/", "crates/bench/"],
        never_in: &[],
        why: "only storage knows SQL",
    },
    Place {
        words: &["rusqlite::", "tokio_postgres::"],
        part: Part::Code,
        only_in: &["crates/storage/", "crates/sim/", "crates/bench/"],
        never_in: &[],
        why: "only storage holds a database handle",
    },
    Place {
        words: &["SystemTime::now", "Timestamp::now", "Zoned::now"],
        part: Part::Code,
        // A client runs on machines that are not ours.
        only_in: &["crates/engine/src/clock.rs", "crates/client/src/key.rs"],
        never_in: &[],
        why: "time comes from engine::clock, so that tests can move it",
    },
    Place {
        words: &["Instant::now"],
        part: Part::Code,
        only_in: &[],
        // The pool to a server waits, and waiting takes a clock; what is stored never comes from it.
        never_in: &["crates/domain/src/", "crates/storage/src/books/", "crates/storage/src/backend/sqlite/"],
        why: "time arrives in the command",
    },
    Place {
        words: &["f32", "f64", "async fn", "tokio::", "std::env", "std::fs", "getrandom"],
        part: Part::Code,
        only_in: &[],
        never_in: &["crates/domain/"],
        why: "domain is pure: no floats for money, no waiting, no surroundings",
    },
    Place {
        words: &["std::env::var"],
        part: Part::Code,
        only_in: &["crates/server/", "crates/app/", "crates/scratch/", "xtask/"],
        never_in: &[],
        why: "configuration is read once, in server",
    },
];

/// Where Chinese may stand in Rust code: what pages say, amounts in words, the demo's people and shops. Everywhere else
/// it is in a template, a data file or a comment.
const CHINESE_IN: [&str; 8] = [
    "crates/web-kit/src/text/",
    "crates/account/src/text/",
    "crates/till/src/text/",
    "crates/merchant/src/text/",
    "crates/office/src/text/",
    // What files of other programs have in their headings and cells.
    "crates/jobs/src/words.rs",
    "crates/domain/src/facts/money/words.rs",
    "crates/storage/src/demo",
];

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    repo.with_extension("rs")
        // The rules name the words they look for.
        .filter(|(path, _)| !is_test_file(path) && *path != "xtask/src/places.rs")
        .flat_map(|(path, text)| check_file(path, text))
        .collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in lines(text).iter().enumerate().filter(|(_, line)| !line.test) {
        findings.extend(PLACES.iter().filter(|place| place.forbids(path)).filter_map(|place| {
            let word = place.found_in(line)?;
            Some(Finding::new(path, index + 1, format!("`{}`: {}", word.trim_end(), place.why)))
        }));
        let shown = format!("{}{}", line.code, line.strings);
        if !CHINESE_IN.iter().any(|place| path.starts_with(place))
            && let Some(c) = shown.chars().find(|c| !c.is_ascii())
        {
            findings.push(Finding::new(
                path,
                index + 1,
                format!("`{c}`: words for people stand in the pages' text files and templates"),
            ));
        }
    }
    findings
}

impl Place {
    fn forbids(&self, path: &str) -> bool {
        let within = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        if self.only_in.is_empty() { within(self.never_in) } else { !within(self.only_in) }
    }

    fn found_in(&self, line: &Line) -> Option<&'static str> {
        let text = match self.part {
            Part::Code => &line.code,
            Part::Text => &line.strings,
        };
        self.words.iter().copied().find(|word| {
            text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check_file(path, text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sql_is_for_storage_alone() {
        let text =
            "// SELECT in a comment\nlet q = \"SELECT 1\";\n#[cfg(test)]\nmod tests { fn f() { \"SELECT 1\" } }\n";
        assert_eq!(found("crates/web/src/a.rs", text), ["crates/web/src/a.rs:2: `SELECT`: only storage knows SQL"]);
        assert!(found("crates/storage/src/a.rs", text).is_empty());
    }

    #[test]
    fn domain_is_pure_and_the_clock_has_one_home() {
        assert_eq!(found("crates/domain/src/a.rs", "let x: f64 = 1.0; let y: Rf64;\n").len(), 1);
        assert_eq!(found("crates/web/src/a.rs", "SystemTime::now();\n").len(), 1);
        assert!(found("crates/engine/src/clock.rs", "SystemTime::now();\n").is_empty());
        assert!(found("crates/web/src/a.rs", "Instant::now();\n").is_empty());
    }

    #[test]
    fn chinese_is_for_texts_and_comments() {
        let text = "/// 卡\nlet a = \"卡\";\n";
        assert_eq!(found("crates/domain/src/a.rs", text).len(), 1);
        assert!(found("crates/till/src/text/sale.rs", text).is_empty());
    }
}
