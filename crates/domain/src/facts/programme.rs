//! Programmes 卡产品: the terms that cards are issued on, the templates that bound them, and their states.
//!
//! What must stay true:
//! - Terms are inside the floors of their template whenever somebody proposes, approves or lowers them ([`Terms::check`]).
//! - Only amounts, the count and the merchants have a direction. Whoever lowers these gives nobody power over money; every
//!   other field gives or takes a right of the holder or the merchant either way, so a change of it is never a lowering.

use crate::directory::{self, NAME_MAX};
use crate::ids::{MERCHANTS, MerchantId};
use crate::money::Fen;
use crate::time::HOUR;

words! {
    /// What the company sets for all programmes of a sort.
    pub enum Template {
        /// Prepaid, the holder's name is on file.
        Named = "named",
        /// Prepaid, for whoever has the card.
        Anonymous = "anonymous",
        /// An employer's benefit account.
        Benefit = "benefit",
    }
}

words! {
    /// States of a programme.
    pub enum ProgrammeStatus {
        /// Entered, never released. It has no cards.
        Draft = "draft",
        /// Cards are issued, loaded and pay.
        Active = "active",
        /// Stopped at once: no card is issued or loaded, and none of its cards pays.
        Suspended = "suspended",
        /// No new cards; those that are out live on.
        Ended = "ended",
    }
}

impl ProgrammeStatus {
    /// Whether its cards are loaded and pay.
    pub fn pays(self) -> bool {
        matches!(self, Self::Active | Self::Ended)
    }

    /// Whether cards are issued on it.
    pub fn issues(self) -> bool {
        self == Self::Active
    }
}

words! {
    /// How a new card gets its PIN.
    pub enum PinMode {
        /// A printed letter.
        Mailer = "mailer",
        /// The holder chooses it before the first use.
        FirstUse = "first_use",
    }
}

/// Most that a limit may be: 10,000,000.00.
pub const LIMIT_MAX: Fen = Fen(1_000_000_000);
/// Most sales a day that a limit may allow.
pub const COUNT_MAX: i64 = 9_999;
/// Longest validity, months.
pub const MONTHS_MAX: i64 = 120;
/// Longest refund window, hours.
pub const WINDOW_HOURS_MAX: i64 = 720;
/// Longest wait before money of a card is paid out, days.
pub const WAIT_DAYS_MAX: i64 = 365;
/// Merchants that a programme names. Of more, it takes all: the names have to fit what a checker is shown.
pub const MERCHANTS_MAX: usize = 200;
/// Longest basis, in characters.
pub const BASIS_MAX: usize = 300;

/// What a template holds its programmes to. `None` and `false` hold to nothing.
struct Floors {
    named: Option<bool>,
    balance_max: Option<Fen>,
    validity_months: Option<Validity>,
    loss_report: Option<bool>,
    redeem: Option<bool>,
}

enum Validity {
    Never,
    AtLeast(i64),
}

impl Template {
    /// The one table of floors.
    fn floors(self) -> Floors {
        match self {
            Self::Named => Floors {
                named: Some(true),
                balance_max: Some(Fen(500_000)),
                validity_months: Some(Validity::Never),
                loss_report: Some(true),
                redeem: Some(true),
            },
            Self::Anonymous => Floors {
                named: Some(false),
                balance_max: Some(Fen(100_000)),
                validity_months: Some(Validity::AtLeast(36)),
                loss_report: Some(false),
                redeem: Some(false),
            },
            Self::Benefit => {
                Floors { named: None, balance_max: None, validity_months: None, loss_report: None, redeem: None }
            }
        }
    }

    /// Whether cards of it bear their holder's name; a benefit account does.
    pub fn named(self) -> bool {
        self.floors().named.unwrap_or(true)
    }

