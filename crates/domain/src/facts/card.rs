//! Cards and the programmes that issue them.

use crate::ids::{CardId, MerchantId, ProgrammeId, TransactionId};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::pin::CardPin;
use crate::programme::{PinMode, ProgrammeStatus, Terms};
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

    /// Why a card in this state does not pay; meaningless for the one that does.
    pub(crate) fn refusal(self) -> Decline {
        match self {
            Self::Issued | Self::Active => Decline::CardNotActive,
            Self::Frozen => Decline::CardFrozen,
            Self::Lost => Decline::CardLost,
            Self::Stolen => Decline::CardStolen,
            Self::PinLocked => Decline::PinTriesExceeded,
            Self::Replaced => Decline::CardReplaced,
            Self::Closed => Decline::CardClosed,
        }
    }
}

/// What the money path needs of a card's programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Its id.
    pub id: ProgrammeId,
    /// State.
    pub status: ProgrammeStatus,
    /// Whether the holder's name is on file. Named cards do not expire.
    pub named: bool,
    /// Most that a card may hold.
    pub balance_max: Fen,
    /// Most that one load may put on a card.
    pub load_max: Fen,
    /// Most that one sale may take.
    pub sale_max: Fen,
    /// Most that a card may spend in a day.
    pub daily_max: Fen,
    /// Most sales of a card in a day.
    pub daily_count_max: i64,
    /// Most that a card may spend in a calendar month, if there is a limit.
    pub month_max: Option<Fen>,
    /// How long the merchant may refund a sale, in microseconds after its commit.
    pub refund_window: i64,
    /// Whether its holder may report a card lost.
    pub loss_report: bool,
    /// How holders get their PINs.
    pub pin_mode: PinMode,
    /// Merchants that take this programme's cards; empty means all.
    pub merchants: Vec<MerchantId>,
}

impl Programme {
    /// Takes over what was decided of it.
    pub fn follow(&mut self, status: ProgrammeStatus, terms: &Terms) {
        *self = Self {
            id: self.id,
            status,
            named: self.named,
            balance_max: terms.balance_max,
            load_max: terms.load_max,
            sale_max: terms.sale_max,
            daily_max: terms.daily_max,
            daily_count_max: terms.daily_count_max,
            month_max: terms.month_max,
            refund_window: terms.refund_window,
            loss_report: terms.loss_report,
            pin_mode: terms.pin_mode,
            merchants: terms.merchants.clone(),
        };
    }
}

/// What a card spent on one business date and in its month; kept in the card's row so that limits cost no extra row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The day.
    pub on: BusinessDate,
    /// Sales' sum less voids.
    pub amount: Fen,
    /// Sales.
    pub count: i64,
    /// Sales' sum less voids, of the calendar month of that day.
    pub month: Fen,
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
    /// Its PIN.
    pub pin: CardPin,
    /// The latest transaction that gave it a PIN or an activation code, or took the PIN away; none for a card that was made
    /// with its PIN and still has it.
    pub pin_by: Option<TransactionId>,
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
        if self.spent.on == today {
            return self.spent;
        }
        let month = if self.spent.on.month() == today.month() { self.spent.month } else { Fen::ZERO };
        Spent { on: today, amount: Fen::ZERO, count: 0, month }
    }

    /// Whether the card's state lets it pay (or show its balance) at `merchant` today.
    pub fn usable(&self, merchant: MerchantId, today: BusinessDate) -> Result<(), Decline> {
        if self.status != CardStatus::Active {
            return Err(self.status.refusal());
        }
        if let Some(last) = self.expires_on.filter(|last| *last < today) {
            return Err(Decline::CardExpired { on: last });
        }
        if !self.programme.merchants.is_empty() && !self.programme.merchants.contains(&merchant) {
            return Err(Decline::NotAcceptedHere);
        }
        Ok(())
    }

    /// Whether the card can pay `amount` today, and what is left on it then. A suspended programme stops it here and not in
    /// [`Card::usable`], so that the holder still sees the balance.
    pub fn debit(&self, amount: Fen, today: BusinessDate) -> Result<(Fen, Spent), Decline> {
        let spent = self.spent_today(today);
        let limits = &self.programme;
        if !limits.status.pays() {
            return Err(Decline::ProgrammeSuspended);
        }
        if amount > limits.sale_max {
            return Err(Decline::OverSaleLimit { limit: limits.sale_max });
        }
        let count = spent.count.saturating_add(1);
        if count > limits.daily_count_max {
            return Err(Decline::OverDailyCount { limit: limits.daily_count_max });
        }
        let total = spent.amount.plus(amount).filter(|total| *total <= limits.daily_max);
        let Some(total) = total else { return Err(Decline::OverDailyLimit { limit: limits.daily_max }) };
        let month = spent.month.plus(amount).unwrap_or(Fen(i64::MAX));
        if let Some(limit) = limits.month_max.filter(|limit| month > *limit) {
            return Err(Decline::OverMonthlyLimit { limit });
        }
        let left = self.balance.minus(amount).unwrap_or(Fen(i64::MIN));
        if left < Fen::ZERO {
            return Err(Decline::InsufficientFunds { short_by: Fen(left.0.saturating_neg()) });
        }
        Ok((left, Spent { on: today, amount: total, count, month }))
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
