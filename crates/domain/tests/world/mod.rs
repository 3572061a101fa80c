//! A store of a few lines and builders for what stands in it, so that the rules can be tried without any database.
#![expect(dead_code, reason = "each test file uses its part")]

pub(crate) mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::batch::{Batch, ClosedBatch};
use domain::card::{Card, CardKey, CardStatus, Programme, Spent};
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::{Actor, Command, Envelope, PresentedCard, Proof};
use domain::decide::{decide_all, keys};
use domain::direct_sale::{DirectLine, DirectSale, OutletDay};
use domain::dispute::{self, Answer, Claim, Dispute, Opening};
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::{ChainKey, Head, Transaction, Transfer};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::outcome::{Decline, Outcome};
use domain::pin::{PinTries, PinValue};
use domain::refund::{Ground, Refund, Request, Review, SoldLine};
use domain::settlement::{Payable, Preparation, Settlement, Verdict};
use domain::state::{RequestKey, Sold, State, Till};
use domain::time::{BusinessDate, HOUR, Timestamp};
use domain::verify::{Audit, Finding};

/// 2026-11-23 08:00 in China.
pub(crate) const MORNING: Timestamp = Timestamp(1_795_392_000_000_000);
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const MERCHANT: MerchantId = MerchantId(250_100);
pub(crate) const TILL: TerminalId = TerminalId(25_010_007);
/// What the first merchant pays: 0.6 %.
pub(crate) const FEE_BP: i64 = 60;
/// The slot that everything is written in.
const SLOT: u8 = 1;

#[derive(Clone, PartialEq)]
pub(crate) struct World {
    pub(crate) head: Head,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) transfers: Vec<Transfer>,
    requests: BTreeMap<RequestKey, usize>,
    pub(crate) cards: BTreeMap<CardKey, Card>,
    pub(crate) tries: BTreeMap<CardKey, PinTries>,
    pub(crate) orders: BTreeMap<OrderId, Order>,
    pub(crate) tills: BTreeMap<TerminalId, Till>,
    pub(crate) lines: BTreeMap<OrderId, Vec<SoldLine>>,
    pub(crate) refunds: BTreeMap<TransactionId, Refund>,
    pub(crate) disputes: BTreeMap<TransactionId, Dispute>,
    pub(crate) replaced: BTreeMap<CardKey, CardKey>,
    pub(crate) batches: Vec<ClosedBatch>,
    /// Merchants with their agreed fee.
    pub(crate) fees: BTreeMap<MerchantId, Option<i64>>,
    pub(crate) settlements: BTreeMap<TransactionId, Settlement>,
    pub(crate) numbers: BTreeMap<OutletDay, i64>,
    /// Requests that something else was asked under.
    pub(crate) claims: BTreeSet<RequestKey>,
}

impl World {
    /// Empty but for one open till.
    pub(crate) fn new() -> Self {
        Self {
            head: Head::empty(SLOT),
            transactions: Vec::new(),
            transfers: Vec::new(),
            requests: BTreeMap::new(),
            cards: BTreeMap::new(),
            tries: BTreeMap::new(),
            orders: BTreeMap::new(),
            tills: BTreeMap::from([(TILL, till(MERCHANT))]),
            lines: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            replaced: BTreeMap::new(),
            batches: Vec::new(),
            fees: BTreeMap::from([(MERCHANT, Some(FEE_BP))]),
            settlements: BTreeMap::new(),
            numbers: BTreeMap::new(),
            claims: BTreeSet::new(),
        }
    }

    pub(crate) fn put_card(&mut self, card: Card) {
        self.cards.insert(card.key, card);
    }

    pub(crate) fn put_order(&mut self, order: Order) {
        self.orders.insert(order.id, order);
    }

