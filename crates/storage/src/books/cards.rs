//! Cards with their programmes: rows to what the domain knows.

use std::collections::BTreeMap;

use crate::sql::{self, CachedStatement, Connection, Row};
use domain::card::{Card, CardKey, CardStatus, Programme, Spent};
use domain::ids::{CardId, MerchantId, ProgrammeId, TransactionId};
use domain::money::Fen;
use domain::pin::{CardPin, PinState, PinValue};
use domain::programme::PinMode;
use domain::programme::ProgrammeStatus;
use domain::time::BusinessDate;

use super::rows;

pub(super) const CARD: &str =
    "SELECT id, status, holder, expires_on, pin, balance, spent_on, spent_amount, spent_count,
        programme_id, last_id, spent_month, pin_state, pin_id
    FROM card WHERE lookup = ?1";

pub(crate) fn card_row(
    connection: &Connection,
    programmes: &mut Programmes,
    key: CardKey,
) -> sql::Result<Option<Card>> {
    card_found(&mut connection.prepare_cached(CARD)?, connection, programmes, key)
}

pub(super) fn card_found(
    statement: &mut CachedStatement<'_>,
    connection: &Connection,
    programmes: &mut Programmes,
    key: CardKey,
) -> sql::Result<Option<Card>> {
    let mut found = statement.query([key.0])?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some(card(&row, key, programmes.terms(connection, row.get(9)?)?)?))
}

pub(crate) fn card(row: &Row<'_>, key: CardKey, programme: Programme) -> sql::Result<Card> {
    Ok(Card {
        id: CardId(row.get(0)?),
        key,
        status: rows::word(row, 1, CardStatus::from_word)?,
        holder: row.get(2)?,
        expires_on: row.get::<_, Option<i32>>(3)?.map(BusinessDate),
        pin: pin(row, 12, 4)?,
        pin_by: row.get::<_, Option<i64>>(13)?.map(TransactionId),
        balance: Fen(row.get(5)?),
        last: row.get::<_, Option<i64>>(10)?.map(TransactionId),
        spent: Spent {
            on: BusinessDate(row.get(6)?),
            amount: Fen(row.get(7)?),
            count: row.get(8)?,
            month: Fen(row.get(11)?),
        },
        programme,
    })
}

/// A card's PIN, from two columns.
pub(super) fn pin(row: &Row<'_>, state: usize, value: usize) -> sql::Result<CardPin> {
    let value = row.get::<_, Option<[u8; 32]>>(value)?.map(PinValue);
    let found = CardPin::read(rows::word(row, state, PinState::from_word)?, value);
    found.ok_or_else(|| sql::Error::unreadable(state, "a PIN without its value, or the other way round"))
}

/// Programmes of one group's cards, each read once: an installation has few of them and many cards.
#[derive(Default)]
pub(crate) struct Programmes(BTreeMap<i64, Programme>);

impl Programmes {
    /// A programme that was read already.
    pub(crate) fn know(&mut self, id: i64, terms: Programme) {
        self.0.insert(id, terms);
    }

    /// A merchant that takes a known programme's cards.
    pub(crate) fn taken_by(&mut self, id: i64, merchant: MerchantId) {
        self.0.entry(id).and_modify(|terms| terms.merchants.push(merchant));
    }

    pub(crate) fn terms(&mut self, connection: &Connection, id: i64) -> sql::Result<Programme> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let sql = "SELECT id, status, named, balance_max, load_max, sale_max, daily_max, daily_count_max, month_max,
                refund_window, pin_mode, loss_report FROM programme WHERE id = ?1";
        let mut terms = connection.prepare_cached(sql)?.query_row([id], terms)?;
        terms.merchants = programme_merchants(connection, id)?;
        self.0.insert(id, terms.clone());
        Ok(terms)
    }
}

/// A programme without its merchants.
pub(crate) fn terms(row: &Row<'_>) -> sql::Result<Programme> {
    Ok(Programme {
        id: ProgrammeId(row.get(0)?),
        status: rows::word(row, 1, ProgrammeStatus::from_word)?,
        named: row.get(2)?,
        balance_max: Fen(row.get(3)?),
        load_max: Fen(row.get(4)?),
        sale_max: Fen(row.get(5)?),
        daily_max: Fen(row.get(6)?),
        daily_count_max: row.get(7)?,
        month_max: row.get::<_, Option<i64>>(8)?.map(Fen),
        refund_window: row.get(9)?,
        pin_mode: rows::word(row, 10, PinMode::from_word)?,
        loss_report: row.get(11)?,
        merchants: Vec::new(),
    })
}

pub(super) fn programme_merchants(connection: &Connection, programme: i64) -> sql::Result<Vec<MerchantId>> {
    let sql = "SELECT merchant_id FROM programme_merchant WHERE programme_id = ?1 ORDER BY merchant_id";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_map([programme], |row| row.get(0).map(MerchantId))?.collect()
}
