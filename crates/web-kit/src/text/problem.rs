//! Words of the page for everything that goes wrong.

crate::texts! {
    /// What happened, and what to do, for each kind of problem.
    pub struct Problem {
        home: "返回首页", "Back to the start page";
        retry: "重新加载", "Load again";
        help: "需要帮助请致电客服 {phone}，并告知请求编号 {0}。", "Need help? Call {phone} and tell them the request number {0}.";
        not_found: "没有找到这个页面", "Page not found";
        not_found_do: "地址可能有误，或者内容已不存在。", "The address may be wrong, or the content is gone.";
        forbidden: "没有权限", "Not permitted";
        forbidden_do: "您的岗位不能使用此功能。如有需要，请联系店长或客服。", "Your role does not include this. If you need it, contact your manager or support.";
        not_enrolled: "此电脑还没有登记为收银终端", "This computer is not enrolled as a till";
        not_enrolled_do: "收款、查余额、撤销和班结要在登记过的电脑上做。这一步没有执行，没有扣款。请向店长或发卡公司要登记码，再点“登记这台电脑”；订单查询和退货可以照常用。", "Payments, balances, voids and closing a shift need a computer that is enrolled. Nothing was done and nothing was charged. Ask your manager or the card company for a code, then choose \u{201c}Enrol this computer\u{201d}. Orders and refunds work as usual.";
        till_elsewhere: "这台电脑是别的门店的收银终端", "This computer is the till of another outlet";
        till_elsewhere_do: "它登记为{0}，您在这里不能收款。这一步没有执行，没有扣款。请用本店的电脑；换店使用这台电脑，要用本店的登记码重新登记。", "It is enrolled as {0}, so you cannot take payments here. Nothing was done and nothing was charged. Use a computer of your own outlet; to use this one there, enrol it anew with a code of your outlet.";
        till_off: "这台终端已停用", "This till is out of service";
        till_off_do: "终端{0}已停用，不能收款。这一步没有执行，没有扣款。请换一台终端，或请店长重新启用。", "Till {0} is out of service. Nothing was done and nothing was charged. Use another till, or ask your manager to put it back into service.";
        till_name: "{0}（{1}）终端 {2}", "{0} ({1}), till {2}";
        enrol: "登记这台电脑", "Enrol this computer";
        origin: "请求没有被接受", "The request was not accepted";
        origin_do: "请求不是从本系统的页面发出的，没有执行任何操作。请返回首页重新操作。", "It did not come from a page of this system, so nothing was done. Go back to the start page and try again.";
        bad_form: "提交的内容无法识别", "The form could not be read";
        bad_form_do: "没有执行任何操作。请返回上一页核对后重新提交。", "Nothing was done. Go back, check the form and send it again.";
        card_number: "这里不能填卡号", "No card number here";
        card_number_do: "没有提交，也没有保存。卡号只在“卡号”一栏刷卡或输入。请返回上一页，去掉卡号后重新提交。", "Nothing was sent on or stored. A card belongs into the field for it alone. Go back, take the number out and try again.";
        too_large: "提交的内容过大", "The form is too large";
        too_large_do: "没有执行任何操作。请缩短内容后重新提交。", "Nothing was done. Shorten it and send it again.";
        method: "不支持这种访问方式", "This is not how the page is used";
        method_do: "没有执行任何操作。请返回首页重新操作。", "Nothing was done. Go back to the start page.";
        busy: "系统繁忙，请稍后再试", "The system is busy, try again shortly";
        busy_do: "页面没有打开，数据没有任何改动。", "The page could not be opened. No data was changed.";
        busy_post_do: "刚才的操作可能没有完成。请先查看结果，再决定是否重试。", "The last step may not have been completed. Look it up before you try again.";
        unknown: "操作结果未知", "The outcome is not known";
        unknown_do: "刚才的操作可能已经完成。请先查询结果，不要重复提交。", "The last step may have been completed. Look it up first; do not send it again.";
        internal: "系统出现错误", "Something went wrong in the system";
        internal_do: "刚才的操作可能没有完成。请先查询结果，再决定是否重试。", "The last step may not have been completed. Look it up before you try again.";
    }
}