    /// One group.
    pub(crate) fn post(&mut self, group: &[Envelope]) -> Vec<Outcome> {
        let needed = keys(group);
        let mut state = State::new(chain_key(), self.head);
        for key in &needed.requests {
            let row = self.requests.get(key).map(|at| self.transactions[*at].clone());
            state.requests.loaded(*key, row);
        }
        let found = needed.found(&state);
        state.reversed = needed.reversed;
        for key in needed.claims {
            state.claims.loaded(key, self.claims.contains(&key).then_some(()));
        }
        state.last_order = self.orders.keys().next_back().map_or(0, |id| id.0);
        for key in needed.numbers {
            state.numbers.loaded(key, self.numbers.get(&key).copied());
        }
        for key in needed.orders.iter().chain(&found) {
            state.orders.loaded(*key, self.orders.get(key).cloned());
        }
        for key in needed.cards {
            state.cards.loaded(key, self.cards.get(&key).cloned());
        }
        for key in needed.pins {
            state.tries.loaded(key, self.tries.get(&key).copied());
        }
        for key in needed.tills {
            state.tills.loaded(key, self.tills.get(&key).cloned());
        }
        for order in needed.sold.into_iter().chain(found) {
            self.load_sold(&mut state, order);
        }
        for till in needed.batches {
            let open = self.orders.values().filter(|order| order.terminal == till && order.attempt.is_some()).count();
            state.attempts.loaded(till, i64::try_from(open).ok());
            state.batches.loaded(till, self.running_batch(till));
        }
        for merchant in needed.payables {
            state.payables.loaded(merchant, self.payable(merchant));
        }
        for id in needed.settlements {
            state.settlements.loaded(id, self.settlements.get(&id).cloned());
        }
        let (outcomes, changes) = decide_all(&mut state, group);
        self.head = state.head;
        self.numbers.extend(changes.numbers());
        for transaction in changes.transactions {
            let key = (transaction.request_id, transaction.actor.merchant);
            assert!(self.requests.insert(key, self.transactions.len()).is_none(), "a request is recorded once");
            self.transactions.push(transaction);
        }
        self.transfers.extend(changes.transfers);
        self.cards.extend(changes.cards);
        self.orders.extend(changes.orders);
        for new in changes.new_orders {
            self.lines.insert(new.order.id, new.sale.sold_lines());
            assert!(self.orders.insert(new.order.id, new.order).is_none(), "an order is new once");
        }
        self.tries.extend(changes.tries);
        self.refunds.extend(changes.refunds);
        self.disputes.extend(changes.disputes);
        self.tills.extend(changes.tills);
        self.batches.extend(changes.batches);
        self.settlements.extend(changes.settlements);
        outcomes
    }

    fn load_sold(&self, state: &mut State, order: OrderId) {
        state.lines.loaded(order, Some(self.lines.get(&order).cloned().unwrap_or_default()));
        let paid_by = self.orders.get(&order).and_then(|order| order.paid_by);
        let sale = self.transactions.iter().find(|transaction| Some(transaction.id) == paid_by);
        let card = sale.and_then(|sale| self.cards.values().find(|card| Some(card.id) == sale.card));
        let sold = sale.zip(card).map(|(sale, card)| {
            let payee = self.replaced.get(&card.key).copied().unwrap_or(card.key);
            for key in [card.key, payee] {
                state.cards.loaded(key, self.cards.get(&key).cloned());
            }
            let refunds = self.refunds.values().filter(|refund| refund.order == order).cloned().collect();
            let disputes = self.disputes.values().filter(|dispute| dispute.order == order).cloned().collect();
            let window = card.programme.refund_window;
            Sold { sale: sale.clone(), card: card.key, payee, window, refunds, disputes }
        });
        state.sold.loaded(order, sold);
    }

    pub(crate) fn payable(&self, merchant: MerchantId) -> Option<Payable> {
        let fee = *self.fees.get(&merchant)?;
        let moved = self.transfers.iter().filter_map(|transfer| {
            let own = self.transactions.iter().find(|transaction| transaction.id == transfer.transaction)?;
            Some((own, transfer))
        });
        Some(Payable::of(merchant, fee, self.settlements.values(), moved))
    }

    fn running_batch(&self, terminal: TerminalId) -> Option<Batch> {
        let number = self.tills.get(&terminal)?.batch;
        let last = self.batches.iter().rev().find(|closed| closed.batch.terminal == terminal);
        let opened_at = last.map_or(Timestamp(0), |closed| closed.closed_at);
        let mut batch = Batch::open(terminal, number, opened_at, 0);
        let own = |t: &&Transaction| t.actor.terminal == terminal && t.batch == number;
        self.transactions.iter().filter(own).for_each(|transaction| batch.add(transaction));
        Some(batch)
    }

    /// One command.
    pub(crate) fn ask(&mut self, envelope: &Envelope) -> Outcome {
        self.post(std::slice::from_ref(envelope)).pop().expect("one command, one outcome")
    }

