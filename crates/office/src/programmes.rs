//! 卡产品: the programmes, and a new one from a template. What all pages of a programme share is here: its words and the form
//! of its terms.

use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::acts::{Field, Payload, ProgrammeAct, Shown};
use domain::directory::{self, NAME_MAX, Wrong};
use domain::ids::{MerchantId, ProgrammeId, RequestId};
use domain::money::Fen;
use domain::programme::{self, BASIS_MAX, Fault, NUMBER_LENGTHS, PinMode, ProgrammeStatus, Template, Terms};
use domain::role::Action;
use domain::scan::Bin;
use domain::time::HOUR;
use serde::Deserialize;
use storage::programme::{self as store, COUNTED_MAX, Created, NewProgramme, Sheet};
use web_kit::badge::Badge;
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::card_tabs::{Tab, tabs};
use crate::customers::CUSTOMERS;
use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::places;
use crate::text::Text;
use crate::{Shell, Visit};

/// The page.
pub(crate) const PROGRAMMES: &str = "/office/programmes";

/// Rows of a page.
const ROWS: u32 = 50;

/// The entry of the menu that a page of programmes stands under: the customers', or the settings for whoever has no
/// customers.
pub(crate) fn entry(visit: &Visit) -> &'static str {
    if visit.session.can(Action::ViewCustomers) { CUSTOMERS } else { "/office/settings" }
}

/// The page of a programme.
pub(crate) fn programme_link(id: ProgrammeId) -> String {
    format!("{PROGRAMMES}/{id}")
}

#[derive(askama::Template)]
#[template(path = "programmes.html")]
struct View {
    shell: Shell,
    tabs: Vec<Tab>,
    path: &'static str,
    may: bool,
    rows: Vec<Row>,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    link: String,
    name: String,
    prefix: String,
    template: &'static str,
    state: Badge,
    balance_max: String,
    cards: String,
}

/// What the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    /// The last programme of the page before.
    after: Option<i64>,
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let mut found = store::list(visit.db(), params.after.map(ProgrammeId), ROWS + 1).await?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next = found.last().filter(|_| more).map(|last| link(PROGRAMMES, &[("after", &last.id.to_string())]));
    let row = |one: Sheet| Row {
        link: programme_link(one.id),
        prefix: prefix(&one.one.prefix),
        template: template_words(one.one.template, visit.text()),
        state: state(one.one.status, visit.text()),
        balance_max: one.one.terms.balance_max.to_string(),
        cards: count(one.cards),
        name: one.one.name,
    };
    let page = View {
        shell: visit.shell(entry(&visit)),
        tabs: tabs(&visit, PROGRAMMES),
        path: PROGRAMMES,
        may: visit.session.can(Action::ManageProgrammes),
        rows: found.into_iter().map(row).collect(),
        first: params.after.map(|_| PROGRAMMES.to_owned()),
        next,
    };
    Ok(render(&page).into_response())
}

/// BIN and series apart.
pub(crate) fn prefix(prefix: &str) -> String {
    let at = prefix.len().saturating_sub(programme::SERIES_DIGITS);
    let (bin, series) = prefix.split_at_checked(at).unwrap_or((prefix, ""));
    format!("{bin} {series}")
}

/// Cards that were counted; `10000+` where counting stopped.
pub(crate) fn count(cards: i64) -> String {
    if cards > COUNTED_MAX { format!("{COUNTED_MAX}+") } else { cards.to_string() }
}

