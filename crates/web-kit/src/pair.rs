//! Whether the signed-in person can be the second one on what somebody else made. The books decide; this says it before.

use domain::ids::PersonId;
use storage::{Storage, human};

use crate::problem::Problem;
use crate::session::Session;
use crate::text::Text;

/// How the signed-in person stands to the maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// The same person.
    Own,
    /// Another login or key, but perhaps the same human.
    OneHuman,
    /// Two humans, linked by a password until lately.
    Linked,
    /// Two humans.
    Two,
}

impl Pair {
    /// Compares the signed-in person with `maker`.
    pub async fn with(db: &Storage, session: &Session, maker: PersonId) -> Result<Self, Problem> {
        let (person, now) = (session.person, session.now);
        if person == maker {
            return Ok(Self::Own);
        }
        let logins = human::logins(db, vec![person, maker]).await?;
        Ok(if logins.same_human(person, maker, now) {
            Self::OneHuman
        } else if logins.linked(person, maker, now) {
            Self::Linked
        } else {
            Self::Two
        })
    }

    /// Why the person may not decide; `own` is the sentence for what one made oneself.
    pub fn refused(self, own: &'static str, text: &'static Text) -> Option<&'static str> {
        match self {
            Self::Own => Some(own),
            Self::OneHuman => Some(text.codes.one_human),
            Self::Linked | Self::Two => None,
        }
    }

    /// What to look at twice before deciding.
    pub fn warning(self, text: &'static Text) -> Option<&'static str> {
        (self == Self::Linked).then_some(text.codes.linked)
    }
}
