//! 批量导入 of outlets and people: what is wrong with a file, what it changes, writing it, opening by a second person, sheets
//! with passwords, and taking it back.

use axum::http::StatusCode;
use domain::acts::Act;
use domain::directory::Standing;
use domain::ids::OutletId;
use domain::person::PersonStatus;
use storage::people::list::{self, Filter, Person};
use storage::{directory, places, proposal};

use crate::imports::{send_to, work};
use crate::shop::{Answer, Shop, Visitor};
use crate::todo::{decide, in_order, place};

const UPLOAD: &str = "/office/imports";
const OWN: &str = "Kuai-le-de-xiao-yao-77";

/// Sends a file, has it checked, and shows what came of it.
async fn roll(shop: &Shop, person: &mut Visitor, kind: &str, file: impl AsRef<[u8]>) -> (String, Answer) {
    let sent = send_to(person, UPLOAD, &[("kind", kind)], "名册.csv", file.as_ref()).await;
    let at = place(&sent);
    assert!(at.starts_with("/office/rolls/"), "{at}");
    work(shop).await;
    let page = person.get(&at).await;
    (at, page)
}

/// Presses a button of a roll's page, has the work done, and shows it again.
async fn press(shop: &Shop, person: &mut Visitor, at: &str, button: &str) -> Answer {
    let answer = person.post(at, &[("do", button)]).await;
    assert_eq!(place(&answer), at);
    work(shop).await;
    person.get(at).await
}

/// The outlets whose names begin like this, by number.
async fn outlets(shop: &Shop, name: &str) -> Vec<places::OutletSheet> {
    let filter = places::list::Filter { find: name.to_owned(), ..places::list::Filter::default() };
    let mut all = Vec::new();
    for one in places::list::outlets(&shop.db, filter, 0, 500, shop.clock.now()).await.expect("reads") {
        all.push(places::outlet(&shop.db, one.id).await.expect("reads").expect("there"));
    }
    all
}

async fn person(shop: &Shop, login: &str) -> Person {
    let filter = Filter { text: login.to_owned(), ..Filter::default() };
    let found = list::page(&shop.db, filter, None, 50, shop.clock.now()).await.expect("reads");
    found.into_iter().find(|one| one.login == login).unwrap_or_else(|| panic!("no {login}"))
}

const OUTLETS: &str = "商户号,门店,地址,电话,营业时间,终端数\n\
    898320159120001,河西店,示例路 88 号,025-00000088,周一至周日 08:00–21:00,2\n\
    898320159120001,江宁店,,,８:００-２２:００,\n";

#[tokio::test]
async fn stores_of_a_file_are_drafts_until_a_second_person_opens_them() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    admin.get("/office/merchants").await.says("批量导入");
    admin.get("/office/imports?k=outlets").await.says("上传并检查");
    let (at, page) = roll(&shop, &mut admin, "outlets", OUTLETS).await;
    for words in ["新门店", "河西店", "示例路 88 号", "2 台", "确认写入", "等确认"] {
        page.says(words);
    }
    assert!(outlets(&shop, "河西店").await.is_empty(), "nothing before it is confirmed");
    let page = press(&shop, &mut admin, &at, "confirm").await;
    page.says("何平 于 2026-11-23 10:26:00 写入");
    let made = outlets(&shop, "河西店").await.remove(0);
    assert_eq!((made.status, made.phone.as_str(), made.region.as_str()), (Standing::Draft, "025-00000088", "3201"));
    assert_eq!(made.hours, "Mo-Su 08:00-21:00");
    assert_eq!(outlets(&shop, "江宁店").await.remove(0).hours, "Mo-Su 08:00-22:00");
    let tills = places::terminals(&shop.db, made.id, shop.clock.now()).await.expect("reads");
    assert_eq!(tills.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["1 号台", "2 号台"]);
    // Pressed again, by an impatient person or in another tab.
    admin.post(&at, &[("do", "confirm")]).await;
    work(&shop).await;
    assert_eq!(outlets(&shop, "河西店").await.len(), 1);
    let waiting = proposal::about(&shop.db, Act::OutletOpening, made.id.0).await.expect("reads").expect("proposed");
    let sheet = format!("/office/todo/{}", waiting.id.rrn());
    admin.get(&sheet).await.says("不能复核自己提交的");
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &sheet, "ok").await.says("已同意");
    assert_eq!(outlets(&shop, "河西店").await[0].status, Standing::Active);
    assert_eq!(outlets(&shop, "江宁店").await[0].status, Standing::Draft);
    let audited = shop.audited().await;
    for action in ["file_imported", "import_entered", "outlet_created", "terminal_created"] {
        assert!(audited.iter().any(|one| one == action), "{action}: {audited:?}");
    }
    in_order(&shop).await;
}

