//! 卡产品: made from a template, opened by two persons, lowered and stopped by one.

use axum::http::StatusCode;

use crate::pay::hidden;
use crate::shop::{self, Answer, Shop, Visitor};
use crate::todo::{decide, in_order, place};

const NEW: &str = "/office/programmes/new";

/// What the form of a new programme of a template holds, with some fields typed over.
async fn filled(visitor: &mut Visitor, template: &str, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = visitor.get(&format!("{NEW}?t={template}")).await;
    let mut fields: Vec<(String, String)> = inputs(&page);
    for (name, value) in typed {
        fields.retain(|(one, _)| one != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

/// Names and values of the inputs and choices of the page's form.
fn inputs(page: &Answer) -> Vec<(String, String)> {
    let text = page.text();
    let form =
        text.split("<form class=\"card dense\"").nth(1).expect("a form").split("</form>").next().expect("its end");
    let value_of = |tag: &str, name: &str| {
        let from = tag.split(&format!("{name}=\"")).nth(1)?;
        from.split('"').next().map(str::to_owned)
    };
    let mut all = Vec::new();
    for tag in form.split("<input").skip(1) {
        let tag = tag.split('>').next().expect("a tag");
        all.push((value_of(tag, " name").expect("a name"), value_of(tag, " value").unwrap_or_default()));
    }
    for select in form.split("<select").skip(1) {
        let name = value_of(select, " name").expect("a name");
        let chosen = select.split("<option").find(|one| one.contains(" selected"));
        all.push((name, chosen.and_then(|one| value_of(one, " value")).unwrap_or_default()));
    }
    all
}

async fn send(visitor: &mut Visitor, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post(path, &fields).await
}

async fn number(shop: &Shop, sql: &'static str) -> i64 {
    shop.db.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.expect("reads")
}

/// Changes the terms by the form: first looked at, then sent.
async fn change(visitor: &mut Visitor, page: &str, typed: &[(&str, &str)]) -> (Answer, Vec<(String, String)>) {
    let path = format!("{page}/limits");
    let mut fields = inputs(&visitor.get(&path).await);
    for (name, value) in typed {
        fields.retain(|(one, _)| one != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let look = send(visitor, &path, &[fields.clone(), vec![("do".to_owned(), "look".to_owned())]].concat()).await;
    let mut fields = inputs(&look);
    fields.push(("do".to_owned(), "go".to_owned()));
    (look, fields)
}

async fn made_lowered_and_stopped(shop: Shop) {
    let (mut operator, mut checker) = (shop.signed_in("operator").await, shop.signed_in("checker").await);
    operator.get("/office/programmes").await.says("慧医卡 不记名卡");
    // From the template, with everything but the name filled in.
    let fields = filled(&mut operator, "anonymous", &[("name", "节日礼品卡")]).await;
    let todo = place(&send(&mut operator, NEW, &fields).await);
    for words in ["启用卡产品", "节日礼品卡", "不记名预付", "¥1,000.00", "36 个月", "余额上限"] {
        checker.get(&todo).await.says(words);
    }
    let draft = "SELECT COUNT(*) FROM programme WHERE name = '节日礼品卡' AND status = 'draft'";
    assert_eq!(number(&shop, draft).await, 1, "nothing is issued before it is approved");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    let page = "/office/programmes/5";
    operator.get(page).await.says("在用");
    let shown = operator.get(page).await;
    for words in ["608625 05", "陈静 提交，刘洋 复核"] {
        shown.says(words);
    }
    // A second one cannot have its series.
    let again = filled(&mut operator, "anonymous", &[("name", "另一个"), ("series", "05")]).await;
    send(&mut operator, NEW, &again).await.says("这个系列已被卡产品 5 使用");

    // Lowered by one person, who says why.
    let (look, mut go) = change(&mut operator, page, &[("sale_max", "800")]).await;
    for words in ["¥1,000.00", "¥800.00", "立即下调", "下一笔交易就按新限额"] {
        look.says(words);
    }
    let path = format!("{page}/limits");
    send(&mut operator, &path, &go).await.says("请填写 2 到 100 个字。没有改动。");
    // What was not looked at is shown first.
    let other = |(name, value): &(String, String)| {
        (name.clone(), if name == "sale_max" { "80".to_owned() } else { value.clone() })
    };
    let mut unseen: Vec<_> = go.iter().map(other).collect();
    unseen.push(("reason".to_owned(), "风控要求".to_owned()));
    send(&mut operator, &path, &unseen).await.says("¥80.00");
    assert_eq!(number(&shop, "SELECT sale_max FROM programme WHERE id = 5").await, 100_000);
    go.push(("reason".to_owned(), "风控要求".to_owned()));
    let done = send(&mut operator, &path, &go).await;
    assert_eq!(done.location(), page);
    operator.get(page).await.says("限额已下调");
    operator.get(page).await.says("风控要求");
    assert_eq!(number(&shop, "SELECT sale_max FROM programme WHERE id = 5").await, 80_000);
    // The same form again was made for another version.
    send(&mut operator, &path, &go).await.says("内容已被修改");
    // Up again takes another person.
    let (look, go) = change(&mut operator, page, &[("sale_max", "900")]).await;
    look.says("另一人复核才生效");
    let todo = place(&send(&mut operator, &path, &go).await);
    assert_eq!(number(&shop, "SELECT sale_max FROM programme WHERE id = 5").await, 80_000);
    operator.get(page).await.says("等待复核");
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(number(&shop, "SELECT sale_max FROM programme WHERE id = 5").await, 90_000);

    // Stopped by one person, even the checker, and resumed by two.
    let ask = checker.get("/office/programmes/1/suspend").await;
    ask.says("张卡不能消费");
    let request = hidden(&ask, "request");
    let short = checker.post("/office/programmes/1/suspend", &[("request", &request), ("reason", "x")]).await;
    short.says("请填写 2 到 100 个字。没有改动。");
    let done = checker.post("/office/programmes/1/suspend", &[("request", &request), ("reason", "发现异常交易")]).await;
    assert_eq!(done.location(), "/office/programmes/1");
    checker.get("/office/programmes/1").await.says("发现异常交易");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM programme WHERE id = 1 AND status = 'suspended'").await, 1);
    let request = hidden(&operator.get("/office/programmes/1").await, "request");
    let todo = place(&operator.post("/office/programmes/1", &[("request", &request)]).await);
    decide(&mut checker, &todo, "ok").await.says("已同意");
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM programme WHERE id = 1 AND status = 'active'").await, 1);
    // Ended for good.
    let request = hidden(&operator.get(&format!("{page}/end")).await, "request");
    operator.post(&format!("{page}/end"), &[("request", &request), ("reason", "活动结束")]).await;
    operator.get(page).await.says("不再发卡");
    in_order(&shop).await;
}

#[tokio::test]
async fn a_programme_is_made_lowered_and_stopped() {
    made_lowered_and_stopped(Shop::open().await).await;
}

#[tokio::test]
async fn a_programme_is_made_lowered_and_stopped_on_a_server() {
    made_lowered_and_stopped(Shop::on(Some(shop::database()), |_| {}).await).await;
}

#[tokio::test]
async fn what_the_template_does_not_allow_is_said_at_its_field_and_makes_nothing() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    for (template, typed, words) in [
        ("anonymous", vec![("balance_max", "1000.01")], "本模板余额上限最高 1,000.00 元"),
        ("anonymous", vec![("validity", "35")], "有效期至少 36 个月"),
        ("anonymous", vec![("loss", "yes")], "本模板不能挂失"),
        ("anonymous", vec![("redeem", "yes")], "本模板不能赎回"),
        ("named", vec![("balance_max", "5000.01")], "本模板余额上限最高 5,000.00 元"),
        ("named", vec![("validity", "36")], "本模板的卡不过期"),
        ("named", vec![("loss", "no")], "本模板必须可以挂失"),
        ("benefit", vec![("load_max", "5000.01")], "不能超过余额上限"),
        ("benefit", vec![("daily_max", "1999.99")], "不能低于单笔上限"),
        ("benefit", vec![("month_max", "1")], "不能低于当日上限"),
        ("benefit", vec![("daily_count_max", "0")], "请填 1 到 9999"),
        ("benefit", vec![("window", "721")], "请填 1 到 720 小时"),
        ("benefit", vec![("merchants", "250100 999998")], "没有商户 999998"),
        ("benefit", vec![("sale_max", "12,5x")], "格式不对"),
        ("benefit", vec![("series", "1")], "请填两位数字"),
        ("benefit", vec![("bin", "12")], "BIN"),
        ("benefit", vec![("name", "")], "请填写"),
    ] {
        let typed = [&[("name", "试一试")][..], &typed].concat();
        let fields = filled(&mut operator, template, &typed).await;
        let answer = send(&mut operator, NEW, &fields).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.says(words);
    }
    assert_eq!(number(&shop, "SELECT COUNT(*) FROM programme").await, 4);
}

#[tokio::test]
async fn a_programme_that_does_not_exist_is_not_found() {
    let shop = Shop::open().await;
    let mut operator = shop.signed_in("operator").await;
    for path in ["", "/limits", "/suspend", "/end"] {
        let answer = operator.get(&format!("/office/programmes/77{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}
