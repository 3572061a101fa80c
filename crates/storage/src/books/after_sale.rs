//! Load and save of what comes after a sale: refunds, voids, reversals, disputes, batch close.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::batch::{Batch, ClosedBatch};
use domain::card::CardKey;
use domain::changes::Changes;
use domain::dispute::{Claim, Dispute, DisputeStatus, Reply, Said};
use domain::ids::{OrderId, PersonId, ProgrammeId, TerminalId, TransactionId};
use domain::ledger::Transaction;
use domain::money::Fen;
use domain::refund::{Ground, Refund, RefundLine, RefundStatus, SoldLine};
use domain::sold::Sold;
use domain::state::State;
use domain::time::Timestamp;

use super::cards::{self, Programmes};
use super::rows;
use crate::archive::BATCH_OPENING;
use crate::books::batch_figures as figures;

/// Cards that replaced one another are followed this far; a longer chain is a fault of the data.
const REPLACEMENTS_MAX: usize = 8;

/// Second load stage: the order's sale, lines, refunds, disputes, and the cards of that sale.
pub(super) fn load_sold(
    connection: &Connection,
    programmes: &mut Programmes,
    state: &mut State,
    order: OrderId,
) -> sql::Result<()> {
    state.lines.loaded(order, Some(lines(connection, order)?));
    let Some(sale) = sale(connection, order)? else {
        state.sold.loaded(order, None);
        return Ok(());
    };
    let Some((card, programme, window)) = paying_card(connection, &sale)? else {
        state.sold.loaded(order, None);
        return Ok(());
    };
    let mut payee = card;
    for _ in 0..REPLACEMENTS_MAX {
        let Some(next) = replacement(connection, payee)? else { break };
        payee = next;
    }
    for key in [card, payee] {
        let row = cards::card_row(connection, programmes, key)?;
        state.cards.loaded(key, row);
    }
    let (refunds, disputes) = (refunds_of(connection, order)?, disputes_of(connection, order)?);
    state.sold.loaded(order, Some(Sold { sale, card, payee, programme, window, refunds, disputes }));
    Ok(())
}

fn sale(connection: &Connection, order: OrderId) -> sql::Result<Option<Transaction>> {
    let sql = "SELECT paid_by FROM orders WHERE id = ?1 AND paid_by IS NOT NULL";
    let paid_by: Option<i64> = connection.prepare_cached(sql)?.query_row([order.0], |row| row.get(0)).optional()?;
    let Some(paid_by) = paid_by else { return Ok(None) };
    connection.prepare_cached(rows::TRANSACTION_BY_ID)?.query_row([paid_by], rows::transaction).optional()
}

fn paying_card(connection: &Connection, sale: &Transaction) -> sql::Result<Option<(CardKey, ProgrammeId, i64)>> {
    let Some(card) = sale.card else { return Ok(None) };
    let sql =
        "SELECT c.lookup, p.id, p.refund_window FROM card c JOIN programme p ON p.id = c.programme_id WHERE c.id = ?1";
    let read = |row: &Row<'_>| Ok((CardKey(row.get(0)?), ProgrammeId(row.get(1)?), row.get(2)?));
    connection.prepare_cached(sql)?.query_row([card.0], read).optional()
}

fn replacement(connection: &Connection, card: CardKey) -> sql::Result<Option<CardKey>> {
    let sql = "SELECT n.lookup FROM card c JOIN card n ON n.id = c.replaced_by WHERE c.lookup = ?1";
    connection.prepare_cached(sql)?.query_row([card.0], |row| row.get(0).map(CardKey)).optional()
}

fn lines(connection: &Connection, order: OrderId) -> sql::Result<Vec<SoldLine>> {
    let sql =
        "SELECT line, price, quantity, drug FROM order_line WHERE order_id = ?1 AND voided_at IS NULL ORDER BY line";
    let read = |row: &Row<'_>| {
        Ok(SoldLine { line: row.get(0)?, price: Fen(row.get(1)?), quantity: row.get(2)?, drug: row.get(3)? })
    };
    connection.prepare_cached(sql)?.query_map([order.0], read)?.collect()
}

pub(crate) const REFUND_COLUMNS: &str = "id, order_id, status, amount, ground, reason, applicant_id, requested_at, \
     reviewer_id, decided_at, opinion, decided_by, wrong_cards";

