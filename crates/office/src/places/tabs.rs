//! Two tabs of a store's page: 结算, its share of what its merchant is owed with the merchant's latest settlements, and
//! 未处理, what is open there.

use askama::Template;
use domain::acts::Act;
use domain::money::Fen;
use domain::role::Action;
use storage::payment::{self, OpenAttempt};
use storage::places::OutletSheet;
use storage::places::figures::Figures;
use storage::settlement::{self, Filter, Statement};
use storage::{dispute, merchant, proposal, refund};
use web_kit::badge::Badge;
use web_kit::link::link;
use web_kit::page::Page;
use web_kit::problem::Problem;
use web_kit::proposal::address;
use web_kit::settlement::{Days, OFFICE, state};
use web_kit::text::{Words as _, fill};
use web_kit::{dispute as disputes, unresolved};

use super::{of, seen_words};
use crate::Visit;
use crate::text::Text;
use crate::todo::act_words;

/// Settlements, and things of a kind, that are shown.
const SETTLEMENTS: u32 = 10;
const OPEN: u32 = 100;

/// 结算.
#[derive(Template)]
#[template(path = "places/settled.html")]
pub(super) struct Settled {
    page: Page<Text>,
    caption: &'static str,
    since: String,
    table: Days,
    /// What the merchant is owed, and the page where it is settled.
    owed: Fen,
    merchant: String,
    link: String,
    rows: Vec<Row>,
}

struct Row {
    link: String,
    label: String,
    number: String,
    until: String,
    net: Fen,
    fee: Fen,
    payout: Fen,
    state: Badge,
}

impl Settled {
    pub(super) async fn load(visit: &Visit, one: &OutletSheet, figures: &Figures) -> Result<Self, Problem> {
        let (db, text) = (visit.db(), visit.text());
        let payable = settlement::payable(db, one.merchant).await?;
        let open = match payable.as_ref().and_then(|payable| payable.open) {
            Some(id) => settlement::find(db, id, None).await?,
            None => None,
        };
        let confirmed = settlement::list(db, Filter::Of(one.merchant), None, SETTLEMENTS).await?;
        Ok(Self {
            page: visit.page.clone(),
            caption: text.directory.tab_settled,
            since: since(figures, text),
            table: Days::of(&figures.unsettled, text.shared()),
            owed: payable.map_or(Fen::ZERO, |payable| payable.unsettled.net()),
            merchant: one.merchant_name.clone(),
            link: link(OFFICE, &[("merchant", &one.merchant.to_string())]),
            rows: open.iter().chain(&confirmed).map(|one| row(one, text)).collect(),
        })
    }
}

/// From which day on something is unsettled.
pub(super) fn since(figures: &Figures, text: &'static Text) -> String {
    let first = figures.unsettled.days().first().map(ToString::to_string);
    first.map_or_else(|| text.directory.all_settled.to_owned(), |day| of(text.directory.since, &day))
}

fn row(one: &Statement, text: &'static Text) -> Row {
    let (own, words) = (&one.settlement, &text.shared().settlement);
    let rrn = own.id.rrn();
    Row {
        link: format!("{OFFICE}/{rrn}"),
        label: fill(words.open_of, &[&rrn]),
        number: if own.decided_at.is_some() { own.number().to_string() } else { words.number_none.to_owned() },
        until: own.until.to_string(),
        net: own.net,
        fee: own.fee,
        payout: own.payout,
        state: state(own.status, text.shared()),
    }
}

/// 未处理.
#[derive(Template)]
#[template(path = "places/open.html")]
pub(super) struct Open {
    page: Page<Text>,
    rows: Vec<Thing>,
}

/// Something that is open.
struct Thing {
    kind: &'static str,
    /// Address, if this person may open it, and what it is called.
    link: Option<String>,
    name: String,
    amount: Option<Fen>,
    since: String,
    /// Whose turn it is.
    waits: String,
}

impl Open {
    /// How much is open.
    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }

    pub(super) async fn load(visit: &Visit, one: &OutletSheet) -> Result<Self, Problem> {
        let (db, now) = (visit.db(), visit.session.now);
        let mut rows = Vec::new();
        for attempt in payment::attempts_open(db, Some(one.id), unresolved::before(now)).await? {
            rows.push(payment_row(visit, &attempt));
        }
        for case in refund::open_at(db, one.merchant, one.id, OPEN).await? {
            rows.push(refund_row(visit, &case));
        }
        let reach = merchant::Reach { merchant: one.merchant, outlet: Some(one.id) };
        for case in dispute::list(db, Some(reach), true, None, OPEN).await? {
            rows.push(dispute_row(visit, &case));
        }
        let merchant = one.merchant.0;
        for (act, subject) in [
            (Act::OutletOpening, one.id.0),
            (Act::OutletResuming, one.id.0),
            (Act::MerchantOpening, merchant),
            (Act::MerchantResuming, merchant),
        ] {
            let latest = proposal::about(db, act, subject).await?;
            rows.extend(latest.filter(|one| one.waits(now)).map(|one| proposal_row(visit, act, &one)));
        }
        Ok(Self { page: visit.page.clone(), rows })
    }
}

fn payment_row(visit: &Visit, one: &OpenAttempt) -> Thing {
    let words = &visit.text().directory;
    Thing {
        kind: words.open_payment,
        // A store's order is looked up in the store, and by the program itself.
        link: None,
        name: fill(words.open_order, &[&one.number]),
        amount: Some(one.amount),
        since: seen_words(Some(one.at), visit.session.now),
        waits: fill(words.open_payment_waits, &[&one.actor.terminal.to_string()]),
    }
}

fn refund_row(visit: &Visit, case: &refund::Case) -> Thing {
    let (session, words) = (&visit.session, &visit.text().directory);
    let with_issuer = case.with_issuer(session.now);
    let link = || link("/office/refunds", &[("id", &case.refund.id.rrn())]);
    Thing {
        kind: words.open_refund_kind,
        link: (with_issuer && session.can(Action::LateRefund)).then(link),
        name: fill(words.open_order, &[&case.number]),
        amount: Some(case.refund.amount),
        since: seen_words(Some(case.refund.requested_at), session.now),
        waits: if with_issuer { words.waits_company } else { words.waits_store }.to_owned(),
    }
}

fn dispute_row(visit: &Visit, case: &dispute::Case) -> Thing {
    let (session, words) = (&visit.session, &visit.text().directory);
    let one = &case.dispute;
    Thing {
        kind: words.open_dispute_kind,
        link: session.can(Action::ViewDisputes).then(|| format!("{}/{}", disputes::OFFICE, one.id.rrn())),
        name: fill(words.open_order, &[&case.number]),
        amount: Some(one.amount),
        since: seen_words(Some(one.opened_at), session.now),
        waits: disputes::state(one, session.now, visit.text().shared()).word.to_owned(),
    }
}

fn proposal_row(visit: &Visit, act: Act, one: &domain::proposal::Proposal) -> Thing {
    let (session, text) = (&visit.session, visit.text());
    Thing {
        kind: text.directory.open_proposal,
        link: session.can(Action::ViewProposals).then(|| address(one.id)),
        name: act_words(act, text).to_owned(),
        amount: None,
        since: seen_words(Some(one.made_at), session.now),
        waits: text.directory.waits_company.to_owned(),
    }
}
