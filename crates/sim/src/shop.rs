//! The shop of the simulation: one till, cards, orders; the same in memory and in a database file.

use std::collections::BTreeMap;

use domain::acts::{Bank, Customer, Programme};
use domain::card::{self, Card, CardKey, CardStatus, Spent};
use domain::card_code::CodeValue;
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::{Actor, PresentedCard};
use domain::directory::Standing;
use domain::ids::{CardId, CustomerId, MerchantId, OrderId, OutletId, PersonId, ProgrammeId, RequestId, TerminalId};
use domain::ledger::ChainKey;
use domain::money::Fen;
use domain::network::Network;
use domain::order::{Order, OrderStatus};
use domain::pin::{CardPin, Door, PinValue, TypedPin};
use domain::programme::PinMode;
use domain::programme::{ProgrammeStatus, Template, Terms};
use domain::refund::SoldLine;
use domain::state::{Outlet, Till};
use domain::time::{BusinessDate, Timestamp};
use domain::world::World;
use storage::StorageError;
use storage::books::SLOT;
use storage::customer::{self, Facts};
use storage::directory::{self, NewMerchant, NewOutlet, NewTerminal};
use storage::programme::{self, NewProgramme};
use storage::sql::{self, Connection, params};

use crate::intent::Who;

/// 2026-11-23 08:00 in China.
pub const MORNING: Timestamp = Timestamp(1_795_392_000_000_000);

/// The person at the till.
pub const ACTOR: Actor = Actor {
    merchant: MerchantId(250_100),
    outlet: OutletId(2_501_001),
    terminal: TerminalId(25_010_007),
    person: PersonId(1003),
};

/// Somebody who may review refunds and never does, so that nobody who asks is alone in the shop.
pub const REVIEWER: PersonId = PersonId(1001);

/// Who pays for the cards.
pub const CUSTOMER: CustomerId = CustomerId(1_000_001);
/// Its name.
pub const CUSTOMER_NAME: &str = "Customer";
/// Its bank.
pub const BANK_NAME: &str = "Bank";
/// Its account there.
pub const BANK_ACCOUNT: &str = "6200000000000042";

/// Id of card number 0; card `n` has the id `FIRST_CARD + n`.
pub const FIRST_CARD: i64 = 10_000_000;

/// 48 hours.
pub const REFUND_WINDOW: i64 = 48 * domain::time::HOUR;

/// What the merchant pays at first: 0.6 %.
pub const FEE_BP: i64 = 60;

/// The day of its number, counted from 1970 in China.
pub fn date(day: i64) -> BusinessDate {
    let midnight = (day * 24 - 8) * domain::time::HOUR;
    Timestamp(midnight).business_date()
}

/// Secret of the chain.
pub fn chain_key() -> ChainKey {
    ChainKey::new([7; 32])
}

/// Look-up value of card `n`. Scattered, as an HMAC would be.
pub fn card_key(n: i64) -> CardKey {
    let mut dice = crate::dice::Dice::new(u64::try_from(n).expect("not negative"));
    CardKey((u128::from(dice.bits()) << 64 | u128::from(dice.bits())).to_be_bytes())
}

/// Id of the programme of card `n`.
pub fn programme_id(n: i64) -> ProgrammeId {
    ProgrammeId(1 + n)
}

/// Id of card `n`.
pub fn card_id(n: i64) -> CardId {
    CardId(FIRST_CARD + n)
}

/// The customer's account.
fn bank() -> Bank {
    let (name, account, holder) = (BANK_NAME.to_owned(), BANK_ACCOUNT.to_owned(), CUSTOMER_NAME.to_owned());
    Bank { name, account, holder }
}

/// The PIN of card `n`, or a wrong one.
pub fn pin(n: i64, right: bool) -> PinValue {
    PinValue([u8::try_from(n % 200).expect("small") + u8::from(!right); 32])
}

