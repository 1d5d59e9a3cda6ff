//! What must come of each step: maps, and transactions that each have a view of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, RangeBounds};

use wiredtiger::ErrorKind;

use super::sample::{KEYS, column_of};
use super::steps::{EVERYTHING, Ends, SESSIONS, Walk, Work};
use super::stored::{Kind, Seen};

type Map = BTreeMap<u16, u16>;
/// The tables as they are committed, and what is not committed yet.
#[derive(Clone)]
pub(super) struct Maps {
    kinds: Vec<Kind>,
    committed: Vec<Map>,
    /// When each key was last written, by the commits that were counted.
    written: BTreeMap<(usize, u16), u64>,
    commits: u64,
    running: [Option<Running>; SESSIONS],
}

/// A transaction.
#[derive(Clone)]
struct Running {
    began: u64,
    /// What was committed then, and its own changes.
    view: Vec<Map>,
    wrote: BTreeSet<(usize, u16)>,
    /// Keys that others have written since, or are about to: whoever writes second loses.
    theirs: BTreeSet<(usize, u16)>,
    is_lost: bool,
    walkers: Vec<Position>,
}

/// Where a cursor is, and where it may go.
#[derive(Clone)]
struct Position {
    at: Option<u16>,
    ends: Ends,
}

/// Why something that was seen is wrong.
pub(super) type Verdict = Result<(), String>;

pub(super) fn same(seen: &Seen, expected: Seen) -> Verdict {
    if *seen == expected {
        return Ok(());
    }
    Err(format!("it is {seen:?} and should be {expected:?}"))
}

/// Whether no key can be in the range. Maps panic at such.
fn is_empty(ends: &Ends) -> bool {
    use Bound::{Excluded, Included, Unbounded};
    match *ends {
        (Unbounded, _) | (_, Unbounded) => false,
        (Included(from), Included(to)) => from > to,
        (Included(from) | Excluded(from), Included(to) | Excluded(to)) => from >= to,
    }
}

fn within(map: &Map, ends: Ends) -> impl DoubleEndedIterator<Item = (u16, u16)> {
    let entries = map.iter().map(|(key, value)| (*key, *value));
    entries.filter(move |(key, _)| ends.contains(key))
}

impl Maps {
    pub(super) fn new(kinds: &[Kind]) -> Self {
        Self::with_keys(kinds, |_| true)
    }

    /// Of these keys only.
    pub(super) fn with_keys(kinds: &[Kind], mut has: impl FnMut(&u16) -> bool) -> Self {
        let mut filled = |kind: &Kind| match kind {
            Kind::Flags => (0..KEYS).filter(&mut has).map(|key| (key, 0)).collect(),
            _ => Map::new(),
        };
        Self {
            kinds: kinds.to_vec(),
            committed: kinds.iter().map(&mut filled).collect(),
            written: BTreeMap::new(),
            commits: 0,
            running: Default::default(),
        }
    }

    /// What is committed.
    pub(super) fn entries(&self, table: usize) -> impl Iterator<Item = (u16, u16)> {
        within(&self.committed[table], EVERYTHING)
    }

    pub(super) fn is_running(&self, session: usize) -> bool {
        self.running[session].is_some()
    }

    fn start(&self) -> Running {
        Running {
            began: self.commits,
            view: self.committed.clone(),
            wrote: BTreeSet::new(),
            theirs: BTreeSet::new(),
            is_lost: false,
            walkers: self.nowhere(),
        }
    }

    fn nowhere(&self) -> Vec<Position> {
        let position = Position {
            at: None,
            ends: EVERYTHING,
        };
        vec![position; self.kinds.len()]
    }

    pub(super) fn begin(&mut self, session: usize) {
        self.running[session] = Some(self.start());
    }

    /// All transactions are gone.
    pub(super) fn lose_all(&mut self) {
        self.running = Default::default();
    }

    pub(super) fn rollback(&mut self, session: usize, seen: &Seen) -> Verdict {
        self.running[session] = None;
        same(seen, Seen::Nothing)
    }

    pub(super) fn commit(&mut self, session: usize, seen: &Seen) -> Verdict {
        let Some(running) = self.running[session].take() else {
            return Err("no transaction runs".into());
        };
        if running.is_lost {
            return same(seen, Seen::Refused(ErrorKind::Rollback));
        }
        self.apply(running);
        same(seen, Seen::Nothing)
    }

    fn apply(&mut self, running: Running) {
        self.commits += 1;
        for (table, key) in running.wrote {
            match running.view[table].get(&key) {
                Some(value) => self.committed[table].insert(key, *value),
                None => self.committed[table].remove(&key),
            };
            self.written.insert((table, key), self.commits);
        }
    }

