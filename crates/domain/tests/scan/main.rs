//! What scanners, readers and fingers send, and what it is.

mod cards;
mod properties;

use domain::money::Fen;
use domain::scan::{
    Bin, Elements, Gtin, InStore, Measure, Quantity, Scan, Settings, TEXT_MAX, normal_form, read, receipt_readings,
};

const NO_SCALES: InStore = InStore::OFF;

/// An EAN-13 and the trace code of a box.
const BOX: &str = "6991371002332";
const TRACE: &str = "81098350001234567890";

fn scan_with(text: &str, in_store: InStore) -> Scan {
    let programmes = [Bin::parse("608625").expect("six digits"), Bin::parse("62258812").expect("eight digits")];
    read(text, &Settings { programmes: &programmes, in_store, year: 2026 })
}

fn scan(text: &str) -> Scan {
    scan_with(text, NO_SCALES)
}

/// One line for each kind of answer, card numbers in full.
fn shown(scan: &Scan) -> String {
    match scan {
        Scan::Empty => "empty".to_owned(),
        Scan::Card(card) => format!("card {} {}", card.entry.word(), card.number.reveal()),
        Scan::ForeignCard => "foreign card".to_owned(),
        Scan::Misread => "misread".to_owned(),
        Scan::TraceCode(code) => format!("trace {} {}", code.product(), code.as_str()),
        Scan::Measured(label) => match label.quantity {
            Quantity::Amount(fen) => format!("item {} for {} fen", label.item, fen.0),
            Quantity::Grams(grams) => format!("item {} of {grams} g", label.item),
        },
        Scan::Product(lookup) => {
            let case = if lookup.gtin.is_some_and(Gtin::is_case) { " case" } else { "" };
            let elements = lookup.elements.as_deref().map(elements).unwrap_or_default();
            format!("product{case} {}{elements}", scan.candidates().join(" "))
        }
        Scan::Receipt(reference) => format!("receipt {}", reference.rrn()),
        Scan::Words(words) => format!("words {words}"),
        Scan::Unknown => "unknown".to_owned(),
    }
}

