//! 暂停 and 关闭 of a merchant or a store: what it does is counted and shown, then one person does it with a reason.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use domain::directory;
use domain::ids::{MerchantId, OutletId};
use domain::money::Fen;
use domain::role::Action;
use serde::Deserialize;
use storage::places::{self, Effects};
use storage::session::LIFE;
use storage::settlement;
use storage::standing::{self, Hindrance, Made, Of};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use super::{MERCHANTS, merchant_link, outlet_link};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

#[derive(Template)]
#[template(path = "places/stop.html")]
struct View {
    shell: Shell,
    title: String,
    note: &'static str,
    path: String,
    back: String,
    /// Icon, what happens, more about it.
    effects: Vec<(&'static str, String, String)>,
    typed: String,
    wrong: Option<&'static str>,
    no: &'static str,
    yes: &'static str,
}

/// What the form sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    reason: String,
}

/// Which of the two is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Suspend,
    Close,
}

/// A merchant or a store with its name and its page.
struct Place {
    of: Of,
    merchant: MerchantId,
    name: String,
    back: String,
}

async fn merchant(visit: &Visit, id: i64) -> Result<Place, Problem> {
    let one = places::merchant(visit.db(), MerchantId(id)).await?.ok_or(Problem::NotFound)?;
    Ok(Place { of: Of::Merchant(one.id), merchant: one.id, name: one.name, back: merchant_link(id) })
}

async fn outlet(visit: &Visit, id: i64) -> Result<Place, Problem> {
    let one = places::outlet(visit.db(), OutletId(id)).await?.ok_or(Problem::NotFound)?;
    let name = format!("{} \u{203a} {}", one.merchant_name, one.name);
    Ok(Place { of: Of::Outlet(one.id), merchant: one.merchant, name, back: outlet_link(id) })
}

/// Asks before a merchant is suspended.
pub(crate) async fn suspend_merchant(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let place = merchant(&visit, id).await?;
    view(&visit, &place, What::Suspend, "", None).await
}

/// Suspends a merchant.
pub(crate) async fn merchant_suspended(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let place = merchant(&visit, id).await?;
    act(&visit, &place, What::Suspend, &fields).await
}

/// Asks before a merchant is closed.
pub(crate) async fn close_merchant(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let place = merchant(&visit, id).await?;
    view(&visit, &place, What::Close, "", None).await
}

/// Closes a merchant.
pub(crate) async fn merchant_closed(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let place = merchant(&visit, id).await?;
    act(&visit, &place, What::Close, &fields).await
}

/// Asks before a store is suspended.
pub(crate) async fn suspend_outlet(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let place = outlet(&visit, id).await?;
    view(&visit, &place, What::Suspend, "", None).await
}

/// Suspends a store.
pub(crate) async fn outlet_suspended(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let place = outlet(&visit, id).await?;
    act(&visit, &place, What::Suspend, &fields).await
}

/// Asks before a store is closed.
pub(crate) async fn close_outlet(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let place = outlet(&visit, id).await?;
    view(&visit, &place, What::Close, "", None).await
}

/// Closes a store.
pub(crate) async fn outlet_closed(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let place = outlet(&visit, id).await?;
    act(&visit, &place, What::Close, &fields).await
}

async fn view(
    visit: &Visit,
    place: &Place,
    what: What,
    typed: &str,
    wrong: Option<&'static str>,
) -> Result<Response, Problem> {
    let now = visit.session.now;
    let effects = places::effects(visit.db(), place.of, now, now.plus(-LIFE)).await?;
    let owed = settlement::payable(visit.db(), place.merchant).await?.map_or(Fen::ZERO, |one| one.unsettled.net());
    let words = &visit.text().directory;
    let (title, note, yes, step) = match what {
        What::Suspend => (words.stop_title, words.stop_note, words.stop_yes, "suspend"),
        What::Close => (words.close_title, words.close_note, words.close_yes, "close"),
    };
    let page = View {
        shell: visit.shell(MERCHANTS),
        title: fill(title, &[&place.name]),
        note,
        path: format!("{}/{step}", place.back),
        back: place.back.clone(),
        effects: listed(&effects, owed, visit.text()),
        typed: typed.to_owned(),
        wrong,
        no: if what == What::Suspend { words.stop_no } else { words.cancel },
        yes,
    };
    Ok(render(&page).into_response())
}

fn listed(one: &Effects, owed: Fen, text: &'static Text) -> Vec<(&'static str, String, String)> {
    let words = &text.directory;
    let count = |words: &str, count: i64| fill(words, &[&count.to_string()]);
    let signed_in = if one.sessions == 0 {
        words.stop_nobody.to_owned()
    } else {
        fill(words.stop_signed_in, &[&one.sessions.to_string(), &one.signed_in.join(", ")])
    };
    vec![
        ("user", count(words.stop_people, one.people), signed_in),
        ("card", count(words.stop_tills, one.terminals), count(words.stop_drafts, one.drafts)),
        ("unk", count(words.stop_unknown, one.attempts), words.stop_unknown_more.to_owned()),
        ("undo", count(words.stop_refunds, one.refunds), words.stop_refunds_more.to_owned()),
        ("bal", fill(words.stop_owed, &[&owed.to_string()]), count(words.stop_keys, one.keys)),
    ]
}

async fn act(visit: &Visit, place: &Place, what: What, fields: &Fields) -> Result<Response, Problem> {
    let words = &visit.text().directory;
    let Ok(reason) = directory::reason(&fields.reason) else {
        return view(visit, place, what, &fields.reason, Some(words.wrong_reason)).await;
    };
    let number = place.of.number().to_string();
    let (made, said) = match what {
        What::Suspend => {
            visit.session.may(Action::Suspend)?;
            let entry = visit.session.entry("place_suspended", &number, &reason);
            (standing::suspend(visit.db(), place.of, entry).await?, Said::Suspended)
        }
        What::Close => {
            visit.session.may(Action::ManageMerchants)?;
            let entry = visit.session.entry("place_closed", &number, &reason);
            (standing::close(visit.db(), place.of, entry).await?, Said::Closed)
        }
    };
    match made {
        Made::Done => Ok(Flash::new(said, &[]).redirect(&visit.web, &place.back)),
        Made::Gone => Err(Problem::NotFound),
        Made::NotPossible => view(visit, place, what, &fields.reason, Some(words.not_possible)).await,
        Made::Open(open) => view(visit, place, what, &fields.reason, Some(hindrance(open, visit.text()))).await,
    }
}

fn hindrance(open: Hindrance, text: &'static Text) -> &'static str {
    let words = &text.directory;
    match open {
        Hindrance::Payable => words.open_payable,
        Hindrance::Attempt => words.open_attempt,
        Hindrance::Batch => words.open_batch,
        Hindrance::Refund => words.open_refund,
        Hindrance::Dispute => words.open_dispute,
        Hindrance::Settlement => words.open_settlement,
        Hindrance::Outlet => words.open_outlet,
    }
}
