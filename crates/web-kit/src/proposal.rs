//! Proposing what two persons decide, from any page: the command, and where it is decided.

use domain::acts::{Act, Payload};
use domain::command::{Actor, Command};
use domain::ids::{RequestId, TransactionId};
use domain::proposal::Draft;
use storage::proposal;

use crate::problem::Problem;
use crate::step::{self, Step};
use crate::text::Words;
use crate::visit::Visit;

/// The page of what waits for a second person.
pub const TODO: &str = "/office/todo";

/// The page of one proposal.
pub fn address(id: TransactionId) -> String {
    format!("{TODO}/{}", id.rrn())
}

/// Where a person goes after proposing: to the proposal, or back to `back`, which says why not.
pub fn after(step: &Step, back: &str) -> String {
    match step {
        Step::Done(record) => address(record.id),
        _ => back.to_owned(),
    }
}

/// Proposes an act by the rows as they are, for the signed-in person of the company; `None` when what it is about does not
/// exist.
pub async fn propose<T: Words>(
    visit: &Visit<T>,
    payload: Payload,
    request: RequestId,
) -> Result<Option<Step>, Problem> {
    let Some(seen) = proposal::now(visit.db(), payload.clone()).await? else { return Ok(None) };
    let command = Command::Proposal(Draft { payload, seen });
    step::send(&visit.web, request, Actor::issuer(visit.session.person), command).await.map(Some)
}

/// Where the proposal about something waits for a decision, if one does.
pub async fn waiting<T: Words>(visit: &Visit<T>, act: Act, subject: i64) -> Result<Option<String>, Problem> {
    let latest = proposal::about(visit.db(), act, subject).await?;
    Ok(latest.filter(|one| one.waits(visit.session.now)).map(|one| address(one.id)))
}
