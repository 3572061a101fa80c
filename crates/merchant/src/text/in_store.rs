//! Words of the page of in-store labels.

web_kit::texts! {
    /// Words of the page of in-store labels.
    pub(crate) struct InStore {
        title: "店内码", "In-store labels";
        hint: "本店电子秤打印的 13 位条码：2 位前缀、5 位商品代码、5 位金额（分）或重量（克）、1 位校验码", "The 13 digits that your own scales print: 2 of prefix, 5 of product code, 5 of amount (fen) or weight (g), 1 check digit";
        list: "前缀", "Prefixes";
        meaning_of: "{0} 开头：后 5 位", "{0}…: the last five digits";
        off: "不用（普通条码）", "off";
        amount: "金额（分）", "amount (fen)";
        weight: "重量（克）", "weight (g)";
        amount_rule: "金额标签：按标签上的金额收款，一份算一件。商品有价格范围时，超出仍须店长确认。", "Amount: the package costs what its label says. Where the product has a price range, a price outside it still needs a manager.";
        weight_rule: "重量标签：商品价格 × 重量，四舍五入到分。商品单位须为 kg、千克或公斤。", "Weight: the product's price times the weight, rounded to a fen. The product's unit must be kg.";
        save: "保存", "Save";
        said_set: "已保存，全部终端即时生效", "Saved; it holds at every till from now on";
    }
}
