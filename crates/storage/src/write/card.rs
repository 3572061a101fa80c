//! Cards and programmes as master data. Balances are not written here: money arrives through the books.

use crate::sql::params;
use domain::card::CardStatus;
use domain::card_number::CardNumber;
use domain::ids::{CardId, MerchantId};
use domain::money::Fen;
use domain::time::BusinessDate;

use crate::Storage;
use crate::error::StorageError;
use crate::vault::{GENERATION, Vault};

/// A programme to insert; limits as in [`domain::card::Programme`].
#[derive(Clone, Debug)]
pub struct NewProgramme {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: &'static str,
    /// What its cards' numbers begin with, 6 to 8 digits.
    pub bin: &'static str,
    /// Limits and merchants.
    pub terms: domain::card::Programme,
}

/// A card to insert, with nothing on it.
#[derive(Clone)]
pub struct NewCard {
    /// Its id.
    pub id: CardId,
    /// Its number.
    pub number: CardNumber,
    /// Its PIN, six digits.
    pub pin: String,
    /// Its programme.
    pub programme: i64,
    /// Its state.
    pub status: CardStatus,
    /// Holder's name; empty for an anonymous card.
    pub holder: String,
    /// Last day it pays.
    pub expires_on: Option<BusinessDate>,
}

/// Inserts programmes.
pub async fn programmes_insert(db: &Storage, programmes: Vec<NewProgramme>) -> Result<(), StorageError> {
    db.write(move |connection| {
        for NewProgramme { id, name, bin, terms } in programmes {
            let sql = "INSERT INTO programme (id, name, bin, named, balance_max, sale_max, daily_max,
                    daily_count_max, refund_window)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
            let (balance, sale, daily) = (terms.balance_max.0, terms.sale_max.0, terms.daily_max.0);
            let (count, window) = (terms.daily_count_max, terms.refund_window);
            connection.execute(sql, params![id, name, bin, terms.named, balance, sale, daily, count, window])?;
            for MerchantId(merchant) in terms.merchants {
                let sql = "INSERT INTO programme_merchant (programme_id, merchant_id) VALUES (?1, ?2)";
                connection.execute(sql, [id, merchant])?;
            }
        }
        Ok(())
    })
    .await
}

/// Inserts cards with a balance of zero.
pub async fn cards_insert(db: &Storage, vault: &Vault, cards: Vec<NewCard>) -> Result<(), StorageError> {
    let vault = vault.clone();
    db.write(move |connection| {
        let sql =
            "INSERT INTO card (id, lookup, lookup_generation, sealed, sealed_generation, programme_id, status, holder,
                expires_on, pin, pin_generation, balance, spent_on, spent_amount, spent_count, last_id)
            VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, ?7, ?8, ?9, ?3, ?10, 0, 0, 0, NULL)";
        let mut insert = connection.prepare_cached(sql)?;
        for card in cards {
            let (key, sealed) = (vault.card_key(&card.number), vault.seal_number(&card.number));
            let (pin, expires_on) = (vault.pin_value(&card.number, &card.pin), card.expires_on.map(|day| day.0));
            let (status, holder) = (card.status.word(), card.holder);
            insert.execute(params![
                card.id.0,
                key.0,
                GENERATION,
                sealed,
                card.programme,
                status,
                holder,
                expires_on,
                pin.0,
                Fen::ZERO.0
            ])?;
        }
        Ok(())
    })
    .await
}
