//! Words of the page on which a holder sets a card's password.

web_kit::texts! {
    /// From the activation code to the password.
    pub struct FirstUse {
        title: "首次设置卡密码", "Set a card\u{2019}s password";
        step_1: "准备好慧医卡和密码信（上面有 8 位激活码）", "Have the card and its letter with the 8-digit activation code at hand";
        step_2: "输入卡号、激活码，设置 6 位密码", "Enter the card number and the code, and choose 6 digits";
        step_3: "设置好后，就可以在药店刷卡付款", "After that the card pays at the pharmacy";
        intro: "忘记密码的持卡人请先致电客服，客服给您新的激活码。", "Forgot the password? Call support first: you get a new activation code.";
        card: "卡号", "Card number";
        card_hint: "卡面上的全部数字", "All digits on the card";
        card_wrong: "卡号不完整或有错，请核对卡面", "The card number is incomplete or mistyped; check it against the card";
        code: "激活码", "Activation code";
        code_hint: "8 位数字，90 天内有效，只能用一次", "8 digits, valid for 90 days, once";
        code_wrong: "激活码是 8 位数字", "The activation code has 8 digits";
        pin: "新密码", "New password";
        pin_hint: "6 位数字；不要用连号或相同的数字", "6 digits, neither all alike nor one after another";
        pin_wrong: "密码是 6 位数字", "The password has 6 digits";
        pin_weak: "太容易被猜到：不能是 123456 这样的连号，也不能全部相同", "Too easy to guess: not a row like 123456, and not all alike";
        again: "再输一次", "Once more";
        again_wrong: "两次输入的密码不一样", "The two passwords differ";
        captcha_empty: "请输入验证码", "Enter the captcha";
        captcha_wrong: "验证码不对，请看新的图片", "Wrong captcha; look at the new picture";
        captcha_expired: "验证码已过期，请看新的图片", "The captcha has expired; look at the new picture";
        failed: "没有设置密码", "No password was set";
        check: "填写有误，密码没有改变。", "Something is not right; no password has changed.";
        check_do: "请按下面的提示修改，全部重新填写。", "Correct it as shown below and fill everything in again.";
        refused: "卡号或激活码不对，或激活码已失效。密码没有改变。", "Wrong card number or activation code, or the code has ended. No password has changed.";
        refused_do: "请核对卡面和密码信后重试。激活码输错 5 次、用过一次或满 90 天就失效；失效后请致电客服换新码。", "Check the card and the letter and try again. A code ends after 5 wrong tries, once it was used, and after 90 days; then call support for a new one.";
        nothing_changed: "。密码没有改变。", ". No password has changed.";
        call: "请致电客服。", "Call support.";
        paused: "这个网络上多次输错，{0} 前不能再试。密码没有改变。", "Too many wrong tries from this network: none before {0}. No password has changed.";
        stopped: "这个网络上今天输错太多，已停止。密码没有改变。", "Too many wrong tries from this network today: it is stopped. No password has changed.";
        paused_do: "请到时再试，或换一个网络；也可以致电客服。", "Try again then or from another network, or call support.";
        unknown: "系统没有及时回答，密码可能已经设置，也可能没有。", "The system did not answer in time: the password may have been set, or not.";
        unknown_do: "请用同样的内容再提交一次，就会知道结果；不会设置两次。", "Send the same once more and you will know; nothing is set twice.";
        done_title: "密码已设置", "The password is set";
        done_pays: "这张卡现在可以用新密码付款。", "The card pays with the new password from now on.";
        done_later: "新密码已生效。这张卡还没有启用，启用后可以付款；请向发卡单位了解。", "The new password is in force. The card is not active yet and pays once it is; ask whoever gave it to you.";
        done_do: "请记住密码，不要写在卡上，也不要告诉别人。密码信可以撕毁。", "Remember it, do not write it on the card, tell nobody, and destroy the letter.";
        submit: "设置密码", "Set the password";
        from_login: "持卡人：首次设置卡密码", "Cardholders: set a card\u{2019}s password";
    }
}
