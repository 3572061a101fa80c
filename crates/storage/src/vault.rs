//! The vault: secrets that live outside the database, and what is computed under them.
//!
//! What must stay true: with the database but without this file, an attacker learns no card number, can test no PIN,
//! and cannot alter the ledger unnoticed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use aes_gcm_siv::aead::{Aead, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use domain::card::CardKey;
use domain::card_code::CodeValue;
use domain::card_number::{CardNumber, EntryMode, MaskedCard};
use domain::command::PresentedCard;
use domain::ids::{OrderId, PersonId, RequestId};
use domain::ledger::ChainKey;
use domain::money::Fen;
use domain::pin::PinValue;
use domain::scan::ReadCard;
use domain::time::Timestamp;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Storage;
use crate::error::StorageError;
use crate::sql::{self, Connection, OptionalExtension as _};

/// What a seed is bound to.
fn seed_of(person: PersonId) -> Vec<u8> {
    [b"factor seed".as_slice(), &person.0.to_be_bytes()].concat()
}

/// Name of the file in the data folder.
const FILE: &str = "webpos.keys";

/// Generation of these keys. Stored beside every value that was made under one, so that a later program can tell which
/// keys it needs.
pub const GENERATION: i64 = 1;

/// First line of the file; the number is the format's.
const HEADING: &str = "webpos-keys 1\n";

fn failed(folder: &Path, error: &dyn std::fmt::Display) -> StorageError {
    StorageError::Open(format!("{}: {error}", folder.join(FILE).display()))
}

/// Whether the data folder has keys.
pub(crate) fn key_file_exists(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// The key file's text.
pub(crate) fn key_file(folder: &Path) -> Result<Zeroizing<String>, StorageError> {
    fs::read_to_string(folder.join(FILE)).map(Zeroizing::new).map_err(|error| failed(folder, &error))
}

/// Writes the key file beside and renames it, so that a crash leaves either none or a whole one.
pub(crate) fn write_key_file(folder: &Path, text: &str) -> Result<(), StorageError> {
    let (path, beside) = (folder.join(FILE), folder.join("webpos.keys.new"));
    let open = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&beside);
    let written = open.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        fs::File::open(folder)?.sync_all()
    });
    written.map_err(|error| failed(folder, &error))
}

/// Refuses a key file that other users of the machine may read or write.
fn only_ours(folder: &Path) -> Result<(), StorageError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join(FILE);
        let mode = fs::metadata(&path).map_err(|error| failed(folder, &error))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let text =
                format!("others may use it (mode {mode:04o}); make it yours alone: chmod 600 {}", path.display());
            return Err(failed(folder, &text));
        }
    }
    Ok(())
}

/// The secrets. Cheap to clone. No `Debug`: it must not reach a log.
#[derive(Clone)]
pub struct Vault(Arc<Secrets>);

struct Secrets {
    lookup: [u8; 32],
    seal: [u8; 32],
    pin: [u8; 32],
    token: [u8; 32],
    chain: [u8; 32],
}

/// A confirmed payment, carried by the browser between "is this right?" and "yes". Its holder can do exactly
/// this payment until it expires; the PIN is not in it.
#[derive(Clone)]
pub struct Confirmation {
    /// The request id of the sale to come.
    pub request_id: RequestId,
    /// The order.
    pub order: OrderId,
    /// The change of the order that was shown; zero for a refund, whose order cannot change.
    pub seen: Timestamp,
    /// Its total.
    pub amount: Fen,
    /// The card that proved its PIN.
    pub card: PresentedCard,
    /// Until when.
    pub until: Timestamp,
}

