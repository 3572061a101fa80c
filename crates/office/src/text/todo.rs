//! Words of 待复核: what waits for a second person.

web_kit::texts! {
    /// Words of the page.
    pub(crate) struct Todo {
        title: "待复核", "To decide";
        title_of: "待复核：{0}", "To decide: {0}";
        hint: "停用、降低由一人立即生效；开通、付出、提高、授权要第二人在这里决定", "One person stops or lowers at once; opening, paying, raising and granting need a second person, here";
        soon: "即将失效", "Expiring soon";
        others: "退货、争议、结算", "Refunds, disputes, settlements";
        kind: "事项", "Kind";
        kind_all: "事项：全部", "Kind: all";
        kind_refund: "退货", "Refunds";
        kind_dispute: "争议", "Disputes";
        kind_settlement: "结算", "Settlements";
        state: "状态", "State";
        state_waiting: "状态：等待复核", "State: waiting";
        approved: "已同意", "Approved";
        rejected: "已驳回", "Turned down";
        withdrawn: "已撤回", "Withdrawn";
        expired: "已失效", "Expired";
        waiting: "等待复核", "Waiting";
        query: "查询", "Search";
        for_you: "等您复核", "Waiting for you";
        count: "{0} 项", "{0} in all";
        listed: "经办单", "Proposals";
        empty: "没有等您复核的事项。", "Nothing waits for your decision.";
        empty_state: "没有这样的经办单。", "There is no such proposal.";
        older: "更早的经办单", "Older ones";
        not_here: "您不能在这里决定的", "What you cannot decide";
        own: "{0} {1}：不能复核自己提交的", "{0} {1}: you cannot decide on your own";
        own_sub: "您 {0} 提交，等别人复核；可打开后撤回", "You proposed it at {0}; somebody else decides. Open it to withdraw it";
        no_right: "{0} {1}：没有复核权限", "{0} {1}: not yours to decide";
        no_right_sub: "{0} 于 {1} 提交", "Proposed by {0} at {1}";
        done: "{0} {1}：{2}于 {3} {4}", "{0} {1}: {4} by {2} at {3}";
        choose: "请在左边选择一项。", "Choose one on the left.";

        act_merchant_fee: "商户费率", "Merchant's fee";
        act_company_key: "接口密钥", "API key";
        act_merchant_opening: "开通商户", "Open merchant";
        act_merchant_bank: "收款账户", "Bank account";
        act_merchant_resuming: "恢复商户", "Resume merchant";
        act_outlet_opening: "开通门店", "Open store";
        act_outlet_resuming: "恢复门店", "Resume store";
        act_factor_rule: "公司人员第二验证", "Second factor for company staff";
        refund: "退货", "Refund";
        dispute: "争议", "Dispute";
        settlement: "结算", "Settlement";
        pieces: "{0} 件", "{0} pieces";

        number: "经办单", "Proposal";
        maker: "经办人", "Proposed by";
        expires: "失效", "Expires";
        expires_in: "{0}（还有 {1}）", "{0} ({1} left)";
        checker: "复核人", "Decided by";
        opinion: "审核意见", "Opinion";
        opinion_opt: "（2–100 字，必填）", "(2 to 100 characters, required)";
        opinion_wrong: "请填写 2 到 100 个字。没有生效。", "Write 2 to 100 characters. Nothing took effect.";
        changes: "现在和之后", "Now and after";
        changes_stale: "提交时、现在和之后", "When proposed, now and after";
        field: "项目", "Item";
        then: "提交时 {0}", "Proposed {0}";
        now: "现在", "Now";
        now_at: "现在 {0}", "Now {0}";
        was: "之前", "Before";
        becomes: "变为", "becomes";
        after: "之后", "After";
        days: "{0} 天", "{0} days";
        hours: "{0} 小时 {1} 分", "{0} h {1} min";
        minutes: "{0} 分", "{0} min";

        between: "两个人", "Two persons";
        two_humans: "您和经办人是两个人，不是同一人的两个登录。", "You and the maker are two persons, not two logins of one.";
        unchanged: "这张单的内容提交后没有变过。", "Nothing has changed since it was proposed.";
        stale: "内容已变化，请重新核对", "Changed meanwhile: check it again";
        stale_what: "提交以后有 {0} 处变了（黄色行）。请经办人撤回后重新提交，或者驳回。", "{0} rows have changed since it was proposed (in yellow). Its maker can withdraw it and propose again, or turn it down.";
        stale_gone: "这张单所说的内容已经不存在。请驳回。", "What it is about does not exist any more. Turn it down.";
        cannot: "不能同意：内容已变化", "It cannot be approved: it has changed";
        approve: "同意", "Approve";
        reject: "驳回", "Turn down";
        withdraw: "撤回", "Withdraw";
        effect: "同意后立即生效。", "It takes effect when approved.";
        own_stage: "不能复核自己提交的。别人复核以前，您可以撤回。", "You cannot decide on your own. Until somebody decides, you may withdraw it.";
        no_right_stage: "等待有复核权限的人员处理。", "It waits for somebody who may decide.";
        expired_stage: "已过失效时间，没有生效。需要时请重新提交。", "Nobody decided in time and nothing took effect. Propose it again if it is needed.";

        proposed: "已提交复核，还没有生效", "Proposed; not in effect yet";
        approved_now: "已同意，已经生效", "Approved and in effect";
        rejected_now: "已驳回，没有生效", "Turned down; nothing took effect";
        withdrawn_now: "已撤回，没有生效", "Withdrawn; nothing took effect";
        decided_by: "{0}于 {1} {2}", "{2} by {0} at {1}";
        not_done: "没有完成", "Not done";
        unknown: "结果未知", "The outcome is unknown";
        unknown_do: "系统没有及时回答。再点一次同一个按钮即可查明，不会做两次。", "No answer came in time. Press the same button again to find out; nothing is done twice.";

        f_fee_bp: "费率", "Rate";
        f_merchant: "商户", "Merchant";
        f_key_name: "密钥名称", "Name of the key";
        f_key_bound: "门店、终端", "Store and terminal";
        f_key_scopes: "权限", "Scopes";
        f_key_signed: "请求须签名", "Requests are signed";
        f_key_rate: "每分钟请求", "Requests per minute";
        f_key_expires: "到期", "Ends";
        f_key_state: "状态", "State";
        f_mid: "商户号", "Merchant number";
        f_licence: "统一社会信用代码", "Credit code";
        f_outlet: "门店", "Store";
        f_address: "地址", "Address";
        f_drafts: "同时开通的门店", "Stores that open with it";
        f_standing: "状态", "State";
        f_reason: "暂停原因", "Why it was suspended";
        f_bank_name: "开户银行", "Bank";
        f_bank_account: "收款账号", "Account";
        f_bank_holder: "账户名", "Account holder";
        f_factor_required: "必须使用第二验证", "Second factor required";
        none: "未填写", "None";
        all: "全部", "All";
        yes: "是", "Yes";
        no: "否", "No";
        key_asleep: "未启用", "Asleep";
        key_awake: "可使用", "In use";
        key_ended: "已停用", "Ended";
    }
}
