//! Acts about programmes: opening one, changing its terms where somebody gets more, resuming it. What only lowers or stops
//! is one person's, a command of its own ([`crate::programme_change`]).
//!
//! What must stay true: a person is shown the whole programme, so whatever changes on it meanwhile makes a proposal stale.

use super::{Act, ActRows, Field, Shown, yes};
use crate::ids::{MerchantId, ProgrammeId};
use crate::money::Fen;
use crate::outcome::Decline;
use crate::programme::{PinMode, ProgrammeStatus, Template, Terms};
use crate::time::HOUR;

/// An act about a programme.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProgrammeAct {
    /// Issue cards on this programme for the first time, on these terms.
    Opening {
        /// The programme.
        programme: ProgrammeId,
        /// Its terms.
        terms: Terms,
    },
    /// Have these terms from now on.
    Terms {
        /// The programme.
        programme: ProgrammeId,
        /// Its terms.
        terms: Terms,
    },
    /// Let its cards be issued, loaded and pay again.
    Resuming {
        /// The programme.
        programme: ProgrammeId,
    },
}

/// A programme as a decision sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Name.
    pub name: String,
    /// What its cards' numbers begin with: the BIN and the series.
    pub prefix: String,
    /// Digits of those numbers.
    pub number_length: i64,
    /// The template that bounds it.
    pub template: Template,
    /// State.
    pub status: ProgrammeStatus,
    /// Why it was moved there.
    pub reason: String,
    /// Its terms.
    pub terms: Terms,
}

/// What is between the merchants of a programme where a person is shown them.
const MERCHANTS_APART: &str = " ";

