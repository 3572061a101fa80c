//! Keys of programs that act for a merchant: made once, shown once, stored as a hash, ended at once.
//!
//! What must stay true: a key reaches its merchant's rows only, and its outlet's if it is bound to one; it acts as a
//! person of its own behind whom its maker stands; it sleeps while its maker could not make it. One with power over money
//! or goods that the card company makes sleeps until another person of the company has approved its proposal.

use crate::sql::{self, Connection, OptionalExtension as _, Row, params};
use domain::acts::HARMLESS_SCOPES;
use domain::ids::{MerchantId, OutletId, PersonId, TerminalId};
use domain::place::Place;
use domain::time::{HOUR, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::audit::{self, Entry};
use crate::books::rows::word;
use crate::human;
use crate::people::{self, NewPerson};
use crate::product_list::Lists;
use crate::vault::hex;
use crate::{Storage, StorageError};

/// What every token begins with, so that scanners for leaked secrets can know it.
const PREFIX: &str = "wpos_";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 24;
/// Use is written down at most this often.
const SEEN_EVERY: i64 = HOUR / 60;
/// How long a nonce is remembered: twice what a signature's time may be off, and a margin.
const NONCE_LIFE: i64 = HOUR / 4;
/// Requests per minute that a key may make unless somebody decides otherwise.
pub const RATE_MAX: u32 = 600;

pub use domain::ids::KeyId;

domain::words! {
    /// What a key may do.
    pub enum Scope {
        /// Read orders, transactions and statements.
        Read = "read",
        /// Take payments, ask for balances, reverse.
        Sell = "sell",
        /// Ask for refunds and decide on others' requests.
        Refund = "refund",
        /// Change the catalogue.
        Catalogue = "catalogue",
        /// Create, change and end webhook endpoints.
        Webhooks = "webhooks",
    }
}

impl Scope {
    /// Gives no power over money or goods.
    pub fn is_harmless(self) -> bool {
        HARMLESS_SCOPES.contains(&self.word())
    }
}

domain::words! {
    /// Why a key sleeps: its maker could not make it now, or not alone. It wakes when that is over.
    pub enum Asleep {
        /// Another person of the company has not approved it yet.
        Waits = "waits",
        /// The maker is disabled.
        Disabled = "disabled",
        /// The maker's password was reset, and the maker has not set another one yet.
        Reset = "reset",
        /// The maker has lost the right to make keys.
        NoRight = "no_right",
    }
}

/// Why a key was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMade {
    /// The place is not the merchant's.
    Place,
    /// The merchant has a live key of this name.
    Name,
    /// The maker's password was set by somebody else a short while ago, who would then have a key of the maker's.
    MakerIsGiven,
    /// The key to renew is out of reach, has ended or was renewed before.
    NoSuchKey,
}

