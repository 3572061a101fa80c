//! Random worlds and random commands in them: few cards, few orders, tiny limits, so that the commands meet.

use domain::acts::{Payload, ProgrammeAct, Shown};
use domain::card::{Card, CardStatus, Programme};
use domain::card_move::CardMove;
use domain::command::{Command, Envelope, Proof};
use domain::dispute::{self, Answer, Claim, Opening};
use domain::ids::{CustomerId, MerchantId, OrderId, PersonId, TerminalId, TransactionId};
use domain::ledger::Kind;
use domain::limits::{Limit, Limits};
use domain::money::Fen;
use domain::order::{Order, OrderStatus};
use domain::programme::PinMode;
use domain::programme::ProgrammeStatus;
use domain::programme_change::Narrowing;
use domain::proposal;
use domain::refund::{Ground, Request, Review, SoldLine};
use domain::reversal::Reversed;
use domain::settlement::Verdict;
use domain::time::{BusinessDate, HOUR};
use proptest::prelude::*;

use super::cards;
use super::money;
use super::programmes;
use super::proposals::{self, SLEEPER, sleeper};
use super::{DAY, MERCHANT, MORNING, Submit as _, World, actor, card, envelope, order, till};

/// Cards 1 to 3 exist, number 4 is unknown.
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
    /// Wrong PINs of two cards pause, and of three stop.
    pub(crate) tight: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct CardSketch {
    pub(crate) status: CardStatus,
    pub(crate) expires_on: Option<BusinessDate>,
    pub(crate) programme: Programme,
}

impl Sketch {
    pub(crate) fn build(self) -> World {
        let mut world = super::one_till();
        let mut other = till(OTHER);
        other.outlet.merchant_active = !self.suspended;
        world.tills.insert(OTHER_TILL, other);
        world.fees.insert(OTHER, None);
        if self.tight {
            let limit = Limit { pause_cards: 2, stop_cards: 3, ..world.limits.till };
            let (till, person, key, network) = (limit, limit, limit, limit);
            world.limits = Limits { till, person, key, network, ..Limits::default() };
        }
        world.keys.insert(SLEEPER, sleeper());
        proposals::put_places(&mut world);
        proposals::put_people(&mut world);
        for (number, CardSketch { status, expires_on, programme }) in (1..).zip(self.cards) {
            let programme = Programme { id: programmes::of_card(number), ..programme };
            world.put_card(Card { status, expires_on, programme, ..card(number) });
        }
        programmes::put_known(&mut world);
        for order in self.orders {
            world.lines.insert(order.id, lines_of(order.total));
            world.put_order(order);
        }
        world
    }
}

/// Two pieces of a drug and one of something else, which come to `total`.
fn lines_of(total: Fen) -> Vec<SoldLine> {
    let drug = Fen(total.0 / 3);
    let rest = Fen(total.0 - 2 * drug.0);
    let line = |line, price, quantity, drug| SoldLine { line, price, quantity, drug };
    [line(1, drug, 2, true), line(2, rest, 1, false)].into_iter().filter(|line| line.price.is_positive()).collect()
}

