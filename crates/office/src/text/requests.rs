//! Words of the goods that tills ask for.

web_kit::texts! {
    /// Words of the goods that tills ask for.
    pub(crate) struct Requests {
        title: "商品登记申请", "Product requests";
        menu: "登记申请", "Requests";
        hint: "收银机扫到目录里没有的商品，收银员从这里得到答复", "A till scanned goods that the catalogue lacks; the cashier gets the answer from here";
        states: "状态", "State";
        open: "待答复", "Open";
        added: "已登记", "Added";
        mapped: "已对应", "Mapped";
        refused: "不登记", "Refused";
        all: "全部", "All";
        th_asked: "提交", "Asked";
        th_store: "门店", "Store";
        th_till: "终端", "Till";
        th_code: "条码", "Barcode";
        th_name: "收银员填的名称", "Named by the cashier";
        th_state: "状态", "State";
        th_answer: "答复", "Answer";
        th_action: "操作", "Action";
        merchant: "商户", "Merchant";
        asked_by: "申请人", "Asked by";
        asked_at: "提交时间", "Asked at";
        answered_by: "答复人", "Answered by";
        answered_at: "答复时间", "Answered at";
        waits_minutes: "等了 {0} 分", "{0} min";
        waits_hours: "等了 {0} 小时 {1} 分", "{0} h {1} min";
        waits_days: "等了 {0} 天 {1} 小时", "{0} d {1} h";
        answer: "答复", "Answer";
        answer_of: "答复 {0}", "Answer {0}";
        see: "查看", "See";
        see_of: "查看 {0}", "See {0}";
        rows: "本页 {0} 个申请", "{0} requests on this page";
        none_open: "没有等待答复的申请", "No request is open";
        none_open_what: "收银机扫到目录里没有的条码时，收银员可以申请登记，申请显示在这里。", "When a till scans a barcode that the catalogue lacks, the cashier can ask for the product. Requests are shown here.";
        none: "没有这种状态的申请", "No request has this state";
        none_what: "换个状态看看。", "Choose another state.";

        one: "登记申请：{0}", "Request: {0}";
        back: "返回列表", "Back to the list";
        facts: "申请", "Request";
        told: "收银机已得到答复。", "The till has the answer.";
        map: "对应到已有商品", "Use an existing product";
        map_code: "商品代码", "Product code";
        map_more: "（该商户的）", "(of this merchant)";
        map_yes: "对应到", "Use this code";
        map_typed: "对应到此代码", "Use the code above";
        map_hint: "只告诉收银员用哪个代码；条码仍查不到这个商品。", "Tells the cashier which code to use; the barcode still finds nothing.";
        similar: "名称相近的商品", "Products with a similar name";
        map_to: "对应到 {0}", "Use {0}";
        add: "加入目录", "Add to the catalogue";
        add_hint: "写入该商户的商品目录，收银机马上能扫到。", "Written to this merchant's catalogue; tills find it at once.";
        refuse: "不登记", "Refuse";
        reason: "原因", "Reason";
        reason_more: "（2–100 字）", "(2 to 100 characters)";
        refuse_hint: "收银员会看到原因。", "The cashier sees the reason.";
        refuse_yes: "拒绝", "Refuse";
        not_done: "没有答复", "Not answered";
        recalled: "召回覆盖这个商品，没有加入", "A recall covers this product: it was not added.";
        code_taken: "代码已有商品“{0}”，请用“对应到”", "The code has the product “{0}”: use the existing product.";
        barcode_taken: "条码已有商品 {0}“{1}”，请用“对应到”", "The barcode has the product {0} “{1}”: use the existing product.";
        wrong_reason: "请填 2–100 个字的原因", "Give a reason of 2 to 100 characters.";
        no_product: "该商户没有这个商品代码", "This merchant has no product with this code.";
        not_sold: "该商品已停用、召回，或不在慧医卡支付范围内，不能用卡卖", "This product is disabled, recalled, or not paid for by the card: it cannot be sold.";
        said_answered: "已答复，收银机会显示。", "Answered; the till will show it.";
        said_before: "别人已经答复了，没有改动。", "Somebody else has answered. Nothing changed.";
    }
}
