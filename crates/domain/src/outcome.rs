//! Outcomes: the results of commands. A decline is an ordinary outcome with a response code, never an error.

use crate::card::CardStatus;
use crate::ids::{CardId, RequestId};
use crate::ledger::Transaction;
use crate::money::Fen;
use crate::sweep::Pause;
use crate::time::{BusinessDate, Timestamp};

/// The result of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The attempt is on record, approved or declined; repeating the request answers the same record.
    Recorded(Box<Transaction>),
    /// The same for an order that was written with it, and what people call that order.
    Ordered(Box<Transaction>, String),
    /// A sale would be approved now; nothing was recorded and nothing moved.
    Cleared(Clearance),
    /// The request id was used before for something else; nothing was done.
    Conflict(RequestId),
    /// No PIN is compared here now, because of wrong ones before; nothing was recorded and nothing moved.
    Paused(Pause),
}

impl Outcome {
    /// The recorded transaction, if there is one.
    pub fn transaction(&self) -> Option<&Transaction> {
        match self {
            Self::Recorded(transaction) | Self::Ordered(transaction, _) => Some(transaction),
            Self::Cleared(_) | Self::Conflict(_) | Self::Paused(_) => None,
        }
    }

    /// Whether money moved as asked.
    pub fn approved(&self) -> bool {
        self.transaction().is_some_and(Transaction::approved)
    }
}

/// A card that proved its PIN and can pay the amount that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// The card.
    pub card: CardId,
    /// Holder's name, empty for an anonymous card.
    pub holder: String,
    /// Last day the card pays, if it expires.
    pub expires_on: Option<BusinessDate>,
    /// On the card now.
    pub balance: Fen,
    /// On the card after the sale.
    pub balance_after: Fen,
}

/// How a decline is to be treated, after the classes of UnionPay's response code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Approved.
    Approved,
    /// May be tried again after a correction.
    Retry,
    /// Do not try again with this card.
    NoRetry,
    /// A person has to act.
    Operator,
    /// A fault of the system.
    Fault,
}

macro_rules! declines {
    ($($(#[$doc:meta])* $name:ident $({ $field:ident: $kind:ident })? => $word:literal, $code:literal, $class:ident;)+) => {
        /// Why an attempt was declined. Each maps to one response code (ISO 8583 DE 39, UnionPay's meanings).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Decline {
            $($(#[$doc])* $name $({
                /// The figure that the message names.
                $field: declines!(@type $kind)
            })?,)+
        }

        impl Decline {
            /// The word in the database.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name { .. } => $word,)+ }
            }

            /// The response code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)+ }
            }

            /// How to treat it.
            pub fn class(self) -> Class {
                match self { $(Self::$name { .. } => Class::$class,)+ }
            }

            /// The figure that belongs to the reason: tries left, fen short, a limit, a date.
            pub fn detail(self) -> Option<i64> {
                match self { $(Self::$name $({ $field })? => declines!(@detail $($field $kind)?),)+ }
            }

            /// Reads word and figure.
            pub fn from_word(word: &str, detail: Option<i64>) -> Option<Self> {
                let _ = detail;
                match word {
                    $($word => Some(Self::$name $({ $field: declines!(@read detail, $kind) })?),)+
                    _ => None,
                }
            }

            /// One of each, with figures 1, for tables and tests.
            pub fn every() -> Vec<Self> {
                [$($word,)+].into_iter().filter_map(|word| Self::from_word(word, Some(1))).collect()
            }
        }

        const _: () = assert!(crate::words::distinct(&[$($word),+]), "two declines have the same word");
    };
    (@type fen) => { Fen };
    (@type date) => { BusinessDate };
    (@type time) => { Timestamp };
    (@type tries) => { u8 };
    (@type count) => { i64 };
    (@type status) => { CardStatus };
    (@detail) => { None };
    (@detail $field:ident fen) => { Some($field.0) };
    (@detail $field:ident time) => { Some($field.0) };
    (@detail $field:ident date) => { Some(i64::from($field.0)) };
    (@detail $field:ident tries) => { Some(i64::from($field)) };
    (@detail $field:ident count) => { Some($field) };
    (@detail $field:ident status) => { Some($field.number()) };
    (@read $detail:expr, fen) => { Fen($detail?) };
    (@read $detail:expr, time) => { Timestamp($detail?) };
    (@read $detail:expr, date) => { BusinessDate(i32::try_from($detail?).ok()?) };
    (@read $detail:expr, tries) => { u8::try_from($detail?).ok()? };
    (@read $detail:expr, count) => { $detail? };
    (@read $detail:expr, status) => { CardStatus::numbered($detail?)? };
}