impl Vault {
    /// The keys that belong to `db`, in `folder`. Makes them only for a database that has none: with other keys every
    /// card would be unknown and every ledger row look altered, and so would what this instance writes to the
    /// others.
    pub async fn of(db: &Storage, folder: &Path) -> Result<Self, StorageError> {
        let used = db.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM card) OR EXISTS (SELECT 1 FROM ledger_head)
                OR EXISTS (SELECT 1 FROM vault_mark)";
            Ok(connection.query_row(sql, [], |row| row.get::<_, bool>(0))?)
        });
        if !key_file_exists(folder) && used.await? {
            let text =
                "the keys of this database are missing; put the file here, from another instance or from a backup";
            return Err(failed(folder, &text));
        }
        let vault = Self::open_or_create(folder)?;
        let asking = vault.clone();
        if db.write(move |connection| Ok(asking.claim(connection)?)).await? {
            Ok(vault)
        } else {
            Err(failed(folder, &"these are not the keys of this database; put the right file here"))
        }
    }

    /// Whether these are the keys of the database. The first instance determines which they are.
    fn claim(&self, connection: &Connection) -> sql::Result<bool> {
        let mark = mac(&self.0.chain, &[b"the keys of this database"]);
        connection.lock_name("vault", "")?;
        let known =
            connection.query_row("SELECT mark FROM vault_mark", [], |row| row.get::<_, [u8; 32]>(0)).optional()?;
        if let Some(known) = known {
            return Ok(known == mark);
        }
        // A database from before there was a mark: its cards tell.
        let sealed =
            connection.query_row("SELECT sealed FROM card ORDER BY id LIMIT 1", [], |row| row.get::<_, Vec<u8>>(0));
        if sealed.optional()?.is_some_and(|sealed| self.open_number(&sealed).is_none()) {
            return Ok(false);
        }
        connection
            .execute("INSERT INTO vault_mark (id, mark, mark_generation) VALUES (1, ?1, ?2)", (mark, GENERATION))?;
        Ok(true)
    }

    /// Reads the key file of the data folder, or makes one (mode 0600) when the folder has none.
    pub fn open_or_create(folder: &Path) -> Result<Self, StorageError> {
        if !key_file_exists(folder) {
            let mut bytes = Zeroizing::new([0_u8; 160]);
            getrandom::fill(bytes.as_mut()).map_err(|error| StorageError::Open(error.to_string()))?;
            write_key_file(folder, &Zeroizing::new(format!("{HEADING}{}\n", hex(bytes.as_ref()))))?;
        }
        only_ours(folder)?;
        let text = key_file(folder)?;
        let bytes = text.trim().strip_prefix(HEADING).and_then(|body| unhex(body.trim())).map(Zeroizing::new);
        bytes
            .and_then(|bytes| Self::from_bytes(&bytes))
            .ok_or_else(|| failed(folder, &"not a key file of this program"))
    }

    /// From 160 random bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (keys, rest) = bytes.as_chunks::<32>();
        let ([lookup, seal, pin, token, chain], []) = (keys, rest) else { return None };
        Some(Self(Arc::new(Secrets { lookup: *lookup, seal: *seal, pin: *pin, token: *token, chain: *chain })))
    }

    /// Look-up value of a card number.
    pub fn card_key(&self, number: &CardNumber) -> CardKey {
        let mut short = [0; 16];
        short.copy_from_slice(&mac(&self.0.lookup, &[number.reveal().as_bytes()])[..16]);
        CardKey(short)
    }

    /// Keyed value of a PIN of this card.
    pub fn pin_value(&self, number: &CardNumber, pin: &str) -> PinValue {
        PinValue(mac(&self.0.pin, &[number.reveal().as_bytes(), b"/", pin.as_bytes()]))
    }

    /// Keyed value of an activation code of this card.
    pub fn code_value(&self, number: &CardNumber, code: &str) -> CodeValue {
        CodeValue(mac(&self.0.pin, &[number.reveal().as_bytes(), b"/code/", code.as_bytes()]))
    }

    /// The card as the money path takes it.
    pub fn present(&self, number: &CardNumber, entry: EntryMode) -> PresentedCard {
        PresentedCard { key: self.card_key(number), masked: number.masked(), entry }
    }

    /// The secret with which API key `id` signs its requests. Derived, so that no row holds it.
    pub fn signing_secret(&self, id: i64) -> String {
        let own = mac(&self.0.token, &[b"api signing"]);
        hex(&mac(&own, &[&id.to_be_bytes()]))
    }

    /// The secret that signs what is sent to a webhook endpoint with this salt. Derived, so that no row holds it.
    pub fn webhook_secret(&self, salt: &[u8; 16]) -> String {
        let own = mac(&self.0.token, &[b"webhook signing"]);
        format!("whsec_{}", hex(&mac(&own, &[salt])))
    }

    /// What the picture and the sound of captcha `id` are made from. The id is in a cookie and the drawing is public:
    /// only with a secret between them can nobody draw every answer and compare.
    pub fn captcha_seed(&self, id: &[u8; 16]) -> u64 {
        let own = mac(&self.0.token, &[b"captcha", id]);
        own.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Random bytes from which the text of captcha `id` is made, so that a captcha needs no row.
    pub fn captcha_text(&self, id: &[u8; 16]) -> [u8; 4] {
        let [a, b, c, d, ..] = mac(&self.0.token, &[b"captcha text", id]);
        [a, b, c, d]
    }

    /// What a browser keeps to show that the person of a login name signed in there before.
    pub fn device_tag(&self, device: &[u8; 16], login: &str) -> [u8; 16] {
        let own = mac(&self.0.token, &[b"known device"]);
        let mut short = [0; 16];
        short.copy_from_slice(&mac(&own, &[device, login.as_bytes()])[..16]);
        short
    }

    /// The form in which an enrolment code is stored.
    pub fn enrolment_code(&self, code: &str) -> [u8; 32] {
        let own = mac(&self.0.token, &[b"enrolment code"]);
        mac(&own, &[code.as_bytes()])
    }

    /// HMAC-SHA-256 of `message` under `secret`, as hex digits.
    pub fn signature(secret: &str, message: &[u8]) -> String {
        let mut tag = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        tag.update(message);
        hex(&tag.finalize().into_bytes())
    }

    /// Whether `tag` is the HMAC-SHA-256 of `message` under `secret`, compared in constant time.
    pub fn signature_fits(secret: &str, message: &[u8], tag: &[u8]) -> bool {
        let mut expected = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        expected.update(message);
        expected.verify_slice(tag).is_ok()
    }

    /// Secret of the ledger's chain.
    pub fn chain_key(&self) -> ChainKey {
        ChainKey::new(self.0.chain)
    }

    /// Encrypts a card number for its row: a random nonce and the AES-256-GCM-SIV ciphertext.
    pub fn seal_number(&self, number: &CardNumber) -> Vec<u8> {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).expect("the operating system has random bytes");
        let cipher = Aes256GcmSiv::new(&self.0.seal.into());
        let sealed = cipher.encrypt(&Nonce::from(nonce), number.reveal().as_bytes());
        [nonce.to_vec(), sealed.expect("a card number is short enough to encrypt")].concat()
    }

    /// Encrypts the seed of a person's one-time codes: a random nonce and the ciphertext, which opens for that person only.
    pub fn seal_seed(&self, person: PersonId, seed: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).expect("the operating system has random bytes");
        let cipher = Aes256GcmSiv::new(&self.0.seal.into());
        let sealed = cipher.encrypt(&Nonce::from(nonce), Payload { msg: seed, aad: &seed_of(person) });
        [nonce.to_vec(), sealed.expect("a seed is short enough to encrypt")].concat()
    }

    /// Decrypts a seed; `None` when it is not this person's or the key is not right.
    pub fn open_seed(&self, person: PersonId, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
        let cipher = Aes256GcmSiv::new(&self.0.seal.into());
        let aad = seed_of(person);
        cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: &aad }).ok().map(Zeroizing::new)
    }

    /// Decrypts a card number. For a named role, with a reason, audited; `None` when the row or the key is not right.
    pub fn open_number(&self, sealed: &[u8]) -> Option<CardNumber> {
        let (nonce, body) = sealed.split_at_checked(12)?;
        let nonce: [u8; 12] = nonce.try_into().ok()?;
        let plain = Zeroizing::new(Aes256GcmSiv::new(&self.0.seal.into()).decrypt(&Nonce::from(nonce), body).ok()?);
        CardNumber::parse(std::str::from_utf8(&plain).ok()?).ok().map(|(number, _)| number)
    }

    /// A card that was read, as a text for a hidden field, so that it need not be swiped again.
    pub fn kept_card(&self, card: &ReadCard, order: Option<OrderId>, until: Timestamp) -> String {
        let mut body = Vec::with_capacity(64);
        body.extend(order.map_or(0, |order| order.0).to_be_bytes());
        body.extend(until.0.to_be_bytes());
        body.extend(card.entry.word().as_bytes());
        body.extend(self.seal_number(&card.number));
        let tag = mac(&self.0.token, &[KEPT_CARD, &body]);
        hex(&[&tag[..], &body].concat())
    }

    /// Reads it; `None` when it was not made here, is about another order, or is too old.
    pub fn read_kept_card(&self, token: &str, order: Option<OrderId>, now: Timestamp) -> Option<ReadCard> {
        let bytes = unhex(token)?;
        let (tag, body) = bytes.split_at_checked(32)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(&mac(&self.0.token, &[KEPT_CARD, body])[..], tag)) {
            return None;
        }
        let (about, rest) = body.split_first_chunk::<8>()?;
        let (until, rest) = rest.split_first_chunk::<8>()?;
        let (entry, sealed) = rest.split_at_checked(1)?;
        let fits =
            i64::from_be_bytes(*about) == order.map_or(0, |order| order.0) && now.0 <= i64::from_be_bytes(*until);
        let entry = EntryMode::from_word(std::str::from_utf8(entry).ok()?)?;
        if fits { Some(ReadCard { number: self.open_number(sealed)?, entry }) } else { None }
    }

    /// The confirmation as a text for a hidden field.
    pub fn confirmation_token(&self, confirmation: &Confirmation) -> String {
        let mut body = Vec::with_capacity(128);
        body.extend(confirmation.request_id.0);
        body.extend(confirmation.order.0.to_be_bytes());
        body.extend(confirmation.seen.0.to_be_bytes());
        body.extend(confirmation.amount.0.to_be_bytes());
        body.extend(confirmation.card.key.0);
        body.extend(confirmation.until.0.to_be_bytes());
        body.extend(confirmation.card.entry.word().as_bytes());
        body.extend(confirmation.card.masked.0.as_bytes());
        let tag = mac(&self.0.token, &[&body]);
        hex(&[&tag[..], &body].concat())
    }

    /// Reads a token; `None` when it was not made here.
    pub fn read_confirmation(&self, token: &str) -> Option<Confirmation> {
        let bytes = unhex(token)?;
        let (tag, body) = bytes.split_at_checked(32)?;
        if !bool::from(subtle::ConstantTimeEq::ct_eq(&mac(&self.0.token, &[body])[..], tag)) {
            return None;
        }
        let (request_id, rest) = body.split_first_chunk::<16>()?;
        let (order, rest) = rest.split_first_chunk::<8>()?;
        let (seen, rest) = rest.split_first_chunk::<8>()?;
        let (amount, rest) = rest.split_first_chunk::<8>()?;
        let (key, rest) = rest.split_first_chunk::<16>()?;
        let (until, rest) = rest.split_first_chunk::<8>()?;
        let (entry, masked) = std::str::from_utf8(rest).ok()?.split_at_checked(1)?;
        Some(Confirmation {
            request_id: RequestId(*request_id),
            order: OrderId(i64::from_be_bytes(*order)),
            seen: Timestamp(i64::from_be_bytes(*seen)),
            amount: Fen(i64::from_be_bytes(*amount)),
            card: PresentedCard {
                key: CardKey(*key),
                masked: MaskedCard(masked.to_owned()),
                entry: EntryMode::from_word(entry)?,
            },
            until: Timestamp(i64::from_be_bytes(*until)),
        })
    }
}

