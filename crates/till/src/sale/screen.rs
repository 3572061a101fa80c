//! The sale page: ring up goods, take the card payment.
//!
//! The left column is the order at hand ([`SaleView`]); the right column is the payment's. Dialogs of other pages
//! (picker, price, payment) extend the template and lie over it: [`load`] gives them what it shows.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use domain::ids::OrderId;
use domain::order::OrderStatus;
use domain::product::OTHER_CODE;
use domain::product_request::RequestStatus;
use serde::Deserialize;
use storage::draft::{Cart, FullOrder, Line, Scope, UNDO_SHOWN};
use storage::product::{self, Listed};
use storage::product_request::Told;
use storage::till::{self, AtHand};

use crate::sale::hold::Said;
use crate::sale::panel::{self, Panel, Right};
use crate::sale::request;
use crate::sale::trouble::{Field, Trouble};
use crate::text::Text;
use crate::{Shell, Visit};
use domain::time::Timestamp;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::session::Session;
use web_kit::text::fill;

/// Which order a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The till's current one.
    Current,
    /// One that begins with its first line.
    New,
    /// This one.
    Id(OrderId),
}

impl Wanted {
    /// Reads the `order` of an address or form; text that is no id becomes 0, which never exists.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "" => Self::Current,
            "new" => Self::New,
            id => Self::Id(OrderId(id.parse().unwrap_or(0))),
        }
    }

    /// The sale page with this order.
    pub(crate) fn address(self) -> String {
        match self {
            Self::Current => "/sale".to_owned(),
            Self::New => "/sale?order=new".to_owned(),
            Self::Id(id) => format!("/sale?order={id}"),
        }
    }
}

/// The sale page's own part of an answer.
pub(crate) struct SaleView {
    /// What forms send as `order`: an id, `new`, or nothing.
    pub(crate) order: String,
    /// Its number, once there is one.
    pub(crate) number: Option<String>,
    /// What forms send as `changed`: the change that this page shows.
    pub(crate) changed: i64,
    /// A payment without known outcome locks it.
    pub(crate) locked: bool,
    /// Lines may be added and deleted.
    pub(crate) editable: bool,
    /// A line is of a recalled product, which stops the payment.
    pub(crate) recalled: bool,
    pub(crate) lines: Vec<LineView>,
    pub(crate) count: String,
    pub(crate) total: String,
    /// What a screen reader says after a change.
    pub(crate) last_line: Option<String>,
    pub(crate) undo: Option<Undo>,
    pub(crate) carts: Vec<CartView>,
    /// Answers of the card company to what this till asked for.
    pub(crate) answers: Vec<AnswerView>,
    pub(crate) entry: Entry,
    /// Message of the last step that went well.
    pub(crate) said: Option<String>,
    /// Id of the order that can still be changed, empty when there is none.
    pub(crate) draft: String,
    /// The right column.
    pub(crate) pay: Right,
    /// The field with the cursor; none under a dialog.
    pub(crate) focus: Option<Field>,
}

impl SaleView {
    /// Whether the cursor goes to this field, for the template.
    pub(crate) fn focus_on(&self, field: &str) -> bool {
        match self.focus {
            Some(Field::Code) => field == "code",
            Some(Field::Price) => field == "price",
            Some(Field::Quantity) => field == "quantity",
            None => false,
        }
    }

    /// Lines can be deleted: the order is stored, not paid and not locked.
    pub(crate) fn can_delete(&self) -> bool {
        !self.draft.is_empty() && !self.locked
    }
}

/// A line of the order.
#[derive(Clone, Debug)]
pub(crate) struct LineView {
    pub(crate) line: i64,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) spec: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    pub(crate) amount: String,
    pub(crate) note: Option<String>,
    /// Its product is recalled.
    pub(crate) recalled: bool,
    /// The buyer's identity card is to be looked at.
    pub(crate) id_check: bool,
    /// Its product has another price now.
    pub(crate) updated: bool,
    pub(crate) delete: String,
}

/// The bar that brings a deleted line back.
#[derive(Clone, Debug)]
pub(crate) struct Undo {
    pub(crate) line: i64,
    pub(crate) text: String,
    /// Milliseconds for which it is still shown.
    pub(crate) left: i64,
}

/// Another unpaid order of the till.
#[derive(Clone, Debug)]
pub(crate) struct CartView {
    pub(crate) id: OrderId,
    pub(crate) text: String,
    pub(crate) take: String,
    pub(crate) tag: Option<&'static str>,
}

