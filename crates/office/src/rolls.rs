//! 批量导入 of outlets and of people: a file is sent, checked, shown with what is wrong or with what it changes, written, and
//! taken back.
//!
//! What must stay true:
//! - Sending and checking change nothing; what is exported here is imported without a difference.
//! - A file takes the same right as the form.
//! - Initial passwords are made when they are printed, shown in that answer and never again.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Path, Query};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use domain::acts::Act;
use domain::person::{initial_password, masked_phone, read_roles};
use domain::role::Action;
use jobs::{Fault, roll_columns, roll_required, roll_table};
use serde::Deserialize;
use storage::import::{self, Note};
use storage::job::{self, JobKind};
use storage::roll::{self, Confirmed, Counts, Field, Line, OTHER, Roll, RollKind, RollRow, RollStatus, RowState};
use storage::roll::{Which, Why};
use web_kit::badge::Badge;
use web_kit::export::{self, Kind};
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::people::{Desk, invite, roles_words};
use web_kit::problem::Problem;
use web_kit::proposal::TODO;
use web_kit::text::{Lang, fill};

use crate::entry::Typed;
use crate::imports::{self, FAULTS, FaultLine, Kept, Number, Recent, Sample};
use crate::places::{self, MERCHANTS, outlet_link};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// The form for files.
pub(crate) const IMPORTS: &str = "/office/imports";

/// Files on the page.
const RECENT: u32 = 20;
/// Rows of a page.
const ROWS: u32 = 50;
/// Initial passwords that are made at once: hashing them takes about a second.
const SHEETS: u32 = 24;

/// The page of a roll.
fn roll_link(id: i64) -> String {
    format!("/office/rolls/{id}")
}

/// What it takes to import files of this kind: what its form takes.
fn action(kind: RollKind) -> Action {
    match kind {
        RollKind::Outlets => Action::ManageMerchants,
        RollKind::People => Action::ManagePeople,
    }
}

/// What a roll of this kind proposes.
fn proposed(kind: RollKind) -> Act {
    match kind {
        RollKind::Outlets => Act::OutletOpening,
        RollKind::People => Act::CompanyRoles,
    }
}

/// Refuses a person without the right to import files of this kind.
fn allow(visit: &Visit, kind: RollKind) -> Result<(), Problem> {
    if visit.session.can(action(kind)) {
        return Ok(());
    }
    Err(Problem::Forbidden(Box::new(visit.session.entry("denied", "import", kind.word()))))
}

fn kind_words(kind: RollKind, text: &'static Text) -> &'static str {
    match kind {
        RollKind::Outlets => text.rolls.outlets,
        RollKind::People => text.rolls.people,
    }
}

/// The page that lists what a roll is about.
fn list(kind: RollKind, text: &'static Text) -> (&'static str, &'static str) {
    match kind {
        RollKind::Outlets => ("/office/merchants?v=outlets", text.directory.title),
        RollKind::People => ("/office/people", text.people.title),
    }
}

fn menu(kind: RollKind) -> &'static str {
    match kind {
        RollKind::Outlets => MERCHANTS,
        RollKind::People => "/office/people",
    }
}

