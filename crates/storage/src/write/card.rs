//! Cards as master data. Balances are not written here: money arrives through the books.

use crate::sql::{self, Connection, OptionalExtension as _, params};
use domain::card::{CardKey, CardStatus};
use domain::card_move::{CardMove, Request};
use domain::card_number::CardNumber;
use domain::command::{Actor, Command, Envelope};
use domain::ids::{CardId, PersonId, ProgrammeId, RequestId};
use domain::money::Fen;
use domain::outcome::{Decline, Outcome};
use domain::pin::PinState;
use domain::role::{Action, Role, may};
use domain::time::{BusinessDate, Timestamp};

use crate::audit::{self, Entry};
use crate::books::lock_chain;
use crate::error::StorageError;
use crate::vault::{GENERATION, Vault};
use crate::{Books, Storage, human, people};

/// A card to insert, with nothing on it.
#[derive(Clone)]
pub struct NewCard {
    /// Its id.
    pub id: CardId,
    /// Its number.
    pub number: CardNumber,
    /// The PIN that it is made with, six digits; none for a card whose PIN comes later.
    pub pin: Option<String>,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Its state.
    pub status: CardStatus,
    /// Holder's name; empty for an anonymous card.
    pub holder: String,
    /// Last day it pays.
    pub expires_on: Option<BusinessDate>,
}

/// Inserts cards with a balance of zero.
pub async fn cards_insert(db: &Storage, vault: &Vault, cards: Vec<NewCard>) -> Result<(), StorageError> {
    let vault = vault.clone();
    db.write(move |connection| {
        let sql =
            "INSERT INTO card (id, lookup, lookup_generation, sealed, sealed_generation, masked, programme_id, status,
                holder, expires_on, pin_state, pin, pin_generation, balance, spent_on, spent_amount, spent_count,
                spent_month, last_id)
            VALUES (?1, ?2, ?3, ?4, ?3, ?11, ?5, ?6, ?7, ?8, ?12, ?9, ?3, ?10, 0, 0, 0, 0, NULL)";
        let mut insert = connection.prepare_cached(sql)?;
        for card in cards {
            let (key, sealed) = (vault.card_key(&card.number), vault.seal_number(&card.number));
            let pin = card.pin.as_ref().map(|pin| vault.pin_value(&card.number, pin).0);
            let state = if pin.is_some() { PinState::Initial } else { PinState::Unset };
            let expires_on = card.expires_on.map(|day| day.0);
            let (status, holder) = (card.status.word(), card.holder);
            insert.execute(params![
                card.id.0,
                key.0,
                GENERATION,
                sealed,
                card.programme.0,
                status,
                holder,
                expires_on,
                pin,
                Fen::ZERO.0,
                card.number.masked().0,
                state.word(),
            ])?;
        }
        Ok(())
    })
    .await
}

/// What became of an unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// PINs can be tried again.
    Done,
    /// No card has this number.
    NoSuchCard,
    /// Nobody who may do this has this login name.
    NotAllowed,
    /// It was done today: a second time needs a second person.
    Twice,
    /// The card is closed or replaced: its PIN opens nothing.
    Final,
}

/// Which card.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// That of this number.
    Number(CardKey),
    /// That with this id.
    Id(CardId),
}

