//! The list of merchants, stores and terminals: as a tree whose open branches are in the address, or each kind by itself.
//!
//! What must stay true: the list works without the script; the sum covers the whole result, not the page; a file has the
//! rows of the whole result and is in the audit log before it leaves.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::directory::{Standing, TerminalStatus};
use domain::ids::MerchantId;
use domain::money::Fen;
use domain::role::Action;
use serde::Deserialize;
use storage::places::list::{self, Filter, MerchantRow, OutletRow, Used};
use storage::places::{self, TerminalSheet};
use storage::roll::{self, RollKind};
use storage::{audit, settlement};
use web_kit::badge::Badge;
use web_kit::export::{self, Kind, PIECE, ROWS_MAX};
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use super::new::NEW;
use super::{
    MERCHANTS, count_words, merchant_link, outlet_link, outlet_standing, people_words, rate, seen_words, standing,
    terminal_link, terminal_state, terminal_status,
};
use crate::rolls;
use crate::text::Text;
use crate::{Shell, Visit};

/// Rows of a page.
const ROWS: u32 = 50;
/// Branches that may be open, stores of a branch, and merchants whose debts are added up.
const OPEN_MAX: usize = 50;
const BRANCH_MAX: u32 = 500;
const SUM_MAX: u32 = 2_000;

#[derive(Template)]
#[template(path = "places/list.html")]
struct View {
    shell: Shell,
    new: &'static str,
    counts: String,
    /// Address, name, count and whether it is shown.
    views: Vec<(String, &'static str, String, bool)>,
    kind: &'static str,
    find: String,
    /// The choices of the state: word, name, chosen.
    states: Vec<(&'static str, &'static str, bool)>,
    /// The choices of the region, and of the last use.
    regions: Vec<(String, String, bool)>,
    uses: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    /// The rows are terminals, with the people who are signed in there.
    of_terminals: bool,
    /// They are merchants, which are owed something.
    of_merchants: bool,
    empty: Option<Empty>,
    rows_words: String,
    sum: Option<Fen>,
    sum_link: String,
    csv: String,
    xlsx: String,
    next: Option<String>,
    first: Option<String>,
    can_new: bool,
}

struct Empty {
    title: String,
    what: &'static str,
    /// Address and word of the one next step.
    next: Option<(String, &'static str)>,
}

struct Row {
    /// 0 for a merchant, 1 for a store, 2 for a terminal.
    level: u8,
    /// Address, sign, label and whether it is open.
    branch: Option<(String, &'static str, String, bool)>,
    link: String,
    name: String,
    sub: String,
    number: String,
    state: Badge,
    rate: String,
    below: String,
    seen: String,
    people: String,
    owed: Option<Fen>,
    /// Address, word and label.
    acts: Vec<(String, &'static str, String)>,
}

/// What the address says.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// What is listed: nothing for the tree, or `merchants`, `outlets`, `terminals`.
    v: String,
    /// What is looked for.
    q: String,
    /// State.
    s: String,
    /// Region.
    r: String,
    /// Last use.
    l: String,
    /// Open branches: numbers with a comma between.
    open: String,
    /// Number of the last row on the page before.
    after: String,
    /// Whether what is unsettled is added up.
    sum: String,
}

impl Params {
    fn kind(&self) -> &'static str {
        ["merchants", "outlets", "terminals"].into_iter().find(|kind| *kind == self.v).unwrap_or("")
    }

    fn filter(&self) -> Filter {
        let status = if self.kind() == "terminals" {
            TerminalStatus::from_word(&self.s).map(TerminalStatus::word)
        } else {
            Standing::from_word(&self.s).map(Standing::word)
        };
        Filter { find: self.q.trim().to_owned(), status, region: self.r.clone(), used: Used::from_word(&self.l) }
    }

    fn after(&self) -> i64 {
        self.after.parse().unwrap_or(0)
    }

