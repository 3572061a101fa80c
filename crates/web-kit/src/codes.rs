//! What a decline means at the till: what happened, whether money moved, what to do next.
//!
//! One match without a wildcard, so that a new decline does not compile before it has words.

use domain::money::Fen;
use domain::outcome::Decline;
use domain::sweep::{Pause, WatchKind};

use crate::credentials::clock_text;
use crate::text::{Text, codes::Codes, fill};

/// A way on from a decline: a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The form below the message, focus in the PIN field.
    Pin,
    /// The form, for another card.
    Card,
    /// The form, to read the same card again.
    Read,
    /// The form, to pay again.
    Again,
    /// Back to the order's lines.
    Edit,
    /// The order's own state.
    Order,
    /// The queue goes on; this order waits.
    Later,
    /// The phone.
    Call,
}

/// What the cashier is told.
#[derive(Clone, Debug)]
pub struct Advice {
    /// What happened.
    pub what: String,
    /// Whether money moved.
    pub moved: &'static str,
    /// What to do.
    pub todo: Vec<&'static str>,
    /// Buttons, the first is the main one.
    pub steps: &'static [Step],
}

/// The month of a date figure, as cards print it: `2025-12`.
fn month(date: &str) -> &str {
    date.get(..7).unwrap_or(date)
}

/// What happened, with the decline's own figure.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn what(decline: Decline, text: &Text) -> String {
    let text = &text.codes;
    let money = |sentence: &str, amount: Fen| fill(sentence, &[&amount.to_string()]);
    let plain = match decline {
        Decline::AmountChanged { total } => return money(text.amount_changed, total),
        Decline::InsufficientFunds { short_by } => return money(text.insufficient_funds, short_by),
        Decline::OverSaleLimit { limit } => return money(text.over_sale_limit, limit),
        Decline::OverDailyLimit { limit } => return money(text.over_daily_limit, limit),
        Decline::OverMonthlyLimit { limit } => return money(text.over_monthly_limit, limit),
        Decline::OverLoadLimit { limit } => return money(text.over_load_limit, limit),
        Decline::OverBalanceLimit { limit } => return money(text.over_balance_limit, limit),
        Decline::NothingLeft { left } => return money(text.nothing_left, left),
        Decline::NothingToSettle { net } => return money(text.nothing_to_settle, net),
        Decline::DepositShort { short_by } => return money(text.deposit_short, short_by),
        Decline::PayableShort { short_by } => return money(text.payable_short, short_by),
        Decline::DayNotOver { on } => return fill(text.day_not_over, &[&on.to_string()]),
        Decline::SettledBefore { on } => return fill(text.settled_before, &[&on.to_string()]),
        Decline::RefundWindowPassed { at } => return fill(text.refund_window_passed, &[&at.date_time_text()]),
        Decline::AnswerTooLate { at } => return fill(text.answer_too_late, &[&at.date_time_text()]),
        Decline::ProposalExpired { at } => return fill(text.proposal_expired, &[&at.date_time_text()]),
        Decline::AnswerAwaited { at } => return fill(text.answer_awaited, &[&at.date_time_text()]),
        Decline::AttemptsOpen { count } => return fill(text.attempts_open, &[&count.to_string()]),
        Decline::OverDailyCount { limit } => return fill(text.over_daily_count, &[&limit.to_string()]),
        Decline::CardExpired { on } => return fill(text.card_expired, &[month(&on.to_string())]),
        Decline::WrongPin { tries_left: 0 } => text.wrong_pin_none,
        Decline::WrongPin { tries_left } => return fill(text.wrong_pin, &[&tries_left.to_string()]),
        Decline::MerchantSuspended => text.merchant_suspended,
        Decline::OutletSuspended => text.outlet_suspended,
        Decline::NoSuchOrder => text.no_such_order,
        Decline::InvalidAmount => text.invalid_amount,
        Decline::InvalidCardNumber => text.invalid_card_number,
        Decline::Withdrawn => text.withdrawn,
        Decline::CardLost => text.card_lost,
        Decline::CardStolen => text.card_stolen,
        Decline::NotAcceptedHere => text.not_accepted_here,
        Decline::LineNotPayable => text.line_not_payable,
        Decline::TerminalDisabled => text.terminal_disabled,
        Decline::CardFrozen => text.card_frozen,
        Decline::CardNotActive => text.card_not_active,
        Decline::CardReplaced => text.card_replaced,
        Decline::CardClosed => text.card_closed,
        Decline::PinTriesExceeded => text.pin_tries_exceeded,
        Decline::ProofExpired => text.proof_expired,
        Decline::AlreadyPaid => text.already_paid,
        Decline::AttemptOpen => text.attempt_open,
        Decline::UnknownTerminal => text.unknown_terminal,
        Decline::VoidTooLate => text.void_too_late,
        Decline::NotReversible => text.not_reversible,
        Decline::DrugNotReturnable => text.drug_not_returnable,
        Decline::RefundEscalated => text.refund_escalated,
        Decline::TextLength => text.text_length,
        Decline::NotCharged => text.not_charged_order,
        Decline::CardDiffers => text.card_differs,
        Decline::TooManyCards => text.too_many_cards,
        Decline::ReviewerIsApplicant => text.reviewer_is_applicant,
        Decline::CompanyOnly => text.company_only,
        Decline::RefundExists => text.refund_exists,
        Decline::DisputeExists => text.dispute_exists,
        Decline::NoSuchDispute => text.no_such_dispute,
        Decline::AlreadyDecided => text.already_decided,
        Decline::NothingToClose => text.nothing_to_close,
        Decline::NoSuchMerchant => text.no_such_merchant,
        Decline::SettlementOpen => text.settlement_open,
        Decline::FeeNotAgreed => text.fee_not_agreed,
        Decline::NoSuchSettlement => text.no_such_settlement,
        Decline::NoSuchCustomer => text.no_such_customer,
        Decline::CustomerSuspended => text.customer_suspended,
        Decline::FundingReferenceUsed => text.funding_reference_used,
        Decline::NoSuchLoad => text.no_such_load,
        Decline::ProgrammeSuspended => text.programme_suspended,
        Decline::NoSuchProgramme => text.no_such_programme,
        Decline::OutsideTemplate => text.outside_template,
        Decline::TermsUnsound => text.terms_unsound,
        Decline::TakesTwoPersons => text.takes_two_persons,
        Decline::NoSuchCardBatch => text.no_such_card_batch,
        Decline::ProgrammeNotActive => text.programme_not_active,
        Decline::ActivationExists => text.activation_exists,
        Decline::CardsNotHandedOut => text.cards_not_handed_out,
        Decline::CardInUse { place } => return fill(text.card_in_use, &[&format!("{place:06}")]),
        Decline::NoSuchProposal => text.no_such_proposal,
        Decline::NoSuchKey => text.no_such_key,
        Decline::Stale => text.stale,
        Decline::NotTheMaker => text.not_the_maker,
        Decline::NothingToChange => text.nothing_to_change,
        Decline::MoveNotAllowed { state } => return fill(text.move_not_allowed, &[text.card_state(state)]),
        Decline::NoLossReport => text.no_loss_report,
        Decline::NeedsSecondPerson => text.needs_second_person,
        Decline::CardNotEmpty { left } => return money(text.card_not_empty, left),
        Decline::PinNotSet => text.pin_not_set,
        Decline::WrongCode => text.wrong_code,
        Decline::NumberSeen => text.number_seen,
    };
    plain.to_owned()
}

