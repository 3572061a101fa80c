//! Words of these pages, both languages beside each other.

mod api_keys;
mod webhooks;

web_kit::audience! {
    said;
    api_keys: ApiKeys,
    webhooks: Webhooks,
}

fn said(text: &Text, word: &str) -> Option<&'static str> {
    Some(match word {
        "webhook_changed" => text.webhooks.said_changed,
        "webhook_deleted" => text.webhooks.said_deleted,
        "webhook_tried" => text.webhooks.said_tried,
        "webhook_replayed" => text.webhooks.said_replayed,
        _ => return None,
    })
}
