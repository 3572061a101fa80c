//! Reads the whole ledger on one snapshot for `verify`.

use crate::sql::{self, Connection, Row};
use domain::card::{CardKey, CardStatus};
use domain::directory::Standing;
use domain::ids::{
    CardId, CustomerId, MerchantId, OrderId, OutletId, PersonId, ProgrammeId, RecallId, TerminalId, TransactionId,
};
use domain::ledger::{AccountId, ChainKey, Head, Transaction, Transfer};
use domain::money::Fen;
use domain::order::OrderStatus;
use domain::person::Held;
use domain::role::Role;
use domain::time::BusinessDate;
use domain::verify::{Audit, Finding};

use super::{after_sale, card_batch, card_move, cards, pins, programme, proposal, rows, settlement};
use crate::archive;
use crate::batch;
use crate::error::StorageError;
use crate::human;

pub(crate) fn verify(connection: &Connection, key: ChainKey) -> Result<Vec<Finding>, StorageError> {
    let snapshot = connection.unchecked_transaction()?;
    let findings = read_all(&snapshot, key)?;
    snapshot.finish()?;
    Ok(findings)
}

fn read_all(connection: &Connection, key: ChainKey) -> sql::Result<Vec<Finding>> {
    let mut audit = Audit::new(key);
    audit.logins(human::all(connection)?);
    settlements(connection, &mut audit)?;
    archive::read_opening(connection, &mut audit)?;
    let heads = transactions(connection, &mut audit, i64::MIN)?;
    stored_heads(connection, &mut audit, &heads)?;
    let sql = format!("SELECT {} FROM card_move WHERE id > ?1 ORDER BY id LIMIT ?2", card_move::COLUMNS);
    in_pieces(connection, &sql, |row| {
        match card_move::moved(row) {
            Ok(moved) => audit.moved(&moved),
            Err(error) => unreadable(&mut audit, "the move of", row.get(0)?, &error),
        }
        Ok(())
    })?;
    let sql = "SELECT id, balance, last_id, lookup, pin_state, pin, pin_id, status FROM card WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        let card = CardId(row.get(0)?);
        let status = rows::word(row, 7, CardStatus::from_word)?;
        audit.card(card, status, Fen(row.get(1)?), row.get::<_, Option<i64>>(2)?.map(TransactionId));
        let by = row.get::<_, Option<i64>>(6)?.map(TransactionId);
        match cards::pin(row, 4, 5) {
            Ok(pin) => audit.card_pin(card, CardKey(row.get(3)?), &pin, by),
            Err(error) => audit.unreadable(&format!("the PIN of card {card}"), &error.to_string()),
        }
        Ok(())
    })?;
    let sql = format!(
        "SELECT {}, c.lookup FROM card_code k LEFT JOIN card c ON c.id = k.card_id
        WHERE k.card_id > ?1 ORDER BY k.card_id LIMIT ?2",
        pins::CODE_COLUMNS
    );
    in_pieces(connection, &sql, |row| {
        match (pins::code(row), row.get::<_, Option<[u8; 16]>>(10)?) {
            (Ok(code), Some(key)) => audit.card_code(CardKey(key), &code),
            (Ok(code), None) => audit.unreadable(&format!("the code of card {}", code.card), "there is no such card"),
            (Err(error), _) => {
                audit.unreadable(&format!("the code of card {}", row.get::<_, i64>(0)?), &error.to_string());
            }
        }
        Ok(())
    })?;
    let sql = "SELECT id, deposit FROM customer WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        audit.customer(CustomerId(row.get(0)?), Fen(row.get(1)?));
        Ok(())
    })?;
    orders(connection, &mut audit, |_| true)?;
    disputes(connection, &mut audit)?;
    proposals(connection, &mut audit)?;
    fundings(connection, &mut audit)?;
    programmes(connection, &mut audit)?;
    card_batch::audit(connection, &mut audit)?;
    batches(connection, &mut audit)?;
    let merchants = places(connection, &mut audit)?;
    Ok(audit.finish(&merchants))
}

