//! Recall 召回: goods that no till of any merchant sells any more, by product code, barcode or approval number, until two
//! persons end it.
//!
//! What must stay true: one person starts a recall, and it counts for the next line and the next payment everywhere; it
//! never covers 699999, which is no product.

use crate::product::OTHER_CODE;
use crate::refund::text_fits;
use crate::scan::Gtin;
use crate::time::BusinessDate;

words! {
    /// What a recalled product is told by.
    pub enum MatchKind {
        /// A merchant's product code.
        Code = "code",
        /// A barcode, in every length that a catalogue may write it in.
        Barcode = "barcode",
        /// The beginning of an approval number.
        Approval = "approval",
    }
}

/// So many matches of each kind a recall has at most.
pub const MATCHES_MAX: usize = 50;

/// Bytes of all matches of a recall as [`goods_text`] writes them, with its text and its reason: a checker is shown all
/// of it in [`TEXT_BYTES_MAX`](crate::acts::TEXT_BYTES_MAX), with the names of the fields.
const SHOWN_BYTES_MAX: usize = 3_900;

/// Characters of a product code.
const CODE_MAX: usize = 20;

/// A beginning with fewer digits would cover what nobody means: the characters before them say the kind of approval.
const APPROVAL_DIGITS_MIN: usize = 4;

/// Characters of an approval number.
const APPROVAL_MAX: usize = 60;

/// A recall as somebody announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// What it covers, as typed, each once.
    pub matches: Vec<(MatchKind, String)>,
    /// Why, for the card company: 2 to 100 characters.
    pub reason: String,
    /// What the tills say: 2 to 100 characters.
    pub text: String,
    /// Since when the goods may have been sold.
    pub since: BusinessDate,
}

/// A field of an announcement that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing is covered.
    NoMatch,
    /// A code, barcode or approval number that cannot be one, or too many of a kind.
    Match(MatchKind),
    /// More than one recall holds.
    TooMuch,
    /// The reason's length.
    Reason,
    /// The text's length.
    Text,
    /// The day is to come.
    Since,
}

impl Announced {
    /// Everything that is wrong with it on the day `today`.
    pub fn wrong(&self, today: BusinessDate) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if self.matches.is_empty() {
            wrong.push(Wrong::NoMatch);
        }
        for kind in MatchKind::ALL {
            let own: Vec<&String> = self.matches.iter().filter(|(own, _)| *own == kind).map(|(_, text)| text).collect();
            if own.len() > MATCHES_MAX || own.iter().any(|text| !sound(kind, text)) {
                wrong.push(Wrong::Match(kind));
            }
        }
        // Between two matches a checker is shown one character more than is kept.
        let goods = goods_text(&self.matches).len().saturating_add(self.matches.len());
        let shown = goods.saturating_add(self.reason.len()).saturating_add(self.text.len());
        let much = wrong.is_empty() && shown > SHOWN_BYTES_MAX;
        wrong.extend(much.then_some(Wrong::TooMuch));
        wrong.extend((!text_fits(&self.reason)).then_some(Wrong::Reason));
        wrong.extend((!text_fits(&self.text)).then_some(Wrong::Text));
        wrong.extend((self.since > today).then_some(Wrong::Since));
        wrong
    }
}

/// What a catalogue may hold for these matches, sorted, each once: a barcode in every length.
pub fn stored_forms(matches: &[(MatchKind, String)]) -> Vec<(MatchKind, String)> {
    let forms = |(kind, text): &(MatchKind, String)| {
        let gtin = Gtin::parse(text).filter(|_| *kind == MatchKind::Barcode);
        let own = gtin.is_none().then(|| text.clone());
        let kind = *kind;
        gtin.into_iter().flat_map(Gtin::forms).chain(own).map(move |text| (kind, text)).collect::<Vec<_>>()
    };
    let mut stored: Vec<_> = matches.iter().flat_map(forms).collect();
    stored.sort_unstable();
    stored.dedup();
    stored
}

/// Matches as a recall keeps them: a line per match, the kind and the text.
pub fn goods_text(matches: &[(MatchKind, String)]) -> String {
    matches.iter().map(|(kind, text)| format!("{kind} {text}")).collect::<Vec<_>>().join("\n")
}

/// What [`goods_text`] wrote; `None` if it did not write it.
pub fn read_goods(text: &str) -> Option<Vec<(MatchKind, String)>> {
    let one =
        |line: &str| line.split_once(' ').and_then(|(kind, text)| Some((MatchKind::from_word(kind)?, text.to_owned())));
    text.lines().map(one).collect()
}

fn sound(kind: MatchKind, text: &str) -> bool {
    let length = text.chars().count();
    let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    plain
        && match kind {
            MatchKind::Code => (1..=CODE_MAX).contains(&length) && text != OTHER_CODE,
            MatchKind::Barcode => (4..=32).contains(&length) && text.bytes().all(|byte| byte.is_ascii_graphic()),
            MatchKind::Approval => {
                length <= APPROVAL_MAX && text.bytes().filter(u8::is_ascii_digit).count() >= APPROVAL_DIGITS_MIN
            }
        }
}

