//! What a step came to when it is not done. It is asked of the record, whatever the step was answered.

use domain::command::Actor;
use domain::ids::RequestId;
use domain::ledger::Kind;
use storage::refund;

use crate::Web;
use crate::codes;
use crate::problem::Problem;
use crate::text::Text;

/// A note above the page.
pub struct Told {
    /// That it is not done, or not known.
    pub title: &'static str,
    /// Why.
    pub what: String,
    /// Whether money moved, and what to do.
    pub more: String,
    /// `bad`, or `warn` when nobody knows.
    pub class: &'static str,
    /// Its icon.
    pub icon: &'static str,
}

/// A page's own words for it.
#[derive(Clone, Copy)]
pub struct Words {
    /// Title of a decline.
    pub not_done: &'static str,
    /// Title when nothing is on record.
    pub unknown: &'static str,
    /// What to do then.
    pub unknown_do: &'static str,
}

/// Says what became of the request, one of `kinds`, unless it is done.
pub async fn told(
    web: &Web,
    actor: Actor,
    request: RequestId,
    kinds: &[Kind],
    words: Words,
    text: &'static Text,
) -> Result<Option<Told>, Problem> {
    let Some(record) = refund::recorded(&web.storage, actor, request).await? else {
        let (what, more) = (words.unknown_do.to_owned(), String::new());
        return Ok(Some(Told { title: words.unknown, what, more, class: "warn", icon: "unk" }));
    };
    Ok(record.decline.filter(|_| kinds.contains(&record.kind)).map(|decline| {
        let advice = codes::advice(decline, text);
        let more = format!("{} {}", advice.moved, advice.todo.join(" "));
        Told { title: words.not_done, what: advice.what, more, class: "bad", icon: "bad" }
    }))
}
