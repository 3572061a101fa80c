//! Every operation as a method of [`Client`].

use crate::attempt::{Attempt, PaymentLookup, Unknown};
use crate::client::{Call, Client, Query};
use crate::key::IdempotencyKey;
use crate::model::{
    Approval, BalanceInquiry, DeliveryStatus, Dispute, DisputeAnswer, DisputeStatus, List, Me, NewBalanceInquiry,
    NewDisputeAnswer, NewPayment, NewProduct, NewRefund, NewWebhookEndpoint, Order, OrderStatus, Outlet, Payment,
    Product, ProductChange, Refund, RefundDecision, RefundStatus, Rejection, Reversal, Settlement, Statement, Status,
    Terminal, Transaction, WebhookDelivery, WebhookEndpoint, WebhookEndpointChange,
};
use crate::operation as op;
use crate::pages::{Pages, place};
use crate::problem::Error;

/// Filter for orders.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Start of the range, inclusive, RFC 3339; by default the beginning of the current day in China.
    pub from: Option<String>,
    /// End of the range, exclusive; by default now. At most 31 days after `from`.
    pub until: Option<String>,
    /// Only in this state.
    pub status: Option<OrderStatus>,
    /// Only the orders with this number of your system.
    pub merchant_order_number: Option<String>,
}

impl OrderFilter {
    pub(crate) fn query(self) -> Query {
        let status = self.status.map(|status| status.word().to_owned());
        let number = self.merchant_order_number;
        vec![self.from, self.until, status, number]
    }
}

/// Filter for transactions.
#[derive(Clone, Debug, Default)]
pub struct TransactionFilter {
    /// Start of the range, inclusive, RFC 3339; by default the beginning of the current day in China.
    pub from: Option<String>,
    /// End of the range, exclusive; by default now. At most 31 days after `from`.
    pub until: Option<String>,
}

impl TransactionFilter {
    pub(crate) fn query(self) -> Query {
        vec![self.from, self.until]
    }
}

/// Selling.
impl Client {
    /// The API key in use; a way to test it.
    pub async fn me(&self) -> Result<Me, Error> {
        self.read(&Call::new(op::GET_ME, &[])).await
    }

    /// The outlets that the key has access to.
    pub async fn outlets(&self) -> Result<Vec<Outlet>, Error> {
        self.read(&Call::new(op::LIST_OUTLETS, &[])).await.map(|list: List<_>| list.data)
    }

    /// The terminals that the key has access to, or those of one outlet.
    pub async fn terminals(&self, outlet_id: Option<&str>) -> Result<Vec<Terminal>, Error> {
        let query = [outlet_id.map(str::to_owned)];
        self.read(&Call::new(op::LIST_TERMINALS, &[]).query(&query)).await.map(|list: List<_>| list.data)
    }

    /// Queries a card's balance. Wrong PINs are counted.
    pub async fn balance(
        &self,
        key: &IdempotencyKey,
        inquiry: &NewBalanceInquiry,
    ) -> Result<Attempt<BalanceInquiry>, Error> {
        Unknown::first(self, Call::new(op::CREATE_BALANCE_INQUIRY, &[]).key(key).body(inquiry)).await
    }

    /// Charges a card at most once under `key`. An error means that the card is not charged; a decline is not an error.
    pub async fn pay(&self, key: &IdempotencyKey, payment: &NewPayment) -> Result<Attempt<Payment>, Error> {
        Unknown::first(self, Call::new(op::CREATE_PAYMENT, &[]).key(key).body(payment)).await
    }

    /// Looks up the payment that was sent with `key`.
    pub async fn find_payment(&self, key: &IdempotencyKey) -> Result<PaymentLookup, Error> {
        let query = [Some(key.to_string())];
        let list: List<Payment> = self.read(&Call::new(op::LIST_PAYMENTS, &[]).query(&query)).await?;
        Ok(match list.data.into_iter().next() {
            Some(payment) if matches!(payment.status, Status::Approved | Status::Declined) => {
                PaymentLookup::Known(Box::new(payment))
            }
            Some(_) => PaymentLookup::Unknown,
            None => PaymentLookup::Absent,
        })
    }

    /// A payment with the current state of its order.
    pub async fn payment(&self, id: &str) -> Result<Payment, Error> {
        self.read(&Call::new(op::GET_PAYMENT, &[id])).await
    }

