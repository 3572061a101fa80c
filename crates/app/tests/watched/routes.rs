//! Every route of both doors, read from where they are written down.

const SOURCES: [&str; 2] = [include_str!("../../../web/src/lib.rs"), include_str!("../../../api/src/lib.rs")];

/// The patterns.
pub(crate) fn all() -> Vec<&'static str> {
    let found = SOURCES.iter().flat_map(|source| source.split(".route(\"").skip(1));
    let routes: Vec<_> = found.map(|rest| rest.split_once('"').expect("a pattern").0).collect();
    assert!(routes.contains(&"/sale/pay") && routes.contains(&"/api/v1/payments"), "{routes:?}");
    routes
}

/// An address that matches `pattern`, with `value` in every place.
pub(crate) fn filled(pattern: &str, value: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { value } else { part });
    parts.collect::<Vec<_>>().join("/")
}