#[tokio::test]
async fn the_same_file_again_says_that_nothing_differs() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let (at, _) = roll(&shop, &mut admin, "outlets", OUTLETS).await;
    press(&shop, &mut admin, &at, "confirm").await;
    let (_, page) = roll(&shop, &mut admin, "outlets", OUTLETS).await;
    page.says("此文件已于 2026-11-23 10:26:00 导入过。");
    page.says("没有差异");
    assert!(!page.text().contains("value=\"confirm\""), "nothing to confirm");
}

#[tokio::test]
async fn one_fault_and_nothing_changes() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let file = "商户号,门店,电话,终端数,产地\n8.98320159E+14,甲店,,,\n898320159120001,,,,\n898320159129999,乙店,,,\n\
        898320159120001,丙店,2586988520,21,南京\n898320159120001,丁店,x,2,\n898320159120001,丁店,,2,\n";
    let (at, page) = roll(&shop, &mut admin, "outlets", file).await;
    for words in [
        "有 7 处错误，没有任何数据被修改",
        "科学计数法",
        "不能为空",
        "没有这个商户",
        "应为 02586988520",
        "请填写 1-20",
        "第 6 行已有",
        "产地",
        "已忽略",
    ] {
        page.says(words);
    }
    assert!(!page.text().contains("value=\"confirm\""));
    let file = admin.get(&format!("{at}/export.csv")).await.text();
    assert!(file.starts_with("\u{feff}商户号,门店,电话,终端数,产地,行,问题,怎么改\n"), "{file}");
    assert_eq!(admin.get(&format!("{at}/export.xlsx")).await.status, StatusCode::OK);
    assert!(outlets(&shop, "丁店").await.is_empty());
    assert_eq!(admin.post(&at, &[("do", "confirm")]).await.status, StatusCode::SEE_OTHER);
    work(&shop).await;
    assert!(outlets(&shop, "丁店").await.is_empty());
}

#[tokio::test]
async fn what_was_changed_after_the_check_is_not_overwritten() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let file = "商户号,门店号,门店,地址\n898320159120001,2501001,改名店,新路 1 号\n";
    let (at, page) = roll(&shop, &mut admin, "outlets", file).await;
    page.says("改名店");
    let one = places::outlet(&shop.db, OutletId(2_501_001)).await.expect("reads").expect("there");
    let new = directory::NewOutlet {
        address: "别处".to_owned(),
        ..directory::NewOutlet::of(2_501_001, 250_100, &one.name)
    };
    let entry = storage::people::from_command_line(shop.clock.now(), "outlet_changed", "2501001");
    directory::edit_outlet(&shop.db, one.version, new, entry).await.expect("writes");
    let answer = admin.post(&at, &[("do", "confirm")]).await;
    answer.says("第 2 行在检查之后被改过。没有任何数据被修改。");
    let now = places::outlet(&shop.db, OutletId(2_501_001)).await.expect("reads").expect("there");
    assert_eq!((now.name, now.address.as_str()), (one.name, "别处"));
}

#[tokio::test]
async fn unused_stores_are_taken_back_and_used_ones_stay() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let before = places::outlet(&shop.db, OutletId(2_501_001)).await.expect("reads").expect("there");
    let tills = places::terminals(&shop.db, before.id, shop.clock.now()).await.expect("reads").len();
    let file = format!("{OUTLETS}898320159120001,{},新路 1 号,,,{}\n", before.name, tills + 1);
    let (at, page) = roll(&shop, &mut admin, "outlets", &file).await;
    page.says("新路 1 号");
    press(&shop, &mut admin, &at, "confirm").await;
    let opened = outlets(&shop, "河西店").await.remove(0).id;
    let waiting = proposal::about(&shop.db, Act::OutletOpening, opened.0).await.expect("reads").expect("proposed");
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &format!("/office/todo/{}", waiting.id.rrn()), "ok").await.says("已同意");
    let page = press(&shop, &mut admin, &at, "undo").await;
    page.says("1 行没有写入或没有撤回");
    page.says("已被使用");
    page.says("已撤回，增加的终端还在");
    assert_eq!(outlets(&shop, "河西店").await[0].status, Standing::Active);
    assert_eq!(outlets(&shop, "江宁店").await[0].status, Standing::Closed);
    let after = places::outlet(&shop.db, OutletId(2_501_001)).await.expect("reads").expect("there");
    assert_eq!((after.address, after.hours), (before.address, before.hours));
    let kept = places::terminals(&shop.db, before.id, shop.clock.now()).await.expect("reads").len();
    assert_eq!(kept, tills + 1);
    in_order(&shop).await;
}

