//! The line of keys that a search reads of each product, and how well search words fit it.
//!
//! Both sides have the same form ([`normal`]), so that `１０Ｇ × 9` and `10g*9` are one. A line holds, with a tab between:
//! the code as it is stored, the code and barcode in normal form, initials of the name, initials that came with the product,
//! name, pack, maker, approval number, the full pinyin of the name, and the length of each syllable as a control character. No key contains a tab, a line end
//! or another control character.

use memchr::memmem;

use domain::scan::{Gtin, normal_form};

use crate::pinyin::{initials, syllables};

/// Parts in which a merchant's lines of a category are stored, so that a change writes a small one again. A hundred
/// thousand products of one category make 400 lines each, 50 KB.
pub(crate) const PARTS: u32 = 256;

/// Place of the full pinyin among the keys. What stands behind it is no key.
const PINYIN: usize = 9;

/// What people search a product by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) code: &'a str,
    pub(crate) barcode: &'a str,
    /// Initials that came with the product.
    pub(crate) pinyin: &'a str,
    pub(crate) name: &'a str,
    pub(crate) spec: &'a str,
    pub(crate) maker: &'a str,
    pub(crate) approval_no: &'a str,
}

impl Keys<'_> {
    /// The line, with its end.
    pub(crate) fn line(&self) -> String {
        let code = normal(self.code);
        let given = key(self.pinyin);
        let derived = initials(self.name);
        let (mut full, mut lengths) = (String::new(), String::new());
        for syllable in syllables(self.name) {
            // A syllable has at most six letters, fewer than a tab's number.
            lengths.extend(u32::try_from(syllable.len()).ok().and_then(char::from_u32));
            full.push_str(&syllable);
        }
        let other = |text: String, than: &str| if text == than { String::new() } else { text };
        let parts = [
            self.code.to_owned(),
            other(code, self.code),
            key(self.barcode),
            other(derived, &given),
            given,
            key(self.name),
            key(self.spec),
            key(self.maker),
            key(self.approval_no),
            full,
            lengths,
        ];
        format!("{}\n", parts.join("\t"))
    }
}

/// The part in which the line of the product `code` is: FNV-1a, the same in every version, because it is stored.
pub(crate) fn part(code: &str) -> i64 {
    let mixed = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    i64::from(code.bytes().fold(0x811c_9dc5, mixed) % PARTS)
}

/// The code of a line.
pub(crate) fn code_of(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default()
}

/// Half width, lower case, one sign of multiplication, no control characters.
fn normal(text: &str) -> String {
    let plain = normal_form(text);
    plain.chars().filter(|c| !c.is_control()).flat_map(char::to_lowercase).map(times).collect()
}

/// Signs of multiplication in packs such as `10g×9袋`.
fn times(c: char) -> char {
    if matches!(c, '\u{d7}' | '\u{2715}' | '\u{2716}' | '\u{2a2f}' | '*') { 'x' } else { c }
}

/// A key: without blanks, because people leave them out.
fn key(text: &str) -> String {
    normal(text).replace(' ', "")
}

/// How well a product fits; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    Exact,
    Prefix,
    Inside,
}

/// Search words; a product fits if each of them is in one of its keys.
#[derive(Clone, Debug)]
pub(crate) struct Words(Vec<Word>);

#[derive(Clone, Debug)]
struct Word {
    /// What is looked for: of a GTIN its shortest form, which every other one contains.
    text: String,
    gtin: Option<Gtin>,
}

impl Words {
    /// The words in `text`. None: everything fits.
    pub(crate) fn of(text: &str) -> Self {
        let word = |text: &str| {
            let gtin = Gtin::parse(text);
            let shortest = gtin.and_then(|gtin| gtin.forms().last());
            Word { text: shortest.unwrap_or_else(|| text.to_owned()), gtin }
        };
        let mut words: Vec<Word> = normal(text).split_whitespace().map(word).collect();
        if words.is_empty() && !text.trim().is_empty() {
            // Nothing but characters that no key has: it is in no line.
            words.push(Word { text: "\0".to_owned(), gtin: None });
        }
        // The longest one is in the fewest lines.
        words.sort_by_key(|word| std::cmp::Reverse(word.text.len()));
        Self(words)
    }

