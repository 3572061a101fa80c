//! Limits on the size of files, without tests: most small, none huge. Functions are clippy's (`too_many_lines`).

use crate::repo::{Finding, Repo};
use crate::rust_source::{is_test_file, lines};

const MEDIAN_MAX: usize = 150;
const P90_MAX: usize = 450;
const FILE_MAX: usize = 800;

/// Templates, style sheets and the script.
const PAGE_ENDINGS: [&str; 3] = ["html", "css", "js"];
const PAGE_FILE_MAX: usize = 300;
/// In characters. Lines with one element or one rule stay far below it; rustfmt limits the lines of `.rs` files.
const PAGE_LINE_MAX: usize = 160;

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
    findings.extend(PAGE_ENDINGS.iter().flat_map(|ending| repo.with_extension(ending)).flat_map(page_file));
    findings
}

/// Checks the length of a file and the width of its lines.
fn page_file((path, text): (&str, &str)) -> Vec<Finding> {
    let size = text.lines().count();
    let long = (size > PAGE_FILE_MAX)
        .then(|| Finding::new(path, 1, format!("{size} lines; at most {PAGE_FILE_MAX}: split it")));
    let wide = (1..).zip(text.lines()).filter_map(|(at, line)| {
        let width = line.chars().count();
        (width > PAGE_LINE_MAX)
            .then(|| Finding::new(path, at, format!("{width} characters in a line; at most {PAGE_LINE_MAX}")))
    });
    long.into_iter().chain(wide).collect()
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
    #[test]
    fn a_long_and_a_packed_template_are_found() {
        let long = "<p>\n".repeat(301);
        let packed = format!("<p>\n<b>{}</b>\n", "价".repeat(154));
        let fits = format!("{}\n", "x".repeat(160));
        let files = [("a.html", long.as_str()), ("b.css", &packed), ("c.js", &fits), ("d.md", &packed)];
        let found: Vec<String> = check(&Repo::of(&files)).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["a.html:1: 301 lines; at most 300: split it", "b.css:2: 161 characters in a line; at most 160"]
        );
    }
}
