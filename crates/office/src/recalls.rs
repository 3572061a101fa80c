//! 召回: goods that no till sells any more, what was sold of them, and ending that.
//!
//! What must stay true: a recall starts only after its maker saw what it stops; only a proposal ends it; a file is in the
//! audit log before it leaves.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Act, Payload};
use domain::ids::{RecallId, RequestId};
use domain::recall::{Announced, MatchKind, Wrong, read_matches};
use domain::role::Action;
use domain::time::BusinessDate;
use serde::Deserialize;
use storage::recall::{self, Covered, Recall, Sold};
use storage::{archive, audit};
use web_kit::badge::Badge;
use web_kit::export::{self, Kind};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal::waiting;
use web_kit::step::Told;
use web_kit::text::fill;

use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::places::{self, outlet_link};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The page.
pub(crate) const RECALLS: &str = "/office/recalls";

/// Recalls on a page.
const ROWS: u32 = 50;

/// So many products are listed before a recall starts.
const LISTED: usize = 200;

/// Characters of a field with codes, barcodes or approval numbers.
const LIST_MAX: usize = 3_500;

/// Rows of what was sold, on a page.
const SOLD_MAX: usize = 500;

#[derive(Template)]
#[template(path = "recalls.html")]
struct View {
    shell: Shell,
    path: &'static str,
    rows: Vec<Row>,
    older: Option<String>,
    can: bool,
    inputs: Vec<Input>,
    wrong: Option<String>,
    ask: Option<Ask>,
}

struct Row {
    link: String,
    goods: String,
    text: String,
    state: Badge,
    made: String,
}

/// What a recall would stop, with the form as it was typed.
struct Ask {
    typed: Typed,
    count: String,
    more: Option<&'static str>,
    covered: Vec<Covered>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Recalls before this one.
    before: String,
    /// The request of the last step.
    a: String,
    /// `1`: what was sold is added up.
    sold: String,
}

/// The list, with the form for those who may recall.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let today = visit.session.now.business_date().to_string();
    let form = Entered::of(Typed::from([("since".to_owned(), today)]), visit.text());
    view(&visit, &params.before, &form, None).await
}

async fn view(visit: &Visit, before: &str, form: &Entered, ask: Option<Ask>) -> Result<Response, Problem> {
    let before = before.parse().ok().map(RecallId);
    let mut found = recall::page(visit.db(), before, ROWS.saturating_add(1)).await?;
    let more = found.len() > usize::try_from(ROWS).unwrap_or(usize::MAX);
    if more {
        found.pop();
    }
    let older = found.last().filter(|_| more).map(|last| format!("{RECALLS}?before={}", last.id));
    let inputs = inputs(visit, form);
    let page = View {
        shell: visit.shell(RECALLS),
        path: RECALLS,
        rows: found.iter().map(|one| row(one, visit.text())).collect(),
        older,
        can: visit.session.can(Action::RecallProduct),
        wrong: wrong_count(&inputs, visit.text()),
        inputs,
        ask,
    };
    Ok(render(&page).into_response())
}

fn row(one: &Recall, text: &'static Text) -> Row {
    Row {
        link: format!("{RECALLS}/{}", one.id),
        goods: goods(&one.matches, text),
        text: one.text.clone(),
        state: state(one, text),
        made: one.made_at.date_time_text(),
    }
}

/// What a recall covers, in words.
pub(crate) fn goods(matches: &[(MatchKind, String)], text: &'static Text) -> String {
    let words = &text.recalls;
    let name = |kind: MatchKind| match kind {
        MatchKind::Code => words.k_code,
        MatchKind::Barcode => words.k_barcode,
        MatchKind::Approval => words.k_approval,
    };
    let items = matches.iter().map(|(kind, value)| fill(words.item, &[name(*kind), value]));
    items.collect::<Vec<_>>().join("; ")
}

fn state(one: &Recall, text: &'static Text) -> Badge {
    match one.ended_at {
        None => Badge::new("bad", "pause", text.recalls.open),
        Some(_) => Badge::new("ok", "ok", text.recalls.ended),
    }
}

fn inputs(visit: &Visit, form: &Entered) -> Vec<Input> {
    let words = &visit.text().recalls;
    vec![
        form.input("codes", words.codes).optional().most(LIST_MAX),
        form.input("barcodes", words.barcodes).optional().most(LIST_MAX),
        form.input("approvals", words.approvals).optional().most(LIST_MAX),
        form.input("since", words.since).date(),
        form.input("said", words.said).more(words.said_more),
        form.input("reason", words.reason).more(words.reason_more),
    ]
}

/// What was typed; a day that is none is one to come.
fn announced(typed: &Entered) -> Announced {
    let matches = [
        read_matches(MatchKind::Code, typed.get("codes")),
        read_matches(MatchKind::Barcode, typed.get("barcodes")),
        read_matches(MatchKind::Approval, typed.get("approvals")),
    ];
    Announced {
        matches: matches.concat(),
        reason: typed.get("reason").trim().to_owned(),
        text: typed.get("said").trim().to_owned(),
        since: BusinessDate::parse(typed.get("since").trim()).unwrap_or(BusinessDate(i32::MAX)),
    }
}

