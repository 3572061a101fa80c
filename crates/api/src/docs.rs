//! The API documentation for people: one page from the same table as the description, without script.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::outcome::Decline;
use serde_json::Value;

use crate::openapi;
use crate::operation::OPERATIONS;
use crate::problem::Code;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a}\
    h1,h2,h3{line-height:1.25}h3{border-top:1px solid #ccc;padding-top:1rem}code,pre{font:14px/1.45 ui-monospace,monospace}\
    pre{background:#f4f5f7;padding:.75rem;overflow:auto}table{border-collapse:collapse}td,th{text-align:left;\
    border-bottom:1px solid #ddd;padding:.25rem .75rem .25rem 0;vertical-align:top}";

static PAGE: LazyLock<String> = LazyLock::new(page);

/// `GET /api/docs`
pub(crate) async fn show() -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, PAGE.as_str())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Renders paragraphs with bold text and code; the texts use nothing else.
fn prose(text: &str) -> String {
    let marked = |text: &str, mark: &str, tag: &str| {
        let mut inside = false;
        let parts = text.split(mark).enumerate().map(|(at, part)| {
            inside = at > 0 && !inside;
            let open = if inside { format!("<{tag}>") } else { String::new() };
            let close = if inside { format!("</{tag}>") } else { String::new() };
            format!("{open}{part}{close}")
        });
        parts.collect::<String>()
    };
    let paragraph = |part: &str| format!("<p>{}</p>\n", marked(&marked(&escaped(part), "**", "b"), "`", "code"));
    text.split("\n\n").map(paragraph).collect()
}

fn page() -> String {
    let description: Value = serde_json::from_str(openapi::description()).expect("the description is JSON");
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>WEB-POS API</title><style>{STYLE}</style></head>\
         <body>\n<h1>WEB-POS API</h1>\n<p>Machine-readable: <a href=\"/api/openapi.json\">openapi.json</a> \
         (OpenAPI 3.1). Operations: "
    );
    for operation in OPERATIONS {
        let _ = write!(html, "<a href=\"#{0}\">{0}</a> ", operation.id);
    }
    html.push_str("</p>\n");
    html.push_str(&prose(description["info"]["description"].as_str().unwrap_or_default()));
    html.push_str("<h2>Operations</h2>\n");
    for operation in OPERATIONS {
        let told = &description["paths"][operation.path][operation.method.as_str().to_lowercase()];
        let _ = writeln!(
            html,
            "<h3 id=\"{}\"><code>{} {}</code> {}</h3>\n{}",
            operation.id,
            operation.method,
            operation.path,
            escaped(operation.summary),
            prose(told["description"].as_str().unwrap_or_default())
        );
        parameters(&mut html, told);
        if let Some(body) = operation.body {
            example(&mut html, "Body", &description, body);
        }
        for (status, schema, meaning) in operation.answers {
            example(&mut html, &format!("{status}: {meaning}"), &description, schema);
        }
        let codes: Vec<String> =
            operation.problems().iter().map(|code| format!("<a href=\"#{0}\">{0}</a>", code.word())).collect();
        let _ = writeln!(html, "<p>Errors: {}</p>", codes.join(", "));
    }
    errors(&mut html);
    declines(&mut html);
    html.push_str("</body></html>\n");
    html
}

fn parameters(html: &mut String, told: &Value) {
    let rows = told["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    if rows.is_empty() {
        return;
    }
    html.push_str("<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>");
    for row in rows {
        let text = |name: &str| escaped(row[name].as_str().unwrap_or_default());
        let _ = write!(
            html,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            text("name"),
            text("in"),
            text("description")
        );
    }
    html.push_str("</table>\n");
}

fn example(html: &mut String, title: &str, description: &Value, schema: &str) {
    let _ = writeln!(html, "<p>{} (<code>{schema}</code>)</p>", escaped(title));
    if let Some(example) = description["components"]["schemas"][schema].get("example") {
        let text = serde_json::to_string_pretty(example).unwrap_or_default();
        let _ = writeln!(html, "<pre>{}</pre>", escaped(&text));
    }
}

fn errors(html: &mut String) {
    html.push_str("<h2>Errors</h2>\n<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>");
    for code in Code::ALL {
        let _ = write!(
            html,
            "<tr id=\"{0}\"><td><code>{0}</code></td><td>{1}</td><td>{2}</td></tr>",
            code.word(),
            code.status().as_u16(),
            escaped(code.title())
        );
    }
    html.push_str("</table>\n");
}

fn declines(html: &mut String) {
    html.push_str("<h2>Response codes of declines</h2>\n<table><tr><th>Response code</th><th>Reason</th></tr>");
    let mut all: Vec<(&str, &str)> = Decline::every().into_iter().map(|one| (one.code(), one.word())).collect();
    all.sort_unstable();
    for (code, word) in all {
        let _ = write!(html, "<tr><td>{code}</td><td><code>{word}</code></td></tr>");
    }
    html.push_str("</table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_and_every_error_without_a_script() {
        let html = page();
        assert!(OPERATIONS.iter().all(|one| html.contains(&format!("id=\"{}\"", one.id))));
        assert!(Code::ALL.iter().all(|code| html.contains(&format!("id=\"{}\"", code.word()))));
        assert!(!html.contains("<script") && !html.contains("src="));
        assert_eq!(prose("a **b** `c<`"), "<p>a <b>b</b> <code>c&lt;</code></p>\n");
    }
}
