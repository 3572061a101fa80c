//! 导入: a file with many products or prices is sent, checked, and shown with what is wrong or with what it changes.
//!
//! What must stay true: sending and checking change nothing; what is exported here is imported without a difference.

use askama::Template;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Path};
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::ListId;
use domain::scan::Scan;
use jobs::{Column, Fault, Table, columns, required};
use sha2::{Digest as _, Sha256};
use storage::edition::{self, Edition};
use storage::import::{self, Absent, Import, ImportKind, ImportStatus, Note};
use storage::job::{self, JobKind};
use web_kit::FILE_MAX;
use web_kit::badge::Badge;
use web_kit::export::{self, Kind};
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::{Lang, fill};

use crate::editions::{self, edition_link};
use crate::products::{PRODUCTS, entry, goods_link, list_of, may_change};
use crate::text::{Said, Text};
use crate::{Shell, Visit};

/// Files on the page.
const RECENT: u32 = 20;

/// Faults on the page.
pub(crate) const FAULTS: u32 = 1_000;

/// Characters of a file's name that are kept.
const NAME_MAX: usize = 80;

/// The page of a file.
pub(crate) fn import_link(id: i64) -> String {
    format!("/office/imports/{id}")
}

/// The form for a list's files.
pub(crate) fn upload_link(list: i64) -> String {
    format!("{}/import", goods_link(list))
}

#[derive(Template)]
#[template(path = "import_new.html")]
struct NewView {
    shell: Shell,
    title: String,
    path: String,
    list: String,
    can: bool,
    wrong: Option<&'static str>,
    templates: Vec<Sample>,
    recent: Vec<Recent>,
}

/// A kind of file with its template.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) needs: String,
    pub(crate) csv: String,
    pub(crate) xlsx: String,
}

/// A file that came before.
pub(crate) struct Recent {
    pub(crate) link: String,
    pub(crate) file: String,
    pub(crate) kind: &'static str,
    pub(crate) state: Badge,
    pub(crate) rows: String,
    pub(crate) by: String,
}

