//! Changes: the rows that a decision writes, as they are afterwards, so that a group writes each row once.

use std::collections::BTreeMap;

use crate::acts::Payload;
use crate::batch::ClosedBatch;
use crate::card::{Card, CardKey};
use crate::card_move::Moved;
use crate::direct_sale::{NewOrder, OutletDay};
use crate::dispute::Dispute;
use crate::ids::{CustomerId, OrderId, TerminalId, TransactionId};
use crate::ledger::{Transaction, Transfer};
use crate::money::Fen;
use crate::order::Order;
use crate::pin::PinTries;
use crate::proof::Alarm;
use crate::proposal::Proposal;
use crate::refund::Refund;
use crate::settlement::Settlement;
use crate::state::Till;
use crate::sweep::{Sweep, Watch};

/// What to write.
#[derive(Clone, Default)]
pub struct Changes {
    /// New transactions, in order.
    pub transactions: Vec<Transaction>,
    /// Their transfers, in order.
    pub transfers: Vec<Transfer>,
    /// Cards as they are afterwards.
    pub cards: BTreeMap<CardKey, Card>,
    /// Orders as they are afterwards.
    pub orders: BTreeMap<OrderId, Order>,
    /// Orders that are not there yet, in the order in which they were decided.
    pub new_orders: Vec<NewOrder>,
    /// PIN tries as they are afterwards.
    pub tries: BTreeMap<CardKey, PinTries>,
    /// What watches wrong PINs, as it is afterwards.
    pub sweeps: BTreeMap<Watch, Sweep>,
    /// What goes to the audit log, in order.
    pub alarms: Vec<Alarm>,
    /// Refunds as they are afterwards.
    pub refunds: BTreeMap<TransactionId, Refund>,
    /// Disputes as they are afterwards.
    pub disputes: BTreeMap<TransactionId, Dispute>,
    /// Tills as they are afterwards (their open batch).
    pub tills: BTreeMap<TerminalId, Till>,
    /// Batches that were closed.
    pub batches: Vec<ClosedBatch>,
    /// Settlements as they are afterwards.
    pub settlements: BTreeMap<TransactionId, Settlement>,
    /// Proposals as they are afterwards.
    pub proposals: BTreeMap<TransactionId, Proposal>,
    /// Acts that were approved, in order: each happens now.
    pub acts: Vec<Payload>,
    /// Moves of cards, in order. The cards themselves are in `cards`.
    pub card_moves: Vec<Moved>,
    /// Customers' deposits as they are afterwards.
    pub deposits: BTreeMap<CustomerId, Fen>,
}

impl Changes {
    /// Adds what the next command of the group writes.
    pub fn merge(&mut self, next: Self) {
        self.transactions.extend(next.transactions);
        self.transfers.extend(next.transfers);
        self.cards.extend(next.cards);
        for (id, order) in next.orders {
            // One that this group writes for the first time is written once, as it is afterwards.
            match self.new_orders.iter_mut().find(|new| new.order.id == id) {
                Some(new) => new.order = order,
                None => drop(self.orders.insert(id, order)),
            }
        }
        self.new_orders.extend(next.new_orders);
        self.tries.extend(next.tries);
        self.sweeps.extend(next.sweeps);
        self.alarms.extend(next.alarms);
        self.refunds.extend(next.refunds);
        self.disputes.extend(next.disputes);
        self.tills.extend(next.tills);
        self.batches.extend(next.batches);
        self.settlements.extend(next.settlements);
        self.proposals.extend(next.proposals);
        self.acts.extend(next.acts);
        self.card_moves.extend(next.card_moves);
        self.deposits.extend(next.deposits);
    }

    /// How many orders the outlets of new ones have had on their days afterwards.
    pub fn numbers(&self) -> BTreeMap<OutletDay, i64> {
        self.new_orders.iter().map(|new| ((new.order.outlet, new.at.business_date()), new.count)).collect()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
            && self.transfers.is_empty()
            && self.cards.is_empty()
            && self.orders.is_empty()
            && self.new_orders.is_empty()
            && self.tries.is_empty()
            && self.sweeps.is_empty()
            && self.alarms.is_empty()
            && self.refunds.is_empty()
            && self.disputes.is_empty()
            && self.tills.is_empty()
            && self.batches.is_empty()
            && self.settlements.is_empty()
            && self.proposals.is_empty()
            && self.acts.is_empty()
            && self.card_moves.is_empty()
            && self.deposits.is_empty()
    }
}
