//! What goes into a statement and what comes out of a row: null, whole numbers, text, bytes. Both databases have exactly
//! these; money, moments, dates and booleans are whole numbers.

use super::{Error, Result};

/// One value on its way to or from the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// INTEGER, BIGINT; a boolean is 0 or 1.
    Integer(i64),
    /// TEXT.
    Text(&'a str),
    /// BLOB, BYTEA.
    Bytes(&'a [u8]),
}

/// A value of its own.
#[derive(Debug)]
pub(super) enum Kept {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Value<'_>> for Kept {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl Kept {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

/// What a statement takes.
pub trait ToSql {
    /// The value.
    fn value(&self) -> Value<'_>;
}

/// What a column is read as.
pub trait FromSql: Sized {
    /// The value, or what it was instead.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

macro_rules! whole_numbers {
    ($($type:ty),+) => {$(
        impl ToSql for $type {
            fn value(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }
        impl FromSql for $type {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Integer(number) => Self::try_from(number).ok(),
                    _ => None,
                }
            }
        }
    )+};
}

whole_numbers!(i64, i32, i16, u32, u16, u8);

impl ToSql for bool {
    fn value(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}

impl FromSql for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number != 0),
            _ => None,
        }
    }
}

impl ToSql for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl ToSql for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl FromSql for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl ToSql for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl FromSql for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<const N: usize> ToSql for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> FromSql for [u8; N] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

impl<T: ToSql + ?Sized> ToSql for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: ToSql> ToSql for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToSql::value)
    }
}

impl<T: FromSql> FromSql for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// Reads a column's value as `T`.
pub(super) fn read<T: FromSql>(column: usize, value: Value<'_>) -> Result<T> {
    T::from_value(value).ok_or_else(|| Error::unreadable(column, &format!("{value:?}")))
}

/// The values of one execution, in the order of the statement's `?1`, `?2`.
pub trait Params {
    /// Hands each value over, in order. No list is made on the way: a payment binds some fifty of them.
    fn each<'p>(&'p self, take: &mut dyn FnMut(Value<'p>));

    /// The values.
    fn values(&self) -> Vec<Value<'_>> {
        let mut values = Vec::new();
        self.each(&mut |value| values.push(value));
        values
    }
}

impl Params for [&dyn ToSql; 0] {
    fn each<'p>(&'p self, _take: &mut dyn FnMut(Value<'p>)) {}
}

impl Params for &[&dyn ToSql] {
    fn each<'p>(&'p self, take: &mut dyn FnMut(Value<'p>)) {
        for one in *self {
            take(one.value());
        }
    }
}

macro_rules! arrays {
    ($($count:literal),+) => {$(
        impl<T: ToSql> Params for [T; $count] {
            fn each<'p>(&'p self, take: &mut dyn FnMut(Value<'p>)) {
                for one in self {
                    take(one.value());
                }
            }
        }
    )+};
}

arrays!(1, 2, 3, 4, 5, 6, 7, 8);

macro_rules! tuples {
    ($(($($type:ident $index:tt),+)),+ $(,)?) => {$(
        impl<$($type: ToSql),+> Params for ($($type,)+) {
            fn each<'p>(&'p self, take: &mut dyn FnMut(Value<'p>)) {
                $(take(self.$index.value());)+
            }
        }
    )+};
}

tuples! {
    (A 0),
    (A 0, B 1),
    (A 0, B 1, C 2),
    (A 0, B 1, C 2, D 3),
    (A 0, B 1, C 2, D 3, E 4),
    (A 0, B 1, C 2, D 3, E 4, F 5),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8),
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9),
}