    /// Reverses a payment of today whose goods have not left the shop.
    pub async fn reverse_payment(&self, key: &IdempotencyKey, id: &str) -> Result<Attempt<Reversal>, Error> {
        let nothing = serde_json::Map::new();
        Unknown::first(self, Call::new(op::REVERSE_PAYMENT, &[id]).key(key).body(&nothing)).await
    }
}

/// Refunds.
impl Client {
    /// Requests a refund; a second party decides.
    pub async fn request_refund(&self, key: &IdempotencyKey, refund: &NewRefund) -> Result<Attempt<Refund>, Error> {
        Unknown::first(self, Call::new(op::CREATE_REFUND, &[]).key(key).body(refund)).await
    }

    /// Refunds, oldest first, in one state or all. `declined` and `unknown` cannot be listed.
    pub fn refunds(&self, status: Option<&RefundStatus>) -> Pages<Refund> {
        let filter = vec![status.map(|status| status.word().to_owned())];
        Pages::new(self, op::LIST_REFUNDS, &[], filter)
    }

    /// A refund, or a request that was declined.
    pub async fn refund(&self, id: &str) -> Result<Refund, Error> {
        self.read(&Call::new(op::GET_REFUND, &[id])).await
    }

    /// Approves a refund. The applicant cannot decide.
    pub async fn approve_refund(
        &self,
        key: &IdempotencyKey,
        id: &str,
        approval: &Approval,
    ) -> Result<Attempt<RefundDecision>, Error> {
        Unknown::first(self, Call::new(op::APPROVE_REFUND, &[id]).key(key).body(approval)).await
    }

    /// Rejects a refund.
    pub async fn reject_refund(
        &self,
        key: &IdempotencyKey,
        id: &str,
        rejection: &Rejection,
    ) -> Result<Attempt<RefundDecision>, Error> {
        Unknown::first(self, Call::new(op::REJECT_REFUND, &[id]).key(key).body(rejection)).await
    }
}

/// Disputes.
impl Client {
    /// Disputes, oldest first, in one state or all.
    pub fn disputes(&self, status: Option<&DisputeStatus>) -> Pages<Dispute> {
        let filter = vec![status.map(|status| status.word().to_owned())];
        Pages::new(self, op::LIST_DISPUTES, &[], filter)
    }

    /// A dispute.
    pub async fn dispute(&self, id: &str) -> Result<Dispute, Error> {
        self.read(&Call::new(op::GET_DISPUTE, &[id])).await
    }

    /// Answers a dispute, once and before its `answer_until`.
    pub async fn answer_dispute(
        &self,
        key: &IdempotencyKey,
        id: &str,
        answer: &NewDisputeAnswer,
    ) -> Result<Attempt<DisputeAnswer>, Error> {
        Unknown::first(self, Call::new(op::ANSWER_DISPUTE, &[id]).key(key).body(answer)).await
    }
}

/// Records.
impl Client {
    /// Orders by the time they were opened, oldest first.
    pub fn orders(&self, filter: OrderFilter) -> Pages<Order> {
        Pages::new(self, op::LIST_ORDERS, &[], filter.query())
    }

    /// An order with its lines and refunds.
    pub async fn order(&self, id: &str) -> Result<Order, Error> {
        self.read(&Call::new(op::GET_ORDER, &[id])).await
    }

    /// All transactions, oldest first. Keep [`Pages::cursor`] and use it later to get those recorded since.
    pub fn transactions(&self, filter: TransactionFilter) -> Pages<Transaction> {
        Pages::new(self, op::LIST_TRANSACTIONS, &[], filter.query())
    }

    /// A transaction by its reference number.
    pub async fn transaction(&self, id: &str) -> Result<Transaction, Error> {
        self.read(&Call::new(op::GET_TRANSACTION, &[id])).await
    }

    /// The statement of a business day (`2026-11-23`): its totals and a page of its transactions.
    pub async fn statement(&self, date: &str, cursor: Option<&str>, limit: Option<u32>) -> Result<Statement, Error> {
        self.read(&Call::new(op::GET_STATEMENT, &[date]).query(&place(cursor, limit))).await
    }

    /// Confirmed settlements, oldest first.
    pub fn settlements(&self) -> Pages<Settlement> {
        Pages::new(self, op::LIST_SETTLEMENTS, &[], Query::new())
    }

