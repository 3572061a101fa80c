//! Lines of the order: add by code, barcode, initials or `*3`; delete; bring back.

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use domain::ids::OrderId;
use domain::order::{LabelError, LineError, LineTerms, Typed, label_terms, line_terms, parse_typed};
use domain::product::Product;
use domain::product_request;
use domain::scan::{Quantity, Scan};
use domain::time::Timestamp;
use serde::Deserialize;
use storage::draft::{self, DraftError, NewLine, Scope};
use storage::in_store;
use storage::product::{self, Listed};
use storage::product_request as requests;

use crate::Visit;
use crate::sale::pay;
use crate::sale::screen::{Wanted, scope};
use crate::sale::trouble::Trouble;
use web_kit::Web;
use web_kit::flash::Flash;
use web_kit::link::link;
use web_kit::problem::Problem;

/// Longer than any code, barcode or name that people type.
const CODE_MAX: usize = 100;

/// What the entry form sends; a scan sends only code, scan, rid, order and changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AddFields {
    pub(crate) order: String,
    pub(crate) changed: String,
    pub(crate) code: String,
    pub(crate) price: String,
    pub(crate) qty: String,
    /// The product for which price and quantity were filled in.
    pub(crate) picked: String,
    pub(crate) scan: String,
    pub(crate) rid: String,
}

impl AddFields {
    /// Back to the page with the reason and what was typed. `in_hand` is the product that price and quantity are for.
    pub(crate) fn refuse(&self, web: &Web, trouble: Trouble, in_hand: &str) -> Response {
        self.refuse_with(web, trouble, in_hand, "")
    }

    /// The same about a product: of a recalled one it says why.
    fn refuse_product(&self, web: &Web, trouble: Trouble, product: &Product) -> Response {
        self.refuse_with(web, trouble, &product.code, product.recalled.as_deref().unwrap_or_default())
    }

    fn refuse_with(&self, web: &Web, trouble: Trouble, in_hand: &str, why: &str) -> Response {
        let wanted = match trouble {
            Trouble::NoOrder | Trouble::Abandoned => Wanted::Current,
            _ => Wanted::parse(&self.order),
        };
        Flash::new(trouble, &[&self.code, &self.price, &self.qty, in_hand, why]).redirect(web, &wanted.address())
    }

    /// The order that a line goes to: on the page of no order, the one that another window has begun meanwhile.
    pub(crate) async fn target(&self, web: &Web, scope: &Scope) -> Result<Option<OrderId>, Problem> {
        Ok(match Wanted::parse(&self.order) {
            Wanted::New => None,
            Wanted::Id(id) => Some(id),
            Wanted::Current => draft::current(&web.storage, scope).await?.map(|order| order.order.id),
        })
    }

    /// Adds the line and shows the order.
    pub(crate) async fn add(&self, visit: &Visit, scope: &Scope, line: NewLine) -> Result<Response, Problem> {
        let order = self.target(&visit.web, scope).await?;
        let (code, is_scan) = (line.listed.product.code.clone(), line.scan.is_some());
        match draft::line_add(visit.db(), scope, order, line, visit.session.now).await {
            Ok(id) if order.is_some() && self.order.is_empty() && !is_scan => {
                Ok(Flash::new(Trouble::Changed, &[]).redirect(&visit.web, &Wanted::Id(id).address()))
            }
            Ok(id) => Ok(Redirect::to(&Wanted::Id(id).address()).into_response()),
            Err(error) => {
                let (trouble, why) = Trouble::of(error)?;
                Ok(self.refuse_with(&visit.web, trouble, &code, &why))
            }
        }
    }
}

/// What became of the text in the code field.
enum Match {
    One(Box<Listed>),
    /// A package that the merchant's scale labelled.
    Package(Box<Listed>, Quantity),
    /// A label whose product the catalogue lacks.
    NoItem,
    /// Several, or a piece of a number: the picker shows them.
    Choose,
    None,
}