/// What the tags of kept cards begin with, so that no other token is taken for one.
const KEPT_CARD: &[u8] = b"kept card";

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hex digits.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(fill: u8) -> Vault {
        Vault::from_bytes(&[fill; 160]).expect("160 bytes")
    }

    fn number() -> CardNumber {
        CardNumber::parse("6086250000010012").expect("a demo card").0
    }

    #[test]
    fn the_number_comes_back_only_with_the_key() {
        let sealed = vault(1).seal_number(&number());
        assert!(vault(1).open_number(&sealed).is_some_and(|found| found == number()));
        assert!(vault(2).open_number(&sealed).is_none());
        assert!(!sealed.windows(6).any(|part| part == b"608625"));
    }

    #[test]
    fn a_confirmation_survives_the_browser_and_nothing_else() {
        let vault = vault(1);
        let confirmation = Confirmation {
            request_id: RequestId([9; 16]),
            order: OrderId(77),
            seen: Timestamp(3),
            amount: Fen(7_300),
            card: vault.present(&number(), EntryMode::Swiped),
            until: Timestamp(5),
        };
        let token = vault.confirmation_token(&confirmation);
        let back = vault.read_confirmation(&token).expect("our own token");
        assert_eq!((back.order, back.amount, back.until), (OrderId(77), Fen(7_300), Timestamp(5)));
        assert_eq!(back.seen, Timestamp(3));
        assert_eq!(back.card.masked.0, "608625******0012");
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            assert!(vault.read_confirmation(std::str::from_utf8(&altered).expect("ascii")).is_none());
        }
        assert!(vault.read_confirmation("").is_none());
        assert!(vault.read_confirmation("zz\u{ff11}").is_none());
    }

    #[test]
    fn keys_are_made_once_and_kept_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let first = Vault::open_or_create(folder.path()).expect("made");
        let second = Vault::open_or_create(folder.path()).expect("read");
        assert_eq!(first.card_key(&number()), second.card_key(&number()));
        let mode = fs::metadata(folder.path().join(FILE)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn lost_keys_are_not_replaced_once_something_needs_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("webpos.db");
        let db = Storage::open(&path).expect("opened");
        let vault = Vault::of(&db, folder.path()).await.expect("made for a new database");
        let books = crate::Books::of(db.clone(), vault.chain_key());
        let now = Timestamp(1_795_000_000_000_000);
        crate::demo::seed_people(&db, now).await.expect("people");
        crate::demo_cards::seed_cards(&db, &vault, &books, now).await.expect("cards");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        fs::remove_file(folder.path().join(FILE)).expect("lost");
        let refused = Vault::of(&db, folder.path()).await.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("missing")));
        assert!(!key_file_exists(folder.path()));
        Vault::open_or_create(folder.path()).expect("others");
        let refused = Vault::of(&db, folder.path()).await.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("not the keys")));
        let unmarked = db.write(|connection| Ok(connection.execute("DELETE FROM vault_mark", [])?));
        assert_eq!(unmarked.await.expect("as an older version left it"), 1);
        assert!(Vault::of(&db, folder.path()).await.is_err(), "its cards do not open");
    }
}