#[tokio::test]
async fn what_was_taken_back_is_not_approved_any_more() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let mut checker = shop.signed_in("checker").await;
    let (outlets_at, _) = roll(&shop, &mut admin, "outlets", OUTLETS).await;
    let (people_at, _) = roll(&shop, &mut admin, "people", "用户名,姓名,角色\nfin2,钱财,财务\n").await;
    for at in [&outlets_at, &people_at] {
        press(&shop, &mut admin, at, "confirm").await;
    }
    let outlet = outlets(&shop, "江宁店").await.remove(0).id.0;
    let fin = person(&shop, "fin2").await.id;
    let mut sheets = Vec::new();
    for (act, subject) in [(Act::OutletOpening, outlet), (Act::CompanyRoles, fin.0)] {
        let waiting = proposal::about(&shop.db, act, subject).await.expect("reads").expect("proposed");
        let sheet = format!("/office/todo/{}", waiting.id.rrn());
        // The checker has the page open before they are taken back.
        sheets.push((checker.get(&sheet).await, sheet));
    }
    for at in [&outlets_at, &people_at] {
        press(&shop, &mut admin, at, "undo").await;
    }
    for (page, sheet) in &sheets {
        let answer = crate::todo::press(&mut checker, page, sheet, "合同已核对", "ok").await;
        checker.get(answer.location()).await.says("没有完成");
        checker.get(sheet).await.says("不能同意：内容已变化");
    }
    assert_eq!(outlets(&shop, "江宁店").await[0].status, Standing::Closed);
    let fin = person(&shop, "fin2").await;
    assert_eq!((fin.status, fin.held), (PersonStatus::Disabled, vec![]));
    in_order(&shop).await;
}

const PEOPLE: &str = "用户名,姓名,角色,商户号,门店号,工号,手机\n\
    zhou.xy,周小燕,收银员,,2501001,1009,13900001111\n\
    LIN,林伟,店长、收银员,,２５０１００１,,\n\
    chain2,高远,连锁经理,898320159120001,,,\n\
    fin2,钱财,财务（代，到 2026-12-15）,,,,\n";

/// The initial passwords on sheets, by login name.
fn passwords(sheet: &Answer) -> Vec<(String, String)> {
    let text = sheet.text();
    let cells: Vec<&str> = text.split("class=\"pw\">").skip(1).filter_map(|rest| rest.split("</td>").next()).collect();
    let plain =
        |cell: &str| cell.split('>').nth(1).map_or(cell, |rest| rest.split('<').next().unwrap_or_default()).to_owned();
    cells.chunks(3).map(|row| (plain(row[1]), plain(row[2]))).collect()
}

