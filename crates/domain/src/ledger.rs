//! The ledger: transactions (one per attempt) and transfers (money that moved), append-only and chained.
//!
//! A transfer debits one account and credits another, so debits equal credits by construction. What must stay true:
//! - A declined transaction has no transfer.
//! - Transaction numbers of a slot have no gap, and each carries an HMAC over its own content, its transfers and the
//!   one before, under a key that is not in the database: `verify` finds an edit, a deletion or a cut tail.
//! - A transaction keeps the format that it was chained in. A field that is covered later gets a new [`Format`], and
//!   older transactions stay as they are.
//! - Each transaction of a card names the card's transaction before it, so a card's movements are read without an index.
//!
//! | command | debit | credit |
//! | --- | --- | --- |
//! | funding | funding clearing | deposit |
//! | funding return | deposit | funding clearing |
//! | load | deposit | card |
//! | adjustment | card | deposit |
//! | sale | card | merchant payable |
//! | refund, void, reversal, upheld dispute | merchant payable | card |
//! | settlement | merchant payable | payout clearing, and fee income |

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::card_number::{EntryMode, MaskedCard};
use crate::command::Actor;
use crate::ids::{CardId, CustomerId, MerchantId, OrderId, PersonId, RequestId, TransactionId};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::time::{BusinessDate, Timestamp};

/// A ledger account: a card, a customer's deposit, a merchant's payable, or a system account below [`crate::ids::FIRST_OWNED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub i64);

impl AccountId {
    /// Money that the card company received for cards: its debit balance is what customers paid in and did not get back.
    pub const FUNDING_CLEARING: Self = Self(1);
    /// Money on its way to merchants: its credit balance is what all settlements paid out.
    pub const PAYOUT_CLEARING: Self = Self(2);
    /// What merchants paid for the card company's service.
    pub const FEE_INCOME: Self = Self(3);

    /// The account of a card.
    pub fn card(card: CardId) -> Self {
        Self(card.0)
    }

    /// What a customer paid in and has not put on cards yet.
    pub fn deposit(customer: CustomerId) -> Self {
        Self(customer.0)
    }

    /// What a merchant is owed.
    pub fn merchant_payable(merchant: MerchantId) -> Self {
        Self(merchant.0)
    }
}

words! {
    /// Kinds of transactions; a transfer has its transaction's kind.
    pub enum Kind {
        /// Money of a customer arrives on the deposit: a second person approved it.
        Funding = "funding",
        /// Money of the deposit goes back to the customer: a second person approved it.
        FundingReturn = "funding_return",
        /// Money of a deposit arrives on a card: a second person approved it.
        Load = "load",
        /// Money of a wrong load goes back to the deposit: a second person approved it.
        Adjustment = "adjustment",
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
        /// A person of the company proposes an act.
        Proposal = "proposal",
        /// A second person approves one that moves no money, and it happens.
        ProposalApproval = "proposal_approval",
        /// A second person turns it down.
        ProposalRejection = "proposal_rejection",
        /// The maker takes it back.
        ProposalWithdrawal = "proposal_withdrawal",
        /// A card is moved to another state, or its PIN may be tried again: one person, or a second one approved it.
        CardMove = "card_move",
        /// A person of the company lowers the limits of a programme, suspends or ends it.
        ProgrammeChange = "programme_change",
        /// The card company makes a card's initial PIN or its activation code, and prints it.
        PinIssue = "pin_issue",
        /// A holder sets the card's PIN with an activation code.
        FirstUse = "first_use",
        /// A second person approves that a card's PIN is taken away.
        PinReset = "pin_reset",
    }
}

/// What a shift counts a transaction as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tallied {
    /// Money from a card.
    Sale,
    /// Money back to it, by a refund.
    Refund,
    /// A sale undone.
    Void,
    /// A balance inquiry.
    Inquiry,
}

