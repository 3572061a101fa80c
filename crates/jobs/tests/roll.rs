//! Files about outlets and people against what there is: what each of them changes, and what is said to be wrong with it.

use std::collections::HashMap;

use domain::directory::Standing;
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::person::{Held, PersonStatus};
use domain::place::Place;
use domain::role::Role;
use domain::time::BusinessDate;
use jobs::{CheckedRoll, Directory, Staff, check_outlets, check_people, outlet_keys, people_keys, sheet};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use spreadsheet::write::{BYTE_ORDER_MARK, text_cell, workbook};
use storage::roll::{Field, KnownMerchant, KnownOutlet, KnownPerson, Line, Namesake, OutletLine, PersonLine, RollKind};

const MID: &str = "898320159120001";
const OURS: MerchantId = MerchantId(250_100);
const SHOP: Place = Place::Outlet(OURS, OutletId(2_501_001));
const TODAY: BusinessDate = BusinessDate(20_261_123);

fn outlet(id: i64, name: &str, tills: usize) -> KnownOutlet {
    let line = OutletLine {
        mid: MID.to_owned(),
        id: Some(OutletId(id)),
        name: name.to_owned(),
        address: "示例路 1 号".to_owned(),
        region: "3201".to_owned(),
        phone: "025-86988520".to_owned(),
        hours: "Mo-Su 08:00-21:00".to_owned(),
        tills,
    };
    KnownOutlet { line, version: 3, status: Standing::Active }
}

fn merchant(id: i64, mid: &str, status: Standing) -> KnownMerchant {
    KnownMerchant { id: MerchantId(id), mid: mid.to_owned(), status }
}

/// Two merchants that trade and one that is over; outlets with what files stumble over.
fn directory() -> Directory {
    let merchants = [
        merchant(250_100, MID, Standing::Active),
        merchant(250_200, "018320159120002", Standing::Draft),
        merchant(250_300, "898320159120003", Standing::Closed),
    ];
    let by_id = merchants.iter().map(|one| (one.id.to_string(), one.clone()));
    let by_mid = merchants.iter().map(|one| (one.mid.clone(), one.clone()));
    let closed = KnownOutlet { status: Standing::Closed, ..outlet(2_501_009, "旧店", 1) };
    let own = vec![
        outlet(2_501_001, "中山路店", 2),
        outlet(2_501_002, "新街口店", 1),
        outlet(2_501_003, "同名店", 1),
        outlet(2_501_004, "同名店", 1),
        closed,
    ];
    Directory { merchants: by_id.chain(by_mid).collect(), outlets: HashMap::from([(OURS, own)]) }
}

fn outlets(file: &[u8]) -> CheckedRoll {
    check_outlets(sheet(RollKind::Outlets, file).expect("a table"), &directory())
}

/// The faults of a file: line, column, fault, hint.
fn faults(checked: &CheckedRoll) -> Vec<String> {
    let one = |note: &storage::import::Note| {
        format!("{} {} {} {}", note.line, note.field, note.fault, note.hint).trim_end().to_owned()
    };
    checked.notes.iter().map(one).collect()
}

/// The fields that a file changes: line, column, was, is.
fn changes(checked: &CheckedRoll) -> Vec<String> {
    let mut all = Vec::new();
    for row in &checked.rows {
        let before = row.before.as_ref().map_or_else(Vec::new, |(_, _, before)| before.fields());
        for (field, is) in row.after.fields() {
            let was = before.iter().find(|(other, _)| *other == field).map_or("", |(_, value)| value);
            if was != is {
                all.push(format!("{} {} {was}>{is}", row.line, field.word()));
            }
        }
    }
    all
}

