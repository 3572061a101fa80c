//! Words of the pages that print PINs and activation codes, and propose resets.

web_kit::texts! {
    /// From a sheet to a reset.
    pub struct Pins {
        title: "密码与激活码", "PINs and activation codes";
        act: "密码重置", "PIN reset";
        f_state: "密码", "PIN";
        unset: "没有密码", "none";
        initial: "初始密码", "initial";
        set: "持卡人已设置", "set by the holder";
        sheet: "打印密码信", "Print letters";
        sheet_hint: "给没有启用过的卡：按卡产品打印初始密码或激活码。密码打印时才生成，只显示这一次；再打印会生成新的，以前的信作废。", "For cards that were never used: initial PINs or activation codes, as their programme says. They are made as they are printed and shown this once; printing again makes others, and earlier letters are void.";
        first: "起始卡序号", "First serial";
        last: "结束卡序号", "Last serial";
        last_hint: "只打印一张时不用填；一次最多 1000 张", "Empty for one card; 1,000 at a time at most";
        print: "生成并打印", "Make and print";
        serial_wrong: "卡序号是 12 位数字，例如 000123-004518。没有打印。", "A serial has 12 digits, such as 000123-004518. Nothing was printed.";
        range_wrong: "起始和结束要在同一批，起始在前。没有打印。", "Both serials must be of one batch, the first one first. Nothing was printed.";
        too_many: "一次最多 {0} 张。没有打印，请分几次。", "{0} at most at a time. Nothing was printed; print in several runs.";
        no_cards: "这个范围内没有卡。没有打印，请核对卡序号。", "There are no cards in this range. Nothing was printed; check the serials.";
        reset: "重置密码", "Reset a PIN";
        reset_hint: "持卡人忘记密码，或密码可能被别人知道。另一人批准后旧密码立即失效，由您打印激活码交给持卡人，持卡人自己设置新密码。", "The holder forgot it, or somebody else may know it. Once another person approves, the old PIN is dead; you print an activation code for the holder, who sets a new one.";
        card: "卡号", "Card number";
        reason: "原因", "Reason";
        submit: "提交复核", "Propose";
        no_card: "没有这张卡。没有提交，请核对卡号。", "No such card. Nothing was proposed; check the number.";
        card_again: "请再刷一次卡，或再输一次卡号", "Swipe or type the card once more";
        reason_wrong: "请填写 2–100 个字", "Write 2 to 100 characters";
        not_proposed: "没有提交：{0}。什么都没有改变。请核对卡的状态。", "Not proposed: {0}. Nothing has changed. Check the state of the card.";
        unknown: "系统没有及时回答，不知道是否已提交。请刷新，看下面的列表里有没有。", "The system did not answer in time. Reload and look whether it is in the list below.";
        proposed: "已提交，等另一人批准。批准后在这里打印激活码。", "Proposed; another person decides. Then print the activation code here.";
        mine: "我提交的重置", "Resets that I proposed";
        none: "还没有。", "None yet.";
        at: "时间", "Time";
        state: "状态", "State";
        waits: "待复核", "waiting";
        expired: "已过期", "expired";
        rejected: "已驳回", "turned down";
        withdrawn: "已撤回", "withdrawn";
        to_print: "已批准，等持卡人设置", "approved, the holder has not set one yet";
        done: "已完成", "done";
        print_code: "打印激活码", "Print the code";
        sheet_title: "密码信", "Letters";
        once: "只显示这一次：请打印后分别装封。离开本页就看不到了；再次打印会生成新的，这些作废。", "Shown this once: print and seal them. They are gone once you leave; printing again makes others, and these are void.";
        printed: "共 {0} 封", "{0} letters";
        left: "这些卡没有打印：已经启用、已注销，或持卡人已设置密码。它们的密码没有改变。", "Nothing was printed for these: they are in use, closed, or their holders have set PINs. Their PINs are unchanged.";
        not_known: "这些卡结果未知，没有打印。请再打印一次。", "It is not known what became of these, so nothing was printed for them. Print them again.";
        to_print_now: "打印", "Print";
        handed_over: "已装封，返回", "Sealed; back";
        card_is: "卡", "Card";
        serial: "卡序号", "Serial";
        pin: "初始密码", "Initial PIN";
        code: "激活码", "Activation code";
        valid_until: "有效至", "Valid until";
        how_code: "打开发卡公司的网页，点“首次设置卡密码”，输入卡号、激活码和您选的 6 位密码。激活码只能用一次。", "Open the card company's site, choose “Set a card's password”, and enter the card number, this code and 6 digits of your own. The code works once.";
        how_pin: "付款时输入这个密码。请记住后撕毁本信，不要告诉别人。", "Enter it to pay. Remember it, destroy this letter, and tell nobody.";
        made_on: "打印于 {0}", "Printed {0}";
    }
}