pub(crate) fn template_words(template: Template, text: &'static Text) -> &'static str {
    let words = &text.programmes;
    match template {
        Template::Named => words.t_named,
        Template::Anonymous => words.t_anonymous,
        Template::Benefit => words.t_benefit,
    }
}

fn status_words(status: ProgrammeStatus, text: &'static Text) -> &'static str {
    let words = &text.programmes;
    match status {
        ProgrammeStatus::Draft => words.draft,
        ProgrammeStatus::Active => words.active,
        ProgrammeStatus::Suspended => words.suspended,
        ProgrammeStatus::Ended => words.ended,
    }
}

/// A state as a badge.
pub(crate) fn state(status: ProgrammeStatus, text: &'static Text) -> Badge {
    let (class, icon) = match status {
        ProgrammeStatus::Draft => ("info", "wait"),
        ProgrammeStatus::Active => ("ok", "ok"),
        ProgrammeStatus::Suspended => ("bad", "pause"),
        ProgrammeStatus::Ended => ("warn", "bad"),
    };
    Badge::new(class, icon, status_words(status, text))
}

/// What a field of a programme is called.
pub(crate) fn field_words(field: Field, text: &'static Text) -> &'static str {
    let words = &text.programmes;
    match field {
        Field::ProgrammeName => words.name,
        Field::ProgrammePrefix => words.prefix,
        Field::NumberLength => words.length,
        Field::Template => words.template,
        Field::ProgrammeStatus => words.state,
        Field::BalanceMax => words.balance_max,
        Field::LoadMax => words.load_max,
        Field::SaleMax => words.sale_max,
        Field::DailyMax => words.daily_max,
        Field::DailyCountMax => words.daily_count,
        Field::MonthMax => words.month_max,
        Field::ValidityMonths => words.validity,
        Field::RefundWindow => words.window,
        Field::LossReport => words.loss,
        Field::Redeem => words.redeem,
        Field::RedeemWait => words.wait,
        Field::PinMode => words.pin,
        Field::Merchants => words.merchants,
        Field::Hotline => words.hotline,
        Field::Basis => words.basis,
        _ => "",
    }
}

/// A value of a programme as people read it; none if the field is none of a programme's.
pub(crate) fn value_words(field: Field, value: &str, text: &'static Text) -> Option<String> {
    let words = &text.programmes;
    let with = |unit: &str| format!("{value} {unit}");
    Some(match (field, value) {
        (Field::MonthMax, "") => words.no_limit.to_owned(),
        (Field::BalanceMax | Field::LoadMax | Field::SaleMax | Field::DailyMax | Field::MonthMax, _) => {
            value.parse().map_or_else(|_| value.to_owned(), |fen| format!("\u{a5}{}", Fen(fen)))
        }
        (Field::DailyCountMax, _) => with(words.times),
        (Field::ValidityMonths, "") => words.never.to_owned(),
        (Field::ValidityMonths, _) => with(words.months),
        (Field::RefundWindow, _) => with(words.hours),
        (Field::RedeemWait, _) => with(words.days),
        (Field::LossReport | Field::Redeem, "yes") => words.yes.to_owned(),
        (Field::LossReport | Field::Redeem, _) => words.no.to_owned(),
        (Field::PinMode, word) => pin_words(PinMode::from_word(word)?, text).to_owned(),
        (Field::Merchants, "") => words.all_merchants.to_owned(),
        (Field::Hotline, "") => words.own_hotline.to_owned(),
        (Field::Basis, "") => words.none_given.to_owned(),
        (Field::Template, word) => template_words(Template::from_word(word)?, text).to_owned(),
        (Field::ProgrammeStatus, word) => status_words(ProgrammeStatus::from_word(word)?, text).to_owned(),
        (Field::ProgrammePrefix, digits) => prefix(digits),
        (Field::NumberLength, _) => fill(words.digits, &[value]),
        _ => return None,
    })
}

fn pin_words(mode: PinMode, text: &'static Text) -> &'static str {
    match mode {
        PinMode::Mailer => text.programmes.pin_mailer,
        PinMode::FirstUse => text.programmes.pin_first_use,
    }
}

/// A line of what changes.
pub(crate) struct Differs {
    pub(crate) name: &'static str,
    pub(crate) now: String,
    pub(crate) then: String,
}

/// What differs between what was shown before and afterwards.
pub(crate) fn differences(now: &Shown, then: &Shown, text: &'static Text) -> Vec<Differs> {
    let moved = then.rows().filter(|(field, value)| now.get(*field) != *value && !field_words(*field, text).is_empty());
    let words = |field, value: &str| value_words(field, value, text).unwrap_or_else(|| value.to_owned());
    let line = |(field, value)| Differs {
        name: field_words(field, text),
        now: words(field, now.get(field)),
        then: words(field, value),
    };
    moved.map(line).collect()
}

/// The inputs of terms.
pub(crate) fn inputs(form: &Entered, text: &'static Text) -> Vec<Input> {
    let words = &text.programmes;
    let yes_no = || [("yes", words.yes), ("no", words.no)].map(|(value, name)| (value.to_owned(), name.to_owned()));
    let pins = PinMode::ALL.map(|mode| (mode.word().to_owned(), pin_words(mode, text).to_owned()));
    let money = |name, label| form.input(name, label).number().most(16).unit(words.yuan);
    let number = |name, label, unit| form.input(name, label).number().most(6).unit(unit);
    vec![
        money("balance_max", words.balance_max),
        money("load_max", words.load_max),
        money("sale_max", words.sale_max),
        money("daily_max", words.daily_max),
        number("daily_count_max", words.daily_count, words.times),
        money("month_max", words.month_max).optional().more(words.empty_none),
        number("validity", words.validity, words.months).optional().more(words.empty_never),
        number("window", words.window, words.hours),
        form.input("loss", words.loss).options(yes_no()),
        form.input("redeem", words.redeem).options(yes_no()),
        number("wait", words.wait, words.days),
        form.input("pin", words.pin).options(pins),
        form.input("merchants", words.merchants).most(1600).number().optional().more(words.merchants_more),
        form.input("hotline", words.hotline).number().optional().more(words.optional),
        form.input("basis", words.basis).most(BASIS_MAX).optional().more(words.optional),
    ]
}

/// Terms as a form has them.
pub(crate) fn typed_of(terms: &Terms) -> Typed {
    let optional = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
    let yes = |it_is: bool| if it_is { "yes" } else { "no" }.to_owned();
    let merchants: Vec<String> = terms.merchants.iter().map(ToString::to_string).collect();
    [
        ("balance_max", terms.balance_max.plain()),
        ("load_max", terms.load_max.plain()),
        ("sale_max", terms.sale_max.plain()),
        ("daily_max", terms.daily_max.plain()),
        ("daily_count_max", terms.daily_count_max.to_string()),
        ("month_max", terms.month_max.map_or_else(String::new, Fen::plain)),
        ("validity", optional(terms.validity_months)),
        ("window", (terms.refund_window / HOUR).to_string()),
        ("loss", yes(terms.loss_report)),
        ("redeem", yes(terms.redeem)),
        ("wait", terms.redeem_wait_days.to_string()),
        ("pin", terms.pin_mode.word().to_owned()),
        ("merchants", merchants.join(" ")),
        ("hotline", terms.hotline.clone()),
        ("basis", terms.basis.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn yuan(typed: &str) -> Result<i64, Wrong> {
    if typed.trim().is_empty() {
        return Err(Wrong::Empty);
    }
    Fen::parse_yuan(typed).map(|amount| amount.0).map_err(|_| Wrong::Form)
}

fn whole(typed: &str) -> Result<i64, Wrong> {
    let typed = typed.trim();
    if typed.is_empty() { Err(Wrong::Empty) } else { typed.parse().map_err(|_| Wrong::Form) }
}

fn optional(typed: &str, read: fn(&str) -> Result<i64, Wrong>) -> Result<Option<i64>, Wrong> {
    if typed.trim().is_empty() { Ok(None) } else { read(typed).map(Some) }
}

/// What a form says of terms; what the template or the terms themselves do not allow is refused at its field.
pub(crate) async fn terms_of(visit: &Visit, form: &mut Entered, template: Template) -> Result<Terms, Problem> {
    let typed_merchants = form.get("merchants").to_owned();
    let numbers = typed_merchants.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut merchants: Vec<MerchantId> = numbers.map(|part| MerchantId(part.parse().unwrap_or(0))).collect();
    merchants.sort_unstable();
    merchants.dedup();
    let known = store::merchant_names(visit.db(), merchants.clone()).await?;
    let stranger = merchants.iter().find(|merchant| !known.iter().any(|(id, _)| id == *merchant));
    if let Some(stranger) = stranger {
        form.refuse("merchants", fill(visit.text().programmes.wrong_merchant, &[&stranger.to_string()]));
    }
    let terms = Terms {
        balance_max: Fen(form.take("balance_max", yuan)),
        load_max: Fen(form.take("load_max", yuan)),
        sale_max: Fen(form.take("sale_max", yuan)),
        daily_max: Fen(form.take("daily_max", yuan)),
        daily_count_max: form.take("daily_count_max", whole),
        month_max: form.take("month_max", |typed| optional(typed, yuan)).map(Fen),
        validity_months: form.take("validity", |typed| optional(typed, whole)),
        refund_window: form.take("window", whole).saturating_mul(HOUR),
        loss_report: form.get("loss") == "yes",
        redeem: form.get("redeem") == "yes",
        redeem_wait_days: form.take("wait", whole),
        pin_mode: PinMode::from_word(form.get("pin")).unwrap_or(PinMode::Mailer),
        merchants,
        hotline: form.take_optional("hotline", directory::phone),
        basis: form.take_optional("basis", |typed| directory::text(typed, BASIS_MAX)),
    };
    if form.is_sound()
        && let Err(fault) = terms.check(template)
    {
        let (field, words) = fault_words(fault, template, visit.text());
        form.refuse(field, words);
    }
    Ok(terms)
}

/// The field that a fault is shown at, and its words.
fn fault_words(fault: Fault, template: Template, text: &'static Text) -> (&'static str, String) {
    let words = &text.programmes;
    let usual = template.usual();
    let (field, said) = match fault {
        Fault::Amount => ("balance_max", words.x_amount),
        Fault::Count => ("daily_count_max", words.x_count),
        Fault::LoadOverBalance => ("load_max", words.x_load),
        Fault::SaleOverBalance => ("sale_max", words.x_load),
        Fault::SaleOverDay => ("daily_max", words.x_day),
        Fault::DayOverMonth => ("month_max", words.x_month),
        Fault::Validity => ("validity", words.x_validity),
        Fault::Window => ("window", words.x_window),
        Fault::Wait => ("wait", words.x_wait),
        Fault::Merchants => ("merchants", words.x_merchants),
        Fault::Hotline => ("hotline", words.x_hotline),
        Fault::Basis => ("basis", words.x_basis),
        Fault::TemplateBalance => {
            return ("balance_max", fill(words.x_template_balance, &[&usual.balance_max.to_string()]));
        }
        Fault::TemplateExpires => ("validity", words.x_template_expires),
        Fault::TemplateValidity => ("validity", words.x_template_validity),
        Fault::TemplateLoss => {
            let must = if usual.loss_report { words.loss_must } else { words.loss_not };
            return ("loss", fill(words.x_template_loss, &[must]));
        }
        Fault::TemplateRedeem => {
            let must = if usual.redeem { words.redeem_must } else { words.redeem_not };
            return ("redeem", fill(words.x_template_loss, &[must]));
        }
    };
    (field, said.to_owned())
}

#[derive(askama::Template)]
#[template(path = "programme_new.html")]
struct NewView {
    shell: Shell,
    path: String,
    back: &'static str,
    /// Templates: address, name, chosen.
    templates: Vec<(String, &'static str, bool)>,
    template: &'static str,
    inputs: Vec<Input>,
    terms: Vec<Input>,
    wrong: Option<String>,
    request: RequestId,
}

/// Which template a new programme is to have.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct OfTemplate {
    t: String,
}

/// The form of a new programme, filled in with its template's usual terms.
pub(crate) async fn ask(visit: Visit, Query(asked): Query<OfTemplate>) -> Result<Response, Problem> {
    let template = Template::from_word(&asked.t).unwrap_or(Template::Named);
    let company = storage::directory::company(visit.db()).await?;
    let all = store::list(visit.db(), None, 200).await?;
    // An installation without a setting goes on with the BIN that it has.
    let known = all.first().and_then(|one| one.one.prefix.split_at_checked(one.one.prefix.len() - 2));
    let bin = if company.bin.is_empty() { known.map_or("", |(bin, _)| bin).to_owned() } else { company.bin };
    let free = (1..100).map(|n| format!("{n:02}"));
    let free = free.into_iter().find(|series| !all.iter().any(|one| one.one.prefix == format!("{bin}{series}")));
    let mut typed = typed_of(&template.usual());
    typed.insert("bin".to_owned(), bin);
    typed.insert("series".to_owned(), free.unwrap_or_default());
    typed.insert("length".to_owned(), "19".to_owned());
    Ok(new_view(&visit, template, &Entered::of(typed, visit.text()), visit.new_request()))
}

fn new_view(visit: &Visit, template: Template, form: &Entered, request: RequestId) -> Response {
    let (text, words) = (visit.text(), &visit.text().programmes);
    let path = format!("{PROGRAMMES}/new");
    let lengths = NUMBER_LENGTHS.map(|length| (length.to_string(), fill(words.digits, &[&length.to_string()])));
    let inputs = vec![
        form.input("name", words.name).most(NAME_MAX),
        form.input("bin", words.bin).number().most(8).more(words.bin_more),
        form.input("series", words.series).number().most(2).more(words.series_more),
        form.input("length", words.length).options(lengths),
    ];
    let terms = self::inputs(form, text);
    let page = NewView {
        shell: visit.shell(entry(visit)),
        templates: Template::ALL
            .map(|one| (link(&path, &[("t", one.word())]), template_words(one, text), one == template))
            .into(),
        path,
        back: PROGRAMMES,
        template: template.word(),
        wrong: wrong_count(inputs.iter().chain(&terms), text),
        inputs,
        terms,
        request,
    };
    render(&page).into_response()
}

/// Keeps a draft and proposes to open it.
pub(crate) async fn make(visit: Visit, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let request = typed.get("request").and_then(|one| RequestId::parse(one)).ok_or(Problem::BadForm)?;
    let template = typed.get("template").and_then(|word| Template::from_word(word)).ok_or(Problem::BadForm)?;
    let words = &visit.text().programmes;
    let mut form = Entered::of(typed, visit.text());
    let name = form.take("name", |typed| directory::name(typed, NAME_MAX));
    let bin = form.get("bin").trim().to_owned();
    if Bin::parse(&bin).is_none() {
        form.refuse("bin", words.no_bin.to_owned());
    }
    let series = programme::series(form.get("series").trim()).unwrap_or_default();
    if series.is_empty() {
        form.refuse("series", words.wrong_series.to_owned());
    }
    let number_length = form.get("length").parse().ok().filter(|length| NUMBER_LENGTHS.contains(length));
    let number_length = number_length.ok_or(Problem::BadForm)?;
    let terms = terms_of(&visit, &mut form, template).await?;
    if !form.is_sound() {
        return Ok(new_view(&visit, template, &form, request));
    }
    let entry = visit.session.entry("programme_created", "", &name);
    let status = ProgrammeStatus::Draft;
    let new = NewProgramme { id: None, name, bin, series, number_length, template, status, terms: terms.clone() };
    match store::create(visit.db(), new, Some(entry), visit.session.now).await? {
        Created::Done(programme) => {
            let payload = Payload::Programme(ProgrammeAct::Opening { programme, terms });
            places::propose(&visit, payload, request, &programme_link(programme)).await
        }
        Created::SeriesTaken(other) => {
            form.refuse("series", fill(words.series_taken, &[&other.to_string()]));
            Ok(new_view(&visit, template, &form, request))
        }
        Created::NoNumber => {
            form.refuse("name", words.no_number.to_owned());
            Ok(new_view(&visit, template, &form, request))
        }
    }
}