    /// Terms that a new programme of it begins with.
    pub fn usual(self) -> Terms {
        let named = Terms {
            balance_max: Fen(500_000),
            load_max: Fen(500_000),
            sale_max: Fen(200_000),
            daily_max: Fen(500_000),
            daily_count_max: 50,
            month_max: None,
            validity_months: None,
            refund_window: 48 * HOUR,
            loss_report: true,
            redeem: true,
            redeem_wait_days: 7,
            pin_mode: PinMode::Mailer,
            merchants: Vec::new(),
            hotline: String::new(),
            basis: String::new(),
        };
        match self {
            Self::Named => named,
            Self::Anonymous => Terms {
                balance_max: Fen(100_000),
                load_max: Fen(100_000),
                sale_max: Fen(100_000),
                daily_max: Fen(100_000),
                validity_months: Some(36),
                loss_report: false,
                redeem: false,
                redeem_wait_days: 0,
                ..named
            },
            Self::Benefit => Terms { redeem: false, redeem_wait_days: 0, ..named },
        }
    }
}

/// What cards of a programme may do. Whether a programme is a regulated prepaid card or an employer's benefit decides all of
/// it, so every field is data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// Most that a card may hold.
    pub balance_max: Fen,
    /// Most that one load may put on it.
    pub load_max: Fen,
    /// Most that one sale may take.
    pub sale_max: Fen,
    /// Most that a card may spend in a day.
    pub daily_max: Fen,
    /// Most sales of a card in a day.
    pub daily_count_max: i64,
    /// Most that a card may spend in a calendar month, if there is a limit.
    pub month_max: Option<Fen>,
    /// Months that a new card is valid, if it expires.
    pub validity_months: Option<i64>,
    /// How long the merchant may refund a sale, microseconds; whole hours.
    pub refund_window: i64,
    /// Whether its holder may report a card lost.
    pub loss_report: bool,
    /// Whether money of a card is paid out to its holder.
    pub redeem: bool,
    /// Days between asking for that and getting it.
    pub redeem_wait_days: i64,
    /// How a new card gets its PIN.
    pub pin_mode: PinMode,
    /// Merchants that take its cards, ascending; empty means all.
    pub merchants: Vec<MerchantId>,
    /// Whom holders call; empty for the company's own number.
    pub hotline: String,
    /// What the company's counsel wrote about it.
    pub basis: String,
}

words! {
    /// Why terms are refused.
    pub enum Fault {
        /// An amount is not above zero, or above [`LIMIT_MAX`].
        Amount = "amount",
        /// The count is not 1 to [`COUNT_MAX`].
        Count = "count",
        /// One load could put more on a card than it may hold.
        LoadOverBalance = "load_over_balance",
        /// One sale could take more than a card may hold.
        SaleOverBalance = "sale_over_balance",
        /// One sale could take more than a day allows.
        SaleOverDay = "sale_over_day",
        /// A day allows more than its month.
        DayOverMonth = "day_over_month",
        /// The validity is not 1 to [`MONTHS_MAX`] months.
        Validity = "validity",
        /// The refund window is not 1 to [`WINDOW_HOURS_MAX`] whole hours.
        Window = "window",
        /// The wait is not 0 to [`WAIT_DAYS_MAX`] days, or there is one where nothing is paid out.
        Wait = "wait",
        /// The merchants are no ascending list of merchants.
        Merchants = "merchants",
        /// The hotline is no phone number.
        Hotline = "hotline",
        /// The basis is too long.
        Basis = "basis",
        /// The template has a lower balance.
        TemplateBalance = "template_balance",
        /// The template's cards never expire.
        TemplateExpires = "template_expires",
        /// The template's cards are valid longer.
        TemplateValidity = "template_validity",
        /// The template has it the other way whether a loss can be reported.
        TemplateLoss = "template_loss",
        /// The template has it the other way whether money is paid out.
        TemplateRedeem = "template_redeem",
    }
}

