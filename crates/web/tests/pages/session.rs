//! What a session survives and what ends it: idleness, lock, age, disabling, password change.

use crate::shop::{MINUTE, Shop};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use storage::demo::PASSWORD;

const NEW: &str = "Kuai-le-de-xiao-yao-77";

#[tokio::test]
async fn an_idle_session_locks_and_opens_for_its_password_only() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    for _ in 0..4 {
        shop.clock.advance(14 * MINUTE);
        assert_eq!(cashier.post("/session/ping", &[]).await.status, StatusCode::NO_CONTENT, "use keeps it open");
    }
    shop.clock.advance(15 * MINUTE);
    assert_eq!(cashier.get("/password").await.location(), "/lock?back=/password");
    assert_eq!(cashier.get("/sale").await.location(), "/lock?back=/sale");
    let screen = cashier.get("/lock?back=/sale").await;
    screen.says("王敏（1003）已登录，请输入密码继续。");
    cashier.post_and_look("/lock", &[("p", ""), ("back", "/sale")]).await.says("请输入密码");
    let page = cashier.post_and_look("/lock", &[("p", "wrong"), ("back", "/sale")]).await;
    page.says("密码不正确。还可以再试 4 次，之后锁定 15 分钟。");
    page.says("<title>错误：屏幕已锁定");
    assert_eq!(cashier.get("/sale").await.status, StatusCode::SEE_OTHER, "still locked");
    assert_eq!(cashier.post("/lock", &[("p", PASSWORD), ("back", "/sale")]).await.location(), "/sale");
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
    assert_eq!(cashier.post("/lock", &[("p", PASSWORD), ("back", "//evil")]).await.location(), "/");
}

#[tokio::test]
async fn only_a_form_of_our_own_locks() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    assert_eq!(cashier.get("/lock").await.location(), "/");
    let forged = Request::post("/lock/now").header("sec-fetch-site", "cross-site").body(Body::empty());
    assert_eq!(cashier.send(forged.expect("a request")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK, "still open");
    assert_eq!(cashier.post("/lock/now", &[]).await.location(), "/lock");
    assert_eq!(cashier.get("/sale").await.location(), "/lock?back=/sale");
}

/// What is tried from elsewhere, by where it is tried.
#[tokio::test]
async fn no_wrong_password_elsewhere_takes_the_unlock_or_the_login_from_the_own_till() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    cashier.post("/lock/now", &[]).await;
    let mut second = shop.signed_in("cashier").await;
    second.post("/lock/now", &[]).await;
    // A stranger at the login, as often as that goes; and somebody at the person's other screen.
    for _ in 0..8 {
        shop.visitor().sign_in("cashier", "wrong").await;
        second.post("/lock", &[("p", "wrong")]).await;
    }
    shop.visitor().sign_in_and_look("cashier", PASSWORD).await.says("账号已锁定，10:41 自动解锁。");
    second.post_and_look("/lock", &[("p", PASSWORD)]).await.says("账号已锁定，10:41 自动解锁。");
    assert_eq!(cashier.post("/lock", &[("p", PASSWORD), ("back", "/sale")]).await.location(), "/sale");
    // A browser in which the person signed in before is let in, and has five tries of its own.
    cashier.post("/logout", &[]).await;
    assert_eq!(cashier.sign_in("cashier", PASSWORD).await.location(), "/");
    cashier.post("/logout", &[]).await;
    for _ in 0..5 {
        cashier.sign_in("cashier", "wrong").await;
    }
    cashier.sign_in_and_look("cashier", PASSWORD).await.says("账号已锁定，10:41 自动解锁。");
}

#[tokio::test]
async fn the_lock_is_throttled() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    cashier.post("/lock/now", &[]).await;
    for _ in 0..4 {
        cashier.post("/lock", &[("p", "wrong")]).await;
    }
    cashier.post_and_look("/lock", &[("p", "wrong")]).await.says("账号已锁定，10:41 自动解锁。");
    cashier.post_and_look("/lock", &[("p", PASSWORD)]).await.says("账号已锁定，10:41 自动解锁。");
    assert_eq!(shop.visitor().sign_in("cashier", PASSWORD).await.location(), "/", "the login is another door");
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_of_work() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    for _ in 0..72 {
        assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
        shop.clock.advance(10 * MINUTE);
    }
    assert_eq!(cashier.get("/sale").await.location(), "/login");
    cashier.get("/login").await.says("登录已超时，请重新登录。");
}

