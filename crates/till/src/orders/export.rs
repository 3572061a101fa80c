//! The orders of a question as a file: CSV for programs, Excel for people.
//!
//! What must stay true: a cell is never a formula, whatever was typed as a name or reason; memory is bounded by
//! [`ROWS_MAX`] and one file at a time; every file is in the audit log before it leaves.

use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::money::Fen;
use domain::time::Timestamp;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use storage::audit;
use storage::orders::{self, Cursor, Filter, Listed};

use crate::Visit;
use crate::orders::detail::{holder, meaning, standing};
use crate::orders::list::{Question, Said, card};
use crate::text::Text;
use web_kit::Web;
use web_kit::export::{BYTE_ORDER_MARK, ONE_AT_A_TIME, PIECE, ROWS_MAX, download, fault, text_cell};
use web_kit::flash::Flash;
use web_kit::problem::Problem;

/// What stands in a cell.
enum Cell {
    Text(String),
    Money(Fen),
}

/// The question's orders as CSV.
pub(crate) async fn csv(visit: Visit, ask: Query<Question>) -> Result<Response, Problem> {
    let (text, now) = (visit.text(), visit.session.now);
    let mut rows = match begin(&visit, ask.0, "csv").await? {
        Ok(rows) => rows,
        Err(back) => return Ok(back),
    };
    let mut file = csv::Writer::from_writer(BYTE_ORDER_MARK.to_vec());
    let failed = |error: csv::Error| fault(&error);
    file.write_record(head(text)).map_err(failed)?;
    while let Some(orders) = rows.next(&visit.web).await? {
        for order in &orders {
            let cells = cells(order, now, text).into_iter().map(|cell| match cell {
                Cell::Text(text) => text_cell(text),
                Cell::Money(amount) => amount.plain(),
            });
            file.write_record(cells).map_err(failed)?;
        }
    }
    let bytes = file.into_inner().map_err(|error| fault(&error))?;
    Ok(download("text/csv; charset=utf-8", "csv", &rows.name, bytes))
}

/// The question's orders as an Excel sheet.
pub(crate) async fn excel(visit: Visit, ask: Query<Question>) -> Result<Response, Problem> {
    let (text, now) = (visit.text(), visit.session.now);
    let mut rows = match begin(&visit, ask.0, "xlsx").await? {
        Ok(rows) => rows,
        Err(back) => return Ok(back),
    };
    let failed = |error: XlsxError| fault(&error);
    let mut workbook = sheet(text).map_err(failed)?;
    let money = Format::new().set_num_format("0.00");
    let mut line = 1;
    while let Some(orders) = rows.next(&visit.web).await? {
        let sheet = workbook.worksheet_from_index(0).map_err(failed)?;
        for order in &orders {
            for (column, cell) in (0..).zip(cells(order, now, text)) {
                match cell {
                    Cell::Text(text) => sheet.write_string(line, column, text),
                    Cell::Money(amount) => sheet.write_number_with_format(line, column, yuan(amount), &money),
                }
                .map_err(failed)?;
            }
            line += 1;
        }
    }
    // Packing a file of the largest size keeps a core busy for seconds.
    let packed = tokio::task::spawn_blocking(move || workbook.save_to_buffer()).await.map_err(|error| fault(&error))?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(download(kind, "xlsx", &rows.name, packed.map_err(failed)?))
}

/// An empty sheet with its heading.
fn sheet(text: &'static Text) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(text.orders.sheet)?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, (title, width)) in (0..).zip(head(text).into_iter().zip(WIDTHS)) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, title, &bold)?;
    }
    Ok(workbook)
}

/// The orders of a file, piece by piece.
struct Rows {
    filter: Filter,
    cursor: Cursor,
    left: usize,
    /// The file's name without its ending.
    name: String,
    _turn: tokio::sync::SemaphorePermit<'static>,
}

