//! Names in GLOSSARY.md exist in the code: a name in back-ticks in its tables is declared or used there.

use std::collections::BTreeSet;

use crate::repo::{Finding, Repo};
use crate::rust_source::lines;

const GLOSSARY: &str = "GLOSSARY.md";

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    let Some(text) = repo.text(GLOSSARY) else {
        return vec![Finding::new(GLOSSARY, 1, "is missing")];
    };
    let known = words_in_code(repo);
    let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with('|'));
    rows.flat_map(|(index, line)| names(line).map(move |name| (index, name)))
        .filter(|(_, name)| !known.contains(name))
        .map(|(index, name)| Finding::new(GLOSSARY, index + 1, format!("`{name}` is not a name in the code")))
        .collect()
}

/// Identifiers in back-ticks; other quotations (`[features]`, `--demo`) are left alone. `Role::Cashier` is two names.
fn names(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|quoted| quoted.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':'))
        .flat_map(|quoted| quoted.split("::"))
        .filter(|name| !name.is_empty() && !name.contains(':'))
}

fn words_in_code(repo: &Repo) -> BTreeSet<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    repo.with_extension("rs")
        .filter(|(path, _)| path.starts_with("crates/"))
        .flat_map(|(_, text)| {
            // Comments do not count: a name that occurs only in comments no longer exists.
            let code: BTreeSet<String> = lines(text)
                .iter()
                .flat_map(|line| line.code.split(|c| !is_word(c)).map(str::to_owned).collect::<Vec<_>>())
                .collect();
            text.split(move |c| !is_word(c)).filter(move |word| code.contains(*word))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_in_the_code() {
        let glossary = "`Elsewhere`\n| 卡 | card | `Card`, `Role::Cashier`, `Purse` | `--demo` |\n";
        let code = "// Purse\npub struct Card;\nenum Role { Cashier }\n";
        let repo = Repo::of(&[(GLOSSARY, glossary), ("crates/domain/src/card.rs", code)]);
        let found: Vec<String> = check(&repo).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["GLOSSARY.md:2: `Purse` is not a name in the code"]);
    }
}
