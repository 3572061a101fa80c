//! 第二验证: set up where it is required, asked at sign-in, asked again before people are approved; codes count once.

use axum::http::StatusCode;
use domain::factor::{STEP, step_of};
use domain::role::Action;
use domain::time::{HOUR, Timestamp};
use storage::demo::PASSWORD;
use storage::factor;

use crate::pay::hidden;
use crate::shop::{Answer, MINUTE, Shop, Visitor};
use crate::todo::{decide, place};

async fn required(shop: &Shop) {
    shop.db.write(|c| Ok(c.execute("UPDATE company SET factor_required = 1", [])?)).await.expect("writes");
}

/// The seed that a page shows, as an app reads it.
fn seed(page: &Answer) -> Vec<u8> {
    let text = page.text();
    let key = text.split("id=\"key\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a key");
    let letter = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("base 32");
    let bits: Vec<usize> =
        key.chars().filter(|c| *c != ' ').flat_map(|c| (0..5).rev().map(move |bit| letter(c) >> bit & 1)).collect();
    bits.chunks(8).map(|byte| u8::try_from(byte.iter().fold(0, |n, bit| n << 1 | bit)).expect("a byte")).collect()
}

/// The app on the phone.
pub(crate) struct App(Vec<u8>);

impl App {
    fn code(&self, at: Timestamp) -> String {
        factor::code(&self.0, step_of(at))
    }
}

/// Sets the factor up; the recovery codes.
pub(crate) async fn set_up(shop: &Shop, visitor: &mut Visitor) -> (App, Vec<String>) {
    let page = visitor.get("/me/factor").await;
    let app = App(seed(&page));
    let sealed = hidden(&page, "sealed");
    let done = visitor.post("/me/factor", &[("sealed", &sealed), ("code", &app.code(shop.clock.now()))]).await;
    done.says("第二验证已设置");
    let text = done.text();
    let list = text.split("class=\"codes n\">").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("codes");
    let codes: Vec<String> =
        list.split("<li>").skip(1).map(|one| one.split('<').next().unwrap_or("").to_owned()).collect();
    assert_eq!(codes.len(), 10);
    (app, codes)
}

#[tokio::test]
async fn whoever_works_for_the_company_sets_a_factor_up_first_and_proves_it_at_every_sign_in() {
    let shop = Shop::open().await;
    required(&shop).await;
    let mut operator = shop.signed_in("operator").await;
    let mut elsewhere = shop.signed_in("operator").await;
    for path in ["/", "/office/refunds", "/office/people"] {
        assert_eq!(operator.get(path).await.location(), "/me/factor", "{path}");
    }
    let page = operator.get("/me/factor").await;
    page.says("公司人员必须设置第二验证");
    let sealed = hidden(&page, "sealed");
    operator.post("/me/factor", &[("sealed", &sealed), ("code", "000000")]).await.says("数字不对或已过期");
    let mut checker = shop.signed_in("checker").await;
    let app = App(seed(&page));
    let stolen = checker.post("/me/factor", &[("sealed", &sealed), ("code", &app.code(shop.clock.now()))]).await;
    assert_eq!(stolen.status, StatusCode::BAD_REQUEST, "a seed is one person's");
    let (app, recovery) = set_up(&shop, &mut operator).await;
    assert_eq!(operator.get("/office/refunds").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/office/refunds").await.location(), "/login", "never asked for a code");

    let mut operator = shop.signed_in("operator").await;
    assert_eq!(operator.get("/office/refunds").await.location(), "/login/code");
    let used = app.code(shop.clock.now());
    operator.post("/login/code", &[("code", &used)]).await.says("数字不对或已用过。还可以再试 4 次");
    shop.clock.advance(STEP);
    let code = app.code(shop.clock.now());
    assert_eq!(operator.post("/login/code", &[("code", &code)]).await.location(), "/");
    assert_eq!(operator.get("/office/refunds").await.status, StatusCode::OK);
    // The same code opens nothing elsewhere; a recovery code does, once.
    let mut other = shop.signed_in("operator").await;
    other.post("/login/code", &[("code", &code)]).await.says("数字不对或已用过");
    let recovery = recovery[3].to_uppercase();
    assert_eq!(other.post("/login/code", &[("code", &recovery)]).await.location(), "/");
    let mut third = shop.signed_in("operator").await;
    third.post("/login/code", &[("code", &recovery)]).await.says("数字不对或已用过");
    other.get("/me/factor").await.says("没有用过的恢复码： 9");
}

#[tokio::test]
async fn wrong_codes_are_counted_by_the_person_and_not_by_the_session() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    let (app, _) = set_up(&shop, &mut operator).await;
    shop.clock.advance(2 * STEP);
    for left in (1..5).rev() {
        let mut guesser = shop.signed_in("operator").await;
        guesser.post("/login/code", &[("code", "000000")]).await.says(&format!("还可以再试 {left} 次"));
    }
    let mut guesser = shop.signed_in("operator").await;
    guesser.post("/login/code", &[("code", "000000")]).await.says("输错次数过多");
    let code = app.code(shop.clock.now());
    guesser.post("/login/code", &[("code", &code)]).await.says("输错次数过多");
    shop.clock.advance(16 * MINUTE);
    let mut operator = shop.signed_in("operator").await;
    let code = app.code(shop.clock.now());
    assert_eq!(operator.post("/login/code", &[("code", &code)]).await.location(), "/");
}

