//! The ledger: transactions (one per attempt) and transfers (money that moved), append-only and chained.
//!
//! A transfer debits one account and credits another, so debits equal credits by construction. What must stay true:
//! - A declined transaction has no transfer.
//! - Transaction numbers of a slot have no gap, and each carries an HMAC over its own content, its transfers and the
//!   one before, under a key that is not in the database: `verify` finds an edit, a deletion or a cut tail.
//!
//! | command | debit | credit |
//! | --- | --- | --- |
//! | load | funding clearing | card |
//! | sale | card | merchant payable |
//! | refund, void, reversal, upheld dispute | merchant payable | card |
//! | settlement | merchant payable | payout clearing, and fee income |

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::card_number::{EntryMode, MaskedCard};
use crate::command::Actor;
use crate::ids::{CardId, MerchantId, OrderId, PersonId, RequestId, TransactionId};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::time::{BusinessDate, Timestamp};

/// A ledger account: a card, a merchant's payable, or a system account below [`crate::ids::FIRST_OWNED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

impl AccountId {
    /// Money that the card company received for cards: its debit balance is what all loads brought in.
    pub const FUNDING_CLEARING: Self = Self(1);
    /// Money on its way to merchants: its credit balance is what all settlements paid out.
    pub const PAYOUT_CLEARING: Self = Self(2);
    /// What merchants paid for the card company's service.
    pub const FEE_INCOME: Self = Self(3);

    /// The account of a card.
    pub fn card(card: CardId) -> Self {
        Self(card.0)
    }

    /// What a merchant is owed.
    pub fn merchant_payable(merchant: MerchantId) -> Self {
        Self(merchant.0)
    }
}

words! {
    /// Kinds of transactions; a transfer has its transaction's kind.
    pub enum Kind {
        /// Money arrives on a card.
        Load = "load",
        /// Balance inquiry.
        Inquiry = "inquiry",
        /// Sale.
        Sale = "sale",
        /// A person asks for a refund; no money moves yet.
        RefundRequest = "refund_request",
        /// A second person turns it down.
        RefundRejection = "refund_rejection",
        /// A second person approves it and the money goes back.
        Refund = "refund",
        /// Today's sale is undone in full.
        Void = "void",
        /// A machine takes back a sale whose outcome it does not know.
        Reversal = "reversal",
        /// A terminal's batch is closed.
        BatchClose = "batch_close",
        /// The card company prepares what a merchant is paid; no money moves yet.
        SettlementRequest = "settlement_request",
        /// A second person turns it down.
        SettlementRejection = "settlement_rejection",
        /// A second person confirms it and the merchant is paid.
        Settlement = "settlement",
        /// The card company takes up what a holder contests; no money moves yet.
        DisputeOpening = "dispute_opening",
        /// The merchant answers.
        DisputeAnswer = "dispute_answer",
        /// A second person of the company turns the dispute down.
        DisputeRejection = "dispute_rejection",
        /// A second person upholds it and the money goes back.
        Chargeback = "chargeback",
    }
}

impl Kind {
    /// Whether an approved one moves money.
    pub fn moves_money(self) -> bool {
        match self {
            Self::Load | Self::Sale | Self::Settlement => true,
            other => other.gives_back(),
        }
    }

    /// Whether an approved one gives back some or all of a sale.
    pub fn gives_back(self) -> bool {
        matches!(self, Self::Refund | Self::Void | Self::Reversal | Self::Chargeback)
    }
}

/// One attempt, approved or declined. Till list, order page and slip all read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its number, also its retrieval reference number.
    pub id: TransactionId,
    /// The request that caused it.
    pub request_id: RequestId,
    /// Digest of what was asked, so that the same id with other content is noticed. Never covers the PIN.
    pub content: [u8; 16],
    /// Person and place.
    pub actor: Actor,
    /// Its kind.
    pub kind: Kind,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// The sale that it refunds, voids, reverses or disputes, or the preparation of the settlement that it decides.
    pub original: Option<TransactionId>,
    /// The manager who consented to what the person at the till cannot do alone.
    pub checker: Option<PersonId>,
    /// The card, when the number is one of ours.
    pub card: Option<CardId>,
    /// The number as it may be seen.
    pub masked: MaskedCard,
    /// How the number came in.
    pub entry: EntryMode,
    /// Asked amount; zero for an inquiry.
    pub amount: Fen,
    /// `None` when approved.
    pub decline: Option<Decline>,
    /// Six digits, when approved (ISO 8583 DE 38).
    pub approval_code: Option<String>,
    /// On the card afterwards; stored only after a correct PIN.
    pub balance: Option<Fen>,
    /// The terminal's batch.
    pub batch: i64,
    /// The day it counts for.
    pub business_date: BusinessDate,
    /// When it was decided and committed.
    pub at: Timestamp,
    /// Chain value, see [`chain`].
    pub hash: [u8; 32],
}

