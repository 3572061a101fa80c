//! Archiving: old transactions leave the ledger for a file, and what they came to stays behind as opening figures (期初).
//!
//! The chain is passed from its beginning, transaction by transaction. A passed one goes as soon as nothing needs it any
//! more; until then it is kept where it is. What must stay true at every moment:
//! - Opening figures and the transactions that are present come to what all transactions came to: balances, batches,
//!   settlements. So everything that adds up goes on adding up, and so does `verify`.
//! - An order goes whole, with everything that was tried, given back or contested of it, or stays whole.
//! - Nothing goes that a confirmed settlement has not taken, and no record of a batch or settlement goes ([`stays`]).
//! - Opening figures and kept transactions are sealed under the chain's key, as the chain's head is. Each is one piece
//!   of a sum (exclusive or) of keyed digests, so one that changes costs one piece and not all. Without the key
//!   a piece cannot be made, and the seal holds the sum to one place of the chain (the construction is MSet-XOR-Hash of Clarke,
//!   Devadas, van Dijk, Gassend and Suh, "Incremental multiset hash functions", 2003).

use hmac::Mac;

use crate::batch::Tally;
use crate::ids::{MerchantId, TerminalId, TransactionId};
use crate::ledger::{AccountId, ChainKey, Head, Kind, Transaction, Transfer, chain, keyed};
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
        mac.update(&[self.head.slot]);
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
                mac.update(&chain(key, &[0; 32], transaction, transfers));
            }
        }
        mac.finalize().into_bytes().into()
    }
}

/// Whether a kind is kept for ever: few, and the reports that name them stay.
pub fn stays(kind: Kind) -> bool {
    matches!(kind, Kind::BatchClose | Kind::SettlementRequest | Kind::SettlementRejection | Kind::Settlement)
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
