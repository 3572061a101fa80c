//! Requests and responses, with the names of the description (`/api/openapi.json`). Amounts are whole fen, ids are
//! text, times RFC 3339. Responses may gain fields and words; requests have exactly the fields that the API accepts.

use serde::Deserialize;

use crate::words::words;

mod dispute;
mod hook;
mod payment;
mod place;
mod product;
mod record;
mod refund;

pub use dispute::*;
pub use hook::*;
pub use payment::*;
pub use place::*;
pub use product::*;
pub use record::*;
pub use refund::*;

words! {
    /// The currency of an amount.
    Currency {
        /// Renminbi, in whole fen (0.01 yuan).
        Cny = "CNY",
    }
}

words! {
    /// The outcome of an attempt.
    Status {
        /// Done as requested.
        Approved = "approved",
        /// On record; nothing moved. See `decline`.
        Declined = "declined",
        /// Not known yet.
        Unknown = "unknown",
    }
}

words! {
    /// What to do about a decline.
    Advice {
        /// Correct it and try again, with a new key.
        Retry = "retry",
        /// Not with this card.
        NoRetry = "no_retry",
        /// A person has to act.
        Operator = "operator",
        /// The system has a problem.
        Fault = "fault",
    }
}

words! {
    /// State of an order.
    OrderStatus {
        /// Not paid yet.
        Draft = "draft",
        /// Paid.
        Paid = "paid",
        /// Partly refunded.
        PartlyRefunded = "partly_refunded",
        /// Refunded in full.
        Refunded = "refunded",
        /// Voided on its day.
        Voided = "voided",
        /// Abandoned; never paid.
        Abandoned = "abandoned",
    }
}

words! {
    /// State of a refund.
    RefundStatus {
        /// Waiting for a second person's decision.
        Requested = "requested",
        /// Waiting for the card company.
        Escalated = "escalated",
        /// Paid back.
        Approved = "approved",
        /// Rejected.
        Rejected = "rejected",
        /// The request was not accepted.
        Declined = "declined",
        /// Not known yet.
        Unknown = "unknown",
    }
}

words! {
    /// Class of reason for a refund.
    RefundGround {
        /// The goods are faulty.
        Quality = "quality",
        /// The shop sold or charged the wrong thing.
        ShopError = "shop_error",
        /// The customer no longer wants them.
        ChangedMind = "changed_mind",
    }
}

words! {
    /// A card holder's claim about a payment.
    DisputeClaim {
        /// "I did not make it."
        NotAuthorised = "not_authorised",
        /// "I did not get the goods."
        NotReceived = "not_received",
        /// "Too much was charged."
        WrongAmount = "wrong_amount",
        /// "I was charged twice."
        Duplicate = "duplicate",
        /// "The goods are faulty and the shop does not take them back."
        Quality = "quality",
    }
}

words! {
    /// State of a dispute.
    DisputeStatus {
        /// Waiting for your answer.
        Opened = "opened",
        /// Waiting for the card company.
        Answered = "answered",
        /// Paid back.
        Upheld = "upheld",
        /// Rejected.
        Rejected = "rejected",
    }
}

words! {
    /// Kind of transaction.
    TransactionKind {
        /// A payment.
        Sale = "sale",
        /// A balance inquiry.
        Inquiry = "inquiry",
        /// A refund request.
        RefundRequest = "refund_request",
        /// A rejected refund.
        RefundRejection = "refund_rejection",
        /// A paid refund.
        Refund = "refund",
        /// A void.
        Void = "void",
        /// A reversal.
        Reversal = "reversal",
        /// A batch close.
        BatchClose = "batch_close",
        /// A load: money put on a card.
        Load = "load",
        /// An answer to a dispute.
        DisputeAnswer = "dispute_answer",
    }
}

words! {
    /// Class of a drug.
    OtcClass {
        /// Prescription only.
        Rx = "RX",
        /// Over the counter, class A.
        OtcA = "OTC-A",
        /// Over the counter, class B.
        OtcB = "OTC-B",
        /// Not a drug.
        NoDrug = "NONE",
    }
}

words! {
    /// Scope of an API key.
    Scope {
        /// Read records.
        Read = "read",
        /// Take payments and reverse them.
        Sell = "sell",
        /// Request and decide refunds.
        Refund = "refund",
        /// Change the catalogue.
        Catalogue = "catalogue",
        /// Create, change and end webhook endpoints.
        Webhooks = "webhooks",
    }
}

words! {
    /// Type of a webhook event.
    EventType {
        /// A payment was approved.
        PaymentApproved = "payment.approved",
        /// A payment was declined.
        PaymentDeclined = "payment.declined",
        /// A payment that never arrived was withdrawn.
        PaymentWithdrawn = "payment.withdrawn",
        /// A refund was requested.
        RefundRequested = "refund.requested",
        /// A refund was approved and paid.
        RefundApproved = "refund.approved",
        /// A refund was rejected.
        RefundRejected = "refund.rejected",
        /// A sale was voided: undone in full on its day.
        SaleVoided = "sale.voided",
        /// A sale was reversed.
        SaleReversed = "sale.reversed",
        /// A batch was closed.
        BatchClosed = "batch.closed",
        /// A settlement was confirmed.
        SettlementConfirmed = "settlement.confirmed",
        /// A holder contests a payment; you may answer.
        DisputeOpened = "dispute.opened",
        /// A dispute was answered.
        DisputeAnswered = "dispute.answered",
        /// A dispute was upheld and paid back.
        DisputeUpheld = "dispute.upheld",
        /// A dispute was rejected: the payment stands.
        DisputeRejected = "dispute.rejected",
        /// A test of an endpoint; it cannot be subscribed to.
        Test = "webhook.test",
    }
}

words! {
    /// State of an endpoint; [`WebhookEndpointChange`] accepts `active` and `paused`.
    EndpointStatus {
        /// Receives events.
        Active = "active",
        /// Receives no events.
        Paused = "paused",
        /// Stopped after failing for three days.
        Failed = "failed",
        /// Deleted.
        Deleted = "deleted",
    }
}

words! {
    /// State of a delivery.
    DeliveryStatus {
        /// Still to be delivered.
        Pending = "pending",
        /// Answered with 2xx.
        Delivered = "delivered",
        /// Given up after three days.
        Parked = "parked",
    }
}

/// Why an attempt was declined.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DeclineReason {
    /// What to do: `retry` after correcting it, with a new key; `no_retry` with this card; `operator`: a person must
    /// act; `fault`: the system has a problem.
    pub advice: Advice,
    /// The stable word of the reason.
    pub code: String,
    /// The figure of the reason: fen short, a limit in fen, PIN tries left, or a date as yyyymmdd.
    pub detail: Option<i64>,
    /// Response code of ISO 8583 field 39, with UnionPay's meanings.
    pub response_code: String,
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct List<T> {
    /// The rows, oldest first.
    pub data: Vec<T>,
    /// There are more rows now.
    pub has_more: bool,
    /// Returns the next page, or later the rows added since.
    pub next_cursor: Option<String>,
}