/// The refunds of an order with their lines, oldest first.
pub(crate) fn refunds_of(connection: &Connection, order: OrderId) -> sql::Result<Vec<Refund>> {
    let sql = format!("SELECT {REFUND_COLUMNS} FROM refund WHERE order_id = ?1 ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut refunds: Vec<Refund> = statement.query_map([order.0], refund)?.collect::<Result<_, _>>()?;
    for refund in &mut refunds {
        refund.lines = refund_lines(connection, refund.id)?;
    }
    Ok(refunds)
}

pub(crate) fn refund_lines(connection: &Connection, refund: TransactionId) -> sql::Result<Vec<RefundLine>> {
    let sql = "SELECT line, quantity, amount FROM refund_line WHERE refund_id = ?1 ORDER BY line";
    let read = |row: &Row<'_>| Ok(RefundLine { line: row.get(0)?, quantity: row.get(1)?, amount: Fen(row.get(2)?) });
    connection.prepare_cached(sql)?.query_map([refund.0], read)?.collect()
}

/// A refund without its lines, from [`REFUND_COLUMNS`].
pub(crate) fn refund(row: &Row<'_>) -> sql::Result<Refund> {
    Ok(Refund {
        id: TransactionId(row.get(0)?),
        order: OrderId(row.get(1)?),
        status: rows::word(row, 2, RefundStatus::from_word)?,
        lines: Vec::new(),
        amount: Fen(row.get(3)?),
        ground: rows::word(row, 4, Ground::from_word)?,
        reason: row.get(5)?,
        applicant: PersonId(row.get(6)?),
        requested_at: Timestamp(row.get(7)?),
        reviewer: row.get::<_, Option<i64>>(8)?.map(PersonId),
        decided_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
        opinion: row.get(10)?,
        decided_by: row.get::<_, Option<i64>>(11)?.map(TransactionId),
        wrong_cards: row.get(12)?,
    })
}

pub(crate) const DISPUTE_COLUMNS: &str = "d.id, d.order_id, d.status, d.amount, d.claim, d.words, d.opener_id, \
     d.opened_at, d.answer_until, d.accepted, d.answerer_id, d.answered_at, d.answer, d.answered_by, d.decider_id, \
     d.decided_at, d.opinion, d.decided_by";

/// The disputes of an order, oldest first.
pub(crate) fn disputes_of(connection: &Connection, order: OrderId) -> sql::Result<Vec<Dispute>> {
    let sql = format!("SELECT {DISPUTE_COLUMNS} FROM dispute d WHERE d.order_id = ?1 ORDER BY d.id");
    connection.prepare_cached(&sql)?.query_map([order.0], dispute)?.collect()
}

/// A dispute, from [`DISPUTE_COLUMNS`].
pub(crate) fn dispute(row: &Row<'_>) -> sql::Result<Dispute> {
    let accepted = match row.get::<_, Option<i64>>(9)? {
        None => None,
        Some(0) => Some(false),
        Some(1) => Some(true),
        Some(_) => return Err(sql::Error::unreadable(9, "neither yes nor no")),
    };
    let (answer, decision) = (said(row, 10)?, said(row, 14)?);
    if accepted.is_some() != answer.is_some() {
        return Err(sql::Error::unreadable(9, "half of an answer"));
    }
    Ok(Dispute {
        id: TransactionId(row.get(0)?),
        order: OrderId(row.get(1)?),
        status: rows::word(row, 2, DisputeStatus::from_word)?,
        amount: Fen(row.get(3)?),
        claim: rows::word(row, 4, Claim::from_word)?,
        words: row.get(5)?,
        opener: PersonId(row.get(6)?),
        opened_at: Timestamp(row.get(7)?),
        answer_until: Timestamp(row.get(8)?),
        answer: accepted.zip(answer).map(|(accept, said)| Reply { accept, said }),
        decision,
    })
}

/// Who, when, why and in which transaction, from four columns that are all there or all empty.
fn said(row: &Row<'_>, first: usize) -> sql::Result<Option<Said>> {
    let (by, at): (Option<i64>, Option<i64>) = (row.get(first)?, row.get(first + 1)?);
    let (words, transaction): (String, Option<i64>) = (row.get(first + 2)?, row.get(first + 3)?);
    match (by, at, transaction) {
        (None, None, None) if words.is_empty() => Ok(None),
        (Some(by), Some(at), Some(transaction)) => {
            Ok(Some(Said { by: PersonId(by), at: Timestamp(at), words, transaction: TransactionId(transaction) }))
        }
        _ => Err(sql::Error::unreadable(first, "half of what somebody said")),
    }
}

pub(super) fn load_batch(connection: &Connection, state: &mut State, terminal: TerminalId) -> sql::Result<()> {
    let sql = "SELECT COUNT(*) FROM orders INDEXED BY orders_attempt WHERE terminal_id = ?1 AND attempt IS NOT NULL";
    let open: i64 = connection.prepare_cached(sql)?.query_row([terminal.0], |row| row.get(0))?;
    state.attempts.loaded(terminal, Some(open));
    state.batches.loaded(terminal, running_batch(connection, terminal)?);
    Ok(())
}

/// The terminal's open batch, added up from the ledger.
pub(crate) fn running_batch(connection: &Connection, terminal: TerminalId) -> sql::Result<Option<Batch>> {
    let sql = "SELECT batch_no FROM terminal WHERE id = ?1";
    let number: Option<i64> = connection.prepare_cached(sql)?.query_row([terminal.0], |row| row.get(0)).optional()?;
    let Some(number) = number else { return Ok(None) };
    let sql = "SELECT closed_at, closed_by, figures FROM batch WHERE terminal_id = ?1 ORDER BY number DESC LIMIT 1";
    let read = |row: &Row<'_>| Ok((Timestamp(row.get(0)?), row.get::<_, i64>(1)?, figures::read(row, 2)?.logged));
    let last = connection.prepare_cached(sql)?.query_row([terminal.0], read).optional()?;
    let (opened_at, after, logged) = last.unwrap_or((Timestamp(0), 0, 0));
    let mut batch = Batch::open(terminal, number, opened_at, logged);
    let read = |row: &Row<'_>| figures::read(row, 0);
    if let Some(archived) =
        connection.prepare_cached(BATCH_OPENING)?.query_row([terminal.0, number], read).optional()?
    {
        (batch.first, batch.people) = (archived.first, archived.people);
    }
    let mut statement = connection.prepare_cached(rows::TRANSACTIONS_OF_BATCH)?;
    for transaction in statement.query_map(params![terminal.0, after, number], rows::transaction)? {
        batch.add(&transaction?);
    }
    handling(connection, &mut batch)?;
    Ok(Some(batch))
}

/// Counts on from where the batch before ended: by entry and not by time, so that what was logged while that one closed
/// is in one of the two.
fn handling(connection: &Connection, batch: &mut Batch) -> sql::Result<()> {
    let sql = "SELECT person_id, action, COUNT(*) FROM audit WHERE terminal_id = ?1 AND id > ?2
        AND action IN ('slip_printed', 'slip_reprinted', 'price_changed', 'line_voided') GROUP BY person_id, action";
    let mut statement = connection.prepare_cached(sql)?;
    let mut counts = statement.query([batch.terminal.0, batch.logged])?;
    while let Some(row) = counts.next()? {
        let person = PersonId(row.get::<_, Option<i64>>(0)?.unwrap_or(0));
        let handling = batch.handling.entry(person).or_default();
        let place = match row.get::<_, String>(1)?.as_str() {
            "slip_printed" => &mut handling.prints,
            "slip_reprinted" => &mut handling.reprints,
            "price_changed" => &mut handling.price_changes,
            _ => &mut handling.voided_lines,
        };
        *place = row.get(2)?;
    }
    let last = "SELECT COALESCE(MAX(id), 0) FROM audit";
    batch.logged = connection.prepare_cached(last)?.query_row([], |row| row.get(0))?;
    Ok(())
}

pub(super) fn save(connection: &Connection, state: &State, changes: &Changes) -> sql::Result<()> {
    for refund in changes.refunds.values() {
        save_refund(connection, state, refund)?;
    }
    for dispute in changes.disputes.values() {
        save_dispute(connection, state, dispute)?;
    }
    for (terminal, till) in &changes.tills {
        let sql = "UPDATE terminal SET batch_no = ?2 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([terminal.0, till.batch])?;
    }
    changes.batches.iter().try_for_each(|batch| save_batch(connection, batch))
}

fn save_refund(connection: &Connection, state: &State, refund: &Refund) -> sql::Result<()> {
    let (reviewer, decided_at) = (refund.reviewer.map(|id| id.0), refund.decided_at.map(|at| at.0));
    let decided_by = refund.decided_by.map(|id| id.0);
    let sql = "UPDATE refund SET status = ?2, reviewer_id = ?3, decided_at = ?4, opinion = ?5, decided_by = ?6,
            wrong_cards = ?7 WHERE id = ?1";
    let (status, wrong_cards) = (refund.status.word(), refund.wrong_cards);
    let change = params![refund.id.0, status, reviewer, decided_at, refund.opinion, decided_by, wrong_cards];
    if connection.prepare_cached(sql)?.execute(change)? == 1 {
        return Ok(());
    }
    let order = state.orders.get(&refund.order);
    let (merchant, outlet) = order.map_or((0, 0), |order| (order.merchant.0, order.outlet.0));
    let sql = "INSERT INTO refund (id, order_id, merchant_id, outlet_id, status, amount, ground, reason, applicant_id,
            requested_at, reviewer_id, decided_at, opinion, decided_by, wrong_cards, prints)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 0)";
    connection.prepare_cached(sql)?.execute(params![
        refund.id.0,
        refund.order.0,
        merchant,
        outlet,
        refund.status.word(),
        refund.amount.0,
        refund.ground.word(),
        refund.reason,
        refund.applicant.0,
        refund.requested_at.0,
        reviewer,
        decided_at,
        refund.opinion,
        decided_by,
        refund.wrong_cards,
    ])?;
    let sql = "INSERT INTO refund_line (refund_id, line, quantity, amount) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = connection.prepare_cached(sql)?;
    for line in &refund.lines {
        insert.execute(params![refund.id.0, line.line, line.quantity, line.amount.0])?;
    }
    Ok(())
}

