//! One request for goods that the catalogue lacks, and its three answers: an existing product, a new one, or no.
//!
//! What must stay true: a request is answered once; whoever comes second is shown who answered.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use domain::directory;
use domain::product::is_code;
use domain::product_request::RequestStatus;
use domain::scan::Scan;
use storage::catalogue::Taken;
use storage::product_request::{self, Answer, Answered, ProductRequest};
use web_kit::badge::Badge;
use web_kit::flash::Flash;
use web_kit::page::render;
use web_kit::problem::Problem;
use web_kit::text::fill;

use crate::entry::{Entered, Input, Typed, wrong_count};
use crate::product;
use crate::requests::{REQUESTS, answer, person, state};
use crate::text::Said;
use crate::{Shell, Visit};

/// Products with a similar name that are offered.
const SIMILAR: usize = 5;

#[derive(Template)]
#[template(path = "request.html")]
struct View {
    shell: Shell,
    title: String,
    list: &'static str,
    path: String,
    one: ProductRequest,
    state: Badge,
    asked_by: String,
    /// The answer, who gave it, and when.
    answered: Option<(String, String, String)>,
    /// The three forms, of an open one.
    forms: Option<Forms>,
    wrong: Option<String>,
}

struct Forms {
    map: Vec<Input>,
    /// Code, name with pack, and what the button is called.
    similar: Vec<(String, String, String)>,
    inputs: Vec<Input>,
    refuse: Vec<Input>,
}

/// The request.
pub(crate) async fn show(visit: Visit, Path(id): Path<i64>) -> Result<Response, Problem> {
    let one = find(&visit, id).await?;
    let form = Entered::of(prefilled(&visit, &one), visit.text());
    view(&visit, one, &form).await
}

async fn find(visit: &Visit, id: i64) -> Result<ProductRequest, Problem> {
    product_request::find(visit.db(), id).await?.ok_or(Problem::NotFound)
}

/// What is known of the new product. A text that is no barcode is the merchant's own code.
fn prefilled(visit: &Visit, one: &ProductRequest) -> Typed {
    let is_barcode = matches!(visit.session.scan(&one.code), Scan::Product(lookup) if lookup.gtin.is_some());
    let own = if is_barcode || !is_code(&one.code) { ("barcode", &one.code) } else { ("product_code", &one.code) };
    let unit = visit.text().products.piece.to_owned();
    let fields = [own, ("name", &one.name), ("unit", &unit)];
    fields.map(|(name, value)| (name.to_owned(), value.clone())).into()
}

async fn view(visit: &Visit, one: ProductRequest, form: &Entered) -> Result<Response, Problem> {
    let text = visit.text();
    let forms = if one.status == RequestStatus::Open { Some(forms(visit, &one, form).await?) } else { None };
    let all = forms.iter().flat_map(|forms| [&forms.map, &forms.inputs, &forms.refuse]).flatten();
    let view = View {
        title: fill(text.requests.one, &[&one.name]),
        list: REQUESTS,
        path: format!("{REQUESTS}/{}", one.id),
        state: state(one.status, text),
        asked_by: person(&one.asked_by, text),
        answered: one.answered.as_ref().map(|(by, at)| (answer(&one), person(by, text), at.date_time_text())),
        wrong: wrong_count(all, text),
        forms,
        one,
        shell: visit.shell(REQUESTS),
    };
    Ok(render(&view).into_response())
}

async fn forms(visit: &Visit, one: &ProductRequest, form: &Entered) -> Result<Forms, Problem> {
    let text = visit.text();
    let words = &text.requests;
    let lists = storage::product_list::with_above(visit.db(), domain::ids::ListId::of(one.merchant)).await?;
    let hits = storage::product::search(visit.db(), lists, &one.name, "", SIMILAR).await?;
    let similar = hits.rows.into_iter().filter(|hit| hit.product.recalled.is_none()).map(|hit| {
        let name = format!("{} {}", hit.product.name, hit.product.spec).trim().to_owned();
        let label = fill(words.map_to, &[&hit.product.code]);
        (hit.product.code, name, label)
    });
    Ok(Forms {
        map: vec![form.input("to", words.map_code).more(words.map_more)],
        similar: similar.collect(),
        inputs: product::inputs(form, text, product::Fields::New),
        refuse: vec![form.input("reason", words.reason).more(words.reason_more)],
    })
}

/// Answers.
pub(crate) async fn act(visit: Visit, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let text = visit.text();
    let words = &text.requests;
    let one = find(&visit, id).await?;
    let back = format!("{REQUESTS}/{id}");
    let before = || Ok(Flash::new(Said::RequestBefore, &[]).redirect(&visit.web, &back));
    if one.status != RequestStatus::Open {
        return before();
    }
    let what = typed.get("do").cloned().unwrap_or_default();
    let mut shown = prefilled(&visit, &one);
    shown.extend(typed);
    let mut form = Entered::of(shown, text);
    let answer = match what.as_str() {
        "map" => Answer::Mapped(form.take("to", |typed| directory::name(typed, 20))),
        "add" => Answer::Added(Box::new(product::new_item(&mut form, text))),
        "refuse" => {
            let reason = directory::reason(form.get("reason")).unwrap_or_default();
            if reason.is_empty() {
                form.refuse("reason", words.wrong_reason.to_owned());
            }
            Answer::Refused(reason)
        }
        _ => return Err(Problem::BadForm),
    };
    if !form.is_sound() {
        return view(&visit, one, &form).await;
    }
    let entry = visit.session.entry("product_request", "", "");
    match product_request::answer(visit.db(), id, answer, entry).await? {
        Answered::Done => return Ok(Flash::new(Said::RequestAnswered, &[]).redirect(&visit.web, REQUESTS)),
        Answered::Before => return before(),
        Answered::Gone => return Err(Problem::NotFound),
        Answered::NoProduct => form.refuse("to", words.no_product.to_owned()),
        Answered::NotSold => form.refuse("to", words.not_sold.to_owned()),
        Answered::Recalled => form.refuse("barcode", words.recalled.to_owned()),
        Answered::Taken(Taken::Code(name)) => form.refuse("product_code", fill(words.code_taken, &[&name])),
        Answered::Taken(Taken::Barcode(code, name)) => {
            form.refuse("barcode", fill(words.barcode_taken, &[&code, &name]));
        }
    }
    view(&visit, one, &form).await
}