    fn link(&self, path: &str, more: &[(&str, &str)]) -> String {
        let own = [
            ("v", self.kind()),
            ("q", self.q.trim()),
            ("s", &self.s),
            ("r", &self.r),
            ("l", &self.l),
            ("open", &self.open),
            ("sum", &self.sum),
        ];
        let kept = own.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        link(path, &kept.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    fn open(&self) -> Vec<i64> {
        self.open.split(',').filter_map(|id| id.parse().ok()).take(OPEN_MAX).collect()
    }

    /// The same page with a branch opened or closed.
    fn toggled(&self, id: i64) -> String {
        let mut open = self.open();
        if open.contains(&id) {
            open.retain(|one| *one != id);
        } else {
            open.push(id);
        }
        let open = open.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        self.link(MERCHANTS, &[("open", &open), ("after", &self.after)])
    }
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let text = visit.text();
    let words = &text.directory;
    let (rows, last) = rows(&visit, &params).await?;
    let counts = places::counts(visit.db()).await?;
    let [merchants, outlets, terminals] = counts.map(count_words);
    let kind = params.kind();
    let views = [
        ("", words.view_tree, String::new()),
        ("merchants", words.view_merchants, merchants.clone()),
        ("outlets", words.view_outlets, outlets.clone()),
        ("terminals", words.view_terminals, terminals.clone()),
    ];
    let of_terminals = kind == "terminals";
    let rows_page = match kind {
        "outlets" => words.rows_page_outlets,
        "terminals" => words.rows_page_terminals,
        _ => words.rows_page,
    };
    let states = std::iter::once(("", words.state_all, params.s.is_empty())).chain(if of_terminals {
        TerminalStatus::ALL
            .iter()
            .map(|one| (one.word(), terminal_status(*one, text).word, one.word() == params.s))
            .collect::<Vec<_>>()
    } else {
        Standing::ALL.iter().map(|one| (one.word(), standing(*one, text).word, one.word() == params.s)).collect()
    });
    let region = |one: String| (one.clone(), fill(words.region_of, &[&one]), one == params.r);
    let regions = list::regions(visit.db()).await?.into_iter().map(region);
    let every = (String::new(), words.region_all.to_owned(), params.r.is_empty());
    let regions = std::iter::once(every).chain(regions).collect();
    let used = params.filter().used;
    let uses = std::iter::once(("", words.used_any, used.is_none()))
        .chain(Used::ALL.iter().map(|one| (one.word(), used_words(*one, text), used == Some(*one))))
        .collect();
    let of_merchants = kind.is_empty() || kind == "merchants";
    let sum = if of_merchants && params.sum == "1" { Some(unsettled(&visit, &params).await?) } else { None };
    let view = View {
        shell: visit.shell(MERCHANTS),
        new: NEW,
        counts: fill(words.counts, &[&merchants, &outlets, &terminals]),
        views: views
            .into_iter()
            .map(|(word, name, count)| {
                // States are not the same for all kinds.
                let address = params.link(MERCHANTS, &[("v", word), ("s", ""), ("open", ""), ("sum", "")]);
                (address, name, count, word == kind)
            })
            .collect(),
        kind,
        find: params.q.trim().to_owned(),
        states: states.collect(),
        regions,
        uses,
        of_terminals,
        of_merchants,
        empty: rows.is_empty().then(|| empty(&visit, &params, counts[0] == 0)),
        rows_words: fill(rows_page, &[&rows.iter().filter(|row| row.level == 0).count().to_string()]),
        rows,
        sum,
        sum_link: params.link(MERCHANTS, &[("sum", "1"), ("after", &params.after)]),
        csv: params.link("/office/merchants/export.csv", &[]),
        xlsx: params.link("/office/merchants/export.xlsx", &[]),
        next: last.map(|last| params.link(MERCHANTS, &[("after", &last.to_string()), ("open", "")])),
        first: (params.after() > 0).then(|| params.link(MERCHANTS, &[("open", "")])),
        can_new: visit.session.can(Action::ManageMerchants),
    };
    Ok(render(&view).into_response())
}

fn empty(visit: &Visit, params: &Params, none: bool) -> Empty {
    let words = &visit.text().directory;
    if none {
        let next = visit.session.can(Action::ManageMerchants).then(|| (NEW.to_owned(), words.new_outlet));
        return Empty { title: words.none.to_owned(), what: words.none_what, next };
    }
    let text = visit.text();
    let filter = params.filter();
    let state = match TerminalStatus::from_word(&params.s).filter(|_| params.kind() == "terminals") {
        Some(one) => terminal_status(one, text).word,
        None => Standing::from_word(&params.s).map_or("", |one| standing(one, text).word),
    };
    let used = filter.used.map_or("", |one| used_words(one, text));
    let what = [&filter.find, state, &filter.region, used].into_iter().filter(|one| !one.is_empty());
    let what = what.collect::<Vec<_>>().join(" \u{b7} ");
    let clear = link(MERCHANTS, &[("v", params.kind())]);
    Empty { title: fill(words.no_match, &[&what]), what: words.no_match_what, next: Some((clear, words.clear)) }
}

fn used_words(used: Used, text: &'static Text) -> &'static str {
    let words = &text.directory;
    match used {
        Used::Today => words.used_today,
        Used::Silent => words.used_silent,
        Used::Idle => words.used_idle,
        Used::Never => words.used_never,
    }
}

/// The rows of a page, and the number after which the next one begins.
async fn rows(visit: &Visit, params: &Params) -> Result<(Vec<Row>, Option<i64>), Problem> {
    let (db, filter, after, now) = (visit.db(), params.filter(), params.after(), visit.session.now);
    let next = |count: usize, last: Option<i64>| last.filter(|_| count >= ROWS as usize);
    match params.kind() {
        "outlets" => {
            let found = list::outlets(db, filter, after, ROWS, now).await?;
            let last = next(found.len(), found.last().map(|one| one.id.0));
            let row = |one: &OutletRow| Row {
                level: 0,
                branch: None,
                sub: one.merchant_name.clone(),
                ..outlet(visit, params, one)
            };
            Ok((found.iter().map(row).collect(), last))
        }
        "terminals" => {
            let found = list::terminals(db, filter, after, ROWS, now).await?;
            let last = next(found.len(), found.last().map(|one| one.id.0));
            let place = |one: &TerminalSheet| format!("{} \u{203a} {}", one.merchant_name, one.outlet_name);
            let row = |one: &TerminalSheet| Row { level: 0, sub: place(one), ..terminal(visit, one) };
            Ok((found.iter().map(row).collect(), last))
        }
        kind => {
            let found = list::merchants(db, filter, after, ROWS, now).await?;
            let last = next(found.len(), found.last().map(|one| one.id.0));
            let mut rows = Vec::new();
            for one in &found {
                rows.push(merchant(visit, params, one, kind.is_empty()).await?);
                if kind.is_empty() && params.open().contains(&one.id.0) {
                    branch(visit, params, one.id, &mut rows).await?;
                }
            }
            Ok((rows, last))
        }
    }
}

/// The stores of an open merchant, with the terminals of those that are open.
async fn branch(visit: &Visit, params: &Params, merchant: MerchantId, rows: &mut Vec<Row>) -> Result<(), Problem> {
    for one in list::outlets_of(visit.db(), merchant, params.r.clone(), 0, BRANCH_MAX).await? {
        rows.push(outlet(visit, params, &one));
        if params.open().contains(&one.id.0) {
            let terminals = places::terminals(visit.db(), one.id, visit.session.now).await?;
            rows.extend(terminals.iter().map(|one| terminal(visit, one)));
        }
    }
    Ok(())
}

fn sign(open: bool, words: (&'static str, &'static str), name: &str) -> (&'static str, String) {
    if open { ("\u{25be}", fill(words.1, &[name])) } else { ("\u{25b8}", fill(words.0, &[name])) }
}

async fn merchant(visit: &Visit, params: &Params, one: &MerchantRow, tree: bool) -> Result<Row, Problem> {
    let text = visit.text();
    let words = &text.directory;
    let is_open = params.open().contains(&one.id.0);
    let (mark, label) = sign(is_open, (words.open_branch, words.close_branch), &one.name);
    let owed = if params.sum == "1" { Some(owed(visit, one.id).await?) } else { None };
    let here = merchant_link(one.id);
    let mut acts = Vec::new();
    if visit.session.can(Action::ManageMerchants) && one.status != Standing::Closed {
        acts.push((format!("{here}/edit"), words.edit, fill(words.edit_of, &[&one.name])));
    }
    let (outlets, terminals) = (one.count.0.to_string(), one.count.1.to_string());
    Ok(Row {
        level: 0,
        branch: tree.then(|| (params.toggled(one.id.0), mark, label, is_open)),
        link: here,
        name: one.name.clone(),
        sub: String::new(),
        number: one.mid.clone(),
        state: standing(one.status, text),
        rate: rate(one.fee_bp, text),
        below: fill(words.below, &[&outlets, &terminals]),
        seen: seen_words(one.seen_at, visit.session.now),
        people: String::new(),
        owed,
        acts,
    })
}

fn outlet(visit: &Visit, params: &Params, one: &OutletRow) -> Row {
    let text = visit.text();
    let words = &text.directory;
    let is_open = params.open().contains(&one.id.0);
    let (mark, label) = sign(is_open, (words.open_branch, words.close_branch), &one.name);
    let here = outlet_link(one.id);
    let mut acts = Vec::new();
    if visit.session.can(Action::ManageMerchants) && one.status != Standing::Closed {
        acts.push((format!("{here}/edit"), words.edit, fill(words.edit_of, &[&one.name])));
    }
    if visit.session.can(Action::Suspend) {
        match one.status {
            Standing::Active => {
                acts.push((format!("{here}/suspend"), words.suspend, fill(words.suspend_of, &[&one.name])));
            }
            Standing::Suspended => acts.push((here.clone(), words.resume, fill(words.resume_of, &[&one.name]))),
            Standing::Draft | Standing::Closed => {}
        }
    }
    Row {
        level: 1,
        branch: Some((params.toggled(one.id.0), mark, label, is_open)),
        link: here,
        name: one.name.clone(),
        sub: String::new(),
        number: one.id.to_string(),
        state: outlet_standing(one.status, one.merchant_status, text),
        rate: String::new(),
        below: fill(words.tills, &[&one.terminals.to_string()]),
        seen: seen_words(one.seen_at, visit.session.now),
        people: String::new(),
        owed: None,
        acts,
    }
}

fn terminal(visit: &Visit, one: &TerminalSheet) -> Row {
    let text = visit.text();
    let words = &text.directory;
    let here = terminal_link(one.id);
    Row {
        level: 2,
        branch: None,
        name: one.label.clone(),
        sub: String::new(),
        number: one.id.to_string(),
        state: terminal_state(one, visit.session.now, text),
        rate: String::new(),
        below: String::new(),
        seen: seen_words(one.seen_at, visit.session.now),
        people: people_words(one, text),
        owed: None,
        acts: vec![(here.clone(), words.set_up, fill(words.set_up_of, &[&one.label]))],
        link: here,
    }
}

/// What a merchant is owed.
async fn owed(visit: &Visit, merchant: MerchantId) -> Result<Fen, Problem> {
    let payable = settlement::payable(visit.db(), merchant).await?;
    Ok(payable.map_or(Fen::ZERO, |payable| payable.unsettled.net()))
}

/// What all merchants of the result are owed.
async fn unsettled(visit: &Visit, params: &Params) -> Result<Fen, Problem> {
    let mut sum = Fen::ZERO;
    for one in list::merchants(visit.db(), params.filter(), 0, SUM_MAX, visit.session.now).await? {
        sum = sum.plus(owed(visit, one.id).await?).unwrap_or(sum);
    }
    Ok(sum)
}

/// The result as CSV.
pub(crate) async fn csv(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    file(&visit, &params, Kind::Csv).await
}

/// The result as an Excel sheet.
pub(crate) async fn xlsx(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    file(&visit, &params, Kind::Excel).await
}

async fn file(visit: &Visit, params: &Params, kind: Kind) -> Result<Response, Problem> {
    let (name, head, rows) = table(visit, params, kind.word()).await?;
    export::table(kind, &name, visit.text().directory.title, &head, rows).await
}

type Table = (String, Vec<&'static str>, Vec<Vec<String>>);

/// The file's name, its heading and its rows: every merchant with its stores and terminals for the tree.
async fn table(visit: &Visit, params: &Params, ending: &str) -> Result<Table, Problem> {
    let words = &visit.text().directory;
    if params.kind() == "outlets" {
        return outlets_table(visit, params, ending).await;
    }
    let head = vec![
        words.th_name,
        words.th_number,
        words.state,
        words.th_rate,
        words.th_below,
        words.th_seen,
        words.th_signed_in,
    ];
    let mut ask = Params { sum: String::new(), open: String::new(), after: String::new(), ..params.clone() };
    let mut all: Vec<Vec<String>> = Vec::new();
    loop {
        let (rows, next) = rows(visit, &ask).await?;
        for row in rows {
            all.push(cells(row));
            if params.kind().is_empty() {
                below(visit, &ask, &mut all).await?;
            }
        }
        match next.filter(|_| all.len() < ROWS_MAX) {
            Some(next) => ask.after = next.to_string(),
            None => break,
        }
    }
    all.truncate(ROWS_MAX);
    let kind = if params.kind().is_empty() { "places" } else { params.kind() };
    let detail = format!("{ending}, {} rows", all.len());
    audit::append(visit.db(), visit.session.entry("directory_exported", kind, &detail)).await?;
    Ok((format!("{kind}-{}", visit.session.now.business_date()), head, all))
}

/// The stores of the result with all that is said of them: a file that is imported without a difference.
async fn outlets_table(visit: &Visit, params: &Params, ending: &str) -> Result<Table, Problem> {
    let (text, words) = (visit.text(), &visit.text().directory);
    let column = |field| rolls::heading(RollKind::Outlets, field, text);
    let mut head = vec![text.rolls.merchant_name];
    head.extend(jobs::roll_columns(RollKind::Outlets).iter().map(|field| column(*field)));
    head.extend([words.state, words.th_seen]);
    let (mut after, mut all): (i64, Vec<Vec<String>>) = (params.after(), Vec::new());
    while all.len() < ROWS_MAX {
        let found = list::outlets(visit.db(), params.filter(), after, ROWS, visit.session.now).await?;
        let Some(last) = found.last() else { break };
        after = last.id.0;
        let lines = roll::outlet_lines(visit.db(), found.iter().map(|one| one.id).collect()).await?;
        all.extend(found.iter().filter_map(|one| {
            let line = lines.get(&one.id)?;
            let mut cells = vec![one.merchant_name.clone()];
            cells.extend(line.fields().into_iter().map(|(_, value)| value));
            cells.push(outlet_standing(one.status, one.merchant_status, text).word.to_owned());
            cells.push(seen_words(one.seen_at, visit.session.now));
            Some(cells)
        }));
    }
    all.truncate(ROWS_MAX);
    let detail = format!("{ending}, {} rows", all.len());
    audit::append(visit.db(), visit.session.entry("directory_exported", "outlets", &detail)).await?;
    Ok((format!("outlets-{}", visit.session.now.business_date()), head, all))
}

/// The stores and terminals of the merchant in the last row.
async fn below(visit: &Visit, params: &Params, all: &mut Vec<Vec<String>>) -> Result<(), Problem> {
    let Some(mid) = all.last().and_then(|row| row.get(1)).cloned() else { return Ok(()) };
    let filter = Filter { find: mid, ..Filter::default() };
    let found = list::merchants(visit.db(), filter, 0, 1, visit.session.now).await?;
    let Some(merchant) = found.first() else { return Ok(()) };
    let mut after = 0;
    loop {
        let outlets = list::outlets_of(visit.db(), merchant.id, params.r.clone(), after, BRANCH_MAX).await?;
        for one in &outlets {
            all.push(cells(outlet(visit, params, one)));
            let terminals = places::terminals(visit.db(), one.id, visit.session.now).await?;
            all.extend(terminals.iter().map(|one| cells(terminal(visit, one))));
        }
        match outlets.last().filter(|_| outlets.len() >= PIECE.min(BRANCH_MAX as usize) && all.len() < ROWS_MAX) {
            Some(last) => after = last.id.0,
            None => return Ok(()),
        }
    }
}

fn cells(row: Row) -> Vec<String> {
    let name = if row.sub.is_empty() { row.name } else { format!("{} \u{203a} {}", row.sub, row.name) };
    vec![name, row.number, row.state.word.to_owned(), row.rate, row.below, row.seen, row.people]
}