/// Adds what was typed or scanned. A card may come in any field: its number is sent back nowhere.
pub(crate) async fn add(visit: Visit, Form(form): Form<AddFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    for text in [&form.code, &form.price, &form.qty, &form.picked] {
        let scan = visit.session.scan(text);
        if let Some(answer) = pay::card_elsewhere(&visit, form.order.parse().ok().map(OrderId), &scan).await? {
            return Ok(answer);
        }
    }
    let (quantity, code) = match parse_typed(&form.code) {
        Err(_) => return Ok(form.refuse(&visit.web, Trouble::Star, "")),
        Ok(Typed::Quantity(quantity)) => {
            return set_quantity(&visit.web, &scope, &form, quantity, visit.session.now).await;
        }
        Ok(Typed::Product { quantity, code }) => (quantity, code),
    };
    if code.is_empty() {
        return Ok(form.refuse(&visit.web, Trouble::Empty, ""));
    }
    let scan = visit.session.scan(&code);
    if let Scan::TraceCode(_) = scan {
        return Ok(form.refuse(&visit.web, Trouble::TraceCode, ""));
    }
    let (listed, label) = match match_code(&visit, &scope, &code, &scan, !form.scan.is_empty()).await? {
        Match::One(listed) => (*listed, None),
        Match::Package(listed, label) => (*listed, Some(label)),
        Match::NoItem => return Ok(form.refuse(&visit.web, Trouble::NoItem, "")),
        Match::None => return Ok(form.refuse(&visit.web, not_found(&visit, &scope, &scan).await?, "")),
        Match::Choose => {
            let count = quantity.map(|n| n.to_string()).unwrap_or_default();
            let fields = [("q", code.as_str()), ("order", &form.order), ("qty", &count), ("choose", "1")];
            return Ok(Redirect::to(&link("/sale/picker", &fields)).into_response());
        }
    };
    let count = quantity.map(|n| n.to_string());
    let in_hand = form.picked.is_empty() || form.picked == listed.product.code;
    // Price and quantity of a product that was put down again do not go to another one.
    let (price, typed) = if in_hand { (form.price.as_str(), form.qty.as_str()) } else { ("", "") };
    let count = count.as_deref().unwrap_or(typed);
    let terms = match label {
        Some(label) => label_terms(&listed.product, &listed.unit, label, count),
        None => line_terms(&listed.product, price, count).map_err(LabelError::Line),
    };
    match terms {
        Ok(terms) => ring_up(&visit, &scope, &form, weighed(listed, label), terms).await,
        Err(LabelError::Line(LineError::PriceMissing)) if form.picked.is_empty() => {
            let fields = [("order", form.order.as_str()), ("pick", &listed.product.code), ("qty", count)];
            Ok(Redirect::to(&link("/sale", &fields)).into_response())
        }
        Err(error) => Ok(form.refuse_product(&visit.web, error.into(), &listed.product)),
    }
}

async fn ring_up(
    visit: &Visit,
    scope: &Scope,
    form: &AddFields,
    listed: Listed,
    terms: LineTerms,
) -> Result<Response, Problem> {
    if terms.needs_manager {
        let (price, quantity) = (terms.price.plain(), terms.quantity.to_string());
        let fields =
            [("order", form.order.as_str()), ("code", &listed.product.code), ("price", &price), ("qty", &quantity)];
        return Ok(Redirect::to(&link("/sale/price", &fields)).into_response());
    }
    let scan = Some(form.rid.chars().take(CODE_MAX).collect()).filter(|rid: &String| !rid.is_empty());
    form.add(visit, scope, NewLine { listed, terms, confirmed_by: None, scan }).await
}

/// The product with the weight of the package after its pack, as line and slip show it.
fn weighed(mut listed: Listed, label: Option<Quantity>) -> Listed {
    if let Some(Quantity::Grams(grams)) = label {
        let pack = std::mem::take(&mut listed.product.spec);
        listed.product.spec = if pack.is_empty() { format!("{grams}g") } else { format!("{pack} {grams}g") };
    }
    listed
}

