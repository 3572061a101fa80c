//! The catalogue: read by whoever sells, written by whoever may.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use storage::catalogue::{self, Item, Written};

use crate::Api;
use crate::caller::{Caller, Json, Path, Query};
use crate::cursor::{self, Code as Cursor, Place as _};
use crate::flight::AGAIN_AFTER;
use crate::goods::{AMOUNT_MAX, fits};
use crate::model::List;
use crate::model::product::{NewProduct, ProductChange, ProductResource};
use crate::problem::{Code, Problem};

const ABSENT: &str = "There is no such product.";

/// The query of `GET /products`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /products`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<Page>,
) -> Result<axum::Json<List<ProductResource>>, Problem> {
    let limit = cursor::limit(query.limit)?;
    let after = Cursor::of(query.cursor.as_deref())?.map_or_else(String::new, |after| after.0);
    let found = catalogue::page(&api.storage, caller.key.merchant, after, limit + 1).await?;
    Ok(axum::Json(List::page(found, limit, |one| Cursor(one.code.clone()).cursor(), |one| ProductResource::from(one))))
}

/// `GET /products/{code}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<axum::Json<ProductResource>, Problem> {
    let found = catalogue::item(&api.storage, caller.key.merchant, code).await?;
    found.map(|item| axum::Json(ProductResource::from(&item))).ok_or_else(|| Problem::not_found(ABSENT))
}

/// `PUT /products/{code}`
pub(crate) async fn put(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Json(asked): Json<NewProduct>,
) -> Result<Response, Problem> {
    let usable =
        (1..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !usable {
        return Err(Problem::invalid("code", "1 to 20 letters, digits and hyphens."));
    }
    judge_texts(&asked)?;
    let claim = caller.claim("putProduct", &(&code, &asked))?;
    let item = item(code.clone(), asked);
    judge_prices(&item)?;
    write(&api, &caller, claim, code, "product_written", move |_| Ok(item)).await
}

/// `PATCH /products/{code}`
pub(crate) async fn patch(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Json(asked): Json<ProductChange>,
) -> Result<Response, Problem> {
    if asked.name.as_ref().is_some_and(|name| !fits(name, 1, 120)) {
        return Err(Problem::invalid("name", "1 to 120 characters."));
    }
    let claim = caller.claim("patchProduct", &(&code, &asked))?;
    write(&api, &caller, claim, code, "product_changed", move |before| {
        let Some(before) = before else { return Err(Written::Absent) };
        let item = Item {
            name: asked.name.unwrap_or(before.name),
            price: asked.price.unwrap_or(before.price),
            price_low: asked.price_low.unwrap_or(before.price_low),
            price_high: asked.price_high.unwrap_or(before.price_high),
            card_payable: asked.card_payable.unwrap_or(before.card_payable),
            active: asked.active.unwrap_or(before.active),
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
    change: impl FnOnce(Option<Item>) -> Result<Item, Written> + Clone + Send + 'static,
) -> Result<Response, Problem> {
    let entry = caller.entry(action, &code);
    let answer =
        |item: &Item| serde_json::to_string(&ProductResource::from(item)).expect("text and numbers become JSON");
    match catalogue::change(&api.storage, claim, code, entry, change, answer).await? {
        Written::Done(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Ok((status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
        }
        Written::Absent => Err(Problem::not_found(ABSENT)),
        Written::Invalid => Err(Problem::invalid("price", PRICES)),
        Written::OtherContent => Err(Problem::new(Code::IdempotencyConflict, "").after(AGAIN_AFTER)),
    }
}

const PRICES: &str =
    "Prices are 1 to 9999999 fen; price_low and price_high go together, low not above high, and price between them.";

fn judge_texts(asked: &NewProduct) -> Result<(), Problem> {
    let lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let fields = [
        ("name", fits(&asked.name, 1, 120), "1 to 120 characters."),
        ("unit", fits(&asked.unit, 1, 20), "1 to 20 characters."),
        (
            "barcode",
            asked.barcode.len() <= 32 && asked.barcode.bytes().all(|b| b.is_ascii_graphic()),
            "At most 32 letters and digits.",
        ),
        ("pinyin", asked.pinyin.len() <= 60 && lower(&asked.pinyin), "At most 60 lower-case letters and digits."),
        ("spec", fits(&asked.spec, 0, 60), "At most 60 characters."),
        ("maker", fits(&asked.maker, 0, 120), "At most 120 characters."),
        ("approval_no", fits(&asked.approval_no, 0, 60), "At most 60 characters."),
        ("category", fits(&asked.category, 0, 60), "At most 60 characters."),
    ];
    let wrong = fields.into_iter().find(|(_, right, _)| !right);
    wrong.map_or(Ok(()), |(field, _, why)| Err(Problem::invalid(field, why)))
}

fn judge_prices(item: &Item) -> Result<(), Problem> {
    let usable = |price: Option<i64>| price.is_none_or(|price| (1..=AMOUNT_MAX).contains(&price));
    let band = match (item.price_low, item.price_high) {
        (None, None) => true,
        (Some(low), Some(high)) => low <= high && item.price.is_none_or(|price| (low..=high).contains(&price)),
        _ => false,
    };
    let right = usable(item.price) && usable(item.price_low) && usable(item.price_high) && band;
    if right { Ok(()) } else { Err(Problem::invalid("price", PRICES)) }
}

fn item(code: String, asked: NewProduct) -> Item {
    Item {
        code,
        barcode: asked.barcode,
        name: asked.name,
        pinyin: asked.pinyin,
        spec: asked.spec,
        maker: asked.maker,
        approval_no: asked.approval_no,
        category: asked.category,
        otc_class: asked.otc_class.word().to_owned(),
        unit: asked.unit,
        price: asked.price,
        price_low: asked.price_low,
        price_high: asked.price_high,
        card_payable: asked.card_payable,
        active: asked.active,
    }
}