fn save_dispute(connection: &Connection, state: &State, dispute: &Dispute) -> sql::Result<()> {
    let reply = dispute.answer.as_ref();
    let parts = |said: Option<&Said>| {
        let words = said.map_or(String::new(), |said| said.words.clone());
        (said.map(|said| said.by.0), said.map(|said| said.at.0), words, said.map(|said| said.transaction.0))
    };
    let (answerer, answered_at, answer, answered_by) = parts(reply.map(|reply| &reply.said));
    let (decider, decided_at, opinion, decided_by) = parts(dispute.decision.as_ref());
    let order = state.orders.get(&dispute.order);
    let (merchant, outlet) = order.map_or((0, 0), |order| (order.merchant.0, order.outlet.0));
    let sql =
        "INSERT INTO dispute (id, order_id, merchant_id, outlet_id, status, amount, claim, words, opener_id, opened_at,
            answer_until, accepted, answerer_id, answered_at, answer, answered_by, decider_id, decided_at, opinion,
            decided_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, accepted = excluded.accepted,
            answerer_id = excluded.answerer_id, answered_at = excluded.answered_at, answer = excluded.answer,
            answered_by = excluded.answered_by, decider_id = excluded.decider_id, decided_at = excluded.decided_at,
            opinion = excluded.opinion, decided_by = excluded.decided_by";
    connection.prepare_cached(sql)?.execute(params![
        dispute.id.0,
        dispute.order.0,
        merchant,
        outlet,
        dispute.status.word(),
        dispute.amount.0,
        dispute.claim.word(),
        dispute.words,
        dispute.opener.0,
        dispute.opened_at.0,
        dispute.answer_until.0,
        reply.map(|reply| reply.accept),
        answerer,
        answered_at,
        answer,
        answered_by,
        decider,
        decided_at,
        opinion,
        decided_by,
    ])?;
    Ok(())
}

fn save_batch(connection: &Connection, closed: &ClosedBatch) -> sql::Result<()> {
    let sql = "INSERT INTO batch (terminal_id, number, opened_at, closed_at, person_id, closed_by, figures)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let batch = &closed.batch;
    connection.prepare_cached(sql)?.execute(params![
        batch.terminal.0,
        batch.number,
        batch.opened_at.0,
        closed.closed_at.0,
        closed.person.0,
        closed.closed_by.0,
        figures::write(batch),
    ])?;
    Ok(())
}
