//! Opening figures: sums start from them, and their seal covers them and the kept transactions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audit, Finding};
use crate::archive::{Opening, Piece};
use crate::batch::{Batch, Tally};
use crate::ids::{CardId, OrderId, TerminalId, TransactionId};
use crate::ledger::{AccountId, Head, Kind};
use crate::time::BusinessDate;

impl Audit {
    /// Takes the place where the chain goes on, with its seal. Call before everything but settlements.
    pub fn opening(&mut self, opening: Opening, seal: &[u8; 32]) {
        if opening.seal(&self.key) != *seal {
            self.report("I9", format!("the opening of slot {} was altered", opening.head.slot));
        }
        self.head = opening.head;
        self.opening = Some((opening, Opening::nothing(opening.head.slot)));
    }

    /// Takes an account's opening balance: credits less debits of archived transfers, fen.
    pub fn opening_balance(&mut self, account: AccountId, amount: i64) {
        self.carry(&Piece::Balance(account, amount));
        let sum = self.accounts.entry(account).or_insert(0);
        *sum = sum.saturating_add(i128::from(amount));
    }

    /// Takes a card's latest transaction that was passed.
    pub fn opening_card(&mut self, card: CardId, last: TransactionId) {
        self.carry(&Piece::Card(card, last));
        self.movements.insert(card, last);
    }

    /// Takes what archived transactions of a batch came to, as it is written and as it is read.
    pub fn opening_batch(&mut self, terminal: TerminalId, number: i64, written: &str, figures: Batch) {
        self.carry(&Piece::Batch(terminal, number, written));
        self.batches.insert((terminal, number), figures);
    }

    /// Takes what a settlement took of archived transactions.
    pub fn opening_turnover(&mut self, settlement: TransactionId, day: BusinessDate, kind: Kind, tally: Tally) {
        self.carry(&Piece::Turnover(settlement, day, kind, tally));
        self.settlements.archived(settlement, day, kind, tally);
    }

    /// Where a slot's chain begins for this reader.
    pub(super) fn begins(&self, slot: u8) -> Head {
        self.opening.map(|(opening, _)| opening.head).filter(|head| head.slot == slot).unwrap_or(Head::empty(slot))
    }

    /// Whether the transaction is older than the place where the chain goes on.
    pub(super) fn was_passed(&self, id: TransactionId) -> bool {
        self.opening.is_some_and(|(opening, _)| opening.passed(id))
    }

    pub(super) fn carry(&mut self, piece: &Piece<'_>) {
        let key = self.key.clone();
        match &mut self.opening {
            Some((_, met)) => met.toggle(&key, piece),
            None => self.report("I9", format!("there is no opening, but this is carried over it: {piece:?}")),
        }
    }

    /// The archive was read from its first transaction on, and nothing else: holds its end to what was carried over it.
    /// `carried` is what opening figures and kept transactions come to, `cards` each card's latest transaction that was
    /// passed, `kept` are the orders that stayed.
    pub fn finish_archive(
        mut self,
        end: &Head,
        carried: &BTreeMap<AccountId, i128>,
        cards: &BTreeMap<CardId, TransactionId>,
        kept: &BTreeSet<OrderId>,
    ) -> Vec<Finding> {
        let read = if self.previous.is_some() { self.head } else { Head::empty(end.slot) };
        if read != *end {
            let next = |head: &Head| head.next().rrn();
            self.report("I9", format!("the archive ends before {}, the ledger begins at {}", next(&read), next(end)));
        }
        let accounts: BTreeSet<AccountId> = self.accounts.keys().chain(carried.keys()).copied().collect();
        for account in accounts {
            let of = |all: &BTreeMap<AccountId, i128>| all.get(&account).copied().unwrap_or(0);
            let (archived, carried) = (of(&self.accounts), of(carried));
            if archived != carried {
                let what = format!("account {} had {archived} fen, but {carried} fen were carried over", account.0);
                self.report("I2", what);
            }
        }
        let others: BTreeSet<CardId> = self.movements.keys().chain(cards.keys()).copied().collect();
        for card in others {
            if self.movements.get(&card) != cards.get(&card) {
                self.report("I9", format!("the archive does not end with the latest transaction of card {card}"));
            }
        }
        let missing: Vec<_> = self
            .sales
            .iter()
            .filter(|(order, _)| !kept.contains(order))
            .map(|(order, sale)| (*order, sale.sale))
            .collect();
        for (order, sale) in missing {
            self.report("I6", format!("sale {} pays order {order}, which is neither archived nor there", sale.rrn()));
        }
        self.findings
    }

    /// Everything was read.
    pub(super) fn finish_opening(&mut self) {
        let Some((opening, met)) = self.opening else { return };
        if opening.carried != met.carried {
            let last = self.begins(opening.head.slot).next().0.saturating_sub(1);
            let last = TransactionId(last).rrn();
            self.report(
                "I9",
                format!(
                    "an opening figure, or a transaction up to {last} that was kept, was altered, added or removed"
                ),
            );
        }
    }
}