#[tokio::test]
async fn a_store_needs_none_and_may_have_one() {
    let shop = Shop::open().await;
    required(&shop).await;
    let mut cashier = shop.signed_in("cashier").await;
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
    let (app, _) = set_up(&shop, &mut cashier).await;
    let mut cashier = shop.signed_in("cashier").await;
    assert_eq!(cashier.get("/sale").await.location(), "/login/code");
    shop.clock.advance(STEP);
    cashier.post("/login/code", &[("code", &app.code(shop.clock.now()))]).await;
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
}

/// Proposes that the finance person's password is reset.
async fn proposed(shop: &Shop) -> String {
    let mut admin = shop.signed_in("admin").await;
    let page = admin.get("/office/people/9003").await;
    let (version, request) = (hidden(&page, "version"), hidden(&page, "request"));
    let fields = [("version", version.as_str()), ("request", &request), ("do", "reset")];
    place(&admin.post("/office/people/9003", &fields).await)
}

/// Approves with what is typed as proof.
async fn approve(visitor: &mut Visitor, todo: &str, proof: &str) -> Answer {
    let page = visitor.get(todo).await;
    let (request, shown) = (hidden(&page, "request"), hidden(&page, "shown"));
    let fields =
        [("request", request.as_str()), ("shown", &shown), ("opinion", "已核对"), ("do", "ok"), ("proof", proof)];
    visitor.post(todo, &fields).await
}

#[tokio::test]
async fn an_approval_asks_for_the_factor_again_after_five_minutes() {
    let shop = Shop::open().await;
    let todo = proposed(&shop).await;
    let mut checker = shop.signed_in("checker").await;
    shop.clock.advance(5 * MINUTE);
    let asked = approve(&mut checker, &todo, "").await;
    for words in ["您的密码", "不对，没有生效。还可以再试 4 次", "value=\"已核对\"", "验证并同意"]
    {
        asked.says(words);
    }
    approve(&mut checker, &todo, "wrong").await.says("还可以再试 3 次");
    checker.get(&todo).await.says("待复核");
    let (app, _) = set_up(&shop, &mut checker).await;
    shop.clock.advance(5 * MINUTE);
    approve(&mut checker, &todo, PASSWORD).await.says("手机验证器的 6 位数字");
    let code = app.code(shop.clock.now());
    assert_eq!(approve(&mut checker, &todo, &code).await.status, StatusCode::SEE_OTHER);
    checker.get(&todo).await.says("已同意");
}

/// Rights whose forms approve what another person prepared.
const APPROVING: [Action; 4] =
    [Action::ViewProposals, Action::LateRefund, Action::DecideDispute, Action::ReleaseSettlement];

/// Forms that answer with a secret: one that works for months, PINs, or the number of a card.
const SECRETS: [&str; 7] = [
    "/keys",
    "/keys/renew",
    "/webhooks",
    "/webhooks/{endpoint}",
    "/office/pins/sheet",
    "/office/pins/code",
    "/office/cards/{card}/number",
];

#[test]
fn every_approval_every_file_and_every_lasting_secret_of_the_company_asks_again() {
    let mut secrets = 0;
    for line in web::pages().lines() {
        let office = line.path.starts_with("/office");
        let file = office && line.path.contains("export.");
        let approves = office && line.method == "POST" && APPROVING.map(web::Access::May).contains(&line.access);
        let secret = line.method == "POST" && SECRETS.contains(&line.path);
        secrets += usize::from(secret);
        assert_eq!(line.proof.is_some(), file || approves || secret, "{} {}", line.method, line.path);
    }
    assert_eq!(secrets, SECRETS.len());
}

