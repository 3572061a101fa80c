//! Signing in and out: every message of the login page, the captcha, the count of tries.

use crate::shop::{MINUTE, Shop};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::network::Network;
use storage::demo::PASSWORD;
use storage::login::{self, CaptchaId};

#[tokio::test]
async fn a_cashier_signs_in_and_out() {
    let shop = Shop::open().await;
    let mut cashier = shop.visitor();
    let page = cashier.get("/login").await;
    for words in ["用户名", "密码", "验证码", "登录", "025-86988520", "autofocus"] {
        page.says(words);
    }
    let answer = cashier.sign_in(" Cashier ", PASSWORD).await;
    assert_eq!(answer.location(), "/");
    let cookie =
        answer.headers.get_all("set-cookie").iter().find_map(|c| c.to_str().ok().filter(|c| c.starts_with("session=")));
    let cookie = cookie.expect("a session");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.len() > 70, "{cookie}");
    assert_eq!(cashier.get("/").await.location(), "/sale");
    let sale = cashier.get("/sale").await;
    sale.says("王敏（1003）");
    sale.says("示例大药房（中山路店）");
    sale.says("25010007");
    assert_eq!(cashier.get("/login").await.location(), "/", "signed in already");

    let stolen = cashier.cookies.clone();
    let out = cashier.post("/logout", &[]).await;
    assert_eq!((out.status, out.location()), (StatusCode::SEE_OTHER, "/login"));
    assert!(out.headers.contains_key("clear-site-data"));
    cashier.get("/login").await.says("您已退出登录。");
    cashier.cookies = stolen;
    assert_eq!(cashier.get("/sale").await.location(), "/login", "the session is dead on the server");
    cashier.get("/login").await.says("登录已超时，请重新登录。未完成的订单已保留。");
    assert_eq!(shop.audited().await, ["login", "logout"]);
}

#[tokio::test]
async fn empty_fields_are_named_and_the_captcha_is_not_used_up() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    visitor.get("/login").await;
    let page = visitor.post_and_look("/login", &[("u", ""), ("p", ""), ("c", "")]).await;
    for words in ["<title>错误：登录", "请输入用户名", "请输入密码", "请输入验证码", "role=\"alert\"", "aria-invalid"]
    {
        page.says(words);
    }
    let page = visitor.post("/login", &[("u", "cashier"), ("p", PASSWORD), ("c", "abcd")]).await;
    assert_eq!(page.location(), "/");
}

#[tokio::test]
async fn the_captcha_is_checked_first_and_works_once_and_for_three_minutes() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    visitor.get("/login").await;
    let page = visitor.post_and_look("/login", &[("u", "cashier"), ("p", "wrong"), ("c", "zzzz")]).await;
    page.says("验证码不对，已换新图片，请重新输入");
    page.says("value=\"cashier\"");

    // The same captcha again, as a script would.
    visitor.get("/login").await;
    let kept = visitor.cookies.clone();
    visitor.post("/login", &[("u", "cashier"), ("p", "wrong"), ("c", "abcd")]).await;
    visitor.cookies = kept;
    let page = visitor.post_and_look("/login", &[("u", "cashier"), ("p", PASSWORD), ("c", "abcd")]).await;
    page.says("验证码已过期，已换新图片");

    visitor.get("/login").await;
    shop.clock.advance(3 * MINUTE);
    let page = visitor.post_and_look("/login", &[("u", "cashier"), ("p", PASSWORD), ("c", "abcd")]).await;
    page.says("验证码已过期，已换新图片");
    assert!(shop.audited().await.iter().all(|action| action != "login"));
}