impl Kind {
    /// What the till's shift counts an approved one as; none for what only asks or decides, and for what is the card
    /// company's.
    pub fn tallied(self) -> Option<Tallied> {
        match self {
            Self::Sale => Some(Tallied::Sale),
            Self::Refund => Some(Tallied::Refund),
            Self::Void | Self::Reversal => Some(Tallied::Void),
            Self::Inquiry => Some(Tallied::Inquiry),
            Self::Funding
            | Self::FundingReturn
            | Self::Load
            | Self::Adjustment
            | Self::RefundRequest
            | Self::RefundRejection
            | Self::BatchClose
            | Self::SettlementRequest
            | Self::SettlementRejection
            | Self::Settlement
            | Self::DisputeOpening
            | Self::DisputeAnswer
            | Self::DisputeRejection
            | Self::Chargeback
            | Self::Proposal
            | Self::ProposalApproval
            | Self::ProposalRejection
            | Self::ProposalWithdrawal
            | Self::ProgrammeChange
            | Self::CardMove
            | Self::PinIssue
            | Self::FirstUse
            | Self::PinReset => None,
        }
    }

    /// Whether an approved one moves money.
    pub fn moves_money(self) -> bool {
        match self {
            Self::Sale | Self::Settlement => true,
            other => other.gives_back() || other.moves_deposit(),
        }
    }

    /// Whether an approved one moves a customer's deposit; it is the approval of a proposal, too.
    pub fn moves_deposit(self) -> bool {
        matches!(self, Self::Funding | Self::FundingReturn | Self::Load | Self::Adjustment)
    }

    /// Whether one can be what a proposal ends with: that of an approval is the act's own where the act moves money or a card.
    pub fn ends_proposal(self) -> bool {
        let plain = matches!(self, Self::ProposalApproval | Self::ProposalRejection | Self::ProposalWithdrawal);
        plain || self.moves_deposit() || matches!(self, Self::CardMove | Self::PinReset)
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
    /// The sale that it refunds, voids, reverses or disputes, or the preparation of the
    /// settlement, or the proposal, that it decides.
    pub original: Option<TransactionId>,
    /// The manager who consented to what the person at the till cannot do alone.
    pub checker: Option<PersonId>,
    /// The card, when the number is one of ours.
    pub card: Option<CardId>,
    /// The number as it may be seen.
    pub masked: MaskedCard,
    /// How the number came in.
    pub entry: EntryMode,
    /// Amount that was asked for; zero for an inquiry.
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
    /// The card's transaction before this one; none for its first.
    pub card_previous: Option<TransactionId>,
    /// Number of the [`Format`] of the chain value.
    pub format: u8,
    /// Chain value, see [`chain`].
    pub hash: [u8; 32],
}

impl Transaction {
    /// An approved one of zero, about no order and no card, in the first format and not chained yet: what every record
    /// begins with.
    pub fn bare(id: TransactionId, kind: Kind, request_id: RequestId, actor: Actor, at: Timestamp) -> Self {
        Self {
            id,
            request_id,
            content: [0; 16],
            actor,
            kind,
            order: None,
            original: None,
            checker: None,
            card: None,
            masked: MaskedCard(String::new()),
            entry: EntryMode::Manual,
            amount: Fen::ZERO,
            decline: None,
            approval_code: None,
            balance: None,
            batch: 0,
            business_date: at.business_date(),
            at,
            card_previous: None,
            format: 1,
            hash: [0; 32],
        }
    }

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

/// How chain values are made: the secret, held outside the database, and the known formats.
#[derive(Clone)]
pub struct ChainKey {
    secret: [u8; 32],
    formats: &'static [Format],
}

impl PartialEq for ChainKey {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
    }
}

impl ChainKey {
    /// A secret with the formats of this program.
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret, formats: FORMATS }
    }

    /// The same secret with other formats, the newest last: for tests of what a later program does.
    #[must_use]
    pub fn with_formats(self, formats: &'static [Format]) -> Self {
        Self { formats, ..self }
    }

    /// The format that new transactions get.
    pub(crate) fn newest(&self) -> u8 {
        self.formats.last().map_or(0, |format| format.number)
    }

    fn format(&self, number: u8) -> Option<&'static Format> {
        self.formats.iter().find(|format| format.number == number)
    }
}

