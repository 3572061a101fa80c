//! 订单查询: orders of the store by day, card, number, state and goods; what each came to, and the totals of all of them.
//!
//! The whole question is in the address, so that it can be kept, sent and gone back to; it holds nothing secret, four
//! digits of a card at most.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::batch::Tally;
use domain::ids::{OrderId, TransactionId};
use domain::money::half_width;
use domain::order::OrderStatus;
use domain::scan::{normal_form, receipt_readings};
use domain::time::{BusinessDate, HOUR, Timestamp};
use serde::Deserialize;
use storage::Storage;
use storage::StorageError;
use storage::archive;
use storage::orders::{self, Cursor, Filter, Listed, OrderPage, Period, Sort, StateFilter, Totals};
use storage::session::Store;

use crate::orders::detail::{Standing, Steps, holder, meaning, standing, steps};
use crate::text::Text;
use crate::{Shell, Visit};
use web_kit::link::link;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::text::fill;

/// Orders on a page.
const ROWS: usize = 50;

/// Days of a question, at most.
const DAYS_MAX: i32 = 31;

/// Days that can be asked for; before and after them nothing was ever sold.
const DAYS: std::ops::RangeInclusive<i32> = 20_000_101..=20_991_231;

/// Digits of a reference number.
const REFERENCE_DIGITS: usize = 12;

/// Fewest digits of the end of an order number; fewer are a voucher number only.
const NUMBER_END_MIN: usize = 4;

/// Digits of a whole order number: the day, and a count of at least four digits.
const NUMBER_DIGITS: std::ops::Range<usize> = 10..REFERENCE_DIGITS;

/// Letters in the field for goods.
const PRODUCT_MAX: usize = 50;

web_kit::said! {
    /// Why there is no file.
    pub(crate) enum Said {
        /// More orders than a file can hold; value: how many it can.
        TooMany = "too_many",
    }
}

/// What the address asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Question {
    from: String,
    to: String,
    /// The card's last four digits.
    card: String,
    /// Order, reference or voucher number.
    no: String,
    status: String,
    /// Goods.
    q: String,
    sort: String,
    /// The page below this order.
    below: String,
    /// The page above this order.
    above: String,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    From,
    To,
    Card,
    Number,
    Status,
    Product,
}

/// Why a question cannot be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong {
    field: Field,
    message: &'static str,
}

impl Question {
    /// With the day filled in where none is given: today, or the other end.
    pub(crate) fn settled(mut self, today: BusinessDate) -> Self {
        for text in [&mut self.from, &mut self.to, &mut self.card, &mut self.q] {
            *text = text.trim().chars().map(half_width).collect();
        }
        self.no = plain_number(&self.no);
        match (self.from.is_empty(), self.to.is_empty()) {
            (true, true) => (self.from, self.to) = (today.to_string(), today.to_string()),
            (true, false) => self.from.clone_from(&self.to),
            (false, true) => self.to = today.to_string(),
            (false, false) => {}
        }
        self
    }

    /// The address of `path` with this question, beginning below or above an order.
    pub(crate) fn address(&self, path: &str, below: &str, above: &str) -> String {
        let (from, to, card, no) = (self.from.as_str(), self.to.as_str(), self.card.as_str(), self.no.as_str());
        let fields = [("from", from), ("to", to), ("card", card), ("no", no), ("status", self.status.as_str())];
        let sort = self.sort.as_str();
        let rest = [("q", self.q.as_str()), ("sort", sort), ("below", below), ("above", above)];
        link(path, &[fields.as_slice(), rest.as_slice()].concat())
    }

    /// For the audit log.
    pub(crate) fn summary(&self) -> String {
        let Self { from, to, card, no, status, q, .. } = self;
        format!("{from} to {to}, card {card:?}, number {no:?}, status {status:?}, goods {q:?}")
    }

    fn cursor(&self) -> Cursor {
        let order = |text: &str| text.parse().ok().map(OrderId);
        match (order(&self.below), order(&self.above)) {
            (Some(below), _) => Cursor::Below(below),
            (None, Some(above)) => Cursor::Above(above),
            (None, None) => Cursor::Top,
        }
    }

