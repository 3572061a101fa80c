//! The tracked text files, read once, and the shape of a finding.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// One violation of a rule. Ordered by path and line, so that the output is stable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    /// `line` counts from 1, as editors do.
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Paths from the repository root with `/`, and the text of those files that are text.
pub(crate) struct Repo {
    files: BTreeMap<String, Option<String>>,
}

impl Repo {
    /// Reads what git tracks or would track: a new file is checked before it is added, an ignored one never.
    pub(crate) fn open() -> Result<Self, String> {
        // Read at run time: a binary built in another checkout must not check that checkout.
        let own = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "run it as `cargo xtask`".to_owned())?;
        let root = PathBuf::from(own).join("..");
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            // Accept a checkout that belongs to another user; CI often runs as root.
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "safe.directory")
            .env("GIT_CONFIG_VALUE_0", "*")
            .current_dir(&root)
            .output()
            .map_err(|e| format!("git: {e}"))?;
        if !listed.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim()));
        }
        let names = String::from_utf8(listed.stdout).map_err(|e| e.to_string())?;
        let files = names.split_terminator('\0').filter_map(|name| {
            // Listed by git but deleted in the work tree: nothing to check.
            let bytes = std::fs::read(root.join(name)).ok()?;
            let text = if bytes.contains(&0) { None } else { String::from_utf8(bytes).ok() };
            Some((name.to_owned(), text))
        });
        Ok(Self { files: files.collect() })
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect() }
    }

    /// True for a file and for a folder that holds one.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&format!("{path}/")))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Every text file: (path, text).
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    pub(crate) fn with_extension(&self, extension: &str) -> impl Iterator<Item = (&str, &str)> {
        let ending = format!(".{extension}");
        self.texts().filter(move |(path, _)| path.ends_with(&ending))
    }
}