/// The PIN as it is typed at the till.
pub fn typed(n: i64, right: bool) -> TypedPin {
    TypedPin { value: pin(n, right), door: Door::Till, network: Network::of("local") }
}

/// Card `n` at the till.
pub fn present(n: i64) -> PresentedCard {
    PresentedCard {
        key: card_key(n),
        masked: MaskedCard(format!("608625******{:04}", n % 10_000)),
        entry: EntryMode::Swiped,
    }
}

/// Request id number `n`, ascending as the till's are.
pub fn request(n: u64) -> RequestId {
    RequestId(u128::from(n).to_be_bytes())
}

/// A card of the shop.
#[derive(Clone, Debug)]
pub struct CardTerms {
    /// Its number in the shop.
    pub n: i64,
    /// State.
    pub status: CardStatus,
    /// Most it may hold.
    pub balance_max: i64,
    /// Most one sale may take.
    pub sale_max: i64,
    /// Most it may spend in a day.
    pub daily_max: i64,
    /// Most sales in a day.
    pub daily_count_max: i64,
}

/// An order of the shop.
#[derive(Clone, Debug)]
pub struct OrderTerms {
    /// Its id.
    pub id: i64,
    /// Its total.
    pub total: i64,
    /// The request that it is locked for.
    pub attempt: Option<u64>,
}

/// What there is before the first command.
#[derive(Clone, Debug)]
pub struct Shop {
    /// Cards, with nothing on them.
    pub cards: Vec<CardTerms>,
    /// Drafts.
    pub orders: Vec<OrderTerms>,
}

impl CardTerms {
    /// A card without limits that matter.
    pub fn wide(n: i64) -> Self {
        let most = 1_000_000_000_000;
        let (balance_max, sale_max, daily_max) = (most, most, most);
        Self { n, status: CardStatus::Active, balance_max, sale_max, daily_max, daily_count_max: most }
    }

    /// Its programme, which no other card has.
    pub fn programme(&self) -> Programme {
        Programme {
            name: String::new(),
            prefix: format!("60{:06}00", self.n),
            number_length: 19,
            template: Template::Benefit,
            status: ProgrammeStatus::Active,
            reason: String::new(),
            terms: Terms {
                balance_max: Fen(self.balance_max),
                load_max: Fen(self.balance_max),
                sale_max: Fen(self.sale_max),
                daily_max: Fen(self.daily_max),
                daily_count_max: self.daily_count_max,
                refund_window: REFUND_WINDOW,
                pin_mode: PinMode::FirstUse,
                ..Template::Benefit.usual()
            },
        }
    }

    /// The domain's card.
    pub fn card(&self) -> Card {
        Card {
            id: card_id(self.n),
            key: card_key(self.n),
            status: self.status,
            holder: String::new(),
            expires_on: None,
            pin: CardPin::Initial(pin(self.n, true)),
            pin_by: None,
            balance: Fen::ZERO,
            last: None,
            spent: Spent { on: BusinessDate(0), amount: Fen::ZERO, count: 0, month: Fen::ZERO },
            programme: card::Programme {
                id: programme_id(self.n),
                status: ProgrammeStatus::Active,
                named: true,
                balance_max: Fen(self.balance_max),
                load_max: Fen(self.balance_max),
                sale_max: Fen(self.sale_max),
                daily_max: Fen(self.daily_max),
                daily_count_max: self.daily_count_max,
                month_max: None,
                refund_window: REFUND_WINDOW,
                loss_report: true,
                pin_mode: PinMode::FirstUse,
                merchants: Vec::new(),
            },
        }
    }
}

impl OrderTerms {
    /// Two pieces of a drug and one of something else, which come to the total.
    pub fn lines(&self) -> Vec<SoldLine> {
        let drug = self.total / 3;
        let line = |line, price, quantity, drug| SoldLine { line, price: Fen(price), quantity, drug };
        let both = [line(1, drug, 2, true), line(2, self.total - 2 * drug, 1, false)];
        both.into_iter().filter(|line| line.price.is_positive()).collect()
    }

