//! What must hold for every text.

use domain::card_number::with_check_digit;
use domain::scan::{Gtin, Scan, normal_form, receipt_readings};
use proptest::prelude::*;

use super::scan;

/// Characters that scanners and readers send, so that random texts come near to real ones.
const NEAR: &str =
    "[0-9]{0,24}|[;%B=^D?+()\\]\u{1d} *0-9A-Fa-f]{0,60}|(\\]C1|\\]d2|\\]E0|\\(01\\)|01)[0-9A-Z\u{1d}()]{0,60}";

/// A card number of any issuer, 16 to 19 digits, with its right check digit. No card begins with 0.
fn card_number() -> impl Strategy<Value = String> {
    "(608625[0-9]{9,12}|[1-9][0-9]{14,17})"
        .prop_map(|body| with_check_digit(&body).expect("15 to 18 digits").reveal().to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read(text in "\\PC*|[\\x00-\\x7f]*") {
        let _ = (scan(&text), receipt_readings(&text));
    }

    #[test]
    fn any_text_near_to_a_real_one_is_read(text in NEAR) {
        let answer = scan(&text);
        // What is around it changes nothing.
        prop_assert_eq!(scan(&format!("\u{feff} {text}\r\n")), answer);
    }

    #[test]
    fn the_normal_form_stays_as_it_is(text in "\\PC*|[\\x00-\\x7f]*|[\\^\\]<>{}GS\u{2026}\u{1d}\u{0} ]*") {
        let once = normal_form(&text);
        prop_assert_eq!(normal_form(&once), once);
    }

    #[test]
    fn a_card_number_comes_back_in_nothing_but_a_card(
        number in card_number(),
        before in prop::sample::select(vec!["", ";", "%B", "3*", "6900005 ", "\u{ff1b}", "]C0", "%E?;", "A;", "\u{feff}"]),
        after in prop::sample::select(vec!["", "=2912?", "^ZHANG^2912?", "D29121010000", "\u{ff1d}2912\u{ff1f}", " 1", "?", "\r"]),
    ) {
        let answer = scan(&format!("{before}{number}{after}"));
        prop_assert!(matches!(answer, Scan::Card(_) | Scan::ForeignCard), "{:?}", answer);
        let own = number.starts_with("608625") || number.starts_with("62258812");
        prop_assert_eq!(own, matches!(answer, Scan::Card(_)));
        let hidden = &number[..number.len() - 4];
        let shown = format!("{answer:?}");
        prop_assert!(!shown.contains(hidden), "{}", shown);
        prop_assert!(answer.candidates().is_empty() && answer.reference().is_none());
    }

    #[test]
    fn a_number_of_the_house_never_comes_back_in_other_text(
        number in "608625[0-9]{9,12}".prop_map(|body| with_check_digit(&body).expect("a body").reveal().to_owned()),
        before in "[ -~]{0,12}",
        after in "[ -~]{0,12}",
    ) {
        let answer = scan(&format!("{before}{number}{after}"));
        // Twenty digits that begin with 8 are a box, whatever digits they are.
        prop_assume!(!matches!(answer, Scan::TraceCode(_)));
        let shown = format!("{answer:?}");
        prop_assert!(!shown.contains(&number), "{}", shown);
    }

    #[test]
    fn a_trace_code_is_never_anything_else(code in "8[0-9]{19}", end in "(\r|\n|\t|\r\n)?") {
        let answer = scan(&format!("{code}{end}"));
        prop_assert!(matches!(&answer, Scan::TraceCode(read) if read.as_str() == code), "{:?}", answer);
        prop_assert!(answer.candidates().is_empty());
    }

    #[test]
    fn every_form_of_a_gtin_is_the_same_product(body in "[0-9]{7}|[0-9]{11,13}", digit in 0..10_u8) {
        let text = format!("{body}{digit}");
        if let Some(gtin) = Gtin::parse(&text) {
            prop_assert_eq!(Gtin::parse(&gtin.to_string()), Some(gtin));
            for form in gtin.forms() {
                prop_assert_eq!(Gtin::parse(&form), Some(gtin), "{}", form);
            }
            prop_assert!(gtin.forms().any(|form| form == text));
            prop_assert_eq!(gtin.is_case(), gtin.forms().count() == 1);
        }
    }

    #[test]
    fn separated_elements_come_back_whole(
        item in "0[1-9][0-9]{11}", lot in "[A-Z0-9]{1,20}", serial in "[A-Za-z0-9-]{1,20}", month in 1..=12_u8,
    ) {
        let gtin = (0..10).find_map(|digit| Gtin::parse(&format!("{item}{digit}"))).expect("one digit is right");
        let text = format!("]d201{gtin}17{:02}{month:02}0010{lot}\u{1d}21{serial}", 30);
        let Scan::Product(lookup) = scan(&text) else { return Err(TestCaseError::fail("no product")) };
        let elements = lookup.elements.expect("elements");
        prop_assert_eq!(elements.gtin, gtin);
        prop_assert_eq!(elements.lot, Some(lot));
        prop_assert_eq!(elements.serial, Some(serial));
        prop_assert_eq!(elements.expires_on.map(|day| day.to_string()[..7].to_owned()), Some(format!("2030-{month:02}")));
    }
}
