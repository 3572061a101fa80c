//! The OpenAPI 3.1 description: paths come from the table of operations, schemas from the types.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use domain::dispute::{Claim, DisputeStatus};
use domain::event::EventKind;
use domain::ledger::Kind;
use domain::order::OrderStatus;
use domain::refund::{Ground, RefundStatus};
use serde_json::{Map, Value, json};
use storage::api_key::Scope;
use storage::webhook::EndpointStatus;
use storage::webhook::delivery::DeliveryStatus;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::model::{ADVICE, List, TransactionResource, dispute, order, payment, place, product, refund, settlement};
use crate::operation::{OPERATIONS, Operation};
use crate::problem::{Code, ProblemBody};
use crate::webhook::resource as hooks;

const ABOUT: &str = include_str!("about.md");

static DESCRIPTION: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&document()).expect("a tree of values becomes JSON");
    text.push('\n');
    text
});

/// The description as JSON text.
pub fn description() -> &'static str {
    &DESCRIPTION
}

/// `GET /api/openapi.json`
pub(crate) async fn serve() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], description())
}

type Schemas = Vec<(String, RefOr<Schema>)>;

fn add<T: ToSchema + PartialSchema>(name: &str, schemas: &mut Schemas) {
    schemas.push((name.to_owned(), T::schema()));
    T::schemas(schemas);
}

fn schemas() -> Schemas {
    let mut all = Schemas::new();
    let list = &mut all;
    add::<place::MeResource>("Me", list);
    add::<List<place::OutletResource>>("OutletList", list);
    add::<place::OutletResource>("Outlet", list);
    add::<List<place::TerminalResource>>("TerminalList", list);
    add::<place::TerminalResource>("Terminal", list);
    add::<payment::NewBalanceInquiry>("NewBalanceInquiry", list);
    add::<payment::BalanceInquiry>("BalanceInquiry", list);
    add::<payment::NewPayment>("NewPayment", list);
    add::<payment::Payment>("Payment", list);
    add::<List<payment::Payment>>("PaymentList", list);
    add::<payment::NewPaymentReversal>("NewPaymentReversal", list);
    add::<payment::NewReversal>("NewReversal", list);
    add::<payment::Reversal>("Reversal", list);
    add::<refund::NewRefund>("NewRefund", list);
    add::<refund::RefundResource>("Refund", list);
    add::<List<refund::RefundResource>>("RefundList", list);
    add::<refund::Approval>("Approval", list);
    add::<refund::Rejection>("Rejection", list);
    add::<refund::RefundDecision>("RefundDecision", list);
    add::<order::OrderResource>("Order", list);
    add::<List<order::OrderResource>>("OrderList", list);
    add::<TransactionResource>("Transaction", list);
    add::<List<TransactionResource>>("TransactionList", list);
    add::<order::StatementResource>("Statement", list);
    add::<dispute::DisputeResource>("Dispute", list);
    add::<List<dispute::DisputeResource>>("DisputeList", list);
    add::<dispute::NewDisputeAnswer>("NewDisputeAnswer", list);
    add::<dispute::DisputeAnswer>("DisputeAnswer", list);
    add::<settlement::SettlementResource>("Settlement", list);
    add::<List<settlement::SettlementResource>>("SettlementList", list);
    add::<product::NewProduct>("NewProduct", list);
    add::<product::ProductChange>("ProductChange", list);
    add::<product::ProductResource>("Product", list);
    add::<List<product::ProductResource>>("ProductList", list);
    add::<hooks::NewWebhookEndpoint>("NewWebhookEndpoint", list);
    add::<hooks::WebhookEndpointChange>("WebhookEndpointChange", list);
    add::<hooks::WebhookEndpoint>("WebhookEndpoint", list);
    add::<List<hooks::WebhookEndpoint>>("WebhookEndpointList", list);
    add::<hooks::WebhookDelivery>("WebhookDelivery", list);
    add::<List<hooks::WebhookDelivery>>("WebhookDeliveryList", list);
    add::<ProblemBody>("Problem", list);
    all
}