/// Merchants and outlets with what two persons decide of them.
fn places(connection: &Connection, audit: &mut Audit) -> sql::Result<Vec<MerchantId>> {
    let mut merchants = Vec::new();
    let sql = "SELECT id, fee_bp, status, bank_name, bank_account, bank_holder FROM merchant WHERE id > ?1 ORDER BY id
        LIMIT ?2";
    in_pieces(connection, sql, |row| {
        let merchant = MerchantId(row.get(0)?);
        merchants.push(merchant);
        audit.fee(merchant, row.get(1)?);
        audit.merchant(merchant, &proposal::bank(row, 3)?, rows::word(row, 2, Standing::from_word)?);
        Ok(())
    })?;
    let sql = "SELECT id, status FROM outlet WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        audit.outlet(OutletId(row.get(0)?), rows::word(row, 1, Standing::from_word)?);
        Ok(())
    })?;
    let sql = "SELECT id, ended_at IS NULL FROM recall WHERE id > ?1 ORDER BY id LIMIT ?2";
    let mut recalls = Vec::new();
    in_pieces(connection, sql, |row| {
        recalls.push(RecallId(row.get(0)?));
        audit.recall(RecallId(row.get(0)?), row.get(1)?);
        Ok(())
    })?;
    for recall in recalls {
        let [typed, stored] = crate::recall::covers(connection, recall)?;
        audit.recall_covers(recall, &typed, stored);
    }
    Ok(merchants)
}

/// Orders with their refunds, those that `wanted` wants.
pub(crate) fn orders(
    connection: &Connection,
    audit: &mut Audit,
    mut wanted: impl FnMut(OrderId) -> bool,
) -> sql::Result<()> {
    let sql = "SELECT id, status, total, paid_by FROM orders WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        let (id, paid_by) = (OrderId(row.get(0)?), row.get::<_, Option<i64>>(3)?.map(TransactionId));
        if !wanted(id) {
            return Ok(());
        }
        match rows::word(row, 1, OrderStatus::from_word) {
            Ok(status) => audit.order(id, status, Fen(row.get(2)?), paid_by),
            Err(error) => audit.unreadable(&format!("order {id}"), &error.to_string()),
        }
        Ok(())
    })?;
    let sql = "SELECT DISTINCT order_id FROM refund WHERE order_id > ?1 ORDER BY order_id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        for refund in after_sale::refunds_of(connection, OrderId(row.get(0)?))? {
            audit.refund(&refund);
        }
        Ok(())
    })
}

/// Reads a table in order of its key, the first column, from `?1` on and `?2` rows at a time.
pub(crate) fn in_pieces(
    connection: &Connection,
    sql: &str,
    mut read: impl FnMut(&Row<'_>) -> sql::Result<()>,
) -> sql::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut after = i64::MIN;
    loop {
        let (mut rows, mut count) = (statement.query([after, PIECE])?, 0);
        while let Some(row) = rows.next()? {
            (after, count) = (row.get(0)?, count + 1);
            read(&row)?;
        }
        if count < PIECE {
            return Ok(());
        }
    }
}

fn settlements(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let mut all = connection.prepare("SELECT id FROM settlement ORDER BY id")?;
    for id in all.query_map([], |row| row.get(0).map(TransactionId))? {
        let id = id?;
        match settlement::find(connection, id) {
            Ok(found) => audit.settlements(found),
            Err(error) => unreadable(audit, "settlement", id.0, &error),
        }
    }
    Ok(())
}

fn disputes(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let sql = format!(
        "SELECT {}, COALESCE(o.merchant_id = d.merchant_id AND o.outlet_id = d.outlet_id, FALSE) FROM dispute d
        LEFT JOIN orders o ON o.id = d.order_id ORDER BY d.id",
        after_sale::DISPUTE_COLUMNS
    );
    let mut all = connection.prepare(&sql)?;
    let mut all = all.query([])?;
    while let Some(row) = all.next()? {
        match after_sale::dispute(&row) {
            Ok(dispute) if row.get::<_, bool>(18)? => audit.dispute(&dispute),
            Ok(dispute) => audit.unreadable(&format!("dispute {}", dispute.id.rrn()), "it is another merchant's order"),
            Err(error) => unreadable(audit, "dispute", row.get(0)?, &error),
        }
    }
    Ok(())
}

