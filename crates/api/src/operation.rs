//! Every operation in one table: what it is called, what it takes and answers, which scope it needs. The gate, the
//! description and the tests read it.

use axum::http::Method;
use storage::api_key::Scope;

use crate::problem::Code;

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
    /// Its name for generated clients.
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// The group in the documentation.
    pub(crate) tag: &'static str,
    /// One of these is needed; any live key will do when there is none.
    pub(crate) scopes: &'static [Scope],
    pub(crate) summary: &'static str,
    pub(crate) about: &'static str,
    pub(crate) query: &'static [Param],
    /// Schema of the body.
    pub(crate) body: Option<&'static str>,
    /// Status, schema, meaning.
    pub(crate) answers: &'static [(u16, &'static str, &'static str)],
    /// Errors beyond those that every operation has.
    pub(crate) problems: &'static [Code],
}

impl Operation {
    /// Whether it changes anything, and so needs an Idempotency-Key.
    pub(crate) fn changes(&self) -> bool {
        !self.method.is_safe()
    }

    /// Every error it may answer.
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
    about: "Rows of a page, 50 if you do not say.",
    schema: r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
    example: "50",
};
const CURSOR: Param = Param {
    name: "cursor",
    about: "The next_cursor of the page before.",
    schema: r#"{"type":"string","pattern":"^[0-9a-f]+$","maxLength":200}"#,
    example: "",
};
const FROM: Param = Param {
    name: "from",
    about: "The first moment, RFC 3339; the beginning of the present day in China if you do not say.",
    schema: r#"{"type":"string","format":"date-time"}"#,
    example: "2026-11-23T00:00:00Z",
};
const UNTIL: Param = Param {
    name: "until",
    about: "The first moment that is not wanted any more, RFC 3339; now if you do not say. At most 31 days after from.",
    schema: r#"{"type":"string","format":"date-time"}"#,
    example: "2026-11-24T00:00:00Z",
};
const KEY: &str = r#"{"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]+$"}"#;
const UNKNOWN: &str =
    "The outcome is not known yet: ask with GET or with the same Idempotency-Key, never repeat with a new one";
const RULE: &str = "A decline is an ordinary answer with a response code. If you get no answer, or 202, the payment may or \
    may not have been charged: ask with GET /api/v1/payments?idempotency_key=..., or send the same request with the same \
    Idempotency-Key, or take it back with POST /api/v1/reversals. Never send it again with a new key before you know.";

const NOTHING: &[Param] = &[];