pub(crate) fn any_card() -> impl Strategy<Value = CardSketch> {
    // What is stopped was moved: steps do that.
    let unmoved = vec![CardStatus::Issued, CardStatus::Replaced, CardStatus::Closed];
    let status =
        prop_oneof![14 => Just(CardStatus::Active), 3 => Just(CardStatus::Issued), 1 => prop::sample::select(unmoved)];
    let merchants = prop_oneof![6 => Just(vec![]), 1 => Just(vec![MERCHANT])];
    let expires = prop_oneof![4 => Just(None), 1 => Just(Some(BusinessDate(20_261_123)))];
    let halted = prop::bool::weighted(0.05);
    let most = (60..300_i64, 0..150_i64, prop::option::weighted(0.7, 0..60_i64), 1..5_i64);
    (status, merchants, expires, halted, most).prop_map(
        |(status, merchants, expires_on, halted, (sale_max, day, month, daily_count_max))| CardSketch {
            status,
            expires_on,
            programme: Programme {
                id: programmes::of_card(1),
                status: if halted { ProgrammeStatus::Suspended } else { ProgrammeStatus::Active },
                named: expires_on.is_none(),
                balance_max: Fen(600),
                load_max: Fen(392),
                sale_max: Fen(sale_max),
                daily_max: Fen(sale_max + day),
                daily_count_max,
                month_max: month.map(|more| Fen(sale_max + day + more)),
                refund_window: 48 * HOUR,
                loss_report: true,
                pin_mode: PinMode::FirstUse,
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
        tight in prop::bool::weighted(0.3),
    ) -> Sketch {
        Sketch { cards, orders, suspended, tight }
    }
}

/// Few enough that ids meet by chance.
pub(crate) const REQUESTS: u16 = 90;

/// What is asked, still without the world: `Repeat` sends an earlier envelope again.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Inquiry {
        card: u8,
        right: bool,
    },
    Check {
        order: i64,
        card: u8,
        right: bool,
        off: i64,
    },
    Sale {
        order: i64,
        card: u8,
        proof: u8,
        off: i64,
    },
    Direct {
        card: u8,
        right: bool,
        total: i64,
        off: i64,
    },
    Withdraw {
        order: i64,
    },
    /// The card company makes a code, or an initial PIN, for a card that was never used or after the latest reset.
    Issue {
        card: u8,
        code: bool,
        after_reset: bool,
    },
    FirstUse {
        card: u8,
        right: bool,
    },
    /// Two persons take a PIN away.
    Reset {
        card: u8,
    },
    Load {
        card: u8,
        amount: i64,
    },
    /// The act about money with this number.
    Money {
        act: usize,
    },
    Refund {
        order: usize,
        lines: Vec<(i64, i64)>,
        ground: Ground,
        worded: bool,
        escalate: bool,
        who: Who,
    },
    Review {
        refund: usize,
        card: Option<u8>,
        worded: bool,
        who: Who,
    },
    Void {
        order: usize,
    },
    Reverse {
        sale: usize,
        off: i64,
        known: bool,
    },
    Dispute {
        order: usize,
        amount: Option<i64>,
        claim: Claim,
        worded: bool,
        who: Clerk,
    },
    Answer {
        dispute: usize,
        accept: bool,
        worded: bool,
        shop: bool,
    },
    Decide {
        dispute: usize,
        uphold: bool,
        worded: bool,
        who: Clerk,
    },
    BatchClose,
    /// A card is moved by one person.
    Move {
        card: u8,
        made: CardMove,
        worded: bool,
        who: Clerk,
    },
    /// Up to so many days ago, for the merchant at the till or one that does not exist.
    Settle {
        days: i64,
        merchant: Whose,
        who: Clerk,
    },
    /// The last one but `back`.
    Verdict {
        back: usize,
        merchant: Whose,
        confirm: bool,
        worded: bool,
        who: Clerk,
    },
    /// A fee, or the act of another kind with this number.
    Propose {
        fee: Option<i64>,
        other: usize,
        merchant: Whose,
        /// What the maker was shown is what is there.
        seen: bool,
        who: Clerk,
    },
    /// One person lowers the limits of a card's programme, or stops it.
    Narrow {
        card: u8,
        how: Narrow,
        /// What the person was shown is what is there.
        seen: bool,
        who: Clerk,
    },
    /// The last one but `back`: approved, turned down, or taken back.
    End {
        back: usize,
        how: Option<bool>,
        worded: bool,
        /// What the checker was shown is what the maker saw.
        shown: bool,
        who: Clerk,
    },
    Repeat {
        back: usize,
        asks: bool,
    },
}

/// The person who asks for a refund or decides on one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    Cashier,
    Manager,
    Issuer,
}

/// What one person does to a programme.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Narrow {
    Lower,
    /// More for somebody, which takes two.
    Raise,
    Suspend,
    End,
}

/// Whose money is settled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    First,
    Other,
    Nobody,
}

