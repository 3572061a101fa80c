//! Archiving: old transactions move from the ledger to a file, and their sums stay behind as opening figures (期初).
//!
//! Archiving walks the chain from its beginning. A transaction moves as soon as nothing needs it any more; until then it
//! is kept in the ledger. What must stay true at every moment:
//! - Opening figures plus the transactions in the ledger equal the sum of all transactions ever: balances, batches,
//!   settlements. `verify` therefore works on an archived ledger as on a whole one.
//! - An order moves as a whole, with its attempts, refunds and disputes, or stays as a whole.
//! - A transaction moves only after a confirmed settlement took it. Records of batches, settlements and proposals, with the
//!   money of deposits that proposals moved, never move ([`stays`]).
//! - Opening figures and kept transactions are sealed under the chain's key, as the chain's head is. The seal covers an
//!   exclusive-or sum of keyed digests, one per piece, so that a change updates one piece and not all. A piece cannot be
//!   made without the key, and the seal ties the sum to one position of the chain (MSet-XOR-Hash: Clarke, Devadas, van
//!   Dijk, Gassend and Suh, "Incremental multiset hash functions", 2003).

use hmac::Mac;

use crate::batch::Tally;
use crate::ids::{CardId, MerchantId, TerminalId, TransactionId};
use crate::ledger::{AccountId, ChainKey, Head, Kind, SEAL_FORMAT, Transaction, Transfer, chain, keyed};
use crate::settlement::Takers;
use crate::time::BusinessDate;

/// Where the chain goes on, and what is carried over that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The last transaction that was passed.
    pub head: Head,
    /// The day up to which transactions were passed.
    pub until: BusinessDate,
    /// The sum of all pieces.
    pub carried: [u8; 32],
}

impl Opening {
    /// Of a chain that nothing was archived of.
    pub fn nothing(slot: u8) -> Self {
        Self { head: Head::empty(slot), until: BusinessDate(0), carried: [0; 32] }
    }

    /// Whether the transaction was passed.
    pub fn passed(&self, id: TransactionId) -> bool {
        id.slot() == self.head.slot && id.sequence() <= self.head.sequence
    }

    /// Puts a piece in, or takes it out again.
    pub fn toggle(&mut self, key: &ChainKey, piece: &Piece<'_>) {
        for (sum, byte) in self.carried.iter_mut().zip(piece.digest(key)) {
            *sum ^= byte;
        }
    }

    /// Holds place, day and sum together, under the chain's key.
    pub fn seal(&self, key: &ChainKey) -> [u8; 32] {
        let mut mac = keyed(key);
        mac.update(b"opening");
        mac.update(&[SEAL_FORMAT, self.head.slot]);
        mac.update(&self.head.sequence.to_be_bytes());
        mac.update(&self.head.hash);
        mac.update(&self.until.0.to_be_bytes());
        mac.update(&self.carried);
        mac.finalize().into_bytes().into()
    }
}

/// One thing that is carried over.
#[derive(Debug)]
pub enum Piece<'a> {
    /// What archived transfers left on an account: credits less debits, fen.
    Balance(AccountId, i64),
    /// A card's latest transaction that was passed.
    Card(CardId, TransactionId),
    /// What archived transactions of a terminal's batch came to, as it is written.
    Batch(TerminalId, i64, &'a str),
    /// What a settlement took of archived transactions: of one day and kind.
    Turnover(TransactionId, BusinessDate, Kind, Tally),
    /// A transaction that was passed and kept.
    Kept(&'a Transaction, &'a [Transfer]),
}

impl Piece<'_> {
    fn digest(&self, key: &ChainKey) -> [u8; 32] {
        let mut mac = keyed(key);
        let mut numbers = |name: &[u8], numbers: &[i64]| {
            mac.update(name);
            for number in numbers {
                mac.update(&number.to_be_bytes());
            }
        };
        match self {
            Self::Balance(account, amount) => numbers(b"balance", &[account.0, *amount]),
            Self::Card(card, last) => numbers(b"card", &[card.0, last.0]),
            Self::Batch(terminal, number, figures) => {
                numbers(b"batch", &[terminal.0, *number]);
                mac.update(figures.as_bytes());
            }
            Self::Turnover(settlement, day, kind, tally) => {
                numbers(b"turnover", &[settlement.0, i64::from(day.0), tally.count, tally.sum.0]);
                mac.update(kind.word().as_bytes());
            }
            Self::Kept(transaction, transfers) => {
                mac.update(b"kept");
                mac.update(&transaction.hash);
                mac.update(&chain(key, &[0; 32], transaction, transfers).unwrap_or_default());
            }
        }
        mac.finalize().into_bytes().into()
    }
}

/// Whether a kind is kept for ever: few, and the reports that name them stay.
pub fn stays(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::BatchClose
            | Kind::SettlementRequest
            | Kind::SettlementRejection
            | Kind::Settlement
            | Kind::Funding
            | Kind::FundingReturn
            | Kind::Load
            | Kind::Adjustment
            | Kind::Proposal
            | Kind::ProposalApproval
            | Kind::ProposalRejection
            | Kind::ProposalWithdrawal
            | Kind::CardMove
            | Kind::ProgrammeChange
            | Kind::PinIssue
            | Kind::FirstUse
            | Kind::PinReset
    )
}

/// Whether confirmed settlements took everything that a transaction moved on merchants' accounts.
pub fn settled(takers: &Takers, transfers: &[Transfer]) -> bool {
    transfers.iter().flat_map(|transfer| [(transfer, transfer.debit), (transfer, transfer.credit)]).all(
        |(transfer, account)| {
            !crate::ids::MERCHANTS.contains(&account.0)
                || takers.confirmed(MerchantId(account.0), transfer.business_date, transfer.transaction).is_some()
        },
    )
}
