//! Refund 退货: requested by one person, decided by another, paid back to the card that paid.
//!
//! What must stay true:
//! - Open requests reserve what they ask for, so approved and open refunds of an order never exceed its sale, per line
//!   and in total.
//! - Maker and checker are different humans ([`crate::human`]). A request that nobody else in the store could review goes
//!   to the card company at once. The card typed in the review is a check, never a destination.
//! - A wrong card is counted, and the fifth ends the review in the store: a masked number leaves few enough digits to try
//!   them all.
//! - The merchant decides within the programme's window after the sale's commit; later only the card company does.

use crate::card_number::EntryMode;
use crate::changes::Changes;
use crate::command::{Envelope, PresentedCard};
use crate::decide::{Decision, open_outlet, record, recorded};
use crate::ids::{OrderId, PersonId, TransactionId};
use crate::ledger::{Kind, Transaction, Transfer};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::sold::{Sold, about, credit, payee_refused, reaches, settle_order, sold};
use crate::state::State;
use crate::time::Timestamp;

/// Shortest and longest reason or decision note, in characters.
pub const TEXT_LENGTH: std::ops::RangeInclusive<usize> = 2..=100;

words! {
    /// Why goods come back. Sold drugs are taken back for quality reasons or the shop's own mistake, unless the merchant's
    /// policy says otherwise.
    pub enum Ground {
        /// The goods have a fault.
        Quality = "quality",
        /// The shop sold or charged the wrong thing.
        ShopError = "shop_error",
        /// The customer does not want them any more.
        ChangedMind = "changed_mind",
    }
}

words! {
    /// States of a refund.
    pub enum RefundStatus {
        /// Waits for the merchant's reviewer.
        Requested = "requested",
        /// Waits for the card company.
        Escalated = "escalated",
        /// Approved and paid back.
        Approved = "approved",
        /// Turned down.
        Rejected = "rejected",
    }
}

impl RefundStatus {
    /// Waits for a decision.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Escalated)
    }
}

/// A line of a paid order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldLine {
    /// Its number in the order.
    pub line: i64,
    /// Price of one piece.
    pub price: Fen,
    /// Pieces sold.
    pub quantity: i64,
    /// It is a drug.
    pub drug: bool,
}

/// Pieces of one line that come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundLine {
    /// The line of the order.
    pub line: i64,
    /// Pieces, at least one.
    pub quantity: i64,
    /// Their price.
    pub amount: Fen,
}

/// A refund, from request to decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The transaction that requested it; also its number.
    pub id: TransactionId,
    /// The order.
    pub order: OrderId,
    /// State.
    pub status: RefundStatus,
    /// What comes back.
    pub lines: Vec<RefundLine>,
    /// Sum of the lines.
    pub amount: Fen,
    /// Class of reason.
    pub ground: Ground,
    /// Reason in the applicant's words.
    pub reason: String,
    /// Maker.
    pub applicant: PersonId,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Checker.
    pub reviewer: Option<PersonId>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// The checker's words.
    pub opinion: String,
    /// The transaction that decided it.
    pub decided_by: Option<TransactionId>,
    /// Wrong cards in its reviews.
    pub wrong_cards: u16,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The order.
    pub order: OrderId,
    /// Line and pieces.
    pub lines: Vec<(i64, i64)>,
    /// Class of reason.
    pub ground: Ground,
    /// Reason, [`TEXT_LENGTH`] characters.
    pub reason: String,
    /// Ask the card company, because the shop's time has passed.
    pub escalate: bool,
}

/// The card that a refund goes back to, as its reviewer names it.
#[derive(Clone)]
pub enum RefundCard {
    /// The whole number, swiped or typed: the card that paid, or its replacement.
    Whole(PresentedCard),
    /// The last four digits of the card that paid: at the card company, where the card is absent.
    LastFour(String),
}

impl From<PresentedCard> for RefundCard {
    fn from(card: PresentedCard) -> Self {
        Self::Whole(card)
    }
}

impl RefundCard {
    /// How it came in.
    fn entry(&self) -> EntryMode {
        match self {
            Self::Whole(card) => card.entry,
            Self::LastFour(_) => EntryMode::Manual,
        }
    }

    /// What makes it the same one.
    pub(crate) fn content(&self) -> &[u8] {
        match self {
            Self::Whole(card) => &card.key.0,
            Self::LastFour(digits) => digits.as_bytes(),
        }
    }

    /// Whether it is the card that paid. In a store four digits are not enough.
    fn is_of(&self, sold: &Sold, issuer: bool) -> bool {
        match self {
            Self::Whole(card) => card.key == sold.card || card.key == sold.payee,
            Self::LastFour(digits) => issuer && digits == sold.sale.masked.last_four(),
        }
    }
}

