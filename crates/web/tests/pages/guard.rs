//! What surrounds every page: origin of changes, headers, limits, words for every failure.

use crate::shop::Shop;
use axum::body::Body;
use axum::http::{Request, StatusCode};

fn form(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("host", "pos.example").header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn changes_must_come_from_our_own_pages() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    for (header, value) in [
        ("x-nothing", "neither header"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["/login", "/logout", "/lock", "/password", "/password/sessions", "/session/ping"] {
            let request = form(path).header(header, value).body(Body::from("u=cashier")).expect("a request");
            let answer = visitor.send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {header}: {value}");
            if path != "/session/ping" {
                answer.says("请求没有被接受");
            }
        }
    }
    let request = form("/login").header("origin", "https://pos.example").body(Body::from("u=x")).expect("a request");
    assert_eq!(visitor.send(request).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_page_tells_the_browser_what_it_never_does() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    for path in ["/login", "/nowhere", "/login/captcha.png", "/healthz"] {
        let headers = visitor.get(path).await.headers;
        let policy = headers["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert!(!headers.contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn over_tls_cookies_are_bound_to_the_host_and_the_browser_comes_back_by_tls() {
    let shop = Shop::with(|settings| settings.secure_cookies = true).await;
    let mut visitor = shop.visitor();
    let answer = visitor.sign_in("cashier", storage::demo::PASSWORD).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().filter_map(|c| c.to_str().ok()).collect();
    let session = cookies.iter().find(|c| c.starts_with("__Host-session=")).expect("a session");
    assert!(session.contains("Secure") && session.contains("Path=/") && !session.contains("Domain"), "{session}");
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
}

#[tokio::test]
async fn whatever_fails_is_said_in_words() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    let answer = visitor.get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.says("没有找到这个页面");
    answer.says("返回首页");

    let answer = visitor.get("/password/sessions").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    answer.says("不支持这种访问方式");

    let big = form("/login").header("sec-fetch-site", "same-origin").body(Body::from("u=".repeat(40_000)));
    let answer = visitor.send(big.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.says("提交的内容过大");

    for body in ["u=%zz&u=2", "u=1&u=2"] {
        let odd = form("/login").header("sec-fetch-site", "same-origin").body(Body::from(body)).expect("a request");
        let answer = visitor.send(odd).await;
        assert!(answer.status == StatusCode::BAD_REQUEST || answer.status == StatusCode::SEE_OTHER, "{body}");
    }
    let json =
        Request::post("/login").header("sec-fetch-site", "same-origin").header("content-type", "application/json");
    let answer = visitor.send(json.body(Body::from("{}")).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.says("提交的内容无法识别");
}

#[tokio::test]
async fn who_may_not_is_refused_and_audited() {
    let shop = Shop::open().await;
    let places = [
        ("operator", "/office"),
        ("checker", "/office"),
        ("finance", "/office"),
        ("auditor", "/office"),
        ("admin", "/office"),
    ];
    for (login, place) in places {
        let mut person = shop.signed_in(login).await;
        assert_eq!(person.get("/").await.location(), place);
        let answer = person.get("/sale").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        answer.says("没有权限");
    }
    assert_eq!(shop.audited().await.iter().filter(|action| *action == "denied").count(), 5);
}

#[tokio::test]
async fn probes_answer() {
    let shop = Shop::open().await;
    let mut probe = shop.visitor();
    assert_eq!(probe.get("/healthz").await.text(), "ok\n");
    assert_eq!(probe.get("/readyz").await.text(), "ok\n");
}

#[tokio::test]
async fn hostile_values_stay_text() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    let evil = "\"><script>alert(1)</script>{phone}";
    let page = visitor.sign_in_and_look(evil, "wrong").await;
    assert!(!page.text().contains("<script>alert"), "{}", page.text());
    page.says("&#60;script&#62;");
}

#[tokio::test]
async fn a_demo_that_strangers_can_use_says_so_on_every_page() {
    const WORDS: &str = "<p class=\"pub\" role=\"note\">公开演示";
    let shop = Shop::with(|settings| settings.public_demo = true).await;
    let mut guest = shop.visitor();
    for path in ["/login", "/nothing-here"] {
        guest.get(path).await.says(WORDS);
    }
    for login in ["cashier", "manager", "finance", "newhire"] {
        for line in web::pages().lines().iter().filter(|line| line.method == "GET" && !line.path.contains('{')) {
            let answer = shop.signed_in(login).await.get(line.path).await;
            let html = answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
            if html && answer.text().contains("<body") {
                answer.says(WORDS);
            }
        }
    }
    assert!(!Shop::open().await.visitor().get("/login").await.text().contains("公开演示"));
}
