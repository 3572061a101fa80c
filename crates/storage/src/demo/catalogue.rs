//! The demo shops' goods, from a CSV file that is part of the program.

use crate::sql::{Connection, params};
use domain::ids::ListId;

use crate::StorageError;
use crate::product::index;

/// The demo shops' goods.
const CATALOGUE: &str = include_str!("../../data/catalogue.csv");

/// One line of `data/catalogue.csv`.
#[derive(serde::Deserialize)]
struct CsvRow {
    code: String,
    barcode: String,
    name: String,
    pinyin: String,
    spec: String,
    maker: String,
    approval_no: String,
    category: String,
    otc_class: String,
    price_fen: Option<i64>,
    min_price_fen: Option<i64>,
    max_price_fen: Option<i64>,
    card_payable: u8,
    unit: String,
}

/// Gives `merchant` the demo catalogue, inside the caller's transaction.
pub(super) fn insert_catalogue(connection: &Connection, list: ListId) -> Result<(), StorageError> {
    let damaged = |error: csv::Error| StorageError::NotWritten(format!("catalogue: {error}"));
    let mut insert = connection.prepare_cached(
        "INSERT INTO product (list_id, code, barcode, name, pinyin, spec, maker, approval_no, category, otc_class,
                              unit, price, price_low, price_high, card_payable, active, sale_max, id_check, own, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 1, NULL, 0, 7, 1)",
    )?;
    for row in csv::Reader::from_reader(CATALOGUE.as_bytes()).deserialize() {
        let row: CsvRow = row.map_err(damaged)?;
        insert.execute(params![
            list.0,
            row.code,
            row.barcode,
            row.name,
            row.pinyin,
            row.spec,
            row.maker,
            row.approval_no,
            row.category,
            row.otc_class,
            row.unit,
            row.price_fen,
            row.min_price_fen,
            row.max_price_fen,
            row.card_payable,
        ])?;
    }
    index(connection, list)
}
