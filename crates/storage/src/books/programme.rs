//! Load and save of programmes, and of what one person did to them.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::{Programme, Shown};
use domain::changes::{Changes, WrittenProgramme};
use domain::ids::{PersonId, ProgrammeId, TransactionId};
use domain::money::Fen;
use domain::programme::{PinMode, ProgrammeStatus, Template, Terms};
use domain::programme_change::{Change, Changed, Narrowing, NarrowingKind};
use domain::time::Timestamp;

use super::{cards, rows};

/// What a decision shows of a programme, but its merchants.
pub(crate) const COLUMNS: &str = "g.id, g.name, g.bin || g.series, g.number_length, g.template, g.status, g.reason, \
     g.balance_max, g.load_max, g.sale_max, g.daily_max, g.daily_count_max, g.month_max, g.validity_months, \
     g.refund_window, g.loss_report, g.redeem, g.redeem_wait_days, g.pin_mode, g.hotline, g.basis";

/// A programme without its merchants, from [`COLUMNS`].
pub(crate) fn programme(row: &Row<'_>) -> sql::Result<Programme> {
    Ok(Programme {
        name: row.get(1)?,
        prefix: row.get(2)?,
        number_length: row.get(3)?,
        template: rows::word(row, 4, Template::from_word)?,
        status: rows::word(row, 5, ProgrammeStatus::from_word)?,
        reason: row.get(6)?,
        terms: Terms {
            balance_max: Fen(row.get(7)?),
            load_max: Fen(row.get(8)?),
            sale_max: Fen(row.get(9)?),
            daily_max: Fen(row.get(10)?),
            daily_count_max: row.get(11)?,
            month_max: row.get::<_, Option<i64>>(12)?.map(Fen),
            validity_months: row.get(13)?,
            refund_window: row.get(14)?,
            loss_report: row.get(15)?,
            redeem: row.get(16)?,
            redeem_wait_days: row.get(17)?,
            pin_mode: rows::word(row, 18, PinMode::from_word)?,
            merchants: Vec::new(),
            hotline: row.get(19)?,
            basis: row.get(20)?,
        },
    })
}

/// A programme.
pub(crate) fn find(connection: &Connection, id: ProgrammeId) -> sql::Result<Option<Programme>> {
    let sql = format!("SELECT {COLUMNS} FROM programme g WHERE g.id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([id.0], programme).optional()?;
    let Some(mut found) = found else { return Ok(None) };
    found.terms.merchants = cards::programme_merchants(connection, id.0)?;
    Ok(Some(found))
}

/// Writes programmes as they are afterwards, and what one person did to them.
pub(super) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    for (id, written) in &changes.programmes {
        save_one(connection, *id, written)?;
    }
    for Changed { id, change, by, at } in &changes.narrowings {
        let sql = "INSERT INTO programme_change (id, programme_id, what, payload, seen, reason, person_id, at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let (what, payload, seen) = (change.what.kind().word(), change.what.text(), change.seen.text());
        let values = params![id.0, change.programme.0, what, payload, seen, change.reason, by.0, at.0];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

fn save_one(connection: &Connection, id: ProgrammeId, written: &WrittenProgramme) -> sql::Result<()> {
    let WrittenProgramme { one: Programme { status, reason, terms, .. }, at, moved } = written;
    let sql = "UPDATE programme SET status = ?2, reason = ?3, balance_max = ?4, load_max = ?5, sale_max = ?6,
            daily_max = ?7, daily_count_max = ?8, month_max = ?9, validity_months = ?10, refund_window = ?11,
            loss_report = ?12, redeem = ?13, redeem_wait_days = ?14, pin_mode = ?15, hotline = ?16, basis = ?17,
            changed_at = ?18, version = version + 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        id.0,
        status.word(),
        reason,
        terms.balance_max.0,
        terms.load_max.0,
        terms.sale_max.0,
        terms.daily_max.0,
        terms.daily_count_max,
        terms.month_max.map(|month| month.0),
        terms.validity_months,
        terms.refund_window,
        terms.loss_report,
        terms.redeem,
        terms.redeem_wait_days,
        terms.pin_mode.word(),
        terms.hotline,
        terms.basis,
        at.0,
    ])?;
    if let Some((by, at)) = moved {
        let sql = "UPDATE programme SET moved_by = ?2, moved_at = ?3 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0, by.0, at.0])?;
    }
    save_merchants(connection, id, terms)
}

/// Notes which merchants take a programme's cards, instead of those before.
pub(crate) fn save_merchants(connection: &Connection, id: ProgrammeId, terms: &Terms) -> sql::Result<()> {
    if cards::programme_merchants(connection, id.0)? == terms.merchants {
        return Ok(());
    }
    connection.prepare_cached("DELETE FROM programme_merchant WHERE programme_id = ?1")?.execute([id.0])?;
    for merchant in &terms.merchants {
        let sql = "INSERT INTO programme_merchant (programme_id, merchant_id) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute([id.0, merchant.0])?;
    }
    Ok(())
}

/// The columns of what one person did to a programme.
pub(crate) const CHANGE_COLUMNS: &str = "h.id, h.programme_id, h.what, h.payload, h.seen, h.reason, h.person_id, h.at";

/// What one person did to a programme, from [`CHANGE_COLUMNS`].
pub(crate) fn changed(row: &Row<'_>) -> sql::Result<Changed> {
    let what = Narrowing::read(rows::word(row, 2, NarrowingKind::from_word)?, row.text(3)?);
    let seen = Shown::read(row.text(4)?);
    Ok(Changed {
        id: TransactionId(row.get(0)?),
        change: Change {
            programme: ProgrammeId(row.get(1)?),
            what: what.ok_or_else(|| sql::Error::unreadable(3, "not the terms of a programme"))?,
            reason: row.get(5)?,
            seen: seen.ok_or_else(|| sql::Error::unreadable(4, "not what somebody was shown"))?,
        },
        by: PersonId(row.get(6)?),
        at: Timestamp(row.get(7)?),
    })
}
