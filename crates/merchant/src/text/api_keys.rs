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
        scope_webhooks: "设置事件通知", "Set up webhooks";
        signed: "每次请求必须签名", "Every request has to be signed";
        days: "有效期", "Valid for";
        days_of: "{0} 天", "{0} days";
        make: "生成密钥", "Make the key";
        failed: "密钥没有生成", "The key was not made";
        bad_name: "名称需要 2 至 40 个字，不能含特殊字符", "The name needs 2 to 40 characters";
        bad_scopes: "请至少选择一项权限", "Choose at least one scope";
        bad_place: "适用范围不属于该商户", "The place does not belong to the merchant";
        needs_proposal: "收款、退货和商品权限不能由公司一人授予。请由商户的店长自己生成密钥。", "One person of the company cannot give power over money or goods. The merchant's manager makes such keys.";
        maker_given: "您的密码在 24 小时内由他人设置，暂不能生成有收款或退货权限的密钥。", "Somebody else set your password within the last 24 hours: you cannot make keys with power over money yet.";
        no_such_key: "此密钥已停用、到期或已更换", "This key has ended or was renewed before";
        not_yours: "此密钥有您不能授予的权限，请由生成它的人更换。", "This key has scopes that you cannot give. Its maker has to renew it.";
        taken: "已有同名的密钥，请换一个名称", "There is a key of this name; choose another one";
        list: "密钥列表", "Keys";
        merchant: "商户", "Merchant";
        created: "创建", "Made";
        expires: "到期", "Expires";
        seen: "最近使用", "Last used";
        never: "未使用", "Never";
        state: "状态", "State";
        live: "有效", "Live";
        asleep: "休眠", "Asleep";
        asleep_disabled: "生成人已停用", "Its maker is disabled";
        asleep_reset: "生成人的密码已重置，设置新密码后恢复", "Its maker's password was reset; it wakes when a new one is set";
        asleep_no_right: "生成人已没有管理密钥的权限", "Its maker may no longer make keys";
        suspended: "商户已停用", "Merchant suspended";
        expires_soon: "即将到期", "Ends soon";
        days_left: "还有 {0} 天，请及时更换", "{0} days left; renew it";
        replaced: "更换中", "Being replaced";
        replaced_by: "新密钥 {0} 已生成，到期前两者均有效", "Key {0} takes its place; both are good until this one ends";
        comma: "、", ", ";
        expired: "已过期", "Expired";
        revoked: "已停用", "Revoked";
        action: "操作", "Action";
        revoke: "停用", "Revoke";
        manage: "更换或停用", "Renew or revoke";
        manage_of: "更换或停用 密钥 {0}", "Renew or revoke key {0}";
        end_title: "停用", "Revoke";
        end_unused: "停用密钥“{0}”？它还没有使用过。", "Revoke the key “{0}”? It has never been used.";
        end_minutes: "停用密钥“{0}”？它在 {1} 分钟前使用过，停用后使用它的系统立即不能工作，无法恢复。", "Revoke the key “{0}”? It was used {1} minutes ago. The system that uses it stops at once, and there is no way back.";
        end_seen: "停用密钥“{0}”？最近使用：{1}。停用后使用它的系统立即不能工作，无法恢复。", "Revoke the key “{0}”? Last used: {1}. The system that uses it stops at once, and there is no way back.";
        renew_title: "更换", "Renew";
        renew_hint: "现在生成新密钥，旧密钥继续有效一段时间，供系统切换。", "Makes a new key now; the old one stays good for a while, so that the system can change over.";
        overlap: "旧密钥继续有效", "The old key stays good for";
        hours_of: "{0} 小时", "{0} hours";
        renew: "生成新密钥", "Make the new key";
        back: "返回", "Back";
        empty: "还没有密钥", "There is no key yet";
        said_revoked: "密钥已停用，立即生效。", "The key was revoked; it opens nothing any more.";
    }
}
