//! Settlements.

use domain::batch::Tally;
use domain::ids::TransactionId;
use domain::ledger::Kind;
use domain::settlement::Settlement;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CNY, date, time};

/// A payout of the card company to the merchant, with its totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Settlement, example = json!({
    "object": "settlement", "id": "010000000024", "number": 1, "from_date": "2026-11-23", "until_date": "2026-11-23",
    "sales": {"count": 5, "amount": 36500}, "refunds": {"count": 2, "amount": 8600},
    "voids": {"count": 1, "amount": 7300}, "reversals": {"count": 1, "amount": 7300},
    "chargebacks": {"count": 0, "amount": 0}, "net_amount": 13300,
    "fee_basis_points": 60, "fee_amount": 80, "payout_amount": 13220, "currency": "CNY",
    "days": [{"date": "2026-11-23", "sales": {"count": 5, "amount": 36500}, "refunds": {"count": 2, "amount": 8600},
        "voids": {"count": 1, "amount": 7300}, "reversals": {"count": 1, "amount": 7300},
        "chargebacks": {"count": 0, "amount": 0}, "net_amount": 13300}],
    "transaction_id": "010000000025", "confirmed_at": "2026-11-24T00:00:00Z"
}))]
pub(crate) struct SettlementResource {
    /// Always `settlement`.
    object: &'static str,
    /// Reference number of its preparation, 12 digits.
    id: String,
    /// The merchant's settlements are numbered from 1, without gaps.
    number: i64,
    /// The first day with a movement in it.
    #[schema(format = Date)]
    from_date: String,
    /// The last day it covers.
    #[schema(format = Date)]
    until_date: String,
    /// Sales.
    sales: SumResource,
    /// Refunds that were paid.
    refunds: SumResource,
    /// Voids.
    voids: SumResource,
    /// Reversals.
    reversals: SumResource,
    /// Upheld disputes.
    chargebacks: SumResource,
    /// Sales less everything returned, fen.
    net_amount: i64,
    /// The agreed rate: 60 is 0.60 %.
    #[schema(minimum = 0, maximum = 1000)]
    fee_basis_points: i64,
    /// The card company's fee on the net amount; half a fen is rounded up.
    fee_amount: i64,
    /// The payout: net amount less fee.
    payout_amount: i64,
    /// Always `CNY`.
    currency: &'static str,
    /// The same totals by day.
    days: Vec<SettlementDay>,
    /// The transaction that paid it, 12 digits.
    transaction_id: Option<String>,
    /// When it was confirmed.
    #[schema(format = DateTime)]
    confirmed_at: Option<String>,
}

/// Count and sum.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = SettlementSum)]
pub(crate) struct SumResource {
    /// Number of transactions.
    count: i64,
    /// Fen.
    amount: i64,
}

impl From<Tally> for SumResource {
    fn from(tally: Tally) -> Self {
        Self { count: tally.count, amount: tally.sum.0 }
    }
}

/// One business day of a settlement.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SettlementDay {
    /// The day.
    #[schema(format = Date)]
    date: String,
    /// Sales.
    sales: SumResource,
    /// Refunds that were paid.
    refunds: SumResource,
    /// Voids.
    voids: SumResource,
    /// Reversals.
    reversals: SumResource,
    /// Upheld disputes.
    chargebacks: SumResource,
    /// Fen.
    net_amount: i64,
}

impl From<&Settlement> for SettlementResource {
    fn from(one: &Settlement) -> Self {
        let day = |day| {
            let own = one.turnover.on(day);
            SettlementDay {
                date: date(day),
                sales: own.of(Kind::Sale).into(),
                refunds: own.of(Kind::Refund).into(),
                voids: own.of(Kind::Void).into(),
                reversals: own.of(Kind::Reversal).into(),
                chargebacks: own.of(Kind::Chargeback).into(),
                net_amount: own.net().0,
            }
        };
        Self {
            object: "settlement",
            id: one.id.rrn(),
            number: one.number(),
            from_date: date(one.from()),
            until_date: date(one.until),
            sales: one.turnover.of(Kind::Sale).into(),
            refunds: one.turnover.of(Kind::Refund).into(),
            voids: one.turnover.of(Kind::Void).into(),
            reversals: one.turnover.of(Kind::Reversal).into(),
            chargebacks: one.turnover.of(Kind::Chargeback).into(),
            net_amount: one.net.0,
            fee_basis_points: one.fee_bp,
            fee_amount: one.fee.0,
            payout_amount: one.payout.0,
            currency: CNY,
            days: one.turnover.days().into_iter().map(day).collect(),
            transaction_id: one.decided_by.map(TransactionId::rrn),
            confirmed_at: one.decided_at.map(time),
        }
    }
}