async fn match_code(visit: &Visit, scope: &Scope, code: &str, scan: &Scan, scanned: bool) -> Result<Match, Problem> {
    let db = visit.db();
    let mut exact = product::find_first(db, scope.lists, scan.candidates()).await?;
    if exact.len() > 1 {
        return Ok(Match::Choose);
    }
    if let Some(listed) = exact.pop() {
        return Ok(Match::One(Box::new(listed)));
    }
    if scan.may_be_measured()
        && let Scan::Measured(label) = visit.session.scan_with(code, in_store::labels(db, scope.merchant).await?)
    {
        let items = label.items();
        let found = product::find_first(db, scope.lists, items.clone()).await?;
        // The scale knows the product's code; a barcode that happens to be as short is another product's.
        let listed = found.into_iter().find(|listed| items.contains(&listed.product.code));
        return Ok(listed.map_or(Match::NoItem, |listed| Match::Package(Box::new(listed), label.quantity)));
    }
    if scanned || code.chars().count() > CODE_MAX {
        return Ok(Match::None);
    }
    let mut hits = product::search(db, scope.lists, code, "", 2).await?;
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    match (hits.total, hits.rows.pop()) {
        (0, _) | (_, None) => Ok(Match::None),
        // A piece of a code or barcode may be a slip of the finger: it never rings anything up by itself.
        (1, Some(listed)) if !digits => Ok(Match::One(Box::new(listed))),
        _ => Ok(Match::Choose),
    }
}

/// Why there is no product: the card company may have been asked for it already.
async fn not_found(visit: &Visit, scope: &Scope, scan: &Scan) -> Result<Trouble, Problem> {
    let Some(code) = product_request::code(scan) else { return Ok(Trouble::NotFound) };
    let waits = requests::waits(visit.db(), scope.outlet, code).await?;
    Ok(if waits { Trouble::RequestWaits } else { Trouble::NotFound })
}

async fn set_quantity(
    web: &Web,
    scope: &Scope,
    form: &AddFields,
    quantity: i64,
    now: Timestamp,
) -> Result<Response, Problem> {
    let Some(order) = form.target(web, scope).await? else {
        return Ok(form.refuse(web, Trouble::NoLine, ""));
    };
    let seen = Timestamp(form.changed.parse().unwrap_or(0));
    let done = draft::line_quantity(&web.storage, scope, order, quantity, seen, now).await;
    Ok(match done.map_err(Trouble::of) {
        Ok(()) => Redirect::to(&Wanted::Id(order).address()).into_response(),
        Err(trouble) => {
            let (trouble, why) = trouble?;
            form.refuse_with(web, trouble, "", &why)
        }
    })
}

/// What the buttons at a line send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LineFields {
    order: String,
    line: String,
}

/// Deletes a line; the bar to bring it back stays for ten seconds.
pub(crate) async fn void(visit: Visit, Form(form): Form<LineFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    let (order, line) = form.read();
    let done = draft::line_void(visit.db(), &scope, order, line, visit.session.now).await;
    form.answer(&visit.web, done)
}

/// Brings a deleted line back.
pub(crate) async fn undo(visit: Visit, Form(form): Form<LineFields>) -> Result<Response, Problem> {
    let scope = scope(&visit.session)?;
    let (order, line) = form.read();
    let done = draft::line_undo(visit.db(), &scope, order, line, visit.session.now).await;
    form.answer(&visit.web, done)
}

impl LineFields {
    /// Text that is no number becomes 0, which never exists.
    fn read(&self) -> (OrderId, i64) {
        (OrderId(self.order.parse().unwrap_or(0)), self.line.parse().unwrap_or(0))
    }

    fn answer(&self, web: &Web, done: Result<(), DraftError>) -> Result<Response, Problem> {
        let form = AddFields { order: self.order.clone(), ..AddFields::default() };
        Ok(match done.map_err(Trouble::of) {
            Ok(()) => Redirect::to(&Wanted::parse(&self.order).address()).into_response(),
            Err(trouble) => {
                let (trouble, why) = trouble?;
                form.refuse_with(web, trouble, "", &why)
            }
        })
    }
}
