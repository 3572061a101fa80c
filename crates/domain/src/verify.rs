//! Invariants of the whole ledger, checked row by row: in tests, after crashes, and by `webpos verify`.
//!
//! Reads transactions in order of their number, each with its transfers, then balances and orders. Names follow the
//! reliability list: I1 conservation, I2 balances, I3 at most once, I6 one payment per order, I9 immutability, I12 reports
//! (batches, settlements) agree with the ledger. Archived transactions are in the opening figures, which are read first.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{Opening, Piece};
use crate::batch::{Batch, ClosedBatch};
use crate::card::CardStatus;
use crate::human::Logins;
use crate::ids::{CUSTOMERS, CardId, MerchantId, OrderId, TerminalId, TransactionId};
use crate::ledger::{AccountId, ChainKey, Head, Kind, Transaction, Transfer, chain};
use crate::money::Fen;
use crate::order::OrderStatus;
use crate::refund::{Refund, RefundStatus};
use crate::time::Timestamp;

mod card_batch;
mod card_move;
mod deposit;
mod dispute;
mod opening;
mod pin;
mod programme;
mod proposal;
mod settlement;

pub use card_batch::{StoredBatch, StoredCard};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The invariant, such as `I2`.
    pub invariant: &'static str,
    /// What is wrong, naming the row.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.invariant, self.what)
    }
}

/// Reads the ledger once and collects what is wrong.
pub struct Audit {
    key: ChainKey,
    /// Where the chain goes on after what was archived, and the pieces of it that were met so far.
    opening: Option<(Opening, Opening)>,
    head: Head,
    previous: Option<TransactionId>,
    /// Credits less debits per account. Wider than an amount: the clearing account adds up all that was ever loaded.
    accounts: BTreeMap<AccountId, i128>,
    /// Each card's latest transaction so far.
    movements: BTreeMap<CardId, TransactionId>,
    /// The approved sale of each order, and what was given back of it.
    sales: BTreeMap<OrderId, Charged>,
    /// Approved refunds: transaction and amount.
    refunds: BTreeMap<TransactionId, Fen>,
    /// Transactions that opened, answered or decided a dispute.
    disputes: BTreeMap<TransactionId, Transaction>,
    /// Orders with an open dispute.
    disputed: BTreeSet<OrderId>,
    /// What each batch of each terminal comes to.
    batches: BTreeMap<(TerminalId, i64), Batch>,
    /// Transactions that closed a batch.
    closings: BTreeMap<TransactionId, Transaction>,
    /// The last closed batch of each terminal that was compared: number and end.
    closed: BTreeMap<TerminalId, (i64, Timestamp)>,
    settlements: settlement::Settlements,
    /// Who stands behind the people of the ledger.
    logins: Logins,
    card_moves: card_move::CardMoves,
    proposals: proposal::Proposals,
    deposits: deposit::Deposits,
    programmes: programme::Programmes,
    card_batches: card_batch::CardBatches,
    pins: pin::Pins,
    /// What the rows of cards and customers say they hold.
    held: i128,
    findings: Vec<Finding>,
}

struct Charged {
    sale: TransactionId,
    amount: Fen,
    refunded: Fen,
    undone: bool,
}

/// Findings listed one by one; the rest is counted, because a broken chain breaks at every row after it.
const FINDINGS_MAX: usize = 100;

impl Audit {
    /// Nothing read yet.
    pub fn new(key: ChainKey) -> Self {
        Self {
            key,
            opening: None,
            head: Head::empty(0),
            previous: None,
            accounts: BTreeMap::new(),
            movements: BTreeMap::new(),
            sales: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            disputed: BTreeSet::new(),
            batches: BTreeMap::new(),
            closings: BTreeMap::new(),
            closed: BTreeMap::new(),
            settlements: settlement::Settlements::default(),
            logins: Logins::default(),
            card_moves: card_move::CardMoves::default(),
            proposals: proposal::Proposals::default(),
            deposits: deposit::Deposits::default(),
            programmes: programme::Programmes::default(),
            card_batches: card_batch::CardBatches::default(),
            pins: pin::Pins::default(),
            held: 0,
            findings: Vec::new(),
        }
    }

