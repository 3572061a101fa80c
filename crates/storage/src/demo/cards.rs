//! The demo cards: fixed numbers, PINs, states and balances; one card for every answer a card can cause.

use domain::acts::{Bank, Money};
use domain::card::CardStatus;
use domain::card_move::{CardMove, Request};
use domain::card_number::with_check_digit;
use domain::ids::{CardId, CustomerId, MerchantId, ProgrammeId};
use domain::money::Fen;
use domain::programme::{ProgrammeStatus, Template, Terms};
use domain::time::{BusinessDate, Timestamp};

use super::proposals;
use crate::card::{NewCard, cards_insert};
use crate::customer::{self, Facts, NewCustomer};
use crate::programme::{self, NewProgramme};
use crate::vault::Vault;
use crate::{Books, Storage, StorageError};

/// Number without its first ten digits and the check digit, PIN, programme, state, holder, last day, balance in fen,
/// what it shows.
type DemoCard = (i64, &'static str, ProgrammeId, CardStatus, &'static str, Option<i32>, i64, &'static str);

/// What every demo card's number begins with.
const BIN: &str = "608625";

pub(super) const NAMED: ProgrammeId = ProgrammeId(1);
const ANONYMOUS: ProgrammeId = ProgrammeId(2);
const ONE_MERCHANT: ProgrammeId = ProgrammeId(3);
const ONCE_A_DAY: ProgrammeId = ProgrammeId(4);

const CARDS: &[DemoCard] = &[
    (1, "123456", NAMED, CardStatus::Active, "张芳", None, 100_000, "named, active"),
    (2, "123456", NAMED, CardStatus::Active, "刘德明", None, 3_000, "named, active, little money (51)"),
    (3, "123456", NAMED, CardStatus::Lost, "黄丽", None, 20_000, "lost (41)"),
    (4, "123456", ANONYMOUS, CardStatus::Active, "", Some(20_251_231), 8_000, "anonymous, expired (54)"),
    (5, "123456", NAMED, CardStatus::Frozen, "徐强", None, 30_000, "frozen (62)"),
    (6, "123456", NAMED, CardStatus::PinLocked, "马建国", None, 30_000, "PIN-locked (75)"),
    (7, "654321", NAMED, CardStatus::Active, "朱秀英", None, 500_000, "named, active; more than 2,000.00 at once: 61"),
    (8, "654321", ANONYMOUS, CardStatus::Active, "", Some(20_291_231), 50_000, "anonymous, active"),
    (9, "654321", NAMED, CardStatus::Issued, "胡伟", None, 0, "issued, not yet active (62)"),
    (10, "123456", NAMED, CardStatus::Stolen, "林静", None, 20_000, "stolen (43)"),
    (11, "123456", ONE_MERCHANT, CardStatus::Active, "何勇", None, 50_000, "taken at 康宁药房 only (57 elsewhere)"),
    (12, "123456", ONCE_A_DAY, CardStatus::Active, "郭敏", None, 30_000, "one sale a day (65 on the second)"),
];

/// The demo programmes: an example of each template, one that a single merchant takes, one that pays once a day. They are the
/// program's own, so nobody approved them.
fn programmes() -> Vec<NewProgramme> {
    let one = |id: ProgrammeId, name: &str, template: Template, terms: Terms| NewProgramme {
        id: Some(id),
        name: name.to_owned(),
        bin: BIN.to_owned(),
        series: format!("{:02}", id.0),
        number_length: 16,
        template,
        status: ProgrammeStatus::Active,
        terms,
    };
    let daily = |terms: Terms, daily, count| Terms { daily_max: Fen(daily), daily_count_max: count, ..terms };
    let only = Terms { merchants: vec![MerchantId(250_200)], ..daily(Template::Benefit.usual(), 300_000, 50) };
    let once = daily(Template::Benefit.usual(), 200_000, 1);
    vec![
        one(NAMED, "慧医卡 记名卡", Template::Named, Template::Named.usual()),
        one(ANONYMOUS, "慧医卡 不记名卡", Template::Anonymous, Template::Anonymous.usual()),
        one(ONE_MERCHANT, "康宁员工福利卡", Template::Benefit, only),
        one(ONCE_A_DAY, "慧医卡 体检卡", Template::Benefit, once),
    ]
}

/// 示例科技有限公司, which pays for the demo cards.
pub const CUSTOMER: CustomerId = CustomerId(1_000_001);
/// Its name.
pub const CUSTOMER_NAME: &str = "示例科技有限公司";
/// What it paid in, fen.
const PAID_IN: i64 = 2_000_000;

/// Inserts the demo cards and their customer, and puts money on them through the books, as everywhere: it is paid in first,
/// and two persons decide.
pub async fn seed_cards(db: &Storage, vault: &Vault, books: &Books, now: Timestamp) -> Result<(), StorageError> {
    for new in programmes() {
        programme::create(db, new, None, now).await?;
    }
    let customer = NewCustomer {
        id: Some(CUSTOMER),
        facts: Facts {
            name: CUSTOMER_NAME.to_owned(),
            licence: "91320100MA0000003H".to_owned(),
            contact: "马宁".to_owned(),
            phone: "13900000042".to_owned(),
            bank: Bank {
                name: "示例银行".to_owned(),
                account: "6200000000000042".to_owned(),
                holder: CUSTOMER_NAME.to_owned(),
            },
        },
    };
    customer::create(db, customer, None, now).await?;
    let mut cards = Vec::new();
    let (mut loads, mut moves) = (Vec::new(), Vec::new());
    for (nth, pin, programme, status, holder, expires_on, balance, _) in CARDS {
        let number = with_check_digit(&body(*nth)).expect("the demo numbers are well formed");
        let id = CardId(80_000_000 + nth);
        if *balance > 0 {
            let (customer, amount, note) = (CUSTOMER, Fen(*balance), String::new());
            loads.push(Money::Load { customer, card: id, amount, note });
        }
        let moved = stop(*status).map(|(made, reason)| Request { card: id, made, reason: reason.to_owned() });
        moves.extend(moved.clone());
        cards.push(NewCard {
            id,
            number,
            pin: Some((*pin).to_owned()),
            programme: *programme,
            // A stopped card was in use before.
            status: if moved.is_some() { CardStatus::Active } else { *status },
            holder: (*holder).to_owned(),
            expires_on: expires_on.map(BusinessDate),
        });
    }
    cards_insert(db, vault, cards).await?;
    let funding = Money::Funding {
        customer: CUSTOMER,
        amount: Fen(PAID_IN),
        reference: "SL20261116-0007".to_owned(),
        received_on: now.business_date(),
        note: String::new(),
    };
    proposals::seed_money(db, books, funding, loads, now).await?;
    proposals::seed_moves(books, moves, now).await
}

/// The move that brought a demo card into its state, and why.
fn stop(status: CardStatus) -> Option<(CardMove, &'static str)> {
    match status {
        CardStatus::Frozen => Some((CardMove::Freeze, "持卡人来电，要求暂停用卡")),
        CardStatus::Lost => Some((CardMove::ReportLost, "持卡人来电挂失")),
        CardStatus::Stolen => Some((CardMove::ReportStolen, "持卡人报案，卡被盗")),
        CardStatus::PinLocked => Some((CardMove::LockPin, "密码可能已被他人知道")),
        CardStatus::Issued | CardStatus::Active | CardStatus::Replaced | CardStatus::Closed => None,
    }
}

fn body(nth: i64) -> String {
    format!("{BIN}0000{:05}", nth * 1_001)
}

/// Number, PIN, state and balance of each demo card, for the console.
pub fn cards() -> Vec<(String, &'static str, String)> {
    let line = |(nth, pin, _, _, _, _, balance, what): &DemoCard| {
        let number = with_check_digit(&body(*nth)).map_or_else(String::new, |number| number.reveal().to_owned());
        (number, *pin, format!("{what}, {}", Fen(*balance)))
    };
    CARDS.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_numbers_are_those_of_the_contract() {
        let numbers: Vec<String> = super::cards().into_iter().map(|(number, _, _)| number).collect();
        assert_eq!(numbers[0], "6086250000010012");
        assert_eq!(numbers[8], "6086250000090097");
        assert_eq!(numbers.len(), 12);
    }
}