#[tokio::test]
async fn the_captcha_is_a_picture_and_a_sound_and_can_be_changed() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    assert_eq!(visitor.get("/login/captcha.png").await.status, StatusCode::NOT_FOUND);
    visitor.get("/login").await;
    let image = visitor.get("/login/captcha.png").await;
    assert!(image.bytes.starts_with(b"\x89PNG"));
    assert_eq!(image.headers["cache-control"], "no-store");
    assert_eq!(image.bytes, visitor.get("/login/captcha.png").await.bytes, "asking again teaches nothing");
    assert!(visitor.get("/login/captcha.wav").await.bytes.starts_with(b"RIFF"));
    visitor.get("/login?new").await;
    assert_ne!(image.bytes, visitor.get("/login/captcha.png").await.bytes);
    let page = visitor.post_and_look("/login/again", &[("u", "zhao"), ("p", "secret")]).await;
    page.says("value=\"zhao\"");
    assert!(!page.text().contains("secret"));
}

#[tokio::test]
async fn a_captcha_cannot_be_drawn_from_its_cookie_alone() {
    // Two installations, the same id: only their keys differ.
    let mut pictures = Vec::new();
    let mut sounds = Vec::new();
    for _ in 0..2 {
        let shop = Shop::open().await;
        let mut visitor = shop.visitor();
        let CaptchaId(id) = CaptchaId::new(shop.clock.now(), [7; 8]);
        visitor.cookies.insert("captcha".to_owned(), id.map(|byte| format!("{byte:02x}")).concat());
        pictures.push(visitor.get("/login/captcha.png").await.bytes);
        sounds.push(visitor.get("/login/captcha.wav").await.bytes);
    }
    assert!(pictures[0].starts_with(b"\x89PNG") && sounds[0].starts_with(b"RIFF"));
    assert_ne!(pictures[0], pictures[1]);
    assert_ne!(sounds[0], sounds[1]);
}

#[tokio::test]
async fn five_wrong_passwords_lock_for_a_quarter_of_an_hour_whether_or_not_the_name_exists() {
    let shop = Shop::open().await;
    for login in ["cashier", "nobody"] {
        let mut visitor = shop.visitor();
        for left in (1..5).rev() {
            let page = visitor.sign_in_and_look(login, "not-the-password").await;
            page.says(&format!("用户名或密码不正确。还可以再试 {left} 次，之后锁定 15 分钟。"));
        }
        let page = visitor.sign_in_and_look(login, "not-the-password").await;
        page.says("账号已锁定，10:41 自动解锁。急用请致电客服");
        let page = visitor.sign_in_and_look(login, PASSWORD).await;
        page.says("账号已锁定，10:41 自动解锁。");
    }
    shop.clock.advance(15 * MINUTE);
    shop.signed_in("cashier").await;
    let audited = shop.audited().await;
    for action in ["login_failed", "login_locked", "login_refused", "login"] {
        assert!(audited.iter().any(|one| one == action), "{action} is missing");
    }
}

#[tokio::test]
async fn one_address_cannot_try_for_ever_and_known_devices_behind_it_go_on() {
    let shop = Shop::open().await;
    let mut till = shop.signed_in("cashier").await;
    till.post("/logout", &[]).await;
    let rule = login::ADDRESS_FAILURES;
    for _ in 0..rule.tries {
        let key = login::address_key(&Network::of("local"));
        login::count_try(&shop.db, key, rule, shop.clock.now()).await.expect("counts");
    }
    let mut visitor = shop.visitor();
    visitor.sign_in_and_look("cashier", PASSWORD).await.says("此网络登录失败次数过多，请在 10:36 后再试");
    // The device is known for the one person, and forged values are none.
    till.sign_in_and_look("manager", PASSWORD).await.says("此网络登录失败次数过多");
    let mut forged = shop.visitor();
    forged.cookies.insert("device".to_owned(), format!("{}.{}", "07".repeat(16), "00".repeat(16)));
    forged.sign_in_and_look("cashier", PASSWORD).await.says("此网络登录失败次数过多");
    assert_eq!(till.sign_in("cashier", PASSWORD).await.location(), "/");
    shop.clock.advance(10 * MINUTE);
    shop.signed_in("cashier").await;
}