    /// The question, or what is wrong with it. Of a settled one.
    pub(crate) fn read(&self, shop: &Store, text: &'static Text) -> Result<Filter, Wrong> {
        let words = &text.orders;
        let wrong = |field, message| Wrong { field, message };
        let period = self.period(text)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(self.card.is_empty() || (self.card.len() == 4 && digits(&self.card))) {
            return Err(wrong(Field::Card, words.last_four_bad));
        }
        if !(self.no.is_empty() || (self.no.len() <= REFERENCE_DIGITS && digits(&self.no))) {
            return Err(wrong(Field::Number, words.number_bad));
        }
        if self.q.chars().count() > PRODUCT_MAX {
            return Err(wrong(Field::Product, words.product_long));
        }
        let state = match self.status.as_str() {
            "" => Some(StateFilter::All),
            word => StateFilter::from_word(word),
        };
        let reference = (self.no.len() == REFERENCE_DIGITS).then(|| self.no.parse().ok().map(TransactionId)).flatten();
        let no_end = reference.is_some() || self.no.len() < NUMBER_END_MIN;
        Ok(Filter {
            merchant: shop.merchant,
            outlet: shop.outlet,
            period: (!self.names_one()).then_some(period),
            number: if no_end { String::new() } else { self.no.clone() },
            reference,
            voucher: receipt_readings(&self.no).voucher,
            last_four: self.card.clone(),
            product: self.q.clone(),
            state: state.ok_or(wrong(Field::Status, words.status_bad))?,
            sort: Sort::from_word(&self.sort).unwrap_or_default(),
        })
    }

    /// The other reading of digits that are no order number: a reference that lost its zeros in a spreadsheet.
    fn reference(&self, filter: &Filter) -> Option<Filter> {
        let reference = receipt_readings(&self.no).reference.filter(|_| filter.reference.is_none())?;
        Some(Filter { number: String::new(), reference: Some(reference), period: None, ..filter.clone() })
    }

    /// One page of what this question, whose filter is `filter`, finds, and the filter that found it.
    pub(crate) async fn find(
        &self,
        db: &Storage,
        filter: Filter,
        rows: usize,
    ) -> Result<(Filter, OrderPage), StorageError> {
        let found = orders::find(db, filter.clone(), self.cursor(), rows).await?;
        if let (true, Some(other)) = (found.rows.is_empty(), self.reference(&filter)) {
            let found = orders::find(db, other.clone(), Cursor::Top, rows).await?;
            return Ok((other, found));
        }
        Ok((filter, found))
    }

    /// The address of the same question for other days.
    fn days(&self, from: BusinessDate, to: BusinessDate) -> String {
        Self { from: from.to_string(), to: to.to_string(), ..self.clone() }.address("/orders", "", "")
    }

    /// The heading of a column by which the list can be sorted: the first word, and the other one if that is in force.
    fn heading(&self, [first, other]: [Sort; 2]) -> Heading {
        let now = Sort::from_word(&self.sort).unwrap_or_default();
        let next = if now == first { other } else { first };
        let sorted = match now {
            _ if now != first && now != other => "",
            Sort::Latest | Sort::Largest => "descending",
            Sort::Earliest | Sort::Smallest => "ascending",
        };
        let ask = Self { sort: next.word().to_owned(), ..self.clone() };
        Heading { link: ask.address("/orders", "", ""), sorted }
    }

    /// A whole number names one order, on whatever day.
    fn names_one(&self) -> bool {
        self.no.len() >= NUMBER_DIGITS.start
    }

    fn period(&self, text: &'static Text) -> Result<Period, Wrong> {
        let words = &text.orders;
        let day = |text: &str, field| {
            let day = BusinessDate::parse(&text.replace('/', "-")).filter(|day| DAYS.contains(&day.0));
            day.ok_or(Wrong { field, message: words.date_bad })
        };
        let (from, to) = (day(&self.from, Field::From)?, day(&self.to, Field::To)?);
        if from > to {
            return Err(Wrong { field: Field::From, message: words.date_order });
        }
        let days = from.date().zip(to.date()).and_then(|(from, to)| from.until(to).ok()).map(|span| span.get_days());
        if days.is_none_or(|days| days >= DAYS_MAX) {
            return Err(Wrong { field: Field::From, message: words.range });
        }
        Ok(Period { from, to })
    }
}

/// What was typed, pasted or scanned as a number: digits without what scanners and spreadsheets put around them.
fn plain_number(text: &str) -> String {
    let plain = normal_form(text);
    let plain = plain.trim_matches(['=', '"', '\'', ' ']);
    let digits = plain.bytes().all(|byte| byte.is_ascii_digit());
    let reference = receipt_readings(plain).reference.filter(|_| !digits);
    reference.map_or_else(|| plain.to_owned(), TransactionId::rrn)
}

/// A heading that sorts.
struct Heading {
    link: String,
    /// How the list is sorted by it now, empty if it is not.
    sorted: &'static str,
}

/// A link to a usual choice of days.
struct Days {
    label: &'static str,
    link: String,
    /// It is what the list shows.
    now: bool,
}