#[tokio::test]
async fn people_of_a_file_sign_in_with_the_sheets_that_are_printed_once() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    admin.get("/office/people").await.says("批量导入");
    let (at, page) = roll(&shop, &mut admin, "people", PEOPLE).await;
    for words in ["周小燕 · zhou.xy", "139****1111", "财务（代，到 2026-12-15）", "店长", "确认写入"] {
        page.says(words);
    }
    assert!(!page.text().contains("13900001111"), "phones are hidden in lists");
    let page = press(&shop, &mut admin, &at, "confirm").await;
    page.says("还有 4 人没有初始密码");
    let zhou = person(&shop, "zhou.xy").await;
    assert_eq!((zhou.number.as_str(), zhou.status), ("1009", PersonStatus::Invited));
    admin.get("/office/people?q=zhou.xy").await.says("还没有发密码");
    assert_eq!(person(&shop, "lin").await.held.len(), 2);
    // Those of the company hold nothing before a second person agrees.
    let fin = person(&shop, "fin2").await;
    assert!(fin.held.is_empty());
    let proposed = proposal::about(&shop.db, Act::CompanyRoles, fin.id.0).await.expect("reads").expect("proposed");

    assert_eq!(admin.get(&format!("{at}/passwords")).await.location(), at);
    let sheets = admin.post(&format!("{at}/passwords"), &[]).await;
    sheets.says("只显示这一次");
    let given = passwords(&sheets);
    assert_eq!(given.iter().map(|(login, _)| login.as_str()).collect::<Vec<_>>(), ["zhou.xy", "lin", "chain2", "fin2"]);
    let page = admin.get(&at).await;
    assert!(!page.text().contains("没有初始密码"));
    assert!(given.iter().all(|(_, password)| !page.text().contains(password)));
    assert_eq!(place(&admin.post(&format!("{at}/passwords"), &[]).await), at, "nobody is left");

    let initial = &given[0].1;
    let mut cashier = shop.visitor();
    assert_eq!(cashier.sign_in("zhou.xy", initial).await.location(), "/password");
    cashier.post("/password", &[("old", initial), ("new", OWN), ("again", OWN)]).await;
    assert_eq!(cashier.get("/orders").await.status, StatusCode::OK);
    shop.visitor().sign_in_and_look("fin2", &given[3].1).await.says("现在没有可用的角色");
    let mut checker = shop.signed_in("checker").await;
    decide(&mut checker, &format!("/office/todo/{}", proposed.id.rrn()), "ok").await.says("已同意");
    assert_eq!(shop.visitor().sign_in("fin2", &given[3].1).await.location(), "/password");

    // Who never signed in is disabled; who did stays.
    let page = press(&shop, &mut admin, &at, "undo").await;
    page.says("没有撤回");
    assert_eq!(person(&shop, "zhou.xy").await.status, PersonStatus::Active);
    assert_eq!(person(&shop, "lin").await.status, PersonStatus::Disabled);
    in_order(&shop).await;
}

#[tokio::test]
async fn nobody_does_by_a_file_what_they_could_not_do_by_the_form() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let file = "用户名,姓名,角色,门店号,商户号\n\
        admin,何平,公司管理员、复核员,,\n\
        cashier,王敏,运营,2501001,\n\
        new1,新一,收银员,,\n\
        new2,新二,审计、运营,,\n\
        operator,陈静,收银员,2501001,\n\
        new3,新三,老板,2501001,\n\
        new4,新四,收银员,9999999,\n\
        ab,新五,收银员,2501001,\n";
    let (_, page) = roll(&shop, &mut admin, "people", file).await;
    for words in [
        "有 8 处错误",
        "不能改自己",
        "角色和所在不合",
        "审计不能兼任其他角色",
        "不能在门店、商户和发卡公司之间移动",
        "店长、连锁经理",
        "没有这个门店",
        "登录名",
    ] {
        page.says(words);
    }
    for login in ["operator", "checker", "finance", "auditor", "agent"] {
        let mut other = shop.signed_in(login).await;
        assert_eq!(
            send_to(&mut other, UPLOAD, &[("kind", "people")], "p.csv", PEOPLE.as_bytes()).await.status,
            StatusCode::FORBIDDEN,
            "{login}"
        );
    }
    let mut manager = shop.signed_in("manager").await;
    assert_eq!(manager.get(UPLOAD).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_phone_that_somebody_has_is_asked_about() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let first = "用户名,姓名,角色,门店号,手机\nzhou.xy,周小燕,收银员,2501001,13900001111\n";
    let (at, _) = roll(&shop, &mut admin, "people", first).await;
    press(&shop, &mut admin, &at, "confirm").await;
    let again = "用户名,姓名,角色,门店号,手机,同一人\nzhou2,周小燕,店长,2501001,13900001111,\n";
    let (_, page) = roll(&shop, &mut admin, "people", again).await;
    page.says("周小燕 用的也是这个手机。是同一个人：在“同一人”列填 zhou.xy；不是：填“否”");
    let (_, page) = roll(&shop, &mut admin, "people", again.replace(",\n", ",wang\n")).await;
    page.says("和这个登录名的手机不同");
    let answered = "用户名,姓名,角色,门店号,手机,同一人\nzhou2,周小燕,店长,2501001,13900001111,zhou.xy\n\
        zhou3,周小雁,收银员,2501001,139 0000 1111,否\n";
    let (at, _) = roll(&shop, &mut admin, "people", answered).await;
    press(&shop, &mut admin, &at, "confirm").await;
    let humans = [person(&shop, "zhou.xy").await, person(&shop, "zhou2").await, person(&shop, "zhou3").await];
    let humans = humans.map(|one| (one.id, one.human));
    assert_eq!(humans[1].1, humans[0].1, "one human");
    assert_eq!(humans[2].1, humans[2].0, "another one");
}

