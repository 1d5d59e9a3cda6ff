//! The conditions of a join, whatever the types of its rows.

use std::ffi::CString;
use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::join::{Comparison, Satisfy};
use crate::name::uri_of_columns;
use crate::raw::RawJoin;
use crate::session::Session;
use crate::table::{EntryKind, TableEntry};

/// A join that was not opened yet.
pub(crate) struct NewJoin<'s> {
    session: &'s Session,
    uri: CString,
    table: usize,
    satisfy: Satisfy,
}

/// An open join, and what was added to it.
pub(crate) struct Conditions<'s> {
    session: &'s Session,
    raw: RawJoin<'s>,
    /// The place of the table, for conditions on its key.
    table: usize,
    satisfy: Satisfy,
    /// How many conditions the engine knows.
    count: usize,
    /// Whether there was a condition that no row satisfies.
    any_never: bool,
    started: bool,
}

impl<'s> NewJoin<'s> {
    /// A join of the table at `slot`, of the columns with these names or of the whole rows.
    pub(crate) fn new(
        session: &'s Session,
        slot: usize,
        columns: &[&str],
        satisfy: Satisfy,
    ) -> Result<Self> {
        let table = session.shared().tables.get(slot)?;
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let uri = [b"join:", table.uri.to_bytes()].concat();
        // Without a NUL, as the table's name.
        let uri = CString::new(uri).unwrap_or_default();
        Ok(Self {
            session,
            uri: uri_of_columns(&uri, &columns)?,
            table: slot,
            satisfy,
        })
    }

    /// What the engine calls it.
    pub(crate) fn uri(&self) -> &CString {
        &self.uri
    }

    /// Opens it; the formats are those of its keys and of what is read.
    pub(crate) fn open(self, (key, value): (String, String)) -> Result<Conditions<'s>> {
        let entry = TableEntry::of(self.uri, key, value, EntryKind::Table);
        Ok(Conditions {
            session: self.session,
            raw: self.session.raw().open_join(&entry)?,
            table: self.table,
            satisfy: self.satisfy,
            count: 0,
            any_never: false,
            started: false,
        })
    }
}

impl<'s> Conditions<'s> {
    pub(crate) fn session(&self) -> &'s Session {
        self.session
    }

    pub(crate) fn raw(&self) -> &RawJoin<'s> {
        &self.raw
    }

    /// A condition on the index at `slot`, perhaps by a Bloom filter of so many rows.
    pub(crate) fn on_index(
        &mut self,
        slot: usize,
        comparison: Comparison,
        key: &[u8],
        bloom: Option<u32>,
    ) -> Result<()> {
        let strategy = bloom.map(|expected| format!(",strategy=bloom,count={expected}"));
        self.add(slot, comparison, key, &strategy.unwrap_or_default())
    }

    /// A condition on the key of the table.
    pub(crate) fn on_key(&mut self, comparison: Comparison, key: &[u8]) -> Result<()> {
        self.add(self.table, comparison, key, "")
    }

    /// Another join as a condition.
    pub(crate) fn on_join(&mut self, other: Conditions<'_>) -> Result<()> {
        self.check_not_started()?;
        if other.started {
            return Err(self.refuse("rows were read from the join that is to be a condition"));
        }
        if other.is_never()? {
            self.any_never = true;
            return Ok(());
        }
        self.raw.add_join(other.raw, self.operation())?;
        self.count += 1;
        Ok(())
    }

    fn add(
        &mut self,
        slot: usize,
        comparison: Comparison,
        key: &[u8],
        settings: &str,
    ) -> Result<()> {
        self.check_not_started()?;
        let entry = self.session.shared().tables.get(slot)?;
        let settings = format!("{}{settings}", self.operation());
        if self.raw.add(&entry, comparison.into(), key, &settings)? {
            self.count += 1;
        } else {
            self.any_never = true;
        }
        Ok(())
    }

    fn operation(&self) -> &'static str {
        match self.satisfy {
            Satisfy::All => "operation=and",
            Satisfy::Any => "operation=or",
        }
    }

    /// Whether no row can satisfy the conditions.
    fn is_never(&self) -> Result<bool> {
        if self.count == 0 && !self.any_never {
            return Err(self.refuse("a join has at least one condition"));
        }
        Ok(match self.satisfy {
            Satisfy::All => self.any_never,
            Satisfy::Any => self.count == 0,
        })
    }

    fn check_not_started(&self) -> Result<()> {
        if self.started {
            return Err(self.refuse("conditions are added before the first row is read"));
        }
        Ok(())
    }

    /// Goes to the next row; `false` and nowhere after the last.
    pub(crate) fn next(&mut self) -> Result<bool> {
        if self.is_never()? {
            return Ok(false);
        }
        self.started = true;
        self.raw.next()
    }

    #[cold]
    pub(crate) fn refuse(&self, why: &str) -> Error {
        Error::new(ErrorKind::InvalidArgument, "WT_SESSION.join", why).on(&self.raw.uri())
    }

    pub(crate) fn describe(&self, text: &mut fmt::DebugStruct<'_, '_>) -> fmt::Result {
        text.field("uri", &self.raw.uri())
            .field("satisfy", &self.satisfy)
            .field("conditions", &self.count)
            .finish_non_exhaustive()
    }
}
