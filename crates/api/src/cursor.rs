//! Cursors: where a list continues. They are opaque to callers, and stable because they identify the last row returned.

use domain::ids::{OrderId, TransactionId};
use domain::time::BusinessDate;
use storage::vault::{hex, unhex};

use crate::problem::Problem;

/// Rows per page: by default, and at most.
pub(crate) const LIMIT: u32 = 50;
pub(crate) const LIMIT_MAX: u32 = 200;

/// The number of rows of a page.
pub(crate) fn limit(requested: Option<u32>) -> Result<u32, Problem> {
    let limit = requested.unwrap_or(LIMIT);
    if (1..=LIMIT_MAX).contains(&limit) { Ok(limit) } else { Err(Problem::parameter("limit", "From 1 to 200.")) }
}

/// Encodes `text` as a cursor of list `kind`.
fn encode(kind: char, text: &str) -> String {
    hex(format!("{kind}{text}").as_bytes())
}

fn decode(kind: char, cursor: &str) -> Result<String, Problem> {
    let refused = || Problem::parameter("cursor", "Not a cursor of this list.");
    let text = unhex(cursor).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(refused)?;
    text.strip_prefix(kind).map(str::to_owned).ok_or_else(refused)
}

/// The key of the last row of a page, from which the list continues.
pub(crate) trait Cursor: Sized {
    /// Distinguishes the cursors of different lists.
    const KIND: char;

    /// As text.
    fn text(&self) -> String;

    /// From text.
    fn parse(text: &str) -> Option<Self>;

    /// As an opaque cursor.
    fn cursor(&self) -> String {
        encode(Self::KIND, &self.text())
    }

    /// From the cursor of a query, if present.
    fn of(cursor: Option<&str>) -> Result<Option<Self>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let refused = || Problem::parameter("cursor", "Not a cursor of this list.");
        Self::parse(&decode(Self::KIND, cursor)?).ok_or_else(refused).map(Some)
    }
}

impl Cursor for (BusinessDate, TransactionId) {
    const KIND: char = 't';

    fn text(&self) -> String {
        format!("{}.{}", self.0.0, self.1.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let (date, id) = text.split_once('.')?;
        Some((BusinessDate(date.parse().ok()?), TransactionId(id.parse().ok()?)))
    }
}

impl Cursor for OrderId {
    const KIND: char = 'o';

    fn text(&self) -> String {
        self.0.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl Cursor for TransactionId {
    const KIND: char = 'r';

    fn text(&self) -> String {
        self.0.to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

/// A product's code.
pub(crate) struct ProductCode(pub(crate) String);

impl Cursor for ProductCode {
    const KIND: char = 'p';

    fn text(&self) -> String {
        self.0.clone()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let key = (BusinessDate(20_261_123), TransactionId(10_000_000_012));
        assert_eq!(Cursor::of(Some(&key.cursor())).ok().flatten(), Some(key));
        assert!(<OrderId as Cursor>::of(Some(&key.cursor())).is_err());
        for bad in ["", "zz", "74", "7431", "ff"] {
            assert!(<(BusinessDate, TransactionId) as Cursor>::of(Some(bad)).is_err(), "{bad}");
        }
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err() && limit(None).is_ok_and(|n| n == 50));
    }
}
