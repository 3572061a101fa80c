//! 选择商品: the catalogue over the sale page, filtered by category and by words, see `storage::product::search`.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use domain::product::OTHER_CODE;
use serde::Deserialize;
use storage::product::{self, Hits, Listed};

use crate::sale::screen::{self, SaleView, Wanted};
use crate::text::Text;
use crate::{Shell, Visit};
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

/// Rows shown at once; more words find the rest.
const ROWS_MAX: usize = 50;

#[derive(Template)]
#[template(path = "sale/picker.html")]
struct View {
    shell: Shell,
    sale: SaleView,
    ask: Params,
    categories: Vec<String>,
    rows: Vec<Row>,
    /// Enter takes the first row. Not when nothing was found: then it is 699999, which is sold on purpose only.
    first_picked: bool,
    found: String,
    /// Back to the sale.
    close: String,
}

struct Row {
    code: String,
    /// Takes the product in hand.
    link: String,
    name: String,
    /// Named where another product on the list has the same name.
    maker: String,
    spec: String,
    category: String,
    price: Option<String>,
    payable: bool,
    recalled: bool,
}

/// What the filter says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    q: String,
    category: String,
    order: String,
    qty: String,
    /// Came here because what was typed fits several.
    choose: String,
}

/// The picker. Its last row always is 699999, which stands for what the catalogue lacks.
pub(crate) async fn show(visit: Visit, Query(ask): Query<Params>) -> Result<Response, Problem> {
    let scan = visit.session.scan(&ask.q);
    let wanted = Wanted::parse(&ask.order);
    let Ok(mut sale) = screen::load(&visit, wanted).await? else {
        return Ok(Redirect::to("/sale").into_response());
    };
    sale.focus = None;
    let (db, lists) = (visit.db(), visit.session.store()?.lists);
    let mut hits = product::search(db, lists, &ask.q, &ask.category, ROWS_MAX).await?;
    if hits.total == 0 {
        // A barcode that the catalogue has in another form.
        let rows = product::find_first(db, lists, scan.candidates()).await?;
        hits = Hits { total: rows.len(), rows };
    }
    let found = found(&hits, &ask, visit.text());
    let other = product::find(db, lists, OTHER_CODE).await?.into_iter().map(|mut other| {
        other.product.name = fill(visit.text().sale.other_product, &[&other.product.name]);
        other
    });
    let first_picked = hits.total > 0;
    let mut names = BTreeMap::new();
    for listed in &hits.rows {
        *names.entry(listed.product.name.clone()).or_insert(0_usize) += 1;
    }
    let alike = |listed: &Listed| names.get(&listed.product.name).is_some_and(|&count| count > 1);
    let rows = hits.rows.into_iter().chain(other).map(|listed| row(alike(&listed), listed, &ask)).collect();
    let categories = product::categories(db, lists).await?;
    let shell = visit.shell("/sale");
    Ok(render(&View { shell, sale, categories, rows, first_picked, found, close: wanted.address(), ask })
        .into_response())
}

fn found(hits: &Hits, ask: &Params, text: &Text) -> String {
    let words = &text.sale;
    let (total, shown) = (hits.total.to_string(), hits.rows.len().to_string());
    match () {
        () if hits.total == 0 => words.found_none.to_owned(),
        () if hits.total > hits.rows.len() => fill(words.found_more, &[&total, &shown]),
        () if ask.choose.is_empty() => fill(words.found, &[&total]),
        () => fill(words.choose, &[&total]),
    }
}

fn row(alike: bool, listed: Listed, ask: &Params) -> Row {
    let product = listed.product;
    let fields = [("order", ask.order.as_str()), ("pick", &product.code), ("qty", &ask.qty)];
    Row {
        link: link("/sale", &fields),
        code: product.code,
        name: product.name,
        maker: if alike { listed.maker } else { String::new() },
        spec: product.spec,
        category: product.category,
        price: product.price.map(|price| price.to_string()),
        payable: product.card_payable,
        recalled: product.recalled.is_some(),
    }
}
