//! Words of the payment column of the sale page.

use domain::ledger::Kind;

crate::texts! {
    /// Words of the payment.
    pub struct Payment {
        title: "刷卡支付", "Card payment";
        order: "订单", "Order";
        card: "卡号", "Card number";
        card_hint: "刷卡或输入 16–19 位卡号", "Swipe, or type the number";
        card_empty: "请刷卡或输入卡号", "Swipe the card or type its number";
        card_format: "卡号为 16–19 位数字", "A card number has 16 to 19 digits";
        card_invalid: "14 卡号无效，请重新刷卡或输入", "14 Invalid card number: swipe or type it again";
        card_foreign: "这不是慧医卡，请换卡", "This is not a Huiyi card. Use another card.";
        card_misread: "没有读到卡号，请重新刷卡", "The card was not read. Swipe again.";
        pin: "密码", "Password";
        pin_hint: "（请客户输入）", "(customer)";
        pin_format: "密码为 6 位数字，请客户重新输入", "The password has 6 digits; ask the customer to enter it again";
        balance_query: "查余额", "Balance";
        pay: "支付", "Pay";
        nothing_to_pay: "还没有商品，不能支付", "No items yet, nothing to pay";
        normal: "正常", "Active";
        balance: "卡内余额", "Balance";
        balance_after: "支付后余额", "Balance after payment";
        short: "余额不足，差", "Short by";

        confirm: "是否确认支付？", "Confirm the payment?";
        from_card: "从卡内扣款", "To be charged to the card";
        holder: "持卡人", "Cardholder";
        anonymous: "不记名卡", "Card without a name";
        goods: "商品", "Goods";
        goods_count: "{0} 种 {1} 件", "{0} items, {1} pieces";
        balance_now: "当前余额", "Present balance";
        cancel: "取消", "Cancel";
        confirm_pay: "确定支付", "Confirm payment";
        enter: "回车", "Enter";
        paying: "正在支付…", "Paying…";
        paying_note: "正在支付，请勿刷新或再次提交", "Paying. Do not reload or send again.";
        paying_slow: "网络较慢，仍在等待应答", "The network is slow; still waiting for the answer.";

        succeeded: "交易成功", "Payment approved";
        paid: "实付金额", "Paid";
        voucher: "凭证号", "Voucher";
        reference: "参考号", "Reference";
        code: "返回码", "Response code";
        print: "交易打印", "Print the slip";
        reprint: "补打小票", "Print again";
        printed: "已打印 {0} 次", "Printed {0} times";
        next_unprinted: "不打印，下一位", "Do not print, next customer";
        next: "下一位", "Next customer";
        two_copies: "小票一式两份：商户存根请客户签字后留存，另一份交客户。", "Two copies: the customer signs the store's copy; the other is theirs.";

        failed: "交易失败", "Payment declined";
        query_failed: "查询余额失败", "No balance";
        due: "应付", "Due";
        support: "仍有问题请致电客服", "Still in trouble? Call";
        support_reference: "报参考号", "and give the reference";

        processing: "处理中", "In progress";
        processing_note: "正在等待支付结果，请勿再次支付。", "Waiting for the result. Do not pay again.";
        unknown: "结果未知", "Outcome unknown";
        unknown_do: "不要再次支付，先不要交付药品。", "Do not pay again. Do not hand over the goods yet.";
        unknown_why: "没有收到扣款结果（98 应答超时）。系统正在用同一笔请求自动查询，不会重复扣款。", "No result arrived (98, no answer). The same request is being looked up; it is never charged twice.";
        polling: "自动查询进度", "Progress of the automatic query";
        polls: "已自动查询次数（共 5 次）：", "Automatic queries so far (of 5):";
        poll_next: "距下次查询秒数：", "Seconds to the next query:";
        query_now: "立即查询结果", "Look up the result now";
        query_of: "立即查询订单 {0} 的支付结果", "Look up the result of order {0} now";
        hold: "挂起此单，接待下一位", "Put this order aside, next customer";
        pending_slip: "打印待确认凭条", "Print a pending note";
        unknown_call: "长时间没有结果请致电", "No result for long? Call";
        unknown_end: "若没有扣款，系统会自动作废这笔支付并更新本页。", "If it was not charged, the payment is withdrawn and this page says so.";

        list: "交易状态", "Transactions";
        list_label: "本终端最近交易", "Recent transactions of this till";
        list_empty: "还没有交易", "No transactions yet";
        sale: "消费", "Sale";
        refund_request: "退货申请", "Refund request";
        refund_rejection: "退货驳回", "Refund turned down";
        refund: "退货", "Refund";
        void: "撤销", "Void";
        reversal: "冲正", "Reversal";
        batch_close: "班结", "Batch close";
        settlement_request: "结算准备", "Settlement prepared";
        settlement_rejection: "结算驳回", "Settlement turned down";
        dispute_opening: "争议受理", "Dispute opened";
        dispute_answer: "争议答复", "Dispute answered";
        dispute_rejection: "争议驳回", "Dispute turned down";
        chargeback: "争议退款", "Chargeback";
        settlement: "商户结算", "Settlement";
        proposal: "经办单", "Proposal";
        proposal_approval: "经办单同意", "Proposal approved";
        proposal_rejection: "经办单驳回", "Proposal turned down";
        card_move: "卡状态变更", "Move of the card";
        proposal_withdrawal: "经办单撤回", "Proposal withdrawn";
        programme_change: "卡产品收紧", "Programme narrowed";
        pin_issue: "打印密码单", "PIN printed";
        first_use: "持卡人设密", "PIN set by holder";
        pin_reset: "密码重置", "PIN reset";
        inquiry: "查余额", "Balance";
        load: "充值", "Load";
        funding: "客户入账", "Funding";
        funding_return: "退回客户", "Funding returned";
        adjustment: "撤回充值", "Load taken back";
        slip: "小票", "Slip";

        unprinted: "{0} 笔小票未打印 · 查看", "Slips not printed: {0} · show";
        skip: "不打印", "Do not print";
        unresolved: "订单 {0} 的支付 ¥{1} 结果未知，正在查询。不要再次支付，先不要交付药品。", "The payment of order {0}, ¥{1}, is still being looked up. Do not pay again or hand over the goods.";
        unresolved_open: "查看", "Open";
    }
}