/// Shows what a recall stops, and starts it once its maker says so.
pub(crate) async fn start(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let words = &visit.text().recalls;
    let sure = typed.get("sure").is_some_and(|sure| sure == "1");
    let back = typed.get("do").is_some_and(|button| button == "back");
    let mut form = Entered::of(typed.clone(), visit.text());
    let announced = announced(&form);
    for wrong in announced.wrong(visit.session.now.business_date()) {
        let (name, why) = match wrong {
            Wrong::NoMatch => ("codes", words.wrong_none),
            Wrong::Match(MatchKind::Code) => ("codes", words.wrong_code),
            Wrong::Match(MatchKind::Barcode) => ("barcodes", words.wrong_barcode),
            Wrong::Match(MatchKind::Approval) => ("approvals", words.wrong_approval),
            Wrong::TooMuch => ("codes", words.wrong_much),
            Wrong::Reason => ("reason", words.wrong_text),
            Wrong::Text => ("said", words.wrong_text),
            Wrong::Since => ("since", words.wrong_since),
        };
        form.refuse(name, why.to_owned());
    }
    if back || !form.is_sound() {
        return view(&visit, "", &form, None).await;
    }
    if !sure {
        let mut covered = recall::covered(visit.db(), announced, LISTED.saturating_add(1)).await?;
        let cut = covered.len() > LISTED;
        covered.truncate(LISTED);
        let count = match covered.len() {
            0 => words.ask_none.to_owned(),
            count => fill(if cut { words.ask_count_more } else { words.ask_count }, &[&count.to_string()]),
        };
        let more = cut.then_some(words.ask_more);
        let keep = ["codes", "barcodes", "approvals", "since", "said", "reason"];
        let typed = typed.into_iter().filter(|(name, _)| keep.contains(&name.as_str())).collect();
        return view(&visit, "", &form, Some(Ask { typed, count, more, covered })).await;
    }
    let id = recall::start(visit.db(), announced, visit.session.entry("goods_recalled", "", "")).await?;
    Ok(Flash::new(Said::Recalled, &[]).redirect(&visit.web, &format!("{RECALLS}/{id}")))
}

#[derive(Template)]
#[template(path = "recall.html")]
struct OneView {
    shell: Shell,
    path: String,
    list: &'static str,
    one: Recall,
    goods: String,
    state: Badge,
    since: String,
    /// The address that adds up what was sold, until it is.
    ask_sold: String,
    sold: Option<Vec<SoldRow>>,
    /// What the list leaves out.
    left_out: Vec<String>,
    told: Option<Told>,
    waits: Option<String>,
    can_end: bool,
    request: RequestId,
}

struct SoldRow {
    link: String,
    sold: Sold,
}

async fn find(visit: &Visit, id: i64) -> Result<Recall, Problem> {
    recall::find(visit.db(), RecallId(id)).await?.ok_or(Problem::NotFound)
}

/// One recall with what was sold.
pub(crate) async fn one(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let text = visit.text();
    let waits = waiting(&visit, Act::RecallEnding, id).await?;
    let (sold, left_out) = if params.sold == "1" { sold(&visit, &one).await? } else { (None, Vec::new()) };
    let page = OneView {
        path: format!("{RECALLS}/{id}"),
        list: RECALLS,
        goods: goods(&one.matches, text),
        state: state(&one, text),
        since: one.since.to_string(),
        ask_sold: format!("{RECALLS}/{id}?sold=1"),
        sold,
        left_out,
        told: places::told(&visit, &params.a).await?,
        can_end: visit.session.can(Action::RecallProduct) && one.ended_at.is_none() && waits.is_none(),
        waits: waits.filter(|_| visit.session.can(Action::ViewProposals)),
        request: visit.new_request(),
        shell: visit.shell(RECALLS),
        one,
    };
    Ok(render(&page).into_response())
}

/// What was sold, which takes a while where much is sold, and what is not in the list.
async fn sold(visit: &Visit, one: &Recall) -> Result<(Option<Vec<SoldRow>>, Vec<String>), Problem> {
    let words = &visit.text().recalls;
    let mut found = recall::sales(visit.db(), one, SOLD_MAX.saturating_add(1)).await?;
    let cut = (found.len() > SOLD_MAX).then(|| fill(words.sales_cut, &[&SOLD_MAX.to_string()]));
    found.truncate(SOLD_MAX);
    let archived = archive::archived_until(visit.db()).await?.filter(|day| one.since <= *day);
    let archived = archived.map(|day| fill(words.sales_archived, &[&day.to_string()]));
    let rows = found.into_iter().map(|sold| SoldRow { link: outlet_link(sold.outlet), sold });
    Ok((Some(rows.collect()), cut.into_iter().chain(archived).collect()))
}

/// Proposes to end it.
pub(crate) async fn end(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let one = find(&visit, id).await?;
    places::propose(&visit, Payload::RecallEnding { recall: one.id }, request, &format!("{RECALLS}/{id}")).await
}

/// What was sold, as a file.
pub(crate) async fn csv(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    file(&visit, id, Kind::Csv).await
}

/// The same as an Excel sheet.
pub(crate) async fn xlsx(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    file(&visit, id, Kind::Excel).await
}

async fn file(visit: &Visit, id: i64, kind: Kind) -> Result<Response, Problem> {
    let one = find(visit, id).await?;
    let words = &visit.text().recalls;
    let head = [words.store, words.phone, words.code, words.product, words.orders, words.pieces, words.last];
    let sold = recall::sales(visit.db(), &one, export::ROWS_MAX).await?;
    let detail = format!("{}, {} rows", kind.word(), sold.len());
    audit::append(visit.db(), visit.session.entry("recall_exported", &format!("recall {id}"), &detail)).await?;
    let rows = sold.into_iter().map(|row| {
        let last = row.last_at.date_time_text();
        vec![row.name, row.phone, row.code, row.product, row.orders.to_string(), row.pieces.to_string(), last]
    });
    export::table(kind, &format!("recall-{id}"), words.title, &head, rows.collect()).await
}