impl Fault {
    /// Whether it is the template that refuses.
    pub fn is_of_template(self) -> bool {
        match self {
            Self::TemplateBalance
            | Self::TemplateExpires
            | Self::TemplateValidity
            | Self::TemplateLoss
            | Self::TemplateRedeem => true,
            Self::Amount
            | Self::Count
            | Self::LoadOverBalance
            | Self::SaleOverBalance
            | Self::SaleOverDay
            | Self::DayOverMonth
            | Self::Validity
            | Self::Window
            | Self::Wait
            | Self::Merchants
            | Self::Hotline
            | Self::Basis => false,
        }
    }
}

impl Terms {
    /// Whether programmes of `template` may have these terms.
    pub fn check(&self, template: Template) -> Result<(), Fault> {
        self.sound()?;
        let floors = template.floors();
        let rules = [
            (floors.balance_max.is_none_or(|most| self.balance_max <= most), Fault::TemplateBalance),
            match (floors.validity_months, self.validity_months) {
                (Some(Validity::Never), months) => (months.is_none(), Fault::TemplateExpires),
                (Some(Validity::AtLeast(least)), Some(months)) => (months >= least, Fault::TemplateValidity),
                _ => (true, Fault::TemplateValidity),
            },
            (floors.loss_report.is_none_or(|set| set == self.loss_report), Fault::TemplateLoss),
            (floors.redeem.is_none_or(|set| set == self.redeem), Fault::TemplateRedeem),
        ];
        first(&rules)
    }

    /// Whether the terms make sense beside one another. A limit above one that always bites first was mistyped: nothing is
    /// ever let through by it, and whoever reads it is misled. A day may come to more than a card holds, because cards are
    /// loaded again.
    fn sound(&self) -> Result<(), Fault> {
        let amounts =
            [self.balance_max, self.load_max, self.sale_max, self.daily_max].into_iter().chain(self.month_max);
        let mut amounts = amounts.into_iter();
        let hours = self.refund_window.wrapping_div(HOUR);
        let whole = hours.saturating_mul(HOUR) == self.refund_window;
        let least_wait = if self.redeem { WAIT_DAYS_MAX } else { 0 };
        let ascending = self.merchants.windows(2).all(|pair| matches!(pair, [one, next] if one < next));
        let known = self.merchants.iter().all(|merchant| MERCHANTS.contains(&merchant.0));
        let same = |checked: directory::Checked, own: &str| checked.as_deref() == Ok(own);
        first(&[
            (amounts.all(|amount| amount.is_positive() && amount <= LIMIT_MAX), Fault::Amount),
            ((1..=COUNT_MAX).contains(&self.daily_count_max), Fault::Count),
            (self.load_max <= self.balance_max, Fault::LoadOverBalance),
            (self.sale_max <= self.balance_max, Fault::SaleOverBalance),
            (self.sale_max <= self.daily_max, Fault::SaleOverDay),
            (self.month_max.is_none_or(|month| self.daily_max <= month), Fault::DayOverMonth),
            (self.validity_months.is_none_or(|months| (1..=MONTHS_MAX).contains(&months)), Fault::Validity),
            (whole && (1..=WINDOW_HOURS_MAX).contains(&hours), Fault::Window),
            ((0..=least_wait).contains(&self.redeem_wait_days), Fault::Wait),
            (ascending && known && self.merchants.len() <= MERCHANTS_MAX, Fault::Merchants),
            (self.hotline.is_empty() || same(directory::phone(&self.hotline), &self.hotline), Fault::Hotline),
            (same(directory::text(&self.basis, BASIS_MAX), &self.basis), Fault::Basis),
        ])
    }

