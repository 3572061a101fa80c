//! Words of the page that makes a browser a till.

web_kit::texts! {
    /// From the code to the till.
    pub struct Enrol {
        title: "登记这台电脑", "Enrol this computer";
        step_1: "向店长或发卡公司要登记码，8 位，24 小时内有效", "Ask your manager or the card company for a code: 8 characters, valid for 24 hours";
        step_2: "在这里输入；这台电脑从此就是那个收银终端", "Enter it here; from then on this computer is that till";
        step_3: "登录，开始收款", "Sign in and take payments";
        none: "此电脑还没有登记为收银终端", "This computer is not enrolled as a till";
        is: "这台电脑是{0}", "This computer is {0}";
        is_do: "要换成别的终端，输入那个终端的登记码。", "To make it another till, enter that till\u{2019}s code.";
        others: "店长、财务、发卡公司的人不用登记：", "Managers, finance and the card company\u{2019}s people need no enrolment:";
        sign_in: "直接登录", "sign in";
        code: "登记码", "Code";
        code_hint: "大小写都可以；没有 I O 0 1", "Capital or small letters; there is no I, O, 0 or 1";
        wrong: "登记码不对、用过了或已过期。还可以再试 {0} 次。", "The code is wrong, used or expired. {0} tries left.";
        blocked: "输错次数过多，{0} 后再试。可以请店长重新生成登记码。", "Too many wrong codes. Try again at {0}, or ask your manager for a new one.";
        failed: "没有登记", "Not enrolled";
        submit: "登记", "Enrol";
        sure: "登记为这个终端？", "Make this computer this till?";
        sure_now: "这台电脑将成为：", "This computer becomes:";
        sure_replaces: "这个终端现在是另一台电脑（{0} 登记）；确认后那台电脑立即失效。", "Another computer is this till now (enrolled {0}); it stops being one at once.";
        sure_was: "这台电脑原来是{0}，确认后不再是。", "This computer was {0} and will no longer be.";
        merchant: "商户", "Merchant";
        outlet: "门店", "Outlet";
        terminal: "终端", "Till";
        yes: "确认登记", "Enrol";
        no: "返回", "Back";
        note_first: "登记码正确时先显示门店和终端，再按一次确认。", "A right code first shows the outlet and the till; you confirm once more.";
        note_replace: "换电脑：旧电脑自动失效，店长在“终端”页看得到。", "New computer: the old one stops being the till, which the manager sees on the page Tills.";
        done: "已登记为{0}。请登录后收款。", "Enrolled as {0}. Sign in to take payments.";
        done_title: "这台电脑已登记", "This computer is enrolled";
        go: "去登录", "Sign in";
        go_on: "继续", "Continue";
    }
}
