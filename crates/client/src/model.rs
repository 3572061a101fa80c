//! What is asked and answered, in the names of the description (`/api/openapi.json`). Amounts are whole fen, ids are
//! text, times RFC 3339. Answers may gain fields and words; requests have exactly the fields that the API takes.

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
    /// How an attempt ended.
    Status {
        /// It happened.
        Approved = "approved",
        /// It did not happen; see `decline`.
        Declined = "declined",
        /// Nobody knows yet.
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
        /// A fault of the system.
        Fault = "fault",
    }
}

words! {
    /// How far an order is.
    OrderStatus {
        /// Being rung up.
        Draft = "draft",
        /// Paid.
        Paid = "paid",
        /// Some of it came back.
        PartlyRefunded = "partly_refunded",
        /// All of it came back.
        Refunded = "refunded",
        /// Undone on its day.
        Voided = "voided",
        /// Given up, never paid.
        Abandoned = "abandoned",
    }
}

words! {
    /// How far a refund is.
    RefundStatus {
        /// Waits for somebody else's decision.
        Requested = "requested",
        /// Waits for the card company.
        Escalated = "escalated",
        /// Paid back.
        Approved = "approved",
        /// Turned down.
        Rejected = "rejected",
        /// The request was not taken in.
        Declined = "declined",
        /// Nobody knows yet.
        Unknown = "unknown",
    }
}

words! {
    /// Class of reason for a refund.
    RefundGround {
        /// The goods have a fault.
        Quality = "quality",
        /// The shop sold or charged the wrong thing.
        ShopError = "shop_error",
        /// The customer does not want them any more.
        ChangedMind = "changed_mind",
    }
}

words! {
    /// What a card holder says about a payment.
    DisputeClaim {
        /// "I did not make it."
        NotAuthorised = "not_authorised",
        /// "I did not get the goods."
        NotReceived = "not_received",
        /// "Too much was charged."
        WrongAmount = "wrong_amount",
        /// "I was charged twice."
        Duplicate = "duplicate",
        /// "The goods have a fault and the shop does not take them back."
        Quality = "quality",
    }
}

words! {
    /// How far a dispute is.
    DisputeStatus {
        /// Waits for your answer.
        Opened = "opened",
        /// Waits for the card company.
        Answered = "answered",
        /// Paid back.
        Upheld = "upheld",
        /// Turned down.
        Rejected = "rejected",
    }
}

words! {
    /// Kind of a transaction.
    TransactionKind {
        /// A payment.
        Sale = "sale",
        /// A question for the balance.
        Inquiry = "inquiry",
        /// A refund asked for.
        RefundRequest = "refund_request",
        /// A refund turned down.
        RefundRejection = "refund_rejection",
        /// A refund paid back.
        Refund = "refund",
        /// A void.
        Void = "void",
        /// A reversal.
        Reversal = "reversal",
        /// The end of a batch.
        BatchClose = "batch_close",
        /// Money put on a card.
        Load = "load",
        /// A dispute answered.
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
        /// No drug.
        NoDrug = "NONE",
    }
}

words! {
    /// What an API key may do.
    Scope {
        /// Read what is on record.
        Read = "read",
        /// Take payments and reverse them.
        Sell = "sell",
        /// Ask for refunds and decide them.
        Refund = "refund",
        /// Change the catalogue.
        Catalogue = "catalogue",
    }
}

words! {
    /// What a webhook tells of.
    EventType {
        /// A payment went through.
        PaymentApproved = "payment.approved",
        /// A payment was refused.
        PaymentDeclined = "payment.declined",
        /// A payment that never arrived was withdrawn.
        PaymentWithdrawn = "payment.withdrawn",
        /// Somebody asked for a refund.
        RefundRequested = "refund.requested",
        /// A refund was paid back.
        RefundApproved = "refund.approved",
        /// A refund was turned down.
        RefundRejected = "refund.rejected",
        /// A sale was undone in full on its day.
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
        /// A dispute was turned down: the payment stands.
        DisputeRejected = "dispute.rejected",
        /// Somebody tests an endpoint; nobody subscribes to it.
        Test = "webhook.test",
    }
}

words! {
    /// Whether an endpoint is told; [`WebhookEndpointChange`] takes `active` and `paused`.
    EndpointStatus {
        /// Is told.
        Active = "active",
        /// Is not told.
        Paused = "paused",
        /// Stopped by itself after three days of nothing but failures.
        Failed = "failed",
        /// Gone.
        Deleted = "deleted",
    }
}

words! {
    /// How far a delivery is.
    DeliveryStatus {
        /// On its way.
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
    /// What to do: `retry` after a correction and with a new key, `no_retry` with this card, `operator` has to act,
    /// `fault` of the system.
    pub advice: Advice,
    /// The reason's word; it never changes.
    pub code: String,
    /// The figure that belongs to the reason: fen short, a limit in fen, PIN tries left, a date as yyyymmdd.
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
    /// There is more now.
    pub has_more: bool,
    /// Where to go on: with it, the next page; or later, what came since.
    pub next_cursor: Option<String>,
}
