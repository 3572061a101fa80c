//! Every package comes from crates.io under a licence that deny.toml allows. cargo-deny checks the same and
//! more where it is installed; this check always runs.

use crate::dependencies::Package;
use crate::repo::Finding;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const LIST: &str = "deny.toml";

pub(crate) fn check(packages: &[Package], deny_toml: &str) -> Vec<Finding> {
    let allowed = allowed(deny_toml);
    let mut findings = Vec::new();
    for package in packages {
        let mut say = |what: String| {
            findings.push(Finding::new(LIST, 1, format!("{} {}: {what}", package.name, package.version)));
        };
        if !permits(&package.licence, &allowed) {
            say(format!("licence `{}` is not on the list", package.licence));
        }
        if package.source.as_deref().is_some_and(|source| source != CRATES_IO) {
            say(format!("comes from {}", package.source.as_deref().unwrap_or_default()));
        }
    }
    findings
}

/// The strings of `allow = [ … ]` under `[licenses]`.
fn allowed(deny_toml: &str) -> Vec<&str> {
    let section = deny_toml.split("[licenses]").nth(1).unwrap_or_default();
    let list = section.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    list.split('"').skip(1).step_by(2).collect()
}

/// SPDX: AND binds tighter than OR; old manifests wrote `/` for OR.
fn permits(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "+");
    let mut tokens = spaced.split_whitespace().peekable();
    let answer = any_of(&mut tokens, allowed);
    answer && tokens.next().is_none()
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(tokens: &mut Tokens<'_>, allowed: &[&str]) -> bool {
    let mut answer = all_of(tokens, allowed);
    while tokens.next_if_eq(&"OR").is_some() {
        answer |= all_of(tokens, allowed);
    }
    answer
}

fn all_of(tokens: &mut Tokens<'_>, allowed: &[&str]) -> bool {
    let mut answer = one(tokens, allowed);
    while tokens.next_if_eq(&"AND").is_some() {
        answer &= one(tokens, allowed);
    }
    answer
}

fn one(tokens: &mut Tokens<'_>, allowed: &[&str]) -> bool {
    match tokens.next() {
        Some("(") => any_of(tokens, allowed) & tokens.next_if_eq(&")").is_some(),
        Some(name) => allowed.iter().any(|known| known.replace(" WITH ", "+") == name),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_says() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
        for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(GPL-3.0 OR MIT) AND Unicode-3.0"] {
            assert!(permits(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "GPL-3.0 OR MIT AND BSL-1.0", "Apache-2.0 WITH LLVM-exception"] {
            assert!(!permits(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn the_list_is_read_from_deny_toml() {
        let toml =
            "[bans]\nallow = [\"x\"]\n[licenses]\nversion = 2\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n[sources]\n";
        assert_eq!(allowed(toml), ["MIT", "ISC"]);
    }
}