macro_rules! operations {
    ($($id:literal $method:ident $path:literal $tag:literal [$($scope:ident)*] $summary:literal
        { about: $about:expr, query: $query:expr, body: $body:expr,
          answers: [$($status:literal $schema:literal $meaning:expr),+], problems: [$($problem:ident)*] })+) => {
        /// The table.
        pub(crate) const OPERATIONS: &[Operation] = &[$(Operation {
            id: $id,
            method: Method::$method,
            path: $path,
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
    "getMe" GET "/api/v1/me" "Key" [] "The API key that asks" {
        about: "Works with every live key, so it is the way to try one.", query: NOTHING, body: None,
        answers: [200 "Me" "The key"], problems: []
    }
    "listOutlets" GET "/api/v1/outlets" "Places" [] "Outlets" {
        about: "The outlets that the key reaches.", query: NOTHING, body: None,
        answers: [200 "OutletList" "All of them"], problems: []
    }
    "listTerminals" GET "/api/v1/terminals" "Places" [] "Terminals" {
        about: "The terminals that the key reaches.",
        query: &[Param {
            name: "outlet_id", about: "Only of this outlet.",
            schema: r#"{"type":"string","pattern":"^[0-9]{1,18}$"}"#, example: "2501001",
        }],
        body: None, answers: [200 "TerminalList" "All of them"], problems: []
    }
    "createBalanceInquiry" POST "/api/v1/balance_inquiries" "Payments" [Sell] "Ask for a card's balance" {
        about: "A wrong PIN counts: payments and inquiries of a card share 5 tries a day.",
        query: NOTHING, body: Some("NewBalanceInquiry"),
        answers: [201 "BalanceInquiry" "On record, approved or declined", 202 "BalanceInquiry" UNKNOWN],
        problems: [NotFound]
    }
    "createPayment" POST "/api/v1/payments" "Payments" [Sell] "Charge a card" {
        about: RULE, query: NOTHING, body: Some("NewPayment"),
        answers: [201 "Payment" "On record, approved or declined", 202 "Payment" UNKNOWN], problems: [NotFound]
    }
    "listPayments" GET "/api/v1/payments" "Payments" [Sell Read] "What became of a payment?" {
        about: "Answers one payment or none. Status unknown: ask again. None: nothing has arrived so far; it still \
            may, unless you send it again with the same key or take it back with POST /api/v1/reversals.",
        query: &[Param {
            name: "idempotency_key", about: "The key that the payment was sent with. Required.", schema: KEY,
            example: "0193a5c0-7b1e-7c3a-9a51-3f6d5f0c2b11",
        }],
        body: None, answers: [200 "PaymentList" "One payment or none"], problems: []
    }
    "getPayment" GET "/api/v1/payments/{id}" "Payments" [Sell Read] "A payment" {
        about: "With its order as it is now.", query: NOTHING, body: None,
        answers: [200 "Payment" "The payment"], problems: []
    }
    "reversePayment" POST "/api/v1/payments/{id}/reversal" "Payments" [Sell] "Take a payment back" {
        about: "For a payment of today whose goods did not leave the shop. Afterwards use a refund.",
        query: NOTHING, body: Some("NewPaymentReversal"),
        answers: [201 "Reversal" "On record; see not_charged", 202 "Reversal" UNKNOWN], problems: []
    }
    "createReversal" POST "/api/v1/reversals" "Payments" [Sell] "Take a payment back by its Idempotency-Key" {
        about: "For a payment whose answer was lost. It is undone if it was charged; if it never arrived, its key is \
            used up, so that it can never be charged any more.",
        query: NOTHING, body: Some("NewReversal"),
        answers: [201 "Reversal" "On record; see not_charged", 202 "Reversal" UNKNOWN], problems: []
    }
    "createRefund" POST "/api/v1/refunds" "Refunds" [Refund] "Ask for a refund" {
        about: "Reserves the pieces. Somebody else decides: a person in the browser, or a key that another person made.",
        query: NOTHING, body: Some("NewRefund"),
        answers: [201 "Refund" "On record, requested or declined", 202 "Refund" UNKNOWN], problems: [NotFound]
    }
    "listRefunds" GET "/api/v1/refunds" "Refunds" [Refund Read] "Refunds" {
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
    "getRefund" GET "/api/v1/refunds/{id}" "Refunds" [Refund Read] "A refund" {
        about: "Also a request that was declined.", query: NOTHING, body: None,
        answers: [200 "Refund" "The refund"], problems: []
    }
    "approveRefund" POST "/api/v1/refunds/{id}/approve" "Refunds" [Refund] "Pay a refund back" {
        about: "Money goes back to the card that paid. Whoever asked does not decide.",
        query: NOTHING, body: Some("Approval"),
        answers: [201 "RefundDecision" "On record", 202 "RefundDecision" UNKNOWN], problems: [SamePerson]
    }
    "rejectRefund" POST "/api/v1/refunds/{id}/reject" "Refunds" [Refund] "Turn a refund down" {
        about: "Frees the pieces.", query: NOTHING, body: Some("Rejection"),
        answers: [201 "RefundDecision" "On record", 202 "RefundDecision" UNKNOWN], problems: [SamePerson]
    }
    "listDisputes" GET "/api/v1/disputes" "Disputes" [Read Refund] "Disputes" {
        about: "What card holders contest, oldest first. Answer the ones in state `opened` before `answer_until`.",
        query: &[
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["opened","answered","upheld","rejected"]}"#, example: "opened",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "DisputeList" "A page"], problems: []
    }
    "getDispute" GET "/api/v1/disputes/{id}" "Disputes" [Read Refund] "A dispute" {
        about: "By the number of its opening.", query: NOTHING, body: None,
        answers: [200 "Dispute" "The dispute"], problems: []
    }
    "answerDispute" POST "/api/v1/disputes/{id}/answer" "Disputes" [Refund] "Answer a dispute" {
        about: "Once, and in time. The card company decides afterwards; what it upholds is paid back from what you are \
            owed.",
        query: NOTHING, body: Some("NewDisputeAnswer"),
        answers: [201 "DisputeAnswer" "On record", 202 "DisputeAnswer" UNKNOWN], problems: []
    }
    "listOrders" GET "/api/v1/orders" "Records" [Read] "Orders by time" {
        about: "By the time they were begun, oldest first. An order's state changes later; follow the money with \
            GET /api/v1/transactions.",
        query: &[
            FROM, UNTIL,
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["draft","paid","partly_refunded","refunded","voided","abandoned"]}"#,
                example: "paid",
            },
            Param {
                name: "merchant_order_number", about: "Only with this number of your system.",
                schema: r#"{"type":"string","minLength":1,"maxLength":64}"#, example: "ERP-2026-000017",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "OrderList" "A page"], problems: [Archived]
    }
    "getOrder" GET "/api/v1/orders/{id}" "Records" [Read] "An order" {
        about: "With lines and refunds.", query: NOTHING, body: None,
        answers: [200 "Order" "The order"], problems: []
    }
    "listTransactions" GET "/api/v1/transactions" "Records" [Read] "Transactions by time" {
        about: "Everything on record, approved or declined, oldest first. Keep next_cursor and ask again later to get \
            what came since.",
        query: &[FROM, UNTIL, CURSOR, LIMIT],
        body: None, answers: [200 "TransactionList" "A page"], problems: [Archived]
    }
    "getTransaction" GET "/api/v1/transactions/{id}" "Records" [Read] "A transaction" {
        about: "By its reference number.", query: NOTHING, body: None,
        answers: [200 "Transaction" "The transaction"], problems: []
    }
    "getStatement" GET "/api/v1/statements/{date}" "Records" [Read] "A day's statement" {
        about: "Counts and sums of a business day, and every transaction of it page by page. A day is complete once \
            it is over in China. What the card company decided itself, late refunds and upheld disputes, is in the \
            settlement.",
        query: &[CURSOR, LIMIT],
        body: None, answers: [200 "Statement" "The day"], problems: [Archived]
    }
    "listSettlements" GET "/api/v1/settlements" "Settlements" [Read] "Settlements" {
        about: "What the card company has confirmed and pays, oldest first. They are the whole merchant's: a key that is \
            bound to an outlet finds none. Keep next_cursor and ask again later to get what came since.",
        query: &[CURSOR, LIMIT],
        body: None, answers: [200 "SettlementList" "A page"], problems: []
    }
    "getSettlement" GET "/api/v1/settlements/{id}" "Settlements" [Read] "A settlement" {
        about: "With its figures day by day.", query: NOTHING, body: None,
        answers: [200 "Settlement" "The settlement"], problems: []
    }
    "listProducts" GET "/api/v1/products" "Catalogue" [Read Sell Catalogue] "Products" {
        about: "By code; stopped ones too.", query: &[CURSOR, LIMIT], body: None,
        answers: [200 "ProductList" "A page"], problems: []
    }
    "getProduct" GET "/api/v1/products/{code}" "Catalogue" [Read Sell Catalogue] "A product" {
        about: "By your own number.", query: NOTHING, body: None,
        answers: [200 "Product" "The product"], problems: []
    }
    "putProduct" PUT "/api/v1/products/{code}" "Catalogue" [Catalogue] "Write a product" {
        about: "Makes it or replaces it as a whole.", query: NOTHING, body: Some("NewProduct"),
        answers: [200 "Product" "Replaced", 201 "Product" "Made"], problems: []
    }
    "patchProduct" PATCH "/api/v1/products/{code}" "Catalogue" [Catalogue] "Change a product" {
        about: "Fields that are not named stay as they are.", query: NOTHING, body: Some("ProductChange"),
        answers: [200 "Product" "Changed"], problems: []
    }
    "listWebhookEndpoints" GET "/api/v1/webhook_endpoints" "Webhooks" [Read] "Webhook endpoints" {
        about: "Where events of your money are sent, oldest first.", query: &[CURSOR, LIMIT], body: None,
        answers: [200 "WebhookEndpointList" "A page"], problems: []
    }
    "createWebhookEndpoint" POST "/api/v1/webhook_endpoints" "Webhooks" [Read] "Make a webhook endpoint" {
        about: "Answers the secret that signs what is sent, this once. At most 20 for a merchant.",
        query: NOTHING, body: Some("NewWebhookEndpoint"),
        answers: [201 "WebhookEndpoint" "Made"], problems: []
    }
    "getWebhookEndpoint" GET "/api/v1/webhook_endpoints/{id}" "Webhooks" [Read] "A webhook endpoint" {
        about: "Without its secret.", query: NOTHING, body: None,
        answers: [200 "WebhookEndpoint" "The endpoint"], problems: []
    }
    "updateWebhookEndpoint" PATCH "/api/v1/webhook_endpoints/{id}" "Webhooks" [Read] "Change a webhook endpoint" {
        about: "Fields that are not named stay as they are. Status active starts one again that was paused or stopped \
            by itself.",
        query: NOTHING, body: Some("WebhookEndpointChange"),
        answers: [200 "WebhookEndpoint" "Changed"], problems: []
    }
    "deleteWebhookEndpoint" DELETE "/api/v1/webhook_endpoints/{id}" "Webhooks" [Read] "Delete a webhook endpoint" {
        about: "For good; what still waits for it is not sent any more.", query: NOTHING, body: None,
        answers: [200 "WebhookEndpoint" "Gone"], problems: []
    }
    "rotateWebhookSecret" POST "/api/v1/webhook_endpoints/{id}/rotate_secret" "Webhooks" [Read] "Give a new secret" {
        about: "Answers the new secret, this once. For 24 hours the one before signs too.",
        query: NOTHING, body: None,
        answers: [200 "WebhookEndpoint" "Changed"], problems: []
    }
    "testWebhookEndpoint" POST "/api/v1/webhook_endpoints/{id}/test" "Webhooks" [Read] "Send a test event" {
        about: "Sends webhook.test to this endpoint alone; it has to be active.", query: NOTHING, body: None,
        answers: [201 "WebhookDelivery" "On its way"], problems: [InvalidRequest]
    }
    "listWebhookDeliveries" GET "/api/v1/webhook_endpoints/{id}/deliveries" "Webhooks" [Read] "Deliveries" {
        about: "What was sent or is on its way to an endpoint in the last 30 days, newest first.",
        query: &[
            Param {
                name: "status", about: "Only in this state.",
                schema: r#"{"type":"string","enum":["pending","delivered","parked"]}"#, example: "parked",
            },
            CURSOR, LIMIT,
        ],
        body: None, answers: [200 "WebhookDeliveryList" "A page"], problems: []
    }
    "replayWebhookDelivery" POST "/api/v1/webhook_endpoints/{id}/deliveries/{event_id}/replay" "Webhooks" [Read]
        "Send an event again" {
        about: "Once more, or at once; tried for three days from now.", query: NOTHING, body: None,
        answers: [201 "WebhookDelivery" "On its way"], problems: []
    }
}
