//! One connection to PostgreSQL as the port that all databases are used through.
//!
//! The client blocks and drives a runtime of its own, so it is used, and ended, only on threads that
//! are not a runtime's own.

use std::borrow::Cow;
use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::error::Error as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, NoTls, Statement};

use super::address::PostgresAddress;
use super::tls;
use crate::store::codec::Unreadable;
use crate::store::sql::{Columns, DAMAGED, Database, EachRow, Fault, Param};

/// How long a statement waits for what another transaction holds.
const LOCKED: &str = "SET lock_timeout = '60s'";

/// A commit is on the server's disk when it returns, whatever the server's default is.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off'";

/// A connection whose unqualified names are those of the state's schema.
pub(super) struct Connection {
    client: RefCell<Option<Client>>,
    statements: RefCell<HashMap<&'static str, Statement>>,
}

impl Connection {
    pub(super) fn open(address: &PostgresAddress) -> Result<Self, Fault> {
        Self::open_within(address, address.patience())
    }

    /// The driver waits without end for a server that accepts a connection and then is silent, so a thread of
    /// its own does the waiting. What that thread may get too late is closed by it.
    fn open_within(address: &PostgresAddress, limit: Duration) -> Result<Self, Fault> {
        let (opened, outcome) = mpsc::channel();
        let address = address.clone();
        thread::Builder::new()
            .spawn(move || drop(opened.send(Self::dial(&address))))
            .map_err(|error| Fault::Refused(format!("no thread for the database: {error}")))?;
        let silent = match outcome.recv_timeout(limit) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) => format!("no answer within {} s", limit.as_secs()),
            Err(RecvTimeoutError::Disconnected) => "the attempt broke off".to_owned(),
        };
        Err(Fault::Unreachable(format!(
            "no connection to the database: {silent}; check host and port in the address, and whether the \
            server runs"
        )))
    }

    /// A connection that can be used.
    fn dial(address: &PostgresAddress) -> Result<Self, Fault> {
        let client = if address.encrypted {
            address.config.connect(tls::connector()?)
        } else {
            address.config.connect(NoTls)
        };
        let connection = Self {
            client: RefCell::new(Some(client.map_err(|error| unconnected(&error))?)),
            statements: RefCell::new(HashMap::new()),
        };
        let schema = &address.schema;
        connection.run(&format!(
            "SET search_path TO \"{schema}\"; {LOCKED}; {DURABLE}"
        ))?;
        let encoding = connection.word("SHOW server_encoding", &[])?;
        if encoding.as_deref() != Some("UTF8") {
            let encoding = encoding.unwrap_or_default();
            let reason = format!(
                "the database has the encoding {encoding}, which does not hold every text; \
                make one with `CREATE DATABASE ... ENCODING 'UTF8'`"
            );
            return Err(Fault::Refused(reason));
        }
        Ok(connection)
    }

    /// Runs several statements without parameters.
    pub(super) fn run(&self, sql: &str) -> Result<(), Fault> {
        Ok(self.client()?.batch_execute(sql)?)
    }

    /// The first column of the first row, a text.
    pub(super) fn word(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<String>, Fault> {
        let row = self.client()?.query_opt(sql, parameters)?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    /// The first row.
    pub(super) fn row(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<postgres::Row>, Fault> {
        Ok(self.client()?.query_opt(sql, parameters)?)
    }

    /// The number of rows that a statement changed.
    pub(super) fn change(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, Fault> {
        Ok(self.client()?.execute(sql, parameters)?)
    }

    fn client(&self) -> Result<RefMut<'_, Client>, Fault> {
        let gone = |_| Fault::Refused("the database is in use by the same call".to_owned());
        let client = self.client.try_borrow_mut().map_err(gone)?;
        RefMut::filter_map(client, Option::as_mut)
            .map_err(|_| Fault::Lost("the connection was closed".to_owned()))
    }

    /// Prepared once for each connection.
    fn prepared(&self, sql: &'static str) -> Result<Statement, Fault> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client()?.prepare(sql)?;
        let mut statements = self.statements.borrow_mut();
        statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.statements.get_mut().clear();
        if let Some(client) = self.client.get_mut().take() {
            // Saying goodbye blocks, which a thread of the runtime must not; nobody waits for it.
            let _told = thread::Builder::new().spawn(move || drop(client));
        }
    }
}

impl Database for Connection {
    fn each_row(
        &self,
        sql: &'static str,
        parameters: &[Param<'_>],
        each: &mut EachRow<'_>,
    ) -> Result<(), Fault> {
        let statement = self.prepared(sql)?;
        let bound = bound(parameters)?;
        let mut client = self.client()?;
        let parameters = bound.iter().map(|value| value as &(dyn ToSql + Sync));
        let mut rows = client.query_raw(&statement, parameters)?;
        while let Some(row) = rows.next()? {
            if !each(&PostgresRow(&row))? {
                break;
            }
        }
        Ok(())
    }

    fn execute(&self, sql: &'static str, parameters: &[Param<'_>]) -> Result<u64, Fault> {
        let statement = self.prepared(sql)?;
        let bound = bound(parameters)?;
        let parameters: Vec<&(dyn ToSql + Sync)> = bound
            .iter()
            .map(|value| value as &(dyn ToSql + Sync))
            .collect();
        Ok(self.client()?.execute(&statement, &parameters)?)
    }
}

/// What PostgreSQL is handed of a parameter.
#[derive(Debug)]
enum Bound<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
}

fn bound<'a>(parameters: &'a [Param<'a>]) -> Result<Vec<Bound<'a>>, Fault> {
    let one = |parameter: &'a Param<'a>| {
        Ok(match parameter {
            Param::Null => Bound::Null,
            Param::Integer(number) => Bound::Integer(*number),
            Param::TooLarge(number) => return Err(Param::too_large(*number)),
            Param::Text(text) => Bound::Text(without_nul(text)),
        })
    };
    parameters.iter().map(one).collect()
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => (&**text).to_sql_checked(kind, out),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

struct PostgresRow<'a>(&'a postgres::Row);

impl Columns for PostgresRow<'_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, Fault> {
        self.0.try_get(column).map_err(|_| misshapen(column))
    }

    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Fault> {
        let text: Option<&str> = self.0.try_get(column).map_err(|_| misshapen(column))?;
        Ok(text.map(with_nul))
    }
}