    /// The domain's order.
    pub fn order(&self) -> Order {
        Order {
            id: OrderId(self.id),
            merchant: ACTOR.merchant,
            outlet: ACTOR.outlet,
            terminal: ACTOR.terminal,
            person: ACTOR.person,
            status: OrderStatus::Draft,
            total: Fen(self.total),
            payable: true,
            attempt: self.attempt.map(request),
            paid_by: None,
            paid_at: None,
        }
    }
}

/// The till of [`ACTOR`].
pub fn till() -> Till {
    Till {
        outlet: Outlet {
            id: ACTOR.outlet,
            merchant: ACTOR.merchant,
            merchant_active: true,
            outlet_active: true,
            drug_returns: false,
        },
        terminal_active: true,
        batch: 1,
    }
}

impl Shop {
    /// The shop as books in memory.
    pub fn world(&self) -> World {
        let mut world = World::new(chain_key(), SLOT);
        world.tills.insert(ACTOR.terminal, till());
        world.reviewers.insert((ACTOR.merchant, ACTOR.outlet), BTreeMap::from([(REVIEWER, Timestamp(i64::MAX))]));
        world.fees.insert(ACTOR.merchant, None);
        let customer = Customer {
            name: CUSTOMER_NAME.to_owned(),
            status: Standing::Active,
            reason: String::new(),
            bank: bank(),
            deposit: Fen::ZERO,
            held: BTreeMap::new(),
        };
        world.customers.insert(CUSTOMER, customer);
        for card in &self.cards {
            world.put_card(card.card());
            world.programmes.insert(programme_id(card.n), card.programme());
        }
        for order in &self.orders {
            world.put_order(order.order());
            world.lines.insert(OrderId(order.id), order.lines());
        }
        world
    }

    /// Puts the shop into an empty database, in the open transaction.
    pub fn fill_database(&self, connection: &Connection) -> Result<(), StorageError> {
        insert_place(connection)?;
        for card in &self.cards {
            let id = programme_id(card.n);
            insert_programme(connection, id, &card.programme())?;
            insert_card(connection, card.n, id.0, card.status, 0)?;
        }
        for order in &self.orders {
            insert_order(connection, order, None)?;
            insert_lines(connection, order)?;
        }
        Ok(())
    }
}

/// Merchant, outlet and till of [`ACTOR`], whoever works there, the [`REVIEWER`], and the [`CUSTOMER`].
pub fn insert_place(connection: &Connection) -> sql::Result<()> {
    let (merchant, outlet, terminal) = (ACTOR.merchant.0, ACTOR.outlet.0, ACTOR.terminal.0);
    directory::insert_merchant(connection, &NewMerchant::of(merchant, &format!("{merchant:015}"), "Shop"))?;
    directory::insert_outlet(connection, &NewOutlet::of(outlet, merchant, "Shop"))?;
    directory::insert_terminal(connection, &NewTerminal::of(terminal, outlet))?;
    let sql =
        "INSERT INTO person (id, number, name, login, password_hash, must_change, password_changed_at, created_at,
            changed_at, version, status, place, human_id)
        VALUES (?1, '', '', ?2, '', 0, 0, 0, 0, 1, 'active', 'company', ?1)";
    let facts = Facts { name: CUSTOMER_NAME.to_owned(), bank: bank(), ..Facts::default() };
    customer::insert(connection, CUSTOMER, &facts, None, Timestamp(0))?;
    for person in [Who::Cashier, Who::Manager, Who::Issuer, Who::OtherIssuer].map(Who::person) {
        connection.execute(sql, params![person, format!("p{person}")])?;
    }
    let sql =
        "INSERT INTO person (id, number, name, login, password_hash, must_change, password_changed_at, created_at,
            changed_at, version, status, place, merchant_id, outlet_id, default_terminal, human_id)
        VALUES (?1, 'reviewer', 'Reviewer', 'reviewer', '', 0, 0, 0, 0, 1, 'active', 'outlet', ?2, ?3, ?4, ?1)";
    connection.execute(sql, [REVIEWER.0, merchant, outlet, terminal])?;
    connection.execute("INSERT INTO person_role (person_id, role) VALUES (?1, 'store_manager')", [REVIEWER.0])?;
    Ok(())
}

