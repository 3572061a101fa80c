//! One programme: its terms, what was done to it, and the forms that change it.
//!
//! What must stay true: the form of the terms shows what changes before anything does, and says whether one person is enough;
//! the books decide that again. Whoever saw another version than the row has is shown the newest one, and nothing is done.

use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use domain::acts::{Payload, ProgrammeAct};
use domain::command::{Actor, Command};
use domain::directory;
use domain::ids::{ProgrammeId, RequestId};
use domain::programme::{ProgrammeStatus, Terms};
use domain::programme_change::{Change, Narrowing, NarrowingKind};
use domain::role::Action;
use serde::Deserialize;
use storage::programme::{self as store, Did, Sheet, Step as Taken};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal;
use web_kit::step::{self, Step, Told};
use web_kit::text::fill;

use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::places;
use crate::programmes::{self, Differs, count, differences, programme_link, state, template_words};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Steps of the log.
const LOG: u32 = 20;

async fn find(visit: &Visit, id: i64) -> Result<Sheet, Problem> {
    store::find(visit.db(), ProgrammeId(id)).await?.ok_or(Problem::NotFound)
}

#[derive(askama::Template)]
#[template(path = "programme.html")]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides something")]
struct View {
    shell: Shell,
    path: String,
    name: String,
    prefix: String,
    digits: String,
    template: String,
    state: Badge,
    reason: String,
    cards: String,
    told: Option<Told>,
    /// The terms: name and value.
    terms: Vec<(&'static str, String)>,
    may_edit: bool,
    draft: bool,
    may_stop: bool,
    may_end: bool,
    may_resume: bool,
    waiting: Vec<Line>,
    steps: Vec<Line>,
    request: RequestId,
}

/// Something that happened to it, or waits to.
struct Line {
    at: String,
    what: &'static str,
    /// The proposal, if it was one.
    link: Option<String>,
    by: String,
    why: String,
    changes: Vec<Differs>,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The request of the last step.
    a: String,
}

/// The programme.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    let sheet = find(&visit, id).await?;
    let (text, words, session) = (visit.text(), &visit.text().programmes, &visit.session);
    let one = &sheet.one;
    let waiting = store::waiting(visit.db(), sheet.id, session.now).await?;
    let resuming = waiting.iter().any(|one| matches!(one.what, Did::Act(ProgrammeAct::Resuming { .. })));
    let steps = store::history(visit.db(), sheet.id, LOG).await?;
    let manages = session.can(Action::ManageProgrammes);
    let value = |field, value: &str| programmes::value_words(field, value, text).unwrap_or_else(|| value.to_owned());
    let names = store::merchant_names(visit.db(), one.terms.merchants.clone()).await?;
    let mut terms: Vec<_> = one
        .terms
        .shown()
        .rows()
        .map(|(field, shown)| (programmes::field_words(field, text), value(field, shown)))
        .collect();
    if !names.is_empty() {
        let named: Vec<String> = names.iter().map(|(id, name)| format!("{name} {id}")).collect();
        terms.retain(|(name, _)| *name != words.merchants);
        terms.push((words.merchants, named.join(text.directory.comma)));
    }
    let page = View {
        shell: visit.shell(programmes::entry(&visit)),
        path: programme_link(sheet.id),
        name: one.name.clone(),
        prefix: programmes::prefix(&one.prefix),
        digits: fill(words.digits, &[&one.number_length.to_string()]),
        template: fill(words.of_template, &[template_words(one.template, text)]),
        state: state(one.status, text),
        reason: one.reason.clone(),
        cards: count(sheet.cards),
        told: places::told(&visit, &params.a).await?,
        terms,
        may_edit: manages,
        draft: one.status == ProgrammeStatus::Draft,
        may_stop: session.can(Action::Suspend) && one.status == ProgrammeStatus::Active,
        may_end: manages && matches!(one.status, ProgrammeStatus::Draft | ProgrammeStatus::Active),
        may_resume: manages && one.status == ProgrammeStatus::Suspended && !resuming,
        waiting: waiting.iter().map(|one| line(one, text)).collect(),
        steps: steps.iter().map(|one| line(one, text)).collect(),
        request: visit.new_request(),
    };
    Ok(render(&page).into_response())
}