/// All that the declined panel says.
pub fn advice(decline: Decline, text: &Text) -> Advice {
    let what = what(decline, text);
    let codes = &text.codes;
    let (moved, todo, steps) = way_on(decline, codes);
    Advice { what, moved, todo, steps }
}

/// What the panel says while no PIN is compared.
pub fn paused(pause: Pause, text: &Text) -> Advice {
    let text = &text.codes;
    let (paused, stopped) = match pause.kind {
        // A key's requests never come from a till.
        WatchKind::Till | WatchKind::Key => (text.pin_paused_till, text.pin_stopped_till),
        WatchKind::Person => (text.pin_paused_person, text.pin_stopped_person),
        WatchKind::Network => (text.pin_paused_network, text.pin_stopped_network),
    };
    let (what, todo) = match pause.until {
        Some(until) => (fill(paused, &[&clock_text(until)]), text.do_unlock_or_wait),
        None => (stopped.to_owned(), text.do_unlock),
    };
    Advice { what, moved: text.not_charged, todo: vec![todo], steps: &[Step::Later, Step::Call] }
}

#[expect(clippy::too_many_lines, reason = "one table: a line for each decline")]
fn way_on(decline: Decline, text: &Codes) -> (&'static str, Vec<&'static str>, &'static [Step]) {
    use Step::{Again, Call, Card, Edit, Order, Pin, Read};
    let not = text.not_charged;
    let after_sale = |todo| (text.not_refunded, vec![todo], &[Order, Call][..]);
    let settlement = |todo| (text.not_paid_out, vec![todo], &[Order, Call][..]);
    let proposal = |todo| (text.not_done, vec![todo], &[Order, Call][..]);
    match decline {
        Decline::MerchantSuspended
        | Decline::OutletSuspended
        | Decline::TerminalDisabled
        | Decline::UnknownTerminal => (not, vec![text.do_call], &[Call]),
        Decline::NoSuchOrder => (not, vec![text.do_new_order], &[Edit, Call]),
        Decline::AmountChanged { .. } | Decline::InvalidAmount => (not, vec![text.do_check_amount], &[Again, Edit]),
        Decline::InvalidCardNumber => (not, vec![text.do_read_again], &[Read]),
        Decline::Withdrawn => (text.not_charged_again, vec![text.do_pay_again], &[Again]),
        Decline::CardLost | Decline::CardStolen => {
            (not, vec![text.do_other_card, text.do_stay_polite, text.do_call], &[Card, Call])
        }
        Decline::InsufficientFunds { .. } => (not, vec![text.do_fewer, text.do_tell_short], &[Card, Edit]),
        Decline::OverSaleLimit { .. } | Decline::OverDailyLimit { .. } => (not, vec![text.do_fewer], &[Edit, Card]),
        Decline::OverDailyCount { .. } => (not, vec![text.do_tomorrow], &[Card]),
        Decline::WrongPin { .. } => (not, vec![text.do_pin_again, text.do_check_number], &[Pin]),
        Decline::ProofExpired => (not, vec![text.do_pin_again], &[Pin]),
        Decline::PinTriesExceeded => (not, vec![text.do_other_card, text.do_reset_pin], &[Card, Call]),
        Decline::CardExpired { .. } => (not, vec![text.do_other_card, text.do_holder_calls], &[Card]),
        Decline::NotAcceptedHere | Decline::ProgrammeSuspended => (not, vec![text.do_other_card], &[Card, Call]),
        Decline::OverMonthlyLimit { .. } => (not, vec![text.do_next_month], &[Card]),
        Decline::CardFrozen | Decline::CardNotActive | Decline::CardClosed => {
            (not, vec![text.do_other_card, text.do_holder_calls], &[Card, Call])
        }
        Decline::PinNotSet => (not, vec![text.do_set_pin, text.do_other_card], &[Card, Call]),
        Decline::CardReplaced => (not, vec![text.do_new_card, text.do_holder_calls], &[Card, Call]),
        Decline::LineNotPayable => (not, vec![text.do_remove_lines], &[Edit]),
        Decline::AlreadyPaid => (text.not_charged_twice, vec![text.do_open_original], &[Order]),
        Decline::AttemptOpen => (text.not_charged_yet, vec![text.do_wait], &[Order]),
        Decline::VoidTooLate | Decline::RefundExists => after_sale(text.do_refund_instead),
        Decline::DisputeExists => after_sale(text.do_decide_dispute),
        Decline::AnswerAwaited { .. } => after_sale(text.do_await_answer),
        Decline::RefundWindowPassed { .. } | Decline::RefundEscalated | Decline::TooManyCards => {
            after_sale(text.do_escalate)
        }
        Decline::ReviewerIsApplicant => after_sale(text.do_other_reviewer),
        Decline::AlreadyDecided
        | Decline::AttemptsOpen { .. }
        | Decline::NothingToClose
        | Decline::NoSuchDispute
        | Decline::AnswerTooLate { .. } => after_sale(text.do_look_again),
        Decline::TextLength | Decline::CardDiffers | Decline::NothingLeft { .. } => after_sale(text.do_correct),
        Decline::NotReversible | Decline::DrugNotReturnable | Decline::NotCharged | Decline::CompanyOnly => {
            after_sale(text.do_call)
        }
        Decline::DayNotOver { .. } | Decline::SettledBefore { .. } => settlement(text.do_other_day),
        Decline::SettlementOpen => settlement(text.do_decide_first),
        Decline::FeeNotAgreed => settlement(text.do_agree_fee),
        Decline::NothingToSettle { .. } => settlement(text.do_carry_over),
        Decline::PayableShort { .. } => settlement(text.do_later_day),
        Decline::NoSuchMerchant | Decline::NoSuchSettlement => settlement(text.do_look_again),
        Decline::Stale => proposal(text.do_check_again),
        Decline::ProposalExpired { .. } => proposal(text.do_propose_again),
        Decline::NotTheMaker => proposal(text.do_tell_maker),
        Decline::DepositShort { .. } => proposal(text.do_fund_first),
        Decline::CustomerSuspended => proposal(text.do_resume_customer),
        Decline::FundingReferenceUsed => proposal(text.do_check_reference),
        Decline::MoveNotAllowed { .. } => (text.not_moved, vec![text.do_look_again], &[Order, Call]),
        Decline::NoLossReport => (text.not_moved, vec![text.do_freeze], &[Order, Call]),
        Decline::NeedsSecondPerson => (text.not_moved, vec![text.do_propose_move], &[Order, Call]),
        Decline::CardNotEmpty { .. } => (text.not_moved, vec![text.do_empty_first], &[Order, Call]),
        Decline::OverBalanceLimit { .. } | Decline::OverLoadLimit { .. } => proposal(text.do_load_less),
        Decline::OutsideTemplate | Decline::TermsUnsound => proposal(text.do_other_terms),
        Decline::TakesTwoPersons => proposal(text.do_propose_it),
        Decline::ActivationExists | Decline::CardInUse { .. } => proposal(text.do_other_cards),
        Decline::CardsNotHandedOut => proposal(text.do_hand_out),
        Decline::ProgrammeNotActive => proposal(text.do_open_programme),
        Decline::WrongCode => proposal(text.do_check_code),
        Decline::NumberSeen => proposal(text.do_other_operator),
        Decline::NoSuchProposal
        | Decline::NoSuchCardBatch
        | Decline::NoSuchKey
        | Decline::NoSuchCustomer
        | Decline::NoSuchLoad
        | Decline::NoSuchProgramme
        | Decline::NothingToChange => proposal(text.do_look_again),
    }
}

