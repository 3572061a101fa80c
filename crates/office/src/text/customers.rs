//! Words of 客户: who pays for cards in advance.

web_kit::texts! {
    /// Words of the pages.
    pub(crate) struct Customers {
        title: "客户", "Customers";
        menu: "卡与客户", "Cards";
        all_lists: "卡与客户", "Cards and customers";
        hint: "先付款，后充值：卡里的钱都来自客户的预收款", "Paid first, loaded afterwards: all money on cards comes from customers' deposits";
        new: "新客户", "New customer";
        find: "客户名称开头 / 客户号", "Beginning of the name / number";
        none: "还没有客户", "No customers yet";
        none_what: "客户先把钱付进来，两个人复核后才能充到卡上。", "Customers pay in first; two persons then put the money on cards.";
        none_found: "没有找到", "Nothing found";
        none_found_what: "请核对名称的开头，或输入客户号。", "Check how the name begins, or type the number.";
        name: "客户名称", "Customer's name";
        number: "客户号", "Number";
        account: "付款账号", "Account that it pays from";
        account_of: "{0}（{1}，{2}）", "{0} ({1}, {2})";
        no_account: "未登记，不能退回", "Not on file: nothing can be paid back";
        account_first: "请先登记付款账号，退回的钱只付到这个账号。", "Enter the account first: money goes back to it alone.";
        bank_whole: "银行、账号、账户名要一起填写", "Bank, account and holder belong together";
        no_number: "客户号已用完，没有保存。请联系管理员。", "There is no number left; nothing was saved. Tell the administrator.";
        active: "正常", "Active";
        th_state: "状态", "State";
        deposit: "预收款余额", "Deposit";
        deposit_hint: "入账 − 退回 − 充值 + 撤回", "Paid in − paid back − loaded + taken back";
        held: "已占用", "Held";
        held_hint: "等待复核的充值和退回", "Loads and returns that wait";
        free: "可用", "Free";
        free_hint: "可用 = 余额 − 已占用", "Free = deposit − held";
        movements: "预收款流水", "Movements of the deposit";
        th_at: "时间", "Time";
        th_what: "摘要", "What";
        th_out: "支出", "Out";
        th_in: "存入", "In";
        th_left: "余额", "Deposit";
        no_movements: "还没有流水。", "Nothing moved yet.";
        moved_by: "{0} 经办，{1} 复核", "Proposed by {0}, approved by {1}";
        waits_by: "{0} 经办，等待复核，还没有生效", "Proposed by {0}; waits, not in effect";
        older: "更早", "Older";
        s_paid_in: "入账", "Paid in";
        s_paid_back: "− 退回", "− paid back";
        s_loaded: "− 充值", "− loaded";
        s_taken_back: "+ 撤回", "+ taken back";
        agrees: "账目相符", "Agrees";
        disagrees: "账目不符", "Does not agree";
        amount: "金额（元）", "Amount (¥)";
        once: "（一笔只能用一次）", "(each counts once)";
        reason_more: "（2–100 字）", "(2 to 100 characters)";
        card_more: "（输入或刷卡）", "(type or swipe)";
        wrong_day: "请填写今天或以前的日期", "Today or an earlier day";
        wrong_card: "请输入完整卡号", "The whole number, please";
        note_funding: "另一人复核后到账。付款户名必须是本客户。", "It counts once another person has approved. The payer must be this customer.";
        note_return: "另一人复核后退回到客户的付款账号。", "Once another person has approved, it goes back to the customer's account.";
        note_load: "另一人复核后充到卡上；等待时占用预收款。", "Once another person has approved, it is on the card; meanwhile it is held.";
        note_back: "另一人复核后从卡上退回预收款；卡里不够时不能同意。", "Once another person has approved, it goes from the card back to the deposit, as far as it is still there.";
        load_of: "充值 {0}，卡 {1}，¥{2}，还可撤回 ¥{3}", "Load {0}, card {1}, ¥{2}; ¥{3} can be taken back";
        nothing_left: "这笔充值最多还可撤回 ¥{0}", "At most ¥{0} of this load can be taken back";
        instead: "改做{0}", "{0} instead";
        propose: "提交复核", "Propose";
        stop_title: "暂停客户 {0}？", "Suspend customer {0}?";
        stop_note: "立即生效，您一个人就能暂停：不能入账和充值，已等待的也不能同意；退回和撤回照常。恢复要另一人复核。", "Takes effect at once, by you alone: it neither pays in nor loads cards, nor does what waits; money still goes back. Resuming needs another person.";
        stop_done: "已暂停，立即生效", "Suspended, effective now";
        a_created: "新建客户", "Customer entered";
        a_changed: "修改资料", "Facts changed";
        a_suspended: "暂停", "Suspended";
    }
}