#[test]
fn each_cell_of_an_outlet_that_is_wrong_is_named_with_what_may_be_meant() {
    // The fields of line 2 behind the merchant's, and the faults.
    let head = "商户号,门店号,门店名称,地址,地区,电话,营业时间,终端数";
    let long = "长".repeat(41);
    let long_row = format!("{MID},,{long},{},,,,", "长".repeat(101));
    let cases: &[(&str, &[&str])] = &[
        ("898320159120001,,甲店,,,,,", &[]),
        ("250100,,甲店,,,,,", &[]),
        ("８９８３２０１５９１２０００１,,甲店,,３２０１,,,２", &[]),
        ("898 3201 5912 0001,,甲店,,,,,", &[]),
        (",,甲店,,,,,", &["2 merchant required"]),
        ("8.9832E+14,,甲店,,,,,", &["2 merchant sci"]),
        ("18320159120002,,甲店,,,,,", &["2 merchant zero 018320159120002"]),
        ("898320159120009,,甲店,,,,,", &["2 merchant unknown"]),
        ("示例大药房,,甲店,,,,,", &["2 merchant unknown"]),
        ("898320159120003,,甲店,,,,,", &["2 merchant state"]),
        ("898320159120001,2501009,新名,,,,,", &["2 outlet_name state"]),
        ("898320159120001,2509999,甲店,,,,,", &["2 outlet unknown"]),
        ("898320159120001,2.5E+06,甲店,,,,,", &["2 outlet sci"]),
        ("898320159120001,,,,,,,", &["2 outlet_name required"]),
        ("898320159120001,,同名店,,,,,", &["2 outlet_name dup"]),
        (&long_row, &["2 outlet_name length 40", "2 address length 100"]),
        ("898320159120001,,甲店,,320,,,", &["2 region form"]),
        ("898320159120001,,甲店,,,12ab,,", &["2 phone form"]),
        ("898320159120001,,甲店,,,2586988520,,", &["2 phone zero 02586988520"]),
        ("898320159120001,,甲店,,,1.39E+10,,", &["2 phone sci"]),
        ("898320159120001,,甲店,,,13800006021,,", &[]),
        ("898320159120001,,甲店,,,,全天,", &["2 hours form"]),
        ("898320159120001,,甲店,,,,21:00-08:00,", &["2 hours form"]),
        ("898320159120001,,甲店,,,,8:00～22:00,", &[]),
        ("898320159120001,,甲店,,,,周一至周五 08:00–21:00；周六 9:00-12:00,", &[]),
        ("898320159120001,,甲店,,,,,0", &["2 tills range 1-20"]),
        ("898320159120001,,甲店,,,,,21", &["2 tills range 1-20"]),
        ("898320159120001,,甲店,,,,,两台", &["2 tills range 1-20"]),
        ("898320159120001,2501001,中山路店,,,,,1", &["2 tills fewer 2"]),
        ("898320159120001,2501001,中山路店,,,,,23", &["2 tills range 2-22"]),
    ];
    for (row, expected) in cases {
        let checked = outlets(format!("{head}\n{row}\n").as_bytes());
        assert_eq!(faults(&checked), *expected, "{row}");
    }
}

#[test]
fn an_outlet_is_found_by_number_or_by_name() {
    let checked = outlets(
        "商户号,门店号,门店名称,地址,终端数\n\
         898320159120001,2501001,解放路店,示例路 1 号,3\n\
         250100,,新街口店,示例路 2 号,\n\
         898320159120001,2501003,同名店,示例路 1 号,1\n\
         898320159120001,,新店,,\n"
            .as_bytes(),
    );
    assert_eq!(faults(&checked), [""; 0]);
    assert_eq!((checked.findings.lines, checked.findings.same), (4, 1));
    assert_eq!(
        changes(&checked),
        [
            "2 outlet_name 中山路店>解放路店",
            "2 tills 2>3",
            "3 address 示例路 1 号>示例路 2 号",
            "5 merchant >898320159120001",
            "5 outlet_name >新店",
            "5 region >3201",
            "5 tills >1",
        ]
    );
    assert_eq!(checked.rows[0].before.as_ref().map(|(id, version, _)| (*id, *version)), Some((2_501_001, 3)));
}

#[test]
fn an_outlet_that_a_file_names_twice_is_refused() {
    let file = "商户号,门店号,门店名称\n250100,2501001,甲店\n898320159120001,,中山路店\n\
        250100,,乙店\n250100,,乙店\n018320159120002,,乙店\n";
    assert_eq!(faults(&outlets(file.as_bytes())), ["3 outlet dup line 2", "5 outlet_name dup line 4"]);
}

