//! The opening figures: read for `verify`, changed by a step.

use std::collections::{BTreeMap, BTreeSet};

use domain::archive::{Opening, Piece};
use domain::batch::{Batch, Tally};
use domain::ids::{CardId, TerminalId, TransactionId};
use domain::ledger::{AccountId, ChainKey, Head, Kind, SEAL_FORMAT, Transaction, Transfer};
use domain::money::Fen;
use domain::settlement::{Takers, Turnover};
use domain::time::{BusinessDate, Timestamp};
use domain::verify::Audit;

use super::{list, object};
use crate::books::SLOT;
use crate::books::batch_figures as figures;
use crate::books::{audit_trail, rows};
use crate::sql::{self, Connection, OptionalExtension as _, Row, params};

/// What archived transactions of a terminal's batch came to.
pub(crate) const BATCH_OPENING: &str = "SELECT figures FROM opening_batch WHERE terminal_id = ?1 AND number = ?2";

/// The opening with its seal, if anything was archived.
pub(crate) fn stored(connection: &Connection) -> sql::Result<Option<(Opening, [u8; 32])>> {
    let sql = "SELECT sequence, hash, until_date, carried, seal, format FROM ledger_opening WHERE slot = ?1";
    let read = |row: &Row<'_>| {
        let head = Head { slot: SLOT, sequence: row.get(0)?, hash: row.get(1)? };
        rows::known_format(row, 5)?;
        Ok((Opening { head, until: BusinessDate(row.get(2)?), carried: row.get(3)? }, row.get(4)?))
    };
    connection.prepare_cached(sql)?.query_row([SLOT], read).optional()
}

/// Hands everything that was carried over to `audit`, before the first transaction.
pub(crate) fn read_all(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    match stored(connection) {
        Ok(Some((opening, seal))) => audit.opening(opening, &seal),
        Ok(None) => {}
        Err(error) => audit.unreadable("the opening of slot 1", &error.to_string()),
    }
    let strange = "SELECT slot FROM ledger_opening WHERE slot <> ?1";
    for slot in connection.prepare(strange)?.query_map([SLOT], |row| row.get::<_, i64>(0))? {
        audit.unreadable(&format!("the opening of slot {}", slot?), "no program archives it");
    }
    balances(connection, |account, amount| audit.opening_balance(account, amount))?;
    cards(connection, |card, last| audit.opening_card(card, last))?;
    let sql = "SELECT terminal_id, number, figures FROM opening_batch ORDER BY terminal_id, number";
    let mut all = connection.prepare(sql)?;
    let mut all = all.query([])?;
    while let Some(row) = all.next()? {
        let (terminal, number) = (TerminalId(row.get(0)?), row.get(1)?);
        match figures::read(&row, 2) {
            Ok(found) => audit.opening_batch(terminal, number, row.text(2)?, Batch { terminal, number, ..found }),
            Err(error) => {
                audit.unreadable(&format!("the opening of batch {number} of terminal {terminal}"), &error.to_string());
            }
        }
    }
    let sql = "SELECT settlement_id, business_date, kind, count, sum FROM opening_turnover ORDER BY settlement_id";
    let mut all = connection.prepare(sql)?;
    let mut all = all.query([])?;
    while let Some(row) = all.next()? {
        let settlement = TransactionId(row.get(0)?);
        match turnover(&row) {
            Ok((day, kind, tally)) => audit.opening_turnover(settlement, day, kind, tally),
            Err(error) => {
                audit.unreadable(&format!("the opening of settlement {}", settlement.rrn()), &error.to_string());
            }
        }
    }
    Ok(())
}

/// Hands over each account's opening balance.
pub(super) fn balances(connection: &Connection, mut take: impl FnMut(AccountId, i64)) -> sql::Result<()> {
    let sql = "SELECT account, amount FROM opening_balance WHERE account > ?1 ORDER BY account LIMIT ?2";
    audit_trail::in_pieces(connection, sql, |row| {
        take(AccountId(row.get(0)?), row.get(1)?);
        Ok(())
    })
}

/// Hands over each card's latest transaction that was passed.
pub(super) fn cards(connection: &Connection, mut take: impl FnMut(CardId, TransactionId)) -> sql::Result<()> {
    let sql = "SELECT card_id, last_id FROM opening_card WHERE card_id > ?1 ORDER BY card_id LIMIT ?2";
    audit_trail::in_pieces(connection, sql, |row| {
        take(CardId(row.get(0)?), TransactionId(row.get(1)?));
        Ok(())
    })
}

