//! A batch's figures as a report shows them: the same rows for the page, the roll and A4.

use std::collections::{BTreeMap, BTreeSet};

use domain::batch::{Batch, ClosedBatch, Handling, Tally, Totals};
use domain::ids::PersonId;
use domain::money::Fen;
use domain::time::Timestamp;

use crate::text::Text;
use crate::text::batch::Batch as Words;
use web_kit::Web;
use web_kit::problem::Problem;
use web_kit::text::{Words as _, fill};

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
    fn new(who: String, money: Totals, work: Handling, text: &'static Text) -> Self {
        let meaning = |code: &String| text.shared().code_words.meaning(code);
        let declines = money.declines.iter().map(|(code, count)| (code.clone(), meaning(code), *count)).collect();
        Self { who, net: money.net(), money, work, declines, words: &text.batch }
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
        text: &'static Text,
    ) -> Result<Self, Problem> {
        let words = &text.batch;
        let mut ids: BTreeSet<PersonId> = batch.people.keys().chain(batch.handling.keys()).copied().collect();
        ids.extend(batch.first.map(|(_, person)| person));
        ids.extend(closed.map(|closed| closed.person));
        let names = storage::batch::people(&web.storage, ids.iter().copied().collect()).await?;
        let who = |id: PersonId| named(&names, id, words);
        let sections = ids.iter().map(|id| {
            let (money, work) = (batch.people.get(id).cloned(), batch.handling.get(id).copied());
            Section::new(who(*id), money.unwrap_or_default(), work.unwrap_or_default(), text)
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
            total: Section::new(words.total.to_owned(), batch.totals(), batch.handled(), text),
        })
    }
}

fn named(names: &BTreeMap<PersonId, (String, String)>, id: PersonId, words: &Words) -> String {
    names.get(&id).map_or_else(|| id.to_string(), |(number, name)| fill(words.person, &[name, number]))
}