#[test]
fn columns_that_only_tell_and_unknown_ones_are_named_and_left_out_of_account() {
    let checked = outlets("商户,商户号,门店名称,状态,最近消息,产地\n示例,250100,新店,在用,,江苏\n".as_bytes());
    assert_eq!(faults(&checked), ["1 商户 told", "1 状态 told", "1 最近消息 told", "1 产地 heading"]);
    assert_eq!((checked.findings.wrong, checked.rows.len()), (0, 1));
}

#[test]
fn a_file_that_is_no_such_table_says_why() {
    for (kind, file, expected) in [
        (RollKind::Outlets, "", "empty"),
        (RollKind::Outlets, "商品代码,商品名称\n1,2\n", "no_head 商品代码、商品名称"),
        (RollKind::Outlets, "商户号,门店,门店名称\n1,2,3\n", "column_twice outlet_name"),
        (RollKind::People, "登录名,姓名\n1,2\n", "missing roles"),
        (RollKind::People, "<html></html>", "markup"),
    ] {
        assert_eq!(sheet(kind, file.as_bytes()).expect_err("no table"), expected, "{file}");
    }
}

fn known(id: i64, login: &str, place: Place, role: Role) -> KnownPerson {
    let line = PersonLine {
        login: login.to_owned(),
        name: "王敏".to_owned(),
        held: vec![Held::always(role)],
        place,
        mid: if place == Place::Company { String::new() } else { MID.to_owned() },
        terminal: None,
        number: "0012".to_owned(),
        phone: "13800006021".to_owned(),
        same: String::new(),
    };
    KnownPerson { id: PersonId(id), line, version: 5, status: PersonStatus::Active }
}

/// The administrator with people of each kind.
fn staff() -> Staff {
    let mut people: HashMap<String, KnownPerson> = [
        known(9005, "admin", Place::Company, Role::Admin),
        known(9001, "operator", Place::Company, Role::Operator),
        known(1003, "wang", SHOP, Role::Cashier),
        known(1004, "0077", SHOP, Role::Cashier),
        known(1007, "chain", Place::Merchant(OURS), Role::ChainManager),
    ]
    .map(|one| (one.line.login.clone(), one))
    .into();
    let left = KnownPerson { status: PersonStatus::Left, ..known(1005, "gone", SHOP, Role::Cashier) };
    let key = KnownPerson { status: PersonStatus::Key, ..known(1006, "key-1", SHOP, Role::Cashier) };
    people.extend([left, key].map(|one| (one.line.login.clone(), one)));
    let wang = Namesake { login: "wang".to_owned(), name: "王敏".to_owned() };
    Staff {
        keeper: (PersonId(9005), Place::Company, vec![Role::Admin]),
        today: TODAY,
        people,
        merchants: directory().merchants,
        outlets: [(2_501_001, (OURS, MID.to_owned())), (2_501_002, (OURS, MID.to_owned()))].into(),
        terminals: [(25_010_007, OutletId(2_501_001)), (25_010_020, OutletId(2_501_002))].into(),
        phones: [("13800006021".to_owned(), vec![wang])].into(),
    }
}

fn people(file: &[u8]) -> CheckedRoll {
    check_people(sheet(RollKind::People, file).expect("a table"), &staff())
}

