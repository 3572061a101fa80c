//! Money on the one card of a test: a customer pays in, and two persons put it there.

use domain::acts::{Money, Payload, Shown};
use domain::command::{Actor, Command};
use domain::ids::{CardId, CustomerId, PersonId, RequestId};
use domain::money::Fen;
use domain::proposal::{DECIDE_WITHIN, Draft, Proposal, ProposalStatus, Verdict, shown_digest};
use domain::time::BusinessDate;
use engine::Engine;

/// Who pays.
pub(crate) const CUSTOMER: CustomerId = CustomerId(1_000_001);
/// Its name.
pub(crate) const NAME: &str = "Customer";

/// Puts `amount` on `card`, which is active and has no holder.
pub(crate) async fn put(engine: &Engine, card: CardId, amount: i64) {
    let (amount, note) = (Fen(amount), String::new());
    let (reference, received_on) = ("SL-1".to_owned(), BusinessDate(20_261_123));
    let customer = format!("standing=active\ncustomer={NAME}\n");
    let shown = "card_masked=\ncard_holder=**\ncard_status=active\ncard_programme=\n";
    let funding = Money::Funding { customer: CUSTOMER, amount, reference, received_on, note: note.clone() };
    let load = Money::Load { customer: CUSTOMER, card, amount, note };
    for (n, act, seen) in [(1, funding, customer.clone()), (3, load, customer + shown)] {
        let (payload, seen) = (Payload::Money(act), Shown::read(&seen).expect("as the domain writes it"));
        let (maker, checker) = (Actor::issuer(PersonId(9001)), Actor::issuer(PersonId(9002)));
        let draft = Command::Proposal(Draft { payload: payload.clone(), seen: seen.clone() });
        let made = engine.submit(request(n), maker, draft).await.expect("answered");
        let made = made.transaction().filter(|made| made.approved()).expect("proposed");
        let one = Proposal {
            id: made.id,
            payload,
            seen,
            status: ProposalStatus::Open,
            maker: maker.person,
            made_at: made.at,
            expires_at: made.at.plus(DECIDE_WITHIN),
            ending: None,
        };
        let shown = shown_digest(&one, &one.seen);
        let verdict = Verdict { proposal: one.id, payload: one.payload, opinion: "compared".to_owned(), shown };
        let done = engine.submit(request(n + 1), checker, Command::ProposalApproval(verdict)).await.expect("answered");
        assert!(done.approved(), "{done:?}");
    }
}

fn request(n: u8) -> RequestId {
    RequestId([0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n])
}