/// A column's heading in the reader's language.
pub(crate) fn heading(kind: RollKind, field: Field, text: &'static Text) -> &'static str {
    let (words, people) = (&text.directory, &text.people);
    match field {
        Field::Merchant => words.mid,
        Field::Outlet => words.outlet_no,
        Field::OutletName => words.outlet_name,
        Field::Address => words.address,
        Field::Region => words.region,
        Field::Phone if kind == RollKind::Outlets => words.outlet_phone,
        Field::Phone => people.phone,
        Field::Hours => words.hours,
        Field::Tills => words.count,
        Field::Login => people.login,
        Field::Name => people.who,
        Field::Roles => people.roles,
        Field::Terminal => people.terminal,
        Field::Number => people.number,
        Field::Same => text.rolls.same_human,
    }
}

#[derive(Template)]
#[template(path = "roll_new.html")]
struct NewView {
    shell: Shell,
    /// The kinds that the reader may send: word, name, chosen.
    kinds: Vec<(&'static str, &'static str, bool)>,
    wrong: Option<&'static str>,
    templates: Vec<Sample>,
    recent: Vec<Recent>,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct NewParams {
    /// The kind that is chosen.
    k: String,
}

/// The form, with the files that came before.
pub(crate) async fn ask(visit: Visit, Query(params): Query<NewParams>) -> Result<Response, Problem> {
    new_view(&visit, RollKind::from_word(&params.k), None).await
}

async fn new_view(visit: &Visit, chosen: Option<RollKind>, wrong: Option<&'static str>) -> Result<Response, Problem> {
    let text = visit.text();
    let kinds = RollKind::ALL.into_iter().filter(|kind| visit.session.can(action(*kind)));
    let needs = |kind: RollKind| {
        let names = roll_required(kind).iter().map(|field| heading(kind, *field, text));
        names.collect::<Vec<_>>().join(text.imports.apart)
    };
    let recent = roll::page(visit.db(), None, RECENT).await?.into_iter().map(|one| Recent {
        link: roll_link(one.id),
        kind: kind_words(one.kind, text),
        state: state(&one, text),
        rows: one.findings.lines.to_string(),
        by: format!("{} {}", one.made_by_name, one.made_at.date_time_text()),
        file: one.file_name,
    });
    let page = NewView {
        kinds: kinds.map(|kind| (kind.word(), kind_words(kind, text), Some(kind) == chosen)).collect(),
        wrong,
        templates: RollKind::ALL
            .into_iter()
            .map(|kind| Sample {
                name: kind_words(kind, text),
                needs: needs(kind),
                csv: format!("{IMPORTS}/template/{kind}.csv"),
                xlsx: format!("{IMPORTS}/template/{kind}.xlsx"),
            })
            .collect(),
        recent: recent.collect(),
        shell: visit.shell(menu(chosen.unwrap_or(RollKind::Outlets))),
    };
    Ok(render(&page).into_response())
}

/// Where a roll stands.
fn state(one: &Roll, text: &'static Text) -> Badge {
    let (words, own) = (&text.imports, &text.rolls);
    match one.status {
        RollStatus::Sending => Badge::new("info", "wait", words.s_sending),
        RollStatus::Checking => Badge::new("info", "wait", words.s_checking),
        RollStatus::Unreadable => Badge::new("bad", "bad", words.s_unreadable),
        RollStatus::Wrong => Badge::new("bad", "bad", words.s_wrong),
        RollStatus::Checked if one.findings.same == one.findings.lines => Badge::new("ok", "ok", words.s_same),
        RollStatus::Checked => Badge::new("info", "wait", words.s_checked),
        RollStatus::Cancelled => Badge::new("off", "close", words.s_cancelled),
        RollStatus::Entering => Badge::new("info", "wait", own.s_entering),
        RollStatus::Entered => Badge::new("ok", "ok", own.s_entered),
        RollStatus::Retracting => Badge::new("info", "wait", own.s_retracting),
        RollStatus::Retracted => Badge::new("off", "undo", words.s_undone),
    }
}

/// Takes a file and has it checked.
pub(crate) async fn take(visit: Visit, mut form: Multipart) -> Result<Response, Problem> {
    let words = &visit.text().imports;
    let (mut kind, mut taken) = (None, None);
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => return new_view(&visit, kind, Some(imports::cut(&error, visit.text()))).await,
        };
        match field.name() {
            Some("file") if taken.is_none() => {
                let Some(name) = imports::file_name(&visit, &field)? else {
                    return new_view(&visit, kind, Some(words.no_file)).await;
                };
                let entry = visit.session.entry("file_imported", "", &name);
                let id = roll::begin(visit.db(), name, entry).await?;
                match imports::pieces(&visit, id, field).await? {
                    Kept::Whole { id, size, digest } => taken = Some((id, size, digest)),
                    Kept::None => return new_view(&visit, kind, Some(words.no_file)).await,
                    Kept::Cut(why) => return new_view(&visit, kind, Some(why)).await,
                }
            }
            Some("kind") => {
                let one = RollKind::from_word(&imports::short(field).await?).ok_or(Problem::BadForm)?;
                allow(&visit, one)?;
                kind = Some(one);
            }
            _ => {}
        }
    }
    let Some((id, size, digest)) = taken else { return new_view(&visit, kind, Some(words.no_file)).await };
    let kind = kind.ok_or(Problem::BadForm)?;
    roll::sent(visit.db(), id, kind, (size, digest), visit.session.now).await?;
    Ok(Redirect::to(&roll_link(id)).into_response())
}