#[test]
fn each_cell_of_a_person_that_is_wrong_is_named_with_what_may_be_meant() {
    let head = "用户名,姓名,角色,商户号,门店号,默认终端,工号,手机,同一人";
    let cases: &[(&str, &[&str])] = &[
        ("new1,新一,收银员,,2501001,,,,", &[]),
        ("ＮＥＷ１,新一,收银员,,２５０１００１,２５０１０００７,１００１,１３９００００１１１１,", &[]),
        ("new1,新一,收银员、店长,898320159120001,2501001,25010007,,,", &[]),
        ("new1,新一,连锁经理,250100,,,,,", &[]),
        ("new1,新一,运营/复核员,,,,,,", &[]),
        (",新一,收银员,,2501001,,,,", &["2 login required"]),
        ("ab,新一,收银员,,2501001,,,,", &["2 login form"]),
        ("a b c,新一,收银员,,2501001,,,,", &["2 login form"]),
        ("7.7E+10,新一,收银员,,2501001,,,,", &["2 login sci"]),
        ("77,王敏,收银员,,2501001,,,,", &["2 login zero 0077"]),
        ("key-1,新一,收银员,,2501001,,,,", &["2 login dup key-1"]),
        ("gone,新一,收银员,,2501001,,,,", &["2 login state"]),
        ("admin,何平,公司管理员、运营,,,,,,", &["2 login right"]),
        ("new1,,收银员,,2501001,,,,", &["2 name required"]),
        ("new1,新一,,,2501001,,,,", &["2 roles required"]),
        ("new1,新一,老板,,2501001,,,,", &["2 roles word"]),
        ("new1,新一,收银员,,,,,,", &["2 roles form place"]),
        ("new1,新一,运营,,2501001,,,,", &["2 roles form place"]),
        ("new1,新一,审计、运营,,,,,,", &["2 roles form auditor"]),
        ("new1,新一,复核员（2026-12-15）,,,,,,", &[]),
        ("new1,新一,复核员（2026-11-22）,,,,,,", &["2 roles form"]),
        ("new1,新一,复核员（2026-12-15）、运营,,,,,,", &["2 roles form"]),
        ("new1,新一,收银员,123,2501001,,,,", &["2 merchant unknown"]),
        ("new1,新一,收银员,,2509999,,,,", &["2 outlet unknown"]),
        ("new1,新一,收银员,018320159120002,2501001,,,,", &["2 outlet unknown"]),
        ("new1,新一,收银员,,2501001,25010020,,,", &["2 terminal unknown"]),
        ("new1,新一,收银员,,2501001,,10-01,,", &["2 number form"]),
        ("wang,王敏,收银员,,2501001,,12,138****6021,", &["2 number zero 0012"]),
        ("new1,新一,收银员,,2501001,,,123,", &["2 phone form"]),
        ("new1,新一,收银员,,2501001,,,2586988520,", &["2 phone zero 02586988520"]),
        ("new1,新一,收银员,,2501001,,,1.39E+10,", &["2 phone sci"]),
        ("new1,新一,收银员,,2501001,,,139****1111,", &["2 phone form"]),
        ("new1,新一,收银员,,2501001,,,13800006021,", &["2 phone same wang 王敏"]),
        ("new1,新一,收银员,,2501001,,,138 0000 6021,wang", &[]),
        ("new1,新一,收银员,,2501001,,,13800006021,否", &[]),
        ("new1,新一,收银员,,2501001,,,13800006021,chain", &["2 same unknown"]),
        ("new1,新一,收银员,,2501001,,,,wang", &["2 same unknown"]),
        ("operator,王敏,收银员,,2501001,,,138****6021,", &["2 outlet form"]),
        ("wang,王敏,收银员,,,,,138****6021,", &["2 outlet form"]),
    ];
    for (row, expected) in cases {
        assert_eq!(faults(&people(format!("{head}\n{row}\n").as_bytes())), *expected, "{row}");
    }
}

#[test]
fn a_person_is_changed_where_the_file_says_something() {
    let checked = people(
        "login,name,roles,outlet,phone\nwang,Wang Min,\"Cashier, Store manager\",2501002,138****6021\n\
         chain,王敏,Chain manager,,138****6021\n"
            .as_bytes(),
    );
    assert_eq!(faults(&checked), ["3 outlet form"], "a chain manager's merchant is not in the file");
    let checked =
        people("login,name,roles\nwang,Wang Min,\"Cashier, Store manager\"\nchain,王敏,chain_manager\n".as_bytes());
    assert_eq!(faults(&checked), [""; 0]);
    assert_eq!(changes(&checked), ["2 name 王敏>Wang Min", "2 roles cashier>cashier store_manager"]);
    assert_eq!(checked.findings.same, 1);
}

#[test]
fn two_lines_with_one_login_or_one_phone_are_noticed() {
    let checked = people(
        "login,name,roles,outlet,phone,same\nnew1,A,cashier,2501001,13911112222,\nNEW1,B,cashier,2501001,,\n\
         new2,C,cashier,2501001,13911112222,\nnew3,D,cashier,2501001,13911112222,new1\n"
            .as_bytes(),
    );
    assert_eq!(faults(&checked), ["3 login dup line 2", "4 phone same new1 A"]);
}