/// A programme that is the installation's own.
pub fn insert_programme(connection: &Connection, id: ProgrammeId, one: &Programme) -> sql::Result<()> {
    let (bin, series) = one.prefix.split_at(one.prefix.len() - domain::programme::SERIES_DIGITS);
    let new = NewProgramme {
        id: Some(id),
        name: one.name.clone(),
        bin: bin.to_owned(),
        series: series.to_owned(),
        number_length: one.number_length,
        template: one.template,
        status: one.status,
        terms: one.terms.clone(),
    };
    programme::insert(connection, id, &new, None, Timestamp(0))
}

/// The activation code of a card.
pub fn code(n: i64, right: bool) -> CodeValue {
    CodeValue([u8::try_from(n % 100).expect("small") + 100 * u8::from(!right); 32])
}

/// Card `n` of `programme`. A balance belongs only where the ledger is not checked.
pub fn insert_card(
    connection: &Connection,
    n: i64,
    programme: i64,
    status: CardStatus,
    balance: i64,
) -> sql::Result<()> {
    let sql =
        "INSERT INTO card (id, lookup, lookup_generation, sealed, sealed_generation, masked, programme_id, status, holder,
        expires_on, pin_state, pin, pin_generation, balance, spent_on, spent_amount, spent_count, spent_month, last_id)
        VALUES (?1, ?2, 1, ?3, 1, '', ?4, ?5, '', NULL, 'initial', ?6, 1, ?7, 0, 0, 0, 0, NULL)";
    // As long as a sealed card number: nonce, 16 digits, tag.
    let sealed = [0_u8; 44];
    let row = params![FIRST_CARD + n, card_key(n).0, sealed, programme, status.word(), pin(n, true).0, balance];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// An order: a draft, or paid by a transaction.
pub fn insert_order(connection: &Connection, order: &OrderTerms, paid_by: Option<i64>) -> sql::Result<()> {
    let sql = "INSERT INTO orders (id, number, merchant_id, outlet_id, terminal_id, person_id, status, total, payable,
        attempt, attempt_at, attempt_masked, paid_by, paid_at, open, held, prints, opened_at, changed_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, NULL, NULL, ?10, ?11, 0, 0, 0, ?12, ?12)";
    connection.prepare_cached(sql)?.execute(params![
        order.id,
        format!("261123{:05}", order.id % 100_000),
        ACTOR.merchant.0,
        ACTOR.outlet.0,
        ACTOR.terminal.0,
        ACTOR.person.0,
        if paid_by.is_some() { "paid" } else { "draft" },
        order.total,
        order.attempt.map(|n| request(n).0),
        paid_by,
        paid_by.map(|_| MORNING.0),
        MORNING.0
    ])?;
    Ok(())
}

/// The lines of an order.
fn insert_lines(connection: &Connection, order: &OrderTerms) -> sql::Result<()> {
    let sql =
        "INSERT INTO order_line (order_id, line, code, name, spec, unit, drug, list_price, price, quantity, amount,
        confirmed_by, added_at, added_by, voided_at, voided_by)
        VALUES (?1, ?2, '', '', '', '', ?3, NULL, ?4, ?5, ?6, NULL, ?7, ?8, NULL, NULL)";
    let mut insert = connection.prepare_cached(sql)?;
    for line in order.lines() {
        let SoldLine { line, price, quantity, drug } = line;
        let amount = price.0 * quantity;
        insert.execute(params![order.id, line, drug, price.0, quantity, amount, MORNING.0, ACTOR.person.0])?;
    }
    Ok(())
}