impl Whose {
    fn id(self) -> MerchantId {
        match self {
            Self::First => MERCHANT,
            Self::Other => OTHER,
            Self::Nobody => MerchantId(7_777),
        }
    }
}

/// The person who settles: two of the card company, and one of a shop, which is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clerk {
    Maker,
    Checker,
    Shop,
}

impl Clerk {
    fn asks(self, envelope: Envelope) -> Envelope {
        match self {
            Self::Maker => super::by_issuer(9003, envelope),
            Self::Checker => super::by_issuer(9002, envelope),
            Self::Shop => envelope,
        }
    }
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
        2 => (card(), prop::bool::weighted(0.8), 0..150_i64, off())
            .prop_map(|(card, right, total, off)| Step::Direct { card, right, total, off }),
        1 => order().prop_map(|order| Step::Withdraw { order }),
        3 => (card(), -1..400_i64).prop_map(|(card, amount)| Step::Load { card, amount }),
        1 => (0..MONEY_ACTS).prop_map(|act| Step::Money { act }),
        2 => (card(), prop::bool::weighted(0.9), any::<bool>())
            .prop_map(|(card, code, after_reset)| Step::Issue { card, code, after_reset }),
        2 => (card(), prop::bool::weighted(0.7)).prop_map(|(card, right)| Step::FirstUse { card, right }),
        1 => card().prop_map(|card| Step::Reset { card }),
        2 => (0..8_usize, any::<bool>()).prop_map(|(back, asks)| Step::Repeat { back, asks }),
        7 => after_sale(),
        3 => settlement(),
        3 => dispute(),
        3 => proposal(),
        1 => narrow(),
        2 => card_move(),
    ]
}

fn card_move() -> impl Strategy<Value = Step> {
    let clerk = prop_oneof![8 => Just(Clerk::Maker), 3 => Just(Clerk::Checker), 1 => Just(Clerk::Shop)];
    // Mostly what lets a card pay again, so that few stay stopped.
    let made = prop_oneof![
        3 => prop::sample::select(CardMove::ALL.to_vec()),
        3 => Just(CardMove::Reopen),
        2 => Just(CardMove::Unlock),
    ];
    (1..=NUMBERS, made, prop::bool::weighted(0.95), clerk).prop_map(|(card, made, worded, who)| Step::Move {
        card,
        made,
        worded,
        who,
    })
}

fn narrow() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        8 => Just(Narrow::Lower),
        1 => Just(Narrow::Raise),
        2 => Just(Narrow::Suspend),
        1 => Just(Narrow::End),
    ];
    let clerk = prop_oneof![8 => Just(Clerk::Maker), 8 => Just(Clerk::Checker), 1 => Just(Clerk::Shop)];
    (1..=NUMBERS, how, prop::bool::weighted(0.95), clerk).prop_map(|(card, how, seen, who)| Step::Narrow {
        card,
        how,
        seen,
        who,
    })
}

fn proposal() -> impl Strategy<Value = Step> {
    let clerk = || prop_oneof![8 => Just(Clerk::Maker), 8 => Just(Clerk::Checker), 1 => Just(Clerk::Shop)];
    let merchant = prop_oneof![8 => Just(Whose::First), 4 => Just(Whose::Other), 1 => Just(Whose::Nobody)];
    let fee = prop_oneof![4 => (0..4_i64).prop_map(|fee| Some(20 * fee)), 1 => Just(Some(1_001)), 6 => Just(None)];
    let mostly = || prop::bool::weighted(0.95);
    let how = prop_oneof![6 => Just(Some(true)), 2 => Just(Some(false)), 1 => Just(None)];
    prop_oneof![
        4 => (fee, any::<prop::sample::Index>(), merchant, mostly(), clerk()).prop_map(
            |(fee, other, merchant, seen, who)| {
                Step::Propose { fee, other: other.index(proposals::acts().len() + MONEY_ACTS + CARD_ACTS + PROGRAMME_ACTS), merchant, seen, who }
            }
        ),
        5 => (prop_oneof![6 => Just(0_usize), 3 => 1..4_usize], how, mostly(), mostly(), clerk())
            .prop_map(|(back, how, worded, shown, who)| Step::End { back, how, worded, shown, who }),
    ]
}

