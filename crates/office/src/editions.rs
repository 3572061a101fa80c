//! An edition of a merchant's goods: what it changes, when it is in force, and taking it back.
//!
//! What must stay true: nobody makes an edition go live whose differences they could not look at; what takes two persons
//! is proposed.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use domain::acts::{Act, Payload};
use domain::edition::{EditionStatus, can_be_for};
use domain::ids::{EditionId, RequestId};
use domain::time::Timestamp;
use jobs::Column;
use serde::Deserialize;
use storage::edition::{self, Change, Edition, Move, Released, Which};
use storage::import::{self, Import, ImportStatus};
use storage::job::{self, JobKind, JobStatus};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::proposal::waiting;
use web_kit::step::Told;
use web_kit::text::fill;

use crate::entry::Typed;
use crate::imports::{Number, heading, sub};
use crate::places;
use crate::product::moment;
use crate::products::{PRODUCTS, entry, goods_link, keeper, list_of, may_change, product_link};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Rows of a page.
const ROWS: u32 = 50;

/// The page of an edition.
pub(crate) fn edition_link(id: EditionId) -> String {
    format!("/office/editions/{id}")
}

/// Where an edition stands.
pub(crate) fn state(one: &Edition, text: &'static Text) -> Badge {
    let words = &text.imports;
    match one.status {
        EditionStatus::Gathering => Badge::new("info", "wait", words.s_gathering),
        EditionStatus::Staged => Badge::new("info", "wait", words.s_checked),
        EditionStatus::Scheduled => Badge::new("info", "wait", words.s_scheduled),
        EditionStatus::Dropped => Badge::new("off", "close", words.s_dropped),
        EditionStatus::Live if one.undone_by.is_some() => Badge::new("off", "undo", words.s_undone),
        EditionStatus::Live if one.superseded => Badge::new("off", "pause", words.s_superseded),
        EditionStatus::Live => Badge::new("ok", "ok", words.s_live),
    }
}

/// Whether a file says what the catalogue says. Its edition waits for nobody.
pub(crate) fn changes_nothing(import: &Import, one: &Edition) -> bool {
    import.status == ImportStatus::Checked && one.counts.all() == 0
}

/// What is said of such a file.
pub(crate) fn nothing_badge(text: &'static Text) -> Badge {
    Badge::new("ok", "ok", text.imports.s_same)
}

#[derive(Template)]
#[template(path = "edition.html")]
struct View {
    shell: Shell,
    title: String,
    sub: String,
    path: String,
    list: String,
    state: Badge,
    /// The steps: done or not, name, what is known of it.
    steps: Vec<(&'static str, &'static str, String)>,
    numbers: Vec<Number>,
    notes: Vec<(&'static str, String)>,
    told: Option<Told>,
    chips: Vec<Chip>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    decide: Decide,
    request: RequestId,
    at: String,
    wrong: Option<String>,
    refresh: bool,
}

struct Chip {
    link: String,
    name: &'static str,
    count: Option<i64>,
    here: bool,
}

/// What a person may do with it.
enum Decide {
    /// Nothing: it is over, or they may not, or it waits.
    Nothing,
    /// Make it go live.
    Publish {
        /// Why it takes two persons.
        two: Option<String>,
        /// How many products stop; they are typed again.
        stop: i64,
    },
    /// Call it off before its moment.
    CallOff,
    /// Take it back.
    Undo,
}

/// A product with the fields that change.
struct Row {
    link: String,
    code: String,
    name: String,
    /// Instead of fields: a new one, or one that is taken out.
    whole: Option<&'static str>,
    fields: Vec<Field>,
    moved: String,
    far: bool,
}

struct Field {
    name: String,
    was: String,
    is: String,
}

fn row(list: i64, one: &Change, visit: &Visit) -> Row {
    let words = &visit.text().imports;
    let item = &one.row.after;
    let value = |field: &str, value: &str| match (field, value) {
        ("price", "") => words.open.to_owned(),
        ("low" | "high", "") => visit.text().products.any_price.to_owned(),
        (_, "") => words.empty.to_owned(),
        ("payable", "yes") => visit.text().products.payable_yes.to_owned(),
        ("payable", _) => visit.text().products.payable_no.to_owned(),
        ("active", "yes") => visit.text().products.on_sale.to_owned(),
        ("active", _) => visit.text().products.stopped.to_owned(),
        (_, value) => value.to_owned(),
    };
    let field = |(name, was, is): &(&'static str, String, String)| Field {
        name: Column::from_word(name)
            .map_or_else(|| (*name).to_owned(), |column| heading(column, visit.text()).to_owned()),
        was: value(name, was),
        is: value(name, is),
    };
    let whole = match one.row.goes {
        Move::Add => Some(words.new_one),
        Move::Remove => Some(words.out),
        Move::Change | Move::Stop => None,
    };
    let fields = match one.row.goes {
        // Of a new one the price is what matters; its page has the rest.
        Move::Add => one.fields.iter().filter(|(name, ..)| *name == "price").map(field).collect(),
        Move::Remove => Vec::new(),
        Move::Change | Move::Stop => one.fields.iter().map(field).collect(),
    };
    Row {
        link: product_link(list, &item.code),
        code: item.code.clone(),
        name: item.name.clone(),
        whole,
        fields,
        moved: moved_words(one.row.before.as_ref().and_then(|before| before.price), item.price),
        far: one.far,
    }
}

/// How far a price moves, to a tenth of a percent.
fn moved_words(from: Option<i64>, to: Option<i64>) -> String {
    let (Some(from), Some(to)) = (from, to) else { return "\u{2014}".to_owned() };
    let by = to.abs_diff(from);
    if by == 0 || from <= 0 {
        return "\u{2014}".to_owned();
    }
    // Half a tenth up.
    let tenths = (u128::from(by) * 2_000 + u128::from(from.unsigned_abs())) / (u128::from(from.unsigned_abs()) * 2);
    let sign = if to > from { '\u{25b2}' } else { '\u{25bc}' };
    format!("{sign} {}.{} %", tenths / 10, tenths % 10)
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Which rows.
    w: String,
    /// The last row of the page before: how far its price moves, and its code.
    after: String,
    /// The request of the last step.
    a: String,
}

/// An edition with its differences.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, id, &params, None, String::new()).await
}

