//! A closed batch's figures as JSON, so that a report stays exactly what it was when it was closed.

use std::collections::BTreeMap;

use domain::batch::{Batch, Handling, Tally, Totals};
use domain::ids::{PersonId, TerminalId};
use domain::money::Fen;
use domain::time::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Figures {
    people: BTreeMap<i64, PersonFigures>,
    prints: i64,
    reprints: i64,
    price_changes: i64,
    voided_lines: i64,
}

#[derive(Serialize, Deserialize)]
struct PersonFigures {
    /// Count and sum in fen.
    sales: (i64, i64),
    refunds: (i64, i64),
    voids: (i64, i64),
    declines: BTreeMap<String, i64>,
    inquiries: i64,
}

pub(crate) fn write(batch: &Batch) -> String {
    let pair = |tally: Tally| (tally.count, tally.sum.0);
    let person = |totals: &Totals| PersonFigures {
        sales: pair(totals.sales),
        refunds: pair(totals.refunds),
        voids: pair(totals.voids),
        declines: totals.declines.clone(),
        inquiries: totals.inquiries,
    };
    let figures = Figures {
        people: batch.people.iter().map(|(id, totals)| (id.0, person(totals))).collect(),
        prints: batch.handling.prints,
        reprints: batch.handling.reprints,
        price_changes: batch.handling.price_changes,
        voided_lines: batch.handling.voided_lines,
    };
    serde_json::to_string(&figures).expect("numbers and words become JSON")
}

/// Reads the figures; terminal, number and time are the caller's.
pub(crate) fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Batch> {
    let text: String = row.get(column)?;
    let figures: Figures = serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))?;
    let tally = |(count, sum): (i64, i64)| Tally { count, sum: Fen(sum) };
    let totals = |person: PersonFigures| Totals {
        sales: tally(person.sales),
        refunds: tally(person.refunds),
        voids: tally(person.voids),
        declines: person.declines,
        inquiries: person.inquiries,
    };
    Ok(Batch {
        terminal: TerminalId(0),
        number: 0,
        opened_at: Timestamp(0),
        people: figures.people.into_iter().map(|(id, person)| (PersonId(id), totals(person))).collect(),
        handling: Handling {
            prints: figures.prints,
            reprints: figures.reprints,
            price_changes: figures.price_changes,
            voided_lines: figures.voided_lines,
        },
    })
}
