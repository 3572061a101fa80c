//! Words of the page where a person changes the password and sees their sessions.

web_kit::texts! {
    /// Words of the password page.
    pub(crate) struct Password {
        title: "修改密码", "Change password";
        first: "首次登录，请先修改密码。", "First login: change your password.";
        rules: "至少 12 位，不含用户名和姓名，不要用常见密码。可以用几个词连成一句。", "At least 12 characters, without your user name or name, nothing common. Several words in a row are fine.";
        old: "原密码", "Present password";
        new: "新密码", "New password";
        again: "再输一次", "New password again";
        submit: "确认修改", "Change password";
        failed: "密码没有修改", "The password was not changed";
        old_wrong: "原密码不正确。还可以再试 {0} 次，之后锁定 15 分钟。", "The present password is wrong. {0} tries left, then locked for 15 minutes.";
        old_again: "请重新输入原密码", "Enter the present password again";
        too_short: "新密码至少 12 位", "At least 12 characters";
        too_long: "新密码最多 128 位", "At most 128 characters";
        same: "新密码不能与原密码相同", "The new password must differ from the old one";
        personal: "新密码不能包含用户名或姓名", "The new password must not contain your user name or name";
        common: "新密码太容易被猜到，请换一个", "The new password is too easy to guess; choose another one";
        mismatch: "两次输入不一致", "The two entries differ";
        sessions: "我的登录", "My sessions";
        sessions_hint: "不认识的登录请立即退出，并修改密码。", "Sign out any session you do not recognise, then change your password.";
        started: "登录时间", "Signed in";
        seen: "最近使用", "Last used";
        address: "网络地址", "Address";
        browser: "浏览器", "Browser";
        action: "操作", "Action";
        this: "当前登录", "This session";
        end: "退出", "Sign out";
        said_ended: "该登录已退出。", "That session was signed out.";
        end_of: "退出 {0} 的登录", "Sign out the session of {0}";
    }
}
