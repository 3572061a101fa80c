//! The table of every operation: its name, handler, parameters, body, responses and scopes. The router, the gate, the
//! description and the tests read it.

use axum::http::Method;
use axum::routing::{MethodFilter, on};
use storage::api_key::Scope;

use crate::problem::Code;
use crate::webhook::resource as hooks;
use crate::{Route, disputes, payments, products, records, refunds, reversals, settlements};

/// A query parameter.
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// JSON schema.
    pub(crate) schema: &'static str,
    /// A value that works.
    pub(crate) example: &'static str,
}

/// One operation.
pub(crate) struct Operation {
    /// Name used by generated clients.
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Leads to its handler.
    pub(crate) route: Route,
    /// The group in the documentation.
    pub(crate) tag: &'static str,
    /// One of these is required; if empty, any live key is accepted.
    pub(crate) scopes: &'static [Scope],
    pub(crate) summary: &'static str,
    pub(crate) about: &'static str,
    pub(crate) query: &'static [Param],
    /// Schema of the request body.
    pub(crate) body: Option<&'static str>,
    /// Status, schema, meaning.
    pub(crate) answers: &'static [(u16, &'static str, &'static str)],
    /// Errors in addition to those that every operation can return.
    pub(crate) problems: &'static [Code],
}

impl Operation {
    /// Whether it changes anything and therefore requires an Idempotency-Key.
    pub(crate) fn changes(&self) -> bool {
        !self.method.is_safe()
    }

    /// Every error it can return.
    pub(crate) fn problems(&self) -> Vec<Code> {
        let mut codes = vec![
            Code::Unauthenticated,
            Code::SignatureInvalid,
            Code::ScopeMissing,
            Code::TooLarge,
            Code::RateLimited,
            Code::Internal,
            Code::Unavailable,
        ];
        if self.path.contains('{') {
            codes.push(Code::NotFound);
        }
        if !self.query.is_empty() {
            codes.push(Code::InvalidParameter);
        }
        if self.changes() {
            codes.extend([Code::KeyMissing, Code::IdempotencyConflict, Code::InFlight, Code::OutcomeUnknown]);
        }
        if self.body.is_some() {
            codes.extend([Code::InvalidJson, Code::InvalidRequest, Code::UnsupportedMediaType]);
        }
        codes.extend(self.problems);
        codes.sort_by_key(|code| code.status().as_u16());
        codes
    }
}

/// The operation of a request.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Operation> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    OPERATIONS.iter().find(|one| one.method == method && one.path == path)
}

const LIMIT: Param = Param {
    name: "limit",
    about: "Rows per page; 50 by default.",
    schema: r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
    example: "50",
};
const CURSOR: Param = Param {
    name: "cursor",
    about: "The next_cursor of the previous page.",
    schema: r#"{"type":"string","pattern":"^[0-9a-f]+$","maxLength":200}"#,
    example: "",
};
const FROM: Param = Param {
    name: "from",
    about: "Start of the range, inclusive, RFC 3339; by default the beginning of the current day in China.",
    schema: r#"{"type":"string","format":"date-time"}"#,
    example: "2026-11-23T00:00:00Z",
};
const UNTIL: Param = Param {
    name: "until",
    about: "End of the range, exclusive, RFC 3339; by default now. At most 31 days after from.",
    schema: r#"{"type":"string","format":"date-time"}"#,
    example: "2026-11-24T00:00:00Z",
};
const KEY: &str = r#"{"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]+$"}"#;
const UNKNOWN: &str =
    "The outcome is not known yet: ask with GET or repeat with the same Idempotency-Key, never with a new one";
const RULE: &str = "A decline is a normal response with a response code. If you get no response, or 202, the payment \
    may or may not have been charged: ask with GET /api/v1/payments?idempotency_key=..., or send the same request again \
    with the same Idempotency-Key, or reverse it with POST /api/v1/reversals. Never send it again with a new key before \
    the outcome is known.";

const NOTHING: &[Param] = &[];

macro_rules! operations {
    ($($id:literal $method:ident $path:literal $module:ident::$handler:ident $tag:literal [$($scope:ident)*] $summary:literal
        { about: $about:expr, query: $query:expr, body: $body:expr,
          answers: [$($status:literal $schema:literal $meaning:expr),+], problems: [$($problem:ident)*] })+) => {
        /// The table.
        pub(crate) const OPERATIONS: &[Operation] = &[$(Operation {
            id: $id,
            method: Method::$method,
            path: $path,
            route: || on(MethodFilter::$method, $module::$handler),
            tag: $tag,
            scopes: &[$(Scope::$scope),*],
            summary: $summary,
            about: $about,
            query: $query,
            body: $body,
            answers: &[$(($status, $schema, $meaning)),+],
            problems: &[$(Code::$problem),*],
        }),+];
    };
}

