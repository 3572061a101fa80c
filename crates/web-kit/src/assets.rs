//! Style sheets, script and icons, compiled into the binary and served under a name that carries their content's hash.
//!
//! A hashed name never changes its content, so browsers keep it for a year; the plain name works too and is asked
//! again every time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// The parts in `static/js/` that make up `app.js`, in this order.
const SCRIPT: &[&str] = &["pure", "tools", "swap", "forms", "guard", "scan", "card", "keys", "pay", "idle", "start"];

/// The parts in `static/css/` that make up `pos.css`, in this order: a later rule wins over an earlier one.
const STYLE: &[&str] = &[
    "base", "shell", "forms", "tables", "status", "sale", "dialog", "gate", "say", "batch", "orders", "office",
    "refunds", "people", "narrow",
];

const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

struct Asset {
    /// `/static/pos.0123456789.css`
    url: String,
    body: String,
    content_type: &'static str,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let mut all: BTreeMap<String, Asset> = Files::iter()
        .filter(|name| !name.contains('/'))
        .map(|name| {
            let text = source(&name);
            let body = if name.rsplit_once('.').is_some_and(|(_, ending)| ending == "css") { cut(&text) } else { text };
            (name.to_string(), Asset::new(&name, body))
        })
        .collect();
    all.insert("app.js".into(), Asset::new("app.js", app_js()));
    all.insert("pos.css".into(), Asset::new("pos.css", pos_css()));
    all
});

impl Asset {
    fn new(name: &str, body: String) -> Self {
        let hash = Sha256::digest(body.as_bytes()).iter().take(5).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
        Self { url: format!("/static/{stem}.{hash}.{ending}"), body, content_type: content_type(ending) }
    }
}

fn content_type(ending: &str) -> &'static str {
    match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The text of a file in `static/`.
fn source(name: &str) -> String {
    let file = Files::get(name).unwrap_or_else(|| panic!("no such file: {name}"));
    String::from_utf8_lossy(&file.data).into_owned()
}

/// The parts of the script in one function of its own, so that nothing is global.
fn app_js() -> String {
    let parts: String = SCRIPT.iter().map(|part| cut(&source(&format!("js/{part}.js")))).collect();
    format!("(function (win, doc) {{\n'use strict';\n{parts}}}(window, document));\n")
}

fn pos_css() -> String {
    STYLE.iter().map(|part| cut(&source(&format!("css/{part}.css")))).collect()
}

/// A source without indentation and without comments that begin a line: half the size, and no build step.
fn cut(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut comment = false;
    for line in source.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        comment &= !line.ends_with("*/");
    }
    out
}

/// The address of a file in `static/` (or of `app.js`), for templates.
pub(crate) fn asset(name: &str) -> &'static str {
    let found = ASSETS.get(name).map(|asset| asset.url.as_str());
    found.unwrap_or_else(|| panic!("no such asset: {name}"))
}

/// Answers `/static/{*name}`, for hashed and plain names.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    if let Some(asset) = ASSETS.get(&name) {
        return answer(asset, "no-cache");
    }
    let asked = format!("/static/{name}");
    match ASSETS.values().find(|asset| asset.url == asked) {
        Some(asset) => answer(asset, FOR_A_YEAR),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(asset: &'static Asset, cache: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    (headers, asset.body.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(name: &str) -> (StatusCode, String, String, usize) {
        let answer = serve(Path(name.into())).await;
        let text =
            |name| answer.headers().get(name).map(|v: &HeaderValue| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let (kind, cache) = (text(header::CONTENT_TYPE), text(header::CACHE_CONTROL));
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, kind, cache, body.len())
    }

    #[tokio::test]
    async fn hashed_names_are_kept_and_plain_names_are_asked_again() {
        for (name, kind) in [
            ("pos.css", "text/css; charset=utf-8"),
            ("receipt.css", "text/css; charset=utf-8"),
            ("app.js", "text/javascript; charset=utf-8"),
            ("icons.svg", "image/svg+xml"),
        ] {
            let url = asset(name);
            let hashed = get(url.strip_prefix("/static/").unwrap()).await;
            assert_eq!((hashed.0, hashed.1.as_str(), hashed.2.as_str()), (StatusCode::OK, kind, FOR_A_YEAR), "{url}");
            let plain = get(name).await;
            assert_eq!((plain.0, plain.1.as_str(), plain.2.as_str()), (StatusCode::OK, kind, "no-cache"), "{name}");
            assert_eq!(hashed.3, plain.3);
            assert!(plain.3 > 1000, "{name} is empty");
        }
    }

    #[tokio::test]
    async fn unknown_and_outdated_names_are_not_found() {
        for name in ["", "nothing.css", "pos.0000000000.css", "../Cargo.toml", "js/pay.js", "/static/pos.css"] {
            assert_eq!(get(name).await.0, StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn script_and_style_sheets_are_served_without_comments_and_indentation() {
        assert!(app_js().starts_with("(function"));
        for (name, text) in
            ASSETS.iter().map(|(name, asset)| (name, &asset.body)).filter(|(name, _)| *name != "icons.svg")
        {
            assert!(text.lines().all(|line| !line.starts_with("//") && !line.starts_with(' ')), "{name}");
            assert!(!text.contains("/*") && !text.contains("*/"), "{name}");
        }
    }

    #[test]
    fn comments_of_one_and_more_lines_are_cut_and_the_rest_stays() {
        let source = "// a\nlet b = 'c'; // d\n/* e */\n\n/* f\n   g { } */\n.h {\n  width: 1px;\n}\n";
        assert_eq!(cut(source), "let b = 'c'; // d\n.h {\nwidth: 1px;\n}\n");
    }

    #[test]
    fn every_part_is_served() {
        for (folder, ending, parts) in [("js/", ".js", SCRIPT), ("css/", ".css", STYLE)] {
            let mut listed: Vec<String> = parts.iter().map(|part| format!("{folder}{part}{ending}")).collect();
            let mut found: Vec<String> =
                Files::iter().filter(|name| name.starts_with(folder)).map(|name| name.to_string()).collect();
            listed.sort();
            found.sort();
            assert_eq!(listed, found);
        }
    }

    #[test]
    #[should_panic(expected = "no such asset")]
    fn a_misspelt_asset_is_noticed() {
        asset("pos.scss");
    }
}
