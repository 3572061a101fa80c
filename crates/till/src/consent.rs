//! A manager's consent at a cashier's till: user name and password. Whether the person may consent is looked at first, so
//! that the form tries no other password, and wrong ones are counted by the cashier's session.

use crate::Visit;
use domain::ids::PersonId;
use domain::role::{Action, may};
use storage::audit::Entry;
use storage::{audit, people};
use web_kit::credentials::{Checked, check_consent};
use web_kit::flash::Flash;
use web_kit::pair::Pair;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::text::Text;

web_kit::said! {
    /// Why a manager's consent was not taken. The first value is what was typed as user name.
    pub(crate) enum Said {
        /// User name or password is missing.
        Empty = "consent_empty",
        /// Wrong; value: tries left.
        Wrong = "consent_wrong",
        /// Too many wrong passwords; value: until when.
        Locked = "consent_locked",
        /// The person is no manager of this merchant.
        NotManager = "consent_not_manager",
        /// It is another login of the human who asks.
        OneHuman = "consent_one_human",
    }
}

/// The manager's user name and password, as the form sends them.
pub(crate) struct Consent<'a> {
    /// User name as typed.
    pub(crate) user: &'a str,
    /// Password as typed.
    pub(crate) password: &'a str,
    /// The right that the manager needs.
    pub(crate) action: Action,
    /// Logged when a person without the right tries.
    pub(crate) denied: Entry,
}

/// The manager of this merchant, or the message that [`refusal`] reads.
///
/// A manager may name the own login; another login or a fresh password of one human is no consent. The password of
/// somebody who is no manager here is not looked at, so that nobody's is guessed, or locked, from a till.
pub(crate) async fn consent(visit: &Visit, asked: Consent<'_>) -> Result<Result<PersonId, Flash>, Problem> {
    let user = asked.user.trim();
    let refuse = |said, value: &str| Ok(Err(Flash::new(said, &[user, value])));
    if user.is_empty() || asked.password.is_empty() {
        return refuse(Said::Empty, "");
    }
    let found = people::account(visit.db(), user).await?;
    let manager = match &found {
        Some(account) => {
            let roles = account.roles_at(visit.session.now);
            let here = account.place.merchant() == Some(visit.session.store()?.merchant);
            let free = account.status.signs_in() && account.stopped.is_none() && !account.must_change;
            found.as_ref().filter(|_| here && free && may(&roles, asked.action))
        }
        None => None,
    };
    let checked = check_consent(&visit.web, &visit.session, manager, asked.password.to_owned()).await?;
    match (checked, manager) {
        (Checked::Locked(until), _) => refuse(Said::Locked, &until),
        (Checked::Right, Some(manager)) => match Pair::with(visit.db(), &visit.session, manager.person).await? {
            Pair::OneHuman => refuse(Said::OneHuman, ""),
            Pair::Own | Pair::Linked | Pair::Two => Ok(Ok(manager.person)),
        },
        (Checked::Wrong(left), Some(_)) => refuse(Said::Wrong, &left.to_string()),
        (_, None) => {
            let name = found.as_ref().map_or("unknown user", |account| &account.name);
            let detail = format!("{} by {name}", asked.denied.detail);
            audit::append(visit.db(), Entry { detail, ..asked.denied }).await?;
            refuse(Said::NotManager, "")
        }
    }
}

/// Why a manager's consent was not taken.
pub(crate) fn refusal(flash: &Flash, text: &Text) -> Option<String> {
    let (words, login) = (&text.sale, &text.login);
    flash.said().map(|said| match said {
        Said::Empty => words.confirm_empty.to_owned(),
        Said::Wrong => fill(login.wrong, &[flash.value(1)]),
        Said::Locked => fill(words.confirm_locked, &[flash.value(1)]),
        Said::NotManager => words.confirm_not_manager.to_owned(),
        Said::OneHuman => text.codes.one_human.to_owned(),
    })
}
