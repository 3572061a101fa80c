//! Columns of a table, listed once, for everything that has to name them in one order.

use tokio_postgres::types::ToSql;

/// Columns of a table, listed once: name, type on a server, and the value that a row gives it.
///
/// Makes `$names!()`, their names for a text; `$places`, where each is in a row that was read; and the two ways to write
/// rows. All of them are in the order of the list.
macro_rules! columns {
    (
        $names:ident, $places:ident: $struct:ident, $into:literal, $record:ident: $of:ty;
        $first:ident: $first_type:ident = $first_value:expr,
        $($column:ident: $type:ident = $value:expr,)+
    ) => {
        macro_rules! $names {
            () => { concat!(stringify!($first) $(, ", ", stringify!($column))+) };
        }

        /// Where each column is in a row.
        pub(crate) struct $struct {
            pub(crate) $first: usize,
            $(pub(crate) $column: usize,)+
            /// How many there are.
            pub(crate) count: usize,
        }

        pub(crate) const $places: $struct = {
            let mut next = 0;
            $struct {
                $first: 0,
                $($column: { next += 1; next },)+
                count: next + 1,
            }
        };

        impl $struct {
            /// Inserts one row into the file, whose values are bound in the order of the columns.
            pub(crate) const INSERT: &str = concat!(
                "INSERT INTO ", $into, " (", $names!(), ") VALUES (?", $(columns!(@place $column),)+ ")"
            );

            /// Binds the values of one row and inserts it.
            pub(crate) fn insert(insert: &mut CachedStatement<'_>, $record: &$of) -> sql::Result<()> {
                let written = insert.execute(params![$first_value, $($value),+])?;
                debug_assert_eq!(written, 1);
                Ok(())
            }

            /// Inserts rows on a server, whose columns are its parameters.
            pub(crate) fn insert_on_server() -> String {
                let types = [stringify!($first_type), $(stringify!($type)),+];
                let columns = (1..).zip(types).map(|(place, of)| format!("${place}::{of}[]"));
                let columns = columns.collect::<Vec<_>>().join(", ");
                format!(concat!("INSERT INTO ", $into, " (", $names!(), ") SELECT * FROM unnest({})"), columns)
            }

            /// The values of rows, a column each.
            pub(crate) fn columns(rows: &[$of]) -> Values {
                vec![
                    Box::new(rows.iter().map(|$record| $first_value.for_server()).collect::<Vec<_>>()),
                    $(Box::new(rows.iter().map(|$record| $value.for_server()).collect::<Vec<_>>()),)+
                ]
            }
        }
    };
    (@place $column:ident) => { ", ?" };
}

pub(super) use columns;

/// A value as an array of a server takes it.
pub(super) trait ForServer {
    type Owned: ToSql + Sync + Send + 'static;

    fn for_server(self) -> Self::Owned;
}

macro_rules! for_server {
    ($($type:ty => $owned:ty: $convert:expr;)+) => {
        $(impl ForServer for $type {
            type Owned = $owned;

            fn for_server(self) -> $owned {
                $convert(self)
            }
        })+
    };
}

for_server! {
    i64 => i64: std::convert::identity;
    Option<i64> => Option<i64>: std::convert::identity;
    &str => String: str::to_owned;
    Option<&str> => Option<String>: |text: Option<&str>| text.map(str::to_owned);
    [u8; 16] => Vec<u8>: |bytes: [u8; 16]| bytes.to_vec();
    [u8; 32] => Vec<u8>: |bytes: [u8; 32]| bytes.to_vec();
}
