//! Identifiers. Each is its own type, so that a card id can never be passed where an order id is meant.
//!
//! All are positive and unique over all kinds: a card's ledger account has the card's id, a merchant's payable account has
//! the merchant's id, a customer's deposit has the customer's id, and ids below [`FIRST_OWNED`] are system accounts (see
//! [`crate::ledger`]).

use std::fmt;

use crate::time::Timestamp;

/// Ids below this belong to the system accounts of the ledger.
pub const FIRST_OWNED: i64 = 1_000;

/// Merchants have ids in this range: the index `ledger_transfer_back` of the schema tells by the range which transfers
/// take something from a merchant.
pub const MERCHANTS: std::ops::RangeInclusive<i64> = FIRST_OWNED..=999_999;

/// Customers have ids in this range and cards have ids above it: the indexes of deposits in the schema tell by the range
/// which transfers move one.
pub const CUSTOMERS: std::ops::RangeInclusive<i64> = 1_000_000..=9_999_999;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// Merchant: the company that sells and is paid.
    MerchantId
}
id! {
    /// Outlet (store) of a merchant.
    OutletId
}
id! {
    /// Terminal: one till. Its 8-digit terminal number (ISO 8583 DE 41) is the id itself.
    TerminalId
}
id! {
    /// Person: a human with a login. Maker and checker are compared by it.
    PersonId
}
id! {
    /// Card.
    CardId
}
id! {
    /// Customer: the company or person that pays for cards in advance.
    CustomerId
}
id! {
    /// Card programme: the terms that its cards are issued on.
    ProgrammeId
}
/// Numbers of programmes.
pub const PROGRAMMES: std::ops::RangeInclusive<i64> = 1..=9_999;

id! {
    /// Card batch 卡批次: cards that are made together. Also the first half of their serials.
    CardBatchId
}
id! {
    /// API key of a program that acts for a merchant.
    KeyId
}
id! {
    /// Recall of goods.
    RecallId
}
id! {
    /// Edition of the products of a price list.
    EditionId
}
id! {
    /// Price list: goods and what they cost, for the tills of a merchant or of some of its outlets, or for lists below it. A
    /// merchant's own list has the merchant's id.
    ListId
}
id! {
    /// Order: one cart, time-ordered.
    OrderId
}

/// An id of 63 bits that ascends with time, so that inserts stay on the last pages of a table: the millisecond, then 20
/// bits of `random`.
pub fn time_ordered(at: Timestamp, random: u32) -> i64 {
    at.0.div_euclid(1_000).saturating_mul(1 << 20).saturating_add(i64::from(random & 0xf_ffff))
}

impl ListId {
    /// The first one that is not a merchant's own.
    pub const FIRST: Self = Self(*MERCHANTS.end() + 1);

    /// A merchant's own list.
    pub const fn of(merchant: MerchantId) -> Self {
        Self(merchant.0)
    }

    /// The merchant whose own list it is.
    pub fn merchant(self) -> Option<MerchantId> {
        MERCHANTS.contains(&self.0).then_some(MerchantId(self.0))
    }
}

impl OrderId {
    /// The next order's id: of this moment, and above `last`, also when the clock stood still.
    pub fn next(at: Timestamp, random: u32, last: i64) -> Self {
        Self(time_ordered(at, random).max(last.saturating_add(1)))
    }
}

/// Transaction: one attempt, approved or declined. The retrieval reference number of the slip is this number printed
/// with 12 digits, so staff, slip and database name the same thing.
///
/// `slot * 10^10 + sequence`: the slot (0..=99) names a chain and is 1 as long as one installation keeps one chain; the
/// sequence has no gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId(pub i64);

impl TransactionId {
    /// Sequence numbers per slot.
    pub const SEQUENCES: i64 = 10_000_000_000;

    /// The number of `sequence` (from 1) in `slot` (0..=99).
    ///
    /// # Panics
    /// When the slot is used up after 10^10 transactions; the caller moves to another slot long before.
    pub fn new(slot: u8, sequence: i64) -> Self {
        invariant!(slot < 100 && (1..Self::SEQUENCES).contains(&sequence), "transaction number out of range");
        Self(i64::from(slot).saturating_mul(Self::SEQUENCES).saturating_add(sequence))
    }

    /// The chain it belongs to.
    pub fn slot(self) -> u8 {
        u8::try_from(self.0.wrapping_div(Self::SEQUENCES)).unwrap_or(u8::MAX)
    }

    /// Position in its slot, from 1 without a gap.
    pub fn sequence(self) -> i64 {
        self.0.wrapping_rem(Self::SEQUENCES)
    }

    /// Retrieval reference number, 12 digits (ISO 8583 DE 37).
    pub fn rrn(self) -> String {
        format!("{:012}", self.0)
    }

    /// System trace audit number, 6 digits that wrap (ISO 8583 DE 11); the slip calls it the voucher number.
    pub fn stan(self) -> String {
        format!("{:06}", self.0.wrapping_rem(1_000_000))
    }
}

/// Request id: names one intended money movement, so that however often it is sent, it happens at most once.
/// The till's are UUIDv7 (time-ordered, which keeps their index local).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    /// A UUIDv7 of this moment and 10 random bytes (RFC 9562, section 5.7).
    pub fn v7(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = (at.0 / 1_000).max(0).to_be_bytes();
        let mut bytes = [0; 16];
        let (time, rest) = bytes.split_at_mut(6);
        time.copy_from_slice(millis.get(2..).unwrap_or_default());
        rest.copy_from_slice(&random);
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = 0x70 | (*version & 0x0f);
        *variant = 0x80 | (*variant & 0x3f);
        Self(bytes)
    }

    /// Parses 32 hex digits, with or without hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 16];
        let mut digits = text.chars().filter(|c| *c != '-').map(|c| c.to_digit(16));
        for byte in &mut bytes {
            let (high, low) = (digits.next()??, digits.next()??);
            *byte = u8::try_from((high << 4) | low).ok()?;
        }
        digits.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_id_is_its_reference_number() {
        let id = TransactionId::new(3, 1_000_042);
        assert_eq!((id.slot(), id.sequence()), (3, 1_000_042));
        assert_eq!((id.rrn().as_str(), id.stan().as_str()), ("030001000042", "000042"));
    }

    #[test]
    fn later_is_larger_and_fits() {
        let at = Timestamp(1_795_000_000_000_000);
        assert!(time_ordered(at, u32::MAX) < time_ordered(at.plus(1_000), 0));
        // Year 2200 still fits.
        assert!(time_ordered(Timestamp(7_258_118_400_000_000), u32::MAX) < i64::MAX);
        let first = OrderId::next(at, 7, 0);
        assert_eq!(OrderId::next(at.plus(-1_000), 9, first.0).0, first.0 + 1, "a clock set back");
    }

    #[test]
    fn request_ids_survive_text() {
        let id = RequestId::v7(Timestamp(1_795_000_000_000_000), [7; 10]);
        assert_eq!(RequestId::parse(&id.to_string()), Some(id));
        assert_eq!(RequestId::parse("not-an-id"), None);
        assert_eq!(RequestId::parse(&format!("{id}0")), None);
    }
}