fn kind_words(kind: ImportKind, text: &'static Text) -> &'static str {
    match kind {
        ImportKind::Products => text.imports.products,
        ImportKind::Prices => text.imports.prices,
    }
}

/// A column's heading in the reader's language.
pub(crate) fn heading(column: Column, text: &'static Text) -> &'static str {
    let words = &text.products;
    match column {
        Column::Code => words.code,
        Column::Name => words.name,
        Column::Barcode => words.barcode,
        Column::Spec => words.spec,
        Column::Maker => words.maker,
        Column::ApprovalNo => words.approval,
        Column::Category => words.category,
        Column::OtcClass => words.col_class,
        Column::Unit => words.unit,
        Column::Price => words.price,
        Column::Low => words.col_low,
        Column::High => words.col_high,
        Column::Payable => words.col_payable,
        Column::Active => words.col_active,
        Column::SaleMax => words.col_limit,
        Column::IdCheck => words.col_id_check,
        Column::Pinyin => words.col_pinyin,
    }
}

/// The form, with the files that came before.
pub(crate) async fn ask(visit: Visit, Path(list): Path<i64>) -> Result<Response, Problem> {
    view(&visit, list, None).await
}

async fn view(visit: &Visit, list: i64, wrong: Option<&'static str>) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().imports);
    let name = list_of(visit, list).await?.name;
    let path = upload_link(list);
    let sample = |kind: ImportKind| Sample {
        name: kind_words(kind, text),
        needs: required(kind).iter().map(|column| heading(*column, text)).collect::<Vec<_>>().join(words.apart),
        csv: format!("{path}/template/{}.csv", kind.word()),
        xlsx: format!("{path}/template/{}.xlsx", kind.word()),
    };
    let mut recent = Vec::new();
    for one in import::page(visit.db(), Some(ListId(list)), None, RECENT).await? {
        let edition = edition::find(visit.db(), one.edition).await?;
        recent.push(Recent {
            link: import_link(one.id),
            kind: kind_words(one.kind, text),
            state: state(&one, edition.as_ref(), text),
            rows: one.lines.to_string(),
            by: format!("{} {}", one.made_by, one.made_at.date_time_text()),
            file: one.file_name,
        });
    }
    let page = NewView {
        title: fill(words.title_of, &[&name]),
        list: goods_link(list),
        can: may_change(visit),
        wrong,
        templates: ImportKind::ALL.into_iter().map(sample).collect(),
        recent,
        path,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// How a file stands, with the edition that it made.
fn state(one: &Import, edition: Option<&Edition>, text: &'static Text) -> Badge {
    let words = &text.imports;
    match one.status {
        ImportStatus::Sending => Badge::new("info", "wait", words.s_sending),
        ImportStatus::Checking => Badge::new("info", "wait", words.s_checking),
        ImportStatus::Unreadable => Badge::new("bad", "bad", words.s_unreadable),
        ImportStatus::Wrong => Badge::new("bad", "bad", words.s_wrong),
        ImportStatus::Cancelled => Badge::new("off", "close", words.s_cancelled),
        ImportStatus::Checked => edition.map_or_else(
            || Badge::new("off", "close", words.s_cancelled),
            |edition| {
                if editions::changes_nothing(one, edition) {
                    editions::nothing_badge(text)
                } else {
                    editions::state(edition, text)
                }
            },
        ),
    }
}

/// What a form with a file says.
struct Filled {
    kind: ImportKind,
    absent: Absent,
}

/// Takes a file and has it checked.
pub(crate) async fn take(visit: Visit, Path(list): Path<i64>, mut form: Multipart) -> Result<Response, Problem> {
    // Nothing is kept for a list that does not exist.
    list_of(&visit, list).await?;
    let words = &visit.text().imports;
    let mut filled = Filled { kind: ImportKind::Products, absent: Absent::Keep };
    let mut taken = None;
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => return view(&visit, list, Some(cut(&error, visit.text()))).await,
        };
        match field.name() {
            Some("file") if taken.is_none() => match keep(&visit, list, field).await? {
                Kept::Whole { id, size, digest } => taken = Some((id, size, digest)),
                Kept::None => return view(&visit, list, Some(words.no_file)).await,
                Kept::Cut(why) => return view(&visit, list, Some(why)).await,
            },
            Some("kind") => {
                let word = short(field).await?;
                filled.kind = ImportKind::from_word(&word).ok_or(Problem::BadForm)?;
            }
            Some("absent") => {
                let word = short(field).await?;
                filled.absent = Absent::from_word(&word).ok_or(Problem::BadForm)?;
            }
            _ => {}
        }
    }
    let Some((id, size, digest)) = taken else { return view(&visit, list, Some(words.no_file)).await };
    let file = import::Sent { kind: filled.kind, absent: filled.absent, size, digest };
    import::sent(visit.db(), id, file, visit.session.now).await?;
    Ok(Redirect::to(&import_link(id)).into_response())
}

/// What a small field says.
pub(crate) async fn short(field: Field<'_>) -> Result<String, Problem> {
    field.text().await.map_err(|_| Problem::BadForm)
}

/// Why a file did not arrive.
pub(crate) fn cut(error: &MultipartError, text: &'static Text) -> &'static str {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        text.imports.too_large
    } else {
        text.imports.cut_off
    }
}

/// What became of a file that is sent.
pub(crate) enum Kept {
    Whole { id: i64, size: usize, digest: [u8; 32] },
    None,
    Cut(&'static str),
}

/// Writes a file down piece by piece as it arrives. One that does not arrive whole is checked by nobody and forgotten.
async fn keep(visit: &Visit, list: i64, field: Field<'_>) -> Result<Kept, Problem> {
    let Some(name) = file_name(visit, &field)? else { return Ok(Kept::None) };
    let list = ListId(list);
    let entry = entry(visit, "file_imported", "", list).await?;
    let detail = name.clone();
    let id = import::begin(visit.db(), list, name, storage::audit::Entry { detail, ..entry }).await?;
    pieces(visit, id, field).await
}

/// The name of a file; none where no file was chosen.
pub(crate) fn file_name(visit: &Visit, field: &Field<'_>) -> Result<Option<String>, Problem> {
    let name = field.file_name().unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    // The name is stored and shown again.
    let words = name.split(|c: char| !c.is_ascii_digit());
    if words.into_iter().any(|word| matches!(visit.session.scan(word), Scan::Card(_))) {
        return Err(Problem::CardNumber);
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Keeps the pieces of a file that was begun.
pub(crate) async fn pieces(visit: &Visit, id: i64, mut field: Field<'_>) -> Result<Kept, Problem> {
    let (mut size, mut piece, mut hash) = (0_usize, Vec::with_capacity(import::PIECE), Sha256::new());
    loop {
        let chunk = match field.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => return Ok(Kept::Cut(cut(&error, visit.text()))),
        };
        if size.saturating_add(piece.len()).saturating_add(chunk.len()) > FILE_MAX {
            return Ok(Kept::Cut(visit.text().imports.too_large));
        }
        hash.update(&chunk);
        piece.extend_from_slice(&chunk);
        while piece.len() >= import::PIECE {
            let rest = piece.split_off(import::PIECE);
            let whole = std::mem::replace(&mut piece, rest);
            import::take_piece(visit.db(), id, size, whole).await?;
            size = size.saturating_add(import::PIECE);
        }
    }
    let last = piece.len();
    if last > 0 {
        import::take_piece(visit.db(), id, size, piece).await?;
    }
    Ok(Kept::Whole { id, size: size.saturating_add(last), digest: hash.finalize().into() })
}

#[derive(Template)]
#[template(path = "import.html")]
struct View {
    shell: Shell,
    title: String,
    sub: String,
    path: String,
    upload: String,
    list: String,
    kind: ImportKind,
    absent: Absent,
    can: bool,
    step: Step,
    numbers: Vec<Number>,
}

/// What the page of a file shows.
enum Step {
    /// It is being checked: how far.
    Checking(String),
    /// It cannot be read: why.
    Unreadable(String),
    /// It is wrong.
    Wrong { count: String, faults: Vec<FaultLine>, cut: Option<String>, file: String },
    /// Somebody gave it up.
    Cancelled,
}

/// A figure with its name.
pub(crate) struct Number {
    pub(crate) name: &'static str,
    pub(crate) value: i64,
    /// It is the one to look at: `on`, or `bad`.
    pub(crate) class: &'static str,
}

pub(crate) struct FaultLine {
    pub(crate) line: i64,
    pub(crate) column: String,
    pub(crate) value: String,
    pub(crate) fault: &'static str,
    pub(crate) advice: String,
    pub(crate) code: String,
}

async fn find(visit: &Visit, id: i64) -> Result<Import, Problem> {
    let found = import::find(visit.db(), id).await?.ok_or(Problem::NotFound)?;
    list_of(visit, found.list.0).await?;
    Ok(found)
}

/// One file: how far it is, or what is wrong with it. What it changes is on the page of its edition.
pub(crate) async fn one(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let (text, words) = (visit.text(), &visit.text().imports);
    let one = find(&visit, id).await?;
    let step = match one.status {
        ImportStatus::Checked => return Ok(Redirect::to(&edition_link(one.edition)).into_response()),
        ImportStatus::Sending | ImportStatus::Cancelled => Step::Cancelled,
        ImportStatus::Checking => Step::Checking(progress(&visit, id).await?),
        ImportStatus::Unreadable => Step::Unreadable(problem_words(&one.problem, &visit)),
        ImportStatus::Wrong => {
            let mut notes = import::notes(visit.db(), id, 0, FAULTS.saturating_add(1)).await?;
            let cut = notes.len() > FAULTS as usize;
            notes.truncate(FAULTS as usize);
            Step::Wrong {
                count: fill(words.wrong, &[&one.wrong.to_string()]),
                faults: notes.iter().map(|note| fault_line(note, &visit)).collect(),
                cut: cut.then(|| fill(words.faults_cut, &[&FAULTS.to_string()])),
                file: format!("{}/export", import_link(id)),
            }
        }
    };
    let numbers = match step {
        Step::Wrong { .. } => vec![
            Number { name: words.th_rows, value: one.lines, class: "" },
            Number { name: words.unchanged, value: one.same, class: "" },
            Number { name: words.wrong_count, value: one.wrong, class: "bad" },
        ],
        _ => Vec::new(),
    };
    let page = View {
        title: fill(words.edition_of, &[kind_words(one.kind, text), &one.file_name]),
        sub: sub(&one),
        path: import_link(id),
        upload: upload_link(one.list.0),
        list: goods_link(one.list.0),
        kind: one.kind,
        absent: one.absent,
        can: may_change(&visit),
        step,
        numbers,
        shell: visit.shell(PRODUCTS),
    };
    Ok(render(&page).into_response())
}

/// How a file was written, by whom it was sent, for whose goods.
pub(crate) fn sub(one: &Import) -> String {
    let made = format!("{} {}", one.made_by, one.made_at.date_time_text());
    let parts = [one.coding.as_str(), &made, &one.list_name];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" \u{b7} ")
}

async fn progress(visit: &Visit, id: i64) -> Result<String, Problem> {
    let words = &visit.text().imports;
    let progress = job::progress(visit.db(), JobKind::Check, id).await?;
    Ok(match progress {
        Some(progress) if progress.total > 0 => {
            fill(words.progress, &[&progress.done.to_string(), &progress.total.to_string()])
        }
        _ => words.s_checking.to_owned(),
    })
}

/// Why a file cannot be read, in words: `storage` has a word and what goes with it.
pub(crate) fn problem_words(problem: &str, visit: &Visit) -> String {
    let words = &visit.text().imports;
    let (word, rest) = problem.split_once(' ').unwrap_or((problem, ""));
    let names = |found: &str| {
        let columns = found.split(' ').filter_map(Column::from_word).map(|column| heading(column, visit.text()));
        columns.collect::<Vec<_>>().join(words.apart)
    };
    match word {
        "empty" => words.p_empty.to_owned(),
        "too_large" => words.p_too_large.to_owned(),
        "no_head" => fill(words.p_no_head, &[rest]),
        "too_many_rows" => words.p_too_many_rows.to_owned(),
        "too_many_columns" => words.p_too_many_columns.to_owned(),
        "cell_too_long" => fill(words.p_cell_too_long, &[rest]),
        "not_text" => fill(words.p_not_text, &[rest]),
        "encrypted" => words.p_encrypted.to_owned(),
        "old_excel" => words.p_old_excel.to_owned(),
        "markup" => words.p_markup.to_owned(),
        "column_twice" => fill(words.p_column_twice, &[&names(rest)]),
        "missing" => fill(words.p_missing, &[&names(rest)]),
        "too_many_absent" => {
            let (absent, all) = rest.split_once(' ').unwrap_or((rest, ""));
            fill(words.p_too_many_absent, &[absent, all])
        }
        _ => words.p_broken.to_owned(),
    }
}

fn fault_line(note: &Note, visit: &Visit) -> FaultLine {
    let (fault, advice) = fault_words(note, visit);
    let column = Column::from_word(&note.field);
    FaultLine {
        line: note.line,
        column: column.map_or_else(|| note.field.clone(), |column| heading(column, visit.text()).to_owned()),
        value: note.value.clone(),
        fault,
        advice,
        code: fault_code(note, visit),
    }
}

/// The code of a fault; of what was left out of account, that it is only a notice.
pub(crate) fn fault_code(note: &Note, visit: &Visit) -> String {
    match Fault::from_word(&note.fault) {
        Some(Fault::Heading | Fault::Told) => visit.text().imports.notice.to_owned(),
        _ => format!("E_{}", note.fault.to_uppercase()),
    }
}

/// What is wrong, and what to do.
pub(crate) fn fault_words(note: &Note, visit: &Visit) -> (&'static str, String) {
    let words = &visit.text().imports;
    let hint = note.hint.as_str();
    let plain = |fault: &'static str, advice: &'static str| (fault, advice.to_owned());
    match Fault::from_word(&note.fault) {
        Some(Fault::Required) => plain(words.f_required, words.a_required),
        Some(Fault::Length) => (words.f_length, fill(words.a_length, &[hint])),
        Some(Fault::Code) => plain(words.f_code, words.a_code),
        Some(Fault::Check) => plain(words.f_check, words.a_check),
        Some(Fault::Money) if hint.is_empty() => plain(words.f_money, words.a_money_range),
        Some(Fault::Money) => (words.f_money, fill(words.a_money, &[hint])),
        Some(Fault::Band) => (words.f_band, fill(words.a_band, &[hint])),
        Some(Fault::Word) if note.field == Column::OtcClass.word() => plain(words.f_word, words.a_word_class),
        Some(Fault::Word) => plain(words.f_word, words.a_word_yes),
        Some(Fault::Taken) => match hint.strip_prefix("line ") {
            Some(line) => (words.f_dup, fill(words.a_dup_line, &[line])),
            None => (words.f_dup, fill(words.a_dup_product, &[hint])),
        },
        Some(Fault::Scientific) => plain(words.f_sci, words.a_sci),
        Some(Fault::Date) => plain(words.f_date, words.a_date),
        Some(Fault::Zeros) => (words.f_zero, fill(words.a_zero, &[hint])),
        Some(Fault::Unknown) => plain(words.f_unknown, words.a_unknown),
        Some(Fault::Other) => plain(words.f_other, words.a_other),
        Some(Fault::Company) => plain(words.f_company, words.a_company),
        Some(Fault::Number) => plain(words.f_number, words.a_number),
        Some(Fault::Above) => (words.f_above, fill(words.a_above, &[hint])),
        Some(Fault::Heading) => plain(words.f_heading, words.a_heading),
        Some(Fault::Told) => plain(words.f_told, words.a_heading),
        // The other ones are about outlets and people.
        Some(_) | None => plain(words.f_error, words.a_error),
    }
}

/// Gives a file up.
pub(crate) async fn give_up(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let entry = entry(&visit, "import_given_up", &format!("import {id}"), one.list).await?;
    let said = if import::give_up(visit.db(), id, entry).await? { Said::EditionGivenUp } else { Said::EditionGone };
    Ok(Flash::new(said, &[]).redirect(&visit.web, &upload_link(one.list.0)))
}

/// The file with what is wrong in each line, as CSV.
pub(crate) async fn faults_csv(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    faults(&visit, id, Kind::Csv).await
}

/// The same as an Excel sheet.
pub(crate) async fn faults_xlsx(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    faults(&visit, id, Kind::Excel).await
}

async fn faults(visit: &Visit, id: i64, kind: Kind) -> Result<Response, Problem> {
    let one = find(visit, id).await?;
    let entry = entry(visit, "import_faults_exported", &format!("import {id}"), one.list).await?;
    storage::audit::append(visit.db(), storage::audit::Entry { detail: kind.word().to_owned(), ..entry }).await?;
    faults_file(visit, id, kind, jobs::table, |note| fault_line(note, visit)).await
}

/// Notes that are read at once.
const NOTES: u32 = 10_000;

/// The file as it was sent, with what is wrong in each line.
pub(crate) async fn faults_file(
    visit: &Visit,
    id: i64,
    kind: Kind,
    table: impl FnOnce(&[u8]) -> Option<Table> + Send + 'static,
    line: impl Fn(&Note) -> FaultLine,
) -> Result<Response, Problem> {
    let words = &visit.text().imports;
    let mut notes = Vec::new();
    loop {
        let first = i64::try_from(notes.len()).unwrap_or(i64::MAX);
        let piece = import::notes(visit.db(), id, first, NOTES).await?;
        let last = piece.len() < NOTES as usize;
        notes.extend(piece);
        if last {
            break;
        }
    }
    let mut said: std::collections::BTreeMap<i64, [Vec<String>; 2]> = std::collections::BTreeMap::new();
    for note in &notes {
        let line = line(note);
        let [faults, advice] = said.entry(note.line).or_default();
        faults.push(format!("{} {}", line.column, line.fault));
        advice.push(format!("{} {}", line.column, line.advice));
    }
    let bytes = import::bytes(visit.db(), id).await?;
    let read = tokio::task::spawn_blocking(move || table(&bytes));
    let Table { mut head, rows } = read.await.map_err(|error| export::fault(&error))?.ok_or(Problem::NotFound)?;
    let width = head.len();
    head.extend([words.th_line, words.th_fault, words.th_advice].map(str::to_owned));
    let rows = rows.into_iter().map(|(line, mut cells)| {
        cells.resize(width, String::new());
        cells.push(line.to_string());
        let [faults, advice] = said.remove(&i64::from(line)).unwrap_or_default();
        cells.extend([faults.join("; "), advice.join("; ")]);
        cells
    });
    let rows = rows.collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    export::table(kind, &format!("faults-{id}"), words.faults, &head, rows).await
}

/// A template of one kind, as CSV or as an Excel sheet: its headings and an example.
pub(crate) async fn template(visit: Visit, Path((list, file)): Path<(i64, String)>) -> Result<Response, Problem> {
    list_of(&visit, list).await?;
    let (name, ending) = file.rsplit_once('.').ok_or(Problem::NotFound)?;
    let (kind, format) = ImportKind::from_word(name).zip(Kind::from_word(ending)).ok_or(Problem::NotFound)?;
    let head: Vec<&str> = columns(kind).iter().map(|column| heading(*column, visit.text())).collect();
    let (yes, no) = if visit.page.lang == Lang::Zh { ("\u{662f}", "\u{5426}") } else { ("yes", "no") };
    let example = columns(kind).iter().map(|column| match column {
        Column::Code => "600233",
        Column::Name => "\u{611f}\u{5192}\u{7075}\u{9897}\u{7c92}",
        Column::Barcode => "6901234567892",
        Column::Spec => "10g\u{d7}9\u{888b}",
        Column::Maker => "\u{793a}\u{4f8b}\u{5236}\u{836f}",
        Column::ApprovalNo => "\u{56fd}\u{836f}\u{51c6}\u{5b57}Z00000000",
        Column::Category => "\u{611f}\u{5192}\u{6b62}\u{54b3}",
        Column::OtcClass => "OTC-A",
        Column::Unit => "\u{76d2}",
        Column::Price => "15.50",
        Column::Low => "14.00",
        Column::High => "17.00",
        Column::Payable | Column::Active => yes,
        Column::IdCheck => no,
        Column::SaleMax | Column::Pinyin => "",
    });
    let rows = vec![example.map(str::to_owned).collect()];
    export::table(format, &format!("template-{}", kind.word()), kind_words(kind, visit.text()), &head, rows).await
}
