//! Words of price lists.

web_kit::texts! {
    /// Words of price lists.
    pub(crate) struct Lists {
        title: "价目", "Price lists";
        title_hint: "商户自己的价目在“商品”里；这里是公司价目和给部分门店的价目", "A merchant's own list is under Products. Here are the company's lists and those of some outlets.";
        company: "公司", "Company";
        none: "还没有别的价目", "No further lists yet";
        none_what: "公司价目给许多商户共用；门店价目给一家商户的部分门店定不同的价格。", "A company list serves many merchants; an outlet list gives some outlets of a merchant other prices.";
        new: "新价目", "New list";
        name: "价目名称", "Name";
        name_more: "（如 华东价目）", "(such as East)";
        whose: "商户号", "Merchant number";
        whose_more: "（不填：公司价目）", "(empty: a company list)";
        no_merchant: "没有这个商户号", "No merchant has this number.";
        name_taken: "已有同名的价目", "Another list has this name.";
        make: "建立", "Make";
        make_note: "商户的价目在其自己的价目之下：没有另定价格的商品按上级卖。", "A merchant's list is under its own one: what it says nothing about is sold as the list above says.";
        th_name: "价目", "List";
        th_whose: "属于", "Whose";
        th_above: "上级", "Above";
        th_below: "下级", "Below";
        th_outlets: "门店", "Outlets";
        goods: "商品", "Products";
        goods_of: "本价目的商品", "Products of this list";
        facts: "价目资料", "Facts";
        above: "上级价目", "List above";
        none_above: "没有上级", "None";
        above_note: "两边都有的商品：名称、条码、类别和可刷卡按上级，价格、限购和在售仍按本价目。马上生效。", "Of products that both have, the list above decides name, barcode, class and whether cards pay; this one keeps price, limit and sale. It counts at once.";
        put_under: "保存上级", "Save";
        outlets: "门店用哪个价目", "What outlets sell from";
        selling: "{0} 家门店用本价目", "{0} outlets sell from this list";
        th_outlet: "门店", "Outlet";
        th_sells: "现在用", "Sells from";
        sell: "选中的改用本价目", "Let them sell from this list";
        sell_note: "马上生效；未支付的订单会提示“价格已更新”。", "It counts at once; orders not yet paid say 价格已更新.";
        this: "本价目", "This list";
        settings: "价目设置", "List settings";
        from_above: "上级：{0}", "Above: {0}";
    }
}