/// An answer to what the till asked for.
#[derive(Clone, Debug)]
pub(crate) struct AnswerView {
    pub(crate) id: i64,
    pub(crate) text: String,
    /// What the button that puts it away is called.
    pub(crate) seen: String,
}

/// The entry form as it was left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) code: String,
    pub(crate) price: String,
    pub(crate) quantity: String,
    pub(crate) picked: Option<Picked>,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) message: String,
    /// Where the card company is asked for the product that the catalogue lacks.
    pub(crate) request: Option<String>,
}

impl Entry {
    fn error_at(&self, field: Field) -> bool {
        self.trouble.is_some_and(|trouble| trouble.field() == field)
    }

    /// Whether the message belongs to the code field.
    pub(crate) fn code_error(&self) -> bool {
        self.error_at(Field::Code)
    }

    /// Whether the message belongs to the price.
    pub(crate) fn price_error(&self) -> bool {
        self.error_at(Field::Price)
    }

    /// Whether the message belongs to the quantity.
    pub(crate) fn quantity_error(&self) -> bool {
        self.error_at(Field::Quantity)
    }

    /// Whether to offer the product that stands for those the catalogue lacks.
    pub(crate) fn offers_other(&self) -> bool {
        matches!(self.trouble, Some(Trouble::NotFound | Trouble::RequestWaits | Trouble::RequestsFull))
    }
}

/// The product in hand, not yet added.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) spec: String,
    /// It is 699999, which the card company sees as such.
    pub(crate) other: bool,
}

#[derive(Template)]
#[template(path = "sale/screen.html")]
struct View {
    shell: Shell,
    sale: SaleView,
}

/// What the address of the page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Params {
    order: String,
    /// Product to take in hand.
    pick: String,
    /// So many of it.
    qty: String,
    /// What concerns the right column.
    #[serde(flatten)]
    column: panel::Params,
}

/// The page with the order asked for, the till's current one by default.
pub(crate) async fn show(visit: Visit, Query(params): Query<Params>) -> Result<Response, Problem> {
    let wanted = Wanted::parse(&params.order);
    let panel = Panel::Recorded(params.column.clone());
    let mut sale = match load_with(&visit, wanted, panel).await? {
        Ok(sale) => sale,
        Err(trouble) => return Ok(Flash::new(trouble, &[]).redirect(&visit.web, "/sale")),
    };
    if !params.pick.is_empty() && sale.editable {
        let found = product::find(visit.db(), visit.session.store()?.lists, &params.pick).await?;
        take_in_hand(&mut sale, found.into_iter().next(), &params, visit.text());
    }
    Ok(render(&View { shell: visit.shell("/sale"), sale }).into_response())
}

/// The page of `order`, or of the current one, with `panel` in the right column: the answer to a payment's form.
pub(crate) async fn with_panel(visit: &Visit, order: Option<OrderId>, panel: Panel) -> Result<Response, Problem> {
    let wanted = order.map_or(Wanted::Current, Wanted::Id);
    match load_with(visit, wanted, panel).await? {
        Ok(sale) => Ok(render(&View { shell: visit.shell("/sale"), sale }).into_response()),
        Err(trouble) => Ok(Flash::new(trouble, &[]).redirect(&visit.web, "/sale")),
    }
}

/// Where a form's address is read by mistake, as after signing in again or by a reload: back to the page.
pub(crate) async fn back() -> Response {
    axum::response::Redirect::to("/sale").into_response()
}

/// The till that the session works at.
pub(crate) fn scope(session: &Session) -> Result<Scope, Problem> {
    let (shop, till) = (session.store()?, session.till()?);
    Ok(Scope {
        merchant: shop.merchant,
        outlet: shop.outlet,
        lists: shop.lists,
        terminal: till.terminal,
        person: session.person,
        address: session.client.address.clone(),
    })
}

/// Everything the page shows. `Err` when there is no such order, or it was given up; the current order then is what to
/// show.
pub(crate) async fn load(visit: &Visit, wanted: Wanted) -> Result<Result<SaleView, Trouble>, Problem> {
    load_with(visit, wanted, Panel::Recorded(panel::Params::default())).await
}

