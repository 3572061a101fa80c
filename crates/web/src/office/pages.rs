//! The tables of the card company's pages and of what a merchant's manager reads and keeps.

use domain::role::Action::{
    AnswerDispute, DecideDispute, LateRefund, ManageApiKeys, ManageMerchants, OpenDispute, PrepareSettlement,
    ReleaseSettlement, ViewDisputes, ViewOwnSettlement, ViewSettlement,
};

use super::{api_keys, dispute, disputes, refunds, settlement, settlement_export, settlements, webhook, webhooks};
use crate::table::Access::{InStore, May};
use crate::table::{Count, PageEntry, page};

/// The card company's pages.
pub(crate) fn company() -> Vec<PageEntry> {
    vec![
        page("/office/refunds")
            .get(May(LateRefund), refunds::show)
            .post(May(LateRefund), refunds::decide)
            .menu(40, "check", |text| text.refund.company_title)
            .count(Count::ToReview)
            .landing(20),
        page("/office/disputes")
            .get(May(ViewDisputes), disputes::show)
            .post(May(OpenDispute), disputes::open)
            .menu(50, "unk", |text| text.dispute.company_title)
            .count(Count::ToAnswer),
        page("/office/disputes/{dispute}")
            .get(May(ViewDisputes), dispute::show)
            .post(May(DecideDispute), dispute::decide),
        page("/office/settlements")
            .get(May(ViewSettlement), settlements::show)
            .post(May(PrepareSettlement), settlements::prepare)
            .menu(80, "chart", |text| text.settlement.company_title)
            .landing(30),
        page("/office/settlements/rate")
            .get(May(ViewSettlement), settlements::show)
            .post(May(ManageMerchants), settlements::rate),
        page("/office/settlements/{settlement}")
            .get(May(ViewSettlement), settlement::show)
            .post(May(ReleaseSettlement), settlement::decide),
        page("/office/settlements/{settlement}/export.csv").get(May(ViewSettlement), settlement_export::csv),
    ]
}

/// The merchant's pages. Keys and webhooks are also the administrator's, who has no store and sees those of all.
pub(crate) fn merchant() -> Vec<PageEntry> {
    vec![
        page("/disputes")
            .get(InStore(AnswerDispute), disputes::own)
            .menu(60, "unk", |text| text.dispute.own_title)
            .count(Count::ToAnswer),
        page("/disputes/{dispute}")
            .get(InStore(AnswerDispute), dispute::own)
            .post(InStore(AnswerDispute), dispute::answer),
        page("/settlements")
            .get(InStore(ViewOwnSettlement), settlements::own)
            .menu(90, "list", |text| text.settlement.own_title),
        page("/settlements/{settlement}").get(InStore(ViewOwnSettlement), settlement::own),
        page("/settlements/{settlement}/export.csv").get(InStore(ViewOwnSettlement), settlement_export::own),
        page("/keys").get(May(ManageApiKeys), api_keys::show).post(May(ManageApiKeys), api_keys::make).menu(
            100,
            "grid",
            |text| text.shell.keys,
        ),
        page("/keys/revoke").get(May(ManageApiKeys), api_keys::show).post(May(ManageApiKeys), api_keys::revoke),
        page("/webhooks").get(May(ManageApiKeys), webhooks::show).post(May(ManageApiKeys), webhooks::make).menu(
            110,
            "redo",
            |text| text.webhooks.menu,
        ),
        page("/webhooks/{endpoint}").get(May(ManageApiKeys), webhook::show).post(May(ManageApiKeys), webhook::change),
    ]
}
