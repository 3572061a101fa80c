//! Messages from a form to the page that it leads to: each is shown somewhere, in its own words.

use std::collections::BTreeSet;

use crate::dispute::sold;
use crate::pay::{Till, hidden};
use crate::shop::Visitor;

/// Somebody, or a browser that nobody signed in to.
const GUEST: &str = "";

/// Word, person, page, values, what the page then says.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

const ACCOUNT: [Case; 28] = [
    ("code_wrong", GUEST, "/enrol", &["4"], "登记码不对、用过了或已过期。还可以再试 4 次。"),
    ("code_blocked", GUEST, "/enrol", &["10:41"], "输错次数过多，10:41 后再试"),
    ("code_done", GUEST, "/enrol", &["A（B）终端 1"], "已登记为A（B）终端 1"),
    ("password_changed", "cashier", "/orders", &[], "密码已修改。其他登录已全部退出。"),
    ("session_ended", "cashier", "/password", &[], "该登录已退出。"),
    ("password_old", "cashier", "/password", &["3"], "原密码不正确。还可以再试 3 次"),
    ("password_locked", "cashier", "/password", &["10:41"], "账号已锁定，10:41 自动解锁"),
    ("password_mismatch", "cashier", "/password", &[], "两次输入不一致"),
    ("password_short", "cashier", "/password", &[], "<p>新密码至少 12 位</p>"),
    ("password_long", "cashier", "/password", &[], "新密码最多 128 位"),
    ("password_same", "cashier", "/password", &[], "新密码不能与原密码相同"),
    ("password_personal", "cashier", "/password", &[], "新密码不能包含用户名或姓名"),
    ("password_common", "cashier", "/password", &[], "新密码太容易被猜到"),
    ("ended", GUEST, "/login", &[], "登录已超时，请重新登录。未完成的订单已保留。"),
    ("left", GUEST, "/login", &[], "您已退出登录。"),
    ("again", GUEST, "/login", &["wang"], "value=\"wang\""),
    ("empty", GUEST, "/login", &["wang", "pc"], "请填写标出的栏目。"),
    ("address", GUEST, "/login", &["wang", "10:41"], "此网络登录失败次数过多，请在 10:41 后再试"),
    ("captcha_wrong", GUEST, "/login", &["wang"], "验证码不对，已换新图片"),
    ("captcha_expired", GUEST, "/login", &["wang"], "验证码已过期，已换新图片"),
    ("locked", GUEST, "/login", &["wang", "10:41"], "账号已锁定，10:41 自动解锁"),
    ("wrong", GUEST, "/login", &["wang", "4"], "用户名或密码不正确。还可以再试 4 次"),
    ("disabled", GUEST, "/login", &["wang"], "此账号已停用"),
    ("initial_expired", GUEST, "/login", &["wang"], "初始密码已过 72 小时，不能再用"),
    ("no_role", GUEST, "/login", &["wang"], "此账号现在没有可用的角色"),
    ("suspended", GUEST, "/login", &["wang"], "本门店已暂停交易"),
    ("unlock_empty", "other", "/lock", &[], "请输入密码</p>"),
    ("unlock_wrong", "other", "/lock", &["2"], "密码不正确。还可以再试 2 次"),
];

const ELSEWHERE: [Case; 10] = [
    ("unlock_locked", "other", "/lock", &["10:41"], "账号已锁定，10:41 自动解锁"),
    ("settlement_too_many", "finance", "/office/settlements", &[], "明细超过 100000 笔"),
    ("person_changed", "manager", "/people", &[], "已保存，下一次操作时生效。"),
    ("person_disabled", "manager", "/people", &[], "已停用，会话已结束。"),
    ("person_enabled", "manager", "/people", &[], "已启用。"),
    ("person_left", "manager", "/people", &[], "已离职。"),
    ("person_unlocked", "manager", "/people", &[], "已解锁。"),
    ("person_sessions", "manager", "/people", &[], "会话已结束。</p>"),
    ("person_joined", "manager", "/people", &[], "已合并为同一个人。"),
    ("too_many", "cashier", "/orders", &["100000"], "查询结果超过 100000 笔，不能导出"),
];

const SALE: [Case; 26] = [
    ("recalled", "cashier", "/sale", &["600233", "", "", "600233", "请下架"], "已召回，不能销售：请下架"),
    ("held", "cashier", "/sale", &["2611230007"], "订单 2611230007 已挂起"),
    ("abandoned", "cashier", "/sale", &["2611230007"], "订单 2611230007 已放弃，没有扣款"),
    ("code_empty", "cashier", "/sale", &[], "请扫描或输入商品"),
    ("not_found", "cashier", "/sale", &["6901"], "没有条码 6901 的商品"),
    ("product_requested", "cashier", "/sale", &[], "已提交，答复会显示在这台收银机上"),
    ("request_waits", "cashier", "/sale", &["6901"], "没有条码 6901 的商品，登记申请已提交，等待答复"),
    ("requests_full", "cashier", "/sale", &["6901"], "本店等待答复的登记申请已有 100 个"),
    ("trace_code", "cashier", "/sale", &["81098350001234567890"], "这是药品追溯码，不是商品条码"),
    ("stopped", "cashier", "/sale", &["600233"], "该商品已停用，不能销售"),
    ("not_payable", "cashier", "/sale", &["600233"], "该商品不在慧医卡支付范围内"),
    ("price_bad", "cashier", "/sale", &["600233", "x", "1", "600233"], "请输入单价，如 9.90"),
    ("quantity_bad", "cashier", "/sale", &["600233", "1", "x", "600233"], "数量请填 1–999 的整数"),
    ("star_bad", "cashier", "/sale", &["*x"], "数量请填 1–999 的整数"),
    ("no_line", "cashier", "/sale", &["*3"], "订单还没有商品，不能改数量"),
    ("no_order", "cashier", "/sale", &[], "没有找到这个订单，已显示当前订单"),
    ("order_locked", "cashier", "/sale", &[], "支付结果查明前不能修改。请先查询结果"),
    ("order_paid", "cashier", "/sale", &[], "该订单已支付，不能修改"),
    ("order_abandoned", "cashier", "/sale", &[], "该订单已放弃，不能修改"),
    ("order_full", "cashier", "/sale", &[], "一个订单最多 200 行"),
    ("over_limit", "cashier", "/sale", &["600233", "1", "9", "600233", "5"], "该商品每单限购 5 件"),
    ("label_no_item", "cashier", "/sale", &["2100042012349"], "标签 2100042012349 中的商品代码不在商品目录里"),
    ("label_not_by_weight", "cashier", "/sale", &["2100042012349"], "商品没有按千克的价格"),
    ("total_large", "cashier", "/sale", &["600233", "1", "9", "600233"], "订单合计不能超过 99,999,999.99 元"),
    ("changed", "cashier", "/sale", &[], "订单已在另一窗口修改，已显示最新内容"),
    ("too_late", "cashier", "/sale", &[], "已超过 10 秒，不能撤销"),
];

