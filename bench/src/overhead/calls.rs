//! The calls that are compared, on both sides.

use std::hint::black_box;
use std::path::Path;

use anyhow::Result;
use wiredtiger::{
    ByteSize, CheckpointPolicy, Connection, Durability, Session, Table, TableOptions,
};

use crate::by_hand::{self, Bound};
use crate::rows::shuffled;

const TABLE: &str = "rows";
/// Room for all that the inserts add.
const CACHE: u64 = 4 << 30;
/// How many rows are chosen, in an order that a processor cannot guess, before they come again.
const CHOICES: usize = 1 << 16;
/// Rows of a range.
const RANGE: usize = 100;

/// A call, made a number of times by each side.
pub(super) struct Call {
    pub(super) name: &'static str,
    /// What the two sides do.
    pub(super) how: &'static str,
    /// Whether it was promised to cost next to nothing more than in C.
    pub(super) promised: bool,
    pub(super) safe: fn(&mut Safe, usize) -> Result<()>,
    pub(super) by_hand: fn(&mut ByHand<'_>, usize) -> Result<()>,
}

pub(super) const CALLS: &[Call] = &[
    Call {
        name: "lookup, value borrowed",
        how: "get; search, get_value, reset",
        promised: true,
        safe: |side, ops| {
            for _ in 0..ops {
                let key = side.work.choose();
                black_box(side.session.get(&side.rows, key)?.as_deref());
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                let key = side.work.choose();
                black_box(side.session.get(key)?);
                side.session.reset()?;
            }
            Ok(())
        },
    },
    Call {
        name: "lookup, value owned",
        how: "get_owned; search, get_value, a copy, reset",
        promised: true,
        safe: |side, ops| {
            for _ in 0..ops {
                let key = side.work.choose();
                black_box(side.session.get_owned(&side.rows, key)?);
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                let key = side.work.choose();
                black_box(side.session.get(key)?.map(<[u8]>::to_vec));
                side.session.reset()?;
            }
            Ok(())
        },
    },
    Call {
        name: "insert",
        how: "put of a new key behind all others; insert",
        promised: true,
        safe: |side, ops| {
            for _ in 0..ops {
                let (key, value) = side.work.new_row();
                side.session.put(&side.rows, key, value)?;
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                let (key, value) = side.work.new_row();
                side.session.put(key, value)?;
            }
            Ok(())
        },
    },
    Call {
        name: "update",
        how: "update of a key that is there; update on a cursor with overwrite=false",
        promised: false,
        safe: |side, ops| {
            for _ in 0..ops {
                let (key, value) = side.work.choose_row();
                black_box(side.session.update(&side.rows, key, value)?);
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                let (key, value) = side.work.choose_row();
                black_box(side.keeping.update(key, value)?);
                side.keeping.reset()?;
            }
            Ok(())
        },
    },
    Call {
        name: "range of 100",
        how: "range; bound, 100 times next, get_key and get_value, reset",
        promised: true,
        safe: |side, ops| {
            for _ in 0..ops {
                let key = side.work.choose();
                let mut range = side.session.range(&side.rows, key..)?;
                for _ in 0..RANGE {
                    let Some(row) = range.next()? else { break };
                    black_box(row);
                }
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                let key = side.work.choose();
                side.session.bound(Bound::Lower, key)?;
                for _ in 0..RANGE {
                    if !side.session.next()? {
                        break;
                    }
                    black_box(side.session.row()?);
                }
                side.session.reset()?;
            }
            Ok(())
        },
    },
    Call {
        name: "begin and commit",
        how: "a transaction with nothing in it",
        promised: false,
        safe: |side, ops| {
            for _ in 0..ops {
                side.session.begin()?.commit()?;
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                side.session.begin()?;
                side.session.commit()?;
            }
            Ok(())
        },
    },
    Call {
        name: "cursor open",
        how: "a cursor of the session's pool; open_cursor and close, out of the engine's cache",
        promised: false,
        safe: |side, ops| {
            for _ in 0..ops {
                black_box(&side.session.cursor(&side.rows)?);
            }
            Ok(())
        },
        by_hand: |side, ops| {
            for _ in 0..ops {
                side.session.open_and_close_cursor()?;
            }
            Ok(())
        },
    },
];

/// What a side works on.
struct Work {
    chosen: Vec<[u8; 16]>,
    next: usize,
    new: [u8; 16],
    rows: usize,
    value: Vec<u8>,
}

impl Work {
    /// Each side has a `seed` of its own: the one whose turn comes second would have branches to
    /// take that the processor has just learnt.
    fn new(seed: usize, rows: usize) -> Self {
        Self {
            chosen: shuffled(seed, CHOICES, rows).into_iter().map(key).collect(),
            next: 0,
            new: key(rows),
            rows,
            value: (0..100).collect(),
        }
    }

    #[inline]
    fn choose(&mut self) -> &[u8] {
        self.choose_row().0
    }

    #[inline]
    fn choose_row(&mut self) -> (&[u8], &[u8]) {
        self.next = (self.next + 1) % CHOICES;
        (&self.chosen[self.next], &self.value)
    }

    #[inline]
    fn new_row(&mut self) -> (&[u8], &[u8]) {
        self.new = key(self.rows);
        self.rows += 1;
        (&self.new, &self.value)
    }
}

/// Keys have the order of their numbers.
#[inline]
fn key(number: usize) -> [u8; 16] {
    let mut key = [b'k'; 16];
    key[8..].copy_from_slice(&(number as u64).to_be_bytes());
    key
}

/// The side of the safe crate.
pub(super) struct Safe {
    work: Work,
    session: Session,
    rows: Table<Vec<u8>, Vec<u8>>,
}

impl Safe {
    /// Makes a database with so many rows.
    pub(super) fn open(dir: &Path, rows: usize) -> Result<Self> {
        let connection = Connection::options()
            .create(true)
            .cache_size(ByteSize(CACHE))
            .durability(Durability::Checkpoint)
            .checkpoint(CheckpointPolicy::MANUAL)
            .open(dir)?;
        let mut session = connection.open_session()?;
        let table = session.create_table(TABLE, &TableOptions::new())?;
        let work = Work::new(1, rows);
        for number in 0..rows {
            session.put(&table, &key(number)[..], &work.value[..])?;
        }
        session.checkpoint()?;
        Ok(Self {
            work,
            session,
            rows: table,
        })
    }
}

/// The home of the other side.
pub(super) fn home(dir: &Path) -> Result<by_hand::Home> {
    let home = by_hand::Home::open(dir, &format!("create,cache_size={CACHE}"))?;
    home.create_table(TABLE, "")?;
    Ok(home)
}

/// The side of the C API.
pub(super) struct ByHand<'h> {
    work: Work,
    /// Its inserts replace what is there.
    session: by_hand::Session<'h>,
    /// Its updates ask for what is there.
    keeping: by_hand::Session<'h>,
}

impl<'h> ByHand<'h> {
    /// Fills the home with so many rows.
    pub(super) fn fill(home: &'h by_hand::Home, rows: usize) -> Result<Self> {
        let mut session = home.session(TABLE)?;
        let work = Work::new(2, rows);
        for number in 0..rows {
            session.put(&key(number), &work.value)?;
        }
        session.checkpoint()?;
        Ok(Self {
            work,
            session,
            keeping: home.session_with(TABLE, c"overwrite=false")?,
        })
    }
}
