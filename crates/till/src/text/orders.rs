//! Words of the order list, of one order and of the files made from them.

web_kit::texts! {
    /// Words of 订单查询.
    pub(crate) struct Orders {
        title: "订单查询", "Orders";
        window: "退货只限交易后 48 小时内；超过 48 小时请联系客服", "Refunds: within 48 hours of the sale. Later, call support.";
        from: "交易日期 从", "Date from";
        to: "到", "to";
        last_four: "卡号后四位", "Card, last 4";
        number: "订单号 / 参考号", "Order or reference no.";
        status: "交易状态", "Status";
        number_hint: "也可填凭证号", "or voucher no.";
        product: "商品", "Product";
        product_hint: "名称/代码/拼音", "name, code, pinyin";
        today: "今天", "Today";
        yesterday: "昨天", "Yesterday";
        seven_days: "近 7 天", "Last 7 days";
        find: "查询", "Search";
        export_csv: "导出 CSV", "Export CSV";
        export_excel: "导出 Excel", "Export Excel";

        all: "全部", "All";
        charged: "交易成功", "Approved";
        failed: "交易失败", "Declined";
        unknown: "结果未知", "Outcome unknown";
        processing: "处理中", "In progress";
        refund_pending: "退货审核中", "Refund under review";
        refunded: "已退货", "Refunded";
        gave_back: "退货、争议退款", "Refunded or disputed";
        disputed: "争议退款", "Disputes";
        partly_disputed: "部分争议退款", "Partly disputed";
        refunded_and_disputed: "退货和争议退款", "Refunded and disputed";
        partly_refunded: "部分退货", "Partly refunded";
        voided: "已撤销", "Voided";
        unpaid: "未支付", "Not paid";
        abandoned: "已放弃", "Discarded";

        may_hand_over: "可以交付药品", "Goods may be handed over";
        not_charged: "没有扣款，请勿交付药品", "Not charged. Do not hand over the goods";
        wait: "结果未知，请等待", "Outcome unknown. Wait";
        wait_processing: "正在支付，请等待", "Paying. Wait";
        under_review: "退货审核中，请勿交付药品", "Refund under review. Do not hand over the goods";
        given_back: "已退款，请勿交付药品", "Refunded. Do not hand over the goods";
        partly_given_back: "已付款，其中 ¥{0} 已退款", "Paid, ¥{0} of it refunded";
        undone: "已撤销，请勿交付药品", "Voided. Do not hand over the goods";
        not_paid: "还没有付款，请勿交付药品", "Not paid. Do not hand over the goods";

        list: "订单明细", "Orders";
        order: "订单号", "Order";
        time: "时间", "Time";
        card: "卡号", "Card";
        holder: "持卡人", "Cardholder";
        kind: "类型", "Type";
        amount: "金额（元）", "Amount (¥)";
        code: "返回码", "Code";
        action: "操作", "Action";
        request_refund: "退货申请", "Refund";
        request_refund_of: "退货申请 订单 {0}", "Refund order {0}";
        void: "撤销", "Void";
        void_of: "撤销 订单 {0}", "Void order {0}";
        reprint: "补打", "Reprint";
        reprint_of: "补打 订单 {0} 小票", "Reprint the slip of order {0}";
        query: "查询结果", "Look up";
        query_of: "查询结果 订单 {0}", "Look up the outcome of order {0}";
        pay: "继续支付", "Pay now";
        pay_of: "继续支付 订单 {0}", "Pay now: order {0}";

        none: "这段时间没有交易", "No transactions in this period.";
        none_named: "没有找到这个订单。请核对订单号或参考号", "There is no such order. Check the number.";
        archived: "{0} 及更早的订单已归档，可能不在此列出。需要查找时请联系发卡公司。", "Orders up to {0} are archived and may not be listed here. Ask the card company for one of them.";
        any_day: "按订单号或参考号查找，不限交易日期。", "Found by its number, whatever the date.";
        total: "共 {0} 笔", "Orders: {0}";
        total_tally: "{0} {1} 笔 ¥{2}", "{0}: {1}, ¥{2}";
        total_net: "{0} ¥{1}", "{0}: ¥{1}";
        total_failed: "失败 {0} 笔", "Declined: {0}";
        page: "第 {0} / {1} 页", "Page {0} of {1}";
        previous: "上一页", "Previous";
        next: "下一页", "Next";

        date_bad: "请填写日期，如 2026-11-23", "Enter a date, like 2026-11-23";
        date_order: "开始日期不能晚于结束日期", "The first date is after the last";
        range: "日期范围最多 31 天。", "The range is at most 31 days.";
        last_four_bad: "请填写卡号的最后 4 位数字", "Enter the card's last 4 digits";
        number_bad: "订单号或参考号为 4–12 位数字，凭证号为 1–6 位数字", "An order or reference number has 4 to 12 digits, a voucher number 1 to 6";
        product_long: "商品最多 50 个字", "50 characters at most";
        status_bad: "没有这种交易状态", "There is no such status";
        too_many: "查询结果超过 {0} 笔，不能导出。请缩短日期范围", "More than {0} orders were found. Choose a shorter period to export them.";

        order_title: "订单 {0}", "Order {0}";
        back: "返回列表", "Back to the list";
        facts: "订单信息", "The order";
        total_due: "订单金额", "Total";
        given_back_sum: "已退款", "Refunded";
        paid_at: "交易时间", "Time";
        opened_at: "开单时间", "Opened";
        reference: "参考号", "Reference";
        voucher: "凭证号", "Voucher";
        cashier: "收银员", "Cashier";
        terminal: "终端", "Terminal";
        prints: "小票打印", "Slips printed";
        prints_count: "{0} 次", "{0}";
        refund_until: "可退截止", "Refund until";
        refund_left: "{0}（还剩 {1} 小时 {2} 分）", "{0} ({1} h {2} min left)";
        refund_over: "{0}（已超过，请联系客服或转卡公司处理）", "{0} (over: call support, or pass it to the card company)";
        lines: "商品", "Goods";
        line_number: "序号", "No.";
        price: "单价", "Price";
        quantity: "数量", "Qty";
        line_amount: "金额", "Amount";
        returned: "已退 {0} 件", "{0} returned";
        voided_line: "已删除：{0} {1}", "Deleted: {0} {1}";
        no_lines: "没有商品", "No goods";

        history: "订单记录", "What happened";
        opened: "开单", "Opened";
        line_added: "录入 {0} ×{1}，单价 {2}", "Added {0} ×{1} at {2}";
        price_changed: "改价，原价 {0}", "Price changed, list price {0}";
        price_confirmed: "改价，原价 {0}，{1} 确认", "Price changed, list price {0}, confirmed by {1}";
        line_voided: "删除 {0} ×{1}", "Deleted {0} ×{1}";
        line_restored: "恢复删除的商品", "A deleted line was brought back";
        order_abandoned: "放弃订单", "Order discarded";
        attempt: "{0} ¥{1}", "{0} ¥{1}";
        sent: "支付已发出 ¥{0}", "Payment sent, ¥{0}";
        reason: "退货原因：{0}", "Reason: {0}";
        opinion: "审核意见：{0}", "Note: {0}";
        checked_by: "{0} 确认", "Confirmed by {0}";
        printed: "打印小票", "Slip printed";
        reprinted: "补打小票", "Slip printed again";
        not_printed: "不打印小票", "No slip wanted";
        succeeded: "成功", "Approved";
        declined: "失败", "Declined";

        sheet: "订单", "Orders";
        column_date: "日期", "Date";
        column_type: "交易类型", "Type";
        column_meaning: "说明", "Meaning";
        column_refunded: "退货（元）", "Refunds (¥)";
        column_disputed: "争议退款（元）", "Disputes (¥)";
        column_undone: "撤销冲正（元）", "Voids (¥)";
        column_net: "净额（元）", "Net (¥)";
        column_hand_over: "交付", "Goods";
    }
}