/// Fields that are one of a list of words: schema, field, words.
fn words() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let order_status = || OrderStatus::ALL.map(OrderStatus::word).to_vec();
    let events = || EventKind::subscribable().map(EventKind::word).collect::<Vec<_>>();
    // Internal to the card company: programs never see these kinds.
    let own = [
        Kind::SettlementRequest,
        Kind::SettlementRejection,
        Kind::Settlement,
        Kind::DisputeOpening,
        Kind::DisputeRejection,
        Kind::Chargeback,
        Kind::Funding,
        Kind::FundingReturn,
        Kind::Adjustment,
        Kind::Proposal,
        Kind::ProposalApproval,
        Kind::ProposalRejection,
        Kind::ProposalWithdrawal,
        Kind::ProgrammeChange,
        Kind::CardMove,
        Kind::PinIssue,
        Kind::FirstUse,
        Kind::PinReset,
    ];
    let kinds = || Kind::ALL.into_iter().filter(|kind| !own.contains(kind)).map(Kind::word).collect();
    let mut refund_status = RefundStatus::ALL.map(RefundStatus::word).to_vec();
    refund_status.extend([refund::DECLINED, refund::UNKNOWN]);
    let mut all = vec![
        ("DeclineReason", "advice", ADVICE.to_vec()),
        ("Dispute", "claim", Claim::ALL.map(Claim::word).to_vec()),
        ("Dispute", "status", DisputeStatus::ALL.map(DisputeStatus::word).to_vec()),
        ("Me", "scopes", Scope::ALL.map(Scope::word).to_vec()),
        ("Order", "status", order_status()),
        ("Payment", "order_status", order_status()),
        ("Problem", "code", Code::ALL.iter().map(|code| code.word()).collect()),
        ("Product", "otc_class", product::OtcClass::ALL.map(product::OtcClass::word).to_vec()),
        ("Refund", "ground", Ground::ALL.map(Ground::word).to_vec()),
        ("Refund", "status", refund_status),
        ("StatementTotal", "kind", kinds()),
        ("Transaction", "event", events()),
        ("Transaction", "kind", kinds()),
        ("WebhookDelivery", "status", DeliveryStatus::ALL.map(DeliveryStatus::word).to_vec()),
        ("WebhookDelivery", "type", EventKind::ALL.map(EventKind::word).to_vec()),
        ("WebhookEndpoint", "events", events()),
        ("WebhookEndpoint", "status", EndpointStatus::ALL.map(EndpointStatus::word).to_vec()),
    ];
    let money =
        ["BalanceInquiry", "Dispute", "Order", "Payment", "Product", "Refund", "Reversal", "Settlement", "Statement"];
    all.extend(money.into_iter().chain(["Transaction"]).map(|schema| (schema, "currency", vec!["CNY"])));
    all
}

/// Puts the list into the schema of a field, or of its items; for an optional field, `null` is one more value.
fn list_words(field: &mut Value, words: &[&str]) {
    let mut list: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    if field["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null")) {
        list.push(Value::Null);
    }
    let own = if field["type"] == "array" { &mut field["items"] } else { field };
    own["enum"] = list.into();
}

fn document() -> Value {
    let mut components = Map::new();
    for (name, schema) in schemas().into_iter().filter(|(name, _)| !name.starts_with("List_")) {
        let text = serde_json::to_string(&schema).expect("a schema becomes JSON");
        // A list within another resource is the same list.
        let text = text.replace("/List_Transaction\"", "/TransactionList\"");
        components.insert(name, serde_json::from_str(&text).expect("JSON is read again"));
    }
    for (schema, field, words) in words() {
        list_words(&mut components[schema]["properties"][field], &words);
    }
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] = describe(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "WEB-POS API",
            "version": "1.0.0",
            "summary": "Sell, refund and reconcile from a pharmacy's own system.",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The program that serves this description"}],
        "security": [{"key": []}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "wpos_<number>_<secret>",
                "description": "An API key. The merchant's manager or the card company creates it in the browser, \
                    where it is shown once. Scopes: read, sell, refund, catalogue.",
            }},
        },
    })
}

fn tags() -> Value {
    let mut names: Vec<&str> = Vec::new();
    for operation in OPERATIONS {
        if !names.contains(&operation.tag) {
            names.push(operation.tag);
        }
    }
    names.into_iter().map(|name| json!({"name": name})).collect()
}