/// The matches in a text that somebody typed or pasted: one per line, blank, comma or semicolon.
pub fn read_matches(kind: MatchKind, text: &str) -> Vec<(MatchKind, String)> {
    let half: String = text.chars().map(crate::money::half_width).collect();
    let words = half.split(|c: char| c.is_whitespace() || [',', ';', '\u{3001}'].contains(&c));
    let mut matches: Vec<(MatchKind, String)> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        let one = (kind, word.to_owned());
        if !matches.contains(&one) {
            matches.push(one);
        }
    }
    matches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::{Recall, TEXT_BYTES_MAX};

    const TODAY: BusinessDate = BusinessDate(20_261_123);

    fn announced(matches: &[(MatchKind, &str)]) -> Announced {
        Announced {
            matches: matches.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect(),
            reason: "lot 7 failed its test".to_owned(),
            text: "stop selling, keep it apart".to_owned(),
            since: TODAY,
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        use MatchKind::{Approval, Barcode, Code};
        let long = "1".repeat(21);
        for (matches, wrong) in [
            (vec![(Code, "600233")], vec![]),
            (vec![(Barcode, "6901234567892"), (Approval, "\u{56fd}\u{836f}\u{51c6}\u{5b57}Z2026")], vec![]),
            (vec![], vec![Wrong::NoMatch]),
            (vec![(Code, OTHER_CODE)], vec![Wrong::Match(Code)]),
            (vec![(Code, long.as_str())], vec![Wrong::Match(Code)]),
            (vec![(Barcode, "123")], vec![Wrong::Match(Barcode)]),
            (vec![(Approval, "\u{56fd}\u{836f}\u{51c6}\u{5b57}")], vec![Wrong::Match(Approval)]),
            (vec![(Approval, "\u{56fd}\u{836f}\u{51c6}\u{5b57}Z20")], vec![Wrong::Match(Approval)]),
            (vec![(Code, "6 0")], vec![Wrong::Match(Code)]),
        ] {
            assert_eq!(announced(&matches).wrong(TODAY), wrong, "{matches:?}");
        }
        let many: Vec<_> = (0..=MATCHES_MAX).map(|n| (Code, n.to_string())).collect();
        let many = Announced { matches: many, ..announced(&[]) };
        assert_eq!(many.wrong(TODAY), [Wrong::Match(Code)]);
        let bad = Announced {
            reason: "x".to_owned(),
            text: "y".repeat(101),
            since: BusinessDate(TODAY.0 + 1),
            ..announced(&[(Code, "1")])
        };
        assert_eq!(bad.wrong(TODAY), [Wrong::Reason, Wrong::Text, Wrong::Since]);
    }

    /// Whatever is not too much can be ended: a checker can be shown it.
    #[test]
    fn the_most_that_a_recall_takes_can_be_shown_to_a_checker() {
        let number = |n: usize| (MatchKind::Approval, format!("\u{56fd}\u{836f}\u{51c6}\u{5b57}{n:056}"));
        for words in [2, 50, 100] {
            let mut most = 0;
            for count in 1..=MATCHES_MAX {
                let one = Announced {
                    matches: (0..count).map(number).collect(),
                    reason: "\u{20bb7}".repeat(words),
                    text: "\u{836f}".repeat(words),
                    ..announced(&[])
                };
                if one.wrong(TODAY) == [Wrong::TooMuch] {
                    continue;
                }
                assert_eq!(one.wrong(TODAY), []);
                let goods = goods_text(&one.matches).replace('\n', "; ");
                let row = Recall { goods, text: one.text, reason: one.reason, open: true };
                assert!(row.shown().text().len() <= TEXT_BYTES_MAX, "{count} {words}");
                most = count;
            }
            assert!((39..MATCHES_MAX).contains(&most), "{most} {words}");
        }
    }

    #[test]
    fn a_barcode_is_stored_in_every_length_and_all_else_as_it_is() {
        use MatchKind::{Approval, Barcode, Code};
        let typed =
            announced(&[(Barcode, "036000291452"), (Barcode, "A-77"), (Code, "036000291452"), (Approval, "Z2")])
                .matches;
        assert_eq!(read_goods(&goods_text(&typed)), Some(typed.clone()));
        assert_eq!(read_goods("code 1\nlot 7"), None);
        let texts = |kind| stored_forms(&typed).into_iter().filter(move |(own, _)| *own == kind).map(|(_, text)| text);
        assert_eq!(texts(Barcode).collect::<Vec<_>>(), ["00036000291452", "0036000291452", "036000291452", "A-77"]);
        assert_eq!(texts(Code).chain(texts(Approval)).collect::<Vec<_>>(), ["036000291452", "Z2"]);
    }

    #[test]
    fn matches_are_read_as_people_paste_them() {
        let read = read_matches(MatchKind::Code, " 600233,600402\u{ff0c}600233\n\t\u{ff11}\u{ff12}\u{3001}7;8 ");
        let codes: Vec<&str> = read.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(codes, ["600233", "600402", "12", "7", "8"]);
    }
}