fn elements(box_says: &Elements) -> String {
    let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!(" {name}={value}"));
    let plain = |name: &str, value: Option<String>| value.map(|value| format!(" {name}={value}"));
    [
        text("lot", &box_says.lot),
        text("serial", &box_says.serial),
        plain("expires", box_says.expires_on.map(|day| day.to_string())),
        plain("best", box_says.best_before.map(|day| day.to_string())),
        plain("made", box_says.produced_on.map(|day| day.to_string())),
        plain("count", box_says.count.map(|count| count.to_string())),
        plain("grams", box_says.grams.map(|grams| grams.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|&(text, expected)| (text, expected, shown(&scan(text))))
        .filter(|(_, expected, answer)| expected != answer)
        .map(|(text, expected, answer)| format!("{text:?}\n    is {answer}\n    not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_keyboards_and_input_methods_add_is_taken_away() {
    check(&[
        ("", "empty"),
        (" \t\r\n", "empty"),
        ("\u{3000}\u{feff}\u{200b}", "empty"),
        ("600233", "product 600233"),
        ("600233\r", "product 600233"),
        ("600233\n", "product 600233"),
        ("600233\r\n", "product 600233"),
        ("600233\t", "product 600233"),
        ("\u{2}600233\u{3}", "product 600233"),
        ("\u{3000}600233\u{a0}", "product 600233"),
        ("６００２３３", "product 600233"),
        ("ＱＳ－０００１", "product QS-0001"),
        ("\u{feff}600233", "product 600233"),
        ("600\u{200b}233", "product 600233"),
        ("\u{202e}600233\u{202c}", "product 600233"),
        ("\u{2066}600233\u{2069}", "product 600233"),
        ("600\u{ad}233", "product 600233"),
        ("ＡＢ。１", "product AB.1"),
    ]);
}

#[test]
fn two_dots_and_two_dashes_of_an_input_method_are_one_key() {
    assert_eq!(normal_form("A\u{2026}\u{2026}B\u{2014}\u{2014}C\u{2026}D").as_str(), "A^B_C^D");
}

#[test]
fn codes_of_the_merchant_are_products() {
    check(&[
        ("QS-0001", "product QS-0001"),
        ("QS-0001A12", "product QS-0001A12"),
        ("gmlkl", "product gmlkl"),
        ("1", "product 1"),
        ("699999", "product 699999"),
        ("0010136991297", "product 0010136991297"),
        ("!#$%&'()+,-./:;<=>@[]^_`{|}~", "product !#$%&'()+,-./:;<=>@[]^_`{|}~"),
        ("A;12", "product A;12"),
        ("12=34", "product 12=34"),
        ("%5", "product %5"),
        ("12345678901234567D12", "product 12345678901234567D12"),
        ("12345678901234567890123456789012", "product 12345678901234567890123456789012"),
        ("123456789012345678901234567890123", "unknown"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "unknown"),
        ("感冒灵", "words 感冒灵"),
        ("感冒灵 10g", "words 感冒灵 10g"),
        ("维生素ｃ", "words 维生素c"),
        ("10g×9袋", "words 10g×9袋"),
        ("国药准字Z20990233", "words 国药准字Z20990233"),
        ("vitamin c", "words vitamin c"),
        ("※", "unknown"),
    ]);
}

#[test]
fn one_gtin_is_one_product_in_every_length() {
    check(&[
        (BOX, "product 6991371002332 06991371002332"),
        ("06991371002332", "product 06991371002332 6991371002332"),
        ("036000291452", "product 036000291452 0036000291452 00036000291452"),
        ("0036000291452", "product 0036000291452 00036000291452 036000291452"),
        ("012345678905", "product 012345678905 0012345678905 00012345678905"),
        ("0012345678905", "product 0012345678905 00012345678905 012345678905"),
        ("00012345678905", "product 00012345678905 0012345678905 012345678905"),
        ("12345670", "product 12345670 0000012345670 00000012345670 000012345670"),
        ("000012345670", "product 000012345670 0000012345670 00000012345670 12345670"),
        ("16991371002339", "product case 16991371002339"),
        ("96991371002335", "product case 96991371002335"),
        ("6991371002333", "product 6991371002333"),
        ("06991371002333", "product 06991371002333"),
        ("12345671", "product 12345671"),
        ("00000000", "product 00000000"),
        ("0000000000000", "product 0000000000000"),
        ("６９９１３７１００２３３２\r\n", "product 6991371002332 06991371002332"),
    ]);
}

#[test]
fn symbology_identifiers_are_understood_and_taken_away() {
    check(&[
        ("]E06991371002332", "product 6991371002332 06991371002332"),
        ("]E00036000291452", "product 0036000291452 00036000291452 036000291452"),
        ("]E412345670", "product 12345670 0000012345670 00000012345670 000012345670"),
        ("]E3699137100233212", "product 6991371002332 06991371002332"),
        ("]E3699137100233212345", "product 6991371002332 06991371002332"),
        ("]I116991371002339", "product case 16991371002339"),
        ("]A0QS-0001", "product QS-0001"),
        ("]C0QS-0001", "product QS-0001"),
        ("]c0QS-0001", "product QS-0001"),
        ("】C0QS-0001", "product QS-0001"),
        ("]d1QS-0001", "product QS-0001"),
        ("]Q1QS-0001", "product QS-0001"),
        ("]C081098350001234567890", "trace 8109835 81098350001234567890"),
        ("]C06086250000010012", "card M 6086250000010012"),
        ("]C0010000000035", "receipt 010000000035"),
        ("]C10106991371002332", "product 6991371002332 06991371002332"),
        ("]c10106991371002332", "product 6991371002332 06991371002332"),
        ("]e00106991371002332", "product 6991371002332 06991371002332"),
        ("]E00106991371002332", "product 0106991371002332 6991371002332 06991371002332"),
        ("]e006991371002332", "product 06991371002332 6991371002332"),
        ("]J10106991371002332", "product 6991371002332 06991371002332"),
        ("]d20106991371002332", "product 6991371002332 06991371002332"),
        ("]Q30106991371002332", "product 6991371002332 06991371002332"),
        ("]d2QS-0001", "unknown"),
        ("]C1", "unknown"),
        ("]E0", "unknown"),
        ("]", "product ]"),
        ("]--", "product ]--"),
    ]);
}

#[test]
fn element_strings_with_separators() {
    let full = "product 6991371002332 06991371002332 lot=AB12 serial=S0001 expires=2028-12-31";
    check(&[
        ("]d2010699137100233217281231\u{1d}10AB12\u{1d}21S0001", full),
        ("]d201069913710023321728123110AB12\u{1d}21S0001", full),
        ("01069913710023321728123110AB12\u{1d}21S0001", full),
        ("\u{1d}01069913710023321728123110AB12\u{1d}21S0001\u{1d}", full),
        ("]d201069913710023321728123110AB12^]21S0001", full),
        ("]d201069913710023321728123110AB12<GS>21S0001", full),
        ("]d201069913710023321728123110AB12{GS}21S0001", full),
        ("]d201069913710023321728123110AB12\u{241d}21S0001", full),
        ("]d201069913710023321728123110AB12\u{2194}21S0001", full),
        ("]C121S0001\u{1d}10AB12\u{1d}172812310106991371002332", full),
        ("]Q301069913710023321728123110AB12\u{1d}21S0001", full),
        ("(01)06991371002332(17)281231(10)AB12(21)S0001", full),
        ("（01）06991371002332（17）281231（10）AB12（21）S0001", full),
        ("(01) 06991371002332 (17) 281231 (10) AB12 (21) S0001", full),
        ("(01)06991371002332(10)A(B)1", "product 6991371002332 06991371002332 lot=A(B)1"),
        (
            "]d20106991371002332240X1\u{1d}21S\u{1d}99own\u{1d}10L",
            "product 6991371002332 06991371002332 lot=L serial=S",
        ),
        ("]C101069913710023323103001250\u{1d}3012", "product 6991371002332 06991371002332 count=12 grams=1250"),
        ("]C101069913710023323101000012", "product 6991371002332 06991371002332 grams=1200"),
        ("]C101069913710023323105000012", "product 6991371002332 06991371002332"),
        (
            "(01)06991371002332(11)251100(15)281200(17)290200",
            "product 6991371002332 06991371002332 expires=2029-02-28 best=2028-12-31 made=2025-11-30",
        ),
        ("(01)06991371002332(17)760101", "product 6991371002332 06991371002332 expires=2076-01-01"),
        ("(01)06991371002332(17)770101", "product 6991371002332 06991371002332 expires=1977-01-01"),
        ("(01)16991371002339(10)AB12", "product case 16991371002339 lot=AB12"),
        ("(01)06991371002332(01)06991371002332", "product 6991371002332 06991371002332"),
    ]);
}

#[test]
fn two_digits_of_a_year_mean_the_nearest_one() {
    for (year, date, expected) in [
        (2026, "760101", "2076-01-01"),
        (2026, "770101", "1977-01-01"),
        (2026, "260100", "2026-01-31"),
        (2076, "260101", "2126-01-01"),
        (2076, "270101", "2027-01-01"),
        (2099, "000229", "none"),
        (2099, "040229", "2104-02-29"),
    ] {
        let settings = Settings { programmes: &[], in_store: NO_SCALES, year };
        let expires_on = match read(&format!("(01)06991371002332(17){date}"), &settings) {
            Scan::Product(lookup) => lookup.elements.and_then(|elements| elements.expires_on),
            _ => None,
        };
        assert_eq!(expires_on.map_or("none".to_owned(), |day| day.to_string()), expected, "{date} in {year}");
    }
}

#[test]
fn element_strings_that_contradict_themselves_or_name_no_item_are_unknown() {
    check(&[
        ("(01)06991371002333", "unknown"),
        ("(01)6991371002332", "unknown"),
        ("(01)06991371002332(17)281331", "unknown"),
        ("(01)06991371002332(17)280230", "unknown"),
        ("(01)06991371002332(01)16991371002339", "unknown"),
        ("(01)06991371002332(10)", "unknown"),
        ("(01)06991371002332(10)123456789012345678901", "unknown"),
        ("(10)AB12(21)S0001", "unknown"),
        ("(00)006141411234567890", "unknown"),
        ("(02)06991371002332(37)24", "unknown"),
        ("(01)16991371002339(02)06991371002332(37)24", "unknown"),
        ("(01)06991371002332(10)(21)S0001", "unknown"),
        ("]C10206991371002332\u{1d}3724", "unknown"),
        ("]C1010699137100233", "unknown"),
        ("AB12\u{1d}S0001", "unknown"),
        ("\u{1d}", "unknown"),
    ]);
}

#[test]
fn element_strings_without_separators_give_what_is_certain() {
    check(&[
        ("0106991371002332", "product 0106991371002332 6991371002332 06991371002332"),
        // Its Luhn digit is right by chance.
        ("0106991371000079", "product 0106991371000079 6991371000079 06991371000079"),
        (
            "010699137100233217281231",
            "product 010699137100233217281231 6991371002332 06991371002332 expires=2028-12-31",
        ),
        (
            "01069913710023321728123110AB12",
            "product 01069913710023321728123110AB12 6991371002332 06991371002332 lot=AB12 expires=2028-12-31",
        ),
        // The lot may end before 21 or not.
        ("]d201069913710023321728123110AB1221S0001", "product 6991371002332 06991371002332 expires=2028-12-31"),
        // Serial, day and lot of a German box: there is one way to read it.
        (
            "010415013832707721100251263204341727013110403751B",
            "product 4150138327077 04150138327077 lot=403751B serial=10025126320434 expires=2027-01-31",
        ),
        ("]d2010699137100233210A10A", "product 6991371002332 06991371002332 lot=A10A"),
        ("]C10106991371002332410690123456789210L", "product 6991371002332 06991371002332 lot=L"),
        ("]d2010699137100233299anything", "product 6991371002332 06991371002332"),
        (
            "010690123456789217271231",
            "product 010690123456789217271231 6901234567892 06901234567892 expires=2027-12-31",
        ),
        ("010690123456789317271231", "product 010690123456789317271231"),
        ("010690123456789217271331", "product 010690123456789217271331"),
        // The end is cut off, the item is certain.
        ("]C10106991371002332310300125030", "product 6991371002332 06991371002332 grams=1250"),
        ("0106991371002332XYZ", "product 0106991371002332XYZ"),
    ]);
}

#[test]
fn trace_codes_are_neither_product_nor_card() {
    check(&[
        (TRACE, "trace 8109835 81098350001234567890"),
        ("81098350001234567890\r\n", "trace 8109835 81098350001234567890"),
        ("８１０９８３５０００１２３４５６７８９０", "trace 8109835 81098350001234567890"),
        ("]Q181098350001234567890", "trace 8109835 81098350001234567890"),
        ("81098356086250000010", "trace 8109835 81098356086250000010"),
        ("8109835000123456789", "product 8109835000123456789"),
        ("71098350001234567890", "product 71098350001234567890"),
    ]);
}

#[test]
fn a_slip_is_told_from_goods_where_it_can_be() {
    check(&[
        ("010000000035", "receipt 010000000035"),
        ("]C0010000000035", "receipt 010000000035"),
        ("000000000000", "product 000000000000"),
        // Its last digit is also right for a UPC-A: the catalogue is asked first.
        ("010000000016", "product 010000000016 0010000000016 00010000000016"),
        ("0100000035", "product 0100000035"),
    ]);
    assert_eq!(scan("010000000035").candidates(), ["010000000035"]);
    let reference = |text| scan(text).reference().map(domain::ids::TransactionId::rrn);
    assert_eq!(reference("010000000035").as_deref(), Some("010000000035"));
    assert_eq!(reference("010000000016").as_deref(), Some("010000000016"));
    assert_eq!(reference(BOX), None);
    assert_eq!(reference(TRACE), None);
}

#[test]
fn numbers_of_a_slip_are_found_with_their_zeros_lost() {
    let cases = [
        ("010000000035", Some("010000000035"), None),
        ("10000000035", Some("010000000035"), None),
        ("０１００００００００３５", Some("010000000035"), None),
        (" 010000000035\r\n", Some("010000000035"), None),
        ("]C0010000000035", Some("010000000035"), None),
        ("'010000000035", Some("010000000035"), None),
        ("=\"010000000035\"", Some("010000000035"), None),
        ("1000001", Some("000001000001"), None),
        ("000035", None, Some(35)),
        ("35", None, Some(35)),
        ("'000035", None, Some(35)),
        ("0", None, Some(0)),
        ("000000000000", None, None),
        ("0100000000350", None, None),
        ("3.5", None, None),
        ("", None, None),
        ("-35", None, None),
        (TRACE, None, None),
        ("6086250000010012", None, None),
    ];
    for (text, reference, voucher) in cases {
        let readings = receipt_readings(text);
        let rrn = readings.reference.map(domain::ids::TransactionId::rrn);
        assert_eq!((rrn.as_deref(), readings.voucher), (reference, voucher), "{text:?}");
    }
}

#[test]
fn labels_of_scales_are_read_where_the_merchant_says_so() {
    let amounts = NO_SCALES.with(21, Measure::Amount);
    let both = amounts.with(29, Measure::Weight);
    let cases = [
        ("2112345012346", amounts, "item 12345 for 1234 fen"),
        ("]E02112345012346", amounts, "item 12345 for 1234 fen"),
        ("2112345012346", NO_SCALES, "product 2112345012346 02112345012346"),
        ("2912345002503", both, "item 12345 of 250 g"),
        ("2912345002503", amounts, "product 2912345002503 02912345002503"),
        ("2112345012345", amounts, "product 2112345012345"),
        ("2012345000001", NO_SCALES.with(20, Measure::Amount), "product 2012345000001 02012345000001"),
        ("0212345012345", both, "product 0212345012345 00212345012345 212345012345"),
        (
            "2112345012346",
            NO_SCALES.with(31, Measure::Amount).with(1, Measure::Weight),
            "product 2112345012346 02112345012346",
        ),
    ];
    for (text, in_store, expected) in cases {
        assert_eq!(shown(&scan_with(text, in_store)), expected, "{text}");
    }
    let Scan::Measured(label) = scan_with("2112345012346", amounts) else { panic!("a label") };
    assert_eq!(label.code, "2112345012346");
    assert_eq!((label.items(), label.quantity), (vec!["12345".to_owned()], Quantity::Amount(Fen(1_234))));
    assert_eq!(Scan::Measured(label).candidates(), scan("2112345012346").candidates());
    let Scan::Measured(label) = scan_with("2100042012349", amounts) else { panic!("a label") };
    assert_eq!(label.items(), ["00042", "42"]);
    let prefixes: Vec<_> = both.prefixes().filter_map(|(prefix, measure)| Some((prefix, measure?))).collect();
    assert_eq!(prefixes, [(21, Measure::Amount), (29, Measure::Weight)]);
    for (text, may) in [("2112345012346", true), ("2112345012345", false), ("6900005600233", false), ("600233", false)]
    {
        assert_eq!(scan(text).may_be_measured(), may, "{text}");
    }
}

#[test]
fn a_text_longer_than_anything_real_is_not_looked_at() {
    assert_eq!(scan(&"6".repeat(TEXT_MAX + 1)), Scan::Unknown);
    assert_eq!(scan(&format!("{}{}", " ".repeat(TEXT_MAX - 6), "600233")), scan("600233"));
}