declines! {
    /// The merchant is suspended.
    MerchantSuspended => "merchant_suspended", "03", NoRetry;
    /// The outlet is suspended.
    OutletSuspended => "outlet_suspended", "03", NoRetry;
    /// No order of this outlet has this id, or it was abandoned.
    NoSuchOrder => "no_such_order", "12", NoRetry;
    /// The order's total is not what was confirmed: it changed meanwhile.
    AmountChanged { total: fen } => "amount_changed", "13", Retry;
    /// Nothing to pay, or more than can be paid.
    InvalidAmount => "invalid_amount", "13", Retry;
    /// Not a card number of ours: the check digit is wrong.
    InvalidCardNumber => "invalid_card_number", "14", Retry;
    /// Not in today's open batch of this till any more: ask for a refund instead.
    VoidTooLate => "void_too_late", "12", NoRetry;
    /// Something else than one of our sales of this amount.
    NotReversible => "not_reversible", "12", NoRetry;
    /// Drugs come back for quality reasons only.
    DrugNotReturnable => "drug_not_returnable", "12", NoRetry;
    /// The shop's time to refund has passed.
    RefundWindowPassed { at: time } => "refund_window_passed", "12", Operator;
    /// The card company decides this one.
    RefundEscalated => "refund_escalated", "12", NoRetry;
    /// A reason or note that is too short or too long.
    TextLength => "text_length", "30", Retry;
    /// The order was not charged: there is nothing to give back.
    NotCharged => "not_charged", "25", NoRetry;
    /// The card typed in the review is not the one that paid.
    CardDiffers => "card_differs", "14", Retry;
    /// Too many wrong cards in the reviews of this refund: it can only be rejected.
    TooManyCards => "too_many_cards", "12", NoRetry;
    /// The reviewer is the applicant.
    ReviewerIsApplicant => "reviewer_is_applicant", "58", NoRetry;
    /// Only the card company does this.
    CompanyOnly => "company_only", "58", NoRetry;
    /// More than is left to refund.
    NothingLeft { left: fen } => "nothing_left", "64", Retry;
    /// There is a refund of this order already.
    RefundExists => "refund_exists", "64", NoRetry;
    /// A dispute of this order is open, or was upheld.
    DisputeExists => "dispute_exists", "94", NoRetry;
    /// There is no such dispute.
    NoSuchDispute => "no_such_dispute", "25", NoRetry;
    /// The merchant's time to answer has passed.
    AnswerTooLate { at: time } => "answer_too_late", "12", NoRetry;
    /// The merchant has time to answer until then.
    AnswerAwaited { at: time } => "answer_awaited", "12", Retry;
    /// It was decided before.
    AlreadyDecided => "already_decided", "94", NoRetry;
    /// Payments of unknown outcome have to be resolved first.
    AttemptsOpen { count: count } => "attempts_open", "77", Retry;
    /// The batch has no transaction yet.
    NothingToClose => "nothing_to_close", "77", NoRetry;
    /// No merchant has this id, or the actor is not the card company.
    NoSuchMerchant => "no_such_merchant", "03", NoRetry;
    /// Nothing is settled before its day is over.
    DayNotOver { on: date } => "day_not_over", "12", Retry;
    /// Another settlement of this merchant waits for a decision.
    SettlementOpen => "settlement_open", "94", NoRetry;
    /// The merchant is settled up to this day or a later one.
    SettledBefore { on: date } => "settled_before", "94", NoRetry;
    /// No fee is agreed with the merchant.
    FeeNotAgreed => "fee_not_agreed", "12", Operator;
    /// Nothing is owed for these days; what is left over is carried over.
    NothingToSettle { net: fen } => "nothing_to_settle", "12", NoRetry;
    /// Refunds of later days leave less than would be paid out.
    PayableShort { short_by: fen } => "payable_short", "51", Retry;
    /// There is no such settlement.
    NoSuchSettlement => "no_such_settlement", "25", NoRetry;
    /// There is no such customer.
    NoSuchCustomer => "no_such_customer", "25", NoRetry;
    /// The customer is suspended.
    CustomerSuspended => "customer_suspended", "03", NoRetry;
    /// Money with this bank reference was received before.
    FundingReferenceUsed => "funding_reference_used", "94", NoRetry;
    /// The customer's deposit has less than that to spend.
    DepositShort { short_by: fen } => "deposit_short", "51", Retry;
    /// There is no such load, or it is of another customer or card.
    NoSuchLoad => "no_such_load", "25", NoRetry;
    /// There is no such card batch.
    NoSuchCardBatch => "no_such_card_batch", "25", NoRetry;
    /// The programme issues no cards.
    ProgrammeNotActive => "programme_not_active", "12", NoRetry;
    /// Another activation has some of these cards: it waits, or it was approved.
    ActivationExists => "activation_exists", "94", NoRetry;
    /// Some of these cards are where nobody hands them out.
    CardsNotHandedOut => "cards_not_handed_out", "62", Retry;
    /// The card at this place of the batch is not new any more.
    CardInUse { place: count } => "card_in_use", "62", NoRetry;
    /// There is no such proposal.
    NoSuchProposal => "no_such_proposal", "25", NoRetry;
    /// There is no such programme.
    NoSuchProgramme => "no_such_programme", "25", NoRetry;
    /// The terms are outside the floors of the programme's template.
    OutsideTemplate => "outside_template", "12", Retry;
    /// The terms do not go with one another.
    TermsUnsound => "terms_unsound", "12", Retry;
    /// One person cannot do it: somebody would get more.
    TakesTwoPersons => "takes_two_persons", "58", NoRetry;
    /// There is no such API key.
    NoSuchKey => "no_such_key", "25", NoRetry;
    /// The rows that a proposal is about are not what its maker or its checker was shown.
    Stale => "stale", "13", NoRetry;
    /// Nobody decided on the proposal in time.
    ProposalExpired { at: time } => "proposal_expired", "22", NoRetry;
    /// Only the maker takes a proposal back.
    NotTheMaker => "not_the_maker", "58", NoRetry;
    /// The act would change nothing, or cannot be done as things are.
    NothingToChange => "nothing_to_change", "12", Retry;
    /// A card in this state is not moved so.
    MoveNotAllowed { state: status } => "move_not_allowed", "12", NoRetry;
    /// Cards of this programme cannot be reported lost.
    NoLossReport => "no_loss_report", "12", NoRetry;
    /// The move takes two persons: it has to be proposed.
    NeedsSecondPerson => "needs_second_person", "58", NoRetry;
    /// There is still money on the card.
    CardNotEmpty { left: fen } => "card_not_empty", "12", NoRetry;
    /// The attempt never reached the ledger and is now withdrawn: it can never be charged.
    Withdrawn => "withdrawn", "25", Retry;
    /// Reported lost.
    CardLost => "card_lost", "41", Operator;
    /// Reported stolen.
    CardStolen => "card_stolen", "43", Operator;
    /// Not enough on the card.
    InsufficientFunds { short_by: fen } => "insufficient_funds", "51", Retry;
    /// Past its last day.
    CardExpired { on: date } => "card_expired", "54", NoRetry;
    /// Wrong PIN or unknown card: the same answer on purpose.
    WrongPin { tries_left: tries } => "wrong_pin", "55", Retry;
    /// The card has no PIN yet, or its PIN was taken away: its holder sets one first.
    PinNotSet => "pin_not_set", "62", Operator;
    /// Wrong or ended activation code, or unknown card: the same answer on purpose.
    WrongCode => "wrong_code", "55", Retry;
    /// The human who would make the secret of a card had its whole number shown.
    NumberSeen => "number_seen", "58", NoRetry;
    /// This merchant does not take cards of this programme.
    NotAcceptedHere => "not_accepted_here", "57", NoRetry;
    /// The card's programme is suspended.
    ProgrammeSuspended => "programme_suspended", "57", NoRetry;
    /// The order has a line that cannot be paid by card.
    LineNotPayable => "line_not_payable", "57", Retry;
    /// The terminal is disabled.
    TerminalDisabled => "terminal_disabled", "58", NoRetry;
    /// More than one sale may take.
    OverSaleLimit { limit: fen } => "over_sale_limit", "61", NoRetry;
    /// More than the card may spend in a day.
    OverDailyLimit { limit: fen } => "over_daily_limit", "61", NoRetry;
    /// More than the card may spend in a month.
    OverMonthlyLimit { limit: fen } => "over_monthly_limit", "61", NoRetry;
    /// More than one load may put on a card.
    OverLoadLimit { limit: fen } => "over_load_limit", "61", NoRetry;
    /// More than the card may hold.
    OverBalanceLimit { limit: fen } => "over_balance_limit", "61", NoRetry;
    /// Frozen.
    CardFrozen => "card_frozen", "62", NoRetry;
    /// Not handed over to its holder yet.
    CardNotActive => "card_not_active", "62", NoRetry;
    /// Replaced by another card.
    CardReplaced => "card_replaced", "62", NoRetry;
    /// Closed for good.
    CardClosed => "card_closed", "62", NoRetry;
    /// More sales than a card may make in a day.
    OverDailyCount { limit: count } => "over_daily_count", "65", NoRetry;
    /// Too many wrong PINs.
    PinTriesExceeded => "pin_tries_exceeded", "75", NoRetry;
    /// The confirmation waited too long; the PIN has to be entered again.
    ProofExpired => "proof_expired", "22", Retry;
    /// The order is paid: open it and read its result.
    AlreadyPaid => "already_paid", "94", NoRetry;
    /// Another attempt of this order is under way.
    AttemptOpen => "attempt_open", "94", NoRetry;
    /// The till is not registered.
    UnknownTerminal => "unknown_terminal", "97", Operator;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decline_survives_its_row() {
        for decline in Decline::every() {
            assert_eq!(Decline::from_word(decline.word(), decline.detail()), Some(decline));
            assert_eq!(decline.code().len(), 2);
        }
        assert_eq!(Decline::from_word("nonsense", None), None);
        assert_eq!(Decline::from_word("wrong_pin", None), None);
    }
}