/// A key as lists and the door for programs know it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its number.
    pub id: KeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// The only outlet it reaches.
    pub outlet: Option<OutletId>,
    /// The only terminal it sells at.
    pub terminal: Option<TerminalId>,
    /// The person it acts as.
    pub person: PersonId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Every request has to be signed.
    pub signed: bool,
    /// Requests per minute.
    pub rate_max: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: PersonId,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
    /// Last use, to the minute.
    pub seen_at: Option<Timestamp>,
    /// Network address of that use.
    pub address: String,
    /// The key that took its place, while this one is still good.
    pub replaced_by: Option<KeyId>,
    /// Why it opens nothing for now.
    pub asleep: Option<Asleep>,
    /// The price lists of its outlet, or of its merchant.
    pub lists: Lists,
    /// The merchant is in business.
    trading: bool,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    pub fn alive(&self, now: Timestamp) -> bool {
        self.trading && self.asleep.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Whose it is.
    pub merchant: MerchantId,
    /// The only outlet it reaches, if not all.
    pub outlet: Option<OutletId>,
    /// The only terminal it sells at, if not all.
    pub terminal: Option<TerminalId>,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Every request has to be signed.
    pub signed: bool,
    /// Requests per minute.
    pub rate_max: u32,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl NewKey {
    /// Whether it has power over money or goods.
    pub fn has_power(&self) -> bool {
        !self.scopes.iter().all(|scope| scope.is_harmless())
    }

    /// Where it may act.
    fn place(&self) -> Place {
        self.outlet.map_or(Place::Merchant(self.merchant), |outlet| Place::Outlet(self.merchant, outlet))
    }
}

/// A fresh secret.
pub fn secret() -> String {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    hex(&bytes)
}

/// What the program sends: the key's number and its secret.
pub fn token(id: KeyId, secret: &str) -> String {
    format!("{PREFIX}{id}_{secret}")
}

/// Number and secret of a token.
pub fn parse_token(token: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let plain = id.len() < 19 && id.bytes().all(|byte| byte.is_ascii_digit());
    Some((KeyId(id.parse().ok().filter(|_| plain)?), secret))
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Makes a key with `secret` and the person it acts as. `entry` tells who made it.
pub async fn create(
    db: &Storage,
    key: NewKey,
    secret: String,
    entry: Entry,
) -> Result<Result<KeyId, NotMade>, StorageError> {
    db.write(move |connection| {
        if let Some(refused) = maker_refused(connection, &key.scopes, &entry)? {
            return Ok(Err(refused));
        }
        insert(connection, &key, &secret, &entry)
    })
    .await
}

/// Makes another key like `id`, which is good for `overlap` microseconds more, so that a program can change over. `reach`
/// says whose keys; `entry` who renews and from then on stands behind the new key.
pub async fn renew(
    db: &Storage,
    id: KeyId,
    reach: (Option<MerchantId>, Option<OutletId>),
    overlap: i64,
    secret: String,
    entry: Entry,
) -> Result<Result<KeyId, NotMade>, StorageError> {
    db.write(move |connection| {
        connection.lock_name("api_key", "")?;
        let sql = format!("{SELECT} WHERE k.id = ?1");
        let old = connection.prepare_cached(&sql)?.query_row([id.0], read).optional()?;
        let (merchant, outlet) = reach;
        let reached = |old: &ApiKey| {
            merchant.is_none_or(|own| own == old.merchant) && outlet.is_none_or(|own| Some(own) == old.outlet)
        };
        let good = |old: &ApiKey| old.revoked_at.is_none() && old.replaced_by.is_none() && entry.at < old.expires_at;
        let Some(old) = old.filter(reached).filter(good) else { return Ok(Err(NotMade::NoSuchKey)) };
        if let Some(refused) = maker_refused(connection, &old.scopes, &entry)? {
            return Ok(Err(refused));
        }
        let key = NewKey {
            merchant: old.merchant,
            outlet: old.outlet,
            terminal: old.terminal,
            name: old.name.clone(),
            scopes: old.scopes.clone(),
            signed: old.signed,
            rate_max: old.rate_max,
            expires_at: entry.at.plus(old.expires_at.since(old.created_at)),
        };
        let new = put(connection, &key, &secret, &entry)?;
        let end = old.expires_at.min(entry.at.plus(overlap));
        let sql = "UPDATE api_key SET expires_at = ?2, replaced_by = ?3 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([id.0, end.0, new.0])?;
        Ok(Ok(new))
    })
    .await
}

/// Why the person of `entry` may not give `scopes`.
fn maker_refused(connection: &Connection, scopes: &[Scope], entry: &Entry) -> Result<Option<NotMade>, StorageError> {
    if scopes.iter().all(|scope| scope.is_harmless()) {
        return Ok(None);
    }
    let Some(maker) = entry.person else { return Ok(None) };
    let given = human::of(connection, maker)?.is_given(maker, entry.at);
    Ok(given.then_some(NotMade::MakerIsGiven))
}

/// Makes a key without asking who may, for demo data too.
pub(crate) fn insert(
    connection: &Connection,
    key: &NewKey,
    secret: &str,
    entry: &Entry,
) -> Result<Result<KeyId, NotMade>, StorageError> {
    if !within_merchant(connection, key)? {
        return Ok(Err(NotMade::Place));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM api_key WHERE merchant_id = ?1 AND name = ?2 AND revoked_at IS NULL
        AND replaced_by IS NULL)";
    if connection.prepare_cached(sql)?.query_row(params![key.merchant.0, key.name], |row| row.get(0))? {
        return Ok(Err(NotMade::Name));
    }
    put(connection, key, secret, entry).map(Ok)
}

/// Writes a key and the person it acts as.
fn put(connection: &Connection, key: &NewKey, secret: &str, entry: &Entry) -> Result<KeyId, StorageError> {
    let key = &NewKey { outlet: outlet_of(connection, key)?, ..key.clone() };
    let id: i64 = connection
        .prepare_cached("SELECT COALESCE(MAX(id), 1000) + 1 FROM api_key")?
        .query_row([], |row| row.get(0))?;
    let person = people::next_id(connection)?;
    let maker = made_by(connection, entry)?;
    // The single place of this rule: keys of the company with power over money or goods take two persons.
    let asleep = key.has_power() && maker.is_none_or(|(_, of_company)| of_company);
    let acting = NewPerson {
        number: format!("K{id}"),
        name: key.name.clone(),
        // No form of sign-in sends a login name like this to somebody who is active.
        login: format!("key {id}"),
        password_hash: crate::password::NOBODY.to_owned(),
        must_change: false,
        roles: Vec::new(),
        place: key.place(),
        terminal: key.terminal.filter(|_| key.outlet.is_some()),
        human: maker.map(|(human, _)| human),
        given_by: None,
        phone: None,
        language: None,
        ends_on: None,
    };
    people::insert_person(connection, person, &acting, entry.at)?;
    connection.prepare_cached("UPDATE person SET status = 'key' WHERE id = ?1")?.execute([person.0])?;
    let may = |scope| key.scopes.contains(&scope);
    connection
        .prepare_cached(
            "INSERT INTO api_key (id, place, merchant_id, outlet_id, terminal, person_id, name, secret_hash, may_read,
                                  may_sell, may_refund, may_catalogue, may_webhooks, signed, rate_max, created_at,
                                  created_by, expires_at, asleep, revoked_at, revoked_by, replaced_by, seen_at,
                                  address)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, NULL, NULL,
                     NULL, NULL, '')",
        )?
        .execute(params![
            id,
            key.place().word(),
            key.merchant.0,
            key.outlet.map(|id| id.0),
            key.terminal.map(|id| id.0),
            person.0,
            key.name,
            hash(secret),
            may(Scope::Read),
            may(Scope::Sell),
            may(Scope::Refund),
            may(Scope::Catalogue),
            may(Scope::Webhooks),
            key.signed,
            key.rate_max,
            entry.at.0,
            entry.person.map(|person| person.0),
            key.expires_at.0,
            asleep,
        ])?;
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
    let detail = format!("merchant {}, {}", key.merchant, scopes.join(" "));
    let subject = format!("{id} {}", key.name);
    audit::insert(connection, &Entry { subject, detail, merchant: Some(key.merchant), ..entry.clone() })?;
    Ok(KeyId(id))
}