/// The store failed and wrote nothing: code 96.
pub fn fault(text: &Text) -> Advice {
    let text = &text.codes;
    Advice {
        what: text.fault.to_owned(),
        moved: text.not_charged,
        todo: vec![text.do_later],
        steps: &[Step::Again, Step::Later, Step::Call],
    }
}

#[cfg(test)]
mod tests {
    use domain::outcome::Class;

    use super::*;
    use crate::text::{Lang, Words as _};

    /// Each decline has its own complete words in both languages, the figure filled in, and buttons by its class.
    #[test]
    fn every_decline_has_words_and_a_way_on() {
        for lang in [Lang::Zh, Lang::En] {
            let text = Text::of(lang);
            let mut seen = Vec::new();
            for decline in Decline::every() {
                let advice = advice(decline, text);
                let all = format!("{} {} {}", advice.what, advice.moved, advice.todo.join(" "));
                assert!(!all.contains('{') && !advice.what.is_empty() && !advice.todo.is_empty(), "{decline:?}: {all}");
                assert!(!seen.contains(&advice.what), "{decline:?} says what another one says: {all}");
                assert!(!advice.steps.is_empty(), "{decline:?}");
                if decline.class() == Class::Operator {
                    assert!(advice.steps.contains(&Step::Call), "{decline:?}");
                }
                seen.push(advice.what);
            }
        }
    }

