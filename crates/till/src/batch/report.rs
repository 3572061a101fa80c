//! A batch's figures as a report shows them: the same rows for the page, the roll and A4.

use std::collections::{BTreeMap, BTreeSet};

use domain::batch::{Batch, ClosedBatch, Handling, Tally, Totals};
use domain::ids::PersonId;
use domain::money::Fen;
use domain::time::Timestamp;

use crate::text::batch::Batch as Words;
use web_kit::Web;
use web_kit::problem::Problem;
use web_kit::text::fill;

/// The figures of one batch in words.
pub(crate) struct Report {
    /// Six digits, as on slips.
    pub(crate) number: String,
    /// When and by whom the first transaction was made.
    pub(crate) opened: Option<String>,
    /// When the batch before was closed.
    pub(crate) previous: Option<String>,
    /// Of a closed one.
    pub(crate) closing: Option<Closing>,
    /// Per person who did something.
    pub(crate) people: Vec<Section>,
    /// All persons together.
    pub(crate) total: Section,
}

/// How a batch was closed.
pub(crate) struct Closing {
    pub(crate) at: String,
    pub(crate) by: String,
    /// Reference number of the close.
    pub(crate) rrn: String,
}

/// The figures of one person, or of all.
pub(crate) struct Section {
    pub(crate) who: String,
    pub(crate) money: Totals,
    pub(crate) net: Fen,
    pub(crate) work: Handling,
    /// Declined attempts: code, what it means, how many.
    pub(crate) declines: Vec<(String, &'static str, i64)>,
    words: &'static Words,
}

impl Section {
    fn new(who: String, money: Totals, work: Handling, words: &'static Words) -> Self {
        let declines: Vec<_> =
            money.declines.iter().map(|(code, count)| (code.clone(), meaning(code, words), *count)).collect();
        Self { who, net: money.net(), money, work, declines, words }
    }

    /// What moved money: its name, count and sum.
    pub(crate) fn tallies(&self) -> [(&'static str, Tally); 3] {
        let (words, money) = (self.words, &self.money);
        [(words.sales, money.sales), (words.refunds, money.refunds), (words.voids, money.voids)]
    }

    /// What moved none: its name and count.
    pub(crate) fn counts(&self) -> [(&'static str, i64); 6] {
        let (words, work) = (self.words, self.work);
        [
            (words.declined, self.money.declines.values().sum()),
            (words.inquiries, self.money.inquiries),
            (words.prints, work.prints),
            (words.reprints, work.reprints),
            (words.price_changes, work.price_changes),
            (words.voided_lines, work.voided_lines),
        ]
    }

    /// How often this person had `code`.
    pub(crate) fn count(&self, code: &str) -> i64 {
        self.money.declines.get(code).copied().unwrap_or(0)
    }
}

impl Report {
    /// Reads the names that `batch` needs; `closed` is how it ended.
    pub(crate) async fn of(
        web: &Web,
        batch: &Batch,
        closed: Option<&ClosedBatch>,
        words: &'static Words,
    ) -> Result<Self, Problem> {
        let mut ids: BTreeSet<PersonId> = batch.people.keys().chain(batch.handling.keys()).copied().collect();
        ids.extend(batch.first.map(|(_, person)| person));
        ids.extend(closed.map(|closed| closed.person));
        let names = storage::batch::people(&web.storage, ids.iter().copied().collect()).await?;
        let who = |id: PersonId| named(&names, id, words);
        let sections = ids.iter().map(|id| {
            let (money, work) = (batch.people.get(id).cloned(), batch.handling.get(id).copied());
            Section::new(who(*id), money.unwrap_or_default(), work.unwrap_or_default(), words)
        });
        let idle = |one: &Section| one.money == Totals::default() && one.work == Handling::default();
        let people = sections.filter(|one| !idle(one)).collect();
        let opened = |(at, person): (Timestamp, PersonId)| {
            let (at, person) = (at.date_time_text(), who(person));
            fill(words.opened_value, &[&at, &person])
        };
        Ok(Self {
            number: format!("{:06}", batch.number),
            opened: batch.first.map(opened),
            previous: (batch.opened_at > Timestamp(0)).then(|| batch.opened_at.date_time_text()),
            closing: closed.map(|closed| Closing {
                at: closed.closed_at.date_time_text(),
                by: who(closed.person),
                rrn: closed.closed_by.rrn(),
            }),
            people,
            total: Section::new(words.total.to_owned(), batch.totals(), batch.handled(), words),
        })
    }
}

fn named(names: &BTreeMap<PersonId, (String, String)>, id: PersonId, words: &Words) -> String {
    names.get(&id).map_or_else(|| id.to_string(), |(number, name)| fill(words.person, &[name, number]))
}

/// What a response code means, in a few words. The message at the till has the reason; a report has the code.
fn meaning(code: &str, words: &'static Words) -> &'static str {
    match code {
        "03" => words.c03,
        "12" => words.c12,
        "13" => words.c13,
        "14" => words.c14,
        "22" => words.c22,
        "25" => words.c25,
        "30" => words.c30,
        "41" => words.c41,
        "43" => words.c43,
        "51" => words.c51,
        "54" => words.c54,
        "55" => words.c55,
        "57" => words.c57,
        "58" => words.c58,
        "61" => words.c61,
        "62" => words.c62,
        "64" => words.c64,
        "65" => words.c65,
        "75" => words.c75,
        "77" => words.c77,
        "94" => words.c94,
        "97" => words.c97,
        _ => words.c_other,
    }
}

#[cfg(test)]
mod tests {
    use domain::outcome::Decline;
    use web_kit::text::{Lang, Words as _};

    use super::*;
    use crate::text::Text;

    #[test]
    fn every_code_is_explained() {
        let words = &Text::of(Lang::Zh).batch;
        for decline in Decline::every() {
            assert_ne!(meaning(decline.code(), words), words.c_other, "{decline:?} {}", decline.code());
        }
        assert_eq!(meaning("05", words), words.c_other, "a report of a later version can still be read");
    }
}