/// Whether the outlet and the terminal that the key is bound to are the merchant's.
fn within_merchant(connection: &Connection, key: &NewKey) -> sql::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outlet o JOIN terminal t ON t.outlet_id = o.id
        WHERE o.merchant_id = ?1 AND (?2 IS NULL OR o.id = ?2) AND (?3 IS NULL OR t.id = ?3))";
    let bound = params![key.merchant.0, key.outlet.map(|id| id.0), key.terminal.map(|id| id.0)];
    connection.prepare_cached(sql)?.query_row(bound, |row| row.get(0))
}

/// The outlet of the key: of its terminal, if it is bound to one.
fn outlet_of(connection: &Connection, key: &NewKey) -> sql::Result<Option<OutletId>> {
    let Some(terminal) = key.terminal else { return Ok(key.outlet) };
    let sql = "SELECT outlet_id FROM terminal WHERE id = ?1";
    connection.prepare_cached(sql)?.query_row([terminal.0], |row| row.get(0).map(OutletId)).optional()
}

/// The human who makes the key and stands behind what it does, and whether that is a person of the card company.
fn made_by(connection: &Connection, entry: &Entry) -> sql::Result<Option<(PersonId, bool)>> {
    let sql = "SELECT human_id, place = 'company' FROM person WHERE id = ?1";
    let maker = entry.person.map(|person| person.0);
    let read = |row: &Row<'_>| Ok((PersonId(row.get(0)?), row.get(1)?));
    connection.prepare_cached(sql)?.query_row([maker], read).optional()
}