    #[test]
    fn figures_come_from_the_decline() {
        let text = Text::of(Lang::En);
        assert_eq!(
            what(Decline::InsufficientFunds { short_by: Fen(3_120) }, text),
            "Insufficient balance, \u{a5}31.20 short"
        );
        assert_eq!(what(Decline::WrongPin { tries_left: 2 }, text), "Wrong password, 2 tries left");
        assert_eq!(
            what(Decline::CardExpired { on: domain::time::BusinessDate(20_251_231) }, text),
            "Card expired (2025-12)"
        );
        assert_eq!(what(Decline::OverDailyCount { limit: 50 }, text), "Over the number of sales a day (50)");
    }

    /// "Not charged" may stand there only because a decline is recorded without a transfer; the two that are about
    /// another attempt say so.
    #[test]
    fn a_decline_never_speaks_for_another_attempt() {
        let codes = &Text::of(Lang::Zh).codes;
        for decline in Decline::every() {
            let moved = advice(decline, Text::of(Lang::Zh)).moved;
            let expected = match decline {
                Decline::AlreadyPaid => [codes.not_charged_twice; 2],
                Decline::AttemptOpen => [codes.not_charged_yet; 2],
                Decline::Withdrawn => [codes.not_charged_again; 2],
                _ => [codes.not_charged, codes.not_refunded],
            };
            if [codes.not_paid_out, codes.not_done, codes.not_moved].contains(&moved) {
                continue;
            }
            assert!(expected.contains(&moved), "{decline:?}: {moved}");
        }
    }
}
