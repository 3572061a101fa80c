//! Human 本人: who stands behind a login or an API key, for every decision that needs two persons.
//!
//! What must stay true: [`Logins`] is the only place that tells two humans apart. One human may have several logins, and
//! an API key belongs to its maker's human. Whoever created or reset a login knows its password, so for a while the
//! login counts as that human too.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::PersonId;
use crate::time::{HOUR, Timestamp};

/// How long a login still counts as its giver after it has set a password of its own, microseconds: 24 hours, in which
/// the owner notices a takeover.
pub const GIVEN_FOR: i64 = 24 * HOUR;

/// How long the link between the two is shown to a checker after that, microseconds: seven days.
pub const LINK_SHOWN_FOR: i64 = 7 * 24 * HOUR;

/// Who gave a login the password that it last got from somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The person who created or reset it; `None` is the command line, where anybody may have sat.
    pub by: Option<PersonId>,
    /// When.
    pub at: Timestamp,
    /// Since when the login has had a password of its own.
    pub own_since: Option<Timestamp>,
}

/// What is known of the human behind a login or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    /// The human, named by their first login.
    pub human: PersonId,
    /// When the login was joined to that human's others; `None` has been so from the start.
    pub joined_at: Option<Timestamp>,
    /// Who last gave it a password; `None` when nobody did.
    pub given: Option<Given>,
}

impl Login {
    /// A login that is a human of its own.
    pub fn of(person: PersonId) -> Self {
        Self { human: person, joined_at: None, given: None }
    }
}

/// The humans that a login counts as.
enum Behind {
    /// A password from the command line: it may be anybody.
    Anybody,
    /// These, the own one included.
    Humans(BTreeSet<PersonId>),
}

/// Logins, by person. A person without an entry is a human of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logins(BTreeMap<PersonId, Login>);

impl Logins {
    /// Notes a login.
    pub fn put(&mut self, person: PersonId, login: Login) {
        self.0.insert(person, login);
    }

    /// Makes a login a human of its own. Logins that bore its name as their human's take the next one's.
    pub fn part(&mut self, person: PersonId) {
        let human = self.get(person).human;
        let others = |(other, login): (&PersonId, &Login)| (*other != person && login.human == human).then_some(*other);
        let others: Vec<PersonId> = self.0.iter().filter_map(others).collect();
        let next = if human == person { others.first().copied().unwrap_or(human) } else { human };
        for other in others {
            self.put(other, Login { human: next, ..self.get(other) });
        }
        self.put(person, Login { human: person, joined_at: None, ..self.get(person) });
    }

    /// Whether the person's entry is there.
    pub fn has(&self, person: PersonId) -> bool {
        self.0.contains_key(&person)
    }

    /// Every entry.
    pub fn entries(&self) -> impl Iterator<Item = (PersonId, Login)> {
        self.0.iter().map(|(person, login)| (*person, *login))
    }

    /// The entry of a person.
    pub fn get(&self, person: PersonId) -> Login {
        self.0.get(&person).copied().unwrap_or(Login::of(person))
    }

    /// People who gave a login its password and have no entry yet. Load until there are none.
    pub fn givers_missing(&self) -> BTreeSet<PersonId> {
        let givers = self.0.values().filter_map(|login| login.given?.by);
        givers.filter(|giver| !self.has(*giver)).collect()
    }

    /// Whether one human may be behind both at `at`, so that the two are not two persons.
    pub fn same_human(&self, one: PersonId, other: PersonId, at: Timestamp) -> bool {
        self.meet(one, other, at, GIVEN_FOR)
    }

    /// Whether they count as two persons again, but were linked by a password in the last [`LINK_SHOWN_FOR`].
    pub fn linked(&self, one: PersonId, other: PersonId, at: Timestamp) -> bool {
        !self.same_human(one, other, at) && self.meet(one, other, at, GIVEN_FOR.saturating_add(LINK_SHOWN_FOR))
    }

    /// Whether the login counts as somebody else too, so that it makes no keys with power over money.
    pub fn is_given(&self, person: PersonId, at: Timestamp) -> bool {
        self.get(person).given.is_some_and(|given| counts(given, at, GIVEN_FOR))
    }

    fn meet(&self, one: PersonId, other: PersonId, at: Timestamp, term: i64) -> bool {
        match (self.behind(one, at, term), self.behind(other, at, term)) {
            (Behind::Humans(one), Behind::Humans(other)) => !one.is_disjoint(&other),
            _ => true,
        }
    }