/// An amount or a number that may be missing, as it is shown; empty for none.
fn optional(value: Option<i64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

impl Terms {
    /// What a person is shown of them.
    pub fn shown(&self) -> Shown {
        let merchants: Vec<String> = self.merchants.iter().map(ToString::to_string).collect();
        Shown::of([
            (Field::BalanceMax, self.balance_max.0.to_string()),
            (Field::LoadMax, self.load_max.0.to_string()),
            (Field::SaleMax, self.sale_max.0.to_string()),
            (Field::DailyMax, self.daily_max.0.to_string()),
            (Field::DailyCountMax, self.daily_count_max.to_string()),
            (Field::MonthMax, optional(self.month_max.map(|month| month.0))),
            (Field::ValidityMonths, optional(self.validity_months)),
            (Field::RefundWindow, self.refund_window.wrapping_div(HOUR).to_string()),
            (Field::LossReport, yes(self.loss_report)),
            (Field::Redeem, yes(self.redeem)),
            (Field::RedeemWait, self.redeem_wait_days.to_string()),
            (Field::PinMode, self.pin_mode.word().to_owned()),
            (Field::Merchants, merchants.join(MERCHANTS_APART)),
            (Field::Hotline, self.hotline.clone()),
            (Field::Basis, self.basis.clone()),
        ])
    }

    /// The terms that somebody was shown.
    pub fn read(fields: &Shown) -> Option<Self> {
        let number = |field| fields.get(field).parse::<i64>().ok();
        let fen = |field| number(field).map(Fen);
        let maybe = |field| match fields.get(field) {
            "" => Some(None),
            some => some.parse::<i64>().ok().map(Some),
        };
        let merchants = fields.get(Field::Merchants).split_terminator(MERCHANTS_APART);
        Some(Self {
            balance_max: fen(Field::BalanceMax)?,
            load_max: fen(Field::LoadMax)?,
            sale_max: fen(Field::SaleMax)?,
            daily_max: fen(Field::DailyMax)?,
            daily_count_max: number(Field::DailyCountMax)?,
            month_max: maybe(Field::MonthMax)?.map(Fen),
            validity_months: maybe(Field::ValidityMonths)?,
            refund_window: number(Field::RefundWindow)?.saturating_mul(HOUR),
            loss_report: fields.get(Field::LossReport) == "yes",
            redeem: fields.get(Field::Redeem) == "yes",
            redeem_wait_days: number(Field::RedeemWait)?,
            pin_mode: PinMode::from_word(fields.get(Field::PinMode))?,
            merchants: merchants.map(|id| id.parse().ok().map(MerchantId)).collect::<Option<_>>()?,
            hotline: fields.get(Field::Hotline).to_owned(),
            basis: fields.get(Field::Basis).to_owned(),
        })
    }

    /// The check as a decision answers it.
    pub(crate) fn judge(&self, template: Template) -> Result<(), Decline> {
        self.check(template)
            .map_err(|fault| if fault.is_of_template() { Decline::OutsideTemplate } else { Decline::TermsUnsound })
    }
}

impl Programme {
    /// What a person is shown of it.
    pub fn shown(&self) -> Shown {
        let mut shown = self.terms.shown();
        shown.put(Field::ProgrammeName, &self.name);
        shown.put(Field::ProgrammePrefix, &self.prefix);
        shown.put(Field::NumberLength, &self.number_length.to_string());
        shown.put(Field::Template, self.template.word());
        shown.put(Field::ProgrammeStatus, self.status.word());
        shown.put(Field::Reason, &self.reason);
        shown
    }

    /// The programme that somebody was shown.
    pub fn read(shown: &Shown) -> Option<Self> {
        Some(Self {
            name: shown.get(Field::ProgrammeName).to_owned(),
            prefix: shown.get(Field::ProgrammePrefix).to_owned(),
            number_length: shown.get(Field::NumberLength).parse().ok()?,
            template: Template::from_word(shown.get(Field::Template))?,
            status: ProgrammeStatus::from_word(shown.get(Field::ProgrammeStatus))?,
            reason: shown.get(Field::Reason).to_owned(),
            terms: Terms::read(shown)?,
        })
    }
}

impl ProgrammeAct {
    /// What it is.
    pub fn act(&self) -> Act {
        match self {
            Self::Opening { .. } => Act::ProgrammeOpening,
            Self::Terms { .. } => Act::ProgrammeTerms,
            Self::Resuming { .. } => Act::ProgrammeResuming,
        }
    }

    /// The programme.
    pub fn programme(&self) -> ProgrammeId {
        match self {
            Self::Opening { programme, .. } | Self::Terms { programme, .. } | Self::Resuming { programme } => {
                *programme
            }
        }
    }

    fn terms(&self) -> Option<&Terms> {
        match self {
            Self::Opening { terms, .. } | Self::Terms { terms, .. } => Some(terms),
            Self::Resuming { .. } => None,
        }
    }

    pub(super) fn fields(&self) -> Shown {
        self.terms().map_or_else(Shown::default, Terms::shown)
    }

    pub(super) fn read(act: Act, subject: i64, fields: &Shown) -> Option<Self> {
        let programme = ProgrammeId(subject);
        Some(match act {
            Act::ProgrammeOpening => Self::Opening { programme, terms: Terms::read(fields)? },
            Act::ProgrammeTerms => Self::Terms { programme, terms: Terms::read(fields)? },
            Act::ProgrammeResuming => Self::Resuming { programme },
            _ => return None,
        })
    }

    pub(super) fn now(&self, rows: &ActRows) -> Option<Shown> {
        rows.programmes.get(&self.programme()).map(Programme::shown)
    }

    pub(super) fn after(&self, now: &Shown) -> Shown {
        let mut after = now.clone();
        after.0.extend(self.fields().0);
        if !matches!(self, Self::Terms { .. }) {
            after.put(Field::ProgrammeStatus, ProgrammeStatus::Active.word());
            after.put(Field::Reason, "");
        }
        after
    }

    pub(super) fn judge(&self, rows: &ActRows) -> Result<(), Decline> {
        let one = rows.programmes.get(&self.programme()).ok_or(Decline::NoSuchProgramme)?;
        let draft = one.status == ProgrammeStatus::Draft;
        let possible = match self {
            Self::Opening { .. } => draft,
            Self::Terms { terms, .. } => !draft && one.terms != *terms,
            Self::Resuming { .. } => one.status == ProgrammeStatus::Suspended,
        };
        if !possible {
            return Err(Decline::NothingToChange);
        }
        self.terms().map_or(Ok(()), |terms| terms.judge(one.template))
    }

    /// Its effect on the programme.
    pub(crate) fn change(&self, one: &mut Programme) {
        if let Some(terms) = self.terms() {
            one.terms = terms.clone();
        }
        if !matches!(self, Self::Terms { .. }) {
            (one.status, one.reason) = (ProgrammeStatus::Active, String::new());
        }
    }
}