operations! {
    "getMe" GET "/api/v1/me" records::me "Key" [] "The API key in use" {
        about: "Works with every live key; use it to test one.", query: NOTHING, body: None,
        answers: [200 "Me" "The key"], problems: []
    }
    "listOutlets" GET "/api/v1/outlets" records::outlets "Places" [] "Outlets" {
        about: "The outlets that the key has access to.", query: NOTHING, body: None,
        answers: [200 "OutletList" "All of them"], problems: []
    }
    "listTerminals" GET "/api/v1/terminals" records::terminals "Places" [] "Terminals" {
        about: "The terminals that the key has access to.",
        query: &[Param {
            name: "outlet_id", about: "Only this outlet's terminals.",
            schema: r#"{"type":"string","pattern":"^[0-9]{1,18}$"}"#, example: "2501001",
        }],
        body: None, answers: [200 "TerminalList" "All of them"], problems: []
    }
    "createBalanceInquiry" POST "/api/v1/balance_inquiries" payments::inquire "Payments" [Sell]
        "Query a card's balance" {
        about: "Wrong PINs are counted: payments and inquiries of a card share 5 tries a day.",
        query: NOTHING, body: Some("NewBalanceInquiry"),
        answers: [201 "BalanceInquiry" "On record, approved or declined", 202 "BalanceInquiry" UNKNOWN],
        problems: [NotFound PinVelocity]
    }
    "createPayment" POST "/api/v1/payments" payments::create "Payments" [Sell] "Charge a card" {
        about: RULE, query: NOTHING, body: Some("NewPayment"),
        answers: [201 "Payment" "On record, approved or declined", 202 "Payment" UNKNOWN], problems: [NotFound PinVelocity]
    }
    "listPayments" GET "/api/v1/payments" payments::list "Payments" [Sell Read] "Look up a payment's outcome" {
        about: "Returns one payment or none. Status unknown: ask again. None: the payment has not arrived so far, and \
            still may, unless you send it again with the same key or reverse it with POST /api/v1/reversals.",
        query: &[Param {
            name: "idempotency_key", about: "The key with which the payment was sent. Required.", schema: KEY,
            example: "0193a5c0-7b1e-7c3a-9a51-3f6d5f0c2b11",
        }],
        body: None, answers: [200 "PaymentList" "One payment or none"], problems: []
    }
    "getPayment" GET "/api/v1/payments/{id}" payments::show "Payments" [Sell Read] "A payment" {
        about: "Includes the current state of its order.", query: NOTHING, body: None,
        answers: [200 "Payment" "The payment"], problems: []
    }
    "reversePayment" POST "/api/v1/payments/{id}/reversal" reversals::of_payment "Payments" [Sell] "Reverse a payment" {
        about: "For a payment of today whose goods have not left the shop. Later, use a refund.",
        query: NOTHING, body: Some("NewPaymentReversal"),
        answers: [201 "Reversal" "On record; see not_charged", 202 "Reversal" UNKNOWN], problems: []
    }
    "createReversal" POST "/api/v1/reversals" reversals::create "Payments" [Sell]
        "Reverse a payment by its Idempotency-Key" {
        about: "For a payment whose response was lost. A charged payment is undone; if the payment never arrived, its \
            key is used up, so that it can no longer be charged.",
        query: NOTHING, body: Some("NewReversal"),
        answers: [201 "Reversal" "On record; see not_charged", 202 "Reversal" UNKNOWN], problems: []
    }
    "createRefund" POST "/api/v1/refunds" refunds::create "Refunds" [Refund] "Request a refund" {
        about: "Reserves the goods. A second party decides: a person in the browser, or another person's key.",
        query: NOTHING, body: Some("NewRefund"),
        answers: [201 "Refund" "On record, requested or declined", 202 "Refund" UNKNOWN], problems: [NotFound]
    }
    "listRefunds" GET "/api/v1/refunds" refunds::list "Refunds" [Refund Read] "Refunds" {
        about: "Oldest first.",
        query: &[
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["requested","escalated","approved","rejected"]}"#,
                example: "requested",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "RefundList" "A page"], problems: []
    }
    "getRefund" GET "/api/v1/refunds/{id}" refunds::show "Refunds" [Refund Read] "A refund" {
        about: "Includes requests that were declined.", query: NOTHING, body: None,
        answers: [200 "Refund" "The refund"], problems: []
    }
    "approveRefund" POST "/api/v1/refunds/{id}/approve" refunds::approve "Refunds" [Refund] "Approve a refund" {
        about: "The money goes back to the card that paid. The applicant cannot decide.",
        query: NOTHING, body: Some("Approval"),
        answers: [201 "RefundDecision" "On record", 202 "RefundDecision" UNKNOWN], problems: [SamePerson]
    }
    "rejectRefund" POST "/api/v1/refunds/{id}/reject" refunds::reject "Refunds" [Refund] "Reject a refund" {
        about: "Releases the reserved goods.", query: NOTHING, body: Some("Rejection"),
        answers: [201 "RefundDecision" "On record", 202 "RefundDecision" UNKNOWN], problems: [SamePerson]
    }
    "listDisputes" GET "/api/v1/disputes" disputes::list "Disputes" [Read Refund] "Disputes" {
        about: "Contested payments, oldest first. Answer those in state `opened` before `answer_until`.",
        query: &[
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["opened","answered","upheld","rejected"]}"#, example: "opened",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "DisputeList" "A page"], problems: []
    }
    "getDispute" GET "/api/v1/disputes/{id}" disputes::show "Disputes" [Read Refund] "A dispute" {
        about: "By the number of its opening transaction.", query: NOTHING, body: None,
        answers: [200 "Dispute" "The dispute"], problems: []
    }
    "answerDispute" POST "/api/v1/disputes/{id}/answer" disputes::answer_to "Disputes" [Refund] "Answer a dispute" {
        about: "Once, and before the deadline. The card company then decides; an upheld dispute is paid from what you \
            are owed.",
        query: NOTHING, body: Some("NewDisputeAnswer"),
        answers: [201 "DisputeAnswer" "On record", 202 "DisputeAnswer" UNKNOWN], problems: []
    }
    "listOrders" GET "/api/v1/orders" records::orders "Records" [Read] "Orders by time" {
        about: "By the time they were opened, oldest first. An order's state changes later; follow the money with \
            GET /api/v1/transactions.",
        query: &[
            FROM, UNTIL,
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["draft","paid","partly_refunded","refunded","voided","abandoned"]}"#,
                example: "paid",
            },
            Param {
                name: "merchant_order_number", about: "Only the orders with this number of your system.",
                schema: r#"{"type":"string","minLength":1,"maxLength":64}"#, example: "ERP-2026-000017",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "OrderList" "A page"], problems: [Archived]
    }
    "getOrder" GET "/api/v1/orders/{id}" records::order "Records" [Read] "An order" {
        about: "Includes its lines and refunds.", query: NOTHING, body: None,
        answers: [200 "Order" "The order"], problems: []
    }
    "listTransactions" GET "/api/v1/transactions" records::transactions "Records" [Read] "Transactions by time" {
        about: "All recorded transactions, approved or declined, oldest first. Keep next_cursor and use it later to \
            get those recorded since.",
        query: &[FROM, UNTIL, CURSOR, LIMIT],
        body: None, answers: [200 "TransactionList" "A page"], problems: [Archived]
    }
    "getTransaction" GET "/api/v1/transactions/{id}" records::transaction "Records" [Read] "A transaction" {
        about: "By its reference number.", query: NOTHING, body: None,
        answers: [200 "Transaction" "The transaction"], problems: []
    }
    "getStatement" GET "/api/v1/statements/{date}" records::statement "Records" [Read] "A day's statement" {
        about: "Counts and sums of a business day, with its transactions page by page. A day is complete once it is \
            over in China. The card company's own decisions (late refunds and upheld disputes) are in the settlement.",
        query: &[CURSOR, LIMIT],
        body: None, answers: [200 "Statement" "The day"], problems: [Archived]
    }
    "listSettlements" GET "/api/v1/settlements" settlements::list "Settlements" [Read] "Settlements" {
        about: "Settlements that the card company has confirmed, oldest first. They cover the whole merchant: a key \
            bound to an outlet sees none. Keep next_cursor and use it later to get those confirmed since.",
        query: &[CURSOR, LIMIT],
        body: None, answers: [200 "SettlementList" "A page"], problems: []
    }
    "getSettlement" GET "/api/v1/settlements/{id}" settlements::show "Settlements" [Read] "A settlement" {
        about: "Includes its totals by day.", query: NOTHING, body: None,
        answers: [200 "Settlement" "The settlement"], problems: []
    }
    "listProducts" GET "/api/v1/products" products::list "Catalogue" [Read Sell Catalogue] "Products" {
        about: "Ordered by code; includes discontinued ones.", query: &[CURSOR, LIMIT], body: None,
        answers: [200 "ProductList" "A page"], problems: []
    }
    "getProduct" GET "/api/v1/products/{code}" products::show "Catalogue" [Read Sell Catalogue] "A product" {
        about: "By your own product code.", query: NOTHING, body: None,
        answers: [200 "Product" "The product"], problems: []
    }
    "putProduct" PUT "/api/v1/products/{code}" products::put "Catalogue" [Catalogue] "Write a product" {
        about: "Creates the product, or replaces it as a whole.", query: NOTHING, body: Some("NewProduct"),
        answers: [200 "Product" "Replaced", 201 "Product" "Created"], problems: []
    }
    "patchProduct" PATCH "/api/v1/products/{code}" products::patch "Catalogue" [Catalogue] "Change a product" {
        about: "Fields that are left out stay as they are.", query: NOTHING, body: Some("ProductChange"),
        answers: [200 "Product" "Changed"], problems: []
    }
    "listWebhookEndpoints" GET "/api/v1/webhook_endpoints" hooks::list "Webhooks" [Read Webhooks] "Webhook endpoints" {
        about: "The addresses that receive your events, oldest first.", query: &[CURSOR, LIMIT], body: None,
        answers: [200 "WebhookEndpointList" "A page"], problems: []
    }
    "createWebhookEndpoint" POST "/api/v1/webhook_endpoints" hooks::create "Webhooks" [Webhooks]
        "Create a webhook endpoint" {
        about: "Returns the signing secret, this once. At most 20 endpoints per merchant.",
        query: NOTHING, body: Some("NewWebhookEndpoint"),
        answers: [201 "WebhookEndpoint" "Created"], problems: []
    }
    "getWebhookEndpoint" GET "/api/v1/webhook_endpoints/{id}" hooks::show "Webhooks" [Read Webhooks] "A webhook endpoint" {
        about: "Without its secret.", query: NOTHING, body: None,
        answers: [200 "WebhookEndpoint" "The endpoint"], problems: []
    }
    "updateWebhookEndpoint" PATCH "/api/v1/webhook_endpoints/{id}" hooks::update "Webhooks" [Webhooks]
        "Change a webhook endpoint" {
        about: "Fields that are left out stay as they are. Status active restarts an endpoint that was paused, or that \
            was stopped because it kept failing.",
        query: NOTHING, body: Some("WebhookEndpointChange"),
        answers: [200 "WebhookEndpoint" "Changed"], problems: []
    }
    "deleteWebhookEndpoint" DELETE "/api/v1/webhook_endpoints/{id}" hooks::delete "Webhooks" [Webhooks]
        "Delete a webhook endpoint" {
        about: "Permanently; pending deliveries are not sent.", query: NOTHING, body: None,
        answers: [200 "WebhookEndpoint" "Gone"], problems: []
    }
    "rotateWebhookSecret" POST "/api/v1/webhook_endpoints/{id}/rotate_secret" hooks::rotate "Webhooks" [Webhooks]
        "Rotate the signing secret" {
        about: "Returns the new secret, this once. For 24 hours the previous secret signs as well.",
        query: NOTHING, body: None,
        answers: [200 "WebhookEndpoint" "Changed"], problems: []
    }
    "testWebhookEndpoint" POST "/api/v1/webhook_endpoints/{id}/test" hooks::try_out "Webhooks" [Webhooks]
        "Send a test event" {
        about: "Sends webhook.test to this endpoint only; the endpoint must be active.", query: NOTHING, body: None,
        answers: [201 "WebhookDelivery" "On its way"], problems: [InvalidRequest]
    }
    "listWebhookDeliveries" GET "/api/v1/webhook_endpoints/{id}/deliveries" hooks::deliveries "Webhooks" [Read Webhooks]
        "Deliveries" {
        about: "Events sent or being sent to the endpoint in the last 30 days, newest first.",
        query: &[
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["pending","delivered","parked"]}"#, example: "parked",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "WebhookDeliveryList" "A page"], problems: []
    }
    "replayWebhookDelivery" POST "/api/v1/webhook_endpoints/{id}/deliveries/{event_id}/replay" hooks::replay "Webhooks" [Webhooks]
        "Replay an event" {
        about: "Sends it again, or sends a pending one at once; retried for three days from now.",
        query: NOTHING, body: None,
        answers: [201 "WebhookDelivery" "On its way"], problems: []
    }
}