fn line(one: &Taken, text: &'static Text) -> Line {
    let words = &text.programmes;
    let what = match &one.what {
        Did::Act(ProgrammeAct::Opening { .. }) => words.act_opening,
        Did::Act(ProgrammeAct::Terms { .. }) => words.act_terms,
        Did::Act(ProgrammeAct::Resuming { .. }) => words.act_resuming,
        Did::Alone(NarrowingKind::Lower) => words.did_lower,
        Did::Alone(NarrowingKind::Suspend) => words.did_suspend,
        Did::Alone(NarrowingKind::End) => words.did_end,
    };
    let alone = matches!(one.what, Did::Alone(_));
    let by = match (alone, one.checker.is_empty()) {
        (true, _) => fill(words.by_one, &[&one.by]),
        (false, true) => fill(words.proposed_by, &[&one.by]),
        (false, false) => fill(words.by_two, &[&one.by, &one.checker]),
    };
    let (before, after) = &one.shown;
    Line {
        at: one.at.date_time_text(),
        what,
        link: (!alone).then(|| proposal::address(one.id)),
        by,
        why: one.why.clone(),
        changes: differences(before, after, text),
    }
}

#[derive(askama::Template)]
#[template(path = "programme_terms.html")]
struct TermsView {
    shell: Shell,
    name: String,
    path: String,
    back: String,
    version: i64,
    request: RequestId,
    inputs: Vec<Input>,
    wrong: Option<String>,
    stale: bool,
    nothing: bool,
    /// What would change, once it was asked for.
    differs: Vec<Differs>,
    takes: &'static str,
    /// One person does it at once, and says why.
    alone: bool,
    reason: String,
    wrong_reason: Option<&'static str>,
    /// The terms that are shown, for the second press: nothing takes effect that was not looked at.
    looked: String,
}

/// The form of the terms, before anything is looked at.
fn terms_view(visit: &Visit, sheet: &Sheet, form: &Entered, request: RequestId) -> TermsView {
    let inputs = programmes::inputs(form, visit.text());
    TermsView {
        shell: visit.shell(programmes::entry(visit)),
        name: sheet.one.name.clone(),
        path: format!("{}/limits", programme_link(sheet.id)),
        back: programme_link(sheet.id),
        version: sheet.version,
        request,
        wrong: wrong_count(&inputs, visit.text()),
        inputs,
        stale: false,
        nothing: false,
        differs: Vec::new(),
        takes: "",
        alone: false,
        reason: form.get("reason").to_owned(),
        wrong_reason: None,
        looked: String::new(),
    }
}

/// The form of the terms.
pub(crate) async fn limits(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let sheet = find(&visit, id).await?;
    let form = Entered::of(programmes::typed_of(&sheet.one.terms), visit.text());
    Ok(render(&terms_view(&visit, &sheet, &form, visit.new_request())).into_response())
}

/// Shows what changes, and on the second press lowers it at once or proposes it.
pub(crate) async fn change(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let sheet = find(&visit, id).await?;
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let version: i64 = typed.get("version").and_then(|one| one.parse().ok()).ok_or(Problem::BadForm)?;
    let goes = typed.get("do").is_some_and(|word| word == "go");
    let looked = typed.get("looked").cloned().unwrap_or_default();
    if version != sheet.version {
        let form = Entered::of(programmes::typed_of(&sheet.one.terms), visit.text());
        let page = TermsView { stale: true, ..terms_view(&visit, &sheet, &form, request) };
        return Ok(render(&page).into_response());
    }
    let words = &visit.text().programmes;
    let mut form = Entered::of(typed, visit.text());
    let terms = programmes::terms_of(&visit, &mut form, sheet.one.template).await?;
    let mut page = terms_view(&visit, &sheet, &form, request);
    if !form.is_sound() {
        return Ok(render(&page).into_response());
    }
    let draft = sheet.one.status == ProgrammeStatus::Draft;
    if terms == sheet.one.terms && !draft {
        return Ok(render(&TermsView { nothing: true, ..page }).into_response());
    }
    page.alone = !draft && sheet.one.terms.is_lowered_by(&terms);
    page.looked = terms.shown().text().replace('\n', ";");
    let goes = goes && looked == page.looked;
    let reason = directory::reason(&page.reason);
    if goes && (!page.alone || reason.is_ok()) {
        let lowered = page.alone.then(|| reason.unwrap_or_default());
        return send(&visit, &sheet, terms, lowered, request).await;
    }
    page.wrong_reason = (goes && page.alone).then_some(visit.text().programmes.x_reason);
    page.differs = differences(&sheet.one.terms.shown(), &terms.shown(), visit.text());
    page.takes = match (draft, page.alone) {
        (true, _) => words.takes_opening,
        (false, true) => words.takes_one,
        (false, false) => words.takes_two,
    };
    Ok(render(&page).into_response())
}

