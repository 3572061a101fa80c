//! 人员: invitation to first sign-in, changes, stops, deputies, and whose people a manager reaches.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::time::HOUR;
use storage::demo::PASSWORD;

use crate::pay::hidden;
use crate::shop::{Answer, MINUTE, Shop, Visitor};
use crate::todo::{decide, in_order, place};

const OWN: &str = "Kuai-le-de-xiao-yao-77";
/// The outlet of `manager` and its till.
const TILL: &str = "2501001.25010007";

/// The initial password on a sheet.
fn password_of(sheet: &Answer) -> String {
    let text = sheet.text();
    let password = text.split("id=\"pw\">").nth(1).and_then(|rest| rest.split('<').next());
    password.unwrap_or_else(|| panic!("no sheet: {text}")).to_owned()
}

fn invitation<'f>(login: &'f str, more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![("name", "周小燕"), ("login", login), ("place", TILL)];
    fields.extend_from_slice(more);
    fields
}

const CASHIER: (&str, &str) = ("role_cashier", "1");

async fn invite(manager: &mut Visitor, login: &str) -> String {
    let sheet = manager.post("/people/new", &invitation(login, &[CASHIER])).await;
    assert_eq!(sheet.status, StatusCode::OK);
    password_of(&sheet)
}

/// Takes a step on somebody's page.
async fn act(visitor: &mut Visitor, page: &str, act: &str) -> Answer {
    let version = hidden(&visitor.get(page).await, "version");
    visitor.post(page, &[("version", &version), ("do", act)]).await
}

/// The page of the person with this login name, as the list links it.
async fn page_of(visitor: &mut Visitor, desk: &str, login: &str) -> String {
    let list = visitor.get(&format!("{desk}?q={login}")).await.text();
    let at = list.find(&format!("· {login}<")).unwrap_or_else(|| panic!("{login} is not listed: {list}"));
    let link = list[..at].rsplit("href=\"").next().and_then(|rest| rest.split('"').next());
    link.expect("a link").to_owned()
}

#[tokio::test]
async fn an_invited_cashier_signs_in_with_the_sheet_sets_a_password_and_sells() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    manager.get("/people/new").await.says("邀请并显示初始密码");
    let sheet = manager.post("/people/new", &invitation("ZhouXiaoyan", &[CASHIER])).await;
    sheet.says("只显示这一次");
    sheet.says("2026-11-26 10:26");
    let initial = password_of(&sheet);
    let mut cashier = shop.visitor();
    assert_eq!(cashier.sign_in("zhouxiaoyan", &initial).await.location(), "/password");
    cashier.post("/password", &[("old", &initial), ("new", OWN), ("again", OWN)]).await;
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
    shop.visitor().sign_in_and_look("zhouxiaoyan", &initial).await.says("用户名或密码不正确");
    let page = page_of(&mut manager, "/people", "zhouxiaoyan").await;
    let shown = manager.get(&page).await;
    shown.says("在用");
    shown.says("本人设的");
    shown.says("邀请");
    assert!(!shown.text().contains(&initial));
}

#[tokio::test]
async fn an_initial_password_opens_nothing_after_72_hours_and_is_reissued() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let initial = invite(&mut manager, "zhouxiaoyan").await;
    shop.clock.advance(72 * HOUR - 1);
    assert_eq!(shop.visitor().sign_in("zhouxiaoyan", &initial).await.location(), "/password");
    shop.clock.advance(1);
    shop.visitor().sign_in_and_look("zhouxiaoyan", &initial).await.says("初始密码已过 72 小时");
    let mut manager = shop.signed_in("manager").await;
    let page = page_of(&mut manager, "/people", "zhouxiaoyan").await;
    manager.get(&page).await.says("初始密码过期");
    manager.get(&format!("{page}?ask=reset")).await.says("新的初始密码下一页显示一次");
    let fresh = password_of(&act(&mut manager, &page, "reset").await);
    assert_ne!(fresh, initial);
    assert_eq!(shop.visitor().sign_in("zhouxiaoyan", &fresh).await.location(), "/password");
}