fn turnover(row: &Row<'_>) -> sql::Result<(BusinessDate, Kind, Tally)> {
    let tally = Tally { count: row.get(3)?, sum: Fen(row.get(4)?) };
    Ok((BusinessDate(row.get(1)?), rows::word(row, 2, Kind::from_word)?, tally))
}

/// The opening figures that one step changes.
pub(super) struct Figures<'k> {
    key: &'k ChainKey,
    pub(super) opening: Opening,
    balances: BTreeMap<AccountId, i64>,
    cards: BTreeMap<CardId, TransactionId>,
    batches: BTreeMap<(TerminalId, i64), Batch>,
    turnovers: BTreeMap<TransactionId, Turnover>,
}

impl<'k> Figures<'k> {
    pub(super) fn begin(key: &'k ChainKey, opening: Opening) -> Self {
        let (balances, cards, batches, turnovers) = Default::default();
        Self { key, opening, balances, cards, batches, turnovers }
    }

    /// Passes a transaction, which is kept from now on. A batch's first one opened the shift, whether it goes or not.
    pub(super) fn pass(&mut self, transaction: &Transaction, transfers: &[Transfer]) {
        self.opening.head = Head::after(transaction);
        self.opening.toggle(self.key, &Piece::Kept(transaction, transfers));
        if let Some(card) = transaction.card {
            self.cards.insert(card, transaction.id);
        }
        if let Some(batch) = self.batch(transaction) {
            batch.first.get_or_insert((transaction.at, transaction.actor.person));
        }
    }

    /// Lets a transaction go that was kept until now.
    pub(super) fn release(&mut self, takers: &Takers, transaction: &Transaction, transfers: &[Transfer]) {
        self.opening.toggle(self.key, &Piece::Kept(transaction, transfers));
        if let Some(batch) = self.batch(transaction) {
            batch.add(transaction);
        }
        for transfer in transfers {
            for (account, change) in
                [(transfer.debit, transfer.amount.0.saturating_neg()), (transfer.credit, transfer.amount.0)]
            {
                let sum = self.balances.entry(account).or_default();
                *sum = sum.saturating_add(change);
                let merchant = domain::ids::MerchantId(account.0);
                for taker in takers.of(merchant, transfer.business_date, transaction.id) {
                    self.turnovers.entry(taker.id).or_default().note(merchant, transaction, transfer);
                }
            }
        }
    }

    /// Of the figures that are there a transaction's batch changes; the company's own are in none.
    fn batch(&mut self, transaction: &Transaction) -> Option<&mut Batch> {
        if transaction.actor.is_issuer() || transaction.kind == Kind::BatchClose {
            return None;
        }
        let (terminal, number) = (transaction.actor.terminal, transaction.batch);
        Some(self.batches.entry((terminal, number)).or_insert_with(|| Batch::open(terminal, number, Timestamp(0), 0)))
    }

