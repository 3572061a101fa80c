//! Load and save of proposals, and of the rows that proposed acts are about.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::{self, Act, ActRows, Bank, Key, KeyState, Merchant, Money, Outlet, Payload, Person, Shown};
use domain::changes::Changes;
use domain::directory::Standing;
use domain::ids::{KeyId, MERCHANTS, MerchantId, OutletId, PersonId, TransactionId};
use domain::limits::Setting;
use domain::money::Fen;
use domain::person::{Held, PersonStatus};
use domain::proposal::{Ending, Proposal, ProposalStatus};
use domain::state::{Keys, State};
use domain::time::Timestamp;

use super::{card_batch, card_move, deposit, programme, rows, sweeps};
use crate::catalogue;
use crate::directory::{self, Company, Moved};

/// Loads what the commands of a group propose or decide on.
pub(crate) fn load(connection: &Connection, state: &mut State, keys: &Keys) -> sql::Result<()> {
    for id in &keys.proposals {
        state.proposals.loaded(*id, find(connection, *id)?);
    }
    for card in &keys.moved {
        card_move::load(connection, &mut state.acts, *card)?;
    }
    for act in &keys.acts {
        let list = match act {
            Payload::ProductPrice { list, .. } => Some(*list),
            Payload::ProductEdition { edition, .. } => crate::edition::list_of(connection, *edition)?,
            _ => None,
        };
        if let Some(list) = list {
            // Whoever writes a product has read it under this lock, so that no price is lost or approved unseen.
            connection.lock_name("catalogue", &list.0.to_string())?;
        }
        load_act(connection, &mut state.acts, act)?;
    }
    Ok(())
}

/// The rows that an act is about.
pub(crate) fn load_act(connection: &Connection, rows: &mut ActRows, act: &Payload) -> sql::Result<()> {
    match act {
        Payload::Money(money) => deposit::load(connection, rows, money)?,
        Payload::Card(card) => card_move::load(connection, rows, card.card())?,
        Payload::Programme(act) => {
            rows.programmes.loaded(act.programme(), programme::find(connection, act.programme())?);
        }
        Payload::Batch(batch) => card_batch::load(connection, rows, batch)?,
        Payload::Pin(reset) => rows.cards.loaded(reset.card, deposit::find_card(connection, reset.card)?),
        Payload::CustomerResuming { customer } => {
            rows.customers.loaded(*customer, deposit::find(connection, *customer)?);
        }
        Payload::MerchantFee { merchant, .. } => {
            load_fee(connection, rows, *merchant)?;
        }
        Payload::CompanyKey { key } => rows.keys.loaded(*key, find_key(connection, *key)?),
        Payload::MerchantOpening { merchant, .. } => {
            load_fee(connection, rows, *merchant)?;
            rows.merchants.loaded(*merchant, find_merchant(connection, *merchant)?);
        }
        Payload::MerchantBank { merchant, .. }
        | Payload::MerchantPayable { merchant, .. }
        | Payload::MerchantResuming { merchant } => {
            rows.merchants.loaded(*merchant, find_merchant(connection, *merchant)?);
        }
        Payload::OutletOpening { outlet } | Payload::OutletResuming { outlet } => {
            rows.outlets.loaded(*outlet, find_outlet(connection, *outlet)?);
        }
        Payload::CompanyRoles { person, .. }
        | Payload::PersonReset { person }
        | Payload::FactorReset { person }
        | Payload::LoginParting { person } => {
            rows.people.loaded(*person, find_person(connection, *person)?);
        }
        Payload::FactorRule { .. } => {
            rows.factor.loaded((), Some(directory::company_of(connection)?.factor_required));
        }
        Payload::RecallEnding { recall } => rows.recalls.loaded(*recall, crate::recall::row(connection, *recall)?),
        Payload::ProductPrice { list, code, .. } => {
            rows.products.loaded((*list, code.clone()), catalogue::row(connection, *list, code)?);
        }
        Payload::ProductEdition { edition, .. } => {
            rows.editions.loaded(*edition, crate::edition::row(connection, *edition)?);
        }
        Payload::GuessingLimit { .. } => rows.limits.loaded((), Some(sweeps::limits(connection)?)),
    }
    Ok(())
}

fn load_fee(connection: &Connection, rows: &mut ActRows, merchant: MerchantId) -> sql::Result<()> {
    let sql = "SELECT fee_bp FROM merchant WHERE id = ?1";
    let fee = connection.prepare_cached(sql)?.query_row([merchant.0], |row| row.get(0)).optional()?;
    rows.fees.loaded(merchant, fee.filter(|_| MERCHANTS.contains(&merchant.0)));
    Ok(())
}