impl Payment {
    /// The kind of a transaction, as slips and lists name it.
    pub fn kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Sale => self.sale,
            Kind::Inquiry => self.inquiry,
            Kind::Load => self.load,
            Kind::Funding => self.funding,
            Kind::FundingReturn => self.funding_return,
            Kind::Adjustment => self.adjustment,
            Kind::RefundRequest => self.refund_request,
            Kind::RefundRejection => self.refund_rejection,
            Kind::Refund => self.refund,
            Kind::Void => self.void,
            Kind::Reversal => self.reversal,
            Kind::BatchClose => self.batch_close,
            Kind::SettlementRequest => self.settlement_request,
            Kind::SettlementRejection => self.settlement_rejection,
            Kind::Settlement => self.settlement,
            Kind::DisputeOpening => self.dispute_opening,
            Kind::DisputeAnswer => self.dispute_answer,
            Kind::DisputeRejection => self.dispute_rejection,
            Kind::Chargeback => self.chargeback,
            Kind::Proposal => self.proposal,
            Kind::ProposalApproval => self.proposal_approval,
            Kind::ProposalRejection => self.proposal_rejection,
            Kind::ProposalWithdrawal => self.proposal_withdrawal,
            Kind::CardMove => self.card_move,
            Kind::ProgrammeChange => self.programme_change,
            Kind::PinIssue => self.pin_issue,
            Kind::FirstUse => self.first_use,
            Kind::PinReset => self.pin_reset,
        }
    }
}
