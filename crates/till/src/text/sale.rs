//! Words of the sale page, the picker, carts put aside and the consent to a price.

web_kit::texts! {
    /// Words of the sale page.
    pub(crate) struct Sale {
        title: "消费收款", "Sale";
        code: "条码 / 商品代码 / 拼音首字母", "Barcode / code / pinyin initials";
        code_hint: "请扫描商品条码", "Scan the barcode";
        pick: "选择商品", "Choose product";
        pick_hint: "扫码后自动加入；要改价，先选商品再改单价", "Scanned goods are added at once. For another price, choose the product first.";
        price: "单价（元）", "Price (¥)";
        quantity: "数量", "Qty";
        amount: "金额（元）", "Amount (¥)";
        add: "添加", "Add";
        enter: "回车", "Enter";
        lines: "订单信息列表", "Order lines";
        number: "序号", "No.";
        product: "商品", "Product";
        line_price: "单价", "Price";
        line_amount: "金额", "Amount";
        action: "操作", "Action";
        delete: "删除", "Delete";
        delete_of: "删除 {0}", "Delete {0}";
        empty: "还没有商品，请扫描条码或按 F2", "No items yet. Scan, or press F2.";
        deleted: "已删除“{0} ×{1}”", "Deleted “{0} ×{1}”";
        undo: "撤销", "Undo";
        count: "共 {0} 种 {1} 件", "Lines: {0} · pieces: {1}";
        total: "应付合计", "Total due";
        last_line: "{0} ×{1}，合计 ¥{2}", "{0} ×{1}, total ¥{2}";
        other_note: "发卡公司会看到此行为“其他药品”", "The card company sees this line as “other medicine”.";
        confirmed_note: "店长已确认改价，原价 {0}", "Price confirmed by a manager; list price {0}";
        changed_note: "原价 {0}", "List price {0}";
        updated_note: "价格已更新：现价 {0}。按现价卖请删除后重新录入", "Price updated: {0} now. To sell at it, delete the line and enter it again.";
        updated_more: "价格已更新：{0} 行商品现在是别的价格，这张订单按录入时的价格收", "Prices updated: {0} lines cost something else now. This order takes the prices that were entered.";
        updated_one: "价格已更新：{0} 现价 ¥{1}，这张订单按 ¥{2} 收", "Price updated: {0} costs ¥{1} now. This order takes ¥{2}.";
        keys: "快捷键", "Shortcuts";
        key_scan: "回到扫码", "scan field";
        key_star: "上一行改为 3 件", "last line ×3";
        key_delete: "删除选中行", "delete chosen line";
        key_card: "刷卡", "card";
        key_balance: "查余额", "balance";
        key_pay: "支付", "pay";
        use_other: "用 699999 其他药品", "Use 699999";
        locked: "订单已锁定：支付结果查明前不能修改", "Order locked until the outcome of the payment is known";

        not_found: "没有条码 {0} 的商品。请核对，或选“699999 其他药品”", "No product with the code {0}. Check it, or use 699999.";
        request_waits: "没有条码 {0} 的商品，登记申请已提交，等待答复", "No product with the code {0}. It has been requested; the answer is still open.";
        requests_full: "本店等待答复的登记申请已有 100 个，没有提交。请等待答复或打客服电话", "100 requests of this store wait for an answer; nothing was sent. Wait, or call the customer service.";
        trace_code: "这是药品追溯码，不是商品条码。请扫描商品条码", "This is the box's trace code. Scan the product's barcode.";
        label_no_item: "标签 {0} 中的商品代码不在商品目录里，没有添加。请核对标签，或选“699999 其他药品”并填写单价", "The catalogue has no product with the code on the label {0}; nothing was added. Check the label, or use 699999 with its price.";
        label_not_by_weight: "标签 {0} 是重量标签，但商品没有按千克的价格（单位须为 kg、千克或公斤），没有添加。请通知店长", "The label {0} says a weight, but the product has no price per kilogram (its unit must be kg); nothing was added. Tell the manager.";
        stopped: "该商品已停用，不能销售", "This product is disabled.";
        recalled: "已召回，不能销售：{1}", "Recalled, not for sale: {1}";
        recalled_line: "订单里有已召回的商品，删除后才能支付。", "A product on this order was recalled. Delete it before paying.";
        recalled_note: "已召回：{0}", "Recalled: {0}";
        recalled_tag: "已召回", "Recalled";
        not_payable: "该商品不在慧医卡支付范围内", "This product cannot be paid with the card.";
        price_bad: "请输入单价，如 9.90", "Enter a price, e.g. 9.90";
        quantity_bad: "数量请填 1–999 的整数", "Quantity: a whole number 1–999";
        code_empty: "请扫描或输入商品", "Scan or enter a product.";
        no_line: "订单还没有商品，不能改数量", "The order has no line whose quantity could change.";
        no_order: "没有找到这个订单，已显示当前订单", "There is no such order; showing the current one.";
        order_locked: "订单已锁定：支付结果查明前不能修改。请先查询结果", "The order is locked until the outcome of its payment is known. Look that up first.";
        order_paid: "该订单已支付，不能修改。请开始新订单", "This order is paid and cannot change. Start a new one.";
        order_abandoned: "该订单已放弃，不能修改", "This order was discarded and cannot change.";
        order_full: "一个订单最多 200 行，请先支付或另开订单", "An order has 200 lines at most. Take payment or start another order.";
        total_large: "订单合计不能超过 99,999,999.99 元，没有添加", "The total cannot exceed ¥99,999,999.99; nothing was added.";
        changed: "订单已在另一窗口修改，已显示最新内容", "The order changed in another window; showing the latest.";
        too_late: "已超过 10 秒，不能撤销。需要时请重新添加", "More than 10 seconds have passed. Add the product again if needed.";

        carts: "挂单", "Held";
        cart_line: "{0} · {1} 种 · ¥{2}", "{0} · lines: {1} · ¥{2}";
        cart_open: "另一窗口", "other window";
        cart_locked: "结果未知", "outcome unknown";
        take: "取单", "Resume";
        take_of: "取单 {0}", "Resume {0}";
        hold: "挂单", "Hold";
        held: "订单 {0} 已挂起", "Order {0} is on hold.";
        new: "新订单", "New";
        abandon: "放弃订单", "Discard";
        abandon_title: "放弃订单？", "Discard the order?";
        abandon_ask: "订单 {0}：{1} 种商品，合计 ¥{2}。还没有支付，放弃后不能恢复。", "Order {0}: lines: {1}, total ¥{2}. It is not paid. It cannot be brought back.";
        abandon_yes: "放弃这个订单", "Discard this order";
        abandon_no: "返回", "Back";
        abandoned: "订单 {0} 已放弃，没有扣款", "Order {0} was discarded. Nothing was charged.";

        request: "申请登记", "Request it";
        request_title: "商品登记申请", "Request a product";
        request_ask: "商品目录里没有条码 {0}。填写商品名称，卡公司会加入目录，或答复可以用的商品代码。", "The catalogue has no product with the code {0}. Name it: the card company adds it, or says which code to use.";
        request_name: "商品名称（2–60 字）", "Product's name (2 to 60 characters)";
        request_name_wrong: "请填 2–60 个字的商品名称。没有提交", "Give a name of 2 to 60 characters. Nothing was sent.";
        request_send: "提交申请", "Send";
        requested: "已提交，答复会显示在这台收银机上", "Sent. The answer will be shown at this till.";
        answers: "商品登记申请的答复", "Answers to product requests";
        answer_added: "“{0}”已登记：{1} {2}", "“{0}” is in the catalogue: {1} {2}";
        answer_mapped: "“{0}”请用 {1} {2}", "For “{0}” use {1} {2}";
        answer_refused: "“{0}”不登记：{1}", "“{0}” will not be added: {1}";
        answer_seen: "知道了", "Dismiss";
        answer_seen_of: "知道了：{0}", "Dismiss: {0}";

        close: "关闭", "Close";
        filter_text: "名称 / 代码 / 拼音首字母", "Name / code / pinyin initials";
        category: "分类", "Category";
        all_categories: "全部分类", "All categories";
        filter: "筛选", "Filter";
        found: "找到 {0} 种商品。按 ↑ ↓ 选择，回车确认；点“商品代码”也可以选择", "{0} products found. Choose with ↑ ↓ and Enter, or click the code.";
        found_none: "没有找到商品。请换几个字，或按 ↓ 选择“699999 其他药品”", "Nothing was found. Try other words, or choose 699999 with ↓.";
        found_more: "找到 {0} 种商品，显示前 {1} 种，请输入更多字", "{0} products found, the first {1} are shown. Type more.";
        choose: "找到 {0} 种商品，请选择", "{0} products found. Choose one.";
        products: "商品列表", "Products";
        product_code: "商品代码", "Code";
        product_name: "商品名称", "Name";
        spec: "规格", "Pack";
        other_product: "{0}（列表中没有时代用）", "{0} (when the list lacks it)";
        other_hint: "没有要找的商品？选“699999 其他药品”，再填写单价", "Not in the list? Choose 699999 and enter the price.";
        excluded: "不能刷卡", "not payable by card";

        confirm_title: "店长确认改价", "A manager confirms the price";
        confirm_ask: "{0}的单价 {1} 超出允许范围 {2}–{3}，需要店长确认。", "The price {1} of {0} is outside {2}–{3}. A manager has to confirm it.";
        confirm_user: "店长用户名", "Manager's user name";
        confirm_password: "店长密码", "Manager's password";
        confirm_yes: "确认改价并添加", "Confirm and add";
        confirm_no: "取消", "Cancel";
        confirm_failed: "没有确认", "Not confirmed";
        confirm_not_manager: "此用户没有店长权限，请店长确认", "This user is not a manager here. Ask a manager.";
        confirm_locked: "店长密码多次输错，{0} 前不能在此确认。您的登录和店长的账号不受影响", "Too many wrong manager's passwords: no consent here before {0}. Your session and the manager's account are not affected";
        confirm_empty: "请输入店长的用户名和密码", "Enter the manager's user name and password.";
    }
}
