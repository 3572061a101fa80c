//! 待复核: a proposal made by one person, decided by another; what is listed for whom; what changed meanwhile.

use axum::http::StatusCode;
use domain::acts::{Act, Field, Payload};
use domain::command::{Actor, Command};
use domain::ids::{EditionId, KeyId, MerchantId, PersonId, RequestId};
use domain::proposal::Draft;
use domain::time::{HOUR, Timestamp};
use storage::{api_key, proposal, settlement};

use crate::pay::hidden;
use crate::shop::{Answer, OPENING, Shop, Visitor};

const TODO: &str = "/office/todo";
const MERCHANT: &str = "250100";

/// Proposes a rate as `maker`; the proposal's place.
async fn propose(maker: &mut Visitor, rate: &str) -> String {
    let page = maker.get(&format!("/office/settlements?merchant={MERCHANT}")).await;
    let text = page.text();
    let form = text.split_once("/office/settlements/rate").expect("the form").1.to_owned();
    let field = |name: &str| {
        let (_, rest) = form.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
        rest.split('"').next().expect("an end").to_owned()
    };
    let (request, seen) = (field("request"), field("seen"));
    let fields = [("merchant", MERCHANT), ("rate", rate), ("request", &request), ("seen", &seen)];
    place(&maker.post("/office/settlements/rate", &fields).await)
}

/// The place that an answer leads to, without what is told once.
pub(crate) fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location().split('?').next().unwrap_or_default().to_owned()
}

/// Presses a button of the form on the page.
pub(crate) async fn press(visitor: &mut Visitor, page: &Answer, place: &str, opinion: &str, button: &str) -> Answer {
    let (request, shown) = (hidden(page, "request"), hidden(page, "shown"));
    let proof = ("proof", storage::demo::PASSWORD);
    let fields = [("request", request.as_str()), ("shown", &shown), ("opinion", opinion), ("do", button), proof];
    visitor.post(place, &fields).await
}

pub(crate) async fn decide(visitor: &mut Visitor, place: &str, button: &str) -> Answer {
    let page = visitor.get(place).await;
    let answer = press(visitor, &page, place, "合同已核对", button).await;
    visitor.get(answer.location()).await
}

async fn fee(shop: &Shop) -> Option<i64> {
    let merchants = settlement::merchants(&shop.db).await.expect("reads");
    merchants.into_iter().find(|one| one.id == MerchantId(250_100)).expect("there").fee_bp
}

pub(crate) async fn in_order(shop: &Shop) {
    assert_eq!(shop.books.verify().await.expect("reads"), []);
}

#[tokio::test]
async fn finance_proposes_a_rate_and_the_checker_approves_it() {
    let shop = Shop::open().await;
    let mut finance = shop.signed_in("finance").await;
    let place = propose(&mut finance, "38").await;
    assert_eq!(fee(&shop).await, Some(60));
    let page = finance.get(&place).await;
    page.says("不能复核自己提交的");
    assert!(!page.text().contains("value=\"ok\""), "the maker has no button");
    finance.get(&format!("/office/settlements?merchant={MERCHANT}")).await.says("已有一张费率经办单等待复核");

    let mut checker = shop.signed_in("checker").await;
    let list = checker.get(TODO).await;
    for words in ["商户费率", "示例大药房", "吴芳", "0.38%", "1 项", "<span aria-hidden=\"true\">1</span>"]
    {
        list.says(words);
    }
    let page = checker.get(&place).await;
    for words in ["0.60%", "0.38%", "还有 7 天", "同意"] {
        page.says(words);
    }
    press(&mut checker, &page, &place, "好", "ok").await.says("请填写 2 到 100 个字。没有生效。");
    assert_eq!(fee(&shop).await, Some(60));
    let done = decide(&mut checker, &place, "ok").await;
    for words in ["已同意，已经生效", "刘洋于", "合同已核对"] {
        done.says(words);
    }
    assert_eq!(fee(&shop).await, Some(38));
    checker.get(TODO).await.says("没有等您复核的事项");
    checker.get(&format!("{TODO}?s=approved")).await.says("0.38%");
    in_order(&shop).await;
}