/// A page of each audience whose messages stand in the frame, and somebody who reads it.
const FRAMES: [(&str, &str); 2] = [("manager", "/keys"), ("admin", "/office/help")];

/// How the frame shows a message.
const FRAME_SAYS: &str = "class=\"note ok\" role=\"status\"";

const PRICE: &str = "/sale/price?code=699999&price=12.00&qty=1";

const TILL: [Case; 9] = [
    ("consent_empty", "cashier", PRICE, &["li"], "请输入店长的用户名和密码"),
    ("consent_wrong", "cashier", PRICE, &["li", "4"], "用户名或密码不正确。还可以再试 4 次"),
    ("consent_locked", "cashier", PRICE, &["li", "10:41"], "店长密码多次输错，10:41 前不能在此确认"),
    ("consent_one_human", "cashier", PRICE, &["li"], "这两个登录属于同一人"),
    ("consent_not_manager", "cashier", PRICE, &["li"], "此用户没有店长权限"),
    ("batch_fault", "cashier", "/batch", &[], "系统异常，没有班结，数字没有变化"),
    ("batch_unknown", "cashier", "/batch", &[], "没有收到班结的结果"),
    ("batch_closed", "cashier", "/batch/1", &[], "班结完成。数字已存档"),
    ("batch_already", "cashier", "/batch/1", &[], "这一班已经班结过了，这是它的报表"),
];

/// Lets the browser come to `path` with a message, as after a form.
fn carry(browser: &mut Visitor, word: &str, values: &[&str]) {
    let mut cookie = word.to_owned();
    for value in values {
        let digits: Vec<String> = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        cookie.push('.');
        cookie.push_str(&digits.concat());
    }
    browser.cookies.insert("flash".to_owned(), cookie);
}

async fn closed() -> (Till, String) {
    let (mut till, sale) = sold().await;
    let dialog = till.browser.get("/batch/close").await;
    let (request, number) = (hidden(&dialog, "request"), hidden(&dialog, "number"));
    let page = till.browser.post_and_look("/batch/close", &[("request", &request), ("number", &number)]).await;
    page.says("班结完成");
    assert_eq!(number, "1");
    (till, sale)
}

#[tokio::test]
async fn every_message_is_shown_once_and_by_no_other_word() {
    let (till, sale) = closed().await;
    let (mut shown, mut wrong) = (vec!["typed"], Vec::new());
    for (word, person, path, values, sentence) in [&ACCOUNT[..], &ELSEWHERE, &SALE, &TILL].concat() {
        let mut browser = if person == GUEST { till.shop.visitor() } else { till.shop.signed_in(person).await };
        if path == "/lock" {
            browser.post("/lock/now", &[]).await;
        }
        carry(&mut browser, word, values);
        let (first, again) = (browser.get(path).await, browser.get(path).await);
        if !first.text().contains(sentence) || again.text().contains(sentence) {
            wrong.push((word, path, sentence));
        }
        shown.push(word);
    }
    let mut operator = till.shop.signed_in("operator").await;
    carry(&mut operator, "typed", &["12.00", "quality", "没有这盒药"]);
    let page = operator.get(&format!("/office/disputes?sale={sale}")).await;
    for words in ["value=\"12.00\"", "value=\"quality\" selected", "没有这盒药"] {
        page.says(words);
    }
    assert_eq!(wrong, [], "not shown, or shown without the message");
    // What the frame says stands on every page of its audience, in words that its match cannot leave out.
    let told: BTreeSet<&str> = shown.iter().copied().collect();
    assert_eq!(told.len(), shown.len(), "two lines have one word");
    let declared = web::said();
    assert_eq!(declared.iter().collect::<BTreeSet<_>>().len(), declared.len(), "two pages have one word");
    assert!(told.iter().all(|word| declared.contains(word)), "a line for no word");
    for word in declared.into_iter().filter(|word| !told.contains(word)) {
        let mut found = 0;
        for (person, path) in FRAMES {
            let mut browser = till.shop.signed_in(person).await;
            let without = browser.get(path).await.text().matches(FRAME_SAYS).count();
            carry(&mut browser, word, &[]);
            let (first, again) = (browser.get(path).await, browser.get(path).await);
            found += first.text().matches(FRAME_SAYS).count() - without;
            assert_eq!(again.text().matches(FRAME_SAYS).count(), without, "{word} is said twice");
        }
        assert!(found > 0, "{word}: no frame says it, and the tables above have no line for it");
    }
}
