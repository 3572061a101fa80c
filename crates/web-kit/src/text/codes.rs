//! Words of the response codes: what happened, whether money moved, what to do.

use domain::card::CardStatus;

crate::texts! {
    /// One sentence per decline (`{0}` is its figure), then what to do, then the buttons.
    pub struct Codes {
        approved: "承兑或交易成功", "Approved";
        pending: "应答超时，查询中", "No answer yet, being looked up";

        merchant_suspended: "商户未登记或已停用", "Merchant not registered or suspended";
        outlet_suspended: "本门店已暂停交易", "This store is suspended";
        no_such_order: "没有找到此订单，或订单已放弃", "No such order, or it was given up";
        amount_changed: "订单金额已变为 ¥{0}，与确认的金额不一致", "The order's total is now ¥{0}, not what was confirmed";
        invalid_amount: "金额无效", "Invalid amount";
        invalid_card_number: "卡号无效", "Invalid card number";
        withdrawn: "没有收到这笔支付，已作废", "This payment never arrived and was withdrawn";
        card_lost: "此卡已挂失", "Card reported lost";
        card_stolen: "此卡已报被盗", "Card reported stolen";
        insufficient_funds: "余额不足，差 ¥{0}", "Insufficient balance, ¥{0} short";
        card_expired: "此卡已过期（{0}）", "Card expired ({0})";
        wrong_pin: "密码错误，还可试 {0} 次", "Wrong password, {0} tries left";
        wrong_pin_none: "此卡信息已变更，需要重新输入密码", "The card changed; the password is needed again";
        not_accepted_here: "此卡不能在本店使用", "Card not accepted at this store";
        line_not_payable: "订单中有不能用慧医卡支付的商品", "The order has goods that the card does not pay for";
        terminal_disabled: "本终端已停用，无此权限", "This terminal is disabled";
        over_sale_limit: "超过单笔限额（¥{0}）", "Over the limit of one sale (¥{0})";
        over_daily_limit: "超过当日限额（¥{0}）", "Over the daily limit (¥{0})";
        over_monthly_limit: "超过当月限额（¥{0}）", "Over the monthly limit (¥{0})";
        over_load_limit: "超过单笔充值上限（¥{0}）", "Over the most of one load (¥{0})";
        programme_suspended: "此卡所属的卡产品已暂停", "The programme of this card is suspended";
        no_such_programme: "没有这个卡产品", "No such programme";
        outside_template: "超出公司设置的监管模板", "Outside the regulatory template that the company set";
        terms_unsound: "限额互相矛盾", "The limits contradict one another";
        takes_two_persons: "有放宽的内容，一个人不能直接生效", "Something is raised: one person cannot do it at once";
        over_balance_limit: "超过卡内余额上限（¥{0}）", "Over the most a card may hold (¥{0})";
        card_frozen: "此卡已冻结", "Card frozen";
        card_not_active: "此卡尚未激活", "Card not active yet";
        card_replaced: "此卡已换新卡，旧卡不能使用", "Card replaced by a new one";
        card_closed: "此卡已销卡", "Card closed";
        over_daily_count: "超过当日交易次数（{0} 次）", "Over the number of sales a day ({0})";
        pin_tries_exceeded: "密码错误次数超限，今日已锁定", "Too many wrong passwords; locked today";
        pin_not_set: "该卡还没有设置密码", "This card has no password yet";
        number_seen: "您看过这张卡的完整卡号，不能再打印它的密码或激活码", "You had this card's whole number shown, so you do not make its PIN or activation code";
        wrong_code: "卡号或激活码不对，或激活码已失效", "Wrong card number or activation code, or the code has ended";
        proof_expired: "确认超时", "The confirmation took too long";
        already_paid: "重复提交，订单已经支付", "Sent twice: the order is paid already";
        attempt_open: "上一次支付的结果还在查询", "The previous payment is still being looked up";
        unknown_terminal: "本终端未登记", "This terminal is not registered";
        void_too_late: "已班结、已过当日或不是本终端的交易，不能撤销", "Not of this till's open batch of today: it cannot be voided";
        not_reversible: "不是本商户的这笔消费，不能冲正", "Not this sale of this merchant: it cannot be reversed";
        drug_not_returnable: "药品除质量问题外不退不换", "Drugs come back for quality reasons only";
        refund_window_passed: "已超过门店退货期限（{0}）", "The store's time to refund ended at {0}";
        refund_escalated: "此申请已转卡公司处理", "The card company decides this request";
        text_length: "请填写 2–100 个字", "Write 2 to 100 characters";
        not_charged_order: "该订单没有成功扣款，不需要退货", "The order was not charged; nothing to refund";
        card_differs: "与原卡号不一致，不能退款", "Not the card that paid; no refund";
        too_many_cards: "退款卡号多次不符，这笔申请只能驳回", "Too many wrong cards: this request can only be rejected";
        reviewer_is_applicant: "申请与审核须由两个人完成", "A request and its review need two persons";
        one_human: "须由两个人完成：这两个登录属于同一人，或其中一个的密码在 24 小时内由对方或管理员设置。请由另一人处理。", "Two persons are needed: both logins belong to one, or the other (or the administrator) set the password of one of them within the last 24 hours. Somebody else has to decide.";
        linked: "请留意：两个登录中有一个的密码最近由对方或管理员设置。请确认是两个人。", "Please check: the other, or the administrator, lately set the password of one of the two logins. Make sure that these are two persons.";
        company_only: "只有卡公司可以处理", "Only the card company may do this";
        nothing_left: "超过可退数量，最多还可退 ¥{0}", "More than is left; ¥{0} at most";
        refund_exists: "该订单已有退货或退货申请", "The order has a refund, or a request for one";
        dispute_exists: "该订单有争议，不能退货、撤销或再开争议", "The order is disputed: no refund, void or second dispute";
        no_such_dispute: "没有这笔争议", "No such dispute";
        answer_too_late: "商户答复期已过（截止 {0}）", "The merchant's time to answer ended at {0}";
        answer_awaited: "商户尚未答复，答复期至 {0}", "The merchant has not answered and may until {0}";
        already_decided: "该申请已由他人处理", "Somebody else has decided this request";
        attempts_open: "有 {0} 笔支付结果未知，查明后才能班结", "{0} payments have no known outcome yet; find out before closing";
        nothing_to_close: "本班还没有交易，不需要班结", "No transactions since the last close: nothing to close";
        no_such_merchant: "没有这个商户，或没有权限结算", "No such merchant, or not yours to settle";
        day_not_over: "{0} 还没有结束，不能结算", "{0} is not over yet: it cannot be settled";
        settlement_open: "该商户有一笔结算等待复核", "A settlement of this merchant waits for a decision";
        settled_before: "已结算到 {0}，请选择之后的日期", "Settled up to {0} already: choose a later day";
        fee_not_agreed: "该商户没有手续费率，不能结算", "No fee is agreed with this merchant: it cannot be settled";
        nothing_to_settle: "应结净额 ¥{0}，没有可结算的金额", "The net amount is ¥{0}: nothing to pay out";
        payable_short: "之后日期的退款使应付余额少了 ¥{0}，不能划付", "Refunds of later days leave ¥{0} too little: it cannot be paid out";
        no_such_settlement: "没有这笔结算", "No such settlement";
        pin_paused_till: "本终端多张卡密码输错，为防盗刷，{0} 前不再验密", "Wrong passwords on several cards at this till: no password is checked before {0}";
        pin_paused_person: "您操作的多张卡密码输错，为防盗刷，{0} 前不再验密", "Wrong passwords on several cards under your login: no password is checked before {0}";
        pin_paused_network: "本网络多张卡密码输错，为防盗刷，{0} 前不再验密", "Wrong passwords on several cards from this network: no password is checked before {0}";
        pin_stopped_till: "本终端今日太多卡密码输错，为防盗刷已停止验密", "Wrong passwords on too many cards at this till today: passwords are not checked any more";
        pin_stopped_person: "您今日操作的太多卡密码输错，为防盗刷已停止验密", "Wrong passwords on too many cards under your login today: passwords are not checked any more";
        pin_stopped_network: "本网络今日太多卡密码输错，为防盗刷已停止验密", "Wrong passwords on too many cards from this network today: passwords are not checked any more";
        no_such_customer: "没有这个客户", "No such customer";
        customer_suspended: "该客户已暂停，不能入账或充值", "The customer is suspended: it neither pays in nor loads cards";
        funding_reference_used: "这笔银行流水已经入账，一笔只能用一次", "This payment of the bank was taken in before; each counts once";
        deposit_short: "预收款不够，差 ¥{0}", "The deposit is ¥{0} short";
        no_such_load: "没有这笔充值，或不是这个客户、这张卡的", "No such load, or it is of another customer or card";
        no_such_card_batch: "没有这个卡批次", "No such card batch";
        programme_not_active: "这个卡产品现在不能发卡", "This programme issues no cards now";
        activation_exists: "其中有卡已经激活，或正在等待激活复核", "Some of these cards are activated, or wait to be";
        cards_not_handed_out: "其中有卡不在可以激活的地方：请先收货，或调拨给门店、客户", "Some of these cards are where none is activated: not received, or neither at an outlet nor at a customer";
        card_in_use: "第 {0} 号卡不是新卡，不能激活", "The card at place {0} is not new: it cannot be activated";
        no_such_proposal: "没有这张经办单", "No such proposal";
        no_such_key: "没有这个密钥", "No such key";
        stale: "内容已变化，请重新核对", "Changed meanwhile: check it again";
        proposal_expired: "这张经办单已于 {0} 失效", "This proposal expired at {0}";
        not_the_maker: "只有经办人可以撤回", "Only its maker may withdraw it";
        no_loss_report: "这种卡不挂失", "Cards of this programme cannot be reported lost";
        do_freeze: "需要停用时，请冻结这张卡。", "Freeze the card if it has to stop.";
        move_not_allowed: "卡的状态是“{0}”，不能这样变更", "The card is {0}: it cannot be moved so";
        needs_second_person: "这一步要另一人复核", "This takes a second person";
        card_not_empty: "卡内还有 ¥{0}，不能销卡", "There is ¥{0} on the card: it cannot be closed";
        not_moved: "卡没有变更。", "The card was not changed.";
        do_propose_move: "请提交复核，由另一人决定", "Propose it; another person decides";
        do_empty_first: "请先撤回充值或等余额用完", "Have the money taken back or spent first";
        state_issued: "未开通", "not active yet";
        state_active: "正常", "active";
        state_frozen: "已冻结", "frozen";
        state_lost: "已挂失", "reported lost";
        state_stolen: "已报被盗", "reported stolen";
        state_pin_locked: "密码锁定", "PIN-locked";
        state_replaced: "已换卡", "replaced";
        state_closed: "已销卡", "closed";
        nothing_to_change: "没有可以变更的内容，或现在不能这样变更", "Nothing would change, or it cannot be done as things are";
        fault: "系统异常", "System error";

        not_charged: "没有扣款，请勿交付药品。", "Not charged. Do not hand over the goods.";
        not_charged_again: "确认没有扣款，可以重新支付。", "Certainly not charged. You may take the payment again.";
        not_charged_twice: "没有重复扣款，请看原交易结果。", "Not charged twice. See the first result.";
        not_charged_yet: "这一次没有扣款。上一次的结果查明前，请勿交付药品。", "This time not charged. Do not hand over the goods before the previous result is known.";
        not_refunded: "没有退款，卡内余额没有变化。", "Nothing was refunded; the card's balance is unchanged.";
        not_paid_out: "没有划付，商户应付余额没有变化。", "Nothing was paid out; what the merchant is owed is unchanged.";
        not_done: "没有生效，什么都没有改变。", "It did not take effect; nothing has changed.";
        nothing_asked: "查询余额不会扣款。", "A balance query charges nothing.";

        do_refund_instead: "请改为退货申请", "Ask for a refund instead";
        do_escalate: "请转卡公司处理，或致电客服", "Pass it to the card company, or call support";
        do_other_reviewer: "请由另一位有权限的人员审核", "Somebody else has to review it";
        do_look_again: "请刷新，查看最新结果", "Reload and see the latest result";
        do_correct: "请修改后重新提交", "Correct it and send it again";
        do_other_day: "请选择另一个结算截止日", "Choose another last day";
        do_decide_first: "请先复核那笔结算", "Have that settlement decided first";
        do_decide_dispute: "请先由发卡方裁定该争议", "Have the card company decide the dispute first";
        do_await_answer: "请等商户答复，或答复期过后再裁定", "Wait for the answer, or decide after its time has passed";
        do_agree_fee: "请先提交费率，由另一人复核", "Propose a rate first; another person decides";
        do_other_cards: "请核对卡号段，避开这些卡", "Check the range and leave these cards out";
        do_hand_out: "请先在卡批次页收货或调拨", "Receive or allot them on the page of the batch first";
        do_open_programme: "请先恢复这个卡产品", "Have the programme resumed first";
        do_fund_first: "请先入账，或减少金额；等待复核的金额已占用", "Take money in first, or less out; what waits for a decision is held";
        do_resume_customer: "请先恢复该客户，由另一人复核", "Have the customer resumed first; another person decides";
        do_check_reference: "请核对银行流水号", "Check the bank's reference";
        do_next_month: "请换一张卡，或下个月再用", "Another card, or next month";
        do_other_terms: "请按模板和提示改数字", "Change the figures as the template says";
        do_propose_it: "请提交另一人复核", "Propose it to another person";
        do_load_less: "请减少金额，或换一张卡", "Load less, or another card";
        do_check_again: "请看现在的内容；不能同意的请驳回", "Look at it as it is now; turn it down if it cannot be approved";
        do_propose_again: "请经办人重新提交", "Its maker has to propose it again";
        do_tell_maker: "请告知经办人，或驳回", "Tell its maker, or turn it down";
        do_carry_over: "余额结转到下次结算", "It is carried over to the next settlement";
        do_later_day: "请驳回这笔结算，选择更晚的截止日重新准备", "Turn it down and prepare one with a later last day";
        do_call: "请联系客服，并报参考号", "Call support and give the reference";
        do_new_order: "请返回，重新录入商品", "Go back and ring up the goods again";
        do_check_amount: "请核对商品和应付合计，再次支付", "Check the goods and the total, then pay again";
        do_read_again: "请重新刷卡，或核对后重新输入卡号", "Swipe again, or check the number and type it again";
        do_check_number: "请核对卡号", "Check the card number";
        do_pay_again: "请客户重新刷卡、输入密码", "Ask the customer to swipe and enter the password again";
        do_other_card: "请换一张卡", "Use another card";
        do_holder_calls: "请持卡人致电客服", "The cardholder should call support";
        do_stay_polite: "请保留交易信息，不要扣留客户的卡", "Keep the transaction's details; do not keep the card";
        do_fewer: "删减商品后再支付，或换一张卡", "Remove goods and pay again, or use another card";
        do_tell_short: "请告知客户余额不足", "Tell the customer that the balance is short";
        do_pin_again: "请客户重新输入密码", "Ask the customer to enter the password again";
        do_remove_lines: "请删除不能支付的商品，或换其他方式付款", "Remove those goods, or take another means of payment for them";
        do_tomorrow: "请明天再用此卡，或换一张卡", "Use this card tomorrow, or another one now";
        do_reset_pin: "请持卡人致电客服重置密码，或明天再试", "The cardholder calls support to reset the password, or tries tomorrow";
        do_set_pin: "请持卡人先用激活码设置密码（登录页“首次设置卡密码”）；没有激活码请致电客服", "The cardholder first sets a password with the activation code (“Set a card's password” on the sign-in page), or calls support for one";
        do_other_operator: "请由另一位运营打印", "Have another operator print it";
        do_check_code: "请核对后重试，或致电客服", "Check both and try again, or call support";
        do_new_card: "请使用新卡", "Use the new card";
        do_open_original: "请打开订单，按原交易结果处理", "Open the order and go by its first result";
        do_wait: "请等待查询结果，不要再次支付", "Wait for the result; do not pay again";
        do_unlock_or_wait: "请店长在“验密暂停”页面解除，或等到上述时间再试", "A manager lifts it on the page “Paused passwords”, or try again at that time";
        do_unlock: "请店长核实后，在“验密暂停”页面解除", "A manager looks into it and lifts it on the page “Paused passwords”";
        do_later: "请稍后再试；仍有问题请联系客服", "Try again shortly; call support if it stays";

        step_pin: "重输密码", "Enter the password again";
        step_card: "换卡再付", "Pay with another card";
        step_read: "重新刷卡", "Swipe again";
        step_again: "重新支付", "Pay again";
        step_edit: "返回修改商品", "Back to the goods";
        step_order: "查看订单", "Open the order";
        step_later: "稍后再付", "Pay later";
        step_call: "客服 {0}", "Support {0}";
    }
}

impl Codes {
    /// A state of a card.
    pub fn card_state(&self, status: CardStatus) -> &'static str {
        match status {
            CardStatus::Issued => self.state_issued,
            CardStatus::Active => self.state_active,
            CardStatus::Frozen => self.state_frozen,
            CardStatus::Lost => self.state_lost,
            CardStatus::Stolen => self.state_stolen,
            CardStatus::PinLocked => self.state_pin_locked,
            CardStatus::Replaced => self.state_replaced,
            CardStatus::Closed => self.state_closed,
        }
    }
}
