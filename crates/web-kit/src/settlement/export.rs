//! The transactions of a settlement as a CSV file.
//!
//! What must stay true: as for every file of `order_export`: no cell is a formula, memory is bounded, one file at a
//! time, and it is in the audit log before it leaves.

use axum::response::Response;
use domain::ids::{MerchantId, TransactionId};
use storage::audit;
use storage::settlement::{self, Statement};

use super::statement::{find, signed};
use super::{OFFICE, OWN};
use crate::Web;
use crate::export::{BYTE_ORDER_MARK, ONE_AT_A_TIME, PIECE, ROWS_MAX, download, fault, text_cell};
use crate::flash::Flash;
use crate::page::Said;
use crate::problem::Problem;
use crate::text::{Text, Words};
use crate::visit::Visit;

/// The transactions of a settlement, of this merchant if one is given.
pub async fn file<T: Words>(visit: &Visit<T>, rrn: &str, of: Option<MerchantId>) -> Result<Response, Problem> {
    let text = visit.page.shared().text;
    let found = find(&visit.web, rrn, of).await?;
    let own = found.settlement.clone();
    let count: i64 = own.turnover.rows().map(|(_, _, tally)| tally.count).sum();
    if usize::try_from(count).is_ok_and(|count| count > ROWS_MAX) {
        let list = if of.is_some() { OWN } else { OFFICE };
        let back = format!("{list}/{}", own.id.rrn());
        return Ok(Flash::new(Said::SettlementTooLong, &[]).redirect(&visit.web, &back));
    }
    let _turn = ONE_AT_A_TIME.acquire().await.map_err(|error| fault(&error))?;
    let detail = format!("csv, {count} rows");
    audit::append(visit.db(), visit.session.entry("settlement_exported", &own.id.rrn(), &detail)).await?;
    let bytes = write(&visit.web, found, text).await?;
    Ok(download("text/csv; charset=utf-8", "csv", &format!("settlement-{}", own.id.rrn()), bytes))
}

async fn write(web: &Web, found: Statement, text: &'static Text) -> Result<Vec<u8>, Problem> {
    let words = &text.settlement;
    let failed = |error: csv::Error| fault(&error);
    let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
    let head = [
        words.day,
        words.time,
        words.reference,
        words.kind,
        text.shell.outlet,
        text.shell.terminal,
        words.card,
        words.amount,
        words.original,
    ];
    file.write_record(head).map_err(failed)?;
    let mut after = None;
    loop {
        let piece = settlement::transactions(&web.storage, found.settlement.clone(), after, PIECE).await?;
        for one in &piece {
            let place = |id: i64| if id == 0 { String::new() } else { id.to_string() };
            let cells = [
                one.business_date.to_string(),
                one.at.time_text(),
                one.id.rrn(),
                text.pay.kind(one.kind).to_owned(),
                place(one.actor.outlet.0),
                place(one.actor.terminal.0),
                one.masked.grouped(),
            ];
            // An amount below zero is a number, no formula.
            let amount = signed(one).plain();
            let original = text_cell(one.original.map_or_else(String::new, TransactionId::rrn));
            file.write_record(cells.into_iter().map(text_cell).chain([amount, original])).map_err(failed)?;
        }
        match piece.last().filter(|_| piece.len() >= PIECE) {
            Some(last) => after = Some((last.business_date, last.id)),
            None => break,
        }
    }
    file.into_inner().map_err(|error| fault(&error))
}