/// Forgets today's wrong PINs of a card, and opens one that was locked for them: a move of the card, by one person, once a
/// day. `by` is the login name of an active person of the card company, at `address`.
pub async fn unlock(
    db: &Storage,
    books: &Books,
    which: Which,
    by: &str,
    address: &str,
    now: Timestamp,
) -> Result<Unlock, StorageError> {
    let login = people::normal_login(by);
    let found = db.read(move |connection| {
        let sql = "SELECT id FROM person WHERE login = ?1 AND status = 'active' AND place = 'company'";
        let person: Option<i64> = connection.prepare_cached(sql)?.query_row([&login], |row| row.get(0)).optional()?;
        let Some(person) = person.map(PersonId) else { return Ok(None) };
        let held = people::held(connection, person)?.into_iter();
        let roles: Vec<Role> = held.filter(|held| held.counts(now.business_date())).map(|held| held.role).collect();
        if !may(&roles, Action::UnlockCard) {
            return Ok(None);
        }
        let card = match which {
            Which::Id(id) => Some(id),
            Which::Number(key) => {
                let sql = "SELECT id FROM card WHERE lookup = ?1";
                connection.prepare_cached(sql)?.query_row([key.0], |row| row.get(0)).optional()?.map(CardId)
            }
        };
        Ok(Some((person, card)))
    });
    let Some((person, card)) = found.await? else { return Ok(Unlock::NotAllowed) };
    let Some(card) = card else { return Ok(Unlock::NoSuchCard) };
    let mut random = [0; 10];
    getrandom::fill(&mut random).expect("the operating system has random bytes");
    let asked = Request { card, made: CardMove::Unlock, reason: address.to_owned() };
    let envelope = Envelope {
        request_id: RequestId::v7(now, random),
        actor: Actor::issuer(person),
        at: now,
        entropy: 0,
        command: Command::CardMove(asked),
    };
    let outcomes = books.post(vec![envelope]).await?;
    let record = outcomes.first().and_then(Outcome::transaction);
    let done = match record.map(|record| record.decline) {
        Some(None) => Unlock::Done,
        Some(Some(Decline::NeedsSecondPerson)) => return Ok(Unlock::Twice),
        Some(Some(Decline::MoveNotAllowed { .. })) => return Ok(Unlock::Final),
        _ => return Ok(Unlock::NoSuchCard),
    };
    let address = address.to_owned();
    db.write(move |connection| {
        let entry = Entry {
            at: now,
            person: Some(person),
            merchant: None,
            terminal: None,
            action: "card_unlocked",
            subject: format!("card {card}"),
            detail: String::new(),
            address: address.clone(),
        };
        Ok(audit::insert(connection, &entry)?)
    })
    .await?;
    Ok(done)
}

/// Numbers that a person may have shown on one day. Each is for a reason of its own, so nobody copies them in bulk.
pub const NUMBERS_A_DAY: i64 = 20;

/// What became of the wish to see a card's number.
#[derive(Clone)]
pub enum NumberShown {
    /// The number, and how many the person has had shown today with this one.
    Shown(CardNumber, i64),
    /// The person has had [`NUMBERS_A_DAY`] shown today. Nothing is shown or logged.
    Enough,
    /// The human made the PIN or the activation code that the card still has: nobody has both. Nothing is shown or logged.
    MadeItsSecret,
    /// No card has this id, or the key file is not the one that its number was sealed under.
    Unreadable,
}

/// The number of a card for the person of `entry`, whose detail is the reason. It is logged before it is shown.
pub async fn number_show(
    db: &Storage,
    vault: &Vault,
    card: CardId,
    mut entry: Entry,
) -> Result<NumberShown, StorageError> {
    let vault = vault.clone();
    entry.action = NUMBER_SHOWN;
    entry.subject = format!("card {card}");
    db.write(move |connection| {
        let person = entry.person.map(|person| person.0);
        // The books must not make a secret for the card meanwhile.
        lock_chain(connection)?;
        // Two at once would both be the twentieth.
        connection.lock_name("card_number", &person.unwrap_or(0).to_string())?;
        let today = entry.at.business_date().start().unwrap_or(entry.at);
        let sql = "SELECT COUNT(*) FROM audit WHERE person_id = ?1 AND at >= ?2 AND action = 'card_number_shown'";
        let before: i64 = connection.prepare_cached(sql)?.query_row((person, today.0), |row| row.get(0))?;
        if before >= NUMBERS_A_DAY {
            return Ok(NumberShown::Enough);
        }
        if let Some(person) = entry.person
            && made_its_secret(connection, card, person, entry.at)?
        {
            return Ok(NumberShown::MadeItsSecret);
        }
        let sql = "SELECT sealed FROM card WHERE id = ?1";
        let sealed: Option<Vec<u8>> =
            connection.prepare_cached(sql)?.query_row([card.0], |row| row.get(0)).optional()?;
        let Some(number) = sealed.and_then(|sealed| vault.open_number(&sealed)) else {
            return Ok(NumberShown::Unreadable);
        };
        audit::insert(connection, &entry)?;
        Ok(NumberShown::Shown(number, before.saturating_add(1)))
    })
    .await
}

