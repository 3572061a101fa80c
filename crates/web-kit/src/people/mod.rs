//! 人员: people as the card company's administrator and a store's or merchant's manager keep them. Shared by both; the
//! desk ([`Desk`]) says where the reader sits.
//!
//! What must stay true: nobody outside the desk's reach is shown, named or changed; who may do what to whom is told by
//! `domain::person` alone; nobody keeps themselves.

mod form;
pub mod invite;
pub mod list;
pub mod one;

use domain::person::{self, Held, PersonStatus, Who};
use domain::place::Place;
use domain::role::Role;
use domain::time::Timestamp;
use storage::merchant::Reach;
use storage::people::list::Person;

use crate::badge::Badge;
use crate::problem::Problem;
use crate::session::Session;
use crate::text::people::People as Words;
use crate::text::{Text, fill};

/// Where people are kept.
#[derive(Clone, Copy, Debug)]
pub struct Desk {
    /// Its address.
    pub path: &'static str,
    /// Where files with people are sent, if that is possible.
    import: Option<&'static str>,
    reach: Option<Reach>,
}

impl Desk {
    /// The card company's.
    pub fn company() -> Self {
        Self { path: "/office/people", import: Some("/office/imports?k=people"), reach: None }
    }

    /// A manager's, for the own place.
    pub fn store(session: &Session) -> Result<Self, Problem> {
        let reach = Some(Reach::of(session.place).ok_or(Problem::NotFound)?);
        Ok(Self { path: "/people", import: None, reach })
    }

    /// The page of one person.
    pub fn address(&self, person: &Person) -> String {
        format!("{}/{}", self.path, person.id)
    }
}

crate::said! {
    /// What the frame says after a change of a person.
    pub enum Said {
        /// Details were changed.
        Changed = "person_changed",
        /// Was disabled.
        Disabled = "person_disabled",
        /// May sign in again.
        Enabled = "person_enabled",
        /// Has left.
        Left = "person_left",
        /// A lock was lifted.
        Unlocked = "person_unlocked",
        /// Sessions were ended.
        Sessions = "person_sessions",
        /// Two logins are one human's now.
        Joined = "person_joined",
    }
}

impl Said {
    pub(crate) fn words(self, text: &Words) -> &'static str {
        match self {
            Self::Changed => text.said_changed,
            Self::Disabled => text.said_disabled,
            Self::Enabled => text.said_enabled,
            Self::Left => text.said_left,
            Self::Unlocked => text.said_unlocked,
            Self::Sessions => text.said_sessions,
            Self::Joined => text.said_joined,
        }
    }
}

fn keeper(session: &Session) -> Who<'_> {
    Who { place: session.place, roles: &session.roles }
}

/// The roles of somebody that count for rights over them: all that are held, so that a manager whose role begins again
/// tomorrow is no cashier today.
fn held_roles(person: &Person) -> Vec<Role> {
    person.held.iter().map(|held| held.role).collect()
}

/// Whether the reader changes and stops this person.
fn keeps(session: &Session, one: &Person) -> bool {
    let roles = held_roles(one);
    one.id != session.person && person::keeps(keeper(session), Who { place: one.place, roles: &roles })
}

/// Whether the reader unlocks this person, ends their sessions and gives a new initial password.
fn helps(session: &Session, one: &Person) -> bool {
    let roles = held_roles(one);
    one.id != session.person && person::helps(keeper(session), Who { place: one.place, roles: &roles })
}

/// A role's name.
pub fn role_words(role: Role, text: &Text) -> &'static str {
    let words = &text.people;
    match role {
        Role::Cashier => words.cashier,
        Role::StoreManager => words.store_manager,
        Role::ChainManager => words.chain_manager,
        Role::Agent => words.agent,
        Role::Operator => words.operator,
        Role::Checker => words.checker,
        Role::Finance => words.finance,
        Role::Auditor => words.auditor,
        Role::Admin => words.admin,
    }
}

/// What a role can do, and what it cannot.
fn role_can(role: Role, text: &Text) -> (&'static str, &'static str) {
    let words = &text.people;
    match role {
        Role::Cashier => (words.cashier_can, words.cashier_not),
        Role::StoreManager => (words.store_manager_can, words.store_manager_not),
        Role::ChainManager => (words.chain_manager_can, words.chain_manager_not),
        Role::Agent => (words.agent_can, words.agent_not),
        Role::Operator => (words.operator_can, words.operator_not),
        Role::Checker => (words.checker_can, words.checker_not),
        Role::Finance => (words.finance_can, words.finance_not),
        Role::Auditor => (words.auditor_can, words.auditor_not),
        Role::Admin => (words.admin_can, words.admin_not),
    }
}

/// Roles as a list shows them; a deputy's with the last day.
pub fn roles_words(held: &[Held], text: &Text) -> String {
    let one = |held: &Held| {
        let name = role_words(held.role, text);
        held.ends_on.map_or_else(|| name.to_owned(), |end| fill(text.people.until, &[name, &end.to_string()]))
    };
    let separator = if name_is_latin(text) { ", " } else { "\u{3001}" };
    held.iter().map(one).collect::<Vec<_>>().join(separator)
}

fn name_is_latin(text: &Text) -> bool {
    text.people.title.is_ascii()
}

fn place_words(one: &Person, text: &Text) -> String {
    let (merchant, outlet) = &one.place_names;
    match one.place {
        Place::Company => text.people.place_company.to_owned(),
        Place::Merchant(_) => merchant.clone(),
        Place::Outlet(..) => fill(text.shell.outlet_name, &[merchant, outlet]),
    }
}

/// A state's name.
pub fn status_words(status: PersonStatus, text: &Text) -> &'static str {
    let words = &text.people;
    match status {
        PersonStatus::Invited => words.invited,
        PersonStatus::Active => words.active,
        PersonStatus::Disabled | PersonStatus::Key => words.disabled,
        PersonStatus::Left => words.left,
    }
}

/// How the login looks, and a time that goes with it.
pub fn standing(one: &Person, now: Timestamp, text: &Text) -> (Badge, String) {
    let words = &text.people;
    let plain = |badge| (badge, String::new());
    if !one.status.signs_in() {
        let icon = if one.status == PersonStatus::Left { "exit" } else { "pause" };
        return plain(Badge::new("off", icon, status_words(one.status, text)));
    }
    if let Some(until) = one.locked_until {
        return (
            Badge::new("warn", "lock", words.locked),
            fill(words.locked_until, &[&crate::credentials::clock_text(until)]),
        );
    }
    if one.waits_for_password() {
        return plain(Badge::new("warn", "clock", words.no_password));
    }
    if one.password_expires_at.is_some_and(|end| end <= now) {
        return plain(Badge::new("warn", "clock", words.expired));
    }
    if one.roles_at(now).is_empty() {
        let word = if one.held.is_empty() { words.waits } else { words.ended };
        return plain(Badge::new("warn", "clock", word));
    }
    plain(match one.status {
        PersonStatus::Invited => Badge::new("info", "wait", words.invited),
        _ => Badge::new("ok", "ok", words.active),
    })
}
