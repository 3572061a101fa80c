//! Words of recalls.

web_kit::texts! {
    /// Starting a recall, what it covers, what was sold, ending it.
    pub(crate) struct Recalls {
        title: "召回", "Recalls";
        hint: "开始由一人立即生效，所有收银台不再卖；结束要另一人复核。", "One person starts a recall, and no till sells the goods from then on; ending it takes another person.";
        start: "开始召回", "Start a recall";
        codes: "商品代码", "Product codes";
        barcodes: "条码", "Barcodes";
        approvals: "批准文号（或开头，至少含 4 位数字）", "Approval numbers, or their beginning with at least 4 digits";
        many: "可填多个，用空格分开；每种最多 50 个。", "Several, with a blank between; at most 50 of each.";
        said: "收银台显示", "What the tills say";
        said_more: "（2–100 字）", "(2 to 100 characters)";
        reason: "原因", "Reason";
        reason_more: "（2–100 字，只有公司看到）", "(2 to 100 characters, for the company only)";
        since: "从哪天起可能卖出", "May have been sold since";
        next: "下一步：看会停哪些商品", "Next: see what it stops";
        wrong_none: "请至少填一个代码、条码或批准文号。", "Give at least one code, barcode or approval number.";
        wrong_code: "代码 1 到 20 位，最多 50 个；699999 不是商品，不能召回。", "Codes have 1 to 20 characters, at most 50; 699999 is no product and cannot be recalled.";
        wrong_barcode: "条码 4 到 32 位字母或数字，最多 50 个。", "Barcodes have 4 to 32 letters or digits, at most 50.";
        wrong_approval: "批准文号（或开头）至少含 4 位数字，最长 60 个字，最多 50 个。", "Approval numbers, or their beginning, have at least 4 digits and at most 60 characters; at most 50.";
        wrong_much: "内容太多，请分成几次召回。", "Too much for one recall: start several.";
        wrong_text: "请填写 2 到 100 个字。", "Give 2 to 100 characters.";
        wrong_since: "请填今天或以前的日期。", "Give today or an earlier day.";
        ask: "召回这些商品？", "Recall these products?";
        ask_count: "现在在售的商品有 {0} 个会停卖；以后加入的同样代码、条码、文号也停。", "{0} products on sale stop; those that get the same code, barcode or number later stop too.";
        ask_count_more: "现在在售的商品有 {0} 个以上会停卖；以后加入的同样代码、条码、文号也停。", "More than {0} products on sale stop; those that get the same code, barcode or number later stop too.";
        ask_more: "没有全部列出。请核对是不是写得太宽。", "Not all are listed. Check that it is not too wide.";
        ask_none: "现在没有在售的商品符合。仍可开始：以后加入的会停。", "No product on sale fits. It can start all the same, for products that come later.";
        start_now: "立即召回", "Recall now";
        cancel: "返回修改", "Back to change it";
        merchant: "价目", "List";
        code: "代码", "Code";
        product: "商品", "Product";
        goods: "召回的商品", "Goods";
        state: "状态", "State";
        open: "召回中", "Recalled";
        ended: "已结束", "Ended";
        by: "开始", "Started";
        end: "结束", "Ended at";
        propose_end: "提交复核：结束召回", "Propose to end it";
        older: "更早的召回", "Older ones";
        empty: "没有召回过商品。药监或厂家通知停售时，在上面填代码、条码或批准文号。", "Nothing was recalled yet. When an authority or a maker stops a product, give its code, barcode or approval number above.";
        empty_read: "没有召回过商品。", "Nothing was recalled yet.";
        started: "已召回，所有收银台不再销售。", "Recalled: no till sells it any more.";
        sales: "{0} 起各门店卖出", "Sold by store since {0}";
        sales_none: "这段时间没有门店卖出过。", "No store sold any since then.";
        sales_show: "统计各门店卖出", "Add up what was sold";
        sales_why: "用来通知门店下架、联系顾客；门店多时要等一会儿。", "To tell stores and find customers; with many stores it takes a while.";
        sales_cut: "只显示前 {0} 行，全部在导出文件里。", "Only the first {0} rows are shown; the file has all.";
        sales_archived: "{0} 及更早的订单已归档，没有统计在内。", "Orders up to {0} are archived and not added up.";
        store: "门店", "Store";
        phone: "电话", "Phone";
        orders: "订单", "Orders";
        pieces: "件数", "Pieces";
        last: "最近一次", "Last sold";
        sales_note: "退回的没有减去。", "Returns are not taken off.";
        k_code: "代码", "code";
        k_barcode: "条码", "barcode";
        k_approval: "批准文号", "approval no.";
        item: "{0} {1}", "{0} {1}";
    }
}