/// A reviewer's decision.
#[derive(Clone)]
pub struct Review {
    /// The order.
    pub order: OrderId,
    /// The refund.
    pub refund: TransactionId,
    /// `Some` approves, with the card as the reviewer named it; `None` rejects.
    pub card: Option<RefundCard>,
    /// Decision note, [`TEXT_LENGTH`] characters.
    pub opinion: String,
}

/// Whether a reason or note has a usable length.
pub fn text_fits(text: &str) -> bool {
    TEXT_LENGTH.contains(&text.trim().chars().count())
}

/// The last moment at which the merchant may refund a sale.
pub fn deadline(sold_at: Timestamp, window: i64) -> Timestamp {
    sold_at.plus(window)
}

/// Pieces of each line that may still be asked for.
pub fn refundable(lines: &[SoldLine], refunds: &[Refund]) -> Vec<(SoldLine, i64)> {
    let taken = |line: i64| {
        let counted = refunds.iter().filter(|refund| refund.status != RefundStatus::Rejected);
        let own = counted.flat_map(|refund| &refund.lines).filter(|asked| asked.line == line);
        own.fold(0_i64, |sum, asked| sum.saturating_add(asked.quantity))
    };
    lines.iter().map(|sold| (*sold, sold.quantity.saturating_sub(taken(sold.line)))).collect()
}

/// Takes a request in, or says why not.
pub(crate) fn request(state: &State, envelope: &Envelope, request: &Request) -> Decision {
    let mut changes = Changes::default();
    let mut transaction = record(state, envelope, Kind::RefundRequest, Fen::ZERO);
    match judge_request(state, envelope, request) {
        Ok((sold, lines, amount)) => {
            about(&mut transaction, sold, amount);
            let refund = Refund {
                id: transaction.id,
                order: request.order,
                status: if escalates(state, envelope, request) {
                    RefundStatus::Escalated
                } else {
                    RefundStatus::Requested
                },
                lines,
                amount,
                ground: request.ground,
                reason: request.reason.trim().to_owned(),
                applicant: envelope.actor.person,
                requested_at: envelope.at,
                reviewer: None,
                decided_at: None,
                opinion: String::new(),
                decided_by: None,
                wrong_cards: 0,
            };
            changes.refunds.insert(refund.id, refund);
        }
        Err(decline) => {
            if let Some(sold) = state.sold.get(&request.order).filter(|sold| reaches(envelope, &sold.sale)) {
                about(&mut transaction, sold, Fen::ZERO);
            }
            transaction.decline = Some(decline);
        }
    }
    recorded(state, transaction, Vec::new(), changes)
}

/// Whether the card company decides: it was asked to, or the store has no second person.
fn escalates(state: &State, envelope: &Envelope, request: &Request) -> bool {
    let actor = envelope.actor;
    let other = |(reviewer, until): (&PersonId, &Timestamp)| {
        envelope.at < *until && !state.same_human(actor.person, *reviewer, envelope.at)
    };
    let reviewed = || state.reviewers.get(&(actor.merchant, actor.outlet)).is_some_and(|all| all.iter().any(other));
    request.escalate || !(actor.is_issuer() || reviewed())
}

fn judge_request<'a>(
    state: &'a State,
    envelope: &Envelope,
    request: &Request,
) -> Result<(&'a Sold, Vec<RefundLine>, Fen), Decline> {
    let outlet = if envelope.actor.is_issuer() { None } else { Some(open_outlet(state, envelope)?) };
    let sold = sold(state, envelope, request.order)?;
    if sold.open_dispute().is_some() {
        return Err(Decline::DisputeExists);
    }
    if !text_fits(&request.reason) {
        return Err(Decline::TextLength);
    }
    let last = deadline(sold.sale.at, sold.window);
    if envelope.at > last && !escalates(state, envelope, request) {
        return Err(Decline::RefundWindowPassed { at: last });
    }
    let free = refundable(state.lines.get(&request.order).map_or(&[], Vec::as_slice), &sold.refunds);
    let mut lines = Vec::with_capacity(request.lines.len());
    for &(line, quantity) in &request.lines {
        let (line, left) =
            free.iter().find(|(sold, _)| sold.line == line).ok_or(Decline::NothingLeft { left: Fen::ZERO })?;
        if quantity < 1 || quantity > *left || lines.iter().any(|taken: &RefundLine| taken.line == line.line) {
            return Err(Decline::NothingLeft { left: line.price.times((*left).max(0)).unwrap_or(Fen::ZERO) });
        }
        let any_reason = outlet.is_none_or(|outlet| outlet.drug_returns);
        if line.drug && request.ground == Ground::ChangedMind && !any_reason {
            return Err(Decline::DrugNotReturnable);
        }
        let amount = line.price.times(quantity).ok_or(Decline::InvalidAmount)?;
        lines.push(RefundLine { line: line.line, quantity, amount });
    }
    let amount = Fen::sum(lines.iter().map(|line| line.amount)).filter(|sum| sum.is_positive());
    let amount = amount.ok_or(Decline::InvalidAmount)?;
    // A dispute is about money and not about pieces: what it paid back is gone, whichever lines are left.
    if amount > sold.left() {
        return Err(Decline::NothingLeft { left: sold.left() });
    }
    Ok((sold, lines, amount))
}

