//! Secrets: card numbers, PINs and keys, in types whose `Debug` reveals nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text itself. Never log it.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<String>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

secrets! {
    /// A card's number, 16 to 19 digits.
    CardNumber;
    /// A card's PIN, six digits.
    Pin;
    /// An API key, `wpos_<number>_<secret>`.
    Token;
    /// The secret that signs requests, shown beside the API key when it is created.
    SigningSecret;
    /// The secret that signs webhooks, `whsec_...`.
    WebhookSecret;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_seen_in_debug() {
        let shown = format!("{:?} {:?}", CardNumber::from("6086250000010012"), Pin::from("123456"));
        assert_eq!(shown, "CardNumber(..) Pin(..)");
    }
}
