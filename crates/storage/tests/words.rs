//! The words of this crate that rows and addresses have, written down a second time: one that is lost or changed makes rows unreadable, so it has to be changed
//! here as well, by somebody who means it.

use storage::api_key::{Asleep, Scope};
use storage::orders::StateFilter;
use storage::people::list::Figure;
use storage::webhook::EndpointStatus;
use storage::webhook::delivery::DeliveryStatus;

/// The words of an enum are `$expected`, in this order, and each is read as the value that wrote it.
macro_rules! assert_words {
    ($kind:ty, $expected:literal) => {{
        let words: Vec<&str> = <$kind>::ALL.into_iter().map(<$kind>::word).collect();
        let expected: Vec<&str> = $expected.split(' ').collect();
        assert_eq!(words, expected, stringify!($kind));
        let read: Vec<Option<$kind>> = expected.into_iter().map(<$kind>::from_word).collect();
        assert_eq!(read, <$kind>::ALL.map(Some), stringify!($kind));
        assert_eq!(<$kind>::from_word("nonsense"), None);
    }};
}

#[test]
fn stored_words_never_change() {
    assert_words!(Scope, "read sell refund catalogue webhooks");
    assert_words!(Asleep, "waits disabled reset no_right");
    assert_words!(EndpointStatus, "active paused failed deleted");
    assert_words!(DeliveryStatus, "pending delivered parked");
    assert_words!(Figure, "locked unseen no_factor");
    assert_words!(StateFilter, "all charged failed unknown refund_pending refunded voided unpaid");
}
