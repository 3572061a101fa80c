//! Stored words, written down a second time: one that is lost or changed makes rows unreadable, so a change
//! has to be made here as well, on purpose.

use domain::acts::{Act, Field, KeyState};
use domain::card::CardStatus;
use domain::card_batch::CardBatchStatus;
use domain::card_move::CardMove;
use domain::card_number::EntryMode;
use domain::directory::{Standing, TerminalStatus};
use domain::dispute::{Claim, DisputeStatus};
use domain::edition::EditionStatus;
use domain::event::EventKind;
use domain::ledger::Kind;
use domain::order::OrderStatus;
use domain::outcome::Decline;
use domain::person::{Move, PersonStatus};
use domain::product_request::RequestStatus;
use domain::programme::{PinMode, ProgrammeStatus, Template};
use domain::programme_change::NarrowingKind;
use domain::proposal::ProposalStatus;
use domain::refund::{Ground, RefundStatus};
use domain::role::{Action, Role};
use domain::scan::Measure;
use domain::settlement::SettlementStatus;

/// The words of an enum are `$expected`, in this order, and each is read as the value that wrote it.
macro_rules! assert_words {
    ($kind:ty, $expected:literal) => {{
        let words: Vec<&str> = <$kind>::ALL.into_iter().map(<$kind>::word).collect();
        let expected: Vec<&str> = $expected.split(' ').collect();
        assert_eq!(words, expected, stringify!($kind));
        let read: Vec<Option<$kind>> = expected.into_iter().map(<$kind>::from_word).collect();
        assert_eq!(read, <$kind>::ALL.map(Some), stringify!($kind));
        assert_eq!(<$kind>::from_word("nonsense"), None);
    }};
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list for each kind of word")]
fn stored_words_never_change() {
    assert_words!(EntryMode, "S M");
    assert_words!(CardStatus, "issued active frozen lost stolen pin_locked replaced closed");
    assert_words!(CardMove, "freeze report_lost report_stolen lock_pin unlock reopen close");
    assert_words!(CardBatchStatus, "draft approved generated received closed cancelled");
    assert_words!(Measure, "amount weight");
    assert_words!(OrderStatus, "draft paid partly_refunded refunded voided abandoned");
    assert_words!(
        Kind,
        "funding funding_return load adjustment inquiry sale refund_request refund_rejection refund void reversal batch_close \
         settlement_request settlement_rejection settlement dispute_opening dispute_answer dispute_rejection \
         chargeback proposal proposal_approval proposal_rejection proposal_withdrawal card_move \
         programme_change pin_issue first_use pin_reset"
    );
    assert_words!(Standing, "draft active suspended closed");
    assert_words!(TerminalStatus, "new active disabled retired");
    assert_words!(PersonStatus, "invited active disabled left key");
    assert_words!(Move, "disable enable leave");
    assert_words!(Ground, "quality shop_error changed_mind");
    assert_words!(RefundStatus, "requested escalated approved rejected");
    assert_words!(Claim, "not_authorised not_received wrong_amount duplicate quality");
    assert_words!(DisputeStatus, "opened answered upheld rejected");
    assert_words!(SettlementStatus, "prepared confirmed rejected");
    assert_words!(RequestStatus, "open added mapped refused");
    assert_words!(ProposalStatus, "open approved rejected withdrawn");
    assert_words!(
        Act,
        "merchant_fee company_key merchant_opening merchant_bank merchant_resuming outlet_opening outlet_resuming \
         factor_rule company_roles person_reset factor_reset login_parting guessing_limit \
         merchant_payable recall_ending product_price product_edition funding funding_return load adjustment \
         customer_resuming card_reopening card_unlocking card_closing programme_opening programme_terms programme_resuming card_batch \
         card_activation card_pin"
    );
    assert_words!(
        Field,
        "fee_bp merchant key_name key_bound key_scopes key_signed key_rate key_expires key_state mid \
         merchant_name licence outlet_name address drafts standing reason bank_name bank_account bank_holder \
         factor_required person_name person_roles person_state person_password \
         person_factor person_others limit limit_value \
         decides_payable recall_goods recall_text recall_reason recall_open product_code product_name \
         price price_low price_high edition_source edition_added edition_changed edition_stopped edition_removed \
         edition_far edition_digest edition_status edition_effective customer customer_id amount reference received_on note because \
         card card_masked card_holder card_status card_programme card_pin load load_amount \
         programme_name programme_prefix number_length template programme_status balance_max load_max sale_max daily_max \
         daily_count_max month_max validity_months refund_window loss_report redeem redeem_wait pin_mode merchants hotline \
         basis programme_id batch_quantity batch_text batch_note batch_status first_place last_place first_serial \
         last_serial card_keeper card_keeper_name"
    );
    assert_words!(Template, "named anonymous benefit");
    assert_words!(ProgrammeStatus, "draft active suspended ended");
    assert_words!(PinMode, "mailer first_use");
    assert_words!(NarrowingKind, "lower suspend end");
    assert_words!(KeyState, "asleep awake ended");
    assert_words!(EditionStatus, "gathering staged scheduled live dropped");
    assert_words!(
        EventKind,
        "payment.approved payment.declined payment.withdrawn refund.requested refund.approved refund.rejected \
         sale.voided sale.reversed batch.closed settlement.confirmed dispute.opened dispute.answered \
         dispute.upheld dispute.rejected webhook.test"
    );
    assert_words!(Role, "cashier store_manager chain_manager agent operator checker finance auditor admin");
    assert_words!(
        Action,
        "sell confirm_price view_orders request_refund review_refund close_batch view_cards \
         reveal_card_number prepare_cards release_cards late_refund view_disputes open_dispute decide_dispute \
         answer_dispute view_own_settlement view_settlement prepare_settlement release_settlement \
         view_proposals propose_fee release_merchants manage_merchants manage_products manage_own_products recall_product manage_people view_audit \
         manage_api_keys unlock_card unlock_till release_api_keys view_directory suspend \
         enrol_terminal set_up_till manage_own_people release_people help_store view_overview manage_settings release_settings \
         answer_product_request view_customers manage_customers stop_card propose_card_move print_pins prepare_money release_money \
         manage_programmes release_programmes view_programmes"
    );
}

#[test]
fn stored_declines_never_change() {
    let words: Vec<&str> = Decline::every().into_iter().map(Decline::word).collect();
    let expected = "merchant_suspended outlet_suspended no_such_order amount_changed invalid_amount invalid_card_number \
         void_too_late not_reversible drug_not_returnable refund_window_passed refund_escalated text_length \
         not_charged card_differs too_many_cards reviewer_is_applicant company_only nothing_left refund_exists dispute_exists \
         no_such_dispute answer_too_late answer_awaited already_decided attempts_open nothing_to_close \
         no_such_merchant day_not_over settlement_open settled_before fee_not_agreed nothing_to_settle \
         payable_short no_such_settlement no_such_customer customer_suspended funding_reference_used deposit_short \
         no_such_load no_such_card_batch programme_not_active activation_exists cards_not_handed_out card_in_use \
         no_such_proposal no_such_programme outside_template terms_unsound takes_two_persons no_such_key stale proposal_expired not_the_maker \
         nothing_to_change move_not_allowed no_loss_report needs_second_person card_not_empty withdrawn card_lost card_stolen insufficient_funds card_expired \
         wrong_pin pin_not_set wrong_code number_seen not_accepted_here programme_suspended line_not_payable terminal_disabled over_sale_limit over_daily_limit \
         over_monthly_limit over_load_limit over_balance_limit card_frozen card_not_active card_replaced card_closed over_daily_count \
         pin_tries_exceeded proof_expired already_paid attempt_open unknown_terminal";
    assert_eq!(words, expected.split(' ').collect::<Vec<_>>());
}
