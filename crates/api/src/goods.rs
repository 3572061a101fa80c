//! The lines of a payment: products of the catalogue, or lines with their own name and price.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use domain::direct_sale::DirectLine;
use domain::money::Fen;
use domain::order::{LINES_MAX, LineError, QUANTITY_MAX, line_terms};
use domain::product::{OTHER_CODE, Product};
use storage::product::{self, Listed};
use storage::product_list::SoldAt;

use crate::Api;
use crate::model::payment::NewLine;
use crate::problem::Problem;

/// The largest amount of a payment and the largest unit price, 99,999.99 yuan.
pub(crate) const AMOUNT_MAX: i64 = domain::money::TYPED_MAX.0;

/// Whether `text` has `min` to `max` characters and no control character.
pub(crate) fn fits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.trim().chars().count())
        && text.chars().count() <= max
        && !text.chars().any(char::is_control)
}

fn refused(at: usize, field: &str, why: impl Into<Cow<'static, str>>) -> Problem {
    Problem::invalid(format!("lines[{at}].{field}"), why)
}

/// Checks lines as far as possible without the catalogue.
pub(crate) fn check(asked: Option<&[NewLine]>) -> Result<(), Problem> {
    let Some(asked) = asked else { return Ok(()) };
    if !(1..=LINES_MAX).contains(&asked.len()) {
        return Err(Problem::invalid("lines", "From 1 to 200 lines."));
    }
    for (at, line) in asked.iter().enumerate() {
        match (&line.product_code, &line.name) {
            (None, None) => {
                return Err(refused(at, "product_code", "Give a product_code, or a name and a unit_price."));
            }
            (Some(code), _) if !fits(code, 1, 20) => return Err(refused(at, "product_code", "1 to 20 characters.")),
            (_, Some(name)) if !fits(name, 1, 120) => return Err(refused(at, "name", "1 to 120 characters.")),
            _ => {}
        }
        if line.unit_price.is_some_and(|price| !(1..=AMOUNT_MAX).contains(&price)) {
            return Err(refused(at, "unit_price", "From 1 to 9999999 fen."));
        }
        if !(1..=QUANTITY_MAX).contains(&line.quantity) {
            return Err(refused(at, "quantity", "From 1 to 999."));
        }
    }
    Ok(())
}

/// The lines of a payment of `amount`, already [checked](check).
pub(crate) async fn lines(
    api: &Api,
    at: SoldAt,
    asked: Option<&[NewLine]>,
    amount: i64,
) -> Result<Vec<DirectLine>, Problem> {
    let Some(asked) = asked else {
        let other = other(api, at).await?;
        let name = other.product.name.clone();
        return Ok(vec![judged(other, name, Some(amount), 1, 0)?]);
    };
    let mut lines = Vec::with_capacity(asked.len());
    let mut pieces: HashMap<String, i64> = HashMap::new();
    for (place, one) in asked.iter().enumerate() {
        let (line, most) = line(api, at, one, place).await?;
        let here = pieces.entry(line.code.clone()).or_default();
        *here = here.saturating_add(line.quantity);
        if let Some(most) = most.filter(|most| *here > *most) {
            return Err(refused(place, "quantity", format!("A payment may have at most {most} of this product.")));
        }
        lines.push(line);
    }
    let sum = Fen::sum(lines.iter().map(|line| line.amount));
    if sum == Some(Fen(amount)) {
        Ok(lines)
    } else {
        let sum = sum.map_or_else(|| "too much".to_owned(), |sum| format!("{} fen", sum.0));
        Err(Problem::invalid("amount", format!("The lines add up to {sum}.")))
    }
}

/// A line, and how many pieces of its product one payment may have.
async fn line(api: &Api, at: SoldAt, asked: &NewLine, place: usize) -> Result<(DirectLine, Option<i64>), Problem> {
    let listed = match &asked.product_code {
        Some(code) => {
            let found = find(api, at, code).await?;
            found.ok_or_else(|| refused(place, "product_code", "The catalogue has no such product."))?
        }
        None => other(api, at).await?,
    };
    let name = asked.name.as_ref().filter(|_| listed.product.code == OTHER_CODE);
    let name = name.map_or_else(|| listed.product.name.clone(), |name| name.trim().to_owned());
    let most = listed.product.sale_max;
    Ok((judged(listed, name, asked.unit_price, asked.quantity, place)?, most))
}

/// Judges a line as the till does. A price outside the product's band is refused, because it needs a manager.
fn judged(listed: Listed, name: String, price: Option<i64>, quantity: i64, at: usize) -> Result<DirectLine, Problem> {
    let typed = price.map_or_else(String::new, |price| Fen(price).plain());
    let terms = line_terms(&listed.product, &typed, &quantity.to_string()).map_err(|error| match error {
        LineError::Recalled => {
            let text = listed.product.recalled.as_deref().unwrap_or_default();
            refused(at, "product_code", format!("The card company recalled the product: {text}"))
        }
        LineError::ProductStopped => refused(at, "product_code", "The product is no longer sold."),
        LineError::NotCardPayable => refused(at, "product_code", "The card does not pay for this product."),
        LineError::PriceMissing => refused(at, "unit_price", "The product has no price; give a unit_price."),
        LineError::PriceInvalid => refused(at, "unit_price", "From 1 to 9999999 fen."),
        LineError::QuantityInvalid => refused(at, "quantity", "From 1 to 999."),
    })?;
    if terms.needs_manager {
        return Err(refused(at, "unit_price", "The price is outside the product's band."));
    }
    let Listed { product, unit, .. } = listed;
    Ok(DirectLine {
        code: product.code,
        name,
        spec: product.spec,
        unit,
        drug: product.drug,
        list_price: product.price,
        price: terms.price,
        quantity: terms.quantity,
        amount: terms.amount,
    })
}

/// The line for a product that is not in the catalogue. It counts as a drug, which limits the grounds for a refund.
async fn other(api: &Api, at: SoldAt) -> Result<Listed, Problem> {
    let found = find(api, at, OTHER_CODE).await?;
    let product = Product {
        code: OTHER_CODE.to_owned(),
        barcode: String::new(),
        name: "Other".to_owned(),
        pinyin: String::new(),
        spec: String::new(),
        category: String::new(),
        price: None,
        band: None,
        drug: true,
        card_payable: true,
        active: true,
        sale_max: None,
        id_check: false,
        recalled: None,
    };
    let none = || Listed { product, unit: String::new(), maker: String::new() };
    Ok(found.unwrap_or_else(none))
}

/// The product with this code.
async fn find(api: &Api, at: SoldAt, code: &str) -> Result<Option<Listed>, Problem> {
    let (db, code) = (api.storage.clone(), code.to_owned());
    let key = (at, code.clone());
    let look = move || {
        let (db, code) = (db.clone(), code.clone());
        async move { Ok(product::find_at(&db, at, code).await?.map(Arc::new)) }
    };
    Ok(api.goods.get(key, look).await?.map(Arc::unwrap_or_clone))
}
