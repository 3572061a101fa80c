//! What the documents point at exists: relative links, and paths in back-ticks.

use crate::repo::{Finding, Repo};

const FOLDERS: [&str; 8] = ["crates/", "deploy/", "docs/", "e2e/", "script/", "xtask/", ".ci/", ".cargo/"];

pub(crate) fn check(repo: &Repo) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in repo.with_extension("md") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (index, line) in text.lines().enumerate() {
            let broken = links(line)
                .filter(|target| !repo.has(&resolve(folder, target)))
                .chain(paths(line).filter(|target| !repo.has(target)));
            findings.extend(broken.map(|target| Finding::new(path, index + 1, format!("`{target}` does not exist"))));
        }
    }
    findings
}

/// Targets of `[text](target)` inside the repository, without their `#anchor`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|after| {
        let target = after.split(')').next()?.split('#').next()?;
        (!target.is_empty() && !target.contains(':')).then_some(target)
    })
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

    #[test]
    fn a_dead_link_and_a_dead_path_are_found() {
        let text = "[a](../README.md#x) [b](gone.md) [c](https://example.com)\n`crates/web/src/a.rs` `crates/x/` `crates/*/y`\n";
        let repo = Repo::of(&[("docs/a.md", text), ("README.md", ""), ("crates/web/src/a.rs", "")]);
        let found: Vec<String> = check(&repo).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["docs/a.md:1: `gone.md` does not exist", "docs/a.md:2: `crates/x/` does not exist"]);
    }
}
