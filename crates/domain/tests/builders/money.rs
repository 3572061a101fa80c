//! Money of a customer in tests: paid in, put on cards, taken back, each time by two persons.

use domain::acts::{Bank, Customer, Money, Payload, Shown};
use domain::command::Envelope;
use domain::directory::Standing;
use domain::ids::{CustomerId, TransactionId};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::proposal::Proposal;

use super::proposals::{self, CHECKER, MAKER, approve, proposal, propose};
use super::{MORNING, SLOT, Submit as _, World, by_issuer, card_id, envelope};

/// Who pays for the cards.
pub(crate) const CUSTOMER: CustomerId = CustomerId(1_000_001);
/// A customer that was suspended.
pub(crate) const SUSPENDED: CustomerId = CustomerId(1_000_002);

pub(crate) fn customer() -> Customer {
    Customer {
        name: "Example Ltd".to_owned(),
        status: Standing::Active,
        reason: String::new(),
        bank: Bank {
            name: "Bank".to_owned(),
            account: "6200000000000042".to_owned(),
            holder: "Example Ltd".to_owned(),
        },
        deposit: Fen::ZERO,
        held: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn suspended() -> Customer {
    Customer { status: Standing::Suspended, reason: "no answer".to_owned(), ..customer() }
}

pub(crate) fn funding(reference: &str, amount: i64) -> Payload {
    funding_of(CUSTOMER, reference, amount)
}

pub(crate) fn funding_of(customer: CustomerId, reference: &str, amount: i64) -> Payload {
    Payload::Money(Money::Funding {
        customer,
        amount: Fen(amount),
        reference: reference.to_owned(),
        received_on: MORNING.business_date(),
        note: String::new(),
    })
}

pub(crate) fn paid_back(amount: i64) -> Payload {
    Payload::Money(Money::FundingReturn { customer: CUSTOMER, amount: Fen(amount), reason: "no more cards".to_owned() })
}

pub(crate) fn load(number: u8, amount: i64) -> Payload {
    Payload::Money(Money::Load { customer: CUSTOMER, card: card_id(number), amount: Fen(amount), note: String::new() })
}

pub(crate) fn adjustment(load: TransactionId, number: u8, amount: i64) -> Payload {
    let (card, reason) = (card_id(number), "the wrong card".to_owned());
    Payload::Money(Money::Adjustment { load, customer: CUSTOMER, card, amount: Fen(amount), reason })
}

/// Proposal and approval of `payload`, shown as `seen`, after `before` transactions.
pub(crate) fn decided(before: i64, payload: &Payload, seen: &Shown) -> [Envelope; 2] {
    let one = proposal(TransactionId::new(SLOT, before + 1), MORNING, payload.clone(), seen.clone());
    let n = 30_000 + 2 * u16::try_from(before).expect("few");
    [
        by_issuer(MAKER, envelope(n, MORNING, propose(payload.clone(), seen.clone()))),
        by_issuer(CHECKER, envelope(n + 1, MORNING, approve(&one))),
    ]
}

/// What the forms show of a customer, and of an active card without a holder.
fn shown(with_card: bool) -> Shown {
    let card = if with_card { "card_masked=\ncard_holder=**\ncard_status=active\ncard_programme=\n" } else { "" };
    let text = format!("standing=active\ncustomer=Example Ltd\n{card}");
    Shown::read(&text).expect("canonical")
}

/// Money is paid in and put on a card: four transactions after `before`.
pub(crate) fn money_on_card(before: i64, number: u8, amount: i64) -> [Envelope; 4] {
    let [first, second] = decided(before, &funding(&format!("SL-{before}"), amount), &shown(false));
    let [third, fourth] = decided(before + 2, &load(number, amount), &shown(true));
    [first, second, third, fourth]
}

/// Two persons of the company decide; what kept them from it.
pub(crate) fn decide(world: &mut World, payload: &Payload) -> Option<Decline> {
    let seen = proposals::shown(world, payload);
    let [proposal, approval] = decided(world.head.sequence, payload, &seen);
    world.decline(&proposal).or_else(|| world.decline(&approval))
}

/// The same, and they have to agree; the approval's number.
pub(crate) fn done(world: &mut World, payload: &Payload) -> TransactionId {
    assert_eq!(decide(world, payload), None, "{payload:?}");
    world.transactions.last().expect("recorded").id
}

/// Pays in as much as is put on a card; the load.
pub(crate) fn put_money(world: &mut World, number: u8, amount: i64) -> TransactionId {
    let reference = format!("SL-{}", world.head.sequence);
    done(world, &funding(&reference, amount));
    done(world, &load(number, amount))
}

/// Proposes `payload` and leaves it waiting.
pub(crate) fn waiting(world: &mut World, payload: &Payload) -> Proposal {
    let seen = proposals::shown(world, payload);
    let [proposal, _] = decided(world.head.sequence, payload, &seen);
    assert_eq!(world.decline(&proposal), None, "{payload:?}");
    world.proposals.values().next_back().expect("one").clone()
}
