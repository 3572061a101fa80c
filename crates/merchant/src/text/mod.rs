//! Words of these pages, both languages beside each other.

mod api_keys;
mod in_store;
mod pauses;
mod tills;
mod webhooks;

use web_kit::flash::Flash;

web_kit::audience! {
    said;
    api_keys: ApiKeys,
    pauses: Pauses,
    in_store: InStore,
    tills: Tills,
    webhooks: Webhooks,
}

fn said(text: &Text, flash: &Flash) -> Option<&'static str> {
    flash.said().map(|said| match said {
        Said::KeyRevoked => text.api_keys.said_revoked,
        Said::PinsNotUnlocked => text.pauses.said_not_unlocked,
        Said::PinsUnlocked => text.pauses.said_unlocked,
        Said::InStoreSet => text.in_store.said_set,
        Said::WebhookChanged => text.webhooks.said_changed,
        Said::WebhookDeleted => text.webhooks.said_deleted,
        Said::WebhookTried => text.webhooks.said_tried,
        Said::WebhookReplayed => text.webhooks.said_replayed,
    })
}

web_kit::said! {
    /// What the frame of these pages says about the last step.
    pub(crate) enum Said {
        /// A key opens nothing any more.
        KeyRevoked = "api_key_revoked",
        /// Something stays paused: this human unlocked it too often today.
        PinsNotUnlocked = "pins_not_unlocked",
        /// PINs are compared again.
        PinsUnlocked = "pins_unlocked",
        /// What scales print is set.
        InStoreSet = "in_store_set",
        /// A webhook's state changed.
        WebhookChanged = "webhook_changed",
        /// A webhook is deleted.
        WebhookDeleted = "webhook_deleted",
        /// A test event is on its way.
        WebhookTried = "webhook_tried",
        /// Events are sent again.
        WebhookReplayed = "webhook_replayed",
    }
}
