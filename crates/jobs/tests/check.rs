//! Files against a catalogue: what each of them changes, and what is said to be wrong with it.

use std::collections::HashMap;

use jobs::{Checked, Goods, cells, check, columns};
use proptest::prelude::*;
use storage::catalogue::{Item, Sheet};
use storage::edition::Move;
use storage::import::{Absent, ImportKind};
use storage::product_list::Own;

fn item(code: &str, name: &str, price: Option<i64>) -> Item {
    Item {
        code: code.to_owned(),
        barcode: String::new(),
        name: name.to_owned(),
        pinyin: String::new(),
        spec: "10g×9袋".to_owned(),
        maker: "示例制药".to_owned(),
        approval_no: String::new(),
        category: "感冒止咳".to_owned(),
        otc_class: "OTC-A".to_owned(),
        unit: "盒".to_owned(),
        price,
        price_low: None,
        price_high: None,
        card_payable: true,
        active: true,
        sale_max: None,
        id_check: false,
        own: Own::ALL,
    }
}

/// Goods with something of each kind that files stumble over.
/// A product of a list that nothing is above.
fn sheet(item: Item, version: i64) -> Sheet {
    Sheet { item, version, row: version, above: false, recalled: None }
}

fn goods() -> Goods {
    let banded =
        Item { price_low: Some(1_400), price_high: Some(1_700), ..item("600233", "感冒灵颗粒", Some(1_550)) };
    let coded = Item { barcode: "6901234567892".to_owned(), ..item("600201", "板蓝根颗粒", Some(1_680)) };
    let stopped = Item { active: false, ..item("600900", "旧药", Some(900)) };
    let all = [
        banded,
        coded,
        stopped,
        item("000035", "零头商品", Some(350)),
        item("699999", "其他药品", None),
        item("QS-2001", "自采艾草贴", None),
    ];
    all.into_iter().map(|item| (item.code.clone(), sheet(item, 3))).collect()
}

fn of(kind: ImportKind, file: &str) -> Checked {
    check(kind, (Absent::Keep, true), file.as_bytes(), goods()).expect("a table")
}

/// The faults of a file: line, column, fault, hint.
fn faults(checked: &Checked) -> Vec<String> {
    let one = |note: &storage::import::Note| {
        format!("{} {} {} {}", note.line, note.field, note.fault, note.hint).trim_end().to_owned()
    };
    checked.notes.iter().map(one).collect()
}

#[test]
fn a_price_file_changes_prices_only() {
    let checked = of(ImportKind::Prices, "货号,品名,零售价(元)\n600233,别的名称,16.00\n600201,,16.80\n");
    assert_eq!(faults(&checked), [""; 0]);
    assert_eq!((checked.findings.lines, checked.findings.same), (2, 1));
    let row = &checked.rows[0];
    assert_eq!((row.goes, row.version), (Move::Change, 3));
    let before = row.before.clone().expect("it is there");
    assert_eq!(row.after, Item { price: Some(1_600), ..before });
}

#[test]
fn new_products_get_what_a_careful_person_would_choose() {
    let checked = of(ImportKind::Products, "商品代码,商品名称,类别,处方分类\n700001,新药,慢病,处方药\n");
    assert_eq!(faults(&checked), [""; 0]);
    let row = &checked.rows[0];
    assert_eq!((row.goes, row.before.is_none()), (Move::Add, true));
    let Item { card_payable, active, price, unit, otc_class, .. } = &row.after;
    assert_eq!((*card_payable, *active, *price, unit.as_str(), otc_class.as_str()), (false, true, None, "件", "RX"));
}

