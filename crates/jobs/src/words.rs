//! What files of people and of other programs say: headings of columns, words in cells. The one place of this crate that
//! has Chinese in it.
//!
//! What must stay true: every word is in the form in which it is looked for, half width and without blanks; of a heading and
//! of yes and no lower case, of a class upper case.

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