async fn view(visit: &Visit, id: i64, params: &Params, wrong: Option<String>, at: String) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().imports);
    let one = find(visit, id).await?;
    let import = match one.import {
        Some(import) => import::find(visit.db(), import).await?,
        None => None,
    };
    let undone = match one.undoes {
        Some(undone) => edition::find(visit.db(), undone).await?,
        None => None,
    };
    let waits = waiting(visit, Act::ProductEdition, id).await?;
    let nothing = import.as_ref().is_some_and(|import| changes_nothing(import, &one));
    let path = edition_link(one.id);
    let which = Which::from_word(&params.w).unwrap_or(Which::All);
    let after = params.after.split_once('.').and_then(|(moved, code)| Some((moved.parse().ok()?, code.to_owned())));
    let mut changes = edition::changes(visit.db(), one.id, which, after, ROWS.saturating_add(1)).await?;
    let more = changes.len() > ROWS as usize;
    changes.truncate(ROWS as usize);
    let next = changes
        .last()
        .filter(|_| more)
        .map(|last| link(&path, &[("w", which.word()), ("after", &format!("{}.{}", last.moved, last.row.after.code))]));
    let chip = |own: Which, name: &'static str, count: Option<i64>| Chip {
        link: link(&path, &[("w", own.word())]),
        name,
        count,
        here: own == which,
    };
    let counts = one.counts;
    let gone = counts.stopped.saturating_add(counts.removed);
    let title = match (&import, &undone) {
        (_, Some(undone)) => fill(words.undo_of, &[&undone.number.unwrap_or_default().to_string(), &one.source]),
        _ => fill(words.edition_of, &[words.title, &one.source]),
    };
    let page = View {
        title,
        sub: import.as_ref().map_or_else(|| format!("{} {}", one.made_by, one.made_at.date_time_text()), sub),
        list: goods_link(one.list.0),
        state: if nothing { nothing_badge(text) } else { state(&one, text) },
        steps: steps(&one, text),
        numbers: numbers(&one, import.as_ref(), text),
        notes: notes(visit, &one, import.as_ref(), waits.is_some()).await?,
        told: places::told(visit, &params.a).await?,
        chips: vec![
            chip(Which::All, words.largest, None),
            chip(Which::Far, words.far, Some(counts.far)),
            chip(Which::Added, words.added, Some(counts.added)),
            chip(Which::Stopped, words.stopped, Some(gone)),
        ],
        rows: changes.iter().map(|change| row(one.list.0, change, visit)).collect(),
        first: (!params.after.is_empty()).then(|| link(&path, &[("w", which.word())])),
        next,
        decide: decide(visit, &one, waits.is_some()),
        request: visit.new_request(),
        at,
        wrong,
        refresh: matches!(one.status, EditionStatus::Gathering) || is_about_to_be_live(&one, visit.session.now),
        path,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// Whether it is in force within a moment.
fn is_about_to_be_live(one: &Edition, now: Timestamp) -> bool {
    one.status == EditionStatus::Scheduled && one.effective_at.is_some_and(|at| at <= now)
}

async fn find(visit: &Visit, id: i64) -> Result<Edition, Problem> {
    let found = edition::find(visit.db(), EditionId(id)).await?.ok_or(Problem::NotFound)?;
    list_of(visit, found.list.0).await?;
    Ok(found)
}

fn steps(one: &Edition, text: &'static Text) -> Vec<(&'static str, &'static str, String)> {
    let words = &text.imports;
    let gathered = one.status != EditionStatus::Gathering;
    let live = one.status == EditionStatus::Live;
    let released = live || one.status == EditionStatus::Scheduled;
    let class = |done: bool, now: bool| match (done, now) {
        (true, _) => "done",
        (_, true) => "now",
        _ => "",
    };
    let rows = fill(words.will_change, &[&one.counts.all().to_string()]);
    let when = one.live_at.map_or_else(String::new, Timestamp::date_time_text);
    vec![
        ("done", words.step_upload, one.made_at.date_time_text()),
        (class(gathered, true), words.step_check, if gathered { words.no_faults.to_owned() } else { String::new() }),
        (class(released, gathered), words.step_diff, if gathered { rows } else { String::new() }),
        (class(live, released), words.step_live, when),
    ]
}

fn numbers(one: &Edition, import: Option<&Import>, text: &'static Text) -> Vec<Number> {
    let (words, counts) = (&text.imports, one.counts);
    let number = |name, value: i64| Number { name, value, class: if value > 0 { "on" } else { "" } };
    let mut all = vec![
        number(words.added, counts.added),
        number(words.changed, counts.changed),
        number(words.stopped, counts.stopped),
    ];
    if let Some(import) = import {
        all.push(Number { name: words.unchanged, value: import.same, class: "" });
    }
    if one.undoes.is_some() {
        all.push(number(words.removed, counts.removed));
        all.push(Number { name: words.kept, value: one.kept, class: "" });
    }
    all.push(number(words.far, counts.far));
    all
}

/// What stands above the differences: class and text.
async fn notes(
    visit: &Visit,
    one: &Edition,
    import: Option<&Import>,
    waits: bool,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let words = &visit.text().imports;
    let mut notes = Vec::new();
    if let Some(before) = import.and_then(|import| import.before) {
        notes.push(("info", fill(words.same_file, &[&before.date_time_text()])));
    }
    if import.is_some_and(|import| changes_nothing(import, one)) {
        notes.push(("ok", words.nothing.to_owned()));
    }
    if one.kept > 0 {
        notes.push(("warn", fill(words.kept_note, &[&one.kept.to_string()])));
    }
    if waits {
        notes.push(("info", words.waits.to_owned()));
    }
    if one.status == EditionStatus::Staged {
        let failed = job::progress(visit.db(), JobKind::Publish, one.id.0).await?;
        let code = failed.filter(|job| job.status == JobStatus::Failed).map(|job| job.failure);
        notes.extend(code.map(|code| ("bad", fill(words.recalled, &[&code]))));
    }
    let when = match (one.status, one.live_at, one.number) {
        (EditionStatus::Scheduled, ..) => Some(match one.effective_at {
            Some(at) if at > visit.session.now => ("info", fill(words.scheduled, &[&at.date_time_text()])),
            _ => ("info", words.scheduled_now.to_owned()),
        }),
        (_, Some(at), Some(number)) => Some(("ok", fill(words.live, &[&at.date_time_text(), &number.to_string()]))),
        _ => None,
    };
    let by = one.released_by.as_ref().map(|by| fill(words.released, &[by]));
    notes.extend(
        when.map(|(class, when)| (class, [Some(when), by].into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} "))),
    );
    Ok(notes)
}

fn decide(visit: &Visit, one: &Edition, waits: bool) -> Decide {
    let words = &visit.text().imports;
    let may = may_change(visit);
    match one.status {
        _ if !may => Decide::Nothing,
        EditionStatus::Staged if !waits && one.counts.all() > 0 => {
            let counts = one.counts;
            let all = one.counts.all().saturating_sub(counts.added);
            let needs_two = visit.session.of_company() && counts.needs_two();
            let two = needs_two.then(|| fill(words.takes_two, &[&counts.far.to_string(), &all.to_string()]));
            Decide::Publish { two, stop: counts.stopped }
        }
        EditionStatus::Scheduled => Decide::CallOff,
        EditionStatus::Live if one.undone_by.is_none() => Decide::Undo,
        _ => Decide::Nothing,
    }
}

/// Makes an edition go live, calls it off, or takes it back.
pub(crate) async fn act(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    match typed.get("do").map(String::as_str) {
        Some("publish") => publish(&visit, &one, &typed).await,
        Some("give_up") => {
            let entry = entry(&visit, "edition_given_up", &format!("edition {id}"), one.list).await?;
            let gone = match one.import {
                Some(import) => import::give_up(visit.db(), import, entry).await?,
                None => edition::give_up(visit.db(), one.id, entry).await?,
            };
            let said = if gone { Said::EditionGivenUp } else { Said::EditionGone };
            Ok(Flash::new(said, &[]).redirect(&visit.web, &edition_link(one.id)))
        }
        Some("undo") => {
            let entry = entry(&visit, "edition_undone", &format!("edition {id}"), one.list).await?;
            match edition::undo(visit.db(), one.id, entry).await? {
                Some(undo) => Ok(Redirect::to(&edition_link(undo)).into_response()),
                None => Ok(Flash::new(Said::EditionGone, &[]).redirect(&visit.web, &edition_link(one.id))),
            }
        }
        _ => Err(Problem::BadForm),
    }
}

async fn publish(visit: &Visit, one: &Edition, typed: &Typed) -> Result<Response, Problem> {
    let words = &visit.text().imports;
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let field = |name: &str| typed.get(name).map_or("", |value| value.trim());
    let params = Params::default();
    let refuse = |why: String| view(visit, one.id.0, &params, Some(why), field("at").to_owned());
    let effective_at = match field("when") {
        "at" => match moment(field("at")).filter(|at| can_be_for(Some(*at), visit.session.now)) {
            Some(at) => Some(at),
            None => return refuse(words.wrong_at.to_owned()).await,
        },
        _ => None,
    };
    if one.counts.stopped > 0 && field("stop") != one.counts.stopped.to_string() {
        return refuse(fill(words.wrong_stop, &[&one.counts.stopped.to_string()])).await;
    }
    let path = edition_link(one.id);
    if visit.session.of_company() && one.counts.needs_two() {
        let payload = Payload::ProductEdition { edition: one.id, effective_at };
        return places::propose(visit, payload, request, &path).await;
    }
    let entry = entry(visit, "edition_released", &format!("edition {}", one.id), one.list).await?;
    match edition::publish(visit.db(), (keeper(visit), one.id), effective_at, entry).await? {
        Released::Done => Ok(Redirect::to(&path).into_response()),
        // Something changed since the page was shown: it says now what is needed.
        Released::TakesTwo => view(visit, one.id.0, &params, None, field("at").to_owned()).await,
        Released::Later => refuse(words.later.to_owned()).await,
        Released::Gone => Ok(Flash::new(Said::EditionGone, &[]).redirect(&visit.web, &path)),
    }
}

#[cfg(test)]
mod tests {
    use super::moved_words;

    #[test]
    fn a_move_is_said_to_a_tenth_of_a_percent() {
        for (from, to, words) in [
            (Some(1_550), Some(1_650), "\u{25b2} 6.5 %"),
            (Some(3_280), Some(4_920), "\u{25b2} 50.0 %"),
            (Some(8_800), Some(6_100), "\u{25bc} 30.7 %"),
            (Some(1_680), Some(1_690), "\u{25b2} 0.6 %"),
            (Some(9_999_999), Some(9_999_998), "\u{25bc} 0.0 %"),
            (Some(1), Some(9_999_999), "\u{25b2} 999999800.0 %"),
            (Some(100), Some(100), "\u{2014}"),
            (Some(100), None, "\u{2014}"),
            (None, Some(100), "\u{2014}"),
        ] {
            assert_eq!(moved_words(from, to), words, "{from:?} {to:?}");
        }
    }
}