impl Rows {
    async fn next(&mut self, web: &Web) -> Result<Option<Vec<Listed>>, Problem> {
        let count = self.left.min(PIECE);
        if count == 0 {
            return Ok(None);
        }
        let orders = orders::next(&web.storage, self.filter.clone(), self.cursor, count).await?;
        let Some(last) = orders.last() else { return Ok(None) };
        self.cursor = Cursor::Below(last.id);
        self.left = if orders.len() < count { 0 } else { self.left - count };
        Ok(Some(orders))
    }
}

/// Checks the question, waits for the turn and writes the export down. `Err` is the way back to the list, which says what
/// is wrong with the question.
async fn begin(visit: &Visit, ask: Question, kind: &str) -> Result<Result<Rows, Response>, Problem> {
    let ask = ask.settled(visit.session.now.business_date());
    let list = ask.address("/orders", "", "");
    let Ok(filter) = ask.read(visit.session.store()?, visit.text()) else {
        return Ok(Err(Redirect::to(&list).into_response()));
    };
    let turn = ONE_AT_A_TIME.acquire().await.map_err(|error| fault(&error))?;
    let (filter, found) = ask.find(visit.db(), filter, 1).await?;
    let count = found.totals.count;
    if usize::try_from(count).is_ok_and(|count| count > ROWS_MAX) {
        return Ok(Err(Flash::new(Said::TooMany, &[&ROWS_MAX.to_string()]).redirect(&visit.web, &list)));
    }
    let detail = format!("{kind}, {count} rows, {}", ask.summary());
    audit::append(visit.db(), visit.session.entry("orders_exported", "", &detail)).await?;
    let moment = visit.session.now.in_china().strftime("%Y%m%d-%H%M%S");
    Ok(Ok(Rows { filter, cursor: Cursor::Top, left: ROWS_MAX, name: format!("orders-{moment}"), _turn: turn }))
}

fn head(text: &'static Text) -> [&'static str; 19] {
    let words = &text.orders;
    [
        words.order,
        words.column_date,
        words.time,
        words.card,
        words.holder,
        words.column_type,
        words.amount,
        words.column_refunded,
        words.column_disputed,
        words.column_undone,
        words.column_net,
        words.status,
        words.column_hand_over,
        words.code,
        words.column_meaning,
        words.reference,
        words.voucher,
        words.cashier,
        words.terminal,
    ]
}

/// Widths of the columns, in letters.
const WIDTHS: [f64; 19] =
    [13.0, 11.0, 10.0, 22.0, 9.0, 9.0, 11.0, 11.0, 14.0, 14.0, 11.0, 11.0, 24.0, 8.0, 24.0, 14.0, 9.0, 9.0, 11.0];

fn cells(order: &Listed, now: Timestamp, text: &'static Text) -> [Cell; 19] {
    let at = order.at();
    let standing = standing(order, now, text);
    let (code, meaning) = meaning(order, text);
    let sale = order.decisive.as_ref();
    [
        Cell::Text(order.number.clone()),
        Cell::Text(at.business_date().to_string()),
        Cell::Text(at.time_text()),
        Cell::Text(card(order)),
        Cell::Text(holder(order, text)),
        Cell::Text(text.pay.sale.to_owned()),
        Cell::Money(order.total),
        Cell::Money(order.refunds.sum),
        Cell::Money(order.disputes.sum),
        Cell::Money(order.undone().sum),
        Cell::Money(order.net()),
        Cell::Text(standing.badge.word.to_owned()),
        Cell::Text(standing.hand_over),
        Cell::Text(code.to_owned()),
        Cell::Text(meaning),
        Cell::Text(sale.map_or_else(String::new, |sale| sale.id.rrn())),
        Cell::Text(sale.map_or_else(String::new, |sale| sale.id.stan())),
        Cell::Text(order.person.clone()),
        Cell::Text(order.terminal.to_string()),
    ]
}

/// An amount as a spreadsheet counts.
fn yuan(amount: Fen) -> f64 {
    amount.plain().parse().expect("an amount is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number() {
        assert!((yuan(Fen(4_405)) - 44.05).abs() < f64::EPSILON);
    }
}
