//! The simulated till's commands, in terms that the auditor understands without the domain.

use domain::acts::{Money, Payload, PinReset, Programme, ProgrammeAct, Shown};
use domain::card::CardStatus;
use domain::card_number::MaskedCard;
use domain::command::{Actor, Command, Proof};
use domain::dispute::{self, Answer, Claim, Opening};
use domain::first_use::FirstUse;
use domain::ids::{OrderId, PersonId, TransactionId};
use domain::money::Fen;
use domain::network::Network;
use domain::outcome::{Decline, Outcome};
use domain::pin::PinState;
use domain::pin_issue::{Issue, Secret};
use domain::programme_change::{Change, Narrowing};
use domain::proposal::{self, Draft, Proposal, ProposalStatus, shown_digest};
use domain::refund::{Ground, Request, Review};
use domain::reversal::Reversed;
use domain::settlement::{Preparation, Verdict};
use domain::time::Timestamp;

use crate::shop::{self, ACTOR, CUSTOMER, CardTerms, FIRST_CARD};

/// The person who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The shop's cashier.
    Cashier,
    /// The shop's manager.
    Manager,
    /// The card company.
    Issuer,
    /// Another person of the card company.
    OtherIssuer,
    /// A card holder on the public page.
    Holder,
}

impl Who {
    /// Number of the person.
    pub fn person(self) -> i64 {
        match self {
            Self::Cashier => ACTOR.person.0,
            Self::Manager => 1002,
            Self::Issuer => 9001,
            Self::OtherIssuer => 9002,
            Self::Holder => 0,
        }
    }

    /// Whether this is somebody at no merchant, whose request ids are no merchant's.
    pub fn is_placeless(self) -> bool {
        self.is_issuer() || self == Self::Holder
    }

    /// Whether this is the card company.
    pub fn is_issuer(self) -> bool {
        matches!(self, Self::Issuer | Self::OtherIssuer)
    }

    /// The domain's actor.
    pub fn actor(self) -> Actor {
        let person = PersonId(self.person());
        match self {
            Self::Holder => Actor::HOLDER,
            _ if self.is_issuer() => Actor::issuer(person),
            _ => Actor { person, ..ACTOR },
        }
    }
}

/// A command with its request id and its sender.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Request id.
    pub id: u64,
    /// The sender.
    pub who: Who,
    /// What.
    pub act: Act,
}

/// What a proposal of the workload is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The merchant's fee in basis points.
    Fee,
    /// Whether the company's people need a second factor, 0 or 1.
    Factor,
    /// Money of the customer that arrived under the bank reference with this number.
    Funding(i64),
    /// Money of the deposit that goes back to the customer.
    Return,
    /// Money of the deposit that goes on this card.
    Load(i64),
    /// Money of the load with this number that comes back from this card.
    Adjustment(i64, i64),
    /// The most of one sale that the programme of this card allows, beside its other limits: balance, day, count.
    Limit(i64, [i64; 3]),
    /// The PIN of this card is taken away.
    Reset(i64),
}

impl What {
    /// The card that a reset is of.
    pub(crate) fn card(self) -> i64 {
        if let Self::Reset(card) = self { card } else { unreachable!("not of a card") }
    }

    /// Whether it moves money of a deposit.
    pub fn is_money(self) -> bool {
        !matches!(self, Self::Fee | Self::Factor | Self::Limit(..) | Self::Reset(_))
    }

    fn payload(self, value: i64) -> Payload {
        let (customer, amount) = (CUSTOMER, Fen(value));
        Payload::Money(match self {
            Self::Fee => return Payload::MerchantFee { merchant: ACTOR.merchant, fee_bp: value },
            Self::Factor => return Payload::FactorRule { required: value == 1 },
            Self::Limit(card, limits) => {
                let (programme, terms) = (shop::programme_id(card), programme(card, limits, value).terms);
                return Payload::Programme(ProgrammeAct::Terms { programme, terms });
            }
            Self::Reset(card) => return Payload::Pin(PinReset { card: shop::card_id(card), reason: words(true) }),
            Self::Funding(n) => {
                let (reference, received_on) = (format!("SL{n}"), shop::MORNING.business_date());
                Money::Funding { customer, amount, reference, received_on, note: String::new() }
            }
            Self::Return => Money::FundingReturn { customer, amount, reason: words(true) },
            Self::Load(card) => Money::Load { customer, card: shop::card_id(card), amount, note: String::new() },
            Self::Adjustment(load, card) => {
                let (load, card) = (TransactionId::new(1, load), shop::card_id(card));
                Money::Adjustment { load, customer, card, amount, reason: words(true) }
            }
        })
    }

