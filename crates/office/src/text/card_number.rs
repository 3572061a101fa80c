//! Words of 查看完整卡号: the whole number of a card.

web_kit::texts! {
    /// The reason, and the number.
    pub(crate) struct CardNumber {
        title: "查看完整卡号", "Whole card number";
        hint: "只在需要时查看：理由、时间和人都记入操作日志", "Only when it is needed: reason, time and person are logged";
        card: "卡号", "Card";
        programme: "卡产品", "Programme";
        reason: "理由", "Reason";
        reason_more: "（2–100 个字）", " (2–100 characters)";
        show: "查看卡号", "Show the number";
        shown: "完整卡号", "Whole number";
        counted: "今天第 {0} 次，每人每天最多 {1} 次。离开本页后不再显示。", "Number {0} of {1} today. It is not shown again after you leave this page.";
        enough: "您今天已查看 {0} 次，明天 0 点后再看。没有显示卡号。", "You have had {0} shown today; again after midnight. No number was shown.";
        made_its_secret: "这张卡的密码或激活码是您打印的，不能再看卡号：没有人可以两样都有。请另一位运营查看。没有显示卡号。", "You made this card's PIN or activation code, so its number is not shown to you: nobody has both. Ask another operator. No number was shown.";
        unreadable: "这张卡的卡号读不出来，没有显示。请联系管理员核对密钥文件。", "The number of this card cannot be read and was not shown. Tell the administrator to check the key file.";
        back: "返回卡片", "Back to the card";
    }
}
