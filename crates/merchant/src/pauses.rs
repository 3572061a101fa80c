//! 验密暂停: tills, people, keys and networks whose PINs are not compared after wrong ones on many cards, and the
//! unlock. Of the own outlet, the own merchant, or for the card company of all.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Response};
use domain::sweep::Watch;
use serde::Deserialize;
use storage::merchant::Reach;
use storage::sweep::{self, Paused};
use web_kit::credentials::clock_text;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::text::{Said, Text};
use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "pauses.html")]
struct View {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    watch: String,
    what: String,
    outlet: String,
    cards: usize,
    seen: String,
    until: String,
    unlock_label: String,
}

/// The list.
pub(crate) async fn show(visit: Visit) -> Result<Response, Problem> {
    let text = visit.text();
    let reach = Reach::of(visit.session.place);
    let found = sweep::list(visit.db(), reach, visit.session.now).await?;
    let rows = found.iter().map(|one| row(one, text)).collect();
    Ok(render(&View { shell: visit.shell("/pauses"), rows }).into_response())
}

/// What the form sends: one watch, or none for all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    watch: String,
}

/// Unlocks one of them, or all.
pub(crate) async fn unlock(visit: Visit, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let only = match fields.watch.as_str() {
        "" => None,
        text => Some(Watch::read(text).ok_or(Problem::BadForm)?),
    };
    let entry = visit.session.entry("pin_unlocked", "", "");
    let reach = Reach::of(visit.session.place);
    let unlocked = sweep::unlock(visit.db(), reach, only, visit.session.now, entry).await?;
    let said = if unlocked.left > 0 { Said::PinsNotUnlocked } else { Said::PinsUnlocked };
    Ok(Flash::new(said, &[]).redirect(&visit.web, "/pauses"))
}

fn row(one: &Paused, text: &'static Text) -> Row {
    let words = &text.pauses;
    let what = match &one.watch {
        Watch::Till(till) => fill(words.till, &[&till.to_string()]),
        Watch::Person(_) => fill(words.person, &[&one.name]),
        Watch::Key(_) => fill(words.key, &[&one.name]),
        Watch::Network(_, network) => fill(words.network, &[network.as_str()]),
    };
    let until = one.pause.until.map_or_else(|| words.until_unlocked.to_owned(), clock_text);
    Row {
        watch: one.watch.text(),
        unlock_label: fill(words.unlock_of, &[&what]),
        what,
        outlet: fill(text.shell.outlet_name, &[&one.merchant, &one.outlet]),
        cards: one.cards,
        seen: one.seen_at.date_time_text(),
        until,
    }
}
