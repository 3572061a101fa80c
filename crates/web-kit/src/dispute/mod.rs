//! Disputes as the card company and a merchant see them: the list, and the page of one.

pub mod case;
pub mod list;

use domain::command::Actor;
use domain::dispute::{Claim, Dispute, DisputeStatus};
use domain::ids::{OutletId, TransactionId};
use domain::ledger::Kind;
use domain::time::Timestamp;
use storage::dispute::Case;
use storage::merchant::Reach;

use crate::badge::Badge;
use crate::problem::Problem;
use crate::session::Session;
use crate::step::{Last, Told, Words};
use crate::submit::actor_anywhere;
use crate::text::{Text, fill};
use crate::visit::Visit;

/// The card company's address.
pub const OFFICE: &str = "/office/disputes";
/// The merchant's.
pub const OWN: &str = "/disputes";

/// What this person sees: everything, or the own merchant's.
pub fn reach(session: &Session) -> Option<Reach> {
    session.place.merchant().map(|merchant| Reach { merchant, outlet: None })
}

/// The number that a slip or an address shows.
pub fn number(text: &str) -> Option<TransactionId> {
    let text: String = text.trim().chars().map(domain::money::half_width).collect();
    (text.len() == 12).then(|| text.parse().ok().map(TransactionId)).flatten()
}

/// Merchant and outlet.
pub fn store_name(merchant: &str, outlet: &str, text: &'static Text) -> String {
    fill(text.shell.outlet_name, &[merchant, outlet])
}

/// A claim in words.
pub fn claim(claim: Claim, text: &'static Text) -> &'static str {
    let words = &text.dispute;
    match claim {
        Claim::NotAuthorised => words.not_authorised,
        Claim::NotReceived => words.not_received,
        Claim::WrongAmount => words.wrong_amount,
        Claim::Duplicate => words.duplicate,
        Claim::Quality => words.quality,
    }
}

/// How a dispute's state looks.
pub fn state(one: &Dispute, now: Timestamp, text: &'static Text) -> Badge {
    let words = &text.dispute;
    match one.status {
        DisputeStatus::Opened if now > one.answer_until => Badge::new("warn", "clock", words.state_overdue),
        DisputeStatus::Opened => Badge::new("info", "clock", words.state_opened),
        DisputeStatus::Answered if one.answer.as_ref().is_some_and(|answer| answer.accept) => {
            Badge::new("warn", "clock", words.state_accepted)
        }
        DisputeStatus::Answered => Badge::new("warn", "clock", words.state_contested),
        DisputeStatus::Upheld => Badge::new("ok", "ok", words.state_upheld),
        DisputeStatus::Rejected => Badge::new("bad", "bad", words.state_rejected),
    }
}

/// The step that an address names, of this person.
pub async fn last_step(visit: &Visit, a: &str) -> Result<Option<Last>, Problem> {
    let kinds = [Kind::DisputeOpening, Kind::DisputeAnswer, Kind::DisputeRejection, Kind::Chargeback];
    Last::find(&visit.web, actor_anywhere(&visit.session, OutletId(0)), a, |record| kinds.contains(&record.kind)).await
}

/// What the page says about it unless it is done.
pub fn told(last: Option<&Last>, text: &'static Text) -> Option<Told> {
    let own = &text.dispute;
    last?.told(Words { not_done: own.not_done, unknown: own.unknown, unknown_do: own.unknown_do }, text)
}

/// The person as the books know them, for a dispute of this sale.
fn acting(visit: &Visit, found: &Case) -> Actor {
    actor_anywhere(&visit.session, found.sale.actor.outlet)
}
