//! Tables of every kind, behind one face.

use std::cmp::Ordering;

use wiredtiger::{
    Bits, ErrorKind, IndexOptions, RecordNumber, Result, Session, Table, TableOptions, Transaction,
};

use super::rows::Rows;
use super::sample::KEYS;
use super::steps::{EVERYTHING, Walk, Work};
use super::typed::Groups;

/// Whose operations are called.
pub(super) enum On<'a, 's> {
    Session(&'a mut Session),
    Transaction(&'a mut Transaction<'s>),
}

impl On<'_, '_> {
    pub(super) fn session(&self) -> &Session {
        match self {
            Self::Session(session) => session,
            Self::Transaction(txn) => txn,
        }
    }
}

/// Calls a method that sessions and transactions both have.
macro_rules! on {
    ($on:ident.$method:ident($($argument:expr),*)) => {
        match $on {
            On::Session(session) => session.$method($($argument),*),
            On::Transaction(txn) => txn.$method($($argument),*),
        }
    };
}

pub(super) use on;

/// What came of it, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
    Nothing,
    There(bool),
    Value(Option<u16>),
    Entry(Option<(u16, u16)>),
    Near(Option<(Ordering, u16, u16)>),
    Entries(Vec<(u16, u16)>),
    /// A key was found, and afterwards the cursor is at this entry.
    At(Option<(u16, u16)>),
    Appended(u16),
    /// The column of the index, and the key.
    Index(Vec<(u16, u16)>),
    Refused(ErrorKind),
}

impl From<Result<Seen>> for Seen {
    fn from(result: Result<Seen>) -> Self {
        result.unwrap_or_else(|error| Self::Refused(error.kind()))
    }
}

/// A table.
pub(super) trait Stored: Send + Sync {
    fn work(&self, on: On<'_, '_>, work: &Work) -> Result<Seen>;

    fn walker<'s>(&self, session: &'s Session) -> Result<Box<dyn Walker + 's>>;
}

/// A cursor that stays open.
pub(super) trait Walker {
    fn walk(&mut self, walk: &Walk) -> Result<Seen>;
}

/// How a table is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Numbers,
    Texts,
    /// With column groups and an index.
    Groups,
    /// Formats are known at run time.
    Rows,
    /// A column store.
    Records,
    /// A column store of bit fields, written in advance: a record that was removed is a zero, and
    /// what nobody has written comes and goes with larger numbers.
    Flags,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Numbers,
        Self::Texts,
        Self::Groups,
        Self::Rows,
        Self::Records,
        Self::Flags,
    ];

    /// Creates the table, or opens it.
    pub(super) fn table(self, name: &str, session: &mut Session) -> Result<Box<dyn Stored>> {
        let plain = TableOptions::new();
        Ok(match self {
            Self::Numbers => Box::new(session.create_table::<i64, Vec<u8>>(name, &plain)?),
            Self::Texts => {
                let options = plain.prefix_compression(true);
                Box::new(session.create_table::<String, String>(name, &options)?)
            }
            Self::Groups => {
                let options = plain
                    .columns(["key", "column", "text"])
                    .column_group("one", ["column"])
                    .column_group("two", ["text"]);
                let table: Table<u64, (u16, String)> = session.create_table(name, &options)?;
                session.create_index(&table, "by", &["column"], &IndexOptions::new())?;
                let index = session.open_index(&table, "by", &["key"])?;
                Box::new(Groups { table, index })
            }
            Self::Rows => {
                let formats = ["Sh", "iu"].map(str::parse);
                let [key, value] = formats.map(|format| format.expect("a format"));
                Box::new(Rows {
                    rows: session.create_dyn_table(name, &key, &value, &plain)?,
                    typed: session.open_table(name)?,
                })
            }
            Self::Records => Box::new(session.create_table::<RecordNumber, String>(name, &plain)?),
            Self::Flags => Box::new(session.create_table::<RecordNumber, Bits<6>>(name, &plain)?),
        })
    }

    /// Makes a new table what the model begins with.
    pub(super) fn fill(self, table: &dyn Stored, session: &mut Session) -> Result<()> {
        if self == Self::Flags {
            for key in 0..KEYS {
                table.work(On::Session(session), &Work::Put(key, 0))?;
            }
        }
        Ok(())
    }

    /// Whether such tables have the operation.
    pub(super) fn has(self, work: &Work) -> bool {
        match work {
            Work::Append(_) => self == Self::Records,
            Work::Index => self == Self::Groups,
            // A range of bit fields has no ends.
            Work::Range(from, to, _) => self != Self::Flags || (*from, *to) == EVERYTHING,
            _ => true,
        }
    }

    /// Whether their cursors have it.
    pub(super) fn has_step(self, walk: &Walk) -> bool {
        match walk {
            Walk::Bounds(from, to) => self != Self::Flags || (*from, *to) == EVERYTHING,
            _ => true,
        }
    }
}
