//! The outcome of a change that moves money: known or unknown.
//!
//! What must stay true: nothing turns "unknown" into "failed". An unknown outcome can only be asked for, repeated with
//! the same key and content, or reversed.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::client::{Call, Client};
use crate::key::IdempotencyKey;
use crate::model::{
    BalanceInquiry, DisputeAnswer, NewReversal, Payment, Refund, RefundDecision, RefundStatus, Reversal, Status,
};
use crate::operation::CREATE_REVERSAL;
use crate::problem::Error;

/// The outcome of a change. Approved and declined are both known.
#[derive(Debug)]
#[must_use = "an unknown outcome must be resolved"]
pub enum Attempt<T> {
    /// It is on record.
    Known(T),
    /// It is not known yet whether it happened.
    Unknown(Unknown<T>),
}

/// A change that may have happened. Do not send it again under a new key: [`ask`](Unknown::ask) for it,
/// [`repeat`](Unknown::repeat) it, or [`reverse`](Unknown::reverse) it.
#[must_use = "an unknown outcome must be resolved"]
pub struct Unknown<T> {
    client: Client,
    call: Call,
    why: Error,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Unknown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The call holds a card number and a PIN.
        f.debug_struct("Unknown").field("key", &self.call.key).field("why", &self.why).finish_non_exhaustive()
    }
}

/// A resource that says whether its outcome is known.
pub trait Outcome: DeserializeOwned {
    /// Whether it is. A status that this crate does not know counts as unknown.
    fn known(&self) -> bool;
}

macro_rules! outcomes {
    ($($name:ident)+) => {$(
        impl Outcome for $name {
            fn known(&self) -> bool {
                matches!(self.status, Status::Approved | Status::Declined)
            }
        }
    )+};
}

outcomes! { BalanceInquiry DisputeAnswer Payment Reversal RefundDecision }

impl Outcome for Refund {
    fn known(&self) -> bool {
        !matches!(self.status, RefundStatus::Unknown | RefundStatus::Other(_))
    }
}

/// The result of looking a payment up by its key.
#[derive(Clone, Debug)]
pub enum PaymentLookup {
    /// On record, approved or declined.
    Known(Box<Payment>),
    /// It has arrived and is in progress.
    Unknown,
    /// Nothing has arrived so far. It still may, unless it is repeated with the same key or reversed.
    Absent,
}

impl<T: Outcome> Unknown<T> {
    /// Sends `call`. An error means that nothing happened.
    pub(crate) async fn first(client: &Client, call: Call) -> Result<Attempt<T>, Error> {
        match client.send(&call).await {
            Err(error) if !error.may_have_happened() => Err(error),
            result => Ok(Self::judge(client.clone(), call, result)),
        }
    }

    /// Sends the same request again with the same key. It returns the record, or the change happens now, once.
    pub async fn repeat(self) -> Attempt<T> {
        let result = self.client.send(&self.call).await;
        Self::judge(self.client, self.call, result)
    }

    fn judge(client: Client, call: Call, result: Result<(T, bool), Error>) -> Attempt<T> {
        let why = match result {
            Ok((found, false)) if found.known() => return Attempt::Known(found),
            Ok(_) => Error::Unsettled("the server has not resolved it yet"),
            Err(error) => error,
        };
        Attempt::Unknown(Self { client, call, why, of: PhantomData })
    }

    /// The key with which it can be looked up.
    pub fn key(&self) -> &IdempotencyKey {
        self.call.key.as_ref().expect("a change has a key")
    }

    /// Why the outcome is not known.
    pub fn why(&self) -> &Error {
        &self.why
    }
}

impl Unknown<Payment> {
    /// Asks for the outcome. Nothing is sent again.
    pub async fn ask(self) -> Attempt<Payment> {
        let why = match self.client.find_payment(self.key()).await {
            Ok(PaymentLookup::Known(payment)) => return Attempt::Known(*payment),
            Ok(PaymentLookup::Unknown) => Error::Unsettled("the server has not resolved it yet"),
            Ok(PaymentLookup::Absent) => Error::Unsettled("nothing has arrived so far"),
            Err(error) => error,
        };
        Attempt::Unknown(Self { why, ..self })
    }

    /// Reverses the payment: it is undone if it was charged, and can never be charged if it was not. `key` identifies
    /// the reversal. Rely on [`Reversal::not_charged`].
    pub async fn reverse(&self, key: &IdempotencyKey) -> Result<Attempt<Reversal>, Error> {
        self.client.reverse_lost(key, self.key()).await
    }
}

impl Client {
    /// Reverses the payment that was sent with the key `payment`, whether it arrived or not; for a program that was
    /// restarted and has only the key. `key` identifies the reversal.
    pub async fn reverse_lost(
        &self,
        key: &IdempotencyKey,
        payment: &IdempotencyKey,
    ) -> Result<Attempt<Reversal>, Error> {
        let asked = NewReversal { payment_idempotency_key: payment.to_string() };
        Unknown::first(self, Call::new(CREATE_REVERSAL, &[]).key(key).body(&asked)).await
    }
}
