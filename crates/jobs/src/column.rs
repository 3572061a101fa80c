//! The columns of files with goods: the word under which a fault names a column, and the headings under which files of other
//! programs have it.

use domain::scan::normal_form;
use storage::import::ImportKind;

use crate::words;

domain::words! {
    /// A column.
    pub enum Column {
        /// The merchant's own number of a product.
        Code = "code",
        /// Name.
        Name = "name",
        /// EAN-13 or another barcode.
        Barcode = "barcode",
        /// Pack and strength.
        Spec = "spec",
        /// Who makes it.
        Maker = "maker",
        /// Approval number of the drug authority.
        ApprovalNo = "approval_no",
        /// Category.
        Category = "category",
        /// How the law sorts it.
        OtcClass = "otc_class",
        /// Piece.
        Unit = "unit",
        /// Price in yuan; empty for an open one.
        Price = "price",
        /// The lowest that needs no consent.
        Low = "low",
        /// The highest.
        High = "high",
        /// Whether the card may pay for it.
        Payable = "payable",
        /// Whether it is on sale.
        Active = "active",
        /// Most pieces on one order; empty for any number.
        SaleMax = "sale_max",
        /// Whether the cashier looks at the buyer's identity card.
        IdCheck = "id_check",
        /// Initials of the name's pinyin.
        Pinyin = "pinyin",
    }
}

impl Column {
    /// Whether each list says it itself of a product that a list above has.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Self::Code | Self::Price | Self::Low | Self::High | Self::Active | Self::SaleMax)
    }

    /// The headings, in normal form: first ours in Chinese and English, then those of other programs.
    pub fn headings(self) -> &'static [&'static str] {
        words::headings(self)
    }

    /// The column of a heading: without signs of requirement, units in brackets and blanks.
    pub(crate) fn of(heading: &str) -> Option<Self> {
        let plain = normal_form(heading).to_lowercase();
        let bare = plain.split('(').next().unwrap_or_default();
        let bare: String = bare.chars().filter(|c| !c.is_whitespace() && !matches!(c, '*' | ':')).collect();
        Self::ALL.into_iter().find(|column| column.headings().contains(&bare.as_str()))
    }
}

/// The columns without which a file of this kind says nothing.
pub fn required(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::Products => &[Column::Code, Column::Name, Column::Category, Column::OtcClass],
        ImportKind::Prices => &[Column::Code, Column::Price],
    }
}

/// The columns of a file of this kind, in the order in which ours are written.
pub fn columns(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::Products => &[
            Column::Code,
            Column::Name,
            Column::Barcode,
            Column::Spec,
            Column::Maker,
            Column::ApprovalNo,
            Column::Category,
            Column::OtcClass,
            Column::Unit,
            Column::Price,
            Column::Low,
            Column::High,
            Column::Payable,
            Column::SaleMax,
            Column::IdCheck,
            Column::Active,
            Column::Pinyin,
        ],
        ImportKind::Prices => &[Column::Code, Column::Name, Column::Price, Column::Low, Column::High],
    }
}

/// Whether a row of texts is the heading of such a table.
pub(crate) fn is_heading(cells: &[String]) -> bool {
    let found: Vec<Column> = cells.iter().filter_map(|cell| Column::of(cell)).collect();
    found.contains(&Column::Code) && (found.contains(&Column::Name) || found.contains(&Column::Price))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_one_columns() {
        let all: Vec<&str> = Column::ALL.into_iter().flat_map(Column::headings).copied().collect();
        for heading in &all {
            assert_eq!(all.iter().filter(|other| *other == heading).count(), 1, "{heading}");
        }
    }

    #[test]
    fn headings_are_read_as_programs_write_them() {
        for (heading, column) in [
            ("商品代码", Some(Column::Code)),
            ("*商品代码", Some(Column::Code)),
            (" 货 号 ", Some(Column::Code)),
            ("单价（元）", Some(Column::Price)),
            ("零售价(元)", Some(Column::Price)),
            ("PRICE", Some(Column::Price)),
            ("Ｃｏｄｅ", Some(Column::Code)),
            ("最低价：", Some(Column::Low)),
            ("产地", None),
            ("", None),
            ("（元）", None),
        ] {
            assert_eq!(Column::of(heading), column, "{heading}");
        }
    }

    #[test]
    fn every_kind_has_the_columns_that_it_needs() {
        for kind in ImportKind::ALL {
            assert!(required(kind).iter().all(|column| columns(kind).contains(column)), "{kind:?}");
        }
    }
}