/// One way to write a transaction with its transfers for its chain value. A new covered field, and a new secret, is a
/// new format: the next number in [`FORMATS`], whose function calls the one before and adds the field.
pub struct Format {
    /// From 1; stored with each transaction, and covered.
    pub number: u8,
    /// Writes what the chain value covers.
    pub write: fn(&Transaction, &[Transfer], &mut Covered),
}

/// The formats that this program knows, oldest first. One that is in a database never changes.
pub const FORMATS: &[Format] = &[Format { number: 1, write: first_format }];

/// Format of [`Head::seal`], of [`crate::archive::Opening::seal`] and of an archive's seal; stored beside each.
pub const SEAL_FORMAT: u8 = 1;

/// Takes what a chain value covers. Every field has its own place: what is absent differs from every value, and texts
/// carry their length, so no two transactions are written alike.
pub struct Covered(Hmac<Sha256>);

impl Covered {
    /// Bytes of a fixed length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// A number.
    pub fn number(&mut self, value: i64) {
        self.0.update(&value.to_be_bytes());
    }

    /// A number that may be absent.
    pub fn optional(&mut self, value: Option<i64>) {
        self.number(i64::from(value.is_some()));
        self.number(value.unwrap_or(0));
    }

    /// A text that may be absent.
    pub fn text(&mut self, text: Option<&str>) {
        self.number(text.map_or(-1, |text| count(text.len())));
        self.bytes(text.unwrap_or_default().as_bytes());
    }
}

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
        mac.update(&[SEAL_FORMAT, self.slot]);
        mac.update(&self.sequence.to_be_bytes());
        mac.update(&self.hash);
        mac.finalize().into_bytes().into()
    }
}

/// The chain value of `transaction` with its `transfers`, after `previous`; none when its format is unknown.
pub fn chain(
    key: &ChainKey,
    previous: &[u8; 32],
    transaction: &Transaction,
    transfers: &[Transfer],
) -> Option<[u8; 32]> {
    let format = key.format(transaction.format)?;
    let mut covered = Covered(keyed(key));
    covered.bytes(b"transaction");
    covered.bytes(&[format.number]);
    covered.bytes(previous);
    (format.write)(transaction, transfers, &mut covered);
    Some(covered.0.finalize().into_bytes().into())
}

fn first_format(transaction: &Transaction, transfers: &[Transfer], covered: &mut Covered) {
    covered.bytes(&transaction.request_id.0);
    covered.bytes(&transaction.content);
    covered.number(transaction.id.0);
    covered.number(transaction.actor.merchant.0);
    covered.number(transaction.actor.outlet.0);
    covered.number(transaction.actor.terminal.0);
    covered.number(transaction.actor.person.0);
    covered.number(transaction.amount.0);
    covered.number(transaction.batch);
    covered.number(i64::from(transaction.business_date.0));
    covered.number(transaction.at.0);
    covered.optional(transaction.order.map(|order| order.0));
    covered.optional(transaction.original.map(|original| original.0));
    covered.optional(transaction.checker.map(|checker| checker.0));
    covered.optional(transaction.card.map(|card| card.0));
    covered.optional(transaction.card_previous.map(|previous| previous.0));
    covered.optional(transaction.decline.and_then(Decline::detail));
    covered.optional(transaction.balance.map(|balance| balance.0));
    covered.number(count(transfers.len()));
    for transfer in transfers {
        covered.number(transfer.transaction.0);
        covered.number(transfer.leg);
        covered.number(transfer.debit.0);
        covered.number(transfer.credit.0);
        covered.number(transfer.amount.0);
        covered.number(i64::from(transfer.business_date.0));
    }
    covered.text(Some(transaction.kind.word()));
    covered.text(Some(&transaction.masked.0));
    covered.text(Some(transaction.entry.word()));
    covered.text(transaction.decline.map(Decline::word));
    covered.text(transaction.approval_code.as_deref());
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

pub(crate) fn keyed(key: &ChainKey) -> Hmac<Sha256> {
    Hmac::new_from_slice(&key.secret).expect("HMAC takes keys of any length")
}
