//! How large a file may be, without its tests: most small, none huge. Functions are clippy's (`too_many_lines`).

use crate::repo::{Finding, Repo};
use crate::rust_source::{is_test_file, lines};

const MEDIAN_MAX: usize = 150;
const P90_MAX: usize = 450;
const FILE_MAX: usize = 800;

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    let sizes = sizes(repo);
    let mut findings: Vec<Finding> = sizes
        .iter()
        .filter(|(size, _)| *size > FILE_MAX)
        .map(|(size, path)| Finding::new(path, 1, format!("{size} lines without tests; at most {FILE_MAX}: split it")))
        .collect();
    for (share, max) in [(50, MEDIAN_MAX), (90, P90_MAX)] {
        let (size, path) = percentile(&sizes, share);
        if size > max {
            findings.push(Finding::new(
                path,
                1,
                format!("{share} % of the .rs files reach {size} lines; at most {max}"),
            ));
        }
    }
    findings
}

/// One line for people: how the sizes stand.
pub(crate) fn summary(repo: &Repo) -> String {
    let sizes = sizes(repo);
    let [median, p90, max] = [50, 90, 100].map(|share| percentile(&sizes, share).0);
    format!("{} .rs files, lines without tests: median {median}, p90 {p90}, max {max}", sizes.len())
}

/// (lines, path), smallest first.
fn sizes(repo: &Repo) -> Vec<(usize, &str)> {
    let mut sizes: Vec<(usize, &str)> = repo
        .with_extension("rs")
        .filter(|(path, _)| !is_test_file(path))
        .map(|(path, text)| (lines(text).iter().filter(|line| !line.test).count().saturating_sub(1), path))
        .collect();
    sizes.sort_unstable();
    sizes
}

fn percentile<'a>(sizes: &[(usize, &'a str)], share: usize) -> (usize, &'a str) {
    let at = (sizes.len() * share).div_ceil(100).saturating_sub(1);
    sizes.get(at).copied().unwrap_or((0, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_file_is_found_and_its_tests_do_not_count() {
        let huge = "fn a() {}\n".repeat(801);
        let tested = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "fn b() {}\n".repeat(900));
        let repo = Repo::of(&[("a.rs", &huge), ("b.rs", &tested), ("c.rs", "\n"), ("tests/d.rs", &huge)]);
        let found: Vec<String> = check(&repo).iter().map(ToString::to_string).collect();
        assert_eq!(found[0], "a.rs:1: 801 lines without tests; at most 800: split it");
        assert_eq!(found.len(), 2, "the second is the p90: {found:?}");
    }
}
