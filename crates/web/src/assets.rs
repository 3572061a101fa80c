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

/// Scripts that make up `app.js`, in this order.
const SCRIPTS: &[&str] = &["pos.js"];

const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";

struct Asset {
    /// `/static/pos.0123456789.css`
    url: String,
    body: Vec<u8>,
    content_type: &'static str,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let mut all: BTreeMap<String, Asset> = Files::iter()
        .filter(|name| !SCRIPTS.contains(&name.as_ref()))
        .filter_map(|name| Some((name.to_string(), Asset::new(&name, Files::get(&name)?.data.into_owned()))))
        .collect();
    all.insert("app.js".into(), Asset::new("app.js", app_js()));
    all
});

impl Asset {
    fn new(name: &str, body: Vec<u8>) -> Self {
        let hash = Sha256::digest(&body).iter().take(5).fold(String::new(), |mut text, byte| {
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

/// All scripts in one file, without whole-line comments and indentation: half the size, and no build step.
fn app_js() -> Vec<u8> {
    let mut out = String::new();
    for name in SCRIPTS {
        let source = Files::get(name).map(|file| file.data).unwrap_or_default();
        for line in String::from_utf8_lossy(&source).lines().map(str::trim) {
            if !line.is_empty() && !line.starts_with("//") {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.into_bytes()
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
    (headers, asset.body.as_slice()).into_response()
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
        for name in ["", "nothing.css", "pos.0000000000.css", "../Cargo.toml", "pos.js", "/static/pos.css"] {
            assert_eq!(get(name).await.0, StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn the_script_is_served_without_comments() {
        let text = String::from_utf8(app_js()).unwrap();
        assert!(text.starts_with("(function"));
        assert!(text.lines().all(|line| !line.starts_with("//") && !line.starts_with(' ')));
    }

    #[test]
    #[should_panic(expected = "no such asset")]
    fn a_misspelt_asset_is_noticed() {
        asset("pos.scss");
    }
}