async fn load_with(visit: &Visit, wanted: Wanted, panel: Panel) -> Result<Result<SaleView, Trouble>, Problem> {
    let (scope, text) = (scope(&visit.session)?, visit.text());
    let at_hand = match wanted {
        Wanted::New => AtHand::None,
        Wanted::Current => AtHand::Current,
        Wanted::Id(id) => AtHand::This(id),
    };
    let till = till::till(visit.db(), &scope, at_hand, panel.is_about_record(), panel::ROWS, visit.session.now).await?;
    match (&till.order, wanted) {
        (None, Wanted::Id(_)) => return Ok(Err(Trouble::NoOrder)),
        (Some(order), Wanted::Id(_)) if order.order.status == OrderStatus::Abandoned => {
            return Ok(Err(Trouble::Abandoned));
        }
        _ => {}
    }
    let pay = panel::right(visit, &till, panel).await?;
    let mut sale = view(till.order.as_ref(), wanted, visit.session.now, text, pay);
    sale.carts = till.carts.into_iter().map(|cart| cart_view(&cart, text)).collect();
    sale.answers = till.answers.iter().map(|told| answer_view(told, text)).collect();
    explain(visit, &mut sale, text).await?;
    Ok(Ok(sale))
}

fn view(order: Option<&FullOrder>, wanted: Wanted, now: Timestamp, text: &'static Text, pay: Right) -> SaleView {
    let words = &text.sale;
    let unpaid = order.filter(|order| order.order.status == OrderStatus::Draft);
    let locked = unpaid.is_some_and(|order| order.order.attempt.is_some());
    let id = unpaid.map_or(String::new(), |order| order.order.id.to_string());
    let lines: Vec<&Line> = order.map_or(Vec::new(), |order| order.live().collect());
    let total = order.map_or(domain::money::Fen::ZERO, |order| order.order.total);
    let number = order.map(|order| order.number.clone());
    let (kinds, pieces) = order.map_or((0, 0), |order| (order.kinds(), order.pieces()));
    let last = lines.last().filter(|_| unpaid.is_some());
    SaleView {
        // After a paid order, and where one is asked for, the next line begins a new one.
        order: if id.is_empty() && (order.is_some() || wanted == Wanted::New) { "new".to_owned() } else { id.clone() },
        number,
        changed: order.map_or(0, |order| order.changed_at.0),
        locked,
        editable: !locked,
        recalled: order.is_some_and(FullOrder::stops_payment),
        count: fill(words.count, &[&kinds.to_string(), &pieces.to_string()]),
        total: total.to_string(),
        last_line: last
            .map(|line| fill(words.last_line, &[&line.name, &line.quantity.to_string(), &total.to_string()])),
        undo: unpaid.filter(|_| !locked).and_then(|order| undo(order, now, text)),
        draft: id,
        focus: (!pay.focused()).then_some(Field::Code),
        pay,
        lines: lines.into_iter().map(|line| line_view(line, unpaid.is_some(), text)).collect(),
        carts: Vec::new(),
        answers: Vec::new(),
        entry: Entry { quantity: "1".to_owned(), ..Entry::default() },
        said: None,
    }
}

fn line_view(line: &Line, unpaid: bool, text: &'static Text) -> LineView {
    let words = &text.sale;
    let updated = line.updated_price().filter(|_| unpaid);
    let list = line.list_price.filter(|list| *list != line.price).map(|list| list.to_string());
    let note = match list {
        _ if line.recalled.is_some() => line.recalled.as_ref().map(|why| fill(words.recalled_note, &[why])),
        _ if line.code == OTHER_CODE => Some(words.other_note.to_owned()),
        _ if updated.is_some() => updated.map(|now| fill(words.updated_note, &[&now.to_string()])),
        Some(list) if line.confirmed_by.is_some() => Some(fill(words.confirmed_note, &[&list])),
        Some(list) => Some(fill(words.changed_note, &[&list])),
        None => None,
    };
    LineView {
        line: line.line,
        code: line.code.clone(),
        name: line.name.clone(),
        spec: line.spec.clone(),
        price: line.price.to_string(),
        quantity: line.quantity,
        amount: line.amount.to_string(),
        note,
        recalled: line.recalled.is_some(),
        id_check: line.id_check,
        updated: updated.is_some(),
        delete: fill(words.delete_of, &[&line.name]),
    }
}