    /// Why one command was declined, if it was.
    pub(crate) fn decline(&mut self, envelope: &Envelope) -> Option<Decline> {
        self.ask(envelope).transaction().and_then(|transaction| transaction.decline)
    }

    pub(crate) fn audit(&self) -> Vec<Finding> {
        let mut audit = Audit::new(chain_key());
        audit.settlements(self.settlements.values().cloned());
        for transaction in &self.transactions {
            let own: Vec<Transfer> =
                self.transfers.iter().filter(|leg| leg.transaction == transaction.id).copied().collect();
            audit.transaction(transaction, &own);
        }
        let read = audit.read_head();
        audit.head(self.head, &self.head.seal(&chain_key()), Some(&read).filter(|_| !self.transactions.is_empty()));
        for card in self.cards.values() {
            audit.card(card.id, card.balance);
        }
        for order in self.orders.values() {
            audit.order(order.id, order.status, order.total, order.paid_by);
        }
        for refund in self.refunds.values() {
            audit.refund(refund);
        }
        for dispute in self.disputes.values() {
            audit.dispute(dispute);
        }
        self.batches.iter().for_each(|closed| audit.batch(closed));
        self.tills.iter().for_each(|(id, till)| audit.till(*id, till.batch));
        let merchants: Vec<MerchantId> = self.tills.values().map(|till| till.merchant).collect();
        audit.finish(&merchants)
    }
}

pub(crate) fn chain_key() -> ChainKey {
    ChainKey([7; 32])
}

pub(crate) fn till(merchant: MerchantId) -> Till {
    Till {
        merchant,
        outlet: outlet(merchant),
        merchant_active: true,
        outlet_active: true,
        terminal_active: true,
        batch: 3,
        drug_returns: false,
    }
}

pub(crate) fn outlet(merchant: MerchantId) -> OutletId {
    OutletId(merchant.0 * 10 + 1)
}

pub(crate) fn actor(merchant: MerchantId, terminal: TerminalId) -> Actor {
    Actor { merchant, outlet: outlet(merchant), terminal, person: PersonId(1003) }
}

pub(crate) fn card_key(number: u8) -> CardKey {
    CardKey([number; 16])
}

pub(crate) fn pin(number: u8, right: bool) -> PinValue {
    PinValue([if right { number } else { !number }; 32])
}

/// An active card with nothing on it and limits that nobody meets.
pub(crate) fn card(number: u8) -> Card {
    Card {
        id: CardId(1_000_000 + i64::from(number)),
        key: card_key(number),
        status: CardStatus::Active,
        holder: String::new(),
        expires_on: None,
        pin: pin(number, true),
        balance: Fen::ZERO,
        spent: Spent { on: BusinessDate(0), amount: Fen::ZERO, count: 0 },
        programme: Programme {
            named: true,
            balance_max: Fen(1_000_000),
            sale_max: Fen(1_000_000),
            daily_max: Fen(1_000_000),
            daily_count_max: 100,
            refund_window: 48 * HOUR,
            merchants: Vec::new(),
        },
    }
}

/// A draft of the first merchant's till.
pub(crate) fn order(id: i64, total: i64) -> Order {
    Order {
        id: OrderId(id),
        merchant: MERCHANT,
        outlet: outlet(MERCHANT),
        terminal: TILL,
        person: PersonId(1003),
        status: OrderStatus::Draft,
        total: Fen(total),
        payable: true,
        attempt: None,
        paid_by: None,
        paid_at: None,
    }
}

pub(crate) fn presented(number: u8) -> PresentedCard {
    PresentedCard {
        key: card_key(number),
        masked: MaskedCard(format!("608625******{number:04}")),
        entry: EntryMode::Manual,
    }
}

pub(crate) fn request(n: u16) -> RequestId {
    let [high, low] = n.to_be_bytes();
    RequestId([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, high, low])
}

pub(crate) fn envelope(n: u16, at: Timestamp, command: Command) -> Envelope {
    Envelope { request_id: request(n), actor: actor(MERCHANT, TILL), at, entropy: u32::from(n) * 7_919, command }
}

pub(crate) fn load(number: u8, amount: i64) -> Command {
    Command::Load { card: presented(number), amount: Fen(amount) }
}

pub(crate) fn inquiry(number: u8, right: bool) -> Command {
    Command::Inquiry { card: presented(number), pin: pin(number, right) }
}

