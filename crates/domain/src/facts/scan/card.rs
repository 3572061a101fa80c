//! Card numbers in whatever a reader sends: tracks with and without sentinels, bare numbers, both tracks at once.
//!
//! What must stay true: a number of 16 to 19 digits with a right check digit that stands alone or where a track has its
//! number is a card, whatever else is in the text; and a number of our own that is damaged is a misread, never goods.

use super::{ReadCard, is_digits};
use crate::card_number::{CardNumber, EntryMode, check_digit_fits};

/// So many digits that begin like a number of ours are one, whatever is wrong with it. A GTIN-13 is shorter.
const DAMAGED_DIGITS_MIN: usize = 14;

/// How the card numbers of a programme begin (BIN, issuer identification number): 6 to 8 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin(String);

impl Bin {
    /// Reads 6 to 8 digits.
    pub fn parse(text: &str) -> Option<Self> {
        ((6..=8).contains(&text.len()) && is_digits(text)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a card number begins with it.
    pub fn begins(&self, number: &str) -> bool {
        number.starts_with(&self.0)
    }
}

/// What the text holds.
pub(super) enum CardReading {
    /// A card of one of our programmes.
    Own(ReadCard),
    /// A card of another company.
    Foreign,
    /// A track or a number of ours that cannot be right.
    Misread,
    /// No trace of a card.
    Nothing,
}

/// Looks for a card. The first of ours wins over others', any card over a misread.
pub(super) fn read(text: &str, programmes: &[Bin]) -> CardReading {
    let mut reading = if sentinels_alone(text) { CardReading::Misread } else { CardReading::Nothing };
    // The text as one number or track, in groups or not; then each run of digits in it.
    let whole = CardNumber::parse(without_quantity(text)).ok().map(|(number, entry)| sorted(number, entry, programmes));
    for next in whole.into_iter().chain(runs(text).map(|run| run.read(programmes))) {
        match next {
            CardReading::Own(card) => return CardReading::Own(card),
            CardReading::Foreign => reading = CardReading::Foreign,
            CardReading::Misread if matches!(reading, CardReading::Nothing) => reading = CardReading::Misread,
            CardReading::Misread | CardReading::Nothing => {}
        }
    }
    reading
}

fn sorted(number: CardNumber, entry: EntryMode, programmes: &[Bin]) -> CardReading {
    let own = programmes.iter().any(|bin| bin.begins(number.reveal()));
    if own { CardReading::Own(ReadCard { number, entry }) } else { CardReading::Foreign }
}

/// What a reader sends for a stripe that it could not read: `;E?`, `%E?;E?`, or sentinels and too little between.
fn sentinels_alone(text: &str) -> bool {
    (text.starts_with([';', '%', '+']) && text.ends_with('?')) || text.eq_ignore_ascii_case("E?")
}

/// The text without `3*` before it, the quantity of the code field.
fn without_quantity(text: &str) -> &str {
    match text.split_once('*') {
        Some((count, rest)) if (1..=3).contains(&count.len()) && is_digits(count) => rest,
        _ => text,
    }
}

/// Digits with no digit before or behind.
struct Run<'a> {
    before: &'a str,
    digits: &'a str,
    after: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Where a track has its number.
    Track,
    /// With nothing on either side that could belong to it.
    Alone,
    /// In other text.
    Inside,
}

fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut from = 0_usize;
    std::iter::from_fn(move || {
        let start = from.saturating_add(text.get(from..)?.find(|c: char| c.is_ascii_digit())?);
        let length = leading_digits(text.get(start..)?);
        let end = start.saturating_add(length);
        from = end;
        Some(Run { before: text.get(..start)?, digits: text.get(start..end)?, after: text.get(end..)? })
    })
}

/// Beside a number that stands alone: a blank, words in Chinese, the star of a quantity, a colon or comma.
fn is_edge(c: char) -> bool {
    !c.is_ascii_graphic() || matches!(c, '*' | ':' | ',')
}

fn leading_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

impl Run<'_> {
    fn read(&self, programmes: &[Bin]) -> CardReading {
        let position = self.position();
        let own = |digits: &str| programmes.iter().any(|bin| bin.begins(digits));
        if let Some(number) = self.number(position) {
            let entry = if position == Position::Track { EntryMode::Swiped } else { EntryMode::Manual };
            return sorted(number, entry, programmes);
        }
        let short =
            position == Position::Track && matches!(self.digits.len(), 12..=15) && check_digit_fits(self.digits);
        if short && !own(self.digits) {
            return CardReading::Foreign;
        }
        if position == Position::Track || self.holds(own) { CardReading::Misread } else { CardReading::Nothing }
    }

    /// Track 1 `%B…^`, track 2 `;…=` or, as in EMV tag 57, `…D`, track 3 `+…=`. Without sentinels only a number long
    /// enough, or what cannot be a code: many digits behind `=`.
    fn position(&self) -> Position {
        let (before, after, length) = (self.before, self.after, self.digits.len());
        let behind = leading_digits(after.get(1..).unwrap_or(""));
        let begins = (before.ends_with(';') && length >= 8)
            || (before.ends_with('+') && length >= 16)
            || before.ends_with("%B")
            || before.ends_with("%b");
        let ends = (after.starts_with(['=', '^']) && (length >= 12 || behind >= 7))
            || (after.starts_with(['D', 'd']) && length >= 16 && behind >= 4);
        if begins || ends {
            return Position::Track;
        }
        let open = before.chars().next_back().is_none_or(is_edge);
        let closed = after.chars().next().is_none_or(|c| is_edge(c) || c == '?');
        if open && closed { Position::Alone } else { Position::Inside }
    }

    /// The number, when one can stand here. Track 3 has `99` before it (ISO/IEC 4909); a bare number may come twice when
    /// the card was swiped twice.
    fn number(&self, position: Position) -> Option<CardNumber> {
        let length = self.digits.len();
        let parse = |digits: &str| CardNumber::parse(digits).ok().map(|(number, _)| number);
        let half = self.digits.split_at_checked(length / 2).filter(|(one, two)| one == two).map(|(one, _)| one);
        match position {
            Position::Inside => None,
            Position::Track => parse(self.digits).or_else(|| parse(self.digits.strip_prefix("99")?)),
            Position::Alone => parse(self.digits).or_else(|| parse(half?)),
        }
    }

    /// Whether something of ours begins in it: with digits lost, added or wrong, or glued to a code or another swipe.
    fn holds(&self, own: impl Fn(&str) -> bool) -> bool {
        let last = self.digits.len().checked_sub(DAMAGED_DIGITS_MIN);
        last.into_iter().flat_map(|last| 0..=last).filter_map(|start| self.digits.get(start..)).any(own)
    }
}