    /// What the form shows of it.
    fn shown(self, value: Option<i64>) -> Shown {
        let text = match self {
            Self::Fee => format!("fee_bp={}\n", value.map_or_else(String::new, |fee| fee.to_string())),
            Self::Limit(card, limits) => return programme(card, limits, value.unwrap_or(0)).shown(),
            Self::Factor => format!("factor_required={}\n", if value == Some(1) { "yes" } else { "no" }),
            Self::Funding(_) => format!("standing=active\n{}", customer_line(value)),
            Self::Return => {
                let (name, account) = (shop::BANK_NAME, shop::BANK_ACCOUNT);
                let bank = format!("bank_name={name}\nbank_account={account}\nbank_holder={}\n", shop::CUSTOMER_NAME);
                format!("standing=active\n{bank}{}", customer_line(value))
            }
            Self::Reset(_) => {
                let state = usize::try_from(value.unwrap_or(0) / STATES).expect("small");
                let pin = PinState::ALL.get(state).map_or("set", |state| state.word());
                format!("{}card_pin={pin}\n", card_lines(value))
            }
            Self::Load(_) => format!("standing=active\n{}{}", customer_line(Some(0)), card_lines(value)),
            Self::Adjustment(load, _) => {
                let (load, amount) = (TransactionId::new(1, load).rrn(), value.unwrap_or(0) / STATES);
                let load = format!("load={load}\nload_amount={amount}\n");
                format!("standing=active\n{}{}{load}", customer_line(Some(0)), card_lines(value))
            }
        };
        Shown::read(&text).expect("written as the domain does")
    }

    /// What a payload is about, and the value that it sets.
    pub fn of(payload: &Payload) -> (Self, i64) {
        match payload {
            Payload::MerchantFee { fee_bp, .. } => (Self::Fee, *fee_bp),
            Payload::FactorRule { required } => (Self::Factor, i64::from(*required)),
            Payload::Programme(ProgrammeAct::Terms { programme, terms }) => {
                let limits = [terms.balance_max.0, terms.daily_max.0, terms.daily_count_max];
                (Self::Limit(programme.0 - shop::programme_id(0).0, limits), terms.sale_max.0)
            }
            Payload::Pin(reset) => (Self::Reset(reset.card.0 - FIRST_CARD), 0),
            Payload::Money(money) => {
                let what = match money {
                    Money::Funding { reference, .. } => {
                        Self::Funding(reference.trim_start_matches("SL").parse().expect("a reference of the workload"))
                    }
                    Money::FundingReturn { .. } => Self::Return,
                    Money::Load { card, .. } => Self::Load(card.0 - FIRST_CARD),
                    Money::Adjustment { load, card, .. } => Self::Adjustment(load.sequence(), card.0 - FIRST_CARD),
                };
                (what, money.amount().0)
            }
            other => unreachable!("not of the workload: {other:?}"),
        }
    }
}

/// The programme of a card with these limits (balance, day, count) and this most of one sale.
fn programme(card: i64, [balance_max, daily_max, daily_count_max]: [i64; 3], sale_max: i64) -> Programme {
    let status = CardStatus::Active;
    CardTerms { n: card, status, balance_max, sale_max, daily_max, daily_count_max }.programme()
}

/// So many states a card can have: what was seen of a card is its state, and what was seen of a load so many times its
/// amount more.
pub(crate) const STATES: i64 = 10;

