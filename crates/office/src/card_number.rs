//! 查看完整卡号: the whole number of one card, for a reason that is logged first, a few times a day for each person.
//!
//! What must stay true: the number is in the answer to a form and nowhere else: in no address, no log line, no field.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use domain::directory;
use domain::ids::CardId;
use serde::Deserialize;
use storage::card::{self, NUMBERS_A_DAY, NumberShown};
use storage::help;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::cards::card_link;
use crate::customers::CUSTOMERS;
use crate::{Shell, Visit};

/// The address, with the card's id in it.
pub(crate) const CARD_NUMBER: &str = "/office/cards/{card}/number";

/// The page of a card's number.
pub(crate) fn number_link(id: CardId) -> String {
    format!("{}/number", card_link(id))
}

#[derive(Template)]
#[template(path = "card_number.html")]
struct View {
    shell: Shell,
    title: String,
    path: String,
    back: String,
    masked: String,
    programme: String,
    /// The number in groups of four, and how many the person saw today.
    shown: Option<(String, String)>,
    typed: String,
    wrong: Option<String>,
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    reason: String,
}

async fn view(visit: &Visit, id: CardId) -> Result<View, Problem> {
    let one = help::card_by_id(visit.db(), id, visit.session.now).await?.ok_or(Problem::NotFound)?;
    Ok(View {
        shell: visit.shell(CUSTOMERS),
        back: card_link(id),
        title: visit.text().card_number.title.to_owned(),
        path: number_link(id),
        masked: one.masked.grouped(),
        programme: one.programme,
        shown: None,
        typed: String::new(),
        wrong: None,
    })
}

/// Asks for the reason.
pub(crate) async fn ask(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    Ok(render(&view(&visit, CardId(id)).await?).into_response())
}

/// Shows the number.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let (id, words) = (CardId(id), &visit.text().card_number);
    let mut view = view(&visit, id).await?;
    view.typed.clone_from(&fields.reason);
    let Ok(reason) = directory::reason(&fields.reason) else {
        view.wrong = Some(visit.text().directory.wrong_reason.to_owned());
        return Ok(answer(&visit, view));
    };
    let entry = visit.session.entry("", "", &reason);
    match card::number_show(visit.db(), &visit.web.vault, id, entry).await? {
        NumberShown::Shown(number, today) => {
            let counted = fill(words.counted, &[&today.to_string(), &NUMBERS_A_DAY.to_string()]);
            view.shown = Some((grouped(number.reveal()), counted));
        }
        NumberShown::Enough => view.wrong = Some(fill(words.enough, &[&NUMBERS_A_DAY.to_string()])),
        NumberShown::MadeItsSecret => view.wrong = Some(words.made_its_secret.to_owned()),
        NumberShown::Unreadable => view.wrong = Some(words.unreadable.to_owned()),
    }
    Ok(answer(&visit, view))
}

fn answer(visit: &Visit, mut view: View) -> Response {
    if view.wrong.is_some() {
        view.title = visit.text().directory.error.replace("{0}", &view.title);
    }
    render(&view).into_response()
}

/// Digits in groups of four, as on the card.
fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|four| four.iter().collect()).collect::<Vec<String>>().join(" ")
}
