//! The catalogue: keys that sell can read it, keys with the scope `catalogue` can write it.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::order::QUANTITY_MAX;
use serde::Deserialize;
use storage::catalogue::{self, Item, Written};
use storage::product_list::Own;

use crate::Api;
use crate::caller::{Caller, Json, Path, Query};
use crate::cursor::{self, Cursor as _, ProductCode};
use crate::flight::AGAIN_AFTER;
use crate::goods::fits;
use crate::model::List;
use crate::model::product::{NewProduct, ProductChange, ProductResource};
use crate::problem::{Code, Problem};

const ABSENT: &str = "There is no such product.";

/// The query of `GET /products`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /products`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<ProductQuery>,
) -> Result<axum::Json<List<ProductResource>>, Problem> {
    let limit = cursor::limit(query.limit)?;
    let after = ProductCode::of(query.cursor.as_deref())?.map_or_else(String::new, |after| after.0);
    let found = catalogue::page(&api.storage, caller.key.lists.own(), after, limit + 1).await?;
    Ok(axum::Json(List::page(
        found,
        limit,
        |one| ProductCode(one.item.code.clone()).cursor(),
        |one| ProductResource::from(&one.item),
    )))
}

/// `GET /products/{code}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<axum::Json<ProductResource>, Problem> {
    let found = catalogue::item(&api.storage, caller.key.lists, code).await?;
    found.map(|item| axum::Json(ProductResource::from(&item))).ok_or_else(|| Problem::not_found(ABSENT))
}

/// `PUT /products/{code}`
pub(crate) async fn put(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Json(body): Json<NewProduct>,
) -> Result<Response, Problem> {
    if !domain::product::is_code(&code) {
        return Err(Problem::invalid("code", "1 to 20 letters, digits and hyphens."));
    }
    judge_texts(&body)?;
    let claim = caller.claim("putProduct", &(&code, &body))?;
    if !limit_fits(body.sale_max.flatten()) {
        return Err(Problem::invalid("sale_max", SALE_MAX));
    }
    let (payable, most, id_check) = (body.card_payable, body.sale_max, body.id_check);
    let item = item(code.clone(), body);
    judge_prices(&item)?;
    write(&api, &caller, claim, code, "product_written", move |before, decides| {
        let unless_given = decides || before.as_ref().is_some_and(|before| before.card_payable);
        let kept = before.map_or((None, false), |before| (before.sale_max, before.id_check));
        Ok(Item {
            card_payable: payable.unwrap_or(unless_given),
            sale_max: most.unwrap_or(kept.0),
            id_check: id_check.unwrap_or(kept.1),
            ..item
        })
    })
    .await
}

/// `PATCH /products/{code}`
pub(crate) async fn patch(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Json(body): Json<ProductChange>,
) -> Result<Response, Problem> {
    if body.name.as_ref().is_some_and(|name| !fits(name, 1, 120)) {
        return Err(Problem::invalid("name", "1 to 120 characters."));
    }
    if !limit_fits(body.sale_max.flatten()) {
        return Err(Problem::invalid("sale_max", SALE_MAX));
    }
    let claim = caller.claim("patchProduct", &(&code, &body))?;
    write(&api, &caller, claim, code, "product_changed", move |before, _| {
        let Some(before) = before else { return Err(Written::Absent) };
        let item = Item {
            name: body.name.unwrap_or(before.name),
            price: body.price.unwrap_or(before.price),
            price_low: body.price_low.unwrap_or(before.price_low),
            price_high: body.price_high.unwrap_or(before.price_high),
            card_payable: body.card_payable.unwrap_or(before.card_payable),
            active: body.active.unwrap_or(before.active),
            sale_max: body.sale_max.unwrap_or(before.sale_max),
            id_check: body.id_check.unwrap_or(before.id_check),
            ..before
        };
        judge_prices(&item).map_err(|_| Written::Invalid)?;
        Ok(item)
    })
    .await
}

async fn write(
    api: &Api,
    caller: &Caller,
    claim: storage::idempotency::Claim,
    code: String,
    action: &'static str,
    change: impl FnOnce(Option<Item>, bool) -> Result<Item, Written> + Clone + Send + 'static,
) -> Result<Response, Problem> {
    let entry = caller.entry(action, &code);
    let answer =
        |item: &Item| serde_json::to_string(&ProductResource::from(item)).expect("text and numbers become JSON");
    match catalogue::change(&api.storage, claim, (caller.key.lists, code), entry, change, answer).await? {
        Written::Done(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Ok((status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
        }
        Written::Absent => Err(Problem::not_found(ABSENT)),
        Written::Invalid => Err(Problem::invalid("price", PRICES)),
        Written::Recalled => Err(Problem::new(Code::ProductRecalled, "")),
        Written::FromAbove => Err(Problem::new(Code::ProductInherited, "")),
        Written::CompanyDecides => Err(Problem::new(Code::CompanyDecides, "")),
        Written::OtherContent => Err(Problem::new(Code::IdempotencyConflict, "").after(AGAIN_AFTER)),
    }
}

const PRICES: &str =
    "Prices are 1 to 9999999 fen; price_low and price_high go together, low not above high, and price between them.";

fn judge_texts(body: &NewProduct) -> Result<(), Problem> {
    let lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let fields = [
        ("name", fits(&body.name, 1, 120), "1 to 120 characters."),
        ("unit", fits(&body.unit, 1, 20), "1 to 20 characters."),
        (
            "barcode",
            body.barcode.len() <= 32 && body.barcode.bytes().all(|b| b.is_ascii_graphic()),
            "At most 32 letters and digits.",
        ),
        ("pinyin", body.pinyin.len() <= 60 && lower(&body.pinyin), "At most 60 lower-case letters and digits."),
        ("spec", fits(&body.spec, 0, 60), "At most 60 characters."),
        ("maker", fits(&body.maker, 0, 120), "At most 120 characters."),
        ("approval_no", fits(&body.approval_no, 0, 60), "At most 60 characters."),
        ("category", fits(&body.category, 0, 60), "At most 60 characters."),
    ];
    let wrong = fields.into_iter().find(|(_, right, _)| !right);
    wrong.map_or(Ok(()), |(field, _, why)| Err(Problem::invalid(field, why)))
}

const SALE_MAX: &str = "From 1 to 999, or null for any number.";

fn limit_fits(most: Option<i64>) -> bool {
    most.is_none_or(|most| (1..=QUANTITY_MAX).contains(&most))
}

fn judge_prices(item: &Item) -> Result<(), Problem> {
    if item.prices().fit() { Ok(()) } else { Err(Problem::invalid("price", PRICES)) }
}

fn item(code: String, body: NewProduct) -> Item {
    Item {
        code,
        barcode: body.barcode,
        name: body.name,
        pinyin: body.pinyin,
        spec: body.spec,
        maker: body.maker,
        approval_no: body.approval_no,
        category: body.category,
        otc_class: body.otc_class.word().to_owned(),
        unit: body.unit,
        price: body.price,
        price_low: body.price_low,
        price_high: body.price_high,
        card_payable: false,
        active: body.active,
        sale_max: None,
        id_check: false,
        own: Own::ALL,
    }
}