#[tokio::test]
async fn nothing_that_asks_again_is_done_or_shown_before() {
    let shop = Shop::open().await;
    let numbers = ["{proposal}", "{dispute}", "{settlement}", "{recall}", "{endpoint}"];
    let lines = web::pages().lines().into_iter().filter(|line| line.proof.is_some());
    let lines: Vec<_> = lines
        .map(|line| (line, numbers.iter().fold(line.path.to_owned(), |path, one| path.replace(one, "010000000001"))))
        .collect();
    assert!(lines.len() > 8);
    for login in ["checker", "operator", "finance", "admin", "agent", "auditor"] {
        let mut fresh = shop.signed_in(login).await;
        shop.clock.advance(4 * MINUTE);
        let mut asked = 0;
        for wait in [0, MINUTE] {
            shop.clock.advance(wait);
            for (line, path) in &lines {
                let answer = match line.method {
                    "GET" => fresh.get(path).await,
                    _ => fresh.post(path, &[("do", "ok"), ("opinion", "已核对")]).await,
                };
                if answer.status != StatusCode::FORBIDDEN {
                    assert_eq!(answer.text().contains("再验证一次"), wait > 0, "{login} {} {path}", line.method);
                    asked += 1;
                }
                let turned_down = fresh.post(path, &[("do", "no"), ("opinion", "已核对")]).await;
                let always = line.proof == Some(web::Proof::Always);
                assert!(always || !turned_down.text().contains("再验证一次"), "{login} {path}");
            }
        }
        assert!(asked > 0, "{login}");
    }
}

#[tokio::test]
async fn a_file_comes_after_the_proof_and_nowhere_else_does_it_lead() {
    let shop = Shop::open().await;
    let mut agent = shop.signed_in("agent").await;
    let file = "/office/people/export.csv?q=%E6%9D%8E&s=";
    let fresh = agent.get(file).await.text();
    assert!(fresh.contains("店长"), "{fresh}");
    shop.clock.advance(5 * MINUTE);
    let page = agent.get(file).await;
    for words in ["您的密码", "验证并下载", "href=\"/office/people\""] {
        page.says(words);
    }
    let address = hidden(&page, "file").replace("&#38;", "&");
    assert_eq!(address, file);
    let wrong = agent.post("/me/proof", &[("file", &address), ("proof", "wrong")]).await;
    wrong.says("还可以再试 4 次");
    assert_eq!(hidden(&wrong, "file").replace("&#38;", "&"), file);
    // The page loads the file by itself, and leads back to the list; a second press of the button needs no second proof.
    for typed in [PASSWORD, ""] {
        let right = agent.post("/me/proof", &[("file", &address), ("proof", typed)]).await;
        right.says("下载已开始");
        assert_eq!(loads(&right), file);
        right.says("href=\"/office/people\"");
    }
    assert_eq!(agent.get(file).await.text(), fresh);
    for elsewhere in ["https://example.com/a.csv", "//example.com", "/\\example.com", "javascript:alert(1)"] {
        let led = agent.post("/me/proof", &[("file", elsewhere), ("proof", PASSWORD)]).await;
        assert_eq!(loads(&led), "/", "{elsewhere}");
        assert!(!led.text().contains("example.com") && !led.text().contains("javascript:"), "{elsewhere}");
    }
}

/// What a page loads by itself.
fn loads(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("content=\"0; url=").expect("it loads something");
    rest.split('"').next().expect("an end").replace("&#38;", "&")
}

/// What asks again sends the form from hidden fields: no whole card may be among them, whatever its field is called.
#[tokio::test]
async fn no_page_that_asks_again_repeats_a_whole_card() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    shop.clock.advance(5 * MINUTE);
    let card = crate::pay::ZHANG.0;
    for (path, field) in [("/office/refunds", "card"), ("/office/refunds", "opinion"), ("/office/refunds", "code")] {
        let fields = [("do", "ok"), (field, card)];
        let answer = operator.post(path, &fields).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {field}");
        assert!(!answer.text().contains(card), "{path} {field}");
    }
    let four = operator.post("/office/refunds", &[("do", "ok"), ("card", "3391")]).await;
    four.says("再验证一次");
}

#[tokio::test]
async fn a_store_is_not_asked_again() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    shop.clock.advance(10 * MINUTE);
    let answer = manager.post("/refunds", &[("do", "ok")]).await;
    assert!(!answer.text().contains("再验证一次"));
    assert_eq!(manager.get("/orders/export.csv").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_at_the_company_takes_the_factor_away() {
    let shop = Shop::open().await;
    let mut finance = shop.signed_in("finance").await;
    set_up(&shop, &mut finance).await;
    let admin = shop.signed_in("admin").await.get("/office/people?r=finance").await;
    admin.says("已设");
    let todo = proposed(&shop).await;
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(finance.get("/office/settlements").await.location(), "/login");
    let none = factor::find(&shop.db, domain::ids::PersonId(9_003)).await.expect("reads");
    assert_eq!(none, None);
    shop.clock.advance(HOUR);
    let list = shop.signed_in("admin").await.get("/office/people?f=no_factor").await;
    list.says("陈静");
}