    /// Whether `after` only lowers: one person may do that at once.
    pub fn is_lowered_by(&self, after: &Self) -> bool {
        let fewer = |now: &[MerchantId], then: &[MerchantId]| {
            now.is_empty() || (!then.is_empty() && then.iter().all(|merchant| now.contains(merchant)))
        };
        let month = match (self.month_max, after.month_max) {
            (None, _) => true,
            (Some(now), then) => then.is_some_and(|then| then <= now),
        };
        // The rest is as it was: `after` with what has a direction set back.
        let same_otherwise = Self {
            balance_max: self.balance_max,
            load_max: self.load_max,
            sale_max: self.sale_max,
            daily_max: self.daily_max,
            daily_count_max: self.daily_count_max,
            month_max: self.month_max,
            merchants: self.merchants.clone(),
            ..after.clone()
        } == *self;
        after != self
            && same_otherwise
            && after.balance_max <= self.balance_max
            && after.load_max <= self.load_max
            && after.sale_max <= self.sale_max
            && after.daily_max <= self.daily_max
            && after.daily_count_max <= self.daily_count_max
            && month
            && fewer(&self.merchants, &after.merchants)
    }
}

fn first(rules: &[(bool, Fault)]) -> Result<(), Fault> {
    rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, fault)| Err(*fault))
}

/// Digits between the BIN and the random part of a card's number.
pub const SERIES_DIGITS: usize = 2;

/// A programme's series: two digits, unique per BIN, from `00` to `99`.
pub fn series(typed: &str) -> directory::Checked {
    let typed = directory::name(typed, NAME_MAX)?;
    let sound = typed.len() == SERIES_DIGITS && typed.bytes().all(|byte| byte.is_ascii_digit());
    if sound { Ok(typed) } else { Err(directory::Wrong::Form) }
}