/// Decides a request.
pub(crate) fn review(state: &State, envelope: &Envelope, review: &Review) -> Decision {
    let kind = if review.card.is_some() { Kind::Refund } else { Kind::RefundRejection };
    let mut transaction = record(state, envelope, kind, Fen::ZERO);
    let mut changes = Changes::default();
    if let Some(sold) = state.sold.get(&review.order).filter(|sold| reaches(envelope, &sold.sale)) {
        let asked = sold.refunds.iter().find(|refund| refund.id == review.refund);
        about(&mut transaction, sold, asked.map_or(Fen::ZERO, |refund| refund.amount));
    }
    // How the card was read now, not at the sale.
    if let Some(named) = &review.card {
        transaction.entry = named.entry();
    }
    let judged = judge_review(state, envelope, review, &mut changes);
    let (sold, refund) = match judged {
        Ok(found) => found,
        Err(decline) => {
            transaction.decline = Some(decline);
            return recorded(state, transaction, Vec::new(), changes);
        }
    };
    let mut decided = Refund {
        reviewer: Some(envelope.actor.person),
        decided_at: Some(envelope.at),
        opinion: review.opinion.trim().to_owned(),
        decided_by: Some(transaction.id),
        status: RefundStatus::Rejected,
        ..refund.clone()
    };
    let mut transfers = Vec::new();
    if review.card.is_some() {
        decided.status = RefundStatus::Approved;
        transfers.push(pay_back(state, envelope, sold, &decided, &mut transaction, &mut changes));
    }
    changes.refunds.insert(decided.id, decided);
    recorded(state, transaction, transfers, changes)
}

/// The refund, when this reviewer may decide it now. After the shop's time it goes to the company.
fn judge_review<'a>(
    state: &'a State,
    envelope: &Envelope,
    review: &Review,
    changes: &mut Changes,
) -> Result<(&'a Sold, &'a Refund), Decline> {
    let issuer = envelope.actor.is_issuer();
    if !issuer {
        open_outlet(state, envelope)?;
    }
    let sold = state.sold.get(&review.order).filter(|sold| reaches(envelope, &sold.sale)).ok_or(Decline::NotCharged)?;
    let refund = sold.refunds.iter().find(|refund| refund.id == review.refund).ok_or(Decline::NotCharged)?;
    match refund.status {
        RefundStatus::Approved | RefundStatus::Rejected => return Err(Decline::AlreadyDecided),
        RefundStatus::Escalated if !issuer => return Err(Decline::RefundEscalated),
        RefundStatus::Escalated | RefundStatus::Requested => {}
    }
    if state.same_human(refund.applicant, envelope.actor.person, envelope.at) {
        return Err(Decline::ReviewerIsApplicant);
    }
    if !text_fits(&review.opinion) {
        return Err(Decline::TextLength);
    }
    let mut escalate = |decline| {
        changes.refunds.insert(refund.id, Refund { status: RefundStatus::Escalated, ..refund.clone() });
        Err(decline)
    };
    let last = deadline(sold.sale.at, sold.window);
    // Turning it down is a decision too.
    if !issuer && envelope.at > last {
        return escalate(Decline::RefundWindowPassed { at: last });
    }
    let Some(named) = &review.card else { return Ok((sold, refund)) };
    let cards_max = state.limits.refund_cards;
    if issuer && refund.wrong_cards >= cards_max.saturating_mul(2) {
        return Err(Decline::TooManyCards);
    }
    if !named.is_of(sold, issuer) {
        let wrong_cards = refund.wrong_cards.saturating_add(1);
        let status = if issuer || wrong_cards < cards_max { refund.status } else { RefundStatus::Escalated };
        changes.refunds.insert(refund.id, Refund { status, wrong_cards, ..refund.clone() });
        return Err(Decline::CardDiffers);
    }
    match payee_refused(state, sold, issuer) {
        Some(decline) if !issuer => escalate(decline),
        Some(decline) => Err(decline),
        None => Ok((sold, refund)),
    }
}

fn pay_back(
    state: &State,
    envelope: &Envelope,
    sold: &Sold,
    refund: &Refund,
    transaction: &mut Transaction,
    changes: &mut Changes,
) -> Transfer {
    settle_order(state, sold, refund.amount, changes);
    credit(state, envelope, sold, refund.amount, transaction, changes, |card| card)
}
