//! Words of the second factor: setting it up, and typing its codes.

crate::texts! {
    /// Words of the second factor.
    pub struct Factor {
        title: "第二验证", "Second factor";
        required: "公司人员必须设置第二验证，设好才能工作。", "Everybody at the card company sets up a second factor before working.";
        step_1: "1. 用手机上的验证器扫描二维码（任何支持 TOTP 的 App）。", "1. Scan the code with an authenticator app on your phone (any that knows TOTP).";
        qr: "二维码：验证器的密钥", "QR code: the key for the app";
        by_hand: "不能扫描时手工输入密钥：", "If you cannot scan it, type the key:";
        open_app: "在这台设备上打开验证器", "Open the authenticator on this device";
        step_2: "2. 输入 App 显示的 6 位数字", "2. Type the 6 digits that the app shows";
        set: "设置", "Set up";
        failed: "没有通过", "Not accepted";
        wrong_setup: "数字不对或已过期。请核对手机时间，输入现在显示的 6 位数字。", "The digits are wrong or too old. Check the phone's clock and type those that it shows now.";
        is_set: "已设置：", "Set up on";
        left: "没有用过的恢复码：", "Unused recovery codes:";
        lost: "换手机或丢失时，请联系另一位管理员重置：重置要两个人，所有会话会结束。", "If you change or lose the phone, ask another administrator for a reset: it takes two persons and ends all sessions.";
        done: "第二验证已设置。", "The second factor is set up.";
        codes_hint: "这些恢复码只显示这一次。手机不在身边时，每个可以代替一次 6 位数字。请打印或抄下，和手机分开放。", "These recovery codes are shown once. Each replaces the digits one time when the phone is not at hand. Print or copy them, and keep them apart from the phone.";
        print: "打印", "Print";
        kept: "我已保存", "I have kept them";
        code_title: "输入验证码", "Enter the code";
        code: "手机验证器的 6 位数字", "The 6 digits of your app";
        code_hint: "手机不在身边时，输入一个恢复码。", "Without the phone, type a recovery code.";
        code_submit: "继续", "Continue";
        wrong: "数字不对或已用过。还可以再试 {0} 次", "Wrong or used before. {0} tries left";
        locked: "输错次数过多，{0} 后再试，或联系客服 {phone}。", "Too many wrong codes. Try again after {0}, or call {phone}.";
        again: "再验证一次", "Confirm once more";
        again_act: "同意之前要再验证一次，5 分钟内有效。现在还没有生效。", "An approval takes a fresh proof, which counts for 5 minutes. Nothing has taken effect yet.";
        again_file: "下载之前要再验证一次，5 分钟内有效。", "A file takes a fresh proof, which counts for 5 minutes.";
        again_form: "继续之前要再验证一次，5 分钟内有效。现在还没有生效。", "This takes a fresh proof, which counts for 5 minutes. Nothing has taken effect yet.";
        again_go_on: "验证并继续", "Confirm and go on";
        downloading: "下载已开始", "Downloading";
        downloading_what: "文件由浏览器保存。没有开始？", "The browser saves the file. It did not start?";
        downloading_again: "点这里下载", "Download it here";
        downloading_back: "返回", "Back";
        again_submit: "验证并同意", "Confirm and approve";
        again_download: "验证并下载", "Confirm and download";
        again_back: "返回", "Back";
        again_wrong: "不对，没有生效。还可以再试 {0} 次", "Wrong; nothing took effect. {0} tries left";
        again_locked: "输错次数过多，没有生效。{0} 后再试，或联系客服 {phone}。", "Too many wrong entries; nothing took effect. Try again after {0}, or call {phone}.";
        again_code: "手机验证器的 6 位数字", "The 6 digits of your app";
        again_password: "您的密码", "Your password";
    }
}