#[tokio::test]
async fn a_stop_ends_the_sessions_of_every_browser_and_is_undone_by_an_enable() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let (mut one, mut two) = (shop.signed_in("cashier").await, shop.signed_in("cashier").await);
    one.post("/sale/lines", &[("order", "new"), ("code", "600233")]).await;
    let question = manager.get("/people/1003?ask=disable").await;
    question.says("2 个会话立即结束");
    question.says("1 张未完成的订单留在收银台");
    let done = act(&mut manager, "/people/1003", "disable").await;
    assert_eq!(done.location(), "/people/1003");
    for browser in [&mut one, &mut two] {
        assert_eq!(browser.get("/sale").await.location(), "/login");
    }
    shop.visitor().sign_in_and_look("cashier", PASSWORD).await.says("此账号已停用");
    act(&mut manager, "/people/1003", "enable").await;
    shop.signed_in("cashier").await;
    for step in ["disable", "leave"] {
        assert_eq!(act(&mut manager, "/people/1003", step).await.status, StatusCode::SEE_OTHER);
    }
    manager.post("/people/1003", &[("version", "5"), ("do", "enable")]).await.says("现在的状态不能这样做");
    let taken = manager.post("/people/new", &invitation("cashier", &[CASHIER])).await;
    taken.says("用户名已被使用，可用 cashier3");
}

#[tokio::test]
async fn a_form_from_before_another_change_is_refused() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let old = hidden(&manager.get("/people/1003").await, "version");
    let fields = |version, name| {
        [("version", version), ("do", "save"), ("name", name), ("number", "A7"), ("place", TILL), CASHIER]
    };
    assert_eq!(manager.post("/people/1003", &fields(&old, "王小敏")).await.status, StatusCode::SEE_OTHER);
    for step in ["save", "disable", "reset"] {
        let mut fields = fields(&old, "王大敏").to_vec();
        fields[1].1 = step;
        manager.post("/people/1003", &fields).await.says("内容已被修改，已显示最新");
    }
    manager.get("/people?q=A7").await.says("王小敏");
    assert_eq!(shop.audited().await.iter().filter(|action| *action == "person_changed").count(), 1);
}

/// What the record says of the language, what was chosen in the browser before, and what the pages speak then.
const LANGUAGES: &[(&str, &str, &str)] = &[
    ("", "", "zh-CN"),
    ("", "zh", "zh-CN"),
    ("", "en", "en"),
    ("zh", "", "zh-CN"),
    ("zh", "zh", "zh-CN"),
    ("zh", "en", "zh-CN"),
    ("en", "", "en"),
    ("en", "zh", "en"),
    ("en", "en", "en"),
];

#[tokio::test]
async fn pages_speak_the_language_of_whoever_signs_in_until_another_is_chosen() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    for &(stored, before, spoken) in LANGUAGES {
        let version = hidden(&manager.get("/people/1003").await, "version");
        let fields = [
            ("version", version.as_str()),
            ("do", "save"),
            ("name", "王敏"),
            ("number", "1003"),
            ("place", TILL),
            CASHIER,
            ("language", stored),
        ];
        assert_eq!(manager.post("/people/1003", &fields).await.status, StatusCode::SEE_OTHER);
        let case = format!("stored {stored:?}, before {before:?}");
        let speaks = |answer: &Answer, lang: &str, what: &str| {
            let found = answer.text().contains(&format!("<html lang=\"{lang}\">"));
            assert!(found, "{case}, {what}: {}", answer.text());
        };
        let mut till = shop.visitor();
        if !before.is_empty() {
            till.get(&format!("/lang/{before}?back=/login")).await;
        }
        let choice = if before == "en" { "en" } else { "zh-CN" };
        speaks(&till.get("/login").await, choice, "login page");
        till.sign_in("cashier", PASSWORD).await;
        speaks(&till.get("/sale").await, spoken, "page");
        speaks(&till.get("/people").await, spoken, "problem inside the frame");
        let forged = Request::post("/lock/now").header("sec-fetch-site", "cross-site").body(Body::empty());
        speaks(&till.send(forged.expect("a request")).await, spoken, "problem before the page");
        till.post("/lock/now", &[]).await;
        speaks(&till.get("/lock").await, spoken, "locked");
        till.post("/lock", &[("p", PASSWORD)]).await;
        speaks(&till.get("/sale").await, spoken, "unlocked");
        // It is the person's, not the browser's.
        till.post("/logout", &[]).await;
        speaks(&till.get("/login").await, choice, "signed out");
        till.sign_in("manager", PASSWORD).await;
        speaks(&till.get("/people").await, choice, "somebody without a language");
        till.post("/logout", &[]).await;
        // A switch wins, and stays in the browser.
        till.sign_in("cashier", PASSWORD).await;
        let (other, tag) = if spoken == "en" { ("zh", "zh-CN") } else { ("en", "en") };
        till.get(&format!("/lang/{other}?back=/sale")).await;
        speaks(&till.get("/sale").await, tag, "switched");
        shop.clock.advance(12 * HOUR);
        assert_eq!(till.get("/sale").await.location(), "/login");
        speaks(&till.get("/login").await, tag, "ended");
        let mut fresh = shop.signed_in("cashier").await;
        shop.clock.advance(12 * HOUR);
        fresh.get("/sale").await;
        speaks(&fresh.get("/login").await, "zh-CN", "ended in a browser without a choice");
        manager = shop.signed_in("manager").await;
    }
}

