//! Words of the start page.

web_kit::texts! {
    /// Words of the start page, before the first sale and after.
    pub(crate) struct Home {
        title: "总览", "Overview";
        checklist: "开业清单", "Opening checklist";
        checklist_hint: "做完这几步，就能刷卡卖出第一单", "After these steps the first card can be charged";
        steps: "步骤", "Steps";
        step: "步骤", "Step";
        detail: "内容", "Details";
        state: "状态", "State";
        who: "谁、何时", "Who and when";
        action: "操作", "Action";
        state_done: "完成", "Done";
        state_waits: "等复核", "Waits for review";
        state_open: "未做", "Open";
        go: "去做", "Go";
        go_to: "去做：{0}", "Go to: {0}";
        done: "完成 {0} 项，共 {1} 项", "{0} of {1} done";
        progress: "进度", "Progress";
        progress_hint: "卖出第一单后，这个页面换成“总览”。", "After the first sale this page becomes the overview.";
        two: "需要两个人。", "It takes two people.";
        two_hint: "开通商户、改手续费和收款账号都要另一人复核：一人建好，另一人在“待复核”同意。", "Opening a merchant, its fee and its bank account are decided by a second person: one prepares, the other agrees under Review.";
        nobody: "命令行", "Command line";
        company: "公司信息", "Company";
        company_do: "名称、机构号、地区、BIN、客服电话", "Name, institution, region, BIN, hotline";
        checker: "第二个人", "The second person";
        checker_do: "一位复核员，登录并改过密码", "A checker who has signed in and changed the password";
        store: "商户、门店、终端", "Merchant, outlet, tills";
        store_do: "一张表建好三样，另一人复核后营业", "One form for all three; a second person opens it";
        cashier: "人员：店长和收银员", "People: manager and cashier";
        cashier_do: "初始密码只显示一次，可以打印成一张纸", "The initial password is shown once and can be printed";
        till: "登记收银电脑", "Enrol the till";
        till_do: "店里的电脑打开 /enrol，输入登记码", "Open /enrol on the store\u{2019}s computer and enter the code";
        sale: "卖第一单", "The first sale";
        sale_do: "收银员登录后就可以收款", "The cashier signs in and takes the first payment";
        as_of: "数据截至 {0}", "As of {0}";
        today: "今天", "Today";
        sales: "消费", "Sales";
        refunds: "退货", "Refunds";
        voids: "撤销", "Voids";
        figure: "{0} 笔；上周同日此时 {1} 笔，¥{2}", "{0}; same weekday last week by now: {1}, ¥{2}";
        declines: "今天被拒绝的支付", "Payments declined today";
        code: "返回码", "Code";
        reason: "原因", "Reason";
        count: "笔数", "Count";
        no_declines: "今天没有被拒绝的支付", "No payment was declined today";
        waiting: "等您处理", "Waiting for you";
        to_decide: "等复核的经办单", "Proposals to review";
        to_review: "等处理的退货", "Refunds to decide";
        to_answer: "等裁定的争议", "Disputes to decide";
        nothing_waits: "没有", "None";
        reserve: "备付金", "Reserve";
        reserve_hint: "收到的钱应等于付出的钱加上手上的钱。点“核对”从账上重新加一遍。", "What was received must equal what was paid out plus what is held. Check adds it up from the books.";
        check: "核对", "Check";
        received: "入账", "Received";
        paid_out: "划付商户", "Paid to merchants";
        fees: "手续费", "Fees";
        cards: "卡余额", "Card balances";
        deposits: "客户预收款", "Customers' deposits";
        payables: "应付商户", "Owed to merchants";
        difference: "差额", "Difference";
        balanced: "相符", "Balanced";
        unbalanced: "不符，请立即运行 webpos verify", "Not balanced: run webpos verify now";
        reserve_as_of: "截至参考号 {0}", "Up to reference {0}";
    }
}
