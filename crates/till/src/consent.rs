//! A manager's consent at a cashier's till: user name and password, counted like those at login.

use crate::Visit;
use domain::ids::PersonId;
use domain::role::{Action, may};
use storage::audit::Entry;
use storage::{audit, people};
use web_kit::credentials::{Refused, check_password, clock_text};
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
        /// The account is disabled, or its store suspended.
        Disabled = "consent_disabled",
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

/// The manager of this merchant, or the message that [`refusal`] reads. Tries count like those at login.
///
/// A manager may name the own login; another login or a fresh password of one human is no consent. The password of
/// somebody who is no manager here is not looked at, so that nobody's is guessed, or locked, from a till.
pub(crate) async fn consent(visit: &Visit, asked: Consent<'_>) -> Result<Result<PersonId, Flash>, Problem> {
    let user = asked.user.trim();
    let refuse = |said, value: &str| Ok(Err(Flash::new(said, &[user, value])));
    if user.is_empty() || asked.password.is_empty() {
        return refuse(Said::Empty, "");
    }
    let shop = visit.session.shop()?;
    let known =
        people::account(visit.db(), user).await?.filter(|account| account.place.merchant() == Some(shop.merchant));
    let roles = match &known {
        Some(account) => people::roles(visit.db(), account.person).await?,
        None => Vec::new(),
    };
    if known.as_ref().is_none_or(|account| account.must_change) || !may(&roles, asked.action) {
        let name = known.map_or_else(|| "unknown user".to_owned(), |account| account.name);
        let detail = format!("{} by {name}", asked.denied.detail);
        audit::append(visit.db(), Entry { detail, ..asked.denied }).await?;
        return refuse(Said::NotManager, "");
    }
    let account = match check_password(&visit.web, &visit.session.client, user, asked.password.to_owned()).await? {
        Ok(account) => account,
        Err(Refused::Locked(until)) => return refuse(Said::Locked, &clock_text(until)),
        Err(Refused::Wrong(left)) => return refuse(Said::Wrong, &left.to_string()),
        Err(_) => return refuse(Said::Disabled, ""),
    };
    match Pair::with(visit.db(), &visit.session, account.person).await? {
        Pair::OneHuman => refuse(Said::OneHuman, ""),
        Pair::Own | Pair::Linked | Pair::Two => Ok(Ok(account.person)),
    }
}

/// Why a manager's consent was not taken.
pub(crate) fn refusal(flash: &Flash, text: &Text) -> Option<String> {
    let (words, login) = (&text.sale, &text.login);
    flash.said().map(|said| match said {
        Said::Empty => words.confirm_empty.to_owned(),
        Said::Wrong => fill(login.wrong, &[flash.value(1)]),
        Said::Locked => fill(login.locked, &[flash.value(1)]),
        Said::Disabled => login.disabled.to_owned(),
        Said::NotManager => words.confirm_not_manager.to_owned(),
        Said::OneHuman => text.codes.one_human.to_owned(),
    })
}
