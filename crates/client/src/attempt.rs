//! What became of a change that moves money: known, or not known.
//!
//! What must stay true: nothing turns "unknown" into "failed"; the only ways on from an unknown outcome are to ask, to
//! repeat it with the same key and content, and to take it back.

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
#[must_use = "an outcome that is not known has to be asked for"]
pub enum Attempt<T> {
    /// It is on record.
    Known(T),
    /// Nobody knows yet whether it happened.
    Unknown(Unknown<T>),
}

/// A change that may have happened. Do not send it again under a new key: [`ask`](Unknown::ask) for it,
/// [`repeat`](Unknown::repeat) it, or [`reverse`](Unknown::reverse) it.
#[must_use = "an outcome that is not known has to be asked for"]
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
    /// Whether it is. A state that this crate has no word for is not.
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

/// What is known of a payment that was asked for by its key.
#[derive(Clone, Debug)]
pub enum Found {
    /// On record, approved or declined.
    Known(Box<Payment>),
    /// It has arrived and is still being worked on.
    Unknown,
    /// Nothing has arrived so far. It still may, unless it is repeated with the same key or reversed.
    Nothing,
}

impl<T: Outcome> Unknown<T> {
    /// Sends `call`. An error means that nothing happened.
    pub(crate) async fn first(client: &Client, call: Call) -> Result<Attempt<T>, Error> {
        match client.send(&call).await {
            Err(error) if !error.may_have_happened() => Err(error),
            result => Ok(Self::judge(client.clone(), call, result)),
        }
    }

    /// Sends the same once more, with the same key: the record answers, or it happens now, once.
    pub async fn repeat(self) -> Attempt<T> {
        let result = self.client.send(&self.call).await;
        Self::judge(self.client, self.call, result)
    }

    fn judge(client: Client, call: Call, result: Result<(T, bool), Error>) -> Attempt<T> {
        let why = match result {
            Ok((found, false)) if found.known() => return Attempt::Known(found),
            Ok(_) => Error::Unsettled("the server is still asking"),
            Err(error) => error,
        };
        Attempt::Unknown(Self { client, call, why, of: PhantomData })
    }

    /// The key that finds it, now and later.
    pub fn key(&self) -> &IdempotencyKey {
        self.call.key.as_ref().expect("a change has a key")
    }

    /// Why its outcome is not known.
    pub fn why(&self) -> &Error {
        &self.why
    }
}

impl Unknown<Payment> {
    /// Asks what became of it. Nothing is sent again.
    pub async fn ask(self) -> Attempt<Payment> {
        let why = match self.client.find_payment(self.key()).await {
            Ok(Found::Known(payment)) => return Attempt::Known(*payment),
            Ok(Found::Unknown) => Error::Unsettled("the server is still asking"),
            Ok(Found::Nothing) => Error::Unsettled("nothing has arrived so far"),
            Err(error) => error,
        };
        Attempt::Unknown(Self { why, ..self })
    }

    /// Gives the payment up: it is undone if it was charged, and can never be charged if it was not. `key` names this
    /// reversal. Rely on [`Reversal::not_charged`].
    pub async fn reverse(&self, key: &IdempotencyKey) -> Result<Attempt<Reversal>, Error> {
        self.client.reverse_lost(key, self.key()).await
    }
}

impl Client {
    /// Gives up the payment that was sent with `payment`, whether it arrived or not; for a program that was started
    /// again and has only the key. `key` names this reversal.
    pub async fn reverse_lost(
        &self,
        key: &IdempotencyKey,
        payment: &IdempotencyKey,
    ) -> Result<Attempt<Reversal>, Error> {
        let asked = NewReversal { payment_idempotency_key: payment.to_string() };
        Unknown::first(self, Call::new(CREATE_REVERSAL, &[]).key(key).body(&asked)).await
    }
}