    /// Adds the changes to what is stored, and seals it.
    pub(super) fn save(mut self, connection: &Connection) -> sql::Result<()> {
        self.save_balances(connection)?;
        self.save_cards(connection)?;
        self.save_batches(connection)?;
        self.save_turnovers(connection)?;
        let sql = "INSERT INTO ledger_opening (slot, sequence, hash, until_date, carried, format, seal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (slot) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash,
                until_date = excluded.until_date, carried = excluded.carried,
                format = excluded.format, seal = excluded.seal";
        let (head, seal) = (&self.opening.head, self.opening.seal(self.key));
        let (until, carried) = (self.opening.until.0, self.opening.carried);
        let values = params![head.slot, head.sequence, head.hash, until, carried, SEAL_FORMAT, seal];
        connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn save_balances(&mut self, connection: &Connection) -> sql::Result<()> {
        let accounts = list(self.balances.keys().map(|account| account.0));
        let sql = "SELECT account, amount FROM opening_balance
            WHERE account IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))";
        let mut statement = connection.prepare_cached(sql)?;
        for found in statement.query_map([&accounts], |row| Ok((AccountId(row.get(0)?), row.get(1)?)))? {
            let (account, amount): (AccountId, i64) = found?;
            self.opening.toggle(self.key, &Piece::Balance(account, amount));
            let sum = self.balances.entry(account).or_default();
            *sum = sum.saturating_add(amount);
        }
        for (account, amount) in &self.balances {
            self.opening.toggle(self.key, &Piece::Balance(*account, *amount));
        }
        let sql = "INSERT INTO opening_balance (account, amount)
            SELECT CAST(key AS BIGINT), CAST(value AS BIGINT) FROM json_each(?1) WHERE TRUE
            ON CONFLICT (account) DO UPDATE SET amount = excluded.amount";
        let pairs = object(self.balances.iter().map(|(account, amount)| (account.0, *amount)));
        connection.prepare_cached(sql)?.execute([&pairs])?;
        Ok(())
    }

    fn save_cards(&mut self, connection: &Connection) -> sql::Result<()> {
        let cards = list(self.cards.keys().map(|card| card.0));
        let sql = "SELECT card_id, last_id FROM opening_card
            WHERE card_id IN (SELECT CAST(key AS BIGINT) FROM json_each(?1))";
        let mut statement = connection.prepare_cached(sql)?;
        for before in statement.query_map([&cards], |row| Ok((CardId(row.get(0)?), TransactionId(row.get(1)?))))? {
            let (card, last) = before?;
            self.opening.toggle(self.key, &Piece::Card(card, last));
        }
        for (card, last) in &self.cards {
            self.opening.toggle(self.key, &Piece::Card(*card, *last));
        }
        let sql = "INSERT INTO opening_card (card_id, last_id)
            SELECT CAST(key AS BIGINT), CAST(value AS BIGINT) FROM json_each(?1) WHERE TRUE
            ON CONFLICT (card_id) DO UPDATE SET last_id = excluded.last_id";
        let pairs = object(self.cards.iter().map(|(card, last)| (card.0, last.0)));
        connection.prepare_cached(sql)?.execute([&pairs])?;
        Ok(())
    }

    fn save_batches(&mut self, connection: &Connection) -> sql::Result<()> {
        let mut find = connection.prepare_cached(BATCH_OPENING)?;
        let sql = "INSERT INTO opening_batch (terminal_id, number, figures) VALUES (?1, ?2, ?3)
            ON CONFLICT (terminal_id, number) DO UPDATE SET figures = excluded.figures";
        let mut upsert = connection.prepare_cached(sql)?;
        for ((terminal, number), mut batch) in std::mem::take(&mut self.batches) {
            let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, figures::read(row, 0)?));
            if let Some((written, found)) = find.query_row([terminal.0, number], read).optional()? {
                self.opening.toggle(self.key, &Piece::Batch(terminal, number, &written));
                batch.first = found.first.or(batch.first);
                for (person, totals) in &found.people {
                    batch.people.entry(*person).or_default().merge(totals);
                }
            }
            let written = figures::write(&batch);
            self.opening.toggle(self.key, &Piece::Batch(terminal, number, &written));
            upsert.execute(params![terminal.0, number, written])?;
        }
        Ok(())
    }

    fn save_turnovers(&mut self, connection: &Connection) -> sql::Result<()> {
        let sql =
            "SELECT settlement_id, business_date, kind, count, sum FROM opening_turnover WHERE settlement_id = ?1";
        let mut find = connection.prepare_cached(sql)?;
        let sql = "INSERT INTO opening_turnover (settlement_id, business_date, kind, count, sum)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (settlement_id, business_date, kind) DO UPDATE SET count = excluded.count, sum = excluded.sum";
        let mut upsert = connection.prepare_cached(sql)?;
        for (settlement, more) in std::mem::take(&mut self.turnovers) {
            let touched: BTreeSet<_> = more.rows().map(|(day, kind, _)| (day, kind)).collect();
            let mut all = more;
            for found in find.query_map([settlement.0], turnover)? {
                let (day, kind, tally) = found?;
                if touched.contains(&(day, kind)) {
                    self.opening.toggle(self.key, &Piece::Turnover(settlement, day, kind, tally));
                    all.put(day, kind, tally);
                }
            }
            for (day, kind, tally) in all.rows() {
                self.opening.toggle(self.key, &Piece::Turnover(settlement, day, kind, tally));
                upsert.execute(params![settlement.0, day.0, kind.word(), tally.count, tally.sum.0])?;
            }
        }
        Ok(())
    }
}
