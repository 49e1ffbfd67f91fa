//! What goes into a statement and what comes out of a row: texts and whole numbers, or nothing.

use std::borrow::Cow;

use super::Fault;
use crate::store::codec::Unreadable;

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(in crate::store) enum Param<'a> {
    /// `NULL`.
    Null,
    /// A `BIGINT`.
    Integer(i64),
    /// A number that no `BIGINT` holds; a statement with one is refused.
    TooLarge(u64),
    /// A `TEXT`.
    Text(Cow<'a, str>),
}

impl Param<'_> {
    /// The refusal of a number that does not fit.
    pub(in crate::store) fn too_large(number: u64) -> Fault {
        Fault::Refused(format!("the number {number} is too large for the state"))
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u64> for Param<'_> {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::TooLarge(value), Self::Integer)
    }
}

impl From<u8> for Param<'_> {
    fn from(value: u8) -> Self {
        Self::Integer(value.into())
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Param<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Param::Null, Into::into)
    }
}

/// Parameters from anything that is one, in the order of `$1..$n`.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::sql::Param::from($value)),*]
    };
}
pub(super) use params;

/// A row as a backend gives it. Columns are counted from 0.
pub(in crate::store) trait Columns {
    /// A `BIGINT`.
    fn integer(&self, column: usize) -> Result<Option<i64>, Fault>;

    /// A `TEXT`, without a copy where the backend can.
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Fault>;
}

/// A row of any backend.
pub(in crate::store) type Row<'a> = dyn Columns + 'a;

impl dyn Columns + '_ {
    /// A column that always holds something.
    pub(super) fn get<T: Cell>(&self, column: usize) -> Result<T, Fault> {
        self.maybe(column)?.ok_or_else(|| empty(column))
    }

    /// A column that may be empty.
    pub(super) fn maybe<T: Cell>(&self, column: usize) -> Result<Option<T>, Fault> {
        T::read(self, column)
    }

    /// The text of a column that always holds one, without a copy where the backend can.
    pub(super) fn words(&self, column: usize) -> Result<Cow<'_, str>, Fault> {
        self.text(column)?.ok_or_else(|| empty(column))
    }
}

fn empty(column: usize) -> Fault {
    Unreadable::new(
        "a column of the state",
        format!("nothing in column {column}"),
    )
    .into()
}

/// What a column can hold.
pub(super) trait Cell: Sized {
    /// Reads it; `None` for `NULL`.
    fn read(row: &Row<'_>, column: usize) -> Result<Option<Self>, Fault>;
}

impl Cell for String {
    fn read(row: &Row<'_>, column: usize) -> Result<Option<Self>, Fault> {
        Ok(row.text(column)?.map(Cow::into_owned))
    }
}

impl Cell for i64 {
    fn read(row: &Row<'_>, column: usize) -> Result<Option<Self>, Fault> {
        row.integer(column)
    }
}

impl Cell for bool {
    fn read(row: &Row<'_>, column: usize) -> Result<Option<Self>, Fault> {
        Ok(row.integer(column)?.map(|number| number != 0))
    }
}

macro_rules! narrower {
    ($($number:ty),*) => {$(
        impl Cell for $number {
            fn read(row: &Row<'_>, column: usize) -> Result<Option<Self>, Fault> {
                let Some(number) = row.integer(column)? else {
                    return Ok(None);
                };
                match Self::try_from(number) {
                    Ok(number) => Ok(Some(number)),
                    Err(_) => Err(Unreadable::new("a number in the state", number).into()),
                }
            }
        }
    )*};
}
narrower!(u8, u32, u64);

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers(Vec<Option<i64>>);

    impl Columns for Numbers {
        fn integer(&self, column: usize) -> Result<Option<i64>, Fault> {
            Ok(self.0[column])
        }

        fn text(&self, _column: usize) -> Result<Option<Cow<'_, str>>, Fault> {
            Ok(None)
        }
    }

    #[test]
    fn a_number_beyond_its_type_is_an_error_and_not_another_number() {
        let row = Numbers(vec![Some(256), Some(-1), None, Some(255)]);
        let row: &Row<'_> = &row;
        assert!(row.get::<u8>(0).is_err());
        assert!(row.get::<u64>(1).is_err());
        assert!(row.get::<u64>(2).is_err());
        assert_eq!(row.maybe::<u64>(2).unwrap(), None);
        assert_eq!(row.get::<u8>(3).unwrap(), 255);
        assert!(row.words(0).is_err());
    }

    #[test]
    fn a_parameter_beyond_a_bigint_is_told() {
        assert!(matches!(Param::from(u64::MAX), Param::TooLarge(u64::MAX)));
        assert!(matches!(Param::from(7_u64), Param::Integer(7)));
        assert!(matches!(Param::from(None::<&str>), Param::Null));
    }
}
