//! Words of the page where keys for programs are made and ended.

web_kit::texts! {
    /// Words of the page of keys.
    pub(crate) struct ApiKeys {
        title: "接口密钥", "API keys";
        hint: "供连锁药店自己的收银或 ERP 系统调用。密钥等同现金权限，请只交给系统管理员。", "For a pharmacy's own POS or ERP system. A key can move money: hand it to nobody but the system's administrator.";
        docs: "接口文档", "API documentation";
        made: "密钥已生成，只显示这一次", "The key was made; it is shown this once";
        made_do: "请立即复制并妥善保存。离开本页后无法再次查看，遗失只能停用后重新生成。", "Copy it now and keep it safe. It cannot be shown again; if it is lost, revoke it and make another one.";
        token: "密钥", "Key";
        signing: "签名密钥", "Signing secret";
        new: "新建密钥", "New key";
        name: "名称", "Name";
        name_hint: "例如“ERP 收银接口”，2 至 40 个字", "Such as “ERP checkout”, 2 to 40 characters";
        place: "适用范围", "Where";
        merchant_all: "{0}：全部门店", "{0}: all stores";
        outlet_all: "{0} {1}：全部终端", "{0} {1}: all terminals";
        terminal_one: "{0} {1}：终端 {2}", "{0} {1}: terminal {2}";
        scopes: "权限", "Scopes";
        scope_read: "查询订单、交易和日结单", "Read orders, transactions and statements";
        scope_sell: "收款、查余额、冲正", "Take payments, ask for balances, reverse";
        scope_refund: "申请退货、审核退货", "Ask for refunds and decide on them";
        scope_catalogue: "维护商品资料", "Change the catalogue";
        signed: "每次请求必须签名", "Every request has to be signed";
        days: "有效期", "Valid for";
        days_of: "{0} 天", "{0} days";
        make: "生成密钥", "Make the key";
        failed: "密钥没有生成", "The key was not made";
        bad_name: "名称需要 2 至 40 个字，不能含特殊字符", "The name needs 2 to 40 characters";
        bad_scopes: "请至少选择一项权限", "Choose at least one scope";
        taken: "已有同名的密钥，请换一个名称", "There is a key of this name; choose another one";
        list: "密钥列表", "Keys";
        merchant: "商户", "Merchant";
        created: "创建", "Made";
        expires: "到期", "Expires";
        seen: "最近使用", "Last used";
        never: "未使用", "Never";
        state: "状态", "State";
        live: "有效", "Live";
        expired: "已过期", "Expired";
        revoked: "已停用", "Revoked";
        action: "操作", "Action";
        revoke: "停用", "Revoke";
        revoke_of: "停用 密钥 {0}", "Revoke key {0}";
        empty: "还没有密钥", "There is no key yet";
        said_revoked: "密钥已停用，立即生效。", "The key was revoked; it opens nothing any more.";
    }
}