#[tokio::test]
async fn exports_are_imported_without_a_difference() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    for (kind, file) in [("outlets", OUTLETS), ("people", PEOPLE)] {
        let (at, _) = roll(&shop, &mut admin, kind, file).await;
        press(&shop, &mut admin, &at, "confirm").await;
    }
    for lang in ["zh", "en"] {
        admin.get(&format!("/lang/{lang}?back=/office/people")).await;
        for (kind, export) in [
            ("outlets", "/office/merchants/export.csv?v=outlets"),
            ("outlets", "/office/merchants/export.xlsx?v=outlets"),
            ("people", "/office/people/export.csv"),
            ("people", "/office/people/export.xlsx"),
            ("people", "/office/people/export.csv?s=left"),
        ] {
            let file = admin.get(export).await;
            assert_eq!(file.status, StatusCode::OK);
            let (at, page) = roll(&shop, &mut admin, kind, &file.bytes).await;
            page.says(if lang == "zh" { "没有差异" } else { "No difference" });
            assert!(!page.text().contains("value=\"confirm\""), "{export} {at}");
        }
    }
    for file in ["outlets.csv", "outlets.xlsx", "people.csv", "people.xlsx"] {
        let template = admin.get(&format!("{UPLOAD}/template/{file}")).await;
        assert_eq!(template.status, StatusCode::OK, "{file}");
    }
    for file in ["products.csv", "people.pdf", "people"] {
        assert_eq!(admin.get(&format!("{UPLOAD}/template/{file}")).await.status, StatusCode::NOT_FOUND, "{file}");
    }
}

#[tokio::test]
async fn a_file_as_a_spreadsheet_program_in_china_saves_it() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    // 登录名;姓名;角色;门店号 and 收银员 in GB18030.
    let gbk = b"\xb5\xc7\xc2\xbc\xc3\xfb;\xd0\xd5\xc3\xfb;\xbd\xc7\xc9\xab;\xc3\xc5\xb5\xea\xba\xc5\n\
        gb1;\xb9\xfa\xb1\xea;\xca\xd5\xd2\xf8\xd4\xb1;2501001\n";
    let (at, page) = roll(&shop, &mut admin, "people", gbk).await;
    page.says("GB18030");
    page.says("国标 · gb1");
    press(&shop, &mut admin, &at, "confirm").await;
    assert_eq!(person(&shop, "gb1").await.name, "国标");
}

#[tokio::test]
async fn a_file_with_a_card_number_is_refused_and_forgotten() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let file = "用户名,姓名,角色,门店号\nnew1,新一,收银员,2501001\nnew2,6086 2500 0001 0012,收银员,2501001\n";
    let (_, page) = roll(&shop, &mut admin, "people", file).await;
    page.says("第 3 行有卡号。文件已经删除，没有任何数据被修改。");
    let kept = shop.db.read(|connection| {
        let sql = "SELECT (SELECT COUNT(*) FROM import_piece) + (SELECT COUNT(*) FROM import_note)";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(kept.await.expect("reads"), 0);
}

#[tokio::test]
async fn what_a_roll_says_is_forgotten_after_ninety_days() {
    let shop = Shop::open().await;
    let mut admin = shop.signed_in("admin").await;
    let (at, _) = roll(&shop, &mut admin, "people", PEOPLE).await;
    press(&shop, &mut admin, &at, "confirm").await;
    let (wrong, _) = roll(&shop, &mut admin, "people", PEOPLE.replace("林伟", "")).await;
    let day = 24 * domain::time::HOUR;
    let forget = async |shop: &Shop| while storage::roll::forget(&shop.db, shop.clock.now()).await.expect("writes") {};
    shop.clock.advance(90 * day - 1);
    forget(&shop).await;
    let mut admin = shop.signed_in("admin").await;
    admin.get(&at).await.says("周小燕");
    shop.clock.advance(day);
    forget(&shop).await;
    let mut admin = shop.signed_in("admin").await;
    let page = admin.get(&at).await;
    page.says("超过 90 天，明细已清除");
    assert!(!page.text().contains("周小燕") && !page.text().contains("value=\"undo\""));
    assert!(!admin.get(&wrong).await.text().contains("不能为空"));
    assert_eq!(person(&shop, "zhou.xy").await.name, "周小燕", "who was made stays");
}
