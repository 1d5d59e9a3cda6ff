//! Walking through rows, chunk by chunk.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use wiredtiger::Session;

use super::Shared;
use super::entry::{Entry, is_live};
use super::span::Span;
use crate::cache::core::Core;
use crate::clock::now_ms;
use crate::error::{Error, Result};
use crate::local::header::Header;
use crate::local::{Bytes2, View, original};

/// The most rows of a chunk, dead ones included.
const ROWS: usize = 256;

/// Keys and rows at which a chunk takes no more.
const BYTES: usize = 64 << 10;

/// What some keys are in a snapshot, whatever their rows say: by the key as it is stored; `None`:
/// absent.
pub(super) type Overlay = BTreeMap<Vec<u8>, Option<Entry>>;

/// What is read.
#[derive(Clone)]
pub(super) enum Source {
    /// The cache as it is when a chunk is read: each chunk has a view of its own.
    Now(Arc<Core>),
    Snapshot(Arc<Shared>),
}

/// An entry that is passed.
pub(super) enum Passed<'a> {
    /// A row: the stored key, the header, the value.
    Row(&'a [u8], &'a Header, &'a [u8]),
    Entry(&'a Entry),
    /// A row that cannot be read.
    Corrupt(Error),
}

impl Passed<'_> {
    pub(super) fn into_entry(self) -> Result<Entry> {
        match self {
            Self::Row(key, header, value) => Ok(Entry::of_row(key, header, value)),
            Self::Entry(entry) => Ok(entry.clone()),
            Self::Corrupt(error) => Err(error),
        }
    }

    pub(super) fn into_key(self) -> Result<Bytes> {
        match self {
            Self::Row(key, ..) => Ok(Bytes::copy_from_slice(original(key))),
            Self::Entry(entry) => Ok(entry.key.clone()),
            Self::Corrupt(error) => Err(error),
        }
    }
}

/// A walk through a range of keys.
pub(super) struct Walk {
    pub(super) source: Source,
    pub(super) span: Span,
    pub(super) reverse: bool,
    /// Passes what has expired, and whose row is still there, as well.
    pub(super) with_expired: bool,
    /// There is nothing left.
    pub(super) done: bool,
}

impl Walk {
    pub(super) fn new(source: Source, span: Span) -> Self {
        Self {
            done: span.is_empty(),
            source,
            span,
            reverse: false,
            with_expired: false,
        }
    }

    /// The next entries: none at the end, or when all rows of the chunk were dead ones.
    pub(super) fn chunk(&mut self) -> Result<Vec<Result<Entry>>> {
        let mut entries = Vec::new();
        self.pass(&mut |passed| entries.push(passed.into_entry()))?;
        Ok(entries)
    }

    /// Passes the entries of the next chunk.
    pub(super) fn pass(&mut self, visit: &mut dyn FnMut(Passed<'_>)) -> Result<()> {
        if self.done {
            return Ok(());
        }
        let source = self.source.clone();
        let passed = match &source {
            Source::Now(core) => self.pass_now(core, visit),
            Source::Snapshot(shared) => shared.read(|view| {
                let chunk = Chunk {
                    table: &shared.entries,
                    overlay: Some(&shared.overlay),
                    // At the time 0 nothing has expired.
                    now: if self.with_expired {
                        0
                    } else {
                        shared.taken_at
                    },
                };
                chunk.pass(view, &mut self.span, self.reverse, visit)
            }),
        };
        // After an error there is no more, either.
        self.done = !matches!(passed, Ok(false));
        passed.map(|_| ())
    }

    fn pass_now(&mut self, core: &Core, visit: &mut dyn FnMut(Passed<'_>)) -> Result<bool> {
        let local = core.local()?;
        let view = View::begin(local.session()?)?;
        let chunk = Chunk {
            table: &local.entries,
            overlay: None,
            now: now_ms(),
        };
        chunk.pass(&view, &mut self.span, self.reverse, visit)
    }
}

/// How a chunk is read.
struct Chunk<'a> {
    table: &'a Bytes2,
    overlay: Option<&'a Overlay>,
    now: u64,
}

impl Chunk<'_> {
    /// Passes the next rows of `span`, and leaves there what is behind them. The answer is whether
    /// that is nothing.
    fn pass(
        &self,
        session: &Session,
        span: &mut Span,
        reverse: bool,
        visit: &mut dyn FnMut(Passed<'_>),
    ) -> Result<bool> {
        let mut range = session.range(self.table, span.ends())?;
        if reverse {
            range = range.rev();
        }
        let mut patches = self.patches(span, reverse).peekable();
        let (mut rows, mut bytes) = (0, 0);
        while let Some((key, row)) = range.next()? {
            let comes_first = |patched: &[u8]| {
                let order = patched.cmp(key);
                order
                    == if reverse {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    }
            };
            while let Some((_, patch)) = patches.next_if(|(patched, _)| comes_first(patched)) {
                self.pass_patch(patch, visit);
            }
            match patches.next_if(|(patched, _)| patched.as_slice() == key) {
                Some((_, patch)) => self.pass_patch(patch, visit),
                None => self.pass_row(key, row, visit),
            }
            rows += 1;
            bytes += key.len() + row.len();
            if rows == ROWS || bytes >= BYTES {
                let key = key.to_vec();
                drop(patches);
                span.move_past(&key, reverse);
                return Ok(span.is_empty());
            }
        }
        for (_, patch) in patches {
            self.pass_patch(patch, visit);
        }
        Ok(true)
    }

    /// The part of the overlay in `span`, in the order of the walk.
    fn patches<'a>(
        &'a self,
        span: &Span,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = (&'a Vec<u8>, &'a Option<Entry>)> + 'a> {
        match self.overlay {
            Some(overlay) if !overlay.is_empty() => {
                let range = overlay.range::<[u8], _>(span.ends());
                if reverse {
                    Box::new(range.rev())
                } else {
                    Box::new(range)
                }
            }
            _ => Box::new(std::iter::empty()),
        }
    }

    fn pass_row(&self, key: &[u8], row: &[u8], visit: &mut dyn FnMut(Passed<'_>)) {
        match Header::decode(row) {
            Ok((header, value)) if is_live(&header, self.now) => {
                visit(Passed::Row(key, &header, value));
            }
            Ok(_) => {}
            Err(error) => visit(Passed::Corrupt(error)),
        }
    }

    fn pass_patch(&self, patch: &Option<Entry>, visit: &mut dyn FnMut(Passed<'_>)) {
        if let Some(entry) = patch
            && !entry.expired(self.now)
        {
            visit(Passed::Entry(entry));
        }
    }
}
