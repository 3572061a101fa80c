//! Payments whose outcome is not known.

use domain::time::Timestamp;
use storage::payment::{self, OpenAttempt};

use crate::Web;
use crate::problem::Problem;
use crate::session::Session;
use crate::submit::{ANSWER_WITHIN, micros};

/// A payment without an outcome that was sent before this moment has waited longer than an answer may take.
pub fn before(now: Timestamp) -> Timestamp {
    now.plus(-micros(ANSWER_WITHIN)).plus(1)
}

/// Payments of this till without a recorded outcome, the ones just sent included: each of them blocks the close.
pub async fn at_this_till(web: &Web, session: &Session) -> Result<Vec<OpenAttempt>, Problem> {
    let (store, terminal) = (session.store()?, session.till()?.terminal);
    let mut open = payment::attempts_open(&web.storage, Some(store.outlet), session.now.plus(1)).await?;
    open.retain(|one| one.actor.terminal == terminal);
    Ok(open)
}