/// What the form shows of the customer, or of another one.
fn customer_line(seen: Option<i64>) -> String {
    format!("customer={}\n", if seen == Some(0) { shop::CUSTOMER_NAME } else { "Another" })
}

/// What the form shows of a card.
fn card_lines(seen: Option<i64>) -> String {
    let state = usize::try_from(seen.unwrap_or(0) % STATES).expect("small");
    let status = CardStatus::ALL.get(state).map_or("active", |status| status.word());
    format!("card_masked=\ncard_holder=**\ncard_status={status}\ncard_programme=\n")
}

/// What a checker is shown of a proposal: what it is about, its value, the one before, who proposed it and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the proposal's own")]
pub struct Terms {
    pub what: What,
    pub value: i64,
    pub seen: Option<i64>,
    pub maker: i64,
    pub at: i64,
}

impl Terms {
    /// The domain's verdict on proposal number `n` with these terms.
    fn verdict(self, n: i64, worded: bool) -> proposal::Verdict {
        let id = TransactionId::new(1, n);
        let (payload, seen) = (self.what.payload(self.value), self.what.shown(self.seen));
        let at = Timestamp(self.at);
        let (maker, expires_at) = (PersonId(self.maker), at.plus(proposal::DECIDE_WITHIN));
        let status = ProposalStatus::Open;
        let one = Proposal { id, payload, seen, status, maker, made_at: at, expires_at, ending: None };
        let shown = shown_digest(&one, &one.seen);
        proposal::Verdict { proposal: id, payload: one.payload, opinion: words(worded), shown }
    }
}

/// A command. Cards are numbers of the shop, amounts fen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the command's own")]
pub enum Act {
    /// Balance inquiry.
    Inquiry { card: i64, right: bool },
    /// Would the sale go through?
    Check { order: i64, amount: i64, card: i64, right: bool },
    /// Sale with a PIN.
    Sale { order: i64, amount: i64, card: i64, right: bool },
    /// Sale with a token that is good until a moment.
    Confirmed { order: i64, amount: i64, card: i64, until: i64 },
    /// What became of it?
    Withdraw { order: i64, amount: i64 },
    /// Refund request: line and pieces.
    Refund { order: i64, lines: Vec<(i64, i64)>, unwanted: bool, worded: bool, escalate: bool },
    /// Decides the refund with this number; approves with a card.
    Review { order: i64, refund: i64, card: Option<i64>, worded: bool },
    /// Void.
    Void { order: i64 },
    /// Takes back the sale with a request id.
    Reverse { sale: u64, order: i64, amount: i64 },
    /// Batch close.
    Close,
    /// Prepares the merchant's settlement up to a day, counted from 1970.
    Settle { until: i64 },
    /// Decides on a settlement.
    Judge { settlement: i64, confirm: bool, worded: bool },
    /// Opens a dispute over a part of a sale.
    Dispute { order: i64, amount: i64, worded: bool },
    /// The merchant agrees with the dispute of this number, or not.
    Answer { order: i64, dispute: i64, agrees: bool, worded: bool },
    /// Decides on it.
    Rule { order: i64, dispute: i64, uphold: bool, worded: bool },
    /// Proposes a value, having seen another one.
    Propose { what: What, value: i64, seen: Option<i64> },
    /// Approves or turns down the proposal of this number.
    Decide { proposal: i64, terms: Terms, yes: bool, worded: bool },
    /// Takes it back.
    TakeBack { proposal: i64 },
    /// One person lowers the most of one sale of a card's programme, having seen another one.
    Lower { card: i64, limits: [i64; 3], value: i64, seen: i64, worded: bool },
    /// Makes a code for a card, after the reset of this number.
    Issue { card: i64, reset: Option<i64> },
    /// Sets the card's PIN with its code.
    FirstUse { card: i64, right: bool },
}

/// What is asked, as far as a repeated request must agree in it: without PIN and proof.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the command's own")]
pub enum Content {
    Inquiry { card: i64 },
    Check { order: i64, amount: i64, card: i64 },
    Sale { order: i64, amount: i64, card: i64 },
    Withdraw { order: i64, amount: i64 },
    FirstUse { card: i64 },
    Other(Act),
}