/// The outlets that a decision names, and one more.
const DRAFTS: &str = "SELECT id, name FROM outlet WHERE merchant_id = ?1 AND status = 'draft' ORDER BY id LIMIT 1000";

fn find_merchant(connection: &Connection, id: MerchantId) -> sql::Result<Option<Merchant>> {
    let sql =
        "SELECT mid, name, licence, status, reason, bank_name, bank_account, bank_holder, decides_payable FROM merchant
            WHERE id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Merchant {
            mid: row.get(0)?,
            name: row.get(1)?,
            licence: row.get(2)?,
            status: rows::word(row, 3, Standing::from_word)?,
            reason: row.get(4)?,
            bank: bank(row, 5)?,
            decides_payable: row.get(8)?,
            drafts: Vec::new(),
        })
    };
    let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
    let Some(found) = found.filter(|_| MERCHANTS.contains(&id.0)) else { return Ok(None) };
    let mut drafts = connection.prepare_cached(DRAFTS)?;
    let drafts = drafts.query_map([id.0], |row| Ok((OutletId(row.get(0)?), row.get(1)?)))?;
    Ok(Some(Merchant { drafts: drafts.collect::<sql::Result<_>>()?, ..found }))
}

/// Where a merchant is paid to, from three columns.
pub(crate) fn bank(row: &Row<'_>, column: usize) -> sql::Result<Bank> {
    Ok(Bank { name: row.get(column)?, account: row.get(column + 1)?, holder: row.get(column + 2)? })
}

fn find_outlet(connection: &Connection, id: OutletId) -> sql::Result<Option<Outlet>> {
    let sql = "SELECT m.name, m.status, o.name, o.address, o.status, o.reason FROM outlet o
        JOIN merchant m ON m.id = o.merchant_id WHERE o.id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Outlet {
            merchant: row.get(0)?,
            merchant_status: rows::word(row, 1, Standing::from_word)?,
            name: row.get(2)?,
            address: row.get(3)?,
            status: rows::word(row, 4, Standing::from_word)?,
            reason: row.get(5)?,
        })
    };
    connection.prepare_cached(sql)?.query_row([id.0], read).optional()
}

/// A person.
fn find_person(connection: &Connection, id: PersonId) -> sql::Result<Option<Person>> {
    let sql = "SELECT p.name, p.login, p.status, p.password_expires_at IS NULL, p.place = 'company',
            EXISTS (SELECT 1 FROM factor f WHERE f.person_id = p.id) FROM person p WHERE p.id = ?1";
    let read = |row: &Row<'_>| {
        Ok(Person {
            at_company: row.get(4)?,
            name: row.get(0)?,
            login: row.get(1)?,
            roles: Vec::new(),
            status: rows::word(row, 2, PersonStatus::from_word)?,
            own_password: row.get(3)?,
            has_factor: row.get(5)?,
            others: String::new(),
        })
    };
    let found = connection.prepare_cached(sql)?.query_row([id.0], read).optional()?;
    let Some(found) = found.filter(|found| found.status != PersonStatus::Key) else { return Ok(None) };
    let (roles, others) = (crate::people::held(connection, id)?, other_logins(connection, id)?);
    Ok(Some(Person { roles, others, ..found }))
}

/// Names and login names of the other logins of a person's human.
fn other_logins(connection: &Connection, id: PersonId) -> sql::Result<String> {
    let sql = "SELECT o.name, o.login FROM person p JOIN person o ON o.human_id = p.human_id AND o.id <> p.id
        WHERE p.id = ?1 AND o.status <> 'key' ORDER BY o.id LIMIT 50";
    let mut statement = connection.prepare_cached(sql)?;
    let named = |row: &Row<'_>| Ok(acts::login_label(row.text(0)?, row.text(1)?));
    let others = statement.query_map([id.0], named)?.collect::<sql::Result<Vec<_>>>()?;
    Ok(others.join(acts::OTHERS_APART))
}