#[tokio::test]
async fn a_deputy_ends_by_itself_after_the_last_day() {
    let shop = Shop::open().await;
    let mut chain = shop.signed_in("chain").await;
    let fields = [
        ("name", "王敏"),
        ("place", TILL),
        CASHIER,
        ("role_store_manager", "1"),
        ("ends", "2026-11-24"),
        ("do", "save"),
    ];
    let mut all = fields.to_vec();
    let version = hidden(&chain.get("/people/1003").await, "version");
    all.push(("version", &version));
    assert_eq!(chain.post("/people/1003", &all).await.status, StatusCode::SEE_OTHER);
    chain.get("/people?q=cashier").await.says("店长（代，到 2026-11-24）");
    let mut cashier = shop.signed_in("cashier").await;
    assert_eq!(cashier.get("/refunds").await.status, StatusCode::OK);
    // Until midnight of the last day: 37 h 34 min from 10:26 on the day before.
    shop.clock.advance(36 * HOUR);
    let mut cashier = shop.signed_in("cashier").await;
    shop.clock.advance(89 * MINUTE);
    cashier.post("/lock", &[("p", PASSWORD)]).await;
    assert_eq!(cashier.get("/refunds").await.status, StatusCode::OK, "23:55");
    shop.clock.advance(5 * MINUTE);
    assert_eq!(cashier.get("/refunds").await.status, StatusCode::FORBIDDEN, "00:00");
    assert_eq!(cashier.get("/sale").await.status, StatusCode::OK);
    let over =
        shop.db.write(|c| Ok(c.execute("UPDATE person_role SET ends_on = 20261123 WHERE person_id = 1003", [])?));
    over.await.expect("writes");
    shop.visitor().sign_in_and_look("cashier", PASSWORD).await.says("此账号现在没有可用的角色");
}

/// Reader, desk, person, page, whether the reader resets and whether the reader stops.
const REACH: [(&str, &str, i64, StatusCode, bool, bool); 16] = [
    ("manager", "/people", 1003, StatusCode::OK, true, true),
    // Themselves, another outlet's cashier, the chain manager, another merchant, the company, an API key's person.
    ("manager", "/people", 1002, StatusCode::OK, false, false),
    ("manager", "/people", 1005, StatusCode::NOT_FOUND, false, false),
    ("manager", "/people", 1007, StatusCode::NOT_FOUND, false, false),
    ("manager", "/people", 1006, StatusCode::NOT_FOUND, false, false),
    ("manager", "/people", 9005, StatusCode::NOT_FOUND, false, false),
    ("chain", "/people", 1002, StatusCode::OK, true, true),
    ("chain", "/people", 1005, StatusCode::OK, true, true),
    ("chain", "/people", 1007, StatusCode::OK, false, false),
    ("chain", "/people", 1006, StatusCode::NOT_FOUND, false, false),
    ("admin", "/office/people", 1006, StatusCode::OK, true, true),
    ("admin", "/office/people", 9005, StatusCode::OK, false, false),
    ("agent", "/office/people", 1006, StatusCode::OK, true, false),
    ("agent", "/office/people", 9001, StatusCode::OK, false, false),
    ("auditor", "/office/people", 1006, StatusCode::OK, false, false),
    ("cashier", "/people", 1002, StatusCode::FORBIDDEN, false, false),
];