    fn report(&mut self, invariant: &'static str, what: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { invariant, what });
        }
    }

    /// Takes who stands behind every login and key. Call before the first transaction.
    pub fn logins(&mut self, logins: Logins) {
        self.logins = logins;
    }

    /// Takes a row that cannot be read: this program never writes such a value.
    pub fn unreadable(&mut self, row: &str, why: &str) {
        self.report("I9", format!("{row} cannot be read: {why}"));
    }

    /// Takes the next transaction (ascending numbers) with its transfers (ascending legs).
    pub fn transaction(&mut self, transaction: &Transaction, transfers: &[Transfer]) {
        let (id, rrn) = (transaction.id, transaction.id.rrn());
        if id.slot() >= 100 || id.sequence() < 1 {
            self.report("I9", format!("transaction {rrn} has a number that is never given"));
            return;
        }
        if self.previous.is_none_or(|previous| previous.slot() != id.slot()) {
            self.head = self.begins(id.slot());
        }
        self.previous = Some(id);
        let kept = self.was_passed(id);
        let expected = self.head.next();
        if kept {
            self.carry(&Piece::Kept(transaction, transfers));
        } else if id != expected {
            let last = TransactionId(id.0.saturating_sub(1));
            self.report("I9", format!("transactions {} to {} are missing before {rrn}", expected.rrn(), last.rrn()));
        } else if chain(&self.key, &self.head.hash, transaction, transfers) != Some(transaction.hash) {
            self.report("I9", format!("transaction {rrn} or one of its transfers was altered"));
        }
        if !kept {
            self.head = Head::after(transaction);
            self.follow_card(&rrn, transaction);
        }
        if matches!(transaction.kind, Kind::PinIssue | Kind::FirstUse | Kind::PinReset) {
            self.pin_record(&rrn, transaction);
        }
        let moves = transaction.approved() && transaction.kind.moves_money();
        if moves == transfers.is_empty() {
            self.report("I1", format!("transaction {rrn} ({}) has {} transfers", transaction.code(), transfers.len()));
        }
        for transfer in transfers {
            self.transfer(&rrn, transaction, transfer);
        }
        let (terminal, number) = (transaction.actor.terminal, transaction.batch);
        let empty = || Batch::open(terminal, number, Timestamp(0), 0);
        self.batches.entry((terminal, number)).or_insert_with(empty).add(transaction);
        if transaction.approved() {
            self.approved(&rrn, transaction, transfers);
        }
    }

    /// What an approved transaction did.
    fn approved(&mut self, rrn: &str, transaction: &Transaction, transfers: &[Transfer]) {
        let id = transaction.id;
        self.settlements.note(transaction, transfers);
        match transaction.kind {
            Kind::Sale => self.sale(rrn, transaction),
            Kind::Void => {
                self.consent(rrn, transaction);
                self.give_back(rrn, transaction);
            }
            Kind::Refund | Kind::Reversal => self.give_back(rrn, transaction),
            Kind::Chargeback => {
                self.give_back(rrn, transaction);
                self.disputes.insert(id, transaction.clone());
            }
            Kind::DisputeOpening | Kind::DisputeAnswer | Kind::DisputeRejection => {
                self.disputes.insert(id, transaction.clone());
            }
            Kind::Proposal
            | Kind::ProposalApproval
            | Kind::ProposalRejection
            | Kind::ProposalWithdrawal
            | Kind::ProgrammeChange
            | Kind::Funding
            | Kind::FundingReturn
            | Kind::Load
            | Kind::Adjustment
            | Kind::PinReset => self.proposals.note(transaction, transfers),
            Kind::CardMove => self.card_move(transaction, transfers),
            Kind::BatchClose => drop(self.closings.insert(id, transaction.clone())),
            Kind::Settlement => self.paid_out(rrn, transaction, transfers),
            Kind::Inquiry
            | Kind::RefundRequest
            | Kind::RefundRejection
            | Kind::SettlementRequest
            | Kind::SettlementRejection
            | Kind::PinIssue
            | Kind::FirstUse => {}
        }
    }

    fn card_move(&mut self, transaction: &Transaction, transfers: &[Transfer]) {
        self.card_moves.note(transaction);
        // One person's is no approval of a proposal.
        if transaction.original.is_some() {
            self.proposals.note(transaction, transfers);
        }
    }

    /// A manager voids alone; another person's consent is a second human's.
    fn consent(&mut self, rrn: &str, void: &Transaction) {
        let person = void.actor.person;
        let other = void.checker.filter(|checker| *checker != person);
        if other.is_some_and(|checker| self.logins.same_human(checker, person, void.at)) {
            self.report("I7", format!("void {rrn} was consented to by the human who asked for it"));
        }
    }

    /// A transaction names its card's one before.
    fn follow_card(&mut self, rrn: &str, transaction: &Transaction) {
        let before = transaction.card.and_then(|card| self.movements.insert(card, transaction.id));
        if before != transaction.card_previous {
            let name = |id: Option<TransactionId>| id.map_or("none".to_owned(), TransactionId::rrn);
            let (says, was) = (name(transaction.card_previous), name(before));
            self.report("I9", format!("transaction {rrn} names {says} as its card's one before, but it is {was}"));
        }
    }

    /// A settlement's transfers come to its amount and leave the merchant what is not settled.
    fn paid_out(&mut self, rrn: &str, transaction: &Transaction, transfers: &[Transfer]) {
        if Fen::sum(transfers.iter().map(|transfer| transfer.amount)) != Some(transaction.amount) {
            self.report("I1", format!("the transfers of {rrn} differ from its amount"));
        }
        if self.was_passed(transaction.id) {
            return;
        }
        for account in transfers.iter().map(|transfer| transfer.debit).collect::<BTreeSet<_>>() {
            if self.accounts.get(&account).is_some_and(|balance| *balance < 0) {
                self.report("I2", format!("settlement {rrn} paid merchant {} more than was owed", account.0));
            }
        }
    }

    fn transfer(&mut self, rrn: &str, transaction: &Transaction, transfer: &Transfer) {
        if !transfer.amount.is_positive() || transfer.debit == transfer.credit {
            self.report(
                "I1",
                format!("transfer {} of {rrn} moves {} to itself or nothing", transfer.leg, transfer.amount),
            );
        }
        let whole = transfer.amount == transaction.amount || transaction.kind == Kind::Settlement;
        if !whole || transfer.business_date != transaction.business_date {
            self.report("I1", format!("transfer {} of {rrn} differs from its transaction", transfer.leg));
        }
        let amount = i128::from(transfer.amount.0);
        for (account, change) in [(transfer.debit, amount.saturating_neg()), (transfer.credit, amount)] {
            let sum = self.accounts.entry(account).or_insert(0);
            *sum = sum.saturating_add(change);
        }
        // Of a time that is archived, balances are known at its end only.
        let deposit = transfer.debit;
        if CUSTOMERS.contains(&deposit.0) && !self.was_passed(transaction.id) {
            let left = self.accounts.get(&deposit).copied().unwrap_or(0);
            if left < 0 {
                self.report("I2", format!("deposit {} was below zero after {rrn}", deposit.0));
            }
        }
        if let Some(card) = transaction.card.filter(|_| !self.was_passed(transaction.id)) {
            let balance = self.accounts.get(&AccountId::card(card)).copied();
            if balance.is_some_and(|balance| balance < 0) {
                self.report("I2", format!("card account {card} was below zero after {rrn}"));
            }
            if balance != transaction.balance.map(|balance| i128::from(balance.0)) {
                self.report("I2", format!("transaction {rrn} states a balance that its card did not have"));
            }
        }
    }

    fn sale(&mut self, rrn: &str, transaction: &Transaction) {
        let Some(order) = transaction.order else {
            self.report("I3", format!("sale {rrn} pays no order"));
            return;
        };
        let charged = Charged { sale: transaction.id, amount: transaction.amount, refunded: Fen::ZERO, undone: false };
        if let Some(first) = self.sales.insert(order, charged) {
            self.report("I3", format!("order {order} was paid twice, by {} and {rrn}", first.sale.rrn()));
        }
    }

    fn give_back(&mut self, rrn: &str, transaction: &Transaction) {
        let sale = transaction.order.and_then(|order| self.sales.get_mut(&order));
        let Some(sale) = sale.filter(|sale| transaction.original == Some(sale.sale)) else {
            self.report("I6", format!("{rrn} gives back a sale that was not charged"));
            return;
        };
        let before = sale.refunded;
        sale.refunded = before.plus(transaction.amount).unwrap_or(Fen(i64::MAX));
        sale.undone |= matches!(transaction.kind, Kind::Void | Kind::Reversal);
        let too_much = sale.refunded > sale.amount || (sale.undone && before != Fen::ZERO);
        if too_much {
            self.report("I6", format!("{rrn} gives back more than its sale charged"));
        }
        if transaction.kind == Kind::Refund {
            self.refunds.insert(transaction.id, transaction.amount);
        }
    }

    /// Takes a transfer whose transaction does not exist.
    pub fn stray(&mut self, transfer: &Transfer) {
        self.report(
            "I1",
            format!("transfer {} belongs to no transaction: {}", transfer.leg, transfer.transaction.rrn()),
        );
    }

    /// Compares a slot's stored head, with its seal, to the last transaction read from that slot.
    pub fn head(&mut self, stored: Head, seal: &[u8; 32], last: Option<&Head>) {
        if stored.seal(&self.key) != *seal {
            self.report("I9", format!("the head of slot {} was altered", stored.slot));
        }
        let begins = self.begins(stored.slot);
        let last = last.unwrap_or(&begins);
        if last != &stored {
            let rrn = |head: &Head| {
                let first = i64::from(head.slot).saturating_mul(TransactionId::SEQUENCES);
                TransactionId(first.saturating_add(head.sequence)).rrn()
            };
            self.report("I9", format!("slot {} ends at {}, its head says {}", stored.slot, rrn(last), rrn(&stored)));
        }
    }

    /// The head as far as it was read; take it when a slot is done.
    pub fn read_head(&self) -> Head {
        self.head
    }

    /// Compares a card's stored state, balance and latest transaction. Call after all moves.
    pub fn card(&mut self, card: CardId, status: CardStatus, balance: Fen, last: Option<TransactionId>) {
        self.card_state(card, status);
        self.held = self.held.saturating_add(i128::from(balance.0));
        let posted = self.accounts.remove(&AccountId::card(card)).unwrap_or(0);
        if posted != i128::from(balance.0) {
            self.report("I2", format!("card {card} has {} fen but its transfers say {posted}", balance.0));
        }
        if balance < Fen::ZERO {
            self.report("I2", format!("card {card} is below zero: {balance}"));
        }
        if self.movements.remove(&card) != last {
            self.report("I9", format!("card {card} does not name its latest transaction"));
        }
    }

    /// Compares an order's stored state.
    pub fn order(&mut self, order: OrderId, status: OrderStatus, total: Fen, paid_by: Option<TransactionId>) {
        let Some(sale) = self.sales.remove(&order) else {
            if status.was_charged() || paid_by.is_some() {
                self.report("I6", format!("order {order} is {}, {total}, but no approved sale says so", status.word()));
            }
            return;
        };
        let should = match () {
            () if sale.undone => OrderStatus::Voided,
            () if sale.refunded == Fen::ZERO => OrderStatus::Paid,
            () if sale.refunded < sale.amount => OrderStatus::PartlyRefunded,
            () => OrderStatus::Refunded,
        };
        if status != should || paid_by != Some(sale.sale) || total != sale.amount {
            let (is, rrn) = (status.word(), sale.sale.rrn());
            self.report("I6", format!("order {order} is {is}, {total}, but by sale {rrn} it is {}", should.word()));
        }
    }

    /// Compares a stored refund. Call after all transactions were read.
    pub fn refund(&mut self, refund: &Refund) {
        let rrn = refund.id.rrn();
        let at = refund.decided_at.unwrap_or(refund.requested_at);
        if refund.reviewer.is_some_and(|reviewer| self.logins.same_human(reviewer, refund.applicant, at)) {
            self.report("I7", format!("refund {rrn} was decided by the human who asked for it"));
        }
        let paid = refund.decided_by.and_then(|by| self.refunds.remove(&by));
        let approved = refund.status == RefundStatus::Approved;
        if paid != approved.then_some(refund.amount) {
            self.report("I6", format!("refund {rrn} is {}, but the ledger says otherwise", refund.status.word()));
        }
        if Fen::sum(refund.lines.iter().map(|line| line.amount)) != Some(refund.amount) {
            self.report("I6", format!("refund {rrn} differs from its lines"));
        }
    }

    /// Compares a closed batch. Call after all transactions were read, ascending numbers per terminal.
    pub fn batch(&mut self, closed: &ClosedBatch) {
        let (terminal, number) = (closed.batch.terminal, closed.batch.number);
        let name = format!("batch {number} of terminal {terminal}");
        let ledger = self.batches.remove(&(terminal, number));
        let says = |own: &Batch| own.first == closed.batch.first && own.people == closed.batch.people;
        if !ledger.is_some_and(|own| says(&own)) {
            self.report("I12", format!("{name} differs from its transactions"));
        }
        let closing = self.closings.remove(&closed.closed_by);
        let by = |own: Transaction| (own.actor.terminal, own.batch, own.actor.person, own.at);
        if closing.map(by) != Some((terminal, number, closed.person, closed.closed_at)) {
            self.report("I12", format!("{name} was not closed by {}", closed.closed_by.rrn()));
        }
        let before = self.closed.insert(terminal, (number, closed.closed_at));
        if before.is_some_and(|(last, _)| last.checked_add(1) != Some(number)) {
            self.report("I12", format!("batches are missing before {name}"));
        }
        if closed.batch.opened_at != before.map_or(Timestamp(0), |(_, end)| end) {
            self.report("I12", format!("{name} does not begin where the one before ended"));
        }
    }

    /// Compares the number of a terminal's running batch. Call after all closed batches.
    pub fn till(&mut self, terminal: TerminalId, number: i64) {
        self.batches.remove(&(terminal, number));
        if self.closed.get(&terminal).is_some_and(|(last, _)| last.checked_add(1) != Some(number)) {
            self.report("I12", format!("terminal {terminal} is at batch {number}, its closed ones say otherwise"));
        }
        let own = (terminal, i64::MIN)..=(terminal, i64::MAX);
        let strays: Vec<i64> = self.batches.range(own).map(|((_, number), _)| *number).collect();
        for stray in strays {
            self.report("I12", format!("batch {stray} of terminal {terminal} has transactions but was never closed"));
        }
    }

    /// Everything was read; `merchants` are the known ones. Returns what is wrong.
    pub fn finish(mut self, merchants: &[MerchantId]) -> Vec<Finding> {
        self.finish_settlements();
        self.finish_opening();
        self.finish_deposits();
        self.finish_moves();
        self.finish_card_batches();
        self.finish_pins();
        let system = [AccountId::FUNDING_CLEARING, AccountId::PAYOUT_CLEARING, AccountId::FEE_INCOME];
        let known = |account: AccountId| {
            system.contains(&account) || merchants.iter().any(|m| AccountId::merchant_payable(*m) == account)
        };
        let strangers: Vec<_> = self.accounts.keys().copied().filter(|account| !known(*account)).collect();
        for account in strangers {
            self.report("I2", format!("account {} has transfers but belongs to nobody", account.0));
        }
        let strangers: Vec<_> = self.movements.keys().copied().collect();
        for card in strangers {
            self.report("I9", format!("card {card} has transactions but does not exist"));
        }
        let orphans: Vec<_> = self.sales.iter().map(|(order, sale)| (*order, sale.sale)).collect();
        for (order, sale) in orphans {
            self.report("I6", format!("sale {} pays order {order}, which does not exist", sale.rrn()));
        }
        let unreported: Vec<_> = self.closings.keys().copied().collect();
        for id in unreported {
            self.report("I12", format!("batch close {} has no batch", id.rrn()));
        }
        let unasked: Vec<_> = self.refunds.keys().copied().collect();
        for id in unasked {
            self.report("I6", format!("refund transaction {} belongs to no refund", id.rrn()));
        }
        self.finish_disputes();
        self.finish_programmes();
        self.finish_proposals();
        self.findings
    }
}