#[tokio::test]
async fn disabling_somebody_ends_their_sessions_at_once() {
    let shop = Shop::open().await;
    let mut cashier = shop.signed_in("cashier").await;
    shop.disable(1003).await;
    assert_eq!(cashier.get("/sale").await.location(), "/login");
}

#[tokio::test]
async fn the_first_login_leads_to_the_password_and_nowhere_else() {
    let shop = Shop::open().await;
    let mut newhire = shop.visitor();
    let answer = newhire.sign_in("newhire", PASSWORD).await;
    assert_eq!(answer.location(), "/password");
    assert_eq!(newhire.get("/sale").await.location(), "/password");
    newhire.get("/password").await.says("首次登录，请先修改密码。");
    for (new, again, words) in [
        ("short", "short", "新密码至少 12 位"),
        (PASSWORD, PASSWORD, "新密码不能与原密码相同"),
        ("newhire-in-the-shop", "newhire-in-the-shop", "新密码不能包含用户名或姓名"),
        ("woaini5201314", "woaini5201314", "新密码太容易被猜到"),
        (NEW, "Kuai-le-de-xiao-yao-78", "两次输入不一致"),
    ] {
        let page = newhire.post_and_look("/password", &[("old", PASSWORD), ("new", new), ("again", again)]).await;
        page.says(words);
        page.says("<title>错误：修改密码");
    }
    let page = newhire.post_and_look("/password", &[("old", "wrong"), ("new", NEW), ("again", NEW)]).await;
    page.says("原密码不正确。还可以再试 4 次");
    let done = newhire.post("/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]).await;
    assert_eq!(done.location(), "/");
    newhire.get("/sale").await.says("密码已修改。");
    shop.visitor().sign_in_and_look("newhire", PASSWORD).await.says("用户名或密码不正确");
}

#[tokio::test]
async fn changing_the_password_ends_every_other_session_and_renews_this_one() {
    let shop = Shop::open().await;
    let (mut here, mut elsewhere) = (shop.signed_in("cashier").await, shop.signed_in("cashier").await);
    let before = here.cookies["session"].clone();
    here.post("/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]).await;
    assert_ne!(here.cookies["session"], before);
    assert_eq!(here.get("/sale").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/sale").await.location(), "/login");
    here.cookies.insert("session".to_owned(), before);
    assert_eq!(here.get("/sale").await.location(), "/login", "the old token is dead");
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_only() {
    let shop = Shop::open().await;
    let (mut here, mut elsewhere) = (shop.signed_in("cashier").await, shop.signed_in("cashier").await);
    let mut other = shop.signed_in("other").await;
    let page = here.get("/password").await.text();
    let key =
        page.split("name=\"session\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a session");
    other.post("/password/sessions", &[("session", key)]).await;
    assert_eq!(elsewhere.get("/sale").await.status, StatusCode::OK, "somebody else cannot end it");
    here.post_and_look("/password/sessions", &[("session", key)]).await.says("该登录已退出。");
    assert_eq!(elsewhere.get("/sale").await.location(), "/login");
    assert_eq!(here.get("/sale").await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_in_again_replaces_the_session_of_this_browser() {
    let shop = Shop::open().await;
    let mut till = shop.signed_in("cashier").await;
    let before = till.cookies["session"].clone();
    till.cookies.remove("session");
    till.get("/login").await;
    till.cookies.insert("session".to_owned(), before.clone());
    till.post("/login", &[("u", "manager"), ("p", PASSWORD), ("c", "abcd")]).await;
    till.get("/sale").await.says("李强（1002）");
    till.cookies.insert("session".to_owned(), before);
    assert_eq!(till.get("/sale").await.location(), "/login");
}