#[tokio::test]
async fn whoever_reaches_a_person_does_exactly_what_the_table_says() {
    let shop = Shop::open().await;
    for (login, desk, person, page, resets, stops) in REACH {
        let mut reader = shop.signed_in(login).await;
        let path = format!("{desk}/{person}");
        let shown = reader.get(&path).await;
        assert_eq!(shown.status, page, "{login} {path}");
        for (act, open) in [("reset", resets), ("disable", stops)] {
            let offered = shown.text().contains(&format!("{path}?ask={act}"));
            assert_eq!(offered, open, "{login} {path} {act}");
            if !open {
                let answer = reader.post(&path, &[("version", "1"), ("do", act)]).await;
                let refused = if page == StatusCode::OK { StatusCode::FORBIDDEN } else { page };
                assert_eq!(answer.status, refused, "{login} {path} {act}");
            }
        }
    }
    let mut manager = shop.signed_in("manager").await;
    for place in ["2501002.25010008", "2502001.25020001", "2501001.25010008", ""] {
        let fields = [("name", "周小燕"), ("login", "zhouxiaoyan"), ("place", place), CASHIER];
        manager.post("/people/new", &fields).await.says("请选择门店");
    }
    let roles = [("role_store_manager", "1"), ("role_admin", "1"), ("role_chain_manager", "1")];
    for role in roles {
        manager.post("/people/new", &invitation("zhouxiaoyan", &[role])).await.says("这个所在不能有这些角色");
    }
    assert!(!manager.get("/people").await.text().contains("周涛"));
}

#[tokio::test]
async fn a_phone_that_somebody_has_asks_whether_it_is_the_same_human() {
    let shop = Shop::open().await;
    let mut manager = shop.signed_in("manager").await;
    let phone = ("phone", "138 0000 0009");
    let first = manager.post("/people/new", &invitation("zhou", &[CASHIER, phone])).await;
    password_of(&first);
    let asked = manager.post("/people/new", &invitation("zhou.two", &[CASHIER, phone])).await;
    asked.says("周小燕（zhou）用的是这个手机。是同一个人吗？");
    let page = page_of(&mut manager, "/people", "zhou").await;
    let id = page.rsplit('/').next().expect("an id");
    let refused = manager.post("/people/new", &invitation("zhou.two", &[CASHIER, phone, ("same", "1003")])).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "somebody without that phone");
    password_of(&manager.post("/people/new", &invitation("zhou.two", &[CASHIER, phone, ("same", id)])).await);
    manager.get(&page).await.says("周小燕（zhou.two）");
    password_of(&manager.post("/people/new", &invitation("zhou.three", &[CASHIER, phone, ("same", "no")])).await);
    assert!(!manager.get(&page).await.text().contains("zhou.three"));
    // Another merchant's people are not told whose phone it is.
    let mut other = shop.signed_in("other").await;
    let fields = [("name", "周"), ("login", "zhou.four"), ("place", "2502001."), CASHIER, phone];
    password_of(&other.post("/people/new", &fields).await);
}

#[tokio::test]
async fn a_lock_is_listed_and_lifted_and_lists_are_files_too() {
    let shop = Shop::open().await;
    let mut stranger = shop.visitor();
    for _ in 0..5 {
        stranger.sign_in("cashier", "wrong").await;
    }
    let mut agent = shop.signed_in("agent").await;
    let list = agent.get("/office/people?f=locked").await;
    list.says("王敏");
    list.says("锁定<b class=\"n\">1</b>");
    assert!(!list.text().contains("李强"));
    assert_eq!(act(&mut agent, "/office/people/1003", "unlock").await.status, StatusCode::SEE_OTHER);
    assert_eq!(stranger.sign_in("cashier", PASSWORD).await.location(), "/");
    let mut admin = shop.signed_in("admin").await;
    for (question, expected) in [("", 12), ("?p=company", 6), ("?r=cashier", 4), ("?q=wang", 0), ("?s=invited", 1)] {
        let file = admin.get(&format!("/office/people/export.csv{question}")).await;
        assert_eq!(file.text().lines().count(), expected + 1, "{question}: {}", file.text());
    }
    admin.get("/office/people?q=nobody").await.says("没有符合条件的人员");
    let excel = admin.get("/office/people/export.xlsx").await;
    assert!(excel.bytes.starts_with(b"PK"), "{}", excel.status);
    shop.clock.advance(91 * 24 * HOUR);
    let mut admin = shop.signed_in("admin").await;
    let unseen = admin.get("/office/people?f=unseen").await.text();
    assert!(unseen.contains("王敏") && !unseen.contains("何平</a>"), "{unseen}");
}