fn misshapen(column: usize) -> Fault {
    Unreadable::new(
        "a column of the state",
        format!("another type in column {column}"),
    )
    .into()
}

/// PostgreSQL keeps no U+0000 in a text, and what people or servers write may hold one: it is kept as
/// U+0001 `0`, and U+0001 itself as U+0001 `1`. The order of texts stays what it is.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains(['\0', '\u{1}']) {
        Cow::Owned(text.replace('\u{1}', "\u{1}1").replace('\0', "\u{1}0"))
    } else {
        Cow::Borrowed(text)
    }
}

fn with_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\u{1}') {
        Cow::Owned(text.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}"))
    } else {
        Cow::Borrowed(text)
    }
}

impl From<postgres::Error> for Fault {
    fn from(error: postgres::Error) -> Self {
        let words = words(&error);
        let Some(code) = error.code() else {
            // Everything else that goes wrong within a statement is this program's mistake.
            let by_network = error.is_closed()
                || error
                    .source()
                    .is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
            return if by_network {
                Self::Lost(format!("the connection to the database was lost ({words})"))
            } else {
                database(words.clone(), words)
            };
        };
        let is = |codes: &[&SqlState]| codes.contains(&code);
        if is(&[
            &SqlState::T_R_SERIALIZATION_FAILURE,
            &SqlState::T_R_DEADLOCK_DETECTED,
        ]) {
            return Self::Transient(words);
        }
        if is(&[&SqlState::UNIQUE_VIOLATION]) {
            return Self::Duplicate(words);
        }
        if code.code().starts_with("08")
            || is(&[
                &SqlState::ADMIN_SHUTDOWN,
                &SqlState::CRASH_SHUTDOWN,
                &SqlState::CANNOT_CONNECT_NOW,
                &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            ])
        {
            return Self::Lost(format!("the connection to the database was lost ({words})"));
        }
        if code.code().starts_with("28") || is(&[&SqlState::INSUFFICIENT_PRIVILEGE]) {
            return Self::Denied(format!(
                "{words}; the user of the address needs the rights that docs/state.md lists"
            ));
        }
        let help = if is(&[&SqlState::LOCK_NOT_AVAILABLE]) {
            "another program keeps the state locked; try again when it is done"
        } else if is(&[&SqlState::DISK_FULL]) {
            "make room on the server's disk"
        } else if is(&[&SqlState::READ_ONLY_SQL_TRANSACTION]) {
            "this server only reads: name the primary one in the address"
        } else if code.code().starts_with("XX") {
            return database(
                words.clone(),
                format!("the state is damaged ({words}); {DAMAGED}"),
            );
        } else {
            return database(words.clone(), words);
        };
        let reason = format!("{words}; {help}");
        database(words, reason)
    }
}

fn database(words: String, reason: String) -> Fault {
    Fault::Database { words, reason }
}

/// Why there is no connection.
fn unconnected(error: &postgres::Error) -> Fault {
    let words = words(error);
    match error.code() {
        Some(code) if code.code().starts_with("28") => Fault::Denied(format!(
            "the database does not let this user in: {words}; check user and password in the address"
        )),
        // No password, no user: the driver's own complaint, before any connection.
        None if words.starts_with("invalid configuration") => {
            Fault::Denied(format!("{words}; check user and password in the address"))
        }
        Some(code) if *code == SqlState::INVALID_CATALOG_NAME => {
            Fault::Denied(format!("{words}; check the database in the address"))
        }
        _ => Fault::Unreachable(format!(
            "no connection to the database: {words}; check host, port and `sslmode` in the address, and \
            whether the server runs"
        )),
    }
}

/// What the server or the driver said, with its causes: never the address, never a value.
fn words(error: &postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_server_that_accepts_and_is_silent_is_given_up() {
        // The system accepts for it, and nobody ever answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = silent.local_addr().unwrap();
        let text = format!("postgresql://accord:hunter2@{place}/state");
        let address = PostgresAddress::parse(&text).unwrap();
        let reason = match Connection::open_within(&address, Duration::from_secs(1)).err() {
            Some(Fault::Unreachable(reason)) => reason,
            other => panic!("{other:?}"),
        };
        assert!(reason.contains("no answer within 1 s"), "{reason}");
        assert!(!reason.contains("hunter2"), "{reason}");
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_none_holds_a_nul(text in "[\u{0}\u{1}\u{2}01a]{0,12}") {
            let kept = without_nul(&text);
            prop_assert!(!kept.contains('\0'));
            prop_assert_eq!(with_nul(&kept), text.as_str());
        }

        #[test]
        fn the_order_of_texts_stays(one in "[\u{0}\u{1}\u{2}01]{0,6}", other in "[\u{0}\u{1}\u{2}01]{0,6}") {
            prop_assert_eq!(one.cmp(&other), without_nul(&one).cmp(&without_nul(&other)));
        }
    }
}