fn dispute() -> impl Strategy<Value = Step> {
    let clerk = || prop_oneof![8 => Just(Clerk::Maker), 8 => Just(Clerk::Checker), 1 => Just(Clerk::Shop)];
    let (worded, which) = (|| prop::bool::weighted(0.95), || prop_oneof![8 => Just(0_usize), 2 => 1..4_usize]);
    // The whole order mostly.
    let amount = prop_oneof![3 => Just(None), 2 => (-1..120_i64).prop_map(Some)];
    prop_oneof![
        4 => (0..8_usize, amount, prop::sample::select(Claim::ALL.to_vec()), worded(), clerk())
            .prop_map(|(order, amount, claim, worded, who)| Step::Dispute { order, amount, claim, worded, who }),
        4 => (which(), any::<bool>(), worded(), prop::bool::weighted(0.9))
            .prop_map(|(dispute, accept, worded, shop)| Step::Answer { dispute, accept, worded, shop }),
        4 => (which(), prop::bool::weighted(0.7), worded(), clerk())
            .prop_map(|(dispute, uphold, worded, who)| Step::Decide { dispute, uphold, worded, who }),
    ]
}

fn settlement() -> impl Strategy<Value = Step> {
    let merchant = || prop_oneof![12 => Just(Whose::First), 2 => Just(Whose::Other), 1 => Just(Whose::Nobody)];
    let clerk = || prop_oneof![8 => Just(Clerk::Maker), 8 => Just(Clerk::Checker), 1 => Just(Clerk::Shop)];
    prop_oneof![
        3 => (prop_oneof![1 => Just(0_i64), 5 => Just(1_i64), 1 => Just(2_i64)], merchant(), clerk())
            .prop_map(|(days, merchant, who)| Step::Settle { days, merchant, who }),
        3 => (prop_oneof![8 => Just(0_usize), 2 => 1..4_usize], merchant(), prop::bool::weighted(0.8),
                prop::bool::weighted(0.95), clerk())
            .prop_map(|(back, merchant, confirm, worded, who)| Step::Verdict { back, merchant, confirm, worded, who }),
    ]
}

fn after_sale() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![4 => Just(Who::Cashier), 3 => Just(Who::Manager), 2 => Just(Who::Issuer)];
    let worded = || prop::bool::weighted(0.95);
    let line = prop_oneof![6 => (1..=2_i64, Just(1_i64)), 2 => (1..=3_i64, 0..=3_i64)];
    let lines = prop::collection::vec(line, 1..3);
    let ground = prop_oneof![4 => Just(Ground::Quality), 1 => Just(Ground::ShopError), 1 => Just(Ground::ChangedMind)];
    // The right card mostly: 0 stands for the one that paid.
    let card = prop_oneof![2 => Just(None), 6 => Just(Some(0)), 1 => (1..=NUMBERS).prop_map(Some)];
    prop_oneof![
        5 => (0..8_usize, lines, ground, worded(), prop::bool::weighted(0.2), who()).prop_map(
            |(order, lines, ground, worded, escalate, who)| Step::Refund { order, lines, ground, worded, escalate, who },
        ),
        6 => (0..6_usize, card, worded(), who())
            .prop_map(|(refund, card, worded, who)| Step::Review { refund, card, worded, who }),
        2 => (0..8_usize).prop_map(|order| Step::Void { order }),
        2 => (0..8_usize, prop_oneof![9 => Just(0_i64), 1 => Just(1_i64)], any::<bool>())
            .prop_map(|(sale, off, known)| Step::Reverse { sale, off, known }),
        1 => Just(Step::BatchClose),
    ]
}

pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Asked>> {
    let pause = prop_oneof![36 => Just(0_i64), 18 => 1..HOUR, 3 => Just(DAY), 1 => Just(8 * DAY)];
    let steps = prop::collection::vec((any_step(), 0..REQUESTS, pause, prop::bool::weighted(0.1)), 1..120);
    (any::<bool>(), steps).prop_map(|(busy, steps)| if busy { busy_morning().chain(steps).collect() } else { steps })
}

/// Cards are loaded and orders paid, so that something can be given back.
fn busy_morning() -> impl Iterator<Item = Asked> {
    let loads = (1..NUMBERS).map(|card| Step::Load { card, amount: 390 });
    let sales =
        (1..9).map(|order| Step::Sale { order, card: 1 + u8::try_from(order % 3).unwrap_or(0), proof: 9, off: 0 });
    loads.chain(sales).zip(REQUESTS..).map(|(step, n)| (step, n, 0, false))
}

/// The envelopes of `steps`. What comes after a sale names what the world made of the steps before: orders that are
/// paid, refunds by the number they got. So they are tried on a copy on the way.
#[expect(clippy::too_many_lines, reason = "one arm for each step")]
pub(crate) fn envelopes(world: &World, steps: &[Asked]) -> Vec<Envelope> {
    let mut shadow = world.clone();
    let mut at = MORNING;
    let mut all = proposals::agree_fee(world.head.sequence).to_vec();
    shadow.post(&all);
    let first = money::funding("SL-0", 2_000);
    all.extend(money::decided(shadow.head.sequence, &first, &proposals::shown(&shadow, &first)));
    shadow.post(&all[2..]);
    for (step, n, pause, other) in steps {
        at = at.plus(*pause);
        let mut asked = match step {
            Step::Repeat { back, asks } => {
                let Some(earlier) = all.iter().rev().nth(*back).cloned() else { continue };
                let command = if *asks { super::withdraw(1, 1) } else { earlier.command.clone() };
                Envelope { at, entropy: 5, command, ..earlier }
            }
            step => {
                // Ids that meet by chance are for payments; those of what comes after seldom do.
                let after = matches!(
                    step,
                    Step::Refund { .. }
                        | Step::Review { .. }
                        | Step::Void { .. }
                        | Step::Settle { .. }
                        | Step::Verdict { .. }
                        | Step::Dispute { .. }
                        | Step::Answer { .. }
                        | Step::Decide { .. }
                        | Step::Propose { .. }
                        | Step::Narrow { .. }
                        | Step::Load { .. }
                        | Step::Issue { .. }
                        | Step::FirstUse { .. }
                        | Step::Reset { .. }
                        | Step::Money { .. }
                        | Step::Move { .. }
                        | Step::End { .. }
                );
                let n = if after && n % 8 > 0 { 1_000 + u16::try_from(all.len()).unwrap_or(0) } else { *n };
                let asked = envelope(n, at, command(&shadow, step, at));
                match step {
                    Step::Refund { who, .. } | Step::Review { who, .. } => who.asks(asked),
                    Step::Settle { who, .. }
                    | Step::Verdict { who, .. }
                    | Step::Dispute { who, .. }
                    | Step::Decide { who, .. }
                    | Step::Propose { who, .. }
                    | Step::Move { who, .. }
                    | Step::Narrow { who, .. }
                    | Step::End { who, .. } => who.asks(asked),
                    Step::Load { .. } | Step::Money { .. } | Step::Issue { .. } | Step::Reset { .. } => {
                        Clerk::Maker.asks(asked)
                    }
                    Step::FirstUse { .. } => super::pins::by_holder(asked),
                    Step::Answer { shop: false, .. } => super::by_issuer(9001, asked),
                    _ => asked,
                }
            }
        };
        if *other && !asked.actor.is_issuer() && !asked.actor.is_holder() && !matches!(step, Step::Repeat { .. }) {
            asked.actor = actor(OTHER, OTHER_TILL);
        }
        let proposed = shadow.submit(&asked);
        all.push(asked);
        // Money is mostly wanted where it goes and PINs away, so somebody approves it.
        let wanted = matches!(step, Step::Load { .. } | Step::Money { .. } | Step::Reset { .. });
        let made = proposed.transaction().filter(|_| wanted);
        if let Some(one) = made.and_then(|made| shadow.proposals.get(&made.id)) {
            let n = 10_000 + u16::try_from(all.len()).unwrap_or(0);
            let approval = Clerk::Checker.asks(envelope(n, at, proposals::approve(one)));
            shadow.submit(&approval);
            all.push(approval);
        }
    }
    all
}