/// Saves the page of somebody at the company with these roles.
async fn save_roles(admin: &mut Visitor, page: &str, roles: &[&str]) -> Answer {
    let shown = admin.get(page).await;
    let (version, request) = (hidden(&shown, "version"), hidden(&shown, "request"));
    let names: Vec<String> = roles.iter().map(|role| format!("role_{role}")).collect();
    let mut fields = vec![("version", version.as_str()), ("request", &request), ("do", "save"), ("name", "某人")];
    fields.extend(names.iter().map(|name| (name.as_str(), "1")));
    admin.post(page, &fields).await
}

#[tokio::test]
async fn somebody_at_the_company_signs_in_once_another_person_approved_the_roles() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let fields = [("at", "company"), ("name", "吴昊"), ("login", "wuhao"), ("role_operator", "1")];
    let sheet = admin.post("/office/people/new", &fields).await;
    sheet.says("另一人同意以前，这个登录打不开任何东西");
    let initial = password_of(&sheet);
    shop.visitor().sign_in_and_look("wuhao", &initial).await.says("此账号现在没有可用的角色");
    let page = page_of(&mut admin, "/office/people", "wuhao").await;
    admin.get(&page).await.says("等复核");
    let mut checker = shop.signed_in("checker").await;
    let list = checker.get("/office/todo").await.text();
    let todo = list.split("/office/todo/").nth(1).and_then(|rest| rest.split('"').next()).expect("a proposal");
    let todo = format!("/office/todo/{todo}");
    checker.get(&todo).await.says("公司角色");
    admin.get(&todo).await.says("不能复核自己提交的");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    let mut operator = shop.visitor();
    assert_eq!(operator.sign_in("wuhao", &initial).await.location(), "/password");
    operator.post("/password", &[("old", &initial), ("new", OWN), ("again", OWN)]).await;
    assert_eq!(operator.get("/office/refunds").await.status, StatusCode::OK);
    in_order(&shop).await;

    // More takes two persons, less takes one; nobody approves what they may do themselves.
    let more = place(&save_roles(&mut admin, "/office/people/9002", &["checker", "admin"]).await);
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &more, "ok").await.says("须由两个人完成");
    assert_eq!(checker.get("/office/people/new").await.status, StatusCode::FORBIDDEN);
    assert_eq!(save_roles(&mut admin, &page, &["operator", "finance"]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(operator.get("/office/settlements").await.status, StatusCode::FORBIDDEN);
    let auditor = save_roles(&mut admin, &page, &["operator", "auditor"]).await;
    auditor.says("审计不能兼任其他角色");
    act(&mut admin, &page, "disable").await;
    assert_eq!(operator.get("/office/refunds").await.location(), "/login");
    in_order(&shop).await;
    let forged = shop.db.write(|c| {
        Ok(c.execute(
            "INSERT INTO person_role (person_id, role) SELECT id, 'admin' FROM person WHERE login = 'wuhao'",
            [],
        )?)
    });
    forged.await.expect("writes");
    let found = shop.books.verify().await.expect("reads");
    assert!(found.iter().any(|one| one.to_string().contains("the role admin")), "{found:?}");
}

#[tokio::test]
async fn a_password_at_the_company_is_reset_by_two_persons() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let page = admin.get("/office/people/9003?ask=reset").await;
    page.says("公司人员的密码要另一人同意才能重置");
    let fields = |page: &Answer| [("version", hidden(page, "version")), ("request", hidden(page, "request"))];
    let form = fields(&page);
    let mut all: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("do", "reset"));
    let todo = place(&admin.post("/office/people/9003", &all).await);
    let mut finance = shop.signed_in("finance").await;
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(finance.get("/office/settlements").await.location(), "/login");
    shop.visitor().sign_in_and_look("finance", PASSWORD).await.says("用户名或密码不正确");
    let fresh = password_of(&act(&mut admin, "/office/people/9003", "reset").await);
    assert_eq!(shop.visitor().sign_in("finance", &fresh).await.location(), "/password");
    in_order(&shop).await;
}

