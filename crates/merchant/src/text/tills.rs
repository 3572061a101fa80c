//! Words of the page of tills.

web_kit::texts! {
    /// Words of the page of tills.
    pub(crate) struct Tills {
        title: "终端", "Tills";
        hint: "每台收银电脑登记一次，从此就是那个终端。换电脑时给那个终端生成新登记码。", "Each computer is enrolled once and is that till from then on. For a new computer, make a new code for its till.";
        list: "终端", "Tills";
        terminal: "终端号", "Till";
        outlet: "门店", "Outlet";
        state: "状态", "State";
        computer: "电脑", "Computer";
        since: "登记时间", "Enrolled";
        code: "登记码", "Code";
        action: "操作", "Action";
        active: "在用", "In service";
        fresh: "待登记", "Waits for its computer";
        off: "停用", "Out of service";
        none: "没有登记", "None";
        code_until: "有效到 {0}", "Valid until {0}";
        make: "新登记码", "New code";
        make_of: "新登记码：终端 {0}", "New code: till {0}";
        made: "终端 {0} 的登记码", "Code of till {0}";
        made_until: "只显示这一次；{0} 前有效，用一次作废。在收银电脑的浏览器打开 /enrol 输入。", "Shown this once; valid until {0}, and used once. Open /enrol in the browser of the till\u{2019}s computer and enter it.";
        made_note: "输入后那台电脑就是这个终端；原来登记的电脑立即失效。", "That computer then is this till; one that was enrolled before stops being it at once.";
        empty: "还没有终端。终端由发卡公司开通。", "There are no tills yet. The card company opens them.";
    }
}
