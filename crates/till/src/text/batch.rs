//! Words of batch close: the running shift, the report, closing.

web_kit::texts! {
    /// Words of the batch pages and reports.
    pub(crate) struct Batch {
        title: "班结对账", "Shift report";
        now: "本班（未班结）", "This shift (not closed)";
        about: "一个批次就是本终端的一个班次，班结后批次号加一。下面按收银员分列。", "One batch is one shift of this till; closing adds one to its number. Figures stand per cashier.";
        number: "批次号", "Batch";
        opened: "开班", "Opened";
        opened_value: "{0}　{1}", "{0} {1}";
        not_opened: "还没有交易，第一笔交易即开班", "No transactions yet; the first one opens the shift";
        previous: "上次班结", "Last close";
        no_previous: "本终端第一班", "First shift of this till";
        closed_at: "班结时间", "Closed at";
        closed_by: "班结人", "Closed by";
        reference: "参考号", "Reference";
        person: "{0}（{1}）", "{0} ({1})";

        sales: "消费", "Sales";
        refunds: "退货", "Refunds";
        voids: "撤销冲正", "Voids";
        net: "净额", "Net";
        net_is: "净额 = 消费 − 退货 − 撤销冲正", "Net = sales − refunds − voids";
        pieces: "{0} 笔", "{0} items";
        of_count: "笔数", "count";
        of_sum: "金额", "amount";
        cashier: "收银员", "Cashier";
        total: "合计", "Total";
        money: "交易金额（元）", "Money (¥)";
        money_label: "本班各收银员的交易金额", "Money per cashier";
        work: "其他操作（次数）", "Other actions (count)";
        work_label: "本班各收银员的其他操作", "Other actions per cashier";
        declines: "失败交易（按返回码）", "Declined attempts by code";
        declines_label: "本班失败交易", "Declined attempts of the shift";
        no_declines: "没有失败的交易", "Nothing was declined";
        declined: "失败", "Declined";
        inquiries: "查余额", "Balance inquiries";
        prints: "打印小票", "Slips printed";
        reprints: "补打小票", "Slips reprinted";
        price_changes: "改价", "Price changes";
        voided_lines: "删除商品", "Lines deleted";
        code: "返回码", "Code";
        meaning: "说明", "Meaning";

        blocked: "有 {0} 笔支付结果未知，查明后才能班结：", "{0} payments have no known outcome. Look them up before closing:";
        blocked_row: "订单 {0}　¥{1}　{2} 发出", "Order {0}, ¥{1}, sent at {2}";
        query: "立即查询结果", "Look up the result now";
        drafts: "有 {0} 个订单还没有支付，班结后仍会保留：", "{0} orders are not paid yet. They are kept:";
        unprinted: "有 {0} 笔已支付的订单没有打印小票：", "{0} paid orders have no slip yet:";
        close: "班结…", "Close the shift…";
        print_now: "打印当前报表", "Print this report";
        nothing: "本班还没有交易，不需要班结。", "Nothing to close: the shift has no transactions yet.";

        ask: "确认班结？", "Close this shift?";
        ask_do: "班结后本班数字不能再改，本班的交易不能再撤销，只能退货。下一笔交易属于批次 {0}。", "The figures can no longer change, and sales of this shift can be refunded but no longer voided. The next sale belongs to batch {0}.";
        ask_warn: "还有未支付的订单或未打印的小票，见本页提示。", "There are unpaid orders or slips not printed; see the notes on the page.";
        cancel: "返回", "Back";
        confirm: "确认班结", "Close the shift";

        said_closed: "班结完成。数字已存档，下一笔交易开始新的一班。", "The shift is closed and its figures are kept. The next sale starts a new one.";
        said_already: "这一班已经班结过了，这是它的报表。", "This shift had been closed already; this is its report.";
        said_fault: "系统异常，没有班结，数字没有变化。请稍后再试。", "System error: not closed, nothing changed. Try again shortly.";
        said_unknown: "没有收到班结的结果。请看下面：批次出现在“已班结”中就是已经完成。", "No answer arrived. If the batch stands in the list of closed ones below, it is closed.";
        declined_title: "没有班结", "Not closed";
        declined_do: "本班的数字没有变化。参考号 {0}", "Nothing changed. Reference {0}";

        closed: "已班结", "Closed shifts";
        closed_label: "本终端已班结的批次", "Closed batches of this till";
        closed_none: "本终端还没有班结过", "This till has no closed batches yet";
        view: "报表", "Report";
        view_of: "批次 {0} 的报表", "Report of batch {0}";
        action: "操作", "Action";

        report_x: "班次报表（未班结）", "Shift report (not closed)";
        report_z: "班结报表", "Shift close report";
        not_closed: "本班尚未班结，数字仍会变化", "Not closed: figures may still change";
        merchant: "商户名称", "Merchant";
        mid: "商户编号", "MID";
        terminal: "终端编号", "TID";
        paper: "纸张", "Paper";
        print: "打印", "Print";
        back: "返回班结对账", "Back to the shifts";
        recorded: "已记录打印。没有弹出打印窗口时，请按 Ctrl+P 打印。", "The print is recorded. If no print window opens, press Ctrl+P.";
        reprint: "此报表已打印 {0} 次，再打印会标注“重打印”并记录。", "Printed {0} times already. Another print is marked as a duplicate and recorded.";
        duplicate: "重打印 DUPLICATED {0}", "DUPLICATED {0}";
        printed_at: "打印时间", "Printed at";
        sign_made: "制表", "Prepared by";
        sign_checked: "复核", "Checked by";
        sign_merchant: "商户确认", "Confirmed by the merchant";
    }
}
