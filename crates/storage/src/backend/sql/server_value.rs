//! Values on their way to a server and back: the protocol's types on one side, null, whole numbers, text and bytes on
//! the other.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::value::Kept;
use super::{Error, Params, Result, Value};

/// The values of one statement, kept until it is sent.
pub(crate) type Values = Vec<Box<dyn ToSql + Sync + Send>>;

/// Values for a statement that is sent now.
pub(super) fn borrowed<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// Values for a statement that is sent later.
pub(super) fn kept(params: &impl Params) -> Values {
    let mut values: Values = Vec::new();
    params.each(&mut |value| values.push(Box::new(Kept::from(value))));
    values
}

impl ToSql for Kept {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.value().to_sql(ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The value of a column. Comparisons come back as booleans and sums as decimals; both are whole numbers here.
pub(super) fn value(row: &Row, column: usize) -> Result<Value<'_>> {
    let Raw(value) = row.try_get::<_, Raw<'_>>(column).map_err(Error::Postgres)?;
    Ok(value)
}

struct Raw<'a>(Value<'a>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let value = match *ty {
            Type::INT8 => Value::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Integer(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Integer(bool::from_sql(ty, raw)?.into()),
            Type::NUMERIC => Value::Integer(whole(raw).ok_or("a sum beyond 64 bits, or not whole")?),
            Type::BYTEA => Value::Bytes(raw),
            _ => Value::Text(std::str::from_utf8(raw)?),
        };
        Ok(Self(value))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::BOOL, Type::NUMERIC, Type::BYTEA, Type::TEXT, Type::VARCHAR].contains(ty)
    }
}

/// A NUMERIC as the server sends it: count of digits, weight of the first, sign, scale, then digits of base 10,000.
fn whole(raw: &[u8]) -> Option<i64> {
    let mut words = raw.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    let (count, weight, sign) = (words.next()?, words.next()?.cast_signed(), words.next()?);
    words.next()?;
    if count == 0 {
        return Some(0);
    }
    let mut number: i64 = 0;
    for _ in 0..=weight {
        number = number.checked_mul(10_000)?.checked_add(words.next().unwrap_or(0).into())?;
    }
    let rest = words.any(|digits| digits != 0);
    match sign {
        _ if rest || weight < 0 => None,
        0 => Some(number),
        0x4000 => number.checked_neg(),
        _ => None,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (*self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(number), &Type::INT8) => number.to_sql(ty, out),
            (Value::Integer(number), &Type::INT4) => i32::try_from(number)?.to_sql(ty, out),
            (Value::Integer(number), &Type::BOOL) => (number != 0).to_sql(ty, out),
            // The server's texts have no such character; what was asked with it is not there.
            (Value::Text(text), _) if text.contains('\0') => text.replace('\0', "\u{FFFD}").to_sql(ty, out),
            (Value::Text(text), _) if <&str as ToSql>::accepts(ty) => text.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (value, _) => Err(format!("{value:?} does not fit {ty}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_read_as_the_whole_number_it_is() {
        let raw = |words: &[i32]| -> Vec<u8> {
            words.iter().flat_map(|word| (word & 0xFFFF).to_be_bytes()[2..].to_vec()).collect()
        };
        assert_eq!(whole(&raw(&[0, 0, 0, 0])), Some(0));
        assert_eq!(whole(&raw(&[1, 0, 0, 0, 7])), Some(7));
        assert_eq!(whole(&raw(&[2, 1, 0x4000, 0, 12, 3_456])), Some(-123_456));
        // Trailing zero digits are left out by the server.
        assert_eq!(whole(&raw(&[1, 2, 0, 0, 5])), Some(500_000_000));
        assert_eq!(whole(&raw(&[2, 0, 0, 2, 1, 5_000])), None, "not whole");
        assert_eq!(whole(&raw(&[1, 5, 0, 0, 9_999])), None, "beyond 64 bits");
    }
}