/// Digits of the numbers of a programme's cards.
pub const NUMBER_LENGTHS: [i64; 2] = [16, 19];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_refuses_what_is_outside_its_floors_and_takes_its_own_usual_terms() {
        for template in Template::ALL {
            assert_eq!(template.usual().check(template), Ok(()), "{template}");
        }
        let [named, anonymous, benefit] = Template::ALL.map(Template::usual);
        let balance = |terms: &Terms, balance| Terms { balance_max: Fen(balance), ..terms.clone() };
        let months = |terms: &Terms, months| Terms { validity_months: months, ..terms.clone() };
        for (template, terms, expected) in [
            (Template::Named, balance(&named, 500_000), Ok(())),
            (Template::Named, balance(&named, 500_001), Err(Fault::TemplateBalance)),
            (Template::Named, months(&named, Some(36)), Err(Fault::TemplateExpires)),
            (Template::Named, Terms { loss_report: false, ..named.clone() }, Err(Fault::TemplateLoss)),
            (Template::Named, Terms { redeem: false, redeem_wait_days: 0, ..named }, Err(Fault::TemplateRedeem)),
            (Template::Anonymous, balance(&anonymous, 100_000), Ok(())),
            (Template::Anonymous, balance(&anonymous, 100_001), Err(Fault::TemplateBalance)),
            (Template::Anonymous, months(&anonymous, Some(36)), Ok(())),
            (Template::Anonymous, months(&anonymous, Some(35)), Err(Fault::TemplateValidity)),
            (Template::Anonymous, months(&anonymous, None), Ok(())),
            (Template::Anonymous, Terms { loss_report: true, ..anonymous.clone() }, Err(Fault::TemplateLoss)),
            (Template::Anonymous, Terms { redeem: true, ..anonymous }, Err(Fault::TemplateRedeem)),
            (Template::Benefit, balance(&benefit, LIMIT_MAX.0), Ok(())),
            (Template::Benefit, months(&benefit, Some(1)), Ok(())),
            (Template::Benefit, Terms { loss_report: false, ..benefit.clone() }, Ok(())),
            (Template::Benefit, Terms { redeem: true, ..benefit }, Ok(())),
        ] {
            assert_eq!(terms.check(template), expected, "{template} {terms:?}");
        }
    }

    #[test]
    fn limits_that_another_one_makes_pointless_are_refused() {
        let usual = Template::Benefit.usual();
        for (terms, expected) in [
            (Terms { sale_max: Fen::ZERO, ..usual.clone() }, Fault::Amount),
            (Terms { balance_max: Fen(LIMIT_MAX.0 + 1), ..usual.clone() }, Fault::Amount),
            (Terms { month_max: Some(Fen(-1)), ..usual.clone() }, Fault::Amount),
            (Terms { daily_count_max: 0, ..usual.clone() }, Fault::Count),
            (Terms { load_max: Fen(500_001), ..usual.clone() }, Fault::LoadOverBalance),
            (Terms { sale_max: Fen(500_001), daily_max: Fen(600_000), ..usual.clone() }, Fault::SaleOverBalance),
            (Terms { daily_max: Fen(199_999), ..usual.clone() }, Fault::SaleOverDay),
            (Terms { month_max: Some(Fen(499_999)), ..usual.clone() }, Fault::DayOverMonth),
            (Terms { validity_months: Some(0), ..usual.clone() }, Fault::Validity),
            (Terms { refund_window: HOUR + 1, ..usual.clone() }, Fault::Window),
            (Terms { refund_window: 721 * HOUR, ..usual.clone() }, Fault::Window),
            (Terms { redeem_wait_days: 1, ..usual.clone() }, Fault::Wait),
            (Terms { merchants: vec![MerchantId(250_200), MerchantId(250_100)], ..usual.clone() }, Fault::Merchants),
            (Terms { merchants: vec![MerchantId(7)], ..usual.clone() }, Fault::Merchants),
            (Terms { hotline: "call us".to_owned(), ..usual.clone() }, Fault::Hotline),
            (Terms { basis: "x".repeat(BASIS_MAX + 1), ..usual.clone() }, Fault::Basis),
        ] {
            assert_eq!(terms.check(Template::Benefit), Err(expected), "{terms:?}");
        }
        // Loaded again during the day, a card spends more than it holds.
        assert_eq!(Terms { daily_max: Fen(900_000), ..usual }.check(Template::Benefit), Ok(()));
    }

    #[test]
    fn only_amounts_count_and_merchants_are_lowered() {
        let (one, other) = (MerchantId(250_100), MerchantId(250_200));
        let now = Terms { month_max: Some(Fen(900_000)), merchants: vec![one, other], ..Template::Benefit.usual() };
        for (after, lowers) in [
            (now.clone(), false),
            (Terms { sale_max: Fen(1), ..now.clone() }, true),
            (Terms { sale_max: Fen(1), daily_count_max: 1, ..now.clone() }, true),
            (Terms { sale_max: Fen(1), daily_count_max: 51, ..now.clone() }, false),
            (Terms { balance_max: Fen(500_001), ..now.clone() }, false),
            (Terms { load_max: Fen(500_001), ..now.clone() }, false),
            (Terms { daily_max: Fen(500_001), ..now.clone() }, false),
            (Terms { month_max: Some(Fen(900_001)), ..now.clone() }, false),
            (Terms { month_max: None, ..now.clone() }, false),
            (Terms { merchants: vec![one], ..now.clone() }, true),
            (Terms { merchants: vec![one, MerchantId(250_300)], ..now.clone() }, false),
            (Terms { merchants: Vec::new(), ..now.clone() }, false),
            (Terms { refund_window: HOUR, ..now.clone() }, false),
            (Terms { validity_months: Some(1), ..now.clone() }, false),
            (Terms { loss_report: false, ..now.clone() }, false),
            (Terms { hotline: "400-000-0000".to_owned(), ..now.clone() }, false),
        ] {
            assert_eq!(now.is_lowered_by(&after), lowers, "{after:?}");
        }
        let free = Terms { month_max: None, merchants: Vec::new(), ..now };
        assert!(free.is_lowered_by(&Terms { month_max: Some(Fen(500_000)), ..free.clone() }));
        assert!(free.is_lowered_by(&Terms { merchants: vec![one], ..free.clone() }));
    }
}