fn undo(order: &FullOrder, now: Timestamp, text: &'static Text) -> Option<Undo> {
    let (line, at) = order.lines.iter().filter_map(|line| Some((line, line.voided_at?))).max_by_key(|(_, at)| *at)?;
    let left = UNDO_SHOWN.saturating_sub(now.since(at)) / 1_000;
    let text = fill(text.sale.deleted, &[&line.name, &line.quantity.to_string()]);
    (left > 0).then_some(Undo { line: line.line, text, left })
}

fn cart_view(cart: &Cart, text: &'static Text) -> CartView {
    let words = &text.sale;
    let opened = cart.opened_at.in_china().strftime("%H:%M").to_string();
    CartView {
        id: cart.id,
        text: fill(words.cart_line, &[&opened, &cart.lines.to_string(), &cart.total.to_string()]),
        take: fill(words.take_of, &[&cart.number]),
        tag: match () {
            () if cart.locked => Some(words.cart_locked),
            () if !cart.held => Some(words.cart_open),
            () => None,
        },
    }
}

fn answer_view(told: &Told, text: &'static Text) -> AnswerView {
    let (words, (code, product)) = (&text.sale, &told.product);
    AnswerView {
        id: told.id,
        text: match told.status {
            RequestStatus::Added => fill(words.answer_added, &[&told.name, code, product]),
            RequestStatus::Mapped => fill(words.answer_mapped, &[&told.name, code, product]),
            RequestStatus::Open | RequestStatus::Refused => fill(words.answer_refused, &[&told.name, &told.reason]),
        },
        seen: fill(words.answer_seen_of, &[&told.name]),
    }
}

/// Says what the last step led to, and puts back what was typed.
async fn explain(visit: &Visit, sale: &mut SaleView, text: &'static Text) -> Result<(), Problem> {
    let words = &text.sale;
    let flash = &visit.flash;
    sale.said = flash.said().map(|said| match said {
        Said::Held => fill(words.held, &[flash.value(0)]),
        Said::Abandoned => fill(words.abandoned, &[flash.value(0)]),
        Said::Requested => words.requested.to_owned(),
    });
    let Some(trouble) = flash.said::<Trouble>() else { return Ok(()) };
    let quantity = Some(flash.value(2)).filter(|text| !text.is_empty()).unwrap_or("1");
    let mut entry = Entry {
        code: flash.value(0).to_owned(),
        price: flash.value(1).to_owned(),
        quantity: quantity.to_owned(),
        message: fill(trouble.text(text), &[flash.value(0), flash.value(4)]),
        trouble: Some(trouble),
        picked: None,
        request: None,
    };
    if trouble == Trouble::NotFound {
        entry.request = request::address(visit, flash.value(0), &sale.order);
    }
    if trouble.field() != Field::Code {
        let found = product::find(visit.db(), visit.session.store()?.lists, flash.value(3)).await?;
        entry.picked = found.into_iter().next().map(|listed| picked(&listed));
    }
    if let Some(picked) = &entry.picked {
        entry.code.clone_from(&picked.code);
    }
    sale.entry = entry;
    sale.focus = Some(trouble.field());
    Ok(())
}

/// Fills the entry form with a product of the picker.
fn take_in_hand(sale: &mut SaleView, found: Option<Listed>, params: &Params, text: &'static Text) {
    let trouble = match &found {
        None => Some(Trouble::NotFound),
        Some(listed) if listed.product.recalled.is_some() => Some(Trouble::Recalled),
        Some(listed) if !listed.product.active => Some(Trouble::Stopped),
        Some(listed) if !listed.product.card_payable => Some(Trouble::NotPayable),
        Some(_) => None,
    };
    sale.entry.code = found.as_ref().map_or_else(|| params.pick.clone(), |listed| listed.product.code.clone());
    if !params.qty.is_empty() {
        sale.entry.quantity.clone_from(&params.qty);
    }
    if let Some(trouble) = trouble {
        sale.entry.trouble = Some(trouble);
        let why = found.as_ref().and_then(|listed| listed.product.recalled.as_deref()).unwrap_or_default();
        sale.entry.message = fill(trouble.text(text), &[&params.pick, why]);
    } else if let Some(listed) = found {
        sale.entry.price = listed.product.price.map(domain::money::Fen::plain).unwrap_or_default();
        sale.entry.picked = Some(picked(&listed));
        sale.focus = Some(Field::Price);
    }
}

fn picked(listed: &Listed) -> Picked {
    let product = &listed.product;
    Picked {
        code: product.code.clone(),
        name: product.name.clone(),
        spec: product.spec.clone(),
        other: product.code == OTHER_CODE,
    }
}
