//! What a merchant's manager reads and keeps: settlements, disputes, paused PINs, keys for programs, webhooks.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod api_keys;
mod disputes;
mod in_store;
mod pauses;
mod people;
mod settlements;
mod text;
mod tills;
mod webhook;
mod webhooks;

use domain::role::Action::{AnswerDispute, ManageApiKeys, ManageOwnPeople, SetUpTill, UnlockTill, ViewOwnSettlement};
use web_kit::factor::Proof::Always;
use web_kit::table::Access::May;
use web_kit::table::{Count, PageEntry, page};
use web_kit::text::Words as _;

use text::Text;

type Shell = web_kit::page::Shell<text::Text>;
type Visit = web_kit::visit::Visit<text::Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    text::Said::ALL.map(text::Said::word).to_vec()
}

/// The merchant's pages. Keys and webhooks are also the administrator's, who has no store and sees those of all.
pub fn pages() -> Vec<PageEntry> {
    vec![
        page("/disputes")
            .get(May(AnswerDispute), disputes::list)
            .menu(60, "unk", |lang| Text::of(lang).dispute.own_title)
            .count(Count::ToAnswer),
        page("/disputes/{dispute}").get(May(AnswerDispute), disputes::one).post(May(AnswerDispute), disputes::answer),
        page("/settlements")
            .get(May(ViewOwnSettlement), settlements::list)
            .menu(90, "list", |lang| Text::of(lang).settlement.own_title),
        page("/settlements/{settlement}").get(May(ViewOwnSettlement), settlements::one),
        page("/settlements/{settlement}/export.csv").get(May(ViewOwnSettlement), settlements::csv),
        page("/people").get(May(ManageOwnPeople), people::show).menu(92, "user", |lang| Text::of(lang).people.title),
        page("/people/export.csv").get(May(ManageOwnPeople), people::csv),
        page("/people/export.xlsx").get(May(ManageOwnPeople), people::excel),
        page("/people/new").get(May(ManageOwnPeople), people::ask).post(May(ManageOwnPeople), people::make),
        page("/people/{person}").get(May(ManageOwnPeople), people::one).post(May(ManageOwnPeople), people::act),
        page("/pauses").get(May(UnlockTill), pauses::show).post(May(UnlockTill), pauses::unlock).menu(
            95,
            "lock",
            |lang| Text::of(lang).pauses.title,
        ),
        page("/in-store").get(May(SetUpTill), in_store::show).post(May(SetUpTill), in_store::set).menu(
            97,
            "grid",
            |lang| Text::of(lang).in_store.title,
        ),
        page("/tills").get(May(SetUpTill), tills::show).post(May(SetUpTill), tills::make_code).menu(
            98,
            "store",
            |lang| Text::of(lang).tills.title,
        ),
        page("/keys")
            .get(May(ManageApiKeys), api_keys::show)
            .post(May(ManageApiKeys), api_keys::make)
            .proved(Always)
            .menu(100, "grid", |lang| Text::of(lang).shell.keys),
        page("/keys/revoke").get(May(ManageApiKeys), api_keys::show).post(May(ManageApiKeys), api_keys::revoke),
        page("/keys/renew")
            .get(May(ManageApiKeys), api_keys::show)
            .post(May(ManageApiKeys), api_keys::renew)
            .proved(Always),
        page("/keys/{key}").get(May(ManageApiKeys), api_keys::one),
        page("/keys/propose").get(May(ManageApiKeys), api_keys::show).post(May(ManageApiKeys), api_keys::propose_again),
        page("/webhooks")
            .get(May(ManageApiKeys), webhooks::show)
            .post(May(ManageApiKeys), webhooks::make)
            .proved(Always)
            .menu(110, "redo", |lang| Text::of(lang).webhooks.menu),
        page("/webhooks/{endpoint}")
            .get(May(ManageApiKeys), webhook::show)
            .post(May(ManageApiKeys), webhook::change)
            .proved(Always),
    ]
}