    /// A settlement with its totals by day.
    pub async fn settlement(&self, id: &str) -> Result<Settlement, Error> {
        self.read(&Call::new(op::GET_SETTLEMENT, &[id])).await
    }
}

/// The catalogue.
impl Client {
    /// Products by code, including discontinued ones.
    pub fn products(&self) -> Pages<Product> {
        Pages::new(self, op::LIST_PRODUCTS, &[], Query::new())
    }

    /// A product by your own code.
    pub async fn product(&self, code: &str) -> Result<Product, Error> {
        self.read(&Call::new(op::GET_PRODUCT, &[code])).await
    }

    /// Creates a product or replaces it as a whole.
    pub async fn put_product(&self, key: &IdempotencyKey, code: &str, product: &NewProduct) -> Result<Product, Error> {
        self.read(&Call::new(op::PUT_PRODUCT, &[code]).key(key).body(product)).await
    }

    /// Changes fields of a product.
    pub async fn change_product(
        &self,
        key: &IdempotencyKey,
        code: &str,
        change: &ProductChange,
    ) -> Result<Product, Error> {
        self.read(&Call::new(op::PATCH_PRODUCT, &[code]).key(key).body(change)).await
    }
}

/// Webhook endpoints; [`webhook::verify`](crate::webhook::verify) checks the requests they receive.
impl Client {
    /// Endpoints, oldest first.
    pub fn webhook_endpoints(&self) -> Pages<WebhookEndpoint> {
        Pages::new(self, op::LIST_WEBHOOK_ENDPOINTS, &[], Query::new())
    }

    /// Creates an endpoint. Its secret is returned this once.
    pub async fn create_webhook_endpoint(
        &self,
        key: &IdempotencyKey,
        endpoint: &NewWebhookEndpoint,
    ) -> Result<WebhookEndpoint, Error> {
        self.read(&Call::new(op::CREATE_WEBHOOK_ENDPOINT, &[]).key(key).body(endpoint)).await
    }

    /// An endpoint, without its secret.
    pub async fn webhook_endpoint(&self, id: &str) -> Result<WebhookEndpoint, Error> {
        self.read(&Call::new(op::GET_WEBHOOK_ENDPOINT, &[id])).await
    }

    /// Changes an endpoint.
    pub async fn change_webhook_endpoint(
        &self,
        key: &IdempotencyKey,
        id: &str,
        change: &WebhookEndpointChange,
    ) -> Result<WebhookEndpoint, Error> {
        self.read(&Call::new(op::UPDATE_WEBHOOK_ENDPOINT, &[id]).key(key).body(change)).await
    }

    /// Deletes an endpoint permanently.
    pub async fn delete_webhook_endpoint(&self, key: &IdempotencyKey, id: &str) -> Result<WebhookEndpoint, Error> {
        self.read(&Call::new(op::DELETE_WEBHOOK_ENDPOINT, &[id]).key(key)).await
    }

    /// Rotates an endpoint's secret. For 24 hours the previous one signs as well.
    pub async fn rotate_webhook_secret(&self, key: &IdempotencyKey, id: &str) -> Result<WebhookEndpoint, Error> {
        self.read(&Call::new(op::ROTATE_WEBHOOK_SECRET, &[id]).key(key)).await
    }

    /// Sends a test event to an endpoint.
    pub async fn test_webhook_endpoint(&self, key: &IdempotencyKey, id: &str) -> Result<WebhookDelivery, Error> {
        self.read(&Call::new(op::TEST_WEBHOOK_ENDPOINT, &[id]).key(key)).await
    }

    /// Deliveries to an endpoint, in one state or all.
    pub fn webhook_deliveries(&self, id: &str, status: Option<&DeliveryStatus>) -> Pages<WebhookDelivery> {
        let filter = vec![status.map(|status| status.word().to_owned())];
        Pages::new(self, op::LIST_WEBHOOK_DELIVERIES, &[id], filter)
    }

    /// Replays an event.
    pub async fn replay_webhook_delivery(
        &self,
        key: &IdempotencyKey,
        id: &str,
        event_id: &str,
    ) -> Result<WebhookDelivery, Error> {
        self.read(&Call::new(op::REPLAY_WEBHOOK_DELIVERY, &[id, event_id]).key(key)).await
    }
}
