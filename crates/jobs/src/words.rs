//! What files of people and of other programs say: headings of columns, words in cells. The one place of this crate that
//! has Chinese in it.
//!
//! What must stay true: every word is in the form in which it is looked for, half width and without blanks; of a heading and
//! of yes and no lower case, of a class upper case.

use domain::role::Role;
use storage::roll::{Field, RollKind};

use crate::column::Column;

/// Signs of money around an amount.
pub(crate) const YUAN: [char; 3] = ['￥', '¥', '元'];

/// The headings of a column: first ours in Chinese and English, then those of other programs.
pub(crate) fn headings(column: Column) -> &'static [&'static str] {
    match column {
        Column::Code => &[
            "商品代码",
            "code",
            "代码",
            "编码",
            "商品编码",
            "商品编号",
            "货号",
            "产品编码",
            "产品代码",
            "productcode",
            "sku",
        ],
        Column::Name => &["商品名称", "name", "名称", "品名", "商品名", "通用名", "产品名称", "productname"],
        Column::Barcode => &["条码", "barcode", "商品条码", "国际条码", "条形码", "69码", "ean", "gtin"],
        Column::Spec => &["规格", "pack", "规格型号", "商品规格", "包装规格", "spec"],
        Column::Maker => &["生产企业", "maker", "生产厂家", "厂家", "生产商", "厂商", "生产单位", "manufacturer"],
        Column::ApprovalNo => {
            &["批准文号", "approvalnumber", "批文", "国药准字", "注册证号", "approvalno", "approval_no"]
        }
        Column::Category => &["类别", "category", "分类", "商品分类", "商品类别", "大类"],
        Column::OtcClass => &["处方分类", "class", "处方类别", "药品分类", "otc", "otcclass", "otc_class"],
        Column::Unit => &["单位", "unit", "计量单位", "销售单位"],
        Column::Price => &["单价", "price", "零售价", "售价", "销售价", "价格", "零售单价", "会员零售价"],
        Column::Low => &["最低价", "lowest", "最低售价", "最低零售价", "low", "price_low"],
        Column::High => &["最高价", "highest", "最高售价", "最高零售价", "high", "price_high"],
        Column::Payable => &["可刷卡", "cardpays", "卡付", "是否可刷卡", "payable", "card_payable"],
        Column::Active => &["在售", "onsale", "是否在售", "销售状态", "active"],
        Column::SaleMax => &["限购", "limit", "限购数量", "每单限购", "sale_max"],
        Column::IdCheck => &["实名", "idcheck", "实名登记", "实名购买", "id_check"],
        Column::Pinyin => &["拼音码", "pinyin", "助记码", "拼音", "拼音简码", "首字母"],
    }
}

/// The class of drugs that a word means.
pub(crate) fn class(word: &str) -> Option<&'static str> {
    match word {
        "RX" | "处方" | "处方药" | "PRESCRIPTION" => Some("RX"),
        "OTCA" | "甲" | "甲类" | "甲类OTC" | "OTC甲类" | "OTC甲" | "甲类非处方药" | "非处方药甲类" | "CLASSA" => {
            Some("OTC-A")
        }
        "OTCB" | "乙" | "乙类" | "乙类OTC" | "OTC乙类" | "OTC乙" | "乙类非处方药" | "非处方药乙类" | "CLASSB" => {
            Some("OTC-B")
        }
        "NONE" | "非药品" | "非药" | "NOADRUG" | "NOTADRUG" => Some("NONE"),
        _ => None,
    }
}

/// Whether a word means yes or no.
pub(crate) fn yes(word: &str) -> Option<bool> {
    match word {
        "是" | "1" | "y" | "yes" | "true" | "可" | "可刷卡" | "在售" | "√" => Some(true),
        "否" | "0" | "n" | "no" | "false" | "不可" | "自付" | "停售" | "停用" | "×" => Some(false),
        _ => None,
    }
}

/// The headings of a column of a roll: first ours in Chinese and English, then those of other programs.
pub(crate) fn roll_headings(kind: RollKind, field: Field) -> &'static [&'static str] {
    match (kind, field) {
        (_, Field::Merchant) => &["商户号", "merchantnumber", "merchant", "mid", "商户编号"],
        (_, Field::Outlet) => &["门店号", "storenumber", "outlet", "门店编号", "店号", "outletnumber"],
        (_, Field::OutletName) => &["门店名称", "store'sname", "name", "门店", "门店名", "店名", "store", "outletname"],
        (_, Field::Address) => &["地址", "address", "门店地址"],
        (_, Field::Region) => &["地区", "region", "地区码"],
        (RollKind::Outlets, Field::Phone) => &["门店电话", "store'sphone", "phone", "电话", "联系电话"],
        (RollKind::People, Field::Phone) => &["手机", "phone", "电话", "手机号", "联系电话", "mobile"],
        (_, Field::Hours) => &["营业时间", "openinghours", "hours"],
        (_, Field::Tills) => &["终端台数", "terminals", "tills", "终端数", "收银台数"],
        (_, Field::Login) => &["登录名", "login", "用户名", "账号", "loginname", "username"],
        (_, Field::Name) => &["姓名", "name", "员工姓名"],
        (_, Field::Roles) => &["角色", "roles", "role", "岗位"],
        (_, Field::Terminal) => &["默认终端", "defaulttill", "terminal", "终端号"],
        (_, Field::Number) => &["工号", "number", "员工编号"],
        (_, Field::Same) => &["同一人", "samehuman", "same"],
    }
}

/// Headings of our own files whose columns only tell: nobody changes by a file what they say.
pub(crate) const TELLS: [&str; 12] = [
    "商户",
    "merchant'sname",
    "状态",
    "state",
    "所在",
    "place",
    "最近登录",
    "lastsign-in",
    "第二验证",
    "secondfactor",
    "最近消息",
    "lastseen",
];

/// The role that a word means, in lower case and without blanks.
pub(crate) fn role(word: &str) -> Option<Role> {
    Some(match word {
        "收银员" | "收银" | "店员" | "cashier" => Role::Cashier,
        "店长" | "storemanager" | "store_manager" | "manager" => Role::StoreManager,
        "连锁经理" | "chainmanager" | "chain_manager" => Role::ChainManager,
        "客服" | "agent" => Role::Agent,
        "运营" | "operator" => Role::Operator,
        "复核员" | "复核" | "checker" => Role::Checker,
        "财务" | "finance" => Role::Finance,
        "审计" | "auditor" => Role::Auditor,
        "公司管理员" | "administrator" | "admin" => Role::Admin,
        _ => return None,
    })
}

/// Opening hours with days as they are stored.
pub(crate) fn hours(typed: &str) -> String {
    let days = [
        ("Mo", ["星期一", "周一", "Mon"]),
        ("Tu", ["星期二", "周二", "Tue"]),
        ("We", ["星期三", "周三", "Wed"]),
        ("Th", ["星期四", "周四", "Thu"]),
        ("Fr", ["星期五", "周五", "Fri"]),
        ("Sa", ["星期六", "周六", "Sat"]),
        ("Su", ["星期日", "周日", "Sun"]),
    ];
    let stored = days
        .iter()
        .fold(typed.to_owned(), |text, (code, words)| words.iter().fold(text, |text, word| text.replace(word, code)));
    stored.replace(['至', '~', '～'], "-").replace("每天", "Mo-Su").replace('；', ";").replace('：', ":")
}

/// What a terminal of a roll is called, by its place in the outlet.
pub(crate) const TILL: &str = "{0} 号台";
