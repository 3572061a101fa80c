//! The mistakes that are planted.

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// No mistake: this host has to pass.
    None,
    /// Wrong PINs are not counted.
    SkipTryCounter,
    /// Numbers that are nobody's card are not counted, so a guesser can tell them apart.
    UnknownCardsUncounted,
    /// The count of wrong PINs never ends with the day.
    TriesNeverEnd,
    /// Any PIN is right.
    AnyPin,
    /// A confirmation is good for ever.
    ConfirmedForEver,
    /// Answers leave before the commit.
    AnswerBeforeCommit,
    /// A group that is not the first of its kind is answered and not written, now and then.
    LostCommit,
    /// Request ids are not looked up.
    ForgetRequests,
    /// A withdrawn request id is not remembered.
    ForgetWithdrawals,
    /// A paid order stays a draft.
    ForgetOrderStatus,
    /// The commands of a group do not see one another's balances.
    StaleGroup,
    /// One decline takes its neighbours' effects away.
    SharedFate,
    /// Two answers of a group go to the wrong callers.
    SwappedAnswers,
    /// A load counts twice.
    DoubleLoad,
    /// A sale is recorded but no money moves to the merchant.
    NoTransfer,
    /// What a card spent today is forgotten.
    ForgetSpent,
    /// A balance inquiry answers from before the last commit.
    StaleRead,
    /// Refunds that wait for a decision reserve nothing.
    OpenRefundsUncounted,
    /// Refunds that were turned down reserve for ever.
    RejectedRefundsCounted,
    /// Who asked may decide.
    MakerIsChecker,
    /// A refund that was decided may be decided again.
    DecideAgain,
    /// Any card will do in a review.
    AnyCardInReview,
    /// The shop may refund after its time.
    RefundForEver,
    /// The order stays "paid" after a refund.
    RefundForgetsOrder,
    /// A sale may be voided although a part of it was given back.
    VoidAfterRefund,
    /// A void leaves the sale on the card's day.
    VoidKeepsSpent,
    /// A sale that was undone may be undone again.
    UndoTwice,
    /// The reversal of an unknown sale does not keep that sale out.
    ReversalBlocksNothing,
    /// Voids are left out of a batch's figures.
    BatchWithoutVoids,
    /// What was settled is settled again.
    SettlesAgain,
    /// Refunds are left out of a settlement.
    SettlesWithoutRefunds,
    /// Who prepared a settlement may confirm it.
    SettlesAlone,
    /// A part of a fen is dropped instead of rounded.
    FeeRoundedDown,
    /// A dispute that was upheld may be upheld again.
    DisputePaysTwice,
    /// A refund may be asked for while a dispute of its sale is open.
    RefundInDispute,
    /// The card company decides without waiting for the answer.
    RulesUnheard,
}

impl Flaw {
    /// Every mistake.
    pub const ALL: [Self; 36] = [
        Self::SkipTryCounter,
        Self::UnknownCardsUncounted,
        Self::TriesNeverEnd,
        Self::AnyPin,
        Self::ConfirmedForEver,
        Self::AnswerBeforeCommit,
        Self::LostCommit,
        Self::ForgetRequests,
        Self::ForgetWithdrawals,
        Self::ForgetOrderStatus,
        Self::StaleGroup,
        Self::SharedFate,
        Self::SwappedAnswers,
        Self::DoubleLoad,
        Self::NoTransfer,
        Self::ForgetSpent,
        Self::StaleRead,
        Self::OpenRefundsUncounted,
        Self::RejectedRefundsCounted,
        Self::MakerIsChecker,
        Self::DecideAgain,
        Self::AnyCardInReview,
        Self::RefundForEver,
        Self::RefundForgetsOrder,
        Self::VoidAfterRefund,
        Self::VoidKeepsSpent,
        Self::UndoTwice,
        Self::ReversalBlocksNothing,
        Self::BatchWithoutVoids,
        Self::SettlesAgain,
        Self::SettlesWithoutRefunds,
        Self::SettlesAlone,
        Self::FeeRoundedDown,
        Self::DisputePaysTwice,
        Self::RefundInDispute,
        Self::RulesUnheard,
    ];
}