#[test]
fn nobody_gives_by_a_file_what_they_could_not_give() {
    let manager = Staff { keeper: (PersonId(1002), SHOP, vec![Role::StoreManager]), ..staff() };
    let file = "login,name,roles,merchant,outlet\nnew1,A,cashier,,2501001\nnew2,B,store manager,,2501001\n\
        new3,C,cashier,,2501002\nnew4,D,operator,,\nchain,王敏,chain manager,250100,\nchain,X,chain manager,250100,\n\
        wang,X,cashier,,2501001\n";
    let checked = check_people(sheet(RollKind::People, file.as_bytes()).expect("a table"), &manager);
    let expected = ["3 roles right", "4 roles right", "5 roles right", "7 login dup line 6"];
    assert_eq!(faults(&checked), expected);
    assert_eq!(checked.findings.same, 1);
    let file = "login,name,roles,merchant,outlet\nchain,X,chain manager,250100,\noperator,Y,operator,,\n";
    let checked = check_people(sheet(RollKind::People, file.as_bytes()).expect("a table"), &manager);
    assert_eq!(faults(&checked), ["2 login right", "3 login right"]);
}

#[test]
fn a_workbook_with_numbers_is_read_by_value() {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    for (column, title) in (0..).zip(["登录名", "姓名", "角色", "门店号", "工号", "手机"]) {
        page.write_string(0, column, title).expect("writes");
    }
    page.write_string(1, 0, "new1").expect("writes");
    page.write_string(1, 1, "新一").expect("writes");
    page.write_string(1, 2, "收银员").expect("writes");
    page.write_number(1, 3, 2_501_001).expect("writes");
    page.write_number(1, 4, 1009).expect("writes");
    page.write_number(1, 5, 13_900_001_111_f64).expect("writes");
    page.write_string(2, 0, "new2").expect("writes");
    page.write_string(2, 1, "新二").expect("writes");
    page.write_string(2, 2, "收银员").expect("writes");
    page.write_number(2, 3, 2_501_001).expect("writes");
    // 025-86988520 without its zero, as a number.
    page.write_number(2, 5, 2_586_988_520_f64).expect("writes");
    let checked = people(&book.save_to_buffer().expect("a workbook"));
    assert_eq!(faults(&checked), ["3 phone zero 02586988520"]);
    assert_eq!(checked.findings.coding, "xlsx");
    let Line::Person(one) = &checked.rows[0].after else { panic!("a person") };
    assert_eq!((one.number.as_str(), one.phone.as_str(), one.place), ("1009", "13900001111", SHOP));
}

/// A file as the lists are exported, as CSV and as a workbook.
fn exported(kind: RollKind, lines: &[Line]) -> [Vec<u8>; 2] {
    let words = |roles: &str| -> String {
        let held = domain::person::read_roles(roles).expect("roles");
        let name = |held: &Held| {
            let word = match held.role {
                Role::Cashier => "收银员",
                Role::StoreManager => "店长",
                Role::ChainManager => "连锁经理",
                Role::Agent => "客服",
                Role::Operator => "运营",
                Role::Checker => "复核员",
                Role::Finance => "财务",
                Role::Auditor => "审计",
                Role::Admin => "公司管理员",
            };
            held.ends_on.map_or_else(|| word.to_owned(), |day| format!("{word}（代，到 {day}）"))
        };
        held.iter().map(name).collect::<Vec<_>>().join("、")
    };
    let fields = |line: &Line| -> Vec<(Field, String)> {
        line.fields().into_iter().filter(|(field, _)| *field != Field::Same).collect()
    };
    let head: Vec<&str> = fields(&lines[0]).iter().map(|(field, _)| field.word()).collect();
    let head: Vec<&str> = head.into_iter().map(|word| if word == "outlet_name" { "name" } else { word }).collect();
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let cell = |(field, value): (Field, String)| match field {
                Field::Roles => words(&value),
                Field::Phone if kind == RollKind::People && !value.is_empty() => domain::person::masked_phone(&value),
                _ => value,
            };
            fields(line).into_iter().map(cell).collect()
        })
        .collect();
    let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
    file.write_record(&head).expect("writes");
    for row in &rows {
        file.write_record(row.iter().cloned().map(text_cell)).expect("writes");
    }
    let book = workbook("x", &head, &rows).expect("packs");
    [file.into_inner().expect("writes"), book]
}