/// Proposes what the page's button says; the proposal's place.
async fn propose(visitor: &mut Visitor, page: &str, act: &str) -> String {
    let shown = visitor.get(page).await;
    let (version, request) = (hidden(&shown, "version"), hidden(&shown, "request"));
    let fields = [("version", version.as_str()), ("request", &request), ("do", act)];
    place(&visitor.post(page, &fields).await)
}

#[tokio::test]
async fn a_second_factor_is_reset_by_two_persons_and_the_password_stays_the_person_s() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    for (login, desk) in [("finance", "/office/people"), ("cashier", "/office/people")] {
        let mut person = shop.signed_in(login).await;
        let page = page_of(&mut admin, desk, login).await;
        let none = admin.get(&page).await.text();
        assert!(!none.contains("重置第二验证"), "{login} has none yet");
        crate::factor::set_up(&shop, &mut person).await;
        admin.get(&format!("{page}?ask=factor")).await.says("要另一人同意");
        let todo = propose(&mut admin, &page, "factor").await;
        assert_eq!(person.get("/password").await.status, StatusCode::OK, "{login} is still signed in");
        let mut checker = shop.signed_in("checker").await;
        let sheet = checker.get(&todo).await;
        for words in ["重置第二验证", "已设", "未设"] {
            sheet.says(words);
        }
        decide(&mut checker, &todo, "ok").await.says("已同意");
        assert_eq!(person.get("/password").await.location(), "/login", "{login}'s sessions ended");
        admin.get(&page).await.says("本人设的，下次登录须换");
        // Nobody gets at the password alone on the strength of that approval.
        if login == "finance" {
            let reset = propose(&mut admin, &page, "reset").await;
            checker.get(&reset).await.says("公司人员重置密码");
        }
        let mut person = shop.visitor();
        assert_eq!(person.sign_in(login, PASSWORD).await.location(), "/password");
        person.post("/password", &[("old", PASSWORD), ("new", OWN), ("again", OWN)]).await;
        assert_eq!(shop.visitor().sign_in(login, OWN).await.location(), "/");
        admin.get(&page).await.says("本人设的");
    }
    in_order(&shop).await;
}

#[tokio::test]
async fn joined_logins_are_parted_by_two_persons_of_whom_none_is_the_human() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let page = page_of(&mut admin, "/office/people", "finance").await;
    assert!(!admin.get(&page).await.text().contains("拆成另一个人"));
    let version = hidden(&admin.get(&page).await, "version");
    let joined = admin.post(&page, &[("version", &version), ("do", "join"), ("login", "checker")]).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER);
    admin.get(&format!("{page}?ask=part")).await.says("只有确实是两个人在用时才拆");
    let todo = propose(&mut admin, &page, "part").await;
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &todo, "ok").await.says("没有完成");
    admin.get(&page).await.says("拆成另一个人");
    // Another checker than the one whose logins these are.
    let sql = "INSERT INTO person_role (person_id, role) SELECT id, 'checker' FROM person WHERE login = 'operator'";
    shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await.expect("writes");
    let mut other = shop.signed_in("operator").await;
    let sheet = other.get(&todo).await;
    sheet.says("拆分登录");
    sheet.says("(checker)");
    decide(&mut other, &todo, "ok").await.says("已同意");
    assert!(!admin.get(&page).await.text().contains("拆成另一个人"));
    in_order(&shop).await;
}

#[tokio::test]
async fn only_who_manages_people_at_the_company_proposes_to_part_logins_or_reset_a_factor() {
    let shop = Shop::open().await;
    for (login, desk) in [("manager", "/people"), ("chain", "/people"), ("agent", "/office/people")] {
        let mut visitor = shop.signed_in(login).await;
        let page = page_of(&mut visitor, desk, "cashier").await;
        let shown = visitor.get(&page).await;
        let version = hidden(&shown, "version");
        for act in ["factor", "part"] {
            let fields =
                [("version", version.as_str()), ("request", "0199a000-0000-7000-8000-000000000001"), ("do", act)];
            assert_eq!(visitor.post(&page, &fields).await.status, StatusCode::FORBIDDEN, "{login} {act}");
        }
    }
}
