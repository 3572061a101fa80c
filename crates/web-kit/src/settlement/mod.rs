//! Settlements as the card company and a merchant see them: the list, the statement of one, and its file.

pub mod export;
pub mod list;
pub mod statement;

use domain::command::Actor;
use domain::ledger::Kind;
use domain::money::Fen;
use domain::settlement::{SettlementStatus, Turnover};

use crate::badge::Badge;
use crate::problem::Problem;
use crate::step::{Last, Told, Words};
use crate::text::{Text, fill};
use crate::visit::Visit;

/// The card company's address.
pub const OFFICE: &str = "/office/settlements";
/// The merchant's.
pub const OWN: &str = "/settlements";

/// Turnover as a table: a row per day, and the total.
pub struct Days {
    /// A row per day.
    pub rows: Vec<DayRow>,
    /// All days together.
    pub total: DayRow,
}

/// A day: sales, refunds, upheld disputes, voids with reversals, and what they come to.
pub struct DayRow {
    /// The day, or the word for the total.
    pub day: String,
    /// Count and sum of sales.
    pub sales: String,
    /// Of refunds.
    pub refunds: String,
    /// Of upheld disputes.
    pub disputes: String,
    /// Of voids and reversals.
    pub undone: String,
    /// What it comes to.
    pub net: Fen,
}

impl Days {
    /// The rows of `turnover`.
    pub fn of(turnover: &Turnover, text: &'static Text) -> Self {
        let row = |day: String, own: &Turnover| {
            let sum = |kinds: &[Kind]| {
                let all = kinds.iter().map(|kind| own.of(*kind));
                let (count, sum) = all.fold((0, 0), |(count, sum), one| (count + one.count, sum + one.sum.0));
                fill(text.settlement.count_sum, &[&i64::to_string(&count), &Fen(sum).to_string()])
            };
            DayRow {
                day,
                sales: sum(&[Kind::Sale]),
                refunds: sum(&[Kind::Refund]),
                disputes: sum(&[Kind::Chargeback]),
                undone: sum(&[Kind::Void, Kind::Reversal]),
                net: own.net(),
            }
        };
        let rows = turnover.days().into_iter().map(|day| row(day.to_string(), &turnover.on(day))).collect();
        Self { rows, total: row(text.settlement.total.to_owned(), turnover) }
    }
}

/// Basis points in per cent: 60 are `0.60`.
fn percent(fee_bp: i64) -> String {
    Fen(fee_bp).to_string()
}

/// A merchant's rate as people read it.
pub fn rate_words(fee_bp: i64, text: &'static Text) -> String {
    fill(text.settlement.rate_of, &[&percent(fee_bp)])
}

/// How a settlement's state looks.
pub fn state(status: SettlementStatus, text: &'static Text) -> Badge {
    let words = &text.settlement;
    match status {
        SettlementStatus::Prepared => Badge::new("info", "wait", words.state_prepared),
        SettlementStatus::Confirmed => Badge::new("ok", "ok", words.state_confirmed),
        SettlementStatus::Rejected => Badge::new("bad", "bad", words.state_rejected),
    }
}

/// The step that an address names.
pub async fn last_step(visit: &Visit, a: &str) -> Result<Option<Last>, Problem> {
    let kinds = [Kind::SettlementRequest, Kind::Settlement, Kind::SettlementRejection];
    Last::find(&visit.web, Actor::issuer(visit.session.person), a, |record| kinds.contains(&record.kind)).await
}

/// What the page says about it unless it is done.
pub fn told(last: Option<&Last>, text: &'static Text) -> Option<Told> {
    let own = &text.settlement;
    last?.told(Words { not_done: own.not_done, unknown: own.unknown, unknown_do: own.unknown_do }, text)
}
