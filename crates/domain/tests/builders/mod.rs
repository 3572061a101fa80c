//! Builders for the books in memory and what stands in them, so that the rules can be tried without any database.
#![expect(dead_code, reason = "each test file uses its part")]

pub(crate) mod batches;
pub(crate) mod cards;
pub(crate) mod money;
pub(crate) mod pins;
pub(crate) mod programmes;
pub(crate) mod proposals;
pub(crate) mod steps;

use std::sync::Arc;

use domain::card::{Card, CardKey, CardStatus, Programme, Spent};
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::{Actor, Command, Envelope, PresentedCard, Proof};
use domain::direct_sale::{DirectLine, DirectSale};
use domain::dispute::{self, Answer, Claim, Opening};
use domain::ids::{CardId, MerchantId, OrderId, OutletId, PersonId, RequestId, TerminalId, TransactionId};
use domain::ledger::ChainKey;
use domain::money::Fen;
use domain::network::Network;
use domain::order::{Order, OrderStatus};
use domain::outcome::{Decline, Outcome};
use domain::pin::{CardPin, Door, PinValue, TypedPin};
use domain::programme::PinMode;
use domain::programme::ProgrammeStatus;
use domain::refund::{Ground, RefundCard, Request, Review, SoldLine};
use domain::settlement::{Preparation, Verdict};
use domain::state::{Outlet, Till};
use domain::time::{BusinessDate, HOUR, Timestamp};
pub(crate) use domain::world::World;

/// 2026-11-23 08:00 in China.
pub(crate) const MORNING: Timestamp = Timestamp(1_795_392_000_000_000);
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const MERCHANT: MerchantId = MerchantId(250_100);
pub(crate) const TILL: TerminalId = TerminalId(25_010_007);
/// What the first merchant pays: 0.6 %.
pub(crate) const FEE_BP: i64 = 60;
/// The slot that everything is written in.
const SLOT: u8 = 1;

/// Empty but for one open till of a merchant without a fee, and a customer who has not paid in anything.
pub(crate) fn one_till() -> World {
    let mut world = World::new(chain_key(), SLOT);
    world.tills.insert(TILL, till(MERCHANT));
    world.fees.insert(MERCHANT, None);
    world.customers.insert(money::CUSTOMER, money::customer());
    put_reviewer(&mut world, MERCHANT);
    world
}

/// Somebody who reviews the merchant's refunds and does nothing else, so that whoever asks is not alone.
pub(crate) fn put_reviewer(world: &mut World, merchant: MerchantId) {
    world
        .reviewers
        .entry((merchant, outlet(merchant)))
        .or_default()
        .insert(PersonId(merchant.0 / 10), Timestamp(i64::MAX));
}

/// One command at a time.
pub(crate) trait Submit {
    /// What one command came to.
    fn submit(&mut self, envelope: &Envelope) -> Outcome;

    /// Why one command was declined, if it was.
    fn decline(&mut self, envelope: &Envelope) -> Option<Decline> {
        self.submit(envelope).transaction().and_then(|transaction| transaction.decline)
    }
}

impl Submit for World {
    fn submit(&mut self, envelope: &Envelope) -> Outcome {
        self.post(std::slice::from_ref(envelope)).pop().expect("one command, one outcome")
    }
}

pub(crate) fn chain_key() -> ChainKey {
    ChainKey::new([7; 32])
}

pub(crate) fn till(merchant: MerchantId) -> Till {
    Till {
        outlet: Outlet {
            id: outlet(merchant),
            merchant,
            merchant_active: true,
            outlet_active: true,
            drug_returns: false,
        },
        terminal_active: true,
        batch: 3,
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

pub(crate) fn card_id(number: u8) -> CardId {
    CardId(10_000_000 + i64::from(number))
}

pub(crate) fn pin(number: u8, right: bool) -> PinValue {
    PinValue([if right { number } else { !number }; 32])
}

/// The PIN as it is typed at the till.
pub(crate) fn typed(number: u8, right: bool) -> TypedPin {
    TypedPin { value: pin(number, right), door: Door::Till, network: Network::of("192.0.2.7") }
}

/// An active card with nothing on it and limits that no test meets.
pub(crate) fn card(number: u8) -> Card {
    Card {
        id: card_id(number),
        key: card_key(number),
        status: CardStatus::Active,
        holder: String::new(),
        expires_on: None,
        pin: CardPin::Initial(pin(number, true)),
        pin_by: None,
        balance: Fen::ZERO,
        last: None,
        spent: Spent { on: BusinessDate(0), amount: Fen::ZERO, count: 0, month: Fen::ZERO },
        programme: Programme {
            id: programmes::of_card(number),
            status: ProgrammeStatus::Active,
            named: true,
            balance_max: Fen(1_000_000),
            load_max: Fen(1_000_000),
            sale_max: Fen(1_000_000),
            daily_max: Fen(1_000_000),
            daily_count_max: 100,
            month_max: None,
            refund_window: 48 * HOUR,
            loss_report: true,
            pin_mode: PinMode::FirstUse,
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

pub(crate) fn inquiry(number: u8, right: bool) -> Command {
    Command::Inquiry { card: presented(number), pin: typed(number, right) }
}

pub(crate) fn check(order: i64, amount: i64, number: u8, right: bool) -> Command {
    Command::SaleCheck {
        order: OrderId(order),
        amount: Fen(amount),
        card: presented(number),
        pin: typed(number, right),
    }
}

pub(crate) fn sale(order: i64, amount: i64, number: u8, proof: Proof) -> Command {
    Command::Sale { order: OrderId(order), amount: Fen(amount), card: presented(number), proof }
}

pub(crate) fn sale_pin(order: i64, amount: i64, number: u8, right: bool) -> Command {
    sale(order, amount, number, Proof::Pin(typed(number, right)))
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
        pin: TypedPin { door: Door::Key, ..typed(number, right) },
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

/// A card as the card company's clerk names it.
pub(crate) fn last_four(number: u8) -> RefundCard {
    RefundCard::LastFour(format!("{number:04}"))
}

pub(crate) fn review(order: i64, refund: TransactionId, card: Option<u8>) -> Command {
    let opinion = "looked at the goods".to_owned();
    Command::RefundReview(Review {
        order: OrderId(order),
        refund,
        card: card.map(|card| presented(card).into()),
        opinion,
    })
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

/// The same person in the office of the outlet, away from a till.
pub(crate) fn away(envelope: Envelope) -> Envelope {
    let actor = envelope.actor;
    Envelope { actor: Actor::away(actor.merchant, actor.outlet, actor.person), ..envelope }
}

/// A person of the card company.
pub(crate) fn by_issuer(person: i64, envelope: Envelope) -> Envelope {
    Envelope { actor: Actor::issuer(PersonId(person)), ..envelope }
}