    /// What other transactions have written and not committed.
    fn others(&self, session: usize) -> impl Iterator<Item = (usize, u16)> {
        let others = self.running.iter().enumerate();
        let others = others.filter(move |(other, _)| *other != session);
        others.flat_map(|(_, running)| running.iter().flat_map(|running| running.wrote.clone()))
    }

    /// Whether the step would wait for a transaction of another session: outside of transactions a
    /// write is tried until there is no conflict.
    pub(super) fn would_wait(&self, session: usize, table: usize, work: &Work) -> bool {
        let keys: Ends = match *work {
            Work::Put(key, _)
            | Work::InsertNew(key, _)
            | Work::Update(key, _)
            | Work::Remove(key)
            | Work::At(key, _) => (Bound::Included(key), Bound::Included(key)),
            Work::Truncate(from, to) => (from, to),
            _ => return false,
        };
        !self.is_running(session)
            && self
                .others(session)
                .any(|(of, key)| of == table && keys.contains(&key))
    }

    /// Judges what came of an operation, and does it to the maps.
    pub(super) fn work(
        &mut self,
        session: usize,
        table: usize,
        work: &Work,
        seen: &Seen,
    ) -> Verdict {
        let alone = !self.is_running(session);
        let mut running = self.running[session].take().unwrap_or_else(|| self.start());
        running.walkers = self.nowhere();
        running.theirs = self.others(session).collect();
        let later = self.written.iter().filter(|(_, at)| **at > running.began);
        running.theirs.extend(later.map(|(key, _)| *key));
        running.work(self.kinds[table], table, work, seen)?;
        if alone {
            self.apply(running);
        } else {
            self.running[session] = Some(running);
        }
        Ok(())
    }

    /// Judges what came of a step of a cursor.
    pub(super) fn walk(
        &mut self,
        session: usize,
        table: usize,
        walk: &Walk,
        seen: &Seen,
    ) -> Verdict {
        let Some(running) = &mut self.running[session] else {
            return Err("no transaction runs".into());
        };
        match walk {
            // What reads nothing may succeed all the same.
            Walk::Reset | Walk::Bounds(..) if running.is_lost => Ok(()),
            _ if running.is_lost => same(seen, Seen::Refused(ErrorKind::Rollback)),
            _ => running.walkers[table].walk(&running.view[table], walk, seen),
        }
    }
}

impl Running {
    fn work(&mut self, kind: Kind, table: usize, work: &Work, seen: &Seen) -> Verdict {
        let map = &self.view[table];
        if self.is_lost {
            // Nothing may have to be read for that.
            let empty = matches!(*work, Work::Range(from, to, _) if is_empty(&(from, to)));
            if empty && *seen == Seen::Entries(Vec::new()) {
                return Ok(());
            }
            return same(seen, Seen::Refused(ErrorKind::Rollback));
        }
        match *work {
            Work::Get(key) => same(seen, Seen::Value(map.get(&key).copied())),
            Work::Near(key) => near(map, EVERYTHING, key, seen),
            Work::Range(from, to, back) => {
                let mut entries: Vec<_> = within(map, (from, to)).collect();
                if back {
                    entries.reverse();
                }
                same(seen, Seen::Entries(entries))
            }
            Work::Index => {
                let mut entries: Vec<_> = map
                    .iter()
                    .map(|(key, value)| (column_of(*value), *key))
                    .collect();
                entries.sort_unstable();
                same(seen, Seen::Index(entries))
            }
            Work::Append(value) => self.append(table, value, seen),
            Work::Put(key, value) => self.write(table, key, Some(value), seen, Seen::Nothing),
            Work::InsertNew(key, value) => {
                if map.contains_key(&key) {
                    return same(seen, Seen::Refused(ErrorKind::DuplicateKey));
                }
                self.write(table, key, Some(value), seen, Seen::Nothing)
            }
            Work::Update(key, value) => {
                self.change(table, key, Some(value), seen, |_| Seen::There(true))
            }
            Work::Remove(key) => {
                self.change(table, key, nothing(kind), seen, |_| Seen::There(true))
            }
            Work::At(key, Some(value)) => self.change(table, key, Some(value), seen, |_| {
                Seen::At(Some((key, value)))
            }),
            Work::At(key, None) => self.change(table, key, nothing(kind), seen, |map| {
                let next = (Bound::Excluded(key), Bound::Unbounded);
                Seen::At(within(map, next).next())
            }),
            Work::Truncate(from, to) => {
                let entries: Vec<_> = within(map, (from, to)).collect();
                for (key, value) in entries {
                    if self.theirs.contains(&(table, key)) {
                        // What came before is removed, until the transaction is rolled back.
                        return self.lose(seen);
                    }
                    // What is a zero already is left alone.
                    if nothing(kind) != Some(value) {
                        self.set(table, key, nothing(kind));
                    }
                }
                same(seen, Seen::Nothing)
            }
        }
    }

