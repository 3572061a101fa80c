//! The mistakes that are planted.

domain::words! {
    /// A mistake.
    pub enum Flaw {
        /// Wrong PINs are not counted.
        SkipTryCounter = "skip_try_counter",
        /// Unknown card numbers are not counted, so a guesser can tell them apart.
        UnknownCardsUncounted = "unknown_cards_uncounted",
        /// Wrong PINs on many cards stop nothing.
        SweepUncounted = "sweep_uncounted",
        /// The count of wrong PINs never ends with the day.
        TriesNeverEnd = "tries_never_end",
        /// Any PIN is right.
        AnyPin = "any_pin",
        /// A confirmation is good for ever.
        ConfirmedForEver = "confirmed_for_ever",
        /// Answers leave before the commit.
        AnswerBeforeCommit = "answer_before_commit",
        /// A group that is not the first of its kind is answered and not written, now and then.
        LostCommit = "lost_commit",
        /// Request ids are not looked up.
        ForgetRequests = "forget_requests",
        /// A withdrawn request id is not remembered.
        ForgetWithdrawals = "forget_withdrawals",
        /// A paid order stays a draft.
        ForgetOrderStatus = "forget_order_status",
        /// The commands of a group do not see one another's balances.
        StaleGroup = "stale_group",
        /// One decline takes its neighbours' effects away.
        SharedFate = "shared_fate",
        /// Two answers of a group go to the wrong callers.
        SwappedAnswers = "swapped_answers",
        /// A load counts twice.
        DoubleLoad = "double_load",
        /// A sale is recorded but no money moves to the merchant.
        NoTransfer = "no_transfer",
        /// A sale that would bring a card to its daily limit exactly is refused.
        LastFenOfDay = "last_fen_of_day",
        /// What a card spent today is forgotten.
        ForgetSpent = "forget_spent",
        /// A balance inquiry answers from before the last commit.
        StaleRead = "stale_read",
        /// Refunds that wait for a decision reserve nothing.
        OpenRefundsUncounted = "open_refunds_uncounted",
        /// Refunds that were turned down reserve for ever.
        RejectedRefundsCounted = "rejected_refunds_counted",
        /// The applicant may decide.
        MakerIsChecker = "maker_is_checker",
        /// A refund that was decided may be decided again.
        DecideAgain = "decide_again",
        /// Any card will do in a review.
        AnyCardInReview = "any_card_in_review",
        /// The shop may refund after its time.
        RefundForEver = "refund_for_ever",
        /// The order stays "paid" after a refund.
        RefundForgetsOrder = "refund_forgets_order",
        /// A sale may be voided although a part of it was given back.
        VoidAfterRefund = "void_after_refund",
        /// A void leaves the sale on the card's day.
        VoidKeepsSpent = "void_keeps_spent",
        /// A sale that was undone may be undone again.
        UndoTwice = "undo_twice",
        /// The reversal of an unknown sale does not keep that sale out.
        ReversalBlocksNothing = "reversal_blocks_nothing",
        /// Voids are left out of a batch's figures.
        BatchWithoutVoids = "batch_without_voids",
        /// What was settled is settled again.
        SettlesAgain = "settles_again",
        /// Refunds are left out of a settlement.
        SettlesWithoutRefunds = "settles_without_refunds",
        /// The maker of a settlement may confirm it.
        SettlesAlone = "settles_alone",
        /// A part of a fen is dropped instead of rounded.
        FeeRoundedDown = "fee_rounded_down",
        /// A dispute that was upheld may be upheld again.
        DisputePaysTwice = "dispute_pays_twice",
        /// A refund may be asked for while a dispute of its sale is open.
        RefundInDispute = "refund_in_dispute",
        /// The card company decides without waiting for the answer.
        RulesUnheard = "rules_unheard",
        /// The maker of a proposal may approve it.
        ApprovesAlone = "approves_alone",
        /// A proposal is approved although what it is about has changed.
        ApprovesStale = "approves_stale",
        /// What a checker approves need not be what the checker was shown.
        ApprovesUnseen = "approves_unseen",
        /// A proposal that was decided may be decided again.
        DecidesProposalAgain = "decides_proposal_again",
        /// A proposal never ends by itself.
        ProposalForEver = "proposal_for_ever",
        /// An approved act is recorded and does not happen.
        ActForgotten = "act_forgotten",
        /// An approved rule about second factors is recorded and does not happen.
        RuleForgotten = "rule_forgotten",
        /// Turning a proposal down does it all the same.
        RejectionActs = "rejection_acts",
        /// A card is loaded with more than the customer paid in.
        LoadsUnpaid = "loads_unpaid",
        /// What waiting proposals would spend of a deposit is promised again.
        PromisesTwice = "promises_twice",
        /// One payment of the bank is taken in twice.
        CountsPaymentTwice = "counts_payment_twice",
        /// What was taken back of a load may be taken back again.
        TakesBackTwice = "takes_back_twice",
        /// A load leaves more on a card than it may hold.
        LoadsOverLimit = "loads_over_limit",
        /// One person raises a limit.
        RaisesAlone = "raises_alone",
        /// A lowered limit holds from the next group on, and not from the next command.
        LimitLate = "limit_late",
        /// A lowered limit is recorded and never holds.
        LimitForgotten = "limit_forgotten",
        /// A reset is recorded, and the old PIN still pays.
        OldPinLives = "old_pin_lives",
        /// A used code sets a PIN again.
        CodeUsedTwice = "code_used_twice",
        /// A load leaves the deposit as it was.
        DepositKept = "deposit_kept",
    }
}
