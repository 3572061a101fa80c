//! What response codes mean, in a few words. The message at the till has the reason; a report has the code.

crate::texts! {
    /// One line per code.
    pub struct CodeWords {
        c03: "商户已停用", "Merchant suspended";
        c12: "无效交易", "Invalid transaction";
        c13: "金额不符", "Wrong amount";
        c14: "卡号不对", "Wrong card number";
        c22: "确认超时", "Confirmed too late";
        c25: "没有原交易", "No such transaction";
        c30: "填写有误", "Wrong entry";
        c41: "卡已挂失", "Card lost";
        c43: "卡已报被盗", "Card stolen";
        c51: "余额不足", "Insufficient balance";
        c54: "卡已过期", "Card expired";
        c55: "密码错误", "Wrong password";
        c57: "不能刷卡", "Not payable by card";
        c58: "没有权限", "Not permitted";
        c61: "超过限额", "Over a limit";
        c62: "卡已停用", "Card blocked";
        c64: "退货不符", "Refund does not fit";
        c65: "超过次数", "Too many sales";
        c75: "密码锁定", "Password locked";
        c77: "不能班结", "Cannot close";
        c94: "重复交易", "Sent twice";
        c97: "终端未登记", "Unknown terminal";
        other: "交易失败", "Declined";
    }
}

impl CodeWords {
    /// What a code means; of an unknown one, that it is a refusal.
    pub fn meaning(&'static self, code: &str) -> &'static str {
        match code {
            "03" => self.c03,
            "12" => self.c12,
            "13" => self.c13,
            "14" => self.c14,
            "22" => self.c22,
            "25" => self.c25,
            "30" => self.c30,
            "41" => self.c41,
            "43" => self.c43,
            "51" => self.c51,
            "54" => self.c54,
            "55" => self.c55,
            "57" => self.c57,
            "58" => self.c58,
            "61" => self.c61,
            "62" => self.c62,
            "64" => self.c64,
            "65" => self.c65,
            "75" => self.c75,
            "77" => self.c77,
            "94" => self.c94,
            "97" => self.c97,
            _ => self.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::outcome::Decline;

    use super::*;

    #[test]
    fn every_code_is_explained() {
        let words = &CodeWords::ZH;
        for decline in Decline::every() {
            assert_ne!(words.meaning(decline.code()), words.other, "{decline:?} {}", decline.code());
        }
        assert_eq!(words.meaning("05"), words.other, "a report of a later version can still be read");
    }
}
