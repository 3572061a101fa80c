//! Words around every page: top bar, menu, language switch, session warning.

crate::texts! {
    /// Words of the shell.
    pub struct Shell {
        product: "慧医卡", "Huiyi Card";
        title_error: "错误：{0}", "Error: {0}";
        skip: "跳到主要内容", "Skip to main content";
        outlet: "门店", "Store";
        works_for: "单位", "Works for";
        outlet_name: "{0}（{1}）", "{0} ({1})";
        terminal: "终端", "Terminal";
        cashier: "收银员", "Cashier";
        user: "用户", "User";
        person_name: "{0}（{1}）", "{0} ({1})";
        company: "发卡公司", "Card company";
        online: "网络正常", "Online";
        offline: "网络断开", "Offline";
        public_demo: "公开演示：密码、卡号和密钥人人可见。不要输入真实的人员、卡或订单", "Public demo: its passwords, cards and keys are known to everybody. Enter no real person, card or order";
        hotline: "客服 {phone}", "Support {phone}";
        menu: "主菜单", "Main menu";
        sale: "消费收款", "Sale";
        orders: "订单查询", "Orders";
        refunds: "退货审核", "Refund review";
        batch: "班结对账", "Shift report";
        keys: "接口密钥", "API keys";
        account: "修改密码", "Password";
        lock: "锁定屏幕", "Lock";
        logout: "退出登录", "Sign out";
        logout_ask: "退出登录？", "Sign out?";
        logout_open: "支付结果查明前最好不要离开。退出后系统会继续查询，结果在本终端的每一页上显示；请告诉接班的同事。", "Better stay until the outcome is known. The system goes on looking it up and shows it on every page of this till; tell who takes over.";
        logout_stay: "返回", "Back";
        logout_anyway: "仍然退出", "Sign out anyway";
        idle_note: "长时间没有操作，即将锁定屏幕。未完成的订单会保留。", "No activity: the screen is about to lock. Your unfinished order is kept.";
        idle_left: "剩余秒数：", "Seconds left:";
        idle_stay: "继续使用", "Stay signed in";
        blocked: "请先完成当前操作", "Finish the current step first.";
        ime: "请切换到英文输入法后重新扫描", "Switch to English input and scan again.";
        not_pin: "已识别为扫码，密码没有提交", "Read as a scan; no password was sent.";
        bad_card: "没有读到卡号，请重新刷卡", "The card was not read. Swipe again.";
        foreign: "这不是慧医卡，请换卡", "This is not a Huiyi card. Use another card.";
        scan_apart: "已扫码。输入框里原来的内容没有使用，请核对", "Scanned. What stood in the field before was not used: check it.";
        moved: "页面刚刚变化，请看清后再按一次", "The page has just changed. Read it, then press again.";
        copy: "复制", "Copy";
        copied: "已复制", "Copied";
        net_lost: "网络断开，恢复前不能支付", "Offline. You cannot take payment until it is back.";
        compat: "当前是兼容模式，请点地址栏的“极速模式”图标", "Switch the browser to its Chrome (fast) mode.";
        said_password_changed: "密码已修改。其他登录已全部退出。", "Password changed. All your other sessions were signed out.";
    }
}