    /// The own human, and through whose hands the password came: a giver counts as their own giver as well.
    fn behind(&self, person: PersonId, at: Timestamp, term: i64) -> Behind {
        let (mut humans, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut next = Some(person);
        while let Some(person) = next.filter(|person| seen.insert(*person)) {
            let login = self.get(person);
            let joined = login.joined_at.is_none_or(|joined| joined <= at);
            humans.insert(if joined { login.human } else { person });
            next = match login.given.filter(|given| counts(*given, at, term)) {
                Some(Given { by: None, .. }) => return Behind::Anybody,
                given => given.and_then(|given| given.by),
            };
        }
        Behind::Humans(humans)
    }
}

/// Whether a login counts as its giver at `at`, when it does so for `term` after its own password.
fn counts(given: Given, at: Timestamp, term: i64) -> bool {
    given.at <= at && given.own_since.is_none_or(|own| at < own.plus(term))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_406_400_000_000);
    const P: PersonId = PersonId(1);
    const X: PersonId = PersonId(2);
    const Y: PersonId = PersonId(3);
    const Z: PersonId = PersonId(4);

    fn given(by: Option<PersonId>, own_since: Option<Timestamp>) -> Login {
        Login { given: Some(Given { by, at: NOON, own_since }), ..Login::of(X) }
    }

    fn logins(entries: &[(PersonId, Login)]) -> Logins {
        Logins(entries.iter().copied().collect())
    }

    #[test]
    fn a_person_is_one_human_with_themselves_and_with_their_other_logins_only() {
        let all = logins(&[(X, Login { human: P, ..Login::of(X) })]);
        for (one, other, same) in [(P, P, true), (P, X, true), (X, P, true), (X, Y, false), (P, Y, false)] {
            assert_eq!(all.same_human(one, other, NOON), same, "{one} {other}");
        }
    }

    #[test]
    fn a_login_that_is_parted_is_alone_and_the_others_stay_together() {
        let joined = |person| Login { human: P, joined_at: Some(NOON), ..Login::of(person) };
        let at = NOON.plus(HOUR);
        for parted in [P, X, Y] {
            let mut all = logins(&[(P, Login::of(P)), (X, joined(X)), (Y, joined(Y)), (Z, Login::of(Z))]);
            all.part(parted);
            for one in [P, X, Y, Z] {
                for other in [P, X, Y, Z] {
                    let same = one == other || ![one, other].iter().any(|login| [parted, Z].contains(login));
                    assert_eq!(all.same_human(one, other, at), same, "{parted}: {one} {other}");
                }
            }
        }
    }

    #[test]
    fn a_join_does_not_reach_back() {
        let all = logins(&[(X, Login { human: P, joined_at: Some(NOON), given: None })]);
        assert!(!all.same_human(P, X, NOON.plus(-1)) && all.same_human(P, X, NOON));
    }

    #[test]
    fn a_login_counts_as_its_giver_until_a_day_after_its_own_password_and_is_linked_for_a_week() {
        let own = NOON.plus(HOUR);
        let end = own.plus(GIVEN_FOR);
        // No password of its own, and each edge of the two terms.
        let cases = [
            (None, NOON.plus(-1), false, false),
            (None, NOON, true, false),
            (None, NOON.plus(900 * HOUR), true, false),
            (Some(own), NOON, true, false),
            (Some(own), end.plus(-1), true, false),
            (Some(own), end, false, true),
            (Some(own), end.plus(LINK_SHOWN_FOR - 1), false, true),
            (Some(own), end.plus(LINK_SHOWN_FOR), false, false),
        ];
        for (own, at, same, linked) in cases {
            let all = logins(&[(X, given(Some(P), own))]);
            for (one, other) in [(P, X), (X, P)] {
                assert_eq!(
                    (all.same_human(one, other, at), all.linked(one, other, at)),
                    (same, linked),
                    "{own:?} {at:?}"
                );
            }
            assert_eq!(all.is_given(X, at), same);
            assert!(!all.same_human(X, Y, at) && !all.is_given(P, at));
        }
    }

    #[test]
    fn a_password_from_the_command_line_counts_as_anybody() {
        let all = logins(&[(X, given(None, Some(NOON.plus(HOUR))))]);
        assert!(all.same_human(X, Y, NOON) && all.same_human(Z, X, NOON) && !all.same_human(Y, Z, NOON));
        assert!(!all.same_human(X, Y, NOON.plus(25 * HOUR)));
    }

    #[test]
    fn hands_are_followed_as_far_as_they_reach_and_a_circle_ends() {
        let by = |giver, human| Login { human, ..given(Some(giver), None) };
        let chain = logins(&[(X, by(P, X)), (Y, by(X, Y)), (Z, by(P, Z))]);
        assert!(chain.same_human(Y, P, NOON) && chain.same_human(Y, Z, NOON));
        let circle = logins(&[(X, by(Y, X)), (Y, by(X, Y))]);
        assert!(circle.same_human(X, Y, NOON) && !circle.same_human(X, P, NOON));
        assert_eq!(logins(&[(Y, by(X, Y))]).givers_missing(), BTreeSet::from([X]));
    }
}