/// Makes a login a human of its own, with its keys. Logins that bore its name as their human's take the next one's.
fn part(connection: &Connection, person: PersonId) -> sql::Result<()> {
    let sql = "SELECT o.id FROM person p JOIN person o ON o.human_id = p.human_id JOIN api_key k ON k.person_id = o.id
        WHERE p.id = ?1 AND k.created_by = ?1";
    let mut keys = connection.prepare_cached(sql)?;
    let keys = keys.query_map([person.0], |row| row.get::<_, i64>(0))?.collect::<sql::Result<Vec<_>>>()?;
    let sql = "SELECT MIN(o.id) FROM person p JOIN person o ON o.human_id = p.human_id
        WHERE p.id = ?1 AND p.human_id = p.id AND o.id <> p.id AND o.status <> 'key'";
    let next: Option<i64> = connection.prepare_cached(sql)?.query_row([person.0], |row| row.get(0))?;
    if let Some(next) = next {
        let sql = "UPDATE person SET human_id = ?2 WHERE human_id = ?1";
        connection.prepare_cached(sql)?.execute([person.0, next])?;
    }
    for one in keys.into_iter().chain([person.0]) {
        let sql = "UPDATE person SET human_id = ?2, joined_at = NULL WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([one, person.0])?;
    }
    Ok(())
}