#[tokio::test]
async fn a_name_is_locked_everywhere_only_after_many_networks_and_never_at_the_own_till() {
    let shop = Shop::with(|settings| settings.behind_proxy = true).await;
    let mut till = shop.signed_in("cashier").await;
    till.post("/logout", &[]).await;
    let from = async |address: String, password: &str| {
        let mut visitor = shop.visitor();
        visitor.get("/login").await;
        let body = format!("u=cashier&p={password}&c=abcd");
        let request = Request::post("/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", address)
            .body(Body::from(body));
        let location = visitor.send(request.expect("a request")).await.location().to_owned();
        if location == "/login" { visitor.get("/login").await.text() } else { location }
    };
    // Addresses of one /64 are one network.
    for n in 0..6 {
        from(format!("2001:db8:0:1::{n}"), "wrong").await;
    }
    let locked = from("2001:db8:0:1::99".to_owned(), PASSWORD).await;
    assert!(locked.contains("账号已锁定，10:41 自动解锁"), "{locked}");
    assert_eq!(from("192.0.2.200".to_owned(), PASSWORD).await, "/", "another network is free");
    for n in 0..10 {
        for _ in 0..5 {
            from(format!("192.0.2.{n}"), "wrong").await;
        }
    }
    let locked = from("192.0.2.201".to_owned(), PASSWORD).await;
    assert!(locked.contains("账号已锁定，10:41 自动解锁"), "{locked}");
    assert_eq!(till.sign_in("cashier", PASSWORD).await.location(), "/");
}

#[tokio::test]
async fn the_login_page_writes_nothing_until_a_captcha_is_answered() {
    let shop = Shop::open().await;
    let rows = || shop.db.read(|c| Ok(c.query_row("SELECT COUNT(*) FROM captcha", [], |row| row.get::<_, i64>(0))?));
    for _ in 0..50 {
        assert_eq!(shop.visitor().get("/login").await.status, StatusCode::OK);
    }
    assert_eq!(rows().await.expect("reads"), 0);
    shop.visitor().sign_in("cashier", "wrong").await;
    assert_eq!(rows().await.expect("reads"), 1);
    shop.clock.advance(10 * MINUTE);
    shop.visitor().sign_in("cashier", "wrong").await;
    assert_eq!(rows().await.expect("reads"), 1);
}

#[tokio::test]
async fn only_who_knows_the_password_learns_that_an_account_is_stopped() {
    let shop = Shop::open().await;
    shop.disable(1003).await;
    let mut visitor = shop.visitor();
    visitor.sign_in_and_look("cashier", "wrong").await.says("用户名或密码不正确");
    visitor.sign_in_and_look("cashier", PASSWORD).await.says("此账号已停用，请联系店长或客服");
    let suspended = shop.db.write(|connection| {
        connection.execute("UPDATE outlet SET status = 'suspended' WHERE id = 2501002", [])?;
        Ok(())
    });
    suspended.await.expect("suspends");
    visitor.sign_in_and_look("cashier2", PASSWORD).await.says("本门店已暂停交易，请联系客服");
}

#[tokio::test]
async fn english_is_complete_and_stays() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor();
    let answer = visitor.get("/lang/en?back=/login").await;
    assert_eq!(answer.location(), "/login");
    assert_eq!(visitor.get("/lang/en?back=//evil.example").await.location(), "/");
    let page = visitor.sign_in_and_look("cashier", "wrong").await;
    page.says("<html lang=\"en\">");
    page.says("<title>Error: Sign in");
    page.says("User name or password is wrong. 4 tries left, then locked for 15 minutes.");
}

#[tokio::test]
async fn an_old_engine_is_told_to_switch() {
    let shop = Shop::open().await;
    let request =
        axum::http::Request::get("/login").header("user-agent", "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0)");
    let page = shop.visitor().send(request.body(axum::body::Body::empty()).expect("a request")).await;
    page.says("极速模式”图标");
}