fn roles() -> impl Strategy<Value = Vec<Held>> {
    let one = (0..Role::ALL.len(), proptest::option::of(20_261_101_i32..20_261_130));
    proptest::collection::btree_map(0..Role::ALL.len(), one, 0..4).prop_map(|all| {
        all.into_iter().map(|(role, (_, day))| Held { role: Role::ALL[role], ends_on: day.map(BusinessDate) }).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is exported comes back without a difference, whatever is stored.
    #[test]
    fn an_export_of_any_outlets_is_imported_without_a_difference(
        texts in proptest::collection::vec(("\\PC{1,12}", "\\PC{0,20}", "\\PC{0,20}", 0_usize..30), 1..20),
        closed: bool,
    ) {
        let own: Vec<KnownOutlet> = (2_501_001..).zip(&texts).map(|(id, (name, address, phone, tills))| {
            let line = OutletLine {
                name: name.clone(),
                address: address.clone(),
                phone: phone.clone(),
                ..outlet(id, "", *tills).line
            };
            let status = if closed { Standing::Closed } else { Standing::Active };
            KnownOutlet { line, version: 1, status }
        }).collect();
        let lines: Vec<Line> = own.iter().map(|one| Line::Outlet(one.line.clone())).collect();
        let directory = Directory { outlets: HashMap::from([(OURS, own)]), ..directory() };
        for file in exported(RollKind::Outlets, &lines) {
            let checked = check_outlets(sheet(RollKind::Outlets, &file).expect("a table"), &directory);
            prop_assert_eq!(faults(&checked), Vec::<String>::new());
            prop_assert_eq!((checked.rows.len(), checked.findings.same), (0, i64::try_from(lines.len()).unwrap()));
        }
    }

    /// The same of people, whoever sends it.
    #[test]
    fn an_export_of_any_people_is_imported_without_a_difference(
        texts in proptest::collection::vec(("\\PC{1,12}", "\\PC{0,12}", "[0-9+]{0,15}", 0_usize..3, roles()), 1..20),
        left: bool,
    ) {
        let places = [Place::Company, Place::Merchant(OURS), SHOP];
        let mut people = HashMap::new();
        for (number, (name, own, phone, place, held)) in (1..).zip(texts) {
            let login = storage::people::normal_login(&format!("{number:04}{}", name.replace(char::is_whitespace, "")));
            let mut one = known(number, &login, places[place], Role::Cashier);
            one.line.terminal = (places[place] == SHOP).then_some(TerminalId(25_010_007));
            one.line = PersonLine { name, number: own, phone, held, ..one.line };
            if left {
                one.status = PersonStatus::Left;
            }
            people.insert(login, one);
        }
        let lines: Vec<Line> = people.values().map(|one| Line::Person(one.line.clone())).collect();
        let staff = Staff { people, keeper: (PersonId(1), SHOP, vec![Role::Cashier]), ..staff() };
        for file in exported(RollKind::People, &lines) {
            let checked = check_people(sheet(RollKind::People, &file).expect("a table"), &staff);
            prop_assert_eq!(faults(&checked), Vec::<String>::new());
            prop_assert_eq!((checked.rows.len(), checked.findings.same), (0, i64::try_from(lines.len()).unwrap()));
        }
    }

    /// No file makes it panic, and what is asked covers what is compared.
    #[test]
    fn anything_is_checked(file in "[商户号门店登录名角色,;\t\"'=0-9.E+\n\\PC]{0,200}") {
        for (kind, head) in [(RollKind::Outlets, "商户号,门店号,门店名称,电话,营业时间,终端数"), (RollKind::People, "登录名,姓名,角色,门店号,手机")] {
            for file in [file.clone(), format!("{head}\n{file}")] {
                let Ok(sheet) = sheet(kind, file.as_bytes()) else { continue };
                match kind {
                    RollKind::Outlets => {
                        let _ = outlet_keys(&sheet);
                        let _ = check_outlets(sheet, &directory());
                    }
                    RollKind::People => {
                        let _ = people_keys(&sheet);
                        let _ = check_people(sheet, &staff());
                    }
                }
            }
        }
    }
}