/// Gives a person exactly these roles; a stopped login returns.
fn give_roles(connection: &Connection, person: PersonId, roles: &[Held], on: &Approval) -> sql::Result<()> {
    connection.prepare_cached("DELETE FROM person_role WHERE person_id = ?1")?.execute([person.0])?;
    for held in roles {
        let sql = "INSERT INTO person_role (person_id, role, ends_on, given_by) VALUES (?1, ?2, ?3, ?4)";
        let values = params![person.0, held.role.word(), held.ends_on.map(|day| day.0), on.id.0];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    let sql =
        "UPDATE person SET status = CASE WHEN status <> 'disabled' THEN status
                WHEN password_expires_at IS NOT NULL THEN 'invited' ELSE 'active' END, changed_at = ?2, version = version + 1 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute([person.0, on.at.0])?;
    Ok(())
}

/// What approved an act.
struct Approval {
    id: TransactionId,
    maker: PersonId,
    by: PersonId,
    at: Timestamp,
}

/// Writes what an approved act changes.
fn save_act(connection: &Connection, act: &Payload, approval: &Approval) -> sql::Result<()> {
    let Approval { by, at, maker, .. } = *approval;
    let on = Moved { by: Some(by), at, reason: "" };
    match act {
        Payload::Money(Money::Funding { reference, .. }) => {
            deposit::save_reference(connection, reference, approval.id)?;
        }
        Payload::Batch(batch) => card_batch::save(connection, batch, approval.id, at)?,
        // Money is in the approval's transfer and in `Changes::deposits`, a PIN that is taken away in `Changes::pins`, a
        // programme in `Changes::programmes`; `card_move::save` writes moves of cards with those that one person makes.
        Payload::Money(_) | Payload::Pin(_) | Payload::Programme(_) | Payload::Card(_) => {}
        Payload::CustomerResuming { customer } => deposit::resume(connection, *customer, by.0, at)?,
        Payload::MerchantFee { merchant, fee_bp } => {
            let sql = "UPDATE merchant SET fee_bp = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([merchant.0, *fee_bp])?;
        }
        Payload::CompanyKey { key } => {
            let sql = "UPDATE api_key SET asleep = 0 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([key.0])?;
        }
        Payload::MerchantOpening { merchant, fee_bp, bank } => {
            let sql = "UPDATE merchant SET fee_bp = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([merchant.0, *fee_bp])?;
            save_bank(connection, *merchant, bank)?;
            directory::set_merchant(connection, *merchant, Standing::Active, &on)?;
            let mut drafts =
                connection.prepare_cached("SELECT id FROM outlet WHERE merchant_id = ?1 AND status = 'draft'")?;
            let drafts = drafts.query_map([merchant.0], |row| row.get(0).map(OutletId))?;
            for outlet in drafts.collect::<sql::Result<Vec<_>>>()? {
                directory::set_outlet(connection, outlet, Standing::Active, &on)?;
            }
        }
        Payload::MerchantBank { merchant, bank } => save_bank(connection, *merchant, bank)?,
        Payload::MerchantPayable { merchant, decides } => {
            let sql = "UPDATE merchant SET decides_payable = ?2, changed_at = ?3, version = version + 1 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute(params![merchant.0, *decides, at.0])?;
        }
        Payload::MerchantResuming { merchant } => {
            directory::set_merchant(connection, *merchant, Standing::Active, &on)?;
        }
        Payload::OutletOpening { outlet } | Payload::OutletResuming { outlet } => {
            directory::set_outlet(connection, *outlet, Standing::Active, &on)?;
        }
        Payload::CompanyRoles { person, roles } => give_roles(connection, *person, roles, approval)?,
        Payload::PersonReset { person } => {
            // The maker gives an initial password once this is done.
            let sql = "UPDATE person SET password_hash = ?2, must_change = 1, password_changed_at = ?3,
                    password_expires_at = ?3, given_by = ?4, given_at = ?3, changed_at = ?3, version = version + 1
                WHERE id = ?1";
            let hash = crate::password::NOBODY;
            connection.prepare_cached(sql)?.execute(params![person.0, hash, at.0, maker.0])?;
            crate::factor::remove(connection, *person)?;
        }
        Payload::FactorReset { person } => {
            crate::factor::take_away(connection, *person, Some(maker), at)?;
        }
        Payload::LoginParting { person } => part(connection, *person)?,
        Payload::RecallEnding { recall } => crate::recall::end(connection, *recall, at)?,
        Payload::ProductPrice { list, code, prices } => {
            catalogue::set_prices(connection, (*list, code), *prices, maker, at)?;
        }
        Payload::ProductEdition { edition, effective_at } => {
            crate::edition::release(connection, *edition, *effective_at, maker, at)?;
        }
        Payload::GuessingLimit { setting, value } => save_limit(connection, *setting, *value)?,
        Payload::FactorRule { required } => {
            let now = directory::company_of(connection)?;
            let company = Company { factor_required: *required, version: now.version + 1, ..now };
            directory::put_company(connection, &company, Some(by), at)?;
        }
    }
    Ok(())
}

fn save_limit(connection: &Connection, setting: Setting, value: u16) -> sql::Result<()> {
    let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.prepare_cached(sql)?.execute(params![setting.word(), i64::from(value)])?;
    Ok(())
}

fn save_bank(connection: &Connection, merchant: MerchantId, bank: &Bank) -> sql::Result<()> {
    let sql = "UPDATE merchant SET bank_name = ?2, bank_account = ?3, bank_holder = ?4 WHERE id = ?1";
    let values = params![merchant.0, &bank.name, &bank.account, &bank.holder];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(crate) const KEY_COLUMNS: &str = "k.id, k.name, k.merchant_id, k.outlet_id, k.signed, k.rate_max, \
     k.expires_at, k.asleep, k.revoked_at IS NOT NULL, p.place = 'company', k.terminal, k.may_read, k.may_sell, \
     k.may_refund, k.may_catalogue, k.may_webhooks";

pub(crate) const KEYS: &str = "api_key k JOIN person p ON p.id = k.created_by";

fn find_key(connection: &Connection, id: KeyId) -> sql::Result<Option<Key>> {
    let sql = format!("SELECT {KEY_COLUMNS} FROM {KEYS} WHERE k.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], key).optional()
}

/// A key, from [`KEY_COLUMNS`].
pub(crate) fn key(row: &Row<'_>) -> sql::Result<Key> {
    let bound: [Option<i64>; 2] = [row.get(3)?, row.get(10)?];
    let mut scopes = Vec::new();
    for (column, scope) in (11..).zip(crate::api_key::Scope::ALL) {
        if row.get(column)? {
            scopes.push(scope.word());
        }
    }
    let state = match (row.get(8)?, row.get(7)?) {
        (true, _) => KeyState::Ended,
        (false, true) => KeyState::Asleep,
        (false, false) => KeyState::Awake,
    };
    Ok(Key {
        id: KeyId(row.get(0)?),
        name: row.get(1)?,
        merchant: MerchantId(row.get::<_, Option<i64>>(2)?.unwrap_or_default()),
        bound: bound.into_iter().flatten().map(|id| id.to_string()).collect::<Vec<_>>().join("/"),
        scopes: scopes.join(" "),
        signed: row.get(4)?,
        rate_max: row.get(5)?,
        expires_at: Timestamp(row.get(6)?),
        state,
        by_company: row.get(9)?,
    })
}

pub(crate) const COLUMNS: &str = "p.id, p.act, p.subject, p.status, p.amount, p.count, p.payload, p.seen, p.maker_id, \
     p.made_at, p.expires_at, p.checker_id, p.decided_at, p.opinion, p.shown_digest, p.decided_by";

/// A proposal, from [`COLUMNS`].
pub(crate) fn proposal(row: &Row<'_>) -> sql::Result<Proposal> {
    let (act, text) = (rows::word(row, 1, Act::from_word)?, row.get::<_, String>(6)?);
    let payload = Payload::read(act, row.get(2)?, &text);
    let payload = payload.ok_or_else(|| sql::Error::unreadable(6, "not a payload of its act"))?;
    let seen = Shown::read(&row.get::<_, String>(7)?);
    let (amount, count) = (Fen(row.get(4)?), row.get::<_, i64>(5)?);
    if (amount, count) != (payload.amount(), payload.count()) {
        return Err(sql::Error::unreadable(4, "not the amount or the count of its payload"));
    }
    let (status, maker) = (rows::word(row, 3, ProposalStatus::from_word)?, PersonId(row.get(8)?));
    Ok(Proposal {
        id: TransactionId(row.get(0)?),
        payload,
        seen: seen.ok_or_else(|| sql::Error::unreadable(7, "not what somebody was shown"))?,
        status,
        maker,
        made_at: Timestamp(row.get(9)?),
        expires_at: Timestamp(row.get(10)?),
        ending: ending(row, status, maker)?,
    })
}

fn ending(row: &Row<'_>, status: ProposalStatus, maker: PersonId) -> sql::Result<Option<Ending>> {
    let checker = row.get::<_, Option<i64>>(11)?.map(PersonId);
    let (at, opinion): (Option<i64>, String) = (row.get(12)?, row.get(13)?);
    let (shown, transaction): (Option<[u8; 32]>, Option<i64>) = (row.get(14)?, row.get(15)?);
    let by = if status == ProposalStatus::Withdrawn { checker.is_none().then_some(maker) } else { checker };
    match (by, at, transaction) {
        (None, None, None) if opinion.is_empty() && shown.is_none() => Ok(None),
        (Some(by), Some(at), Some(transaction)) => {
            let (at, transaction) = (Timestamp(at), TransactionId(transaction));
            Ok(Some(Ending { by, at, opinion, shown, transaction }))
        }
        _ => Err(sql::Error::unreadable(11, "half of a decision")),
    }
}

/// A proposal by its number.
pub(crate) fn find(connection: &Connection, id: TransactionId) -> sql::Result<Option<Proposal>> {
    let sql = format!("SELECT {COLUMNS} FROM proposal p WHERE p.id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], proposal).optional()
}

/// Writes proposals as they are afterwards, and what approved acts change.
pub(crate) fn save(connection: &Connection, changes: &Changes) -> sql::Result<()> {
    for one in changes.proposals.values() {
        let ending = one.ending.as_ref();
        let decided = one.status != ProposalStatus::Withdrawn;
        let checker = ending.filter(|_| decided).map(|ending| ending.by.0);
        let (at, by) = (ending.map(|ending| ending.at.0), ending.map(|ending| ending.transaction.0));
        let opinion = ending.map_or("", |ending| ending.opinion.as_str());
        let shown = ending.and_then(|ending| ending.shown);
        let sql = "UPDATE proposal SET status = ?2, checker_id = ?3, decided_at = ?4, opinion = ?5, shown_digest = ?6,
            decided_by = ?7 WHERE id = ?1";
        let change = params![one.id.0, one.status.word(), checker, at, opinion, shown, by];
        if connection.prepare_cached(sql)?.execute(change)? > 0 {
            continue;
        }
        let sql = "INSERT INTO proposal (id, act, subject, status, amount, count, payload, seen, maker_id, made_at,
                expires_at, checker_id, decided_at, opinion, shown_digest, decided_by)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
        let payload = &one.payload;
        connection.prepare_cached(sql)?.execute(params![
            one.id.0,
            payload.act().word(),
            payload.subject(),
            one.status.word(),
            payload.amount().0,
            payload.count(),
            payload.text(),
            one.seen.text(),
            one.maker.0,
            one.made_at.0,
            one.expires_at.0,
            checker,
            at,
            opinion,
            shown,
            by,
        ])?;
    }
    for act in &changes.acts {
        let approved = |one: &&Proposal| one.status == ProposalStatus::Approved && one.payload == *act;
        let one = changes.proposals.values().find(approved);
        let approval = one.and_then(|one| {
            let end = one.ending.as_ref()?;
            Some(Approval { id: end.transaction, maker: one.maker, by: end.by, at: end.at })
        });
        let approval = approval.ok_or_else(|| sql::Error::unreadable(0, "an act without its approval"))?;
        save_act(connection, act, &approval)?;
    }
    card_move::save(connection, changes)?;
    deposit::save(connection, changes)
}