impl Transaction {
    /// Whether it went through.
    pub fn approved(&self) -> bool {
        self.decline.is_none()
    }

    /// Response code (ISO 8583 DE 39).
    pub fn code(&self) -> &'static str {
        self.decline.map_or("00", Decline::code)
    }
}

/// Money that moved: `amount` from `debit` to `credit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The transaction it belongs to.
    pub transaction: TransactionId,
    /// Leg of the transaction, from 1.
    pub leg: i64,
    /// The account that gives.
    pub debit: AccountId,
    /// The account that receives.
    pub credit: AccountId,
    /// More than nothing.
    pub amount: Fen,
    /// The day it counts for.
    pub business_date: BusinessDate,
}

/// Secret of the chain; held outside the database.
#[derive(Clone, PartialEq, Eq)]
pub struct ChainKey(pub [u8; 32]);

/// Where a slot's chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The slot.
    pub slot: u8,
    /// Sequence of its last transaction, 0 when it has none.
    pub sequence: i64,
    /// Chain value of that transaction.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of an empty slot.
    pub fn empty(slot: u8) -> Self {
        Self { slot, sequence: 0, hash: [0; 32] }
    }

    /// The next transaction's number.
    pub fn next(&self) -> TransactionId {
        TransactionId::new(self.slot, self.sequence.saturating_add(1))
    }

    /// The head after `transaction`.
    pub fn after(transaction: &Transaction) -> Self {
        Self { slot: transaction.id.slot(), sequence: transaction.id.sequence(), hash: transaction.hash }
    }

    /// Seals the head itself. The seal differs from the chain value, so an earlier head cannot be sealed without the key
    /// to hide a cut tail.
    pub fn seal(&self, key: &ChainKey) -> [u8; 32] {
        let mut mac = keyed(key);
        mac.update(b"head");
        mac.update(&[self.slot]);
        mac.update(&self.sequence.to_be_bytes());
        mac.update(&self.hash);
        mac.finalize().into_bytes().into()
    }
}

/// The chain value of `transaction` with its `transfers`, after `previous`. Every field has its own place: what is
/// absent differs from every value, texts carry their length, so no two rows are written alike.
pub fn chain(key: &ChainKey, previous: &[u8; 32], transaction: &Transaction, transfers: &[Transfer]) -> [u8; 32] {
    let mut mac = keyed(key);
    mac.update(previous);
    mac.update(&transaction.request_id.0);
    mac.update(&transaction.content);
    let mut number = |value: i64| mac.update(&value.to_be_bytes());
    number(transaction.id.0);
    number(transaction.actor.merchant.0);
    number(transaction.actor.outlet.0);
    number(transaction.actor.terminal.0);
    number(transaction.actor.person.0);
    number(transaction.amount.0);
    number(transaction.batch);
    number(i64::from(transaction.business_date.0));
    number(transaction.at.0);
    let order = transaction.order.map(|order| order.0);
    let card = transaction.card.map(|card| card.0);
    let original = transaction.original.map(|original| original.0);
    let checker = transaction.checker.map(|checker| checker.0);
    let detail = transaction.decline.and_then(Decline::detail);
    let balance = transaction.balance.map(|balance| balance.0);
    for value in [order, original, checker, card, detail, balance] {
        number(i64::from(value.is_some()));
        number(value.unwrap_or(0));
    }
    number(count(transfers.len()));
    for transfer in transfers {
        number(transfer.transaction.0);
        number(transfer.leg);
        number(transfer.debit.0);
        number(transfer.credit.0);
        number(transfer.amount.0);
        number(i64::from(transfer.business_date.0));
    }
    let (kind, entry) = (transaction.kind.word(), transaction.entry.word());
    let decline = transaction.decline.map(Decline::word);
    let approval = transaction.approval_code.as_deref();
    for text in [Some(kind), Some(transaction.masked.0.as_str()), Some(entry), decline, approval] {
        mac.update(&text.map_or(-1, |text| count(text.len())).to_be_bytes());
        mac.update(text.unwrap_or_default().as_bytes());
    }
    mac.finalize().into_bytes().into()
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

pub(crate) fn keyed(key: &ChainKey) -> Hmac<Sha256> {
    Hmac::new_from_slice(&key.0).expect("HMAC takes keys of any length")
}
