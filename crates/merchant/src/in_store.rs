//! 店内码: which labels of the merchant's own scales carry an amount and which a weight.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Response};
use domain::scan::{InStore, Measure};
use storage::in_store;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;

use crate::text::Said;
use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "in_store.html")]
struct View {
    shell: Shell,
    rows: Vec<(u8, Option<Measure>)>,
}

/// Every prefix with what its labels say.
pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let labels = in_store::labels(visit.db(), visit.session.merchant()?).await?;
    Ok(render(&View { shell: visit.shell("/in-store"), rows: labels.prefixes().collect() }).into_response())
}

/// Sets all prefixes; one that the form lacks is off.
pub(crate) async fn set(visit: Visit, Form(fields): Form<BTreeMap<String, String>>) -> Result<Response, Problem> {
    let mut labels = InStore::OFF;
    for (prefix, word) in fields.iter().filter(|(_, word)| !word.is_empty()) {
        let prefix = prefix.parse().ok().filter(|prefix| (20..=29).contains(prefix)).ok_or(Problem::BadForm)?;
        labels = labels.with(prefix, Measure::from_word(word).ok_or(Problem::BadForm)?);
    }
    let entry = visit.session.entry("in_store_labels_set", "", "");
    in_store::set_labels(visit.db(), visit.session.merchant()?, labels, entry).await?;
    Ok(Flash::new(Said::InStoreSet, &[]).redirect(&visit.web, "/in-store"))
}
