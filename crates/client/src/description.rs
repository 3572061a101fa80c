//! This crate against the description of the API: its operations are exactly the described ones, and its enums know every
//! word that the description lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{
    Advice, Currency, DeliveryStatus, EndpointStatus, EventType, OrderStatus, OtcClass, RefundGround, RefundStatus,
    Status, TransactionKind,
};
use crate::operation;
use crate::problem::ProblemCode;

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
                told.insert(format!("{id} {} {path}", method.to_uppercase()));
            }
        }
    }
    let known = operation::ALL.iter().map(|one| format!("{} {} {}", one.id, one.method, one.path)).collect();
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
    let known: [&[&str]; 12] = [
        Advice::WORDS,
        Currency::WORDS,
        DeliveryStatus::WORDS,
        EndpointStatus::WORDS,
        EventType::WORDS,
        OrderStatus::WORDS,
        OtcClass::WORDS,
        ProblemCode::WORDS,
        RefundGround::WORDS,
        RefundStatus::WORDS,
        Status::WORDS,
        TransactionKind::WORDS,
    ];
    assert!(!found.is_empty());
    for (words, at) in found {
        let covered = known.iter().any(|known| words.iter().all(|word| known.contains(&word.as_str())));
        assert!(covered, "{at}: {words:?}");
    }
}