/// Today, yesterday, seven days up to today.
fn usual_days(ask: &Question, now: Timestamp, text: &Text) -> Vec<Days> {
    let ago = |days: i64| now.plus(-24 * HOUR * days).business_date();
    let words = &text.orders;
    [(words.today, 0, 0), (words.yesterday, 1, 1), (words.seven_days, 6, 0)]
        .into_iter()
        .map(|(label, from, to)| {
            let (from, to) = (ago(from), ago(to));
            let now = ask.from == from.to_string() && ask.to == to.to_string();
            Days { label, link: ask.days(from, to), now }
        })
        .collect()
}

#[derive(Template)]
#[template(path = "orders/list.html")]
struct View {
    shell: Shell,
    ask: Question,
    wrong: Option<Wrong>,
    /// Word, label.
    statuses: Vec<(&'static str, &'static str)>,
    days: Vec<Days>,
    /// Headings of time and amount.
    by_time: Heading,
    by_amount: Heading,
    rows: Vec<RowView>,
    /// What to say when there are none.
    none: &'static str,
    any_day: bool,
    /// What is not listed because it is archived.
    archived: Option<String>,
    sums: Vec<String>,
    page_of: String,
    previous: Option<String>,
    next: Option<String>,
    exports: Option<(String, String)>,
    said: Option<String>,
}

impl View {
    fn error(&self, field: &str) -> Option<&'static str> {
        let wrong = self.wrong?;
        let name = match wrong.field {
            Field::From => "from",
            Field::To => "to",
            Field::Card => "card",
            Field::Number => "no",
            Field::Status => "status",
            Field::Product => "q",
        };
        (name == field).then_some(wrong.message)
    }
}

/// A line of the list.
struct RowView {
    number: String,
    link: String,
    /// The day, when the list has more than one.
    day: Option<String>,
    time: String,
    card: String,
    holder: String,
    kind: &'static str,
    amount: String,
    standing: Standing,
    code: &'static str,
    meaning: String,
    steps: Steps,
    /// Its outcome is not known.
    flag: bool,
}

/// The list. Without a question: today's.
pub(crate) async fn show(visit: Visit, Query(ask): Query<Question>) -> Result<Response, Problem> {
    let (shop, text, now) = (visit.session.store()?.clone(), visit.text(), visit.session.now);
    let ask = ask.settled(now.business_date());
    let (found, wrong) = match ask.read(&shop, text) {
        Ok(filter) => (Some(ask.find(visit.db(), filter, ROWS).await?), None),
        Err(wrong) => (None, Some(wrong)),
    };
    let said = visit.flash.said().map(|said| match said {
        Said::TooMany => fill(text.orders.too_many, &[visit.flash.value(0)]),
    });
    let statuses = StateFilter::ALL.into_iter().map(|state| (state.word(), state_word(state, text))).collect();
    let named = found.as_ref().is_some_and(|(filter, found)| filter.period.is_none() && !found.rows.is_empty());
    let any_day = wrong.is_none() && (ask.names_one() || named);
    let several_days = any_day || ask.from != ask.to;
    let archived = archive::archived_until(visit.db()).await?.map(|day| day.to_string());
    let archived = archived.filter(|day| wrong.is_none() && (any_day || ask.from <= *day));
    let mut view = View {
        none: if any_day { text.orders.none_named } else { text.orders.none },
        shell: visit.shell("/orders"),
        wrong,
        statuses,
        days: usual_days(&ask, now, text),
        by_time: ask.heading([Sort::Latest, Sort::Earliest]),
        by_amount: ask.heading([Sort::Largest, Sort::Smallest]),
        rows: Vec::new(),
        any_day,
        archived: archived.map(|day| fill(text.orders.archived, &[&day])),
        sums: Vec::new(),
        page_of: String::new(),
        previous: None,
        next: None,
        exports: None,
        said,
        ask,
    };
    if let Some((_, found)) = found {
        fill_in(&mut view, &found, text);
        let row = |order: &Listed| row(order, &visit.session, several_days, now, text);
        view.rows = found.rows.iter().map(row).collect();
    }
    Ok(render(&view).into_response())
}

/// Totals, and the ways to the other pages.
fn fill_in(view: &mut View, found: &OrderPage, text: &'static Text) {
    let Totals { count, .. } = found.totals;
    let (Some(first), Some(last)) = (found.rows.first(), found.rows.last()) else { return };
    let rows = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let pages = (count + rows - 1) / rows;
    // A page that was reached from below may begin amid one counted from the top.
    let page = (found.before + rows - 1) / rows + 1;
    let shown = i64::try_from(found.rows.len()).unwrap_or(i64::MAX);
    let ask = &view.ask;
    view.previous = (found.before > 0).then(|| ask.address("/orders", "", &first.id.to_string()));
    view.next = (found.before + shown < count).then(|| ask.address("/orders", &last.id.to_string(), ""));
    view.page_of = fill(text.orders.page, &[&page.to_string(), &pages.max(page).to_string()]);
    view.exports = Some((ask.address("/orders/export.csv", "", ""), ask.address("/orders/export.xlsx", "", "")));
    view.sums = sums(&found.totals, text);
}