fn describe(operation: &Operation) -> Value {
    let scopes: Vec<&str> = operation.scopes.iter().map(|scope| scope.word()).collect();
    let needs = match scopes.as_slice() {
        [] => "Requires no scope.".to_owned(),
        some => format!("Requires the scope {}.", some.join(" or ")),
    };
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": format!("{} {needs}", operation.about),
        "parameters": parameters(operation),
        "responses": responses(operation),
        "x-scopes": scopes,
    });
    if let Some(body) = operation.body {
        described["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": reference(body)}},
        });
    }
    described
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn parameters(operation: &Operation) -> Value {
    let mut list = Vec::new();
    for name in operation.path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
        let (about, schema) = match (name, operation.tag) {
            ("date", _) => ("A business day in China.", json!({"type": "string", "format": "date"})),
            ("code", _) => (
                "Your own product code.",
                json!({"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[0-9A-Za-z-]+$"}),
            ),
            (_, "Webhooks") => ("A number, as text.", json!({"type": "string", "pattern": "^[0-9]{1,19}$"})),
            (_, "Records") if operation.path.contains("orders") => {
                ("The order's id.", json!({"type": "string", "pattern": "^[0-9]{1,19}$"}))
            }
            _ => ("Reference number, 12 digits.", json!({"type": "string", "pattern": "^[0-9]{12}$"})),
        };
        list.push(json!({"name": name, "in": "path", "required": true, "description": about, "schema": schema}));
    }
    for param in operation.query {
        let schema: Value = serde_json::from_str(param.schema).expect("the table holds schemas");
        let mut described = json!({
            "name": param.name, "in": "query", "required": param.about.ends_with("Required."),
            "description": param.about, "schema": schema,
        });
        if !param.example.is_empty() {
            let number = param.example.parse::<i64>().ok().filter(|_| described["schema"]["type"] == "integer");
            described["example"] = number.map_or_else(|| json!(param.example), |number| json!(number));
        }
        list.push(described);
    }
    if operation.changes() {
        list.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "Identifies this one change; preferably a UUIDv7. The same key with the same body always \
                returns the stored outcome; with another body it is 422. Keys are kept for ever if money is involved, \
                otherwise for 30 days.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "example": "0193a5c0-7b1e-7c3a-9a51-3f6d5f0c2b11",
        }));
    }
    Value::Array(list)
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    for (status, schema, meaning) in operation.answers {
        responses.insert(
            status.to_string(),
            json!({"description": meaning, "headers": id_header(), "content": {"application/json": {"schema": reference(schema)}}}),
        );
    }
    for (operation_id, parameter) in links(operation.id) {
        responses["201"]["links"][operation_id] = json!({
            "operationId": operation_id, "parameters": {*parameter: "$response.body#/id"},
        });
    }
    for code in operation.problems() {
        let status = code.status().as_u16().to_string();
        let entry = responses.entry(status).or_insert_with(|| {
            json!({
                "description": "",
                "headers": id_header(),
                "content": {"application/problem+json": {"schema": reference("Problem"), "examples": {}}},
            })
        });
        let told = entry["description"].as_str().unwrap_or_default();
        let told = if told.is_empty() { String::new() } else { format!("{told}\n\n") };
        entry["description"] = json!(format!("{told}`{}`: {}.", code.word(), code.title()));
        entry["content"]["application/problem+json"]["examples"][code.word()] = json!({"value": {
            "type": format!("/api/docs#{}", code.word()),
            "title": code.title(),
            "status": code.status().as_u16(),
            "code": code.word(),
            "message": code.title(),
            "param": null,
            "request_id": "k7q4-m2xp-9tda",
        }});
        let waits = [Code::InFlight, Code::RateLimited, Code::PinVelocity, Code::Unavailable, Code::OutcomeUnknown];
        if waits.contains(&code) {
            entry["headers"]["Retry-After"] =
                json!({"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}});
        }
    }
    Value::Object(responses)
}

/// Operations that take the id of the resource that an operation creates.
fn links(operation: &str) -> &'static [(&'static str, &'static str)] {
    match operation {
        "createPayment" => &[("getPayment", "id"), ("reversePayment", "id"), ("getTransaction", "id")],
        "createRefund" => &[("getRefund", "id"), ("approveRefund", "id"), ("rejectRefund", "id")],
        "createBalanceInquiry" | "createReversal" => &[("getTransaction", "id")],
        _ => &[],
    }
}

fn id_header() -> Value {
    json!({"X-Request-Id": {
        "description": "Identifies this request in the logs of the card company.",
        "schema": {"type": "string", "pattern": "^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$"},
    }})
}
