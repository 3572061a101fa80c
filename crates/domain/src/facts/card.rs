//! Cards and the programmes that issue them.

use crate::ids::{CardId, MerchantId, TransactionId};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::PinValue;
use crate::time::BusinessDate;

/// Keyed look-up value of a card number (HMAC-SHA-256, first 16 bytes): finds the row without storing the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardKey(pub [u8; 16]);

words! {
    /// States of a card. Only [`Active`](CardStatus::Active) pays.
    pub enum CardStatus {
        /// Made, not yet handed to the holder.
        Issued = "issued",
        /// In use.
        Active = "active",
        /// Frozen by the issuer.
        Frozen = "frozen",
        /// Reported lost by the holder.
        Lost = "lost",
        /// Reported stolen.
        Stolen = "stolen",
        /// Locked by the issuer after too many wrong PINs.
        PinLocked = "pin_locked",
        /// Replaced by another card, which has the money.
        Replaced = "replaced",
        /// Closed for good.
        Closed = "closed",
    }
}

impl CardStatus {
    /// Its number among all, from 1: the figure of a decline. The order of the states never changes.
    pub fn number(self) -> i64 {
        let before = Self::ALL.iter().take_while(|status| **status != self).count();
        i64::try_from(before).map_or(0, |before| before.saturating_add(1))
    }

    /// The state with this number.
    pub fn numbered(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.number() == number)
    }
}

/// Limits of a card programme. Every one is data, because whether a programme is a regulated prepaid card or an
/// employer's benefit decides them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Whether the holder's name is on file. Named cards do not expire.
    pub named: bool,
    /// Most that a card may hold.
    pub balance_max: Fen,
    /// Most that one sale may take.
    pub sale_max: Fen,
    /// Most that a card may spend in a day.
    pub daily_max: Fen,
    /// Most sales of a card in a day.
    pub daily_count_max: i64,
    /// How long the merchant may refund a sale, in microseconds after its commit.
    pub refund_window: i64,
    /// Merchants that take this programme's cards; empty means all.
    pub merchants: Vec<MerchantId>,
}

/// What a card spent on one business date; kept in the card's row so that limits cost no extra row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The day.
    pub on: BusinessDate,
    /// Sales' sum less voids.
    pub amount: Fen,
    /// Sales.
    pub count: i64,
}

/// A card as the money path sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// Its id, also the id of its ledger account.
    pub id: CardId,
    /// Look-up value of its number.
    pub key: CardKey,
    /// State.
    pub status: CardStatus,
    /// Holder's name; empty for an anonymous card.
    pub holder: String,
    /// Last day it pays, if it expires.
    pub expires_on: Option<BusinessDate>,
    /// Keyed value of the right PIN.
    pub pin: PinValue,
    /// What is on it.
    pub balance: Fen,
    /// What it spent on its last day of use.
    pub spent: Spent,
    /// Its latest transaction; none before its first.
    pub last: Option<TransactionId>,
    /// Its programme's limits.
    pub programme: Programme,
}

impl Card {
    /// What it spent `today`.
    pub fn spent_today(&self, today: BusinessDate) -> Spent {
        if self.spent.on == today { self.spent } else { Spent { on: today, amount: Fen::ZERO, count: 0 } }
    }

    /// Whether the card's state lets it pay (or show its balance) at `merchant` today.
    pub fn usable(&self, merchant: MerchantId, today: BusinessDate) -> Result<(), Decline> {
        match self.status {
            CardStatus::Active => {}
            CardStatus::Issued => return Err(Decline::CardNotActive),
            CardStatus::Frozen => return Err(Decline::CardFrozen),
            CardStatus::Lost => return Err(Decline::CardLost),
            CardStatus::Stolen => return Err(Decline::CardStolen),
            CardStatus::PinLocked => return Err(Decline::PinTriesExceeded),
            CardStatus::Replaced => return Err(Decline::CardReplaced),
            CardStatus::Closed => return Err(Decline::CardClosed),
        }
        if let Some(last) = self.expires_on.filter(|last| *last < today) {
            return Err(Decline::CardExpired { on: last });
        }
        if !self.programme.merchants.is_empty() && !self.programme.merchants.contains(&merchant) {
            return Err(Decline::NotAcceptedHere);
        }
        Ok(())
    }

    /// Whether the card can pay `amount` today, and what is left on it then.
    pub fn debit(&self, amount: Fen, today: BusinessDate) -> Result<(Fen, Spent), Decline> {
        let spent = self.spent_today(today);
        let limits = &self.programme;
        if amount > limits.sale_max {
            return Err(Decline::OverSaleLimit { limit: limits.sale_max });
        }
        let count = spent.count.saturating_add(1);
        if count > limits.daily_count_max {
            return Err(Decline::OverDailyCount { limit: limits.daily_count_max });
        }
        let total = spent.amount.plus(amount).filter(|total| *total <= limits.daily_max);
        let Some(total) = total else { return Err(Decline::OverDailyLimit { limit: limits.daily_max }) };
        let left = self.balance.minus(amount).unwrap_or(Fen(i64::MIN));
        if left < Fen::ZERO {
            return Err(Decline::InsufficientFunds { short_by: Fen(left.0.saturating_neg()) });
        }
        Ok((left, Spent { on: today, amount: total, count }))
    }
}
/// First and last character of a name, the rest hidden; of two characters the first.
pub fn masked_name(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().unwrap_or('*');
    match letters.next_back() {
        Some(last) if name.chars().count() > 2 => format!("{first}*{last}"),
        _ => format!("{first}*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_its_ends_only() {
        let names = [
            ("\u{5f20}\u{82b3}", "\u{5f20}*"),
            ("\u{5218}\u{5fb7}\u{660e}", "\u{5218}*\u{660e}"),
            ("A", "A*"),
            ("", "**"),
        ];
        for (name, masked) in names {
            assert_eq!(masked_name(name), masked);
        }
    }
}