fn sums(totals: &Totals, text: &'static Text) -> Vec<String> {
    let words = &text.orders;
    let tally = |word, one: Tally| fill(words.total_tally, &[word, &one.count.to_string(), &one.sum.to_string()]);
    let mut sums = vec![
        fill(words.total, &[&totals.count.to_string()]),
        tally(text.batch.sales, totals.sales),
        tally(text.batch.refunds, totals.refunds),
        tally(text.batch.voids, totals.undone),
    ];
    // The card company's: rare at a till.
    if totals.disputes.count > 0 {
        sums.insert(3, tally(words.disputed, totals.disputes));
    }
    sums.push(fill(words.total_net, &[text.batch.net, &totals.net().to_string()]));
    if totals.failed > 0 {
        sums.push(fill(words.total_failed, &[&totals.failed.to_string()]));
    }
    sums
}

fn row(order: &Listed, session: &Session, several_days: bool, now: Timestamp, text: &'static Text) -> RowView {
    let at = order.at();
    let amount = order.decisive.as_ref().filter(|_| order.status == OrderStatus::Abandoned);
    let (code, meaning) = meaning(order, text);
    // The status has said what 00 means.
    let meaning = if order.status.was_charged() { String::new() } else { meaning };
    RowView {
        number: order.number.clone(),
        link: format!("/orders/{}", order.id),
        day: several_days.then(|| at.business_date().to_string()),
        time: at.time_text(),
        card: card(order),
        holder: holder(order, text),
        kind: text.pay.sale,
        amount: amount.map_or(order.total, |sale| sale.amount).to_string(),
        standing: standing(order, now, text),
        code,
        meaning,
        steps: steps(order, session, now),
        flag: order.open_attempt.is_some(),
    }
}

/// The card as it may be seen.
pub(crate) fn card(order: &Listed) -> String {
    let open = order.open_attempt.as_ref().map(|(_, masked)| domain::card_number::MaskedCard(masked.clone()));
    let masked = open.or_else(|| order.decisive.as_ref().map(|sale| sale.masked.clone()));
    masked.map_or_else(|| "\u{2014}".to_owned(), |masked| masked.grouped())
}

fn state_word(state: StateFilter, text: &'static Text) -> &'static str {
    let words = &text.orders;
    match state {
        StateFilter::All => words.all,
        StateFilter::Charged => words.charged,
        StateFilter::Failed => words.failed,
        StateFilter::Unknown => words.unknown,
        StateFilter::RefundPending => words.refund_pending,
        StateFilter::Refunded => words.gave_back,
        StateFilter::Voided => words.voided,
        StateFilter::Unpaid => words.unpaid,
    }
}

#[cfg(test)]
mod tests {
    use web_kit::text::{Lang, Words as _};

    use super::*;

    fn asked(from: &str, to: &str) -> Question {
        let ask = Question { from: from.to_owned(), to: to.to_owned(), ..Question::default() };
        ask.settled(BusinessDate(20_261_123))
    }

    #[test]
    fn without_days_it_is_today() {
        for (from, to, expected) in [
            ("", "", ("2026-11-23", "2026-11-23")),
            ("2026-11-20", "", ("2026-11-20", "2026-11-23")),
            ("", "2026-11-20", ("2026-11-20", "2026-11-20")),
        ] {
            let ask = asked(from, to);
            assert_eq!((ask.from.as_str(), ask.to.as_str()), expected);
        }
    }

    #[test]
    fn a_period_has_31_days_at_most() {
        let text = Text::of(Lang::En);
        let message = |from, to| asked(from, to).period(text).err().map(|wrong| wrong.message);
        assert_eq!(message("2026-10-24", "2026-11-23"), None);
        assert_eq!(message("2026-10-23", "2026-11-23"), Some(text.orders.range));
        assert_eq!(message("2026-11-23", "2026-11-22"), Some(text.orders.date_order));
        assert_eq!(message("2026/11/20", "2026-11-23"), None);
        for bad in ["x", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31", "-2026-01-01", "20261123x"] {
            assert_eq!(message(bad, "2026-11-23"), Some(text.orders.date_bad), "{bad}");
        }
    }

    #[test]
    fn the_question_survives_its_address() {
        let ask = Question { q: "a&b".to_owned(), card: "5678".to_owned(), ..asked("", "") };
        assert_eq!(ask.address("/orders", "7", ""), "/orders?from=2026-11-23&to=2026-11-23&card=5678&q=a%26b&below=7");
    }
}