/// A file of products says all of a product, so that an empty cell empties the field; a file of prices says those that it
/// has.
#[test]
fn an_empty_cell_is_what_its_file_is_about() {
    let full = Item {
        barcode: "6901234567892".to_owned(),
        approval_no: "Z1".to_owned(),
        pinyin: "gml".to_owned(),
        price_low: Some(1_400),
        price_high: Some(1_700),
        ..item("600233", "感冒灵颗粒", Some(1_550))
    };
    let goods: Goods = HashMap::from([(full.code.clone(), sheet(full.clone(), 1))]);
    let (products, prices) = (ImportKind::Products, ImportKind::Prices);
    for (kind, heading, expected) in [
        (products, "条码", Ok(Item { barcode: String::new(), ..full.clone() })),
        (products, "规格", Ok(Item { spec: String::new(), ..full.clone() })),
        (products, "生产企业", Ok(Item { maker: String::new(), ..full.clone() })),
        (products, "批准文号", Ok(Item { approval_no: String::new(), ..full.clone() })),
        (products, "拼音码", Ok(Item { pinyin: String::new(), ..full.clone() })),
        (products, "单价", Ok(Item { price: None, ..full.clone() })),
        (products, "最低价", Err("2 price band -17.00")),
        (products, "最高价", Err("2 price band 14.00-")),
        (products, "可刷卡", Ok(full.clone())),
        (products, "在售", Ok(full.clone())),
        (products, "单位", Err("2 unit required")),
        (prices, "单价", Err("2 price required")),
        (prices, "最低价", Ok(full.clone())),
        (prices, "最高价", Ok(full.clone())),
        (prices, "商品名称", Ok(full.clone())),
    ] {
        let given = if kind == products { "商品名称,类别,处方分类" } else { "零售价" };
        let cells = if kind == products { "感冒灵颗粒,感冒止咳,OTC-A" } else { "15.50" };
        let file = if heading == "单价" && kind == prices {
            "商品代码,单价\n600233,\n".to_owned()
        } else {
            format!("商品代码,{given},{heading}\n600233,{cells},\n")
        };
        let checked = check(kind, (Absent::Keep, true), file.as_bytes(), goods.clone()).expect("a table");
        match expected {
            Ok(after) => {
                assert_eq!(faults(&checked), [""; 0], "{heading}");
                let found = checked.rows.first().map_or(full.clone(), |row| row.after.clone());
                assert_eq!(found, after, "{heading}");
            }
            Err(fault) => assert_eq!(faults(&checked), [fault], "{heading}"),
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_line_column_and_advice() {
    const HEAD: &str = "商品代码,商品名称,条码,规格,批准文号,类别,处方分类,单位,单价,最低价,最高价,可刷卡,在售\n";
    for (row, expected) in [
        ("600201,板蓝根颗粒,6901234567892,10g×9袋,,感冒止咳,OTC-A,盒,\"12,5\",,,是,是", "2 price money 12.50"),
        ("600201,板蓝根颗粒,6.9E+12,10g×9袋,,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 barcode sci"),
        ("600201,板蓝根颗粒,6901234567893,10g×9袋,,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 barcode check"),
        ("600201,板蓝根颗粒,36000291452,10g×9袋,,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 barcode zero 036000291452"),
        ("600201,,6901234567892,10g×9袋,,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 name required"),
        ("600201,板蓝根颗粒,6901234567892,10g×9袋,,感冒止咳,特药,盒,16.80,,,是,是", "2 otc_class word"),
        ("600201,板蓝根颗粒,6901234567892,10g×9袋,,感冒止咳,OTC-A,盒,16.80,,,也许,是", "2 payable word"),
        (
            "600201,板蓝根颗粒,6901234567892,10g×9袋,,感冒止咳,OTC-A,盒,16.80,17.00,18.00,是,是",
            "2 price band 17.00-18.00",
        ),
        ("600201,板蓝根颗粒,6901234567892,10g×9袋,,感冒止咳,OTC-A,盒,16.80,16.00,,是,是", "2 price band 16.00-"),
        ("600201,板蓝根颗粒,6901234567892,2026/12/1,,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 spec date"),
        ("600201,板蓝根颗粒,6901234567892,10g×9袋,#N/A,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 approval_no error"),
        ("35,零头商品,,10g×9袋,,感冒止咳,OTC-A,盒,3.50,,,是,是", "2 code zero 000035"),
        ("6.00E+05,板蓝根颗粒,,10g×9袋,,感冒止咳,OTC-A,盒,16.80,,,是,是", "2 code sci"),
        ("药 1,新药,,,,慢病,RX,盒,1.00,,,否,是", "2 code code"),
        (",新药,,,,慢病,RX,盒,1.00,,,否,是", "2 code required"),
        ("700001,新药,6901234567892,,,慢病,RX,盒,1.00,,,否,是", "2 barcode dup 600201"),
        ("6901234567892,新药,,,,慢病,RX,盒,1.00,,,否,是", "2 code dup 600201"),
        ("700001,新药,,,,慢病,RX,,1.00,,,否,是", "2 unit required"),
        ("699999,其他药品,,10g×9袋,,感冒止咳,OTC-A,盒,1.00,,,是,是", "2 code other"),
        ("700001,新药,,,,慢病,RX,盒,0,,,否,是", "2 price money"),
        ("700001,新药,,,,慢病,RX,盒,15.505,,,否,是", "2 price money"),
    ] {
        let checked = of(ImportKind::Products, &format!("{HEAD}{row}\n"));
        assert_eq!(faults(&checked), [expected], "{row}");
        assert_eq!((checked.rows.len(), checked.findings.wrong), (usize::from(expected.contains("dup")), 1), "{row}");
    }
    let long = "名".repeat(121);
    let checked = of(ImportKind::Products, &format!("{HEAD}700001,{long},,,,慢病,RX,盒,1.00,,,否,是\n"));
    assert_eq!(faults(&checked), ["2 name length 120"]);
    let twice = "货号,单价\n600233,15.60\n600201,16.00\n６００２３３,15.70\n600404,1\n";
    assert_eq!(faults(&of(ImportKind::Prices, twice)), ["4 code dup line 2", "5 code unknown"]);
}

#[test]
fn a_file_that_says_nothing_new_is_right_however_odd_the_catalogue_is() {
    // What programs of merchants stored, and no form would take today.
    let odd = Item {
        barcode: "6901234567893".to_owned(),
        name: " '=SUM(A1)\n 名".to_owned(),
        approval_no: " 国药准字 ".to_owned(),
        spec: "2026/12/1".to_owned(),
        unit: String::new(),
        category: String::new(),
        price_low: Some(9_000),
        ..item("0001", "", Some(100))
    };
    let goods: Goods = HashMap::from([(odd.code.clone(), sheet(odd.clone(), 1))]);
    for kind in ImportKind::ALL {
        let file = exported(kind, [&odd]);
        let checked = check(kind, (Absent::Stop, true), &file, goods.clone()).expect("a table");
        assert_eq!((faults(&checked), checked.rows.len(), checked.findings.same), (Vec::new(), 0, 1), "{kind:?}");
    }
}

/// A file as the program exports it.
fn exported<'a>(kind: ImportKind, items: impl IntoIterator<Item = &'a Item>) -> Vec<u8> {
    let mut file = csv::Writer::from_writer(spreadsheet::write::BYTE_ORDER_MARK.to_vec());
    file.write_record(columns(kind).iter().map(|column| column.headings()[0])).expect("writes");
    for item in items {
        let cells = cells(kind, item).into_iter().map(spreadsheet::write::text_cell);
        file.write_record(cells).expect("writes");
    }
    file.into_inner().expect("writes")
}

#[test]
fn products_that_are_not_in_the_file_stop_only_if_they_are_few() {
    let mut goods = goods();
    for number in 0..20 {
        let one = item(&format!("80{number:04}"), "药", Some(100));
        goods.insert(one.code.clone(), sheet(one, 1));
    }
    let all: Vec<&Item> = goods.values().map(|sheet| &sheet.item).collect();
    let without = |left_out: &[&str]| {
        let items = all.iter().copied().filter(|item| !left_out.contains(&item.code.as_str()));
        check(ImportKind::Products, (Absent::Stop, true), &exported(ImportKind::Products, items), goods.clone())
    };
    let checked = without(&["600233", "699999", "600900"]).expect("a table");
    let stopped: Vec<&str> = checked.rows.iter().map(|row| row.after.code.as_str()).collect();
    assert_eq!((stopped, checked.rows[0].goes), (vec!["600233"], Move::Stop));
    assert!(!checked.rows[0].after.active);
    let five = ["600233", "600201", "000035", "800001", "800002"];
    assert_eq!(without(&five).expect_err("too many"), "too_many_absent 5 24");
    let kept = check(ImportKind::Products, (Absent::Keep, true), "货号,品名,类别,处方分类\n".as_bytes(), goods.clone());
    assert_eq!(kept.expect("a table").rows, []);
}

#[test]
fn files_without_a_table_say_why() {
    for (kind, file, expected) in [
        (ImportKind::Products, "", "empty"),
        (ImportKind::Products, "甲,乙\n1,2\n", "no_head 甲、乙"),
        (ImportKind::Products, "商品代码,商品名称\n1,药\n", "missing category otc_class"),
        (ImportKind::Prices, "商品代码,商品名称\n1,药\n", "missing price"),
        (ImportKind::Prices, "商品代码,单价,零售价\n1,1,2\n", "column_twice price"),
        (ImportKind::Prices, "商品代码,单价\n1,\u{0}\n", "not_text 2"),
    ] {
        let why = check(kind, (Absent::Keep, true), file.as_bytes(), goods()).expect_err("no table");
        assert_eq!(why, expected, "{file}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is exported comes back without a difference, whatever is stored.
    #[test]
    fn an_export_is_imported_without_a_difference(
        names in proptest::collection::vec("\\PC{0,12}", 1..20),
        texts in "\\PC{0,20}",
        price in proptest::option::of(1_i64..10_000_000),
        low in proptest::option::of(1_i64..10_000_000),
        payable: bool,
    ) {
        let mut goods = Goods::new();
        for (number, name) in names.iter().enumerate() {
            let one = Item {
                name: name.clone(),
                barcode: texts.clone(),
                maker: name.clone(),
                price_low: low,
                card_payable: payable,
                ..item(&format!("{number:05}"), "", price)
            };
            goods.insert(one.code.clone(), sheet(one, 1));
        }
        for kind in ImportKind::ALL {
            let file = exported(kind, goods.values().map(|sheet| &sheet.item));
            let checked = check(kind, (Absent::Stop, true), &file, goods.clone()).expect("a table");
            prop_assert_eq!(faults(&checked), Vec::<String>::new());
            prop_assert_eq!(checked.rows.len(), 0);
        }
    }

    /// No file makes it panic.
    #[test]
    fn anything_is_checked(file in "[商品代码货号单价,;\t\"'=0-9.E+\n\\PC]{0,200}") {
        for kind in ImportKind::ALL {
            let _ = check(kind, (Absent::Stop, true), file.as_bytes(), goods());
            let _ = check(kind, (Absent::Keep, true), format!("货号,品名,单价,类别,处方分类\n{file}").as_bytes(), goods());
        }
    }
}
