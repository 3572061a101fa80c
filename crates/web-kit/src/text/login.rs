//! Words of the login page and the lock screen.

crate::texts! {
    /// Words of login and lock.
    pub struct Login {
        title: "登录", "Sign in";
        about: "产品说明", "About this product";
        headline: "药店刷卡收银", "Card payments for pharmacies";
        step_1: "扫条码，或按 F2 选择商品", "Scan the goods, or press F2 to choose";
        step_2: "刷卡，客户输入密码", "Swipe the card; the customer enters the password";
        step_3: "支付成功后打印小票，一式两份", "Once paid, print the slip in two copies";
        hotline: "客服电话", "Support";
        browser: "请使用 Chrome 内核（360 浏览器“极速模式”），无需兼容模式", "Use a Chrome-based browser; no compatibility mode needed";
        user: "用户名", "User name";
        password: "密码", "Password";
        first_hint: "首次登录后需要修改密码", "You change the password after your first login";
        captcha: "验证码", "Code";
        captcha_audio: "听语音验证码", "Listen to the code";
        captcha_new: "看不清，换一张验证码", "Show another code";
        captcha_image: "验证码图片，4 位字母数字", "Image of a code of 4 letters and digits";
        captcha_hint: "不分大小写。看不清请点图片换一张", "Upper or lower case. Click the image for another one";
        submit: "登录", "Sign in";
        failed: "登录没有成功", "You are not signed in";
        forgot: "忘记用户名或密码，请致电客服 {phone}。", "Forgot your user name or password? Call {phone}.";
        empty: "请填写标出的栏目。", "Fill in the marked fields.";
        user_empty: "请输入用户名", "Enter your user name";
        password_empty: "请输入密码", "Enter your password";
        password_again: "请重新输入密码", "Enter your password again";
        captcha_empty: "请输入验证码", "Enter the code";
        captcha_enter: "请输入新图片中的验证码", "Enter the code in the new image";
        captcha_wrong: "验证码不对，已换新图片，请重新输入", "The code is wrong. A new one is shown.";
        captcha_expired: "验证码已过期，已换新图片", "The code has expired. A new one is shown.";
        wrong: "用户名或密码不正确。还可以再试 {0} 次，之后锁定 15 分钟。", "User name or password is wrong. {0} tries left, then locked for 15 minutes.";
        locked: "账号已锁定，{0} 自动解锁。急用请致电客服 {phone}。", "Account locked until {0}. Call {phone} if urgent.";
        address_blocked: "此网络登录失败次数过多，请在 {0} 后再试，或致电客服 {phone}。", "Too many failed logins from this network. Try again after {0}, or call {phone}.";
        disabled: "此账号已停用，请联系店长或客服 {phone}。", "This account is disabled. Contact your manager or support {phone}.";
        initial_expired: "初始密码已过 72 小时，不能再用。请联系店长或客服 {phone} 重发。", "The initial password is older than 72 hours. Ask your manager or support {phone} for another one.";
        no_role: "此账号现在没有可用的角色：还在等复核，或代班已到期。请联系店长或客服 {phone}。", "No role of this account counts now: it waits for approval, or has ended. Contact your manager or support {phone}.";
        suspended: "本门店已暂停交易，请联系客服 {phone}。", "This store is suspended. Call support {phone}.";
        suspended_why: "本门店已暂停交易：{0}。请联系客服 {phone}。", "This store is suspended: {0}. Call support {phone}.";
        ended: "登录已超时，请重新登录。未完成的订单已保留。", "Signed out. Your unfinished order was kept.";
        left: "您已退出登录。", "You have signed out.";
        lock_title: "屏幕已锁定", "Screen locked";
        lock_who: "{0}（{1}）已登录，请输入密码继续。未完成的订单已保留。", "{0} ({1}) is signed in. Enter the password to continue. The unfinished order is kept.";
        lock_submit: "解锁", "Unlock";
        lock_wrong: "密码不正确。还可以再试 {0} 次，之后锁定 15 分钟。", "The password is wrong. {0} tries left, then locked for 15 minutes.";
        lock_failed: "没有解锁", "Not unlocked";
        lock_other: "换其他人登录", "Sign in as somebody else";
    }
}