impl Who {
    fn asks(self, envelope: Envelope) -> Envelope {
        match self {
            Self::Cashier => envelope,
            Self::Manager => super::by(1002, envelope),
            Self::Issuer => super::by_issuer(9001, envelope),
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each command")]
fn command(world: &World, step: &Step, at: domain::time::Timestamp) -> Command {
    let total = |id: &i64| world.orders.get(&OrderId(*id)).map_or(100, |order| order.total.0);
    match step {
        Step::Inquiry { card, right } => super::inquiry(*card, *right),
        Step::Check { order, card, right, off } => super::check(*order, total(order) + off, *card, *right),
        Step::Sale { order, card, proof, off } => {
            let proof = match proof {
                0 => Proof::Confirmed { until: at },
                1 => Proof::Confirmed { until: at.plus(-1) },
                2 | 3 => Proof::Pin(super::typed(*card, false)),
                _ => Proof::Pin(super::typed(*card, true)),
            };
            super::sale(*order, total(order) + off, *card, proof)
        }
        Step::Direct { card, right, total, off } => super::direct_sale(*total, total + off, *card, *right),
        Step::Withdraw { order } => super::withdraw(*order, total(order)),
        Step::Load { .. } | Step::Money { .. } => {
            let payload = of_money(world, step);
            proposals::propose(payload.clone(), proposals::shown(world, &payload))
        }
        Step::Issue { card, code, after_reset } => {
            let own = |one: &&proposal::Proposal| one.payload == super::pins::reset(*card);
            let reset = world.proposals.values().rev().find(own).map(|one| one.id).filter(|_| *after_reset);
            let pin = || super::pins::issue_pin(*card, super::pin(*card, true));
            if *code { super::pins::issue_code(*card, reset) } else { pin() }
        }
        Step::FirstUse { card, right } => super::pins::first_use(*card, *right, super::pin(*card, true)),
        Step::Reset { card } => {
            let payload = super::pins::reset(*card);
            proposals::propose(payload.clone(), proposals::shown(world, &payload))
        }
        Step::Refund { order, lines, ground, worded, escalate, .. } => Command::RefundRequest(Request {
            order: paid(world, *order),
            lines: lines.clone(),
            ground: *ground,
            reason: words(*worded),
            escalate: *escalate,
        }),
        Step::Review { refund, card, worded, who } => {
            // The latest first: those are still open.
            let found = world.refunds.values().rev().nth(*refund).or(world.refunds.values().next_back());
            let (order, refund) = found.map_or((OrderId(1), TransactionId(1)), |found| (found.order, found.id));
            let card = card.map(|number| if number == 0 { payer(world, order) } else { number });
            // Four digits count at the card company only; some in a store are random, too.
            let named = |number| match (*who, number % 2) {
                (Who::Issuer, _) | (Who::Manager, 1) => super::last_four(number),
                _ => super::presented(number).into(),
            };
            Command::RefundReview(Review { order, refund, card: card.map(named), opinion: words(*worded) })
        }
        Step::Void { order } => Command::Void { order: paid(world, *order), checker: PersonId(1002) },
        Step::Reverse { sale, off, known } => {
            let sales = world.transactions.iter().rev().filter(|one| one.kind == domain::ledger::Kind::Sale);
            let sale = sales.filter_map(|one| Some((one.request_id, one.order?, one.amount))).nth(*sale);
            // None yet: one that never arrives, or arrives later.
            let (request_id, order, amount) = sale.unwrap_or((super::request(7), OrderId(1), Fen(total(&1))));
            Command::Reverse(Reversed { request_id, sale: known.then_some((order, Fen(amount.0 + off))) })
        }
        Step::Settle { days, merchant, .. } => super::prepare(merchant.id(), at.plus(-days * DAY).business_date()),
        Step::Verdict { back, merchant, confirm, worded, .. } => {
            let found = world.settlements.keys().rev().nth(*back);
            Command::SettlementReview(Verdict {
                merchant: merchant.id(),
                settlement: found.copied().unwrap_or(TransactionId(1)),
                confirm: *confirm,
                opinion: words(*worded),
            })
        }
        Step::Dispute { order, amount, claim, worded, .. } => {
            let order = paid(world, *order);
            let amount = Fen(amount.unwrap_or(total(&order.0)));
            Command::DisputeOpen(Opening { order, amount, claim: *claim, words: words(*worded) })
        }
        Step::Answer { dispute, accept, worded, .. } => {
            let (order, dispute) = disputed(world, *dispute);
            Command::DisputeAnswer(Answer { order, dispute, accept: *accept, words: words(*worded) })
        }
        Step::Decide { dispute, uphold, worded, .. } => {
            let (order, dispute) = disputed(world, *dispute);
            Command::DisputeReview(dispute::Verdict { order, dispute, uphold: *uphold, words: words(*worded) })
        }
        Step::Propose { .. } | Step::End { .. } => of_proposal(world, step),
        Step::Move { card, made, worded, .. } => {
            let (card, made, reason) = (super::card_id(*card), *made, words(*worded));
            Command::CardMove(domain::card_move::Request { card, made, reason })
        }
        Step::Narrow { card, how, seen, .. } => of_programme(world, *card, *how, *seen),
        Step::BatchClose | Step::Repeat { .. } => Command::BatchClose,
    }
}

/// How many [`card_acts`] are.
const CARD_ACTS: usize = 6;

/// Acts that move a card: each move that takes two, of two cards.
fn card_acts() -> impl Iterator<Item = Payload> {
    (1..=2)
        .flat_map(|number| [CardMove::Reopen, CardMove::Unlock, CardMove::Close].map(|made| cards::act(number, made)))
}

/// How many [`money_acts`] are.
const MONEY_ACTS: usize = 9;

/// Acts about money: what is possible, and what is not.
fn money_acts(world: &World) -> Vec<Payload> {
    let loads = world.transactions.iter().rev().filter(|one| one.kind == Kind::Load && one.approved());
    let last = loads.map(|one| (one.id, one.card)).next().unwrap_or((TransactionId(1), None));
    let number = (1..NUMBERS).find(|number| last.1 == Some(super::card_id(*number))).unwrap_or(1);
    let fresh = format!("SL-{}", world.head.sequence);
    vec![
        money::funding(&fresh, 700),
        money::funding("SL-0", 700),
        money::funding_of(CustomerId(1_000_099), &fresh, 1),
        money::funding_of(money::SUSPENDED, &fresh, 1),
        money::paid_back(60),
        money::paid_back(30),
        money::adjustment(last.0, number, 50),
        money::adjustment(last.0, number, 20),
        money::adjustment(TransactionId(1), number, 50),
    ]
}

/// How many [`programme_acts`] are.
const PROGRAMME_ACTS: usize = 8;

/// Acts about the programmes of cards: more, less, nothing that makes sense, and going on.
fn programme_acts(world: &World) -> Vec<Payload> {
    let one = |number, more| {
        programmes::changed(world, programmes::of_card(number), |terms| terms.daily_max = Fen(terms.daily_max.0 + more))
    };
    let resuming = |number| Payload::Programme(ProgrammeAct::Resuming { programme: programmes::of_card(number) });
    let outside = programmes::terms(world, programmes::DRAFT, |terms| terms.balance_max = Fen(100_001));
    let outside = Payload::Programme(ProgrammeAct::Opening { programme: programmes::DRAFT, terms: outside });
    vec![one(1, 50), one(2, 70), one(3, -10), one(1, -500), resuming(1), resuming(2), resuming(3), outside]
}

fn of_programme(world: &World, card: u8, how: Narrow, seen: bool) -> Command {
    let programme = programmes::of_card(card);
    let terms = |count, sale| {
        programmes::terms(world, programme, |terms| {
            (terms.daily_count_max, terms.sale_max) = (terms.daily_count_max + count, Fen(terms.sale_max.0 + sale));
        })
    };
    let what = match how {
        Narrow::Lower => Narrowing::Lower(terms(0, -7)),
        Narrow::Raise => Narrowing::Lower(terms(1, -7)),
        Narrow::Suspend => Narrowing::Suspend,
        Narrow::End => Narrowing::End,
    };
    let Command::ProgrammeChange(mut change) = programmes::narrow(world, programme, what) else {
        unreachable!("a change of a programme")
    };
    if !seen {
        change.seen = proposals::shown_fee(Some(999));
    }
    Command::ProgrammeChange(change)
}

fn of_money(world: &World, step: &Step) -> Payload {
    match step {
        Step::Load { card, amount } => money::load(*card, *amount),
        Step::Money { act } => money_acts(world).swap_remove(*act),
        _ => unreachable!("not about money"),
    }
}

fn of_proposal(world: &World, step: &Step) -> Command {
    match step {
        Step::Propose { fee, other, merchant, seen, .. } => {
            let all = || {
                proposals::acts().into_iter().chain(money_acts(world)).chain(card_acts()).chain(programme_acts(world))
            };
            let other = || all().nth(*other).expect("an act");
            let payload = fee.map_or_else(other, |fee_bp| proposals::fee(merchant.id(), fee_bp));
            let shown = if *seen { proposals::shown(world, &payload) } else { proposals::shown_fee(Some(999)) };
            proposals::propose(payload, shown)
        }
        Step::End { back, how, worded, shown, .. } => {
            let open = world.proposals.values().rev().filter(|one| one.status == proposal::ProposalStatus::Open);
            let found = open.take(3).nth(*back).or(world.proposals.values().next_back());
            let none = proposals::proposal(TransactionId(1), MORNING, proposals::fee(OTHER, 1), Shown::default());
            let mut one = found.cloned().unwrap_or(none);
            let Some(yes) = how else { return proposals::take_back(one.id) };
            if !shown {
                one.seen = proposals::shown_fee(Some(999));
            }
            match if *yes { proposals::approve(&one) } else { proposals::reject(&one) } {
                Command::ProposalApproval(verdict) if !worded => {
                    Command::ProposalApproval(proposal::Verdict { opinion: words(false), ..verdict })
                }
                command => command,
            }
        }
        _ => unreachable!("not a step of a proposal"),
    }
}

/// The latest paid order but `nth`, or any order while none is paid.
fn paid(world: &World, nth: usize) -> OrderId {
    let paid = world.transactions.iter().rev().filter(|one| one.approved() && one.kind == domain::ledger::Kind::Sale);
    paid.filter_map(|sale| sale.order).nth(nth).unwrap_or(OrderId(i64::try_from(nth).unwrap_or(0) + 1))
}

/// The latest dispute but `nth`, or one that is none.
fn disputed(world: &World, nth: usize) -> (OrderId, TransactionId) {
    let found = world.disputes.values().rev().nth(nth).or(world.disputes.values().next_back());
    found.map_or((OrderId(1), TransactionId(1)), |found| (found.order, found.id))
}

/// The card that paid the order.
fn payer(world: &World, order: OrderId) -> u8 {
    let sale = world.orders.get(&order).and_then(|order| order.paid_by);
    let sale = world.transactions.iter().find(|one| Some(one.id) == sale);
    let card = world.cards.values().find(|card| sale.is_some_and(|sale| sale.card == Some(card.id)));
    card.map_or(1, |card| card.key.0[0])
}

fn words(usable: bool) -> String {
    if usable { "the box is damaged".to_owned() } else { "x".to_owned() }
}
