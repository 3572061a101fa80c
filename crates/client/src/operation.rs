//! Every operation of the API, in one table.

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    /// Its `operationId` in the description.
    #[cfg_attr(not(test), expect(dead_code, reason = "compared with the description"))]
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Its query parameters, in the order in which a [`Call`](crate::client::Call) takes their values.
    pub(crate) query: &'static [&'static str],
}

macro_rules! operations {
    ($($name:ident = $id:literal $method:ident $path:literal $($query:literal)*;)+) => {
        $(pub(crate) const $name: Operation =
            Operation { id: $id, method: stringify!($method), path: $path, query: &[$($query),*] };)+

        #[cfg(test)]
        pub(crate) const ALL: &[Operation] = &[$($name),+];
    };
}

operations! {
    CREATE_BALANCE_INQUIRY = "createBalanceInquiry" POST "/api/v1/balance_inquiries";
    GET_ME = "getMe" GET "/api/v1/me";
    LIST_ORDERS = "listOrders" GET "/api/v1/orders" "from" "until" "status" "merchant_order_number" "cursor" "limit";
    GET_ORDER = "getOrder" GET "/api/v1/orders/{id}";
    LIST_OUTLETS = "listOutlets" GET "/api/v1/outlets";
    LIST_PAYMENTS = "listPayments" GET "/api/v1/payments" "idempotency_key";
    CREATE_PAYMENT = "createPayment" POST "/api/v1/payments";
    GET_PAYMENT = "getPayment" GET "/api/v1/payments/{id}";
    REVERSE_PAYMENT = "reversePayment" POST "/api/v1/payments/{id}/reversal";
    LIST_PRODUCTS = "listProducts" GET "/api/v1/products" "cursor" "limit";
    GET_PRODUCT = "getProduct" GET "/api/v1/products/{code}";
    PATCH_PRODUCT = "patchProduct" PATCH "/api/v1/products/{code}";
    PUT_PRODUCT = "putProduct" PUT "/api/v1/products/{code}";
    LIST_REFUNDS = "listRefunds" GET "/api/v1/refunds" "status" "cursor" "limit";
    CREATE_REFUND = "createRefund" POST "/api/v1/refunds";
    GET_REFUND = "getRefund" GET "/api/v1/refunds/{id}";
    APPROVE_REFUND = "approveRefund" POST "/api/v1/refunds/{id}/approve";
    REJECT_REFUND = "rejectRefund" POST "/api/v1/refunds/{id}/reject";
    CREATE_REVERSAL = "createReversal" POST "/api/v1/reversals";
    LIST_DISPUTES = "listDisputes" GET "/api/v1/disputes" "status" "cursor" "limit";
    GET_DISPUTE = "getDispute" GET "/api/v1/disputes/{id}";
    ANSWER_DISPUTE = "answerDispute" POST "/api/v1/disputes/{id}/answer";
    LIST_SETTLEMENTS = "listSettlements" GET "/api/v1/settlements" "cursor" "limit";
    GET_SETTLEMENT = "getSettlement" GET "/api/v1/settlements/{id}";
    GET_STATEMENT = "getStatement" GET "/api/v1/statements/{date}" "cursor" "limit";
    LIST_TERMINALS = "listTerminals" GET "/api/v1/terminals" "outlet_id";
    LIST_TRANSACTIONS = "listTransactions" GET "/api/v1/transactions" "from" "until" "cursor" "limit";
    GET_TRANSACTION = "getTransaction" GET "/api/v1/transactions/{id}";
    LIST_WEBHOOK_ENDPOINTS = "listWebhookEndpoints" GET "/api/v1/webhook_endpoints" "cursor" "limit";
    CREATE_WEBHOOK_ENDPOINT = "createWebhookEndpoint" POST "/api/v1/webhook_endpoints";
    DELETE_WEBHOOK_ENDPOINT = "deleteWebhookEndpoint" DELETE "/api/v1/webhook_endpoints/{id}";
    GET_WEBHOOK_ENDPOINT = "getWebhookEndpoint" GET "/api/v1/webhook_endpoints/{id}";
    UPDATE_WEBHOOK_ENDPOINT = "updateWebhookEndpoint" PATCH "/api/v1/webhook_endpoints/{id}";
    LIST_WEBHOOK_DELIVERIES = "listWebhookDeliveries" GET "/api/v1/webhook_endpoints/{id}/deliveries" "status" "cursor" "limit";
    REPLAY_WEBHOOK_DELIVERY = "replayWebhookDelivery" POST "/api/v1/webhook_endpoints/{id}/deliveries/{event_id}/replay";
    ROTATE_WEBHOOK_SECRET = "rotateWebhookSecret" POST "/api/v1/webhook_endpoints/{id}/rotate_secret";
    TEST_WEBHOOK_ENDPOINT = "testWebhookEndpoint" POST "/api/v1/webhook_endpoints/{id}/test";
}
