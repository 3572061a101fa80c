//! The documents point at things that exist: files by relative links, headings by `#anchor`, paths in back-ticks.

use std::collections::BTreeSet;

use crate::repo::{Finding, Repo};

const FOLDERS: [&str; 8] = ["crates/", "deploy/", "docs/", "e2e/", "script/", "xtask/", ".ci/", ".cargo/"];

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension("md") {
        for (index, line) in prose(text) {
            let broken = links(line).filter(|link| !leads_somewhere(repo, path, link));
            let broken = broken.chain(paths(line).filter(|target| !repo.has(target)));
            findings.extend(broken.map(|target| Finding::new(path, index + 1, format!("`{target}` does not exist"))));
        }
    }
    findings
}

/// The numbered lines of a document outside of its code blocks.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

/// Whether `link`, in the document `path`, names a file of the repository and, after a `#`, a heading of that file.
fn leads_somewhere(repo: &Repo, path: &str, link: &str) -> bool {
    let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let target = if target.is_empty() { path.to_owned() } else { resolve(folder, target) };
    let Some(anchor) = anchor else { return repo.has(&target) };
    repo.text(&target).is_some_and(|text| anchors(text).contains(anchor))
}

/// Targets of `[text](target)` inside the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|after| {
        let target = after.split(')').next()?;
        (!target.is_empty() && !target.contains(':')).then_some(target)
    })
}

/// Anchors of a document's headings; a repeated heading gets `-1`, `-2`.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let first = anchor(heading);
        let repeated = (1..).map(|n| format!("{first}-{n}"));
        if let Some(new) = std::iter::once(first.clone()).chain(repeated).find(|one| !all.contains(one)) {
            all.insert(new);
        }
    }
    all
}

/// The anchor of a heading, as GitHub and most renderers make it: in lower case, spaces as hyphens, no punctuation.
pub(crate) fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// `crates/…` in back-ticks; a pattern (`*`, `<name>`, `{a,b}`) is an explanation, not a path.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|quoted| {
        FOLDERS.iter().any(|folder| quoted.starts_with(folder)) && !quoted.contains(['*', '<', '{', ' ', ':'])
    })
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        check(&Repo::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_dead_link_and_a_dead_path_are_found() {
        let text =
            "[a](../README.md) [b](gone.md) [c](https://example.com)\n`crates/web/src/a.rs` `crates/x/` `crates/*/y`\n";
        assert_eq!(
            found(&[("docs/a.md", text), ("README.md", ""), ("crates/web/src/a.rs", "")]),
            ["docs/a.md:1: `gone.md` does not exist", "docs/a.md:2: `crates/x/` does not exist"]
        );
    }

    #[test]
    fn a_link_to_a_heading_that_is_not_there_is_found() {
        let linking = "[a](#what-verify-checks) [b](b.md#run-it-1) [c](b.md#sold-out) [d](#what) [e](b.md#a-comment)\n\
            ## What `verify` checks\n";
        let linked = "# Run it\n## Run it\n```sh\n# A comment\n```\n##not a heading\n";
        assert_eq!(
            found(&[("docs/a.md", linking), ("docs/b.md", linked)]),
            [
                "docs/a.md:1: `b.md#sold-out` does not exist",
                "docs/a.md:1: `#what` does not exist",
                "docs/a.md:1: `b.md#a-comment` does not exist"
            ]
        );
    }
}
