//! Random worlds and random commands in them: few cards, few orders, tiny limits, so that the commands meet.

use domain::card::{Card, CardStatus, Programme};
use domain::command::{Envelope, Proof};
use domain::ids::{MerchantId, TerminalId};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::time::{BusinessDate, HOUR};
use proptest::prelude::*;

use super::{DAY, MERCHANT, MORNING, World, actor, card, envelope, order, till};

/// Cards 1 to 3 exist, number 4 is nobody's.
pub(crate) const NUMBERS: u8 = 4;
pub(crate) const ORDERS: i64 = 13;
pub(crate) const OTHER: MerchantId = MerchantId(250_200);
pub(crate) const OTHER_TILL: TerminalId = TerminalId(25_020_001);

/// A world before it is built: a card has no `Debug`, on purpose, and a failing case has to be printed.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) cards: Vec<CardSketch>,
    pub(crate) orders: Vec<Order>,
    pub(crate) suspended: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct CardSketch {
    pub(crate) status: CardStatus,
    pub(crate) expires_on: Option<BusinessDate>,
    pub(crate) programme: Programme,
}

impl Sketch {
    pub(crate) fn build(self) -> World {
        let mut world = World::new();
        let mut other = till(OTHER);
        other.merchant_active = !self.suspended;
        world.tills.insert(OTHER_TILL, other);
        for (number, CardSketch { status, expires_on, programme }) in (1..).zip(self.cards) {
            world.put_card(Card { status, expires_on, programme, ..card(number) });
        }
        for order in self.orders {
            world.put_order(order);
        }
        world
    }
}

pub(crate) fn any_card() -> impl Strategy<Value = CardSketch> {
    let status = prop_oneof![14 => Just(CardStatus::Active), 1 => prop::sample::select(CardStatus::ALL.to_vec())];
    let merchants = prop_oneof![6 => Just(vec![]), 1 => Just(vec![MERCHANT])];
    let expires = prop_oneof![4 => Just(None), 1 => Just(Some(BusinessDate(20_261_123)))];
    (status, merchants, expires, 60..400_i64, 100..400_i64, 1..5_i64).prop_map(
        |(status, merchants, expires_on, sale_max, daily_max, daily_count_max)| CardSketch {
            status,
            expires_on,
            programme: Programme {
                named: expires_on.is_none(),
                balance_max: Fen(600),
                sale_max: Fen(sale_max),
                daily_max: Fen(daily_max),
                daily_count_max,
                refund_window: 48 * HOUR,
                merchants,
            },
        },
    )
}

pub(crate) fn any_order(id: i64) -> impl Strategy<Value = Order> {
    let status = prop_oneof![19 => Just(OrderStatus::Draft), 1 => Just(OrderStatus::Abandoned)];
    let attempt = prop_oneof![12 => Just(None), 1 => (0..REQUESTS).prop_map(|n| Some(super::request(n)))];
    (status, attempt, 0..150_i64, prop::bool::weighted(0.95)).prop_map(move |(status, attempt, total, payable)| Order {
        status,
        attempt,
        payable,
        ..order(id, total)
    })
}

prop_compose! {
    pub(crate) fn any_sketch()(
        cards in prop::collection::vec(any_card(), 3),
        orders in (1..ORDERS).map(any_order).collect::<Vec<_>>(),
        suspended in prop::bool::weighted(0.1),
    ) -> Sketch {
        Sketch { cards, orders, suspended }
    }
}

/// Few enough that ids meet by chance.
pub(crate) const REQUESTS: u16 = 90;

/// What is asked, still without the world: `Repeat` sends an earlier envelope again.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Inquiry { card: u8, right: bool },
    Check { order: i64, card: u8, right: bool, off: i64 },
    Sale { order: i64, card: u8, proof: u8, off: i64 },
    Withdraw { order: i64 },
    Load { card: u8, amount: i64 },
    Repeat { back: usize, asks: bool },
}

/// Step, request id, microseconds since the step before, whether the other merchant's till asks.
pub(crate) type Asked = (Step, u16, i64, bool);

pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    let (card, order) = (|| 1..=NUMBERS, || 1..=ORDERS);
    let off = || prop_oneof![19 => Just(0_i64), 1 => -1..=1_i64];
    prop_oneof![
        2 => (card(), any::<bool>()).prop_map(|(card, right)| Step::Inquiry { card, right }),
        2 => (order(), card(), prop::bool::weighted(0.7), off())
            .prop_map(|(order, card, right, off)| Step::Check { order, card, right, off }),
        6 => (order(), card(), 0..10_u8, off())
            .prop_map(|(order, card, proof, off)| Step::Sale { order, card, proof, off }),
        1 => order().prop_map(|order| Step::Withdraw { order }),
        3 => (card(), -1..400_i64).prop_map(|(card, amount)| Step::Load { card, amount }),
        2 => (0..8_usize, any::<bool>()).prop_map(|(back, asks)| Step::Repeat { back, asks }),
    ]
}

pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Asked>> {
    let pause = prop_oneof![6 => Just(0_i64), 3 => 1..HOUR, 1 => Just(DAY)];
    prop::collection::vec((any_step(), 0..REQUESTS, pause, prop::bool::weighted(0.1)), 1..100)
}

pub(crate) fn envelopes(world: &World, steps: &[Asked]) -> Vec<Envelope> {
    let mut at = MORNING;
    let mut all: Vec<Envelope> = Vec::new();
    for (step, n, pause, other) in steps {
        at = at.plus(*pause);
        let total = |id: &i64| world.orders.values().find(|order| order.id.0 == *id).map_or(100, |order| order.total.0);
        let command = match step {
            Step::Inquiry { card, right } => super::inquiry(*card, *right),
            Step::Check { order, card, right, off } => super::check(*order, total(order) + off, *card, *right),
            Step::Sale { order, card, proof, off } => {
                let proof = match proof {
                    0 => Proof::Confirmed { until: at },
                    1 => Proof::Confirmed { until: at.plus(-1) },
                    2 | 3 => Proof::Pin(super::pin(*card, false)),
                    _ => Proof::Pin(super::pin(*card, true)),
                };
                super::sale(*order, total(order) + off, *card, proof)
            }
            Step::Withdraw { order } => super::withdraw(*order, total(order)),
            Step::Load { card, amount } => super::load(*card, *amount),
            Step::Repeat { back, asks } => {
                let Some(earlier) = all.iter().rev().nth(*back).cloned() else { continue };
                let command = if *asks { super::withdraw(1, 1) } else { earlier.command.clone() };
                all.push(Envelope { at, entropy: 5, command, ..earlier });
                continue;
            }
        };
        let mut asked = envelope(*n, at, command);
        if *other {
            asked.actor = actor(OTHER, OTHER_TILL);
        }
        all.push(asked);
    }
    all
}