fn proposals(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let sql = format!("SELECT {} FROM proposal p WHERE p.id > ?1 ORDER BY p.id LIMIT ?2", proposal::COLUMNS);
    in_pieces(connection, &sql, |row| {
        match proposal::proposal(row) {
            Ok(one) => audit.proposal(&one),
            Err(error) => unreadable(audit, "proposal", row.get(0)?, &error),
        }
        Ok(())
    })?;
    let sql =
        format!("SELECT {} FROM {} WHERE k.id > ?1 ORDER BY k.id LIMIT ?2", proposal::KEY_COLUMNS, proposal::KEYS);
    in_pieces(connection, &sql, |row| {
        audit.key(&proposal::key(row)?);
        Ok(())
    })?;
    company_roles(connection, audit)
}

/// Bank references of money that was received.
fn fundings(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let sql =
        "SELECT transaction_id, reference FROM funding WHERE transaction_id > ?1 ORDER BY transaction_id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        audit.funding(row.text(1)?, TransactionId(row.get(0)?));
        Ok(())
    })
}

/// Programmes, and what one person did to them.
fn programmes(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let sql =
        format!("SELECT {} FROM programme_change h WHERE h.id > ?1 ORDER BY h.id LIMIT ?2", programme::CHANGE_COLUMNS);
    in_pieces(connection, &sql, |row| {
        match programme::changed(row) {
            Ok(changed) => audit.programme_change(&changed),
            Err(error) => unreadable(audit, "programme change", row.get(0)?, &error),
        }
        Ok(())
    })?;
    let mut all = Vec::new();
    let sql = "SELECT id, created_by IS NOT NULL FROM programme WHERE id > ?1 ORDER BY id LIMIT ?2";
    in_pieces(connection, sql, |row| {
        all.push((ProgrammeId(row.get(0)?), row.get(1)?));
        Ok(())
    })?;
    for (id, entered) in all {
        match programme::find(connection, id) {
            Ok(Some(one)) => audit.programme(id, &one, entered),
            Ok(None) => {}
            Err(error) => audit.unreadable(&format!("programme {id}"), &error.to_string()),
        }
    }
    Ok(())
}

/// The roles of the card company's people.
fn company_roles(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let sql = "SELECT p.id, r.role, r.ends_on, r.given_by, p.created_by IS NULL FROM person p
        JOIN person_role r ON r.person_id = p.id WHERE p.place = 'company' ORDER BY p.id, r.role";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let held = Held {
            role: rows::word(&row, 1, Role::from_word)?,
            ends_on: row.get::<_, Option<i32>>(2)?.map(BusinessDate),
        };
        let given = row.get::<_, Option<i64>>(3)?.map(TransactionId).ok_or(row.get::<_, bool>(4)?);
        audit.company_role(PersonId(row.get(0)?), held, given);
    }
    Ok(())
}

fn batches(connection: &Connection, audit: &mut Audit) -> sql::Result<()> {
    let mut closed = connection.prepare(batch::ALL)?;
    let mut closed = closed.query([])?;
    while let Some(row) = closed.next()? {
        match batch::read(&row) {
            Ok(closed) => audit.batch(&closed),
            Err(error) => {
                let (terminal, number) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
                audit.unreadable(&format!("batch {number} of terminal {terminal}"), &error.to_string());
            }
        }
    }
    let mut tills = connection.prepare("SELECT id, batch_no FROM terminal ORDER BY id")?;
    let mut tills = tills.query([])?;
    while let Some(row) = tills.next()? {
        audit.till(TerminalId(row.get(0)?), row.get(1)?);
    }
    Ok(())
}