#[derive(Template)]
#[template(path = "roll.html")]
struct View {
    shell: Shell,
    title: String,
    sub: String,
    path: String,
    upload: String,
    kind: RollKind,
    list: &'static str,
    list_name: &'static str,
    /// What waits for a second person.
    todo: Option<String>,
    state: Badge,
    refresh: bool,
    can: bool,
    /// It is sent again, corrected.
    takes_again: bool,
    numbers: Vec<Number>,
    notes: Vec<(&'static str, String)>,
    wrong: Option<String>,
    step: Step,
    chips: Vec<(String, &'static str, i64, bool)>,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
    decide: Decide,
}

/// What the page shows above the rows.
enum Step {
    /// A job is at it: what, and how far.
    Busy(String, &'static str),
    /// It cannot be read: why.
    Unreadable(String),
    /// It is wrong.
    Wrong { count: String, faults: Vec<FaultLine>, cut: Option<String>, file: String },
    /// Its rows.
    Rows,
}

/// What a person may do with it.
enum Decide {
    Nothing,
    /// Have it written; what happens then.
    Confirm(&'static str),
    /// Print passwords for so many people, and take it back.
    Entered {
        waiting: String,
        undo: &'static str,
    },
}

/// A row with the fields that change.
struct Row {
    line: i64,
    link: Option<String>,
    name: String,
    /// Instead of fields: it is a new one.
    whole: Option<&'static str>,
    fields: Vec<(&'static str, String, String)>,
    why: Option<&'static str>,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// Which rows.
    w: String,
    /// The last row of the page before.
    after: String,
}

/// A roll: how far it is, what is wrong with it, or what it changes.
pub(crate) async fn one(visit: Visit, Path(id): Path<i64>, Query(params): Query<Params>) -> Result<Response, Problem> {
    view(&visit, id, &params, None).await
}

async fn find(visit: &Visit, id: i64) -> Result<Roll, Problem> {
    roll::find(visit.db(), id).await?.ok_or(Problem::NotFound)
}

async fn view(visit: &Visit, id: i64, params: &Params, wrong: Option<String>) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().imports);
    let one = find(visit, id).await?;
    let path = roll_link(id);
    let counts = roll::counts(visit.db(), id).await?;
    let which = Which::from_word(&params.w).unwrap_or(Which::All);
    let after = params.after.parse().unwrap_or(-1);
    let mut rows = roll::rows(visit.db(), id, which, after, ROWS.saturating_add(1)).await?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let page = |after: &str| link(&path, &[("w", which.word()), ("after", after)]);
    let chip = |own: Which, name, count| (link(&path, &[("w", own.word())]), name, count, own == which);
    let can = visit.session.can(action(one.kind));
    let (list, list_name) = list(one.kind, text);
    let step = step_of(visit, &one, counts).await?;
    let view = View {
        title: fill(words.edition_of, &[kind_words(one.kind, text), &one.file_name]),
        sub: sub(&one),
        upload: link(IMPORTS, &[("k", one.kind.word())]),
        kind: one.kind,
        list,
        list_name,
        todo: (one.status == RollStatus::Entered).then(|| link(TODO, &[("k", proposed(one.kind).word())])),
        state: state(&one, text),
        refresh: matches!(step, Step::Busy(..)),
        takes_again: can && matches!(step, Step::Unreadable(_) | Step::Wrong { .. }),
        can,
        numbers: numbers(&one, counts, text),
        notes: notes(&one, counts, text),
        wrong,
        chips: vec![
            chip(Which::All, text.rolls.all, counts.all()),
            chip(Which::Added, words.added, counts.added),
            chip(Which::Changed, words.changed, counts.changed),
            chip(Which::Left, text.rolls.left, counts.left),
        ],
        first: (after >= 0).then(|| page("")),
        next: rows.last().filter(|_| more).map(|last| page(&last.number.to_string())),
        rows: rows.iter().map(|row| show(one.kind, row, text)).collect(),
        decide: if can { decide(visit, &one, counts).await? } else { Decide::Nothing },
        step,
        shell: visit.shell(menu(one.kind)),
        path,
    };
    Ok(render(&view).into_response())
}

/// How a file was written, and its sender.
fn sub(one: &Roll) -> String {
    let made = format!("{} {}", one.made_by_name, one.made_at.date_time_text());
    [one.findings.coding.as_str(), &made]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" \u{b7} ")
}

async fn step_of(visit: &Visit, one: &Roll, counts: Counts) -> Result<Step, Problem> {
    let (words, own) = (&visit.text().imports, &visit.text().rolls);
    let far = async |kind: JobKind| -> Result<String, Problem> {
        let progress = job::progress(visit.db(), kind, one.id).await?;
        let far = progress.map_or(0, |progress| progress.done).min(counts.all());
        Ok(fill(own.progress, &[&far.to_string(), &counts.all().to_string()]))
    };
    Ok(match one.status {
        RollStatus::Checking => Step::Busy(words.s_checking.to_owned(), words.checking_what),
        RollStatus::Entering => Step::Busy(far(JobKind::Enter).await?, own.entering_what),
        RollStatus::Retracting => Step::Busy(far(JobKind::Retract).await?, own.entering_what),
        RollStatus::Unreadable => Step::Unreadable(problem_words(one, visit)),
        RollStatus::Wrong => {
            let mut notes = import::notes(visit.db(), one.id, 0, FAULTS.saturating_add(1)).await?;
            let cut = notes.len() > FAULTS as usize;
            notes.truncate(FAULTS as usize);
            Step::Wrong {
                count: fill(words.wrong, &[&one.findings.wrong.to_string()]),
                faults: notes.iter().map(|note| fault_line(one.kind, note, visit)).collect(),
                cut: cut.then(|| fill(words.faults_cut, &[&FAULTS.to_string()])),
                file: format!("{}/export", roll_link(one.id)),
            }
        }
        RollStatus::Sending
        | RollStatus::Checked
        | RollStatus::Cancelled
        | RollStatus::Entered
        | RollStatus::Retracted => Step::Rows,
    })
}

fn numbers(one: &Roll, counts: Counts, text: &'static Text) -> Vec<Number> {
    let words = &text.imports;
    let number = |name, value: i64| Number { name, value, class: if value > 0 { "on" } else { "" } };
    let bad = |name, value: i64| Number { name, value, class: if value > 0 { "bad" } else { "" } };
    let mut all = match one.status {
        RollStatus::Sending | RollStatus::Checking | RollStatus::Unreadable => return Vec::new(),
        RollStatus::Wrong => vec![Number { name: words.th_rows, value: one.findings.lines, class: "" }],
        _ => vec![number(words.added, counts.added), number(words.changed, counts.changed)],
    };
    all.push(Number { name: words.unchanged, value: one.findings.same, class: "" });
    all.push(match one.status {
        RollStatus::Entered | RollStatus::Retracted => bad(text.rolls.left, counts.left),
        _ => bad(words.wrong_count, one.findings.wrong),
    });
    all
}

/// What stands above the rows: class and text.
fn notes(one: &Roll, counts: Counts, text: &'static Text) -> Vec<(&'static str, String)> {
    let (words, own) = (&text.imports, &text.rolls);
    let mut notes = Vec::new();
    if let Some(before) = one.before {
        notes.push(("info", fill(words.same_file, &[&before.date_time_text()])));
    }
    let acted = |said: &str| one.acted.as_ref().map(|(_, name, at)| fill(said, &[name, &at.date_time_text()]));
    let nothing = one.findings.same == one.findings.lines;
    match one.status {
        RollStatus::Checked | RollStatus::Entered if counts.all() == 0 && !nothing => {
            notes.push(("info", own.forgotten.to_owned()));
        }
        RollStatus::Checked if counts.all() == 0 => notes.push(("ok", own.nothing.to_owned())),
        RollStatus::Cancelled => notes.push(("info", words.cancelled.to_owned())),
        RollStatus::Entered => {
            notes.extend(acted(own.entered).map(|text| ("ok", text)));
            let what = if one.kind == RollKind::Outlets { own.entered_outlets } else { own.entered_people };
            notes.push(("info", what.to_owned()));
        }
        RollStatus::Retracted => notes.extend(acted(own.retracted).map(|text| ("ok", text))),
        _ => {}
    }
    if counts.left > 0 {
        let said = if one.status == RollStatus::Retracted { own.kept_note } else { own.left_note };
        notes.push(("warn", fill(said, &[&counts.left.to_string()])));
    }
    notes
}

async fn decide(visit: &Visit, one: &Roll, counts: Counts) -> Result<Decide, Problem> {
    let own = &visit.text().rolls;
    let outlets = one.kind == RollKind::Outlets;
    Ok(match one.status {
        RollStatus::Checked if counts.all() > 0 => {
            Decide::Confirm(if outlets { own.confirm_outlets } else { own.confirm_people })
        }
        RollStatus::Entered if counts.all() > 0 => {
            let waiting = if outlets { 0 } else { roll::password_less(visit.db(), one.id, 10_000).await?.len() };
            let waiting = if waiting > 0 { fill(own.passwords_wait, &[&waiting.to_string()]) } else { String::new() };
            Decide::Entered { waiting, undo: if outlets { own.undo_outlets } else { own.undo_people } }
        }
        _ => Decide::Nothing,
    })
}

/// A value as people read it.
fn value(kind: RollKind, field: Field, stored: &str, text: &'static Text) -> String {
    match field {
        _ if stored.is_empty() => text.imports.empty.to_owned(),
        Field::Hours => places::hours_words(stored, text),
        Field::Roles => read_roles(stored).map_or_else(|| stored.to_owned(), |held| roles_words(&held, text)),
        Field::Phone if kind == RollKind::People => masked_phone(stored),
        Field::Same if stored == OTHER => text.rolls.other_human.to_owned(),
        Field::Tills => fill(text.directory.tills, &[stored]),
        _ => stored.to_owned(),
    }
}

fn why_words(why: Why, text: &'static Text) -> &'static str {
    let words = &text.rolls;
    match why {
        Why::Changed => words.why_changed,
        Why::Taken => words.why_taken,
        Why::Closed => words.why_closed,
        Why::Right => words.why_right,
        Why::Full => words.why_full,
        Why::Used => words.why_used,
    }
}

/// Whether a row adds terminals to an outlet that was there.
fn adds_tills(row: &RollRow) -> bool {
    matches!((&row.before, &row.after), (Some(Line::Outlet(before)), Line::Outlet(after)) if after.tills > before.tills)
}

fn show(kind: RollKind, row: &RollRow, text: &'static Text) -> Row {
    let (link, name) = match &row.after {
        Line::Outlet(one) => (row.subject.map(|id| outlet_link(domain::ids::OutletId(id))), one.name.clone()),
        Line::Person(one) => {
            (row.subject.map(|id| format!("/office/people/{id}")), format!("{} \u{b7} {}", one.name, one.login))
        }
    };
    let changes = row.changes();
    let fields = if row.before.is_some() {
        let field = |(field, was, is): (Field, String, String)| {
            (heading(kind, field, text), value(kind, field, &was, text), value(kind, field, &is, text))
        };
        changes.into_iter().map(field).collect()
    } else {
        let shown = |field: &Field| !matches!(field, Field::OutletName | Field::Name | Field::Login);
        let all = changes.iter().filter(|(field, ..)| shown(field)).map(|(field, _, is)| value(kind, *field, is, text));
        vec![("", String::new(), all.collect::<Vec<_>>().join(" \u{b7} "))]
    };
    let whole = match (row.before.is_some(), kind) {
        (true, _) => None,
        (false, RollKind::Outlets) => Some(text.rolls.new_outlet),
        (false, RollKind::People) => Some(text.rolls.new_person),
    };
    let why = match (row.why, row.state) {
        (Some(why), _) => Some(why_words(why, text)),
        (None, RowState::Retracted) if adds_tills(row) => Some(text.rolls.tills_stay),
        (None, RowState::Retracted) => Some(text.imports.s_undone),
        (None, _) => None,
    };
    Row { line: row.line, link, name, whole, fields, why }
}

/// Why a file cannot be read.
fn problem_words(one: &Roll, visit: &Visit) -> String {
    let (text, words) = (visit.text(), &visit.text().imports);
    let (word, rest) = one.problem.split_once(' ').unwrap_or((&one.problem, ""));
    let names = |found: &str| {
        let columns = found.split(' ').filter_map(Field::from_word).map(|field| heading(one.kind, field, text));
        columns.collect::<Vec<_>>().join(words.apart)
    };
    match word {
        "no_head" => {
            let needs: Vec<&str> = roll_required(one.kind).iter().map(|field| field.word()).collect();
            fill(text.rolls.p_no_head, &[&names(&needs.join(" ")), rest])
        }
        "card" => fill(text.rolls.p_card, &[rest]),
        "too_many_lines" => fill(text.rolls.p_too_many, &[rest]),
        "column_twice" => fill(words.p_column_twice, &[&names(rest)]),
        "missing" => fill(words.p_missing, &[&names(rest)]),
        _ => imports::problem_words(&one.problem, visit),
    }
}

fn fault_line(kind: RollKind, note: &Note, visit: &Visit) -> FaultLine {
    let field = Field::from_word(&note.field);
    let (fault, advice) = fault_words(field, note, visit);
    FaultLine {
        line: note.line,
        column: field.map_or_else(|| note.field.clone(), |field| heading(kind, field, visit.text()).to_owned()),
        value: note.value.clone(),
        fault,
        advice,
        code: imports::fault_code(note, visit),
    }
}

/// What is wrong, and what to do.
fn fault_words(field: Option<Field>, note: &Note, visit: &Visit) -> (&'static str, String) {
    let (words, own) = (&visit.text().imports, &visit.text().rolls);
    let hint = note.hint.as_str();
    let plain = |fault: &'static str, advice: &'static str| (fault, advice.to_owned());
    match (Fault::from_word(&note.fault), field) {
        (Some(Fault::Form), Some(Field::Phone)) => plain(own.f_form, visit.text().people.phone_wrong),
        (Some(Fault::Form), Some(Field::Hours)) => plain(own.f_form, visit.text().directory.wrong_hours),
        (Some(Fault::Form), Some(Field::Region)) => plain(own.f_form, own.a_region),
        (Some(Fault::Form), Some(Field::Login)) => plain(own.f_form, visit.text().people.login_wrong),
        (Some(Fault::Form), Some(Field::Number)) => plain(own.f_form, visit.text().people.number_wrong),
        (Some(Fault::Form), Some(Field::Roles)) => match hint {
            "place" => plain(own.f_roles_place, own.a_roles_place),
            "auditor" => plain(own.f_roles_place, visit.text().people.roles_auditor),
            _ => plain(own.f_form, own.a_roles_day),
        },
        (Some(Fault::Form), _) => plain(own.f_place_kind, own.a_place_kind),
        (Some(Fault::Word), Some(Field::Roles)) => plain(words.f_word, own.a_roles),
        (Some(Fault::Range), _) => (own.f_range, fill(own.a_range, &[hint])),
        (Some(Fault::State), Some(Field::Login)) => plain(own.f_left, own.a_left),
        (Some(Fault::State), _) => plain(own.f_closed, own.a_closed),
        (Some(Fault::Right), Some(Field::Login)) => plain(own.f_right, own.a_right_person),
        (Some(Fault::Right), _) => plain(own.f_right, own.a_right_role),
        (Some(Fault::Fewer), _) => (own.f_fewer, fill(own.a_fewer, &[hint])),
        (Some(Fault::Same), _) => {
            let (login, name) = hint.split_once(' ').unwrap_or((hint, ""));
            (own.f_same, fill(own.a_same, &[name, login]))
        }
        (Some(Fault::Unknown), Some(Field::Merchant)) => plain(own.f_no_merchant, own.a_no_merchant),
        (Some(Fault::Unknown), Some(Field::Outlet)) => plain(own.f_no_outlet, own.a_no_outlet),
        (Some(Fault::Unknown), Some(Field::Terminal)) => plain(own.f_no_terminal, own.a_no_terminal),
        (Some(Fault::Unknown), _) => plain(own.f_not_same, own.a_not_same),
        (Some(Fault::Taken), Some(Field::OutletName)) if hint.is_empty() => plain(words.f_dup, own.a_dup_name),
        (Some(Fault::Taken), Some(Field::Login)) if !hint.starts_with("line ") => plain(words.f_dup, own.a_dup_login),
        _ => imports::fault_words(note, visit),
    }
}

/// Has a roll written, gives it up, or takes it back.
pub(crate) async fn act(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    allow(&visit, one.kind)?;
    let subject = format!("import {id}");
    let entry = |action, detail: &str| visit.session.entry(action, &subject, detail);
    let here = || Redirect::to(&roll_link(id)).into_response();
    match typed.get("do").map(String::as_str) {
        Some("confirm") => {
            let counts = roll::counts(visit.db(), id).await?;
            let detail = format!("{}: {} new, {} changed", one.kind, counts.added, counts.changed);
            match roll::confirm(visit.db(), id, entry("import_entered", &detail)).await? {
                Confirmed::Done => Ok(here()),
                Confirmed::Stale(line) => {
                    let wrong = fill(visit.text().rolls.stale, &[&line.to_string()]);
                    view(&visit, id, &Params::default(), Some(wrong)).await
                }
                Confirmed::Gone => Ok(Flash::new(Said::EditionGone, &[]).redirect(&visit.web, &roll_link(id))),
            }
        }
        Some("give_up") => {
            let gone = roll::give_up(visit.db(), id, entry("import_given_up", "")).await?;
            let said = if gone { Said::EditionGivenUp } else { Said::EditionGone };
            Ok(Flash::new(said, &[]).redirect(&visit.web, &roll_link(id)))
        }
        Some("undo") => {
            roll::retract(visit.db(), id, entry("import_retracted", "")).await?;
            Ok(here())
        }
        _ => Err(Problem::BadForm),
    }
}

/// Makes initial passwords for the next new people of a roll, and shows their sheets once.
pub(crate) async fn passwords(
    visit: web_kit::visit::Visit,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let people = roll::password_less(visit.db(), id, SHEETS).await?;
    if people.is_empty() {
        return Ok(Redirect::to(&roll_link(id)).into_response());
    }
    let (mut hashed, mut made) = (Vec::with_capacity(people.len()), BTreeMap::new());
    for (person, version) in people {
        let password = initial_password(web_kit::cookies::random());
        // One at a time, so that people who sign in meanwhile do not wait long.
        hashed.push((person, version, visit.web.passwords.hash(password.clone()).await?));
        made.insert(person, password);
    }
    let entry = visit.session.entry("password_reset", "", &format!("import {id}"));
    let given = roll::passwords(visit.db(), hashed, entry).await?;
    let sheets = given.into_iter().filter_map(|person| Some((person, made.remove(&person)?))).collect();
    invite::sheets(&visit, &Desk::company(), roll_link(id), sheets, invite::host(&headers)).await
}

/// People reload the page of sheets, which are shown once.
pub(crate) async fn back(Path(id): Path<i64>) -> Redirect {
    Redirect::to(&roll_link(id))
}

/// The file with what is wrong in each line, as CSV.
pub(crate) async fn faults_csv(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    faults(&visit, id, Kind::Csv).await
}

/// The same as an Excel sheet.
pub(crate) async fn faults_xlsx(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    faults(&visit, id, Kind::Excel).await
}

async fn faults(visit: &Visit, id: i64, format: Kind) -> Result<Response, Problem> {
    let one = find(visit, id).await?;
    // The file has phones that lists hide.
    allow(visit, one.kind)?;
    let entry = visit.session.entry("import_faults_exported", &format!("import {id}"), format.word());
    storage::audit::append(visit.db(), entry).await?;
    let kind = one.kind;
    let table = move |bytes: &[u8]| roll_table(kind, bytes);
    imports::faults_file(visit, id, format, table, |note| fault_line(kind, note, visit)).await
}

/// A template, as CSV or as an Excel sheet: its headings and an example.
pub(crate) async fn template(visit: Visit, Path(file): Path<String>) -> Result<Response, Problem> {
    let (name, ending) = file.rsplit_once('.').ok_or(Problem::NotFound)?;
    let (kind, format) = RollKind::from_word(name).zip(Kind::from_word(ending)).ok_or(Problem::NotFound)?;
    let text = visit.text();
    let head: Vec<&str> = roll_columns(kind).iter().map(|field| heading(kind, *field, text)).collect();
    let zh = visit.page.lang == Lang::Zh;
    let example = roll_columns(kind).iter().map(|field| match field {
        Field::Merchant => "898320159120001",
        Field::OutletName if zh => "\u{793a}\u{4f8b}\u{5927}\u{836f}\u{623f}\u{6cb3}\u{897f}\u{5e97}",
        Field::OutletName => "Demo pharmacy, Hexi",
        Field::Address if zh => "\u{793a}\u{4f8b}\u{8def} 88 \u{53f7}",
        Field::Address => "88 Demo Road",
        Field::Region => "3201",
        Field::Phone if kind == RollKind::Outlets => "025-86988520",
        Field::Hours => "Mo-Su 08:00-21:00",
        Field::Tills => "2",
        Field::Login => "wang.min",
        Field::Name if zh => "\u{738b}\u{654f}",
        Field::Name => "Wang Min",
        Field::Roles => text.people.cashier,
        Field::Number => "1003",
        Field::Phone => "13800006021",
        Field::Outlet | Field::Terminal | Field::Same => "",
    });
    let rows = vec![example.map(str::to_owned).collect()];
    export::table(format, &format!("template-{kind}"), kind_words(kind, text), &head, rows).await
}
