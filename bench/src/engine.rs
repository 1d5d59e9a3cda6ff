//! The bare engine, set up as the cache sets it up.

use std::path::Path;

use anyhow::Result;
use tiered_cache::LocalConfig;
use wiredtiger::{ByteSize, Connection, Durability, Session, Table, TransactionOptions};

use crate::rows::Rows;

/// What the cache puts in front of every value.
const HEADER: [u8; 40] = [0x5a; 40];

/// An open engine with the cache's table of rows.
pub(crate) struct Engine {
    pub(crate) connection: Connection,
    pub(crate) rows: Table<Vec<u8>, Vec<u8>>,
}

impl Engine {
    /// With the settings of the cache's local tier.
    pub(crate) fn open(home: &Path, cache_size: ByteSize) -> Result<Self> {
        let config = LocalConfig {
            cache_size,
            ..LocalConfig::default()
        };
        let connection = config.connection_options().open(home)?;
        let rows = connection
            .open_session()?
            .create_table("entries", &config.table_options())?;
        Ok(Self { connection, rows })
    }

    /// Puts all rows in, and comes back with pages as they are read from the disk.
    pub(crate) fn filled(home: &Path, cache_size: ByteSize, rows: &Rows) -> Result<Self> {
        let engine = Self::open(home, cache_size)?;
        let mut session = engine.connection.open_session()?;
        let mut row = Vec::new();
        for (key, value) in rows.iter() {
            fill_in(&mut row, value);
            session.put(&engine.rows, key, &row)?;
        }
        drop(session);
        engine.connection.close()?;
        Self::open(home, cache_size)
    }

    /// Stores a row as the cache would: with a header, which is built for each.
    pub(crate) fn put(
        &self,
        session: &mut Session,
        row: &mut Vec<u8>,
        key: &[u8],
        value: &[u8],
    ) -> Result<()> {
        fill_in(row, value);
        Ok(session.put(&self.rows, key, row)?)
    }

    /// The same in a transaction of its own that survives what is asked for.
    pub(crate) fn put_at(
        &self,
        session: &mut Session,
        row: &mut Vec<u8>,
        (key, value): (&[u8], &[u8]),
        durability: Durability,
    ) -> Result<()> {
        fill_in(row, value);
        let options = TransactionOptions::new().durability(durability);
        Ok(session.run(&options, |txn| txn.put(&self.rows, key, row))?)
    }
}

/// The value in a row.
pub(crate) fn value_of(row: &[u8]) -> &[u8] {
    row.get(HEADER.len()..).unwrap_or_default()
}

fn fill_in(row: &mut Vec<u8>, value: &[u8]) {
    row.clear();
    row.extend_from_slice(&HEADER);
    row.extend_from_slice(value);
}
