//! Compares this crate with the description of the API: the operations and their query parameters are the same, the
//! structs have the described fields and types, and the enums know every listed word.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use utoipa::OpenApi;

use crate::model::*;
use crate::operation;
use crate::problem::{Problem, ProblemCode};

fn description() -> Value {
    serde_json::from_str(api::description()).expect("a description is JSON")
}

#[test]
fn every_operation_of_the_description_is_here_and_no_other() {
    let description = description();
    let paths = description["paths"].as_object().expect("paths");
    let mut told = BTreeSet::new();
    for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/api/v1/")) {
        for (method, operation) in methods.as_object().expect("methods") {
            if let Some(id) = operation["operationId"].as_str() {
                let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
                let query = parameters.iter().filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
                told.insert(format!("{id} {} {path} {:?}", method.to_uppercase(), query.collect::<Vec<_>>()));
            }
        }
    }
    let known =
        operation::ALL.iter().map(|one| format!("{} {} {} {:?}", one.id, one.method, one.path, one.query)).collect();
    assert_eq!(told, known);
}

/// Every list of words in the schemas, by the words themselves.
fn lists(value: &Value, found: &mut BTreeMap<BTreeSet<String>, String>, at: &str) {
    match value {
        Value::Object(fields) => {
            if let Some(words) = fields.get("enum").and_then(Value::as_array) {
                let words: BTreeSet<String> = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                if !words.is_empty() {
                    found.insert(words, at.to_owned());
                }
            }
            fields.iter().for_each(|(name, value)| lists(value, found, &format!("{at}/{name}")));
        }
        Value::Array(all) => all.iter().for_each(|value| lists(value, found, at)),
        _ => {}
    }
}

#[test]
fn every_list_of_words_in_the_description_is_covered_by_an_enum_here() {
    let mut found = BTreeMap::new();
    lists(&description()["components"]["schemas"], &mut found, "");
    let known: [&[&str]; 15] = [
        Advice::WORDS,
        Currency::WORDS,
        DeliveryStatus::WORDS,
        DisputeClaim::WORDS,
        DisputeStatus::WORDS,
        EndpointStatus::WORDS,
        EventType::WORDS,
        OrderStatus::WORDS,
        OtcClass::WORDS,
        ProblemCode::WORDS,
        RefundGround::WORDS,
        RefundStatus::WORDS,
        Scope::WORDS,
        Status::WORDS,
        TransactionKind::WORDS,
    ];
    assert!(!found.is_empty());
    let covers = |known: &[&str], words: &BTreeSet<String>| words.iter().all(|word| known.contains(&word.as_str()));
    for (words, at) in &found {
        assert!(known.iter().any(|known| covers(known, words)), "{at}: {words:?}");
    }
    for known in known {
        let told: BTreeSet<&String> = found.keys().filter(|words| covers(known, words)).flatten().collect();
        let more: Vec<_> = known.iter().filter(|word| !told.iter().any(|told| told == *word)).collect();
        assert!(more.is_empty(), "the description does not have {more:?}");
    }
}

/// Every struct of a request or a response.
#[derive(OpenApi)]
#[openapi(components(schemas(
    Approval,
    BalanceInquiry,
    DeclineReason,
    Dispute,
    DisputeAnswer,
    Me,
    NewBalanceInquiry,
    NewDisputeAnswer,
    NewLine,
    NewPayment,
    NewProduct,
    NewRefund,
    NewRefundLine,
    NewReversal,
    NewWebhookEndpoint,
    Order,
    OrderLine,
    Outlet,
    Payment,
    Problem,
    Product,
    ProductChange,
    Refund,
    RefundDecision,
    RefundLine,
    Rejection,
    Reversal,
    Settlement,
    SettlementDay,
    SettlementSum,
    Statement,
    StatementTotal,
    Terminal,
    Transaction,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEndpointChange,
)))]
struct Structs;

/// A type in one word, with `?` if it is optional: `string`, `integer?`, `[OrderLine]`. Words are strings; pages of a
/// list are called `List`.
fn shape(schema: &Value, schemas: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let own = &schemas[name];
        return match own["type"].as_str() {
            Some("object") | None if name.contains("List") => "List".to_owned(),
            Some("object") => name.to_owned(),
            _ => shape(own, schemas),
        };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let some = choices.iter().find(|one| one["type"] != "null").expect("one that is not null");
        let sign = if choices.len() > 1 { "?" } else { "" };
        return shape(some, schemas) + sign;
    }
    let (kinds, null): (Vec<&str>, Vec<&str>) = match &schema["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).partition(|kind| *kind != "null"),
        one => (vec![one.as_str().unwrap_or("object")], vec![]),
    };
    let kind = match kinds[..] {
        ["array"] => format!("[{}]", shape(&schema["items"], schemas)),
        _ => kinds.concat(),
    };
    kind + if null.is_empty() { "" } else { "?" }
}

/// Fields of a struct with their types; optional ones end in `?`.
fn fields(name: &str, schemas: &Value) -> BTreeMap<String, String> {
    let own = &schemas[name];
    let required: BTreeSet<&str> = own["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = own["properties"].as_object().into_iter().flatten().map(|(field, schema)| {
        let mut shape = shape(schema, schemas);
        if !required.contains(field.as_str()) && !shape.ends_with('?') {
            shape.push('?');
        }
        (field.clone(), shape)
    });
    all.collect()
}

#[test]
fn every_struct_has_the_described_fields() {
    let described = description()["components"]["schemas"].clone();
    let here = serde_json::to_value(Structs::openapi()).expect("JSON")["components"]["schemas"].clone();
    let objects = described.as_object().expect("schemas").iter().filter(|(_, schema)| schema["type"] == "object");
    for (name, _) in objects {
        let mut told = fields(name, &described);
        // `object` names the resource; here the type does.
        told.remove("object");
        if name.ends_with("List") {
            let shapes: Vec<_> = told.iter().map(|(field, shape)| format!("{field} {shape}")).collect();
            assert!(
                matches!(&shapes[..], [data, more, next] if data.starts_with("data [")
                && more == "has_more boolean" && next == "next_cursor string?"),
                "{name}: {shapes:?}"
            );
            continue;
        }
        // An empty body.
        if told.is_empty() {
            continue;
        }
        let mut known = fields(name, &here);
        // A request may include an optional field.
        if name.starts_with("New") {
            for (field, shape) in &mut known {
                let optional = told.get(field).is_some_and(|told| told.strip_suffix('?') == Some(shape.as_str()));
                if optional {
                    shape.push('?');
                }
            }
        }
        assert_eq!(known, told, "{name}");
    }
}
