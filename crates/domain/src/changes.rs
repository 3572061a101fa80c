//! Changes: the rows that a decision writes, as they are afterwards, so that a group writes each row once.

use std::collections::{BTreeMap, BTreeSet};

use crate::acts::{Payload, Programme};
use crate::batch::ClosedBatch;
use crate::card::{Card, CardKey};
use crate::card_code::CardCode;
use crate::card_move::Moved;
use crate::direct_sale::{NewOrder, OutletDay};
use crate::dispute::Dispute;
use crate::ids::{CustomerId, OrderId, PersonId, ProgrammeId, TerminalId, TransactionId};
use crate::ledger::{Transaction, Transfer};
use crate::money::Fen;
use crate::order::Order;
use crate::pin::PinTries;
use crate::programme_change;
use crate::proof::Alarm;
use crate::proposal::Proposal;
use crate::refund::Refund;
use crate::settlement::Settlement;
use crate::state::Till;
use crate::sweep::{Sweep, Watch};
use crate::time::Timestamp;

/// What to write.
#[derive(Clone, Default)]
pub struct Changes {
    /// New transactions, in order.
    pub transactions: Vec<Transaction>,
    /// Their transfers, in order.
    pub transfers: Vec<Transfer>,
    /// Cards as they are afterwards.
    pub cards: BTreeMap<CardKey, Card>,
    /// Those of these cards whose PIN changes.
    pub pins: BTreeSet<CardKey>,
    /// Activation codes as they are afterwards.
    pub codes: BTreeMap<CardKey, CardCode>,
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
    /// Programmes as they are afterwards, by whatever act or change.
    pub programmes: BTreeMap<ProgrammeId, WrittenProgramme>,
    /// What one person did to programmes, in order.
    pub narrowings: Vec<programme_change::Changed>,
    /// Customers' deposits as they are afterwards.
    pub deposits: BTreeMap<CustomerId, Fen>,
}

/// A programme as it is afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenProgramme {
    /// The programme.
    pub one: Programme,
    /// When it was written.
    pub at: Timestamp,
    /// Who moved its state and when, if that moved.
    pub moved: Option<(PersonId, Timestamp)>,
}

impl WrittenProgramme {
    /// What `change` makes of `before`.
    pub(crate) fn of(before: &Programme, by: PersonId, at: Timestamp, change: impl FnOnce(&mut Programme)) -> Self {
        let mut one = before.clone();
        change(&mut one);
        let moved = (one.status != before.status).then_some((by, at));
        Self { one, at, moved }
    }
}

impl Changes {
    /// Adds what the next command of the group writes.
    pub fn merge(&mut self, next: Self) {
        self.transactions.extend(next.transactions);
        self.transfers.extend(next.transfers);
        self.cards.extend(next.cards);
        self.pins.extend(next.pins);
        self.codes.extend(next.codes);
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
        for (id, mut next) in next.programmes {
            // The move of an earlier command of the group stays, if the later one moved nothing.
            next.moved = next.moved.or(self.programmes.get(&id).and_then(|before| before.moved));
            self.programmes.insert(id, next);
        }
        self.narrowings.extend(next.narrowings);
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
            && self.codes.is_empty()
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
            && self.programmes.is_empty()
            && self.narrowings.is_empty()
    }
}