/// Lowers at once, with the reason, or proposes.
async fn send(
    visit: &Visit,
    sheet: &Sheet,
    terms: Terms,
    lowered: Option<String>,
    request: RequestId,
) -> Result<Response, Problem> {
    let programme = sheet.id;
    if let Some(reason) = lowered {
        return narrow(visit, sheet, Narrowing::Lower(terms), reason, request, Said::ProgrammeLowered).await;
    }
    let act = if sheet.one.status == ProgrammeStatus::Draft {
        ProgrammeAct::Opening { programme, terms }
    } else {
        ProgrammeAct::Terms { programme, terms }
    };
    places::propose(visit, Payload::Programme(act), request, &programme_link(programme)).await
}

/// One person's change, by the books; the page of the programme says what became of it.
async fn narrow(
    visit: &Visit,
    sheet: &Sheet,
    what: Narrowing,
    reason: String,
    request: RequestId,
    said: Said,
) -> Result<Response, Problem> {
    let change = Change { programme: sheet.id, what, reason, seen: sheet.one.shown() };
    let actor = Actor::issuer(visit.session.person);
    let step = step::send(&visit.web, request, actor, Command::ProgrammeChange(change)).await?;
    let page = programme_link(sheet.id);
    match step {
        Step::Done(_) => Ok(Flash::new(said, &[]).redirect(&visit.web, &page)),
        other => other.redirect(visit, &step::address(&page, &[], request), &[]),
    }
}

/// Proposes to resume a suspended programme.
pub(crate) async fn resume(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let programme = find(&visit, id).await?.id;
    let payload = Payload::Programme(ProgrammeAct::Resuming { programme });
    places::propose(&visit, payload, request, &programme_link(programme)).await
}

#[derive(askama::Template)]
#[template(path = "programme_stop.html")]
struct StopView {
    shell: Shell,
    title: String,
    note: String,
    yes: &'static str,
    path: String,
    back: String,
    typed: String,
    request: RequestId,
    wrong: Option<&'static str>,
}

/// What the form of a suspension or an end sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct StopFields {
    reason: String,
    request: String,
}

fn stop_view(
    visit: &Visit,
    sheet: &Sheet,
    ends: bool,
    typed: &str,
    request: RequestId,
    wrong: Option<&'static str>,
) -> Response {
    let words = &visit.text().programmes;
    let (title, note, yes, path) = if ends {
        (words.end_title, words.end_note, words.end, "end")
    } else {
        (words.stop_title, words.stop_note, words.stop, "suspend")
    };
    let page = StopView {
        shell: visit.shell(programmes::entry(visit)),
        title: fill(title, &[&sheet.one.name]),
        note: fill(note, &[&count(sheet.cards)]),
        yes,
        path: format!("{}/{path}", programme_link(sheet.id)),
        back: programme_link(sheet.id),
        typed: typed.to_owned(),
        request,
        wrong,
    };
    render(&page).into_response()
}

/// Asks before a programme is suspended.
pub(crate) async fn ask_suspend(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    Ok(stop_view(&visit, &find(&visit, id).await?, false, "", visit.new_request(), None))
}

/// Asks before a programme is ended.
pub(crate) async fn ask_end(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    Ok(stop_view(&visit, &find(&visit, id).await?, true, "", visit.new_request(), None))
}

/// Suspends a programme.
pub(crate) async fn suspend(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<StopFields>,
) -> Result<Response, Problem> {
    stop(&visit, id, &fields, false).await
}

/// Ends a programme.
pub(crate) async fn end(
    visit: Visit,
    Path(id): Path<i64>,
    Form(fields): Form<StopFields>,
) -> Result<Response, Problem> {
    stop(&visit, id, &fields, true).await
}

async fn stop(visit: &Visit, id: i64, fields: &StopFields, ends: bool) -> Result<Response, Problem> {
    let request = RequestId::parse(&fields.request).ok_or(Problem::BadForm)?;
    let sheet = find(visit, id).await?;
    let Ok(reason) = directory::reason(&fields.reason) else {
        let wrong = Some(visit.text().programmes.x_reason);
        return Ok(stop_view(visit, &sheet, ends, &fields.reason, request, wrong));
    };
    let (what, said) =
        if ends { (Narrowing::End, Said::ProgrammeEnded) } else { (Narrowing::Suspend, Said::ProgrammeSuspended) };
    narrow(visit, &sheet, what, reason, request, said).await
}