    /// Calls `found` for each line of `lines` that fits.
    pub(crate) fn each<'l>(&self, lines: &'l str, mut found: impl FnMut(Fit, &'l str)) {
        let Some(first) = self.0.first() else {
            lines.lines().for_each(|line| found(Fit::Inside, line));
            return;
        };
        let (finder, mut rest) = (memmem::Finder::new(first.text.as_bytes()), lines);
        while let Some(at) = finder.find(rest.as_bytes()) {
            let start = rest[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = rest[at..].find('\n').map_or(rest.len(), |length| at + length);
            if let Some(fit) = self.fit(&rest[start..end]) {
                found(fit, &rest[start..end]);
            }
            rest = &rest[end..];
        }
    }

    /// How well a line fits: as well as the word that fits it worst.
    fn fit(&self, line: &str) -> Option<Fit> {
        self.0.iter().try_fold(Fit::Exact, |worst, word| Some(worst.max(word.fit(line)?)))
    }
}

impl Word {
    fn fit(&self, line: &str) -> Option<Fit> {
        let (mut best, mut length) = (None, 0);
        let mut keys = line.split('\t');
        for key in keys.by_ref().take(PINYIN) {
            length += key.len() + 1;
            if key.starts_with(&self.text) && best.is_none() {
                best = Some(Fit::Prefix);
            }
            let equal = key == self.text || self.gtin.is_some() && Gtin::parse(key) == self.gtin;
            if equal {
                return Some(Fit::Exact);
            }
        }
        let (full, lengths) = (keys.next().unwrap_or_default(), keys.next().unwrap_or_default());
        let inside = || line.get(..length).is_some_and(|keys| keys.contains(&self.text)).then_some(Fit::Inside);
        better(best.or_else(inside), self.fit_pinyin(full, lengths))
    }

    /// Only from the beginning of a syllable on: `an` is not in `gan mao`, and `gm` not in `qing mei`.
    fn fit_pinyin(&self, full: &str, lengths: &str) -> Option<Fit> {
        let mut rest = full;
        for length in lengths.bytes() {
            if rest.starts_with(&self.text) {
                let whole = rest.len() == full.len();
                return Some(match whole {
                    true if full.len() == self.text.len() => Fit::Exact,
                    true => Fit::Prefix,
                    false => Fit::Inside,
                });
            }
            rest = rest.get(usize::from(length)..).unwrap_or_default();
        }
        None
    }
}

fn better(one: Option<Fit>, other: Option<Fit>) -> Option<Fit> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLD: Keys<'_> = Keys {
        code: "QS-2001",
        barcode: "0036000291452",
        pinyin: "",
        name: "\u{611f}\u{5192}\u{7075} \u{9897}\u{7c92}",
        spec: "10g\u{d7}9\u{888b}",
        maker: "\u{793a}\u{4f8b}\u{767e}\u{8349}\u{5236}\u{836f}",
        approval_no: "\u{56fd}\u{836f}\u{51c6}\u{5b57}Z20990233",
    };

    fn fit(text: &str) -> Option<Fit> {
        let (line, mut found) = (COLD.line(), None);
        Words::of(text).each(&line, |fit, _| found = Some(fit));
        found
    }

    #[test]
    fn a_product_is_found_as_people_write_it() {
        for text in [
            "qs-2001",
            "\u{ff31}\u{ff33}\u{ff0d}\u{ff12}\u{ff10}\u{ff10}\u{ff11}",
            "36000291452 ",
            "036000291452",
            "0036000291452",
            "00036000291452",
            "gmlkl",
            "GML",
            "ganmaoling",
            "maoling",
            "gan mao",
            "\u{611f}\u{5192}\u{7075} 10g",
            "\u{611f}\u{5192} \u{9897}\u{7c92}",
            "\u{611f}\u{5192}\u{3000}\u{9897}\u{7c92}",
            "10g\u{d7}9\u{888b}",
            "10G*9",
            "\u{ff11}\u{ff10}\u{ff47}x9",
            "\u{793a}\u{4f8b}\u{767e}\u{8349}",
            "\u{56fd}\u{836f}\u{51c6}\u{5b57}z20990233",
            "z20990233",
            "",
        ] {
            assert!(fit(text).is_some(), "{text}");
        }
        for text in [
            "an",
            "aoling",
            "nm",
            "\u{611f}\u{5192}\u{7075} 12g",
            "gmlkl zz",
            "QS-2002",
            "036000291453",
            "\0",
            "\u{3}",
            "\u{200b}",
        ] {
            assert_eq!(fit(text), None, "{text}");
        }
    }

    #[test]
    fn equal_before_beginning_before_containing() {
        for (text, expected) in [
            ("qs-2001", Fit::Exact),
            ("00036000291452", Fit::Exact),
            ("gmlkl", Fit::Exact),
            ("ganmaolingkeli", Fit::Exact),
            ("ganmao", Fit::Prefix),
            ("\u{611f}\u{5192} 10g", Fit::Prefix),
            ("\u{9897}\u{7c92}", Fit::Inside),
            ("\u{611f}\u{5192} \u{9897}\u{7c92}", Fit::Inside),
            ("keli", Fit::Inside),
        ] {
            assert_eq!(fit(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_line_is_one_line_whatever_the_product_says() {
        let odd = Keys { name: "a\tb\nc\u{7}d", spec: "\u{200b}", ..COLD };
        let line = odd.line();
        assert_eq!((line.matches('\n').count(), line.split('\t').count()), (1, 11));
        assert_eq!(code_of(&line), "QS-2001");
    }

    #[test]
    fn parts_are_used_evenly_and_stay_as_they_are() {
        let mut used = [0_usize; 256];
        for number in 0..25_600 {
            used[usize::try_from(part(&format!("60{number}"))).expect("small")] += 1;
        }
        assert!(used.iter().all(|&lines| (50..200).contains(&lines)), "{used:?}");
        // They are stored.
        assert_eq!((part(""), part("a")), (197, 44));
    }
}