/// Keys as [`read`] reads them. The roles are those that may make keys; a test holds them to it.
const SELECT: &str = "SELECT k.id, k.merchant_id, m.name, k.outlet_id, k.terminal, k.person_id, k.name, k.may_read, \
     k.may_sell, k.may_refund, k.may_catalogue, k.may_webhooks, k.signed, k.rate_max, k.created_at, k.created_by, \
     k.expires_at, k.revoked_at, k.seen_at, k.address, k.replaced_by, m.status = 'active', \
     CASE WHEN k.asleep = 1 THEN 'waits' WHEN c.status NOT IN ('active', 'invited') THEN 'disabled' WHEN c.must_change = 1 THEN 'reset' \
     WHEN NOT EXISTS (SELECT 1 FROM person_role r WHERE r.person_id = c.id \
     AND r.role IN ('store_manager', 'chain_manager', 'admin')) THEN 'no_right' END, k.secret_hash, \
     l.id, l.parent_id, a.parent_id \
     FROM api_key k JOIN merchant m ON m.id = k.merchant_id JOIN person c ON c.id = k.created_by \
     LEFT JOIN outlet o ON o.id = k.outlet_id JOIN product_list l ON l.id = COALESCE(o.list_id, k.merchant_id) \
     LEFT JOIN product_list a ON a.id = l.parent_id";

fn read(row: &Row<'_>) -> sql::Result<ApiKey> {
    let moment = |index| row.get::<_, Option<i64>>(index).map(|at| at.map(Timestamp));
    let mut scopes = Vec::new();
    for (index, scope) in (7..).zip(Scope::ALL) {
        if row.get(index)? {
            scopes.push(scope);
        }
    }
    Ok(ApiKey {
        id: KeyId(row.get(0)?),
        merchant: MerchantId(row.get(1)?),
        merchant_name: row.get(2)?,
        outlet: row.get::<_, Option<i64>>(3)?.map(OutletId),
        terminal: row.get::<_, Option<i64>>(4)?.map(TerminalId),
        person: PersonId(row.get(5)?),
        name: row.get(6)?,
        scopes,
        signed: row.get(12)?,
        rate_max: row.get(13)?,
        created_at: Timestamp(row.get(14)?),
        created_by: PersonId(row.get(15)?),
        expires_at: Timestamp(row.get(16)?),
        revoked_at: moment(17)?,
        seen_at: moment(18)?,
        address: row.get(19)?,
        replaced_by: row.get::<_, Option<i64>>(20)?.map(KeyId),
        trading: row.get(21)?,
        lists: Lists::read(row, 24)?,
        asleep: match row.get::<_, Option<String>>(22)? {
            Some(_) => Some(word(row, 22, Asleep::from_word)?),
            None => None,
        },
    })
}

/// A key as it is stored, for those who have its secret.
#[derive(Clone)]
pub struct Stored {
    key: ApiKey,
    hash: [u8; 32],
}

impl Stored {
    /// The key, dead ones too, if `secret` is its secret. Compares in constant time.
    pub fn opened_by(&self, secret: &str) -> Option<&ApiKey> {
        bool::from(self.hash.ct_eq(&hash(secret))).then_some(&self.key)
    }
}

/// The key with this number.
pub async fn stored(db: &Storage, id: KeyId) -> Result<Option<Stored>, StorageError> {
    db.read_by_key(move |connection| {
        let sql = format!("{SELECT} WHERE k.id = ?1");
        let read = |row: &Row<'_>| Ok(Stored { key: read(row)?, hash: row.get(23)? });
        Ok(connection.prepare_cached(&sql)?.query_row([id.0], read).optional()?)
    })
    .await
}

/// The key that `secret` belongs to, dead ones too.
pub async fn find(db: &Storage, id: KeyId, secret: &str) -> Result<Option<ApiKey>, StorageError> {
    Ok(stored(db, id).await?.and_then(|stored| stored.opened_by(secret).cloned()))
}

/// Keys, newest first; of one merchant, or of one outlet, or all.
pub async fn list(
    db: &Storage,
    merchant: Option<MerchantId>,
    outlet: Option<OutletId>,
) -> Result<Vec<ApiKey>, StorageError> {
    db.read(move |connection| {
        let sql = format!(
            "{SELECT} WHERE (?1 IS NULL OR k.merchant_id = ?1) AND (?2 IS NULL OR k.outlet_id = ?2) ORDER BY k.id DESC LIMIT 200"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![merchant.map(|id| id.0), outlet.map(|id| id.0)], read)?;
        Ok(rows.collect::<sql::Result<_>>()?)
    })
    .await
}