impl Act {
    /// Whether it asks for a PIN to be compared.
    pub fn has_pin(&self) -> bool {
        matches!(self, Self::Inquiry { .. } | Self::Check { .. } | Self::Sale { .. })
    }

    /// The domain's command.
    #[expect(clippy::too_many_lines, reason = "one arm for each act")]
    pub fn command(&self) -> Command {
        let sale = |order, amount, card, proof| Command::Sale {
            order: OrderId(order),
            amount: Fen(amount),
            card: shop::present(card),
            proof,
        };
        match *self {
            Self::Inquiry { card, right } => {
                Command::Inquiry { card: shop::present(card), pin: shop::typed(card, right) }
            }
            Self::Check { order, amount, card, right } => Command::SaleCheck {
                order: OrderId(order),
                amount: Fen(amount),
                card: shop::present(card),
                pin: shop::typed(card, right),
            },
            Self::Sale { order, amount, card, right } => {
                sale(order, amount, card, Proof::Pin(shop::typed(card, right)))
            }
            Self::Confirmed { order, amount, card, until } => {
                sale(order, amount, card, Proof::Confirmed { until: Timestamp(until) })
            }
            Self::Withdraw { order, amount } => {
                Command::Withdraw { order: OrderId(order), amount: Fen(amount), masked: MaskedCard(String::new()) }
            }
            Self::Refund { order, ref lines, unwanted, worded, escalate } => Command::RefundRequest(Request {
                order: OrderId(order),
                lines: lines.clone(),
                ground: if unwanted { Ground::ChangedMind } else { Ground::Quality },
                reason: words(worded),
                escalate,
            }),
            Self::Review { order, refund, card, worded } => Command::RefundReview(Review {
                order: OrderId(order),
                refund: TransactionId::new(1, refund),
                card: card.map(|card| shop::present(card).into()),
                opinion: words(worded),
            }),
            Self::Void { order } => Command::Void { order: OrderId(order), checker: PersonId(Who::Manager.person()) },
            Self::Reverse { sale, order, amount } => {
                let (request_id, order, amount) = (shop::request(sale), OrderId(order), Fen(amount));
                Command::Reverse(Reversed { request_id, sale: Some((order, amount)) })
            }
            Self::Close => Command::BatchClose,
            Self::Settle { until } => {
                Command::SettlementPrepare(Preparation { merchant: ACTOR.merchant, until: shop::date(until) })
            }
            Self::Judge { settlement, confirm, worded } => Command::SettlementReview(Verdict {
                merchant: ACTOR.merchant,
                settlement: crate::auditor::id(settlement),
                confirm,
                opinion: words(worded),
            }),
            Self::Dispute { order, amount, worded } => Command::DisputeOpen(Opening {
                order: OrderId(order),
                amount: Fen(amount),
                claim: Claim::Duplicate,
                words: words(worded),
            }),
            Self::Answer { order, dispute, agrees: accept, worded } => {
                let (order, dispute) = (OrderId(order), TransactionId::new(1, dispute));
                Command::DisputeAnswer(Answer { order, dispute, accept, words: words(worded) })
            }
            Self::Rule { order, dispute, uphold, worded } => {
                let (order, dispute) = (OrderId(order), TransactionId::new(1, dispute));
                Command::DisputeReview(dispute::Verdict { order, dispute, uphold, words: words(worded) })
            }
            Self::Propose { .. } | Self::Decide { .. } | Self::TakeBack { .. } => self.of_proposal(),
            Self::Lower { card, limits, value, seen, worded } => Command::ProgrammeChange(Change {
                programme: shop::programme_id(card),
                what: Narrowing::Lower(programme(card, limits, value).terms),
                reason: words(worded),
                seen: programme(card, limits, seen).shown(),
            }),
            Self::Issue { card, reset } => Command::PinIssue(Issue {
                card: shop::present(card),
                secret: Secret::Code(shop::code(card, true)),
                reset: reset.map(|number| TransactionId::new(1, number)),
            }),
            Self::FirstUse { card, right } => Command::FirstUse(FirstUse {
                card: shop::present(card),
                code: shop::code(card, right),
                pin: shop::pin(card, true),
                // Each from a network of its own: what wrong codes pause is tested with the rules.
                network: Network::of(&format!("192.0.2.{card}")),
            }),
        }
    }

