//! Every address of both doors, from their tables.

/// The patterns.
pub(crate) fn all() -> Vec<&'static str> {
    let pages = web::pages().lines().into_iter().map(|line| line.path);
    let mut all: Vec<&'static str> = pages.chain(api::addresses()).collect();
    all.dedup();
    all
}

/// An address that matches `pattern`, with `value` for every parameter.
pub(crate) fn filled(pattern: &str, value: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { value } else { part });
    parts.collect::<Vec<_>>().join("/")
}
