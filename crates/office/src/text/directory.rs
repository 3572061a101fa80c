//! Words of 商户门店: merchants, stores and terminals.

web_kit::texts! {
    /// Words of the pages.
    pub(crate) struct Directory {
        draft: "待开通", "To be opened";
        active: "营业", "Trading";
        suspended: "暂停", "Suspended";
        closed: "关闭", "Closed";
    }
}