pub(crate) fn check(order: i64, amount: i64, number: u8, right: bool) -> Command {
    Command::SaleCheck { order: OrderId(order), amount: Fen(amount), card: presented(number), pin: pin(number, right) }
}

pub(crate) fn sale(order: i64, amount: i64, number: u8, proof: Proof) -> Command {
    Command::Sale { order: OrderId(order), amount: Fen(amount), card: presented(number), proof }
}

pub(crate) fn sale_pin(order: i64, amount: i64, number: u8, right: bool) -> Command {
    sale(order, amount, number, Proof::Pin(pin(number, right)))
}

/// Two pieces of a drug and one of something else, which come to `total` as far as whole fen allow; asks for `amount`.
pub(crate) fn direct_sale(total: i64, amount: i64, number: u8, right: bool) -> Command {
    let line = |price: i64, quantity: i64, drug| DirectLine {
        code: "600233".to_owned(),
        name: "Granules".to_owned(),
        spec: "10g".to_owned(),
        unit: "box".to_owned(),
        drug,
        list_price: None,
        price: Fen(price),
        quantity,
        amount: Fen(price * quantity),
    };
    let lines = [line(total / 3, 2, true), line(total - 2 * (total / 3), 1, false)];
    let mut content = [0; 32];
    content[..8].copy_from_slice(&total.to_be_bytes());
    Command::DirectSale(Arc::new(DirectSale {
        content,
        amount: Fen(amount),
        card: presented(number),
        pin: pin(number, right),
        lines: lines.into_iter().filter(|line| line.amount.is_positive()).collect(),
        merchant_number: None,
    }))
}

pub(crate) fn withdraw(order: i64, amount: i64) -> Command {
    Command::Withdraw { order: OrderId(order), amount: Fen(amount), masked: MaskedCard("608625******0001".to_owned()) }
}

/// Three pieces of a drug at 10.00 and one thermometer at 43.00: 73.00.
pub(crate) fn lines() -> Vec<SoldLine> {
    let line = |line, price, quantity, drug| SoldLine { line, price: Fen(price), quantity, drug };
    vec![line(1, 1_000, 3, true), line(2, 4_300, 1, false)]
}

pub(crate) fn refund_request(order: i64, lines: &[(i64, i64)], ground: Ground, escalate: bool) -> Command {
    let reason = "the box is damaged".to_owned();
    Command::RefundRequest(Request { order: OrderId(order), lines: lines.to_vec(), ground, reason, escalate })
}

pub(crate) fn review(order: i64, refund: TransactionId, card: Option<u8>) -> Command {
    let opinion = "looked at the goods".to_owned();
    Command::RefundReview(Review { order: OrderId(order), refund, card: card.map(presented), opinion })
}

pub(crate) fn dispute(order: i64, amount: i64) -> Command {
    let words = "I never got the box".to_owned();
    Command::DisputeOpen(Opening { order: OrderId(order), amount: Fen(amount), claim: Claim::NotReceived, words })
}

pub(crate) fn answer(order: i64, dispute: TransactionId, accept: bool) -> Command {
    let words = "signed for at the counter".to_owned();
    Command::DisputeAnswer(Answer { order: OrderId(order), dispute, accept, words })
}

pub(crate) fn decide_dispute(order: i64, dispute: TransactionId, uphold: bool) -> Command {
    let words = "heard both of them".to_owned();
    Command::DisputeReview(dispute::Verdict { order: OrderId(order), dispute, uphold, words })
}

pub(crate) fn prepare(merchant: MerchantId, until: BusinessDate) -> Command {
    Command::SettlementPrepare(Preparation { merchant, until })
}

pub(crate) fn verdict(merchant: MerchantId, settlement: TransactionId, confirm: bool) -> Command {
    let opinion = "compared with the bank".to_owned();
    Command::SettlementReview(Verdict { merchant, settlement, confirm, opinion })
}

/// The same till, another person.
pub(crate) fn by(person: i64, envelope: Envelope) -> Envelope {
    Envelope { actor: Actor { person: PersonId(person), ..envelope.actor }, ..envelope }
}

/// Somebody of the card company.
pub(crate) fn by_issuer(person: i64, envelope: Envelope) -> Envelope {
    Envelope { actor: Actor::issuer(PersonId(person)), ..envelope }
}
