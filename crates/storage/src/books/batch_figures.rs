//! A closed batch's figures as JSON, so that a report stays exactly what it was when it was closed.

use std::collections::BTreeMap;

use crate::sql::{self, Row};
use domain::batch::{Batch, Handling, Tally, Totals};
use domain::ids::{PersonId, TerminalId};
use domain::money::Fen;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Figures {
    /// When the first transaction was made and by whom.
    first: Option<(i64, i64)>,
    people: BTreeMap<i64, PersonFigures>,
    handling: BTreeMap<i64, HandlingFigures>,
    logged: i64,
}

#[derive(Serialize, Deserialize)]
struct HandlingFigures {
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
    let handling = |handling: &Handling| HandlingFigures {
        prints: handling.prints,
        reprints: handling.reprints,
        price_changes: handling.price_changes,
        voided_lines: handling.voided_lines,
    };
    let figures = Figures {
        first: batch.first.map(|(at, person)| (at.0, person.0)),
        people: batch.people.iter().map(|(id, totals)| (id.0, person(totals))).collect(),
        handling: batch.handling.iter().map(|(id, one)| (id.0, handling(one))).collect(),
        logged: batch.logged,
    };
    serde_json::to_string(&figures).expect("numbers and words become JSON")
}

/// Reads the figures; terminal, number and time are the caller's.
pub(crate) fn read(row: &Row<'_>, column: usize) -> sql::Result<Batch> {
    let text: String = row.get(column)?;
    let figures: Figures =
        serde_json::from_str(&text).map_err(|error| sql::Error::unreadable(column, &error.to_string()))?;
    let tally = |(count, sum): (i64, i64)| Tally { count, sum: Fen(sum) };
    let totals = |person: PersonFigures| Totals {
        sales: tally(person.sales),
        refunds: tally(person.refunds),
        voids: tally(person.voids),
        declines: person.declines,
        inquiries: person.inquiries,
    };
    let handling = |one: HandlingFigures| Handling {
        prints: one.prints,
        reprints: one.reprints,
        price_changes: one.price_changes,
        voided_lines: one.voided_lines,
    };
    Ok(Batch {
        first: figures.first.map(|(at, person)| (Timestamp(at), PersonId(person))),
        people: figures.people.into_iter().map(|(id, person)| (PersonId(id), totals(person))).collect(),
        handling: figures.handling.into_iter().map(|(id, one)| (PersonId(id), handling(one))).collect(),
        ..Batch::open(TerminalId(0), 0, Timestamp(0), figures.logged)
    })
}