fn stored_heads(connection: &Connection, audit: &mut Audit, heads: &[Head]) -> sql::Result<()> {
    let mut statement =
        connection.prepare("SELECT slot, sequence, hash, seal, format FROM ledger_head ORDER BY slot")?;
    let mut stored = statement.query([])?;
    let mut known = Vec::new();
    while let Some(row) = stored.next()? {
        let read = || {
            rows::known_format(&row, 4)?;
            Ok((Head { slot: row.get(0)?, sequence: row.get(1)?, hash: row.get(2)? }, row.get(3)?))
        };
        match read() {
            Ok((head, seal)) => {
                audit.head(head, &seal, heads.iter().find(|found| found.slot == head.slot));
                known.push(head.slot);
            }
            Err::<_, sql::Error>(error) => {
                audit.unreadable(&format!("the head of slot {}", row.get::<_, i64>(0)?), &error.to_string());
            }
        }
    }
    for head in heads.iter().filter(|head| !known.contains(&head.slot)) {
        audit.head(Head::empty(head.slot), &[0; 32], Some(head));
    }
    Ok(())
}

/// Rows read at a time: a server sends a whole answer.
const PIECE: i64 = 10_000;

/// Walks transactions and transfers side by side, both in order of the transaction number, after one of them.
pub(crate) fn transactions(connection: &Connection, audit: &mut Audit, mut after: i64) -> sql::Result<Vec<Head>> {
    let mut heads: Vec<Head> = Vec::new();
    let mut some = connection.prepare(rows::TRANSACTIONS_AFTER)?;
    let sql = "SELECT transaction_id, leg, debit, credit, amount, business_date FROM ledger_transfer
        WHERE transaction_id > ?1 AND transaction_id <= ?2 ORDER BY transaction_id, leg";
    let mut legs = connection.prepare(sql)?;
    loop {
        let piece = some.query_map([after, i64::MAX, PIECE], |row| Ok((row.get(0)?, rows::transaction(row))))?;
        let piece: Vec<(i64, sql::Result<Transaction>)> = piece.collect::<sql::Result<_>>()?;
        let whole = i64::try_from(piece.len()).is_ok_and(|count| count == PIECE);
        let last = piece.last().filter(|_| whole).map_or(i64::MAX, |(id, _)| *id);
        let own = legs.query_map([after, last], |row| Ok((row.get::<_, i64>(0)?, transfer(row))))?;
        let mut own = own.peekable();
        for (id, found) in piece {
            let mut transfers = Vec::new();
            while let Some(leg) = own.next_if(|leg| leg.as_ref().map_or(true, |(transaction, _)| *transaction <= id)) {
                match leg? {
                    (transaction, Ok(leg)) if transaction == id => transfers.push(leg),
                    (_, Ok(leg)) => audit.stray(&leg),
                    (transaction, Err(error)) => unreadable(audit, "a transfer of", transaction, &error),
                }
            }
            match found {
                Ok(transaction) => {
                    audit.transaction(&transaction, &transfers);
                    note(&mut heads, &transaction, audit);
                }
                Err(error) => unreadable(audit, "transaction", id, &error),
            }
        }
        for leg in own {
            match leg? {
                (_, Ok(leg)) => audit.stray(&leg),
                (transaction, Err(error)) => unreadable(audit, "a transfer of", transaction, &error),
            }
        }
        if !whole {
            return Ok(heads);
        }
        after = last;
    }
}

fn unreadable(audit: &mut Audit, what: &str, id: i64, why: &sql::Error) {
    audit.unreadable(&format!("{what} {}", TransactionId(id).rrn()), &why.to_string());
}

fn note(heads: &mut Vec<Head>, transaction: &Transaction, audit: &Audit) {
    match heads.last_mut().filter(|head| head.slot == transaction.id.slot()) {
        Some(head) => *head = audit.read_head(),
        None => heads.push(audit.read_head()),
    }
}

pub(crate) fn transfer(row: &Row<'_>) -> sql::Result<Transfer> {
    Ok(Transfer {
        transaction: TransactionId(row.get(0)?),
        leg: row.get(1)?,
        debit: AccountId(row.get(2)?),
        credit: AccountId(row.get(3)?),
        amount: Fen(row.get(4)?),
        business_date: BusinessDate(row.get(5)?),
    })
}
