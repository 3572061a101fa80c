//! Words around the slip. The slip itself is printed in Chinese with the scheme's English labels, whatever the screen's
//! language.

web_kit::texts! {
    /// Words of the slip's tool bar.
    pub(crate) struct Slip {
        title: "消费小票", "Sales slip";
        pending_title: "待确认凭条", "Pending note";
        two_copies: "一式两份：商户存根客户签字后留存，持卡人存根交客户", "Two copies: the customer signs the store's; the other is theirs";
        paper: "纸张", "Paper";
        print: "打印", "Print";
        done: "完成，下一位", "Done, next customer";
        back: "返回", "Back";
        reprint: "此小票已打印 {0} 次，再打印会标注“重打印凭证”并记录。", "Printed {0} times already. Another print is marked as a duplicate and recorded.";
        recorded: "已记录打印。没有弹出打印窗口时，请按 Ctrl+P 打印。", "The print is recorded. If no print window opens, press Ctrl+P.";
    }
}
