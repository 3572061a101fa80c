//! A customer's deposit by the auditor's own rules: money is on a card only if it was paid in before, nothing is promised
//! twice, and a load is taken back as far as it is there.

use domain::card::CardStatus;
use domain::pin::PinState;

use super::proposal::WEEK;
use super::{Auditor, Declined};
use crate::intent::{STATES, What};

impl Auditor {
    /// What is seen of a card: its state.
    fn state_of(&self, card: i64) -> Option<i64> {
        let status = self.cards.get(&card)?.status;
        let at = CardStatus::ALL.iter().position(|one| *one == status).expect("one of all");
        Some(i64::try_from(at).expect("small"))
    }

    /// What is seen of a card whose PIN is to be taken away: its state, and so many times more whose its PIN is.
    pub(super) fn shown_of_reset(&self, card: i64) -> Option<i64> {
        let pin = self.cards.get(&card)?.pin.state;
        let at = PinState::ALL.iter().position(|one| *one == pin).expect("one of all");
        Some(self.state_of(card)? + STATES * i64::try_from(at).expect("small"))
    }

    /// What a person is shown now of an act about money; none if the card or the load does not exist.
    pub(super) fn shown_of_money(&self, what: What) -> Option<i64> {
        match what {
            What::Funding(_) | What::Return => Some(0),
            What::Load(card) => self.state_of(card),
            What::Adjustment(load, card) => {
                let amount = self.loads.get(&load)?.1;
                Some(self.state_of(card)? + STATES * amount)
            }
            What::Fee | What::Factor | What::Limit(..) | What::Reset(_) => unreachable!("not about money"),
        }
    }

    /// What waiting proposals but `own` would spend of the deposit.
    fn held(&self, at: i64, own: Option<i64>) -> i64 {
        let waits = self.proposals.iter().filter(|one| {
            let spends = matches!(one.terms.what, What::Return | What::Load(_));
            spends && one.seen.status == "open" && at < one.terms.at + WEEK && Some(one.seen.number) != own
        });
        waits.map(|one| one.terms.value).sum()
    }

    /// Whether an act about money is possible.
    pub(super) fn judge_money(&self, what: What, amount: i64, at: i64, own: Option<i64>) -> Result<(), Declined> {
        let no = |code| Err((code, None, None));
        let card = match what {
            What::Load(card) | What::Adjustment(_, card) => match self.cards.get(&card) {
                None => return no("14"),
                Some(found) if matches!(found.status, CardStatus::Closed | CardStatus::Replaced) => return no("62"),
                found => found,
            },
            _ => None,
        };
        if amount <= 0 {
            return no("13");
        }
        match what {
            What::Funding(n) if self.references.contains(&n) => return no("94"),
            What::Adjustment(load, of) => match self.loads.get(&load) {
                Some((card, whole, back)) if *card == of => {
                    if amount > whole - back {
                        return Err(("64", Some(whole - back), None));
                    }
                }
                _ => return no("25"),
            },
            _ => {}
        }
        let free = self.deposit - self.held(at, own);
        if matches!(what, What::Return | What::Load(_)) && amount > free {
            return Err(("51", Some(amount - free), None));
        }
        match (what, card) {
            (What::Load(_), Some(card)) if card.balance + amount > card.limits[0] => {
                Err(("61", Some(card.limits[0]), None))
            }
            (What::Adjustment(..), Some(card)) if card.balance < amount => {
                Err(("51", Some(amount - card.balance), None))
            }
            _ => Ok(()),
        }
    }

    /// Moves the money; what is on the card then, if there is one.
    pub(super) fn move_money(&mut self, what: What, amount: i64) -> Option<i64> {
        let number = self.sequence + 1;
        let (card, change) = match what {
            What::Funding(n) => {
                self.references.insert(n);
                self.received += amount;
                self.deposit += amount;
                return None;
            }
            What::Return => {
                self.received -= amount;
                self.deposit -= amount;
                return None;
            }
            What::Load(card) => {
                self.loads.insert(number, (card, amount, 0));
                (card, amount)
            }
            What::Adjustment(load, card) => {
                self.loads.get_mut(&load).expect("it was judged").2 += amount;
                (card, -amount)
            }
            What::Fee | What::Factor | What::Limit(..) | What::Reset(_) => unreachable!("not about money"),
        };
        self.deposit -= change;
        let own = self.cards.get_mut(&card).expect("it was judged");
        own.balance += change;
        Some(own.balance)
    }
}
