//! A long document begins with a table of contents: a link to each of its sections.

use crate::links::{anchor, prose};
use crate::repo::{Finding, Repo};

/// Lines above which a reader wants to see the sections before reading.
const LONG: usize = 150;

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    repo.with_extension("md")
        .filter(|(_, text)| text.lines().count() > LONG)
        .flat_map(|(path, text)| {
            let beginning: String = prose(text).map(|(_, line)| line).take_while(|line| !section(line)).collect();
            prose(text)
                .filter(move |(_, line)| section(line) && !beginning.contains(&format!("](#{})", anchor(line))))
                .map(move |(index, line)| {
                    let heading = line.trim_start_matches(['#', ' ']);
                    Finding::new(path, index + 1, format!("`{heading}` is missing in the table of contents"))
                })
        })
        .collect()
}

fn section(line: &str) -> bool {
    line.starts_with("## ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_that_a_long_document_does_not_list_is_found() {
        let body = "text\n".repeat(LONG);
        let listed = "# A\n- [First](#first)\n## First\n### Detail\n";
        let repo = Repo::of(&[
            ("a.md", &format!("{listed}{body}## Second\n[Second](#second)\n")),
            ("b.md", &format!("{listed}{body}")),
            ("c.md", "## Short\n"),
        ]);
        let found: Vec<String> = check(&repo).iter().map(ToString::to_string).collect();
        assert_eq!(found, [format!("a.md:{}: `Second` is missing in the table of contents", LONG + 5)]);
    }
}