    fn of_proposal(&self) -> Command {
        match *self {
            Self::Propose { what, value, seen } => {
                Command::Proposal(Draft { payload: what.payload(value), seen: what.shown(seen) })
            }
            Self::Decide { proposal, terms, yes: true, worded } => {
                Command::ProposalApproval(terms.verdict(proposal, worded))
            }
            Self::Decide { proposal, terms, yes: false, worded } => {
                Command::ProposalRejection(terms.verdict(proposal, worded))
            }
            Self::TakeBack { proposal } => Command::ProposalWithdrawal { proposal: TransactionId::new(1, proposal) },
            _ => unreachable!("not about a proposal"),
        }
    }

    /// Order and amount that a question about this command names.
    pub fn about(&self) -> (i64, i64) {
        match *self {
            Self::Check { order, amount, .. }
            | Self::Sale { order, amount, .. }
            | Self::Confirmed { order, amount, .. }
            | Self::Withdraw { order, amount }
            | Self::Reverse { order, amount, .. }
            | Self::Dispute { order, amount, .. } => (order, amount),
            Self::Refund { order, .. }
            | Self::Review { order, .. }
            | Self::Void { order }
            | Self::Answer { order, .. }
            | Self::Rule { order, .. } => (order, 0),
            Self::Inquiry { .. }
            | Self::Close
            | Self::Settle { .. }
            | Self::Judge { .. }
            | Self::Propose { .. }
            | Self::Decide { .. }
            | Self::TakeBack { .. }
            | Self::Lower { .. }
            | Self::Issue { .. }
            | Self::FirstUse { .. } => (0, 0),
        }
    }

    /// What a repeated request must agree in.
    pub fn content(&self) -> Content {
        match *self {
            Self::Inquiry { card, .. } => Content::Inquiry { card },
            Self::Check { order, amount, card, .. } => Content::Check { order, amount, card },
            Self::Sale { order, amount, card, .. } | Self::Confirmed { order, amount, card, .. } => {
                Content::Sale { order, amount, card }
            }
            Self::Withdraw { order, amount } => Content::Withdraw { order, amount },
            Self::FirstUse { card, .. } => Content::FirstUse { card },
            _ => Content::Other(self.clone()),
        }
    }
}

/// A reason or note, or one that is too short.
fn words(usable: bool) -> String {
    if usable { "the box is damaged".to_owned() } else { "x".to_owned() }
}

/// What the till sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the answer's own")]
pub enum Reply {
    /// On record.
    Recorded { sequence: i64, code: String, detail: Option<i64>, balance: Option<i64>, withdrawn: bool },
    /// May be paid: balance before and after.
    Cleared { balance: i64, after: i64 },
    /// The request id was used for something else.
    Conflict,
    /// No PIN is compared before this moment.
    Paused { until: Option<i64> },
}

impl Reply {
    /// What the till sees of `outcome`.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Recorded(transaction) | Outcome::Ordered(transaction, _) => Self::Recorded {
                sequence: transaction.id.sequence(),
                code: transaction.code().to_owned(),
                detail: transaction.decline.and_then(Decline::detail),
                balance: transaction.balance.map(|balance| balance.0),
                withdrawn: transaction.decline == Some(Decline::Withdrawn),
            },
            Outcome::Cleared(clearance) => {
                Self::Cleared { balance: clearance.balance.0, after: clearance.balance_after.0 }
            }
            Outcome::Conflict(_) => Self::Conflict,
            Outcome::Paused(pause) => Self::Paused { until: pause.until.map(|until| until.0) },
        }
    }

    /// Whether this says "withdrawn": it never arrived and never will.
    pub fn withdrawn(&self) -> bool {
        matches!(self, Self::Recorded { withdrawn: true, .. })
    }
}