#[tokio::test]
async fn who_comes_second_reads_who_decided() {
    let shop = Shop::open().await;
    let mut finance = shop.signed_in("finance").await;
    let place = propose(&mut finance, "38").await;
    let mut checker = shop.signed_in("checker").await;
    let page = checker.get(&place).await;
    let late = finance.get(&place).await;
    decide(&mut checker, &place, "no").await.says("已驳回，没有生效");
    // The same page in another tab, under another request id.
    let request = checker.get(&format!("/office/settlements?merchant={MERCHANT}")).await;
    assert_eq!(request.status, StatusCode::OK);
    let other = "0199a000-0000-7000-8000-000000000001";
    let fields = [("request", other), ("shown", &hidden(&page, "shown")), ("opinion", "合同已核对"), ("do", "ok")];
    let answer = checker.post(&place, &fields).await;
    let told = checker.get(answer.location()).await;
    told.says("没有完成");
    told.says("刘洋于");
    let fields = [("request", hidden(&late, "request")), ("do", "back".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = finance.post(&place, &fields).await;
    finance.get(answer.location()).await.says("刘洋于");
    assert_eq!(fee(&shop).await, Some(60));
    in_order(&shop).await;
}

#[tokio::test]
async fn what_changed_meanwhile_is_shown_and_cannot_be_approved() {
    let shop = Shop::open().await;
    let mut finance = shop.signed_in("finance").await;
    let (first, second) = (propose(&mut finance, "38").await, propose(&mut finance, "45").await);
    let mut checker = shop.signed_in("checker").await;
    let read_before = checker.get(&first).await;
    decide(&mut checker, &second, "ok").await.says("已经生效");
    // The page that was read before still has its button.
    let answer = press(&mut checker, &read_before, &first, "合同已核对", "ok").await;
    let page = checker.get(answer.location()).await;
    for words in ["内容已变化，请重新核对", "提交时", "0.60%", "0.45%", "0.38%", "disabled", "不能同意：内容已变化"]
    {
        page.says(words);
    }
    assert_eq!(fee(&shop).await, Some(45));
    decide(&mut checker, &first, "no").await.says("已驳回");
    in_order(&shop).await;
}

#[tokio::test]
async fn the_maker_takes_it_back_and_nobody_else_decides() {
    let shop = Shop::open().await;
    let mut finance = shop.signed_in("finance").await;
    let place = propose(&mut finance, "38").await;
    for login in ["operator", "auditor", "admin"] {
        let mut person = shop.signed_in(login).await;
        let page = person.get(&place).await;
        page.says("等待有复核权限的人员处理");
        let fields = [("request", "0199a000-0000-7000-8000-000000000002"), ("opinion", "合同已核对"), ("do", "ok")];
        assert_eq!(person.post(&place, &fields).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    for login in ["cashier", "manager"] {
        assert_eq!(shop.signed_in(login).await.get(&place).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    let request = hidden(&finance.get(&place).await, "request");
    let answer = finance.post(&place, &[("request", &request), ("do", "back")]).await;
    finance.get(answer.location()).await.says("已撤回，没有生效");
    for bad in ["/office/todo/x", "/office/todo/010000000002"] {
        assert_eq!(finance.get(bad).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
    assert_eq!(fee(&shop).await, Some(60));
    in_order(&shop).await;
}

#[tokio::test]
async fn a_key_with_power_that_the_company_makes_sleeps_until_it_is_approved() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let fields = [("name", "Head office"), ("place", "250100.."), ("refund", "1"), ("days", "30")];
    let made = admin.post("/keys", &fields).await;
    made.says("要由卡公司另一人复核同意后才能使用");
    let text = made.text();
    let token = text.split_once("id=\"token\">").expect("a token").1.split('<').next().expect("an end").to_owned();
    let (id, secret) = api_key::parse_token(&token).expect("a token");
    let key = async || api_key::find(&shop.db, id, secret).await.expect("reads").expect("a key");
    let asleep = key().await;
    assert!(asleep.asleep.is_some() && !asleep.alive(asleep.created_at));
    let open = proposal::about(&shop.db, Act::CompanyKey, id.0).await.expect("reads").expect("proposed");
    assert_eq!(open.payload, Payload::CompanyKey { key: KeyId(id.0) });
    let place = format!("{TODO}/{}", open.id.rrn());
    admin.get("/keys").await.says("要由卡公司另一人复核同意后才能使用");
    admin.get(&place).await.says("不能复核自己提交的");
    in_order(&shop).await;

    let mut checker = shop.signed_in("checker").await;
    let page = checker.get(&place).await;
    for words in ["接口密钥", "Head office", "refund", "未启用", "可使用"] {
        page.says(words);
    }
    assert!(!page.text().contains(secret));
    decide(&mut checker, &place, "ok").await.says("已经生效");
    let awake = key().await;
    assert!(awake.asleep.is_none() && awake.alive(awake.created_at));
    in_order(&shop).await;

    // A key that can only read needs nobody else; a manager's own is the manager's.
    for (login, place, scope) in [("admin", "250100..", "read"), ("manager", "250100.2501001.25010007", "sell")] {
        let mut person = shop.signed_in(login).await;
        let fields = [("name", "Reader"), ("place", place), (scope, "1"), ("days", "30")];
        let name = [("name", login)];
        let fields: Vec<_> = name.into_iter().chain(fields.into_iter().skip(1)).collect();
        let made = person.post("/keys", &fields).await;
        made.says("只显示这一次");
        assert!(!made.text().contains("复核同意后才能使用"), "{login}");
    }
    in_order(&shop).await;
}

/// A key that was turned down, or ended while it waits, opens nothing; it can be proposed again.
#[tokio::test]
async fn a_key_that_was_turned_down_can_be_proposed_again_and_an_ended_one_is_stale() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let fields = [("name", "Head office"), ("place", "250100.."), ("sell", "1"), ("days", "30")];
    admin.post("/keys", &fields).await.says("只显示这一次");
    let latest = async || proposal::about(&shop.db, Act::CompanyKey, 1001).await.expect("reads").expect("proposed").id;
    let mut checker = shop.signed_in("checker").await;
    let first = format!("{TODO}/{}", latest().await.rrn());
    decide(&mut checker, &first, "no").await.says("已驳回");
    let request = hidden(&admin.get("/keys").await, "request");
    let again = admin.post("/keys/propose", &[("key", "1001"), ("request", &request)]).await;
    admin.get(again.location()).await.says("已提交复核，还没有生效");
    let second = format!("{TODO}/{}", latest().await.rrn());
    assert_ne!(first, second);
    admin.post("/keys/revoke", &[("key", "1001")]).await;
    let page = checker.get(&second).await;
    page.says("内容已变化，请重新核对");
    page.says("已停用");
    let manager =
        shop.signed_in("manager").await.post("/keys/propose", &[("key", "1001"), ("request", &request)]).await;
    assert_eq!(manager.status, StatusCode::NOT_FOUND);
    in_order(&shop).await;
}

/// The values of the ticks on a page.
fn ticks(page: &Answer) -> Vec<String> {
    let text = page.text();
    let ticks = text.split("name=\"p\" value=\"").skip(1);
    ticks.map(|rest| rest.split('"').next().expect("an end").to_owned()).collect()
}

#[tokio::test]
async fn several_of_a_kind_are_approved_together_each_by_itself() {
    let shop = Shop::open().await;
    let mut finance = shop.signed_in("finance").await;
    propose(&mut finance, "38").await;
    propose(&mut finance, "45").await;
    let mut checker = shop.signed_in("checker").await;
    assert!(ticks(&checker.get(TODO).await).is_empty(), "of one kind only");
    let page = checker.get(&format!("{TODO}?k=merchant_fee")).await;
    page.says("0.60% \u{2192} 0.38%");
    let all = ticks(&page);
    assert_eq!(all.len(), 2);
    // The list is the latest first: the order of the ticks is the order in which they take effect.
    let request = hidden(&page, "request");
    let send = |ticked: &[String], opinion: &str| {
        let mut fields =
            vec![("k", "merchant_fee".to_owned()), ("request", request.clone()), ("opinion", opinion.to_owned())];
        fields.extend(ticked.iter().map(|tick| ("p", tick.clone())));
        fields
    };
    let cases = [(&[][..], "合同已核对", "请先勾选要同意的事项"), (&all[..], "好", "请填写 2 到 100 个字")];
    for (ticked, opinion, says) in cases {
        let fields = send(ticked, opinion);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = checker.post(TODO, &fields).await;
        page.says(says);
        assert_eq!(page.text().matches("checked").count(), ticked.len());
        assert_eq!(fee(&shop).await, Some(60));
    }
    let fields = send(&all, "合同已核对");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for login in ["finance", "auditor"] {
        let mut other = shop.signed_in(login).await;
        assert_eq!(other.post(TODO, &fields).await.status, StatusCode::FORBIDDEN, "{login}");
    }
    // Sent twice it is one decision each; the second fee is stale once the first holds.
    for _ in 0..2 {
        let page = checker.post_and_look(TODO, &fields).await;
        page.says("刚才一起复核的");
        page.says("商户费率 示例大药房：已同意，已经生效");
        page.says("内容已变化");
        assert_eq!(fee(&shop).await, Some(45));
    }
    assert!(ticks(&checker.get(&format!("{TODO}?k=merchant_fee")).await).is_empty(), "what is stale is opened first");
    in_order(&shop).await;
}

#[tokio::test]
async fn the_list_is_of_a_maker_and_of_an_amount() {
    let shop = Shop::open().await;
    propose(&mut shop.signed_in("finance").await, "38").await;
    propose(&mut shop.signed_in("admin").await, "45").await;
    let mut checker = shop.signed_in("checker").await;
    for (filter, has, lacks) in [
        ("", &["0.38%", "0.45%"][..], &[][..]),
        ("?m=9003", &["0.38%"], &["0.45%"]),
        ("?m=9005&k=merchant_fee", &["0.45%"], &["0.38%"]),
        ("?m=9001", &["没有等您复核的事项"], &["0.38%"]),
        ("?min=0.01", &["没有等您复核的事项"], &["0.38%", "0.45%"]),
        ("?m=x&min=y", &["0.38%", "0.45%"], &[]),
    ] {
        let page = checker.get(&format!("{TODO}{filter}")).await;
        page.says("吴芳");
        let list = page.text().split_once("<ol class=\"pick\">").map_or(page.text(), |(_, list)| list.to_owned());
        let list = if has[0].starts_with('0') { list } else { page.text() };
        assert!(has.iter().all(|words| list.contains(words)), "{filter}");
        assert!(lacks.iter().all(|words| !list.contains(words)), "{filter}");
    }
}

#[tokio::test]
async fn what_one_human_made_waits_for_another_and_a_link_of_seven_days_is_shown() {
    let shop = Shop::open().await;
    let place = propose(&mut shop.signed_in("finance").await, "38").await;
    let change = async |sql: &'static str| {
        shop.db.write(move |connection| Ok(connection.execute(sql, [])?)).await.expect("writes");
    };
    let badge = "<span aria-hidden=\"true\">1</span>";
    // Another login of the maker's.
    change("UPDATE person SET human_id = 9003 WHERE id = 9002").await;
    let mut checker = shop.signed_in("checker").await;
    let list = checker.get(TODO).await;
    list.says("没有等您复核的事项");
    assert!(!list.text().contains(badge));
    let page = checker.get(&place).await;
    page.says("这两个登录属于同一人");
    assert!(!page.text().contains("value=\"ok\""));
    // The maker reset the checker's password, who set another one two days ago.
    change("UPDATE person SET human_id = 9002 WHERE id = 9002").await;
    let day = 24 * crate::shop::MINUTE * 60;
    let (given, own) = (crate::shop::OPENING.0 - 3 * day, crate::shop::OPENING.0 - 2 * day);
    let set = "UPDATE person SET given_by = 9003, given_at = ?1, password_changed_at = ?2 WHERE id = 9002";
    shop.db.write(move |connection| Ok(connection.execute(set, [given, own])?)).await.expect("writes");
    checker.get(TODO).await.says(badge);
    let page = checker.get(&place).await;
    page.says("value=\"ok\"");
    page.says("role=\"note\"");
    change("UPDATE person SET given_by = NULL, given_at = NULL WHERE id = 9002").await;
    assert!(!checker.get(&place).await.text().contains("note warn\" role=\"note\""));
}

/// Proposes, as the operator, to release edition 1; the proposal's place.
async fn propose_edition(shop: &Shop, request: u8, effective_at: Option<Timestamp>) -> String {
    let payload = Payload::ProductEdition { edition: EditionId(1), effective_at };
    let seen = proposal::now(&shop.db, payload.clone()).await.expect("reads").expect("an edition");
    let (id, by) = (RequestId([request; 16]), Actor::issuer(PersonId(9_001)));
    let outcome = shop.web.engine.submit(id, by, Command::Proposal(Draft { payload, seen })).await.expect("answers");
    let record = outcome.transaction().expect("on record");
    assert_eq!(record.decline, None);
    format!("{TODO}/{}", record.id.rrn())
}

#[tokio::test]
async fn an_edition_is_told_in_numbers_and_opened_before_it_is_approved() {
    let shop = Shop::open().await;
    let sql = "INSERT INTO edition (id, list_id, status, source, made_at, made_by, added, changed, stopped, removed,
            far, kept, digest)
        VALUES (1, 250100, 'staged', '十二月价格.xlsx', 0, 9001, 3, 1200, 4, 0, 7, 0, ?1)";
    shop.db.write(|connection| Ok(connection.execute(sql, [vec![0xab_u8; 32]])?)).await.expect("writes");
    let then = OPENING.plus(24 * HOUR);
    let at_once = propose_edition(&shop, 1, None).await;
    let later = propose_edition(&shop, 2, Some(then)).await;

    let mut checker = shop.signed_in("checker").await;
    for address in [TODO.to_owned(), format!("{TODO}?k=product_edition")] {
        let list = checker.get(&address).await;
        for words in ["批量改商品", "1207 个商品", "示例大药房 十二月价格.xlsx"] {
            list.says(words);
        }
        assert!(ticks(&list).is_empty(), "its rows are looked at first");
    }
    for (place, words) in [
        (&at_once, ["同意后立即生效", "复核通过后立即"]),
        (&later, [&*format!("同意后，到 {} 自动生效", then.date_time_text()), &then.date_time_text()]),
    ] {
        let sheet = checker.get(place).await;
        let always = "来源/新增/变更/1200/停售/撤回新增/超过 30 %/内容摘要/等待发布/已发布，等待生效/生效时间";
        for words in always.split('/').chain(words) {
            sheet.says(words);
        }
        sheet.says("<a href=\"/office/editions/1\">查看逐项变更</a>");
        assert!(sheet.text().contains(&"ab".repeat(8)) && !sheet.text().contains(&"ab".repeat(9)), "its beginning");
    }
    let tick =
        format!("{}-{}", later.rsplit('/').next().expect("a number"), hidden(&checker.get(&later).await, "shown"));
    let forged = [("k", "product_edition"), ("request", &"7".repeat(32)), ("opinion", "已核对"), ("p", &tick)];
    assert_eq!(checker.post(TODO, &forged).await.status, StatusCode::BAD_REQUEST);
    decide(&mut checker, &later, "ok").await.says("已同意，到生效时间自动生效");
    checker.get(&at_once).await.says("内容已变化，请重新核对");
    let now = proposal::now(&shop.db, Payload::ProductEdition { edition: EditionId(1), effective_at: None });
    let now = now.await.expect("reads").expect("an edition");
    assert_eq!(now.get(Field::EditionStatus), "scheduled");
    in_order(&shop).await;
}