/// How many keys that no other replaces end by themselves within `term` microseconds.
pub async fn ending(db: &Storage, now: Timestamp, term: i64) -> Result<u32, StorageError> {
    db.read(move |connection| {
        let sql = "SELECT COUNT(*) FROM api_key WHERE revoked_at IS NULL AND replaced_by IS NULL AND expires_at > ?1
            AND expires_at <= ?2";
        let count: i64 = connection.prepare_cached(sql)?.query_row((now.0, now.plus(term).0), |row| row.get(0))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    })
    .await
}

/// Ends a key. `false` when there is none within reach, or it was ended before.
pub async fn revoke(
    db: &Storage,
    id: KeyId,
    merchant: Option<MerchantId>,
    outlet: Option<OutletId>,
    entry: Entry,
) -> Result<bool, StorageError> {
    db.write(move |connection| {
        let sql = "UPDATE api_key SET revoked_at = ?2, revoked_by = ?3 WHERE id = ?1 AND revoked_at IS NULL
            AND (?4 IS NULL OR merchant_id = ?4) AND (?5 IS NULL OR outlet_id = ?5)";
        let (by, merchant) = (entry.person.map(|person| person.0), merchant.map(|id| id.0));
        let parameters = params![id.0, entry.at.0, by, merchant, outlet.map(|id| id.0)];
        let ended = connection.prepare_cached(sql)?.execute(parameters)? == 1;
        if ended {
            audit::insert(connection, &entry)?;
        }
        Ok(ended)
    })
    .await
}

/// Writes down that the key was used, at most once a minute.
pub async fn seen(db: &Storage, key: &ApiKey, address: String, now: Timestamp) -> Result<(), StorageError> {
    if key.seen_at.is_some_and(|seen| now.since(seen) < SEEN_EVERY) {
        return Ok(());
    }
    let id = key.id;
    db.write(move |connection| {
        connection
            .prepare_cached("UPDATE api_key SET seen_at = ?2, address = ?3 WHERE id = ?1")?
            .execute(params![id.0, now.0, address])?;
        Ok(())
    })
    .await
}

