//! Words of the page of paused PINs.

web_kit::texts! {
    /// Words of the page of paused PINs.
    pub(crate) struct Pauses {
        title: "验密暂停", "Paused checks";
        hint: "同一处多张卡密码输错，可能是有人试密码。系统暂停验密，其他终端照常收款。", "Wrong passwords on several cards from one place may be somebody guessing. Passwords are not checked there for a while; other tills go on.";
        list: "正在暂停", "Paused now";
        what: "对象", "What";
        outlet: "门店", "Store";
        cards: "输错的卡（张）", "Cards with a wrong password";
        seen: "最近一次输错", "Last wrong password";
        until: "自动恢复", "Goes on by itself";
        until_unlocked: "须解除", "Not before it is lifted";
        action: "操作", "Action";
        till: "终端 {0}", "Till {0}";
        person: "人员 {0}", "{0}";
        key: "接口密钥 {0}", "API key {0}";
        network: "网络 {0}", "Network {0}";
        unlock: "解除", "Lift";
        unlock_of: "解除 {0}", "Lift {0}";
        unlock_all: "全部解除", "Lift all";
        ask: "解除前请核实：是哪位员工、哪些客户输错了密码。解除会记入操作日志。", "Find out first who typed which customers' passwords. Lifting is recorded in the audit log.";
        empty: "没有暂停", "Nothing is paused";
        said_not_unlocked: "有的没有解除：同一对象一人一天最多解除两次，请连锁店长、另一位店长或客服解除", "Some stay paused: one person lifts the same pause twice a day at most. Ask the chain manager, another manager or the card company";
        said_unlocked: "已解除，可以验密收款", "Lifted: passwords are checked again";
    }
}