    fn set(&mut self, table: usize, key: u16, value: Option<u16>) {
        match value {
            Some(value) => self.view[table].insert(key, value),
            None => self.view[table].remove(&key),
        };
        self.wrote.insert((table, key));
    }

    fn lose(&mut self, seen: &Seen) -> Verdict {
        self.is_lost = true;
        // Its changes are taken back later, and are in the way until then.
        same(seen, Seen::Refused(ErrorKind::Rollback))
    }

    fn write(
        &mut self,
        table: usize,
        key: u16,
        value: Option<u16>,
        seen: &Seen,
        expected: Seen,
    ) -> Verdict {
        if self.theirs.contains(&(table, key)) {
            return self.lose(seen);
        }
        self.set(table, key, value);
        same(seen, expected)
    }

    /// A write that wants the key to be there.
    fn change(
        &mut self,
        table: usize,
        key: u16,
        value: Option<u16>,
        seen: &Seen,
        expected: impl FnOnce(&Map) -> Seen,
    ) -> Verdict {
        if !self.view[table].contains_key(&key) {
            // The engine may notice first that the key is another's.
            let conflict = self.theirs.contains(&(table, key));
            if conflict && matches!(seen, Seen::Refused(_)) {
                return self.lose(seen);
            }
            return same(seen, Seen::There(false));
        }
        let expected = expected(&self.view[table]);
        self.write(table, key, value, seen, expected)
    }

    /// The number is the engine's choice, but none that anybody has.
    fn append(&mut self, table: usize, value: u16, seen: &Seen) -> Verdict {
        let Seen::Appended(key) = *seen else {
            return Err(format!("it is {seen:?} and should be a new number"));
        };
        let last = self.view[table].keys().next_back().copied();
        let taken = self.theirs.contains(&(table, key));
        if taken || last.is_some_and(|last| last >= key) {
            return Err(format!("{key} is appended after {last:?}"));
        }
        self.set(table, key, Some(value));
        Ok(())
    }
}

/// What is at a key that was removed.
fn nothing(kind: Kind) -> Option<u16> {
    (kind == Kind::Flags).then_some(0)
}

/// The engine may answer with either neighbour.
fn near(map: &Map, ends: Ends, key: u16, seen: &Seen) -> Verdict {
    let above = within(map, ends).find(|(each, _)| *each >= key);
    let below = within(map, ends).rev().find(|(each, _)| *each < key);
    let Some(first) = above.or(below) else {
        return same(seen, Seen::Near(None));
    };
    let answer = |(found, value): (u16, u16)| Seen::Near(Some((found.cmp(&key), found, value)));
    match below {
        Some(below) if first.0 != key && *seen == answer(below) => Ok(()),
        _ => same(seen, answer(first)),
    }
}

impl Position {
    fn walk(&mut self, map: &Map, walk: &Walk, seen: &Seen) -> Verdict {
        match *walk {
            Walk::Next => {
                let after = |at: &u16| self.at.is_none_or(|here| *at > here);
                let next = within(map, self.ends).find(|(key, _)| after(key));
                self.go(next, seen)
            }
            Walk::Prev => {
                let before = |at: &u16| self.at.is_none_or(|here| *at < here);
                let next = within(map, self.ends).rev().find(|(key, _)| before(key));
                self.go(next, seen)
            }
            Walk::Search(key) => {
                let found = within(map, self.ends).find(|(each, _)| *each == key);
                self.go(found, seen)
            }
            Walk::Near(key) => {
                near(map, self.ends, key, seen)?;
                self.at = match seen {
                    Seen::Near(Some((_, found, _))) => Some(*found),
                    _ => None,
                };
                Ok(())
            }
            Walk::Bounds(from, to) => {
                let empty = is_empty(&(from, to));
                self.at = None;
                self.ends = if empty { EVERYTHING } else { (from, to) };
                same(seen, Seen::There(!empty))
            }
            Walk::Reset => {
                self.at = None;
                self.ends = EVERYTHING;
                same(seen, Seen::Nothing)
            }
        }
    }

    fn go(&mut self, to: Option<(u16, u16)>, seen: &Seen) -> Verdict {
        self.at = to.map(|(key, _)| key);
        same(seen, Seen::Entry(to))
    }
}
