//! Words of the pages that ask before an act that has no form of its own.

web_kit::texts! {
    /// Words of the question.
    pub(crate) struct Confirm {
        title: "是否裁定争议成立并退款？", "Uphold the dispute and pay back?";
        amount: "退回金额", "Paid back";
        in_words: "大写", "In words";
        card: "退回原卡", "To the card";
        merchant: "从商户应结款中扣除", "Out of what is owed to";
        reason: "裁定说明", "Reason";
        no_undo: "成立后金额立即退回，不能撤销。", "The amount goes back at once and cannot be taken back.";
        cancel: "取消", "Cancel";
        ok: "成立，退款", "Uphold, pay back";
    }
}