/// Uses up a nonce. `false` when it was used before.
pub async fn nonce_use(db: &Storage, key: KeyId, nonce: String, now: Timestamp) -> Result<bool, StorageError> {
    db.write(move |connection| {
        connection.prepare_cached("DELETE FROM api_nonce WHERE at < ?1")?.execute([now.plus(-NONCE_LIFE).0])?;
        let sql = "INSERT INTO api_nonce (key_id, nonce, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        Ok(connection.prepare_cached(sql)?.execute(params![key.0, nonce, now.0])? == 1)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;

    const NOW: Timestamp = Timestamp(1_795_000_000_000_000);

    fn entry() -> Entry {
        Entry {
            at: NOW,
            person: Some(PersonId(1002)),
            merchant: None,
            terminal: None,
            action: "api_key_created",
            subject: String::new(),
            detail: String::new(),
            address: "local".to_owned(),
        }
    }

    fn new_key(name: &str) -> NewKey {
        NewKey {
            merchant: MerchantId(250_100),
            outlet: None,
            terminal: None,
            name: name.to_owned(),
            scopes: vec![Scope::Read, Scope::Refund],
            signed: false,
            rate_max: 60,
            expires_at: NOW.plus(24 * HOUR),
        }
    }

    async fn shop() -> (crate::fixture::Fixture, Storage) {
        let (folder, db) = crate::fixture::open().await;
        demo::seed_people(&db, NOW).await.expect("seeds");
        (folder, db)
    }

    #[test]
    fn tokens_are_read_strictly() {
        assert_eq!(parse_token("wpos_7_abc"), Some((KeyId(7), "abc")));
        for bad in
            ["", "wpos_", "wpos_7", "wpos_x_a", "wpos_-7_a", "wpos_+7_a", "Wpos_7_a", "wpos_99999999999999999999_a"]
        {
            assert_eq!(parse_token(bad), None, "{bad}");
        }
        assert_eq!(secret().len(), 2 * SECRET_BYTES);
        assert_ne!(secret(), secret());
    }

    #[tokio::test]
    async fn a_key_opens_with_its_secret_until_it_is_revoked_or_expires() {
        let (_folder, db) = shop().await;
        let id = create(&db, new_key("ERP"), "s3cret".to_owned(), entry()).await.expect("writes").expect("made");
        assert!(find(&db, id, "s3creT").await.expect("reads").is_none());
        assert!(find(&db, KeyId(id.0 + 1), "s3cret").await.expect("reads").is_none());
        let key = find(&db, id, "s3cret").await.expect("reads").expect("found");
        assert_eq!((key.scopes.as_slice(), key.created_by), (&[Scope::Read, Scope::Refund][..], PersonId(1002)));
        assert!(key.alive(NOW) && !key.alive(key.expires_at));
        assert!(
            !crate::people::account(&db, &format!("key {id}"))
                .await
                .expect("reads")
                .expect("a person")
                .status
                .signs_in()
        );
        let other = Some(MerchantId(250_200));
        assert!(!revoke(&db, id, other, None, entry()).await.expect("writes"));
        assert!(revoke(&db, id, Some(key.merchant), None, entry()).await.expect("writes"));
        assert!(!find(&db, id, "s3cret").await.expect("reads").expect("found").alive(NOW));
        assert_eq!(list(&db, other, None).await.expect("reads").len(), 0);
        assert_eq!(list(&db, Some(key.merchant), None).await.expect("reads").len(), 1);
    }

    #[tokio::test]
    async fn a_key_is_bound_to_places_of_its_merchant_and_names_are_told_apart() {
        let (_folder, db) = shop().await;
        let foreign = NewKey { terminal: Some(TerminalId(25_020_001)), ..new_key("ERP") };
        assert_eq!(create(&db, foreign, secret(), entry()).await.expect("writes"), Err(NotMade::Place));
        assert!(create(&db, new_key("ERP"), secret(), entry()).await.expect("writes").is_ok());
        assert_eq!(create(&db, new_key("ERP"), secret(), entry()).await.expect("writes"), Err(NotMade::Name));
        assert!(create(&db, new_key("ERP 2"), secret(), entry()).await.expect("writes").is_ok());
        let at_till = NewKey { terminal: Some(TerminalId(25_010_008)), ..new_key("Till") };
        let id = create(&db, at_till, "s3cret".to_owned(), entry()).await.expect("writes").expect("made");
        let key = find(&db, id, "s3cret").await.expect("reads").expect("found");
        assert_eq!(key.outlet, Some(OutletId(2_501_002)), "the terminal's outlet");
    }

    #[test]
    fn those_who_may_make_keys_are_those_whose_keys_are_awake() {
        use domain::role::{Action, Role, may};
        for role in Role::ALL {
            let named = SELECT.contains(&format!("'{}'", role.word()));
            assert_eq!(named, may(&[role], Action::ManageApiKeys), "{role}");
        }
    }

    #[tokio::test]
    async fn a_key_sleeps_while_its_maker_could_not_make_it() {
        let (_folder, db) = shop().await;
        let id = create(&db, new_key("ERP"), "s3cret".to_owned(), entry()).await.expect("writes").expect("made");
        let found = async || find(&db, id, "s3cret").await.expect("reads").expect("found");
        let cases = [
            ("UPDATE person SET status = 'disabled' WHERE id = 1002", Some(Asleep::Disabled)),
            ("UPDATE person SET status = 'active' WHERE id = 1002", None),
            ("UPDATE person SET must_change = 1 WHERE id = 1002", Some(Asleep::Reset)),
            ("UPDATE person SET must_change = 0 WHERE id = 1002", None),
            ("UPDATE person_role SET role = 'cashier' WHERE person_id = 1002", Some(Asleep::NoRight)),
        ];
        for (change, asleep) in cases {
            db.write(move |connection| Ok(connection.execute(change, [])?)).await.expect("writes");
            let key = found().await;
            assert_eq!((key.asleep, key.alive(NOW)), (asleep, asleep.is_none()), "{change}");
        }
    }

    #[tokio::test]
    async fn power_over_money_sleeps_when_the_company_gives_it_and_is_not_given_by_a_fresh_password() {
        let (_folder, db) = shop().await;
        let by = |person| Entry { person: Some(PersonId(person)), ..entry() };
        let make = async |scope, entry| {
            let key = NewKey { scopes: vec![Scope::Read, scope], ..new_key(&secret()) };
            create(&db, key, secret(), entry).await.expect("writes").err()
        };
        for scope in Scope::ALL {
            let company = (!matches!(scope, Scope::Read | Scope::Webhooks)).then_some(Asleep::Waits);
            for (person, asleep) in [(9005, company), (1002, None)] {
                assert_eq!(make(scope, by(person)).await, None, "{scope}");
                let made = list(&db, None, None).await.expect("reads").swap_remove(0);
                assert_eq!((made.created_by.0, made.asleep), (person, asleep), "{scope}");
            }
        }
        let given = "UPDATE person SET given_by = 1007, given_at = ?1, password_changed_at = ?2 WHERE id = 1002";
        db.write(move |connection| Ok(connection.execute(given, [NOW.0 - 2, NOW.0 - 1])?)).await.expect("writes");
        for scope in Scope::ALL {
            let harmless = matches!(scope, Scope::Read | Scope::Webhooks);
            assert_eq!(make(scope, by(1002)).await, (!harmless).then_some(NotMade::MakerIsGiven), "{scope}");
            let later = Entry { at: NOW.plus(24 * HOUR), ..by(1002) };
            assert_eq!(make(scope, later).await, None, "{scope}");
        }
    }

    #[tokio::test]
    async fn a_renewed_key_and_its_successor_overlap_and_the_renewer_stands_behind_the_new_one() {
        let (_folder, db) = shop().await;
        let id = create(&db, new_key("ERP"), "old".to_owned(), entry()).await.expect("writes").expect("made");
        let own = (Some(MerchantId(250_100)), None);
        let at = |at| Entry { at, person: Some(PersonId(1007)), ..entry() };
        let renew = async |id, reach, secret: &str, entry| {
            super::renew(&db, id, reach, HOUR, secret.to_owned(), entry).await.expect("writes")
        };
        let foreign = [(Some(MerchantId(250_200)), None), (own.0, Some(OutletId(2_501_001)))];
        for reach in foreign {
            assert_eq!(renew(id, reach, "x", at(NOW)).await, Err(NotMade::NoSuchKey));
        }
        let now = NOW.plus(HOUR);
        let new = renew(id, own, "new", at(now)).await.expect("made");
        assert_eq!(renew(id, own, "x", at(now)).await, Err(NotMade::NoSuchKey), "renewed once");
        let old = find(&db, id, "old").await.expect("reads").expect("found");
        let new = find(&db, new, "new").await.expect("reads").expect("found");
        assert!(old.alive(now.plus(HOUR - 1)) && !old.alive(now.plus(HOUR)));
        assert_eq!((old.replaced_by, new.replaced_by), (Some(new.id), None));
        assert_eq!((&new.name, &new.scopes, new.created_by), (&old.name, &old.scopes, PersonId(1007)));
        assert_eq!(new.expires_at, now.plus(24 * HOUR), "as long as the one before");
        let late = at(now.plus(25 * HOUR));
        assert_eq!(renew(new.id, own, "x", late).await, Err(NotMade::NoSuchKey), "expired");
    }

    #[tokio::test]
    async fn keys_that_end_soon_are_counted_until_they_are_renewed_or_ended() {
        let (_folder, db) = shop().await;
        let own = (Some(MerchantId(250_100)), None);
        for name in ["one", "two", "three"] {
            create(&db, new_key(name), secret(), entry()).await.expect("writes").expect("made");
        }
        let day = 24 * HOUR;
        let count = async |now| ending(&db, now, day).await.expect("reads");
        assert_eq!((count(NOW.plus(-1)).await, count(NOW).await, count(NOW.plus(day)).await), (0, 3, 0));
        let [one, two] = [0, 1].map(|n| KeyId(1_001 + n));
        renew(&db, one, own, HOUR, secret(), Entry { at: NOW.plus(HOUR), ..entry() })
            .await
            .expect("writes")
            .expect("made");
        assert!(revoke(&db, two, own.0, None, entry()).await.expect("writes"));
        assert_eq!(count(NOW).await, 1, "the successor of one ends later");
    }

    #[tokio::test]
    async fn a_nonce_is_good_once() {
        let (_folder, db) = shop().await;
        let id = create(&db, new_key("ERP"), secret(), entry()).await.expect("writes").expect("made");
        let used = |nonce: &str, at| nonce_use(&db, id, nonce.to_owned(), at);
        assert!(used("a", NOW).await.expect("writes"));
        assert!(!used("a", NOW.plus(NONCE_LIFE)).await.expect("writes"));
        assert!(used("b", NOW).await.expect("writes"));
        assert!(used("a", NOW.plus(NONCE_LIFE + 1)).await.expect("writes"));
    }
}