/// Whether the human behind `person` made the PIN or the activation code that a card still has.
fn made_its_secret(connection: &Connection, card: CardId, person: PersonId, now: Timestamp) -> sql::Result<bool> {
    let sql = "SELECT t.person_id FROM card c JOIN ledger_transaction t ON t.id = c.pin_id
        WHERE c.id = ?1 AND c.pin_state <> 'set' AND t.kind = 'pin_issue'";
    let made_by = connection.prepare_cached(sql)?.query_row([card.0], |row| row.get(0).map(PersonId)).optional()?;
    let Some(made_by) = made_by else { return Ok(false) };
    let logins = human::with_givers(connection, [made_by, person].into())?;
    Ok(logins.same_human(made_by, person, now))
}

/// Word of the log for a number that was shown; the schema has an index for it.
const NUMBER_SHOWN: &str = "card_number_shown";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use domain::time::HOUR;

    const NOW: Timestamp = Timestamp(1_795_400_760_000_000);

    #[tokio::test]
    async fn a_card_that_was_locked_for_wrong_pins_is_opened_once_a_day_by_those_who_may() {
        let (folder, db) = crate::fixture::open().await;
        let home = tempfile::tempdir().expect("a folder");
        let vault = Vault::open_or_create(home.path()).expect("makes keys");
        let books = Books::of(db.clone(), vault.chain_key());
        demo::seed_people(&db, NOW).await.expect("seeds");
        demo::cards::seed_cards(&db, &vault, &books, NOW).await.expect("seeds");
        let key = |number: &str| vault.card_key(&CardNumber::parse(number).expect("a number").0);
        let (locked, frozen, unknown) = (key("6086250000060066"), key("6086250000050059"), CardKey([7; 16]));
        let status = async |key: CardKey| {
            let sql = "SELECT status, EXISTS (SELECT 1 FROM pin_tries t WHERE t.lookup = c.lookup AND t.places <> '') FROM card c
                WHERE lookup = ?1";
            let read = |row: &sql::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?));
            db.read(move |connection| Ok(connection.query_row(sql, [key.0], read)?)).await.expect("reads")
        };
        let tries = move |connection: &Connection| {
            for card in [locked, frozen] {
                let sql = "INSERT INTO pin_tries VALUES (?1, 1, 20261123, 'outlet:1 5')";
                connection.execute(sql, [card.0])?;
            }
            Ok(())
        };
        db.write(tries).await.expect("writes");
        for (by, card, at, expected) in [
            ("cashier", locked, NOW, Unlock::NotAllowed),
            ("manager", locked, NOW, Unlock::NotAllowed),
            ("finance", locked, NOW, Unlock::NotAllowed),
            ("nobody", locked, NOW, Unlock::NotAllowed),
            ("agent", unknown, NOW, Unlock::NoSuchCard),
            ("agent", locked, NOW, Unlock::Done),
            ("operator", locked, NOW.plus(HOUR), Unlock::Twice),
            // What was frozen for another reason stays so; only its tries are forgotten.
            ("checker", frozen, NOW, Unlock::Done),
            ("operator", locked, NOW.plus(24 * HOUR), Unlock::Done),
        ] {
            if expected == Unlock::NotAllowed {
                assert_eq!(status(card).await, ("pin_locked".to_owned(), true));
            }
            assert_eq!(
                unlock(&db, &books, Which::Number(card), by, "local", at).await.expect("writes"),
                expected,
                "{by}"
            );
        }
        assert_eq!(status(locked).await, ("active".to_owned(), false));
        assert_eq!(status(frozen).await, ("frozen".to_owned(), false));
        assert_eq!(books.verify().await.expect("reads"), []);
        drop(folder);
    }
}
