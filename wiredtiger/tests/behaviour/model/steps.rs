//! What is done, as values that shrink.

use std::ops::Bound;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::sample::{KEYS, VALUES};
use super::stored::Kind;

/// How many sessions there are, each on a thread of its own.
pub(super) const SESSIONS: usize = 3;

/// An operation on a table, outside of transactions or in one. Keys and values are numbers.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Put(u16, u16),
    InsertNew(u16, u16),
    Update(u16, u16),
    Remove(u16),
    Get(u16),
    Near(u16),
    Range(Bound<u16>, Bound<u16>, bool),
    /// Goes to a key with a cursor, and writes there, or removes and goes on.
    At(u16, Option<u16>),
    Truncate(Bound<u16>, Bound<u16>),
    Append(u16),
    /// All of the table's index, if it has one.
    Index,
}

/// A range of keys.
pub(super) type Ends = (Bound<u16>, Bound<u16>);

pub(super) const EVERYTHING: Ends = (Bound::Unbounded, Bound::Unbounded);

impl Work {
    pub(super) const EVERYTHING: Self = Self::Range(EVERYTHING.0, EVERYTHING.1, false);
}

/// A step of a cursor that stays open from one step to the next. Each table has one.
#[derive(Clone, Debug)]
pub(super) enum Walk {
    Next,
    Prev,
    Search(u16),
    Near(u16),
    Bounds(Bound<u16>, Bound<u16>),
    Reset,
}

/// What a session does, by its number. Tables count around.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Begin(usize),
    Commit(usize),
    Rollback(usize),
    Work(usize, usize, Work),
    /// In a transaction, with the cursors of all tables.
    Walk(usize, Vec<(usize, Walk)>),
    Checkpoint(usize),
    /// All transactions are lost, the database is closed and opened.
    Reopen,
}

/// A whole test.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) kinds: Vec<Kind>,
    pub(super) logged: bool,
    pub(super) steps: Vec<Step>,
}

pub(super) fn key() -> impl Strategy<Value = u16> {
    0..KEYS
}

pub(super) fn value() -> impl Strategy<Value = u16> {
    0..VALUES
}

fn bound() -> impl Strategy<Value = Bound<u16>> {
    prop_oneof![
        key().prop_map(Bound::Included),
        key().prop_map(Bound::Excluded),
        Just(Bound::Unbounded)
    ]
}

fn work() -> impl Strategy<Value = Work> {
    prop_oneof![
        6 => (key(), value()).prop_map(|(key, value)| Work::Put(key, value)),
        3 => (key(), value()).prop_map(|(key, value)| Work::InsertNew(key, value)),
        3 => (key(), value()).prop_map(|(key, value)| Work::Update(key, value)),
        3 => key().prop_map(Work::Remove),
        3 => key().prop_map(Work::Get),
        2 => key().prop_map(Work::Near),
        3 => (bound(), bound(), any::<bool>()).prop_map(|(from, to, back)| {
            Work::Range(from, to, back)
        }),
        3 => (key(), prop::option::of(value())).prop_map(|(key, value)| Work::At(key, value)),
        1 => (bound(), bound()).prop_map(|(from, to)| Work::Truncate(from, to)),
        2 => value().prop_map(Work::Append),
        1 => Just(Work::Index),
    ]
}

fn walk() -> impl Strategy<Value = Walk> {
    prop_oneof![
        4 => Just(Walk::Next),
        4 => Just(Walk::Prev),
        2 => key().prop_map(Walk::Search),
        2 => key().prop_map(Walk::Near),
        2 => (bound(), bound()).prop_map(|(from, to)| Walk::Bounds(from, to)),
        1 => Just(Walk::Reset),
    ]
}

fn step(on_disk: bool) -> impl Strategy<Value = Step> {
    let session = || 0..SESSIONS;
    let table = || 0..3usize;
    let rare = u32::from(on_disk);
    prop_oneof![
        6 => session().prop_map(Step::Begin),
        4 => session().prop_map(Step::Commit),
        2 => session().prop_map(Step::Rollback),
        30 => (session(), table(), work()).prop_map(|(session, table, work)| {
            Step::Work(session, table, work)
        }),
        5 => (session(), prop::collection::vec((table(), walk()), 1..8))
            .prop_map(|(session, walks)| Step::Walk(session, walks)),
        2 * rare => session().prop_map(Step::Checkpoint),
        rare => Just(Step::Reopen),
    ]
}

pub(super) fn case(on_disk: bool) -> impl Strategy<Value = Case> {
    let kinds = subsequence(Kind::ALL.to_vec(), 1..=3);
    let steps = prop::collection::vec(step(on_disk), 1..80);
    (kinds, any::<bool>(), steps).prop_map(|(kinds, logged, steps)| Case {
        kinds,
        logged,
        steps,
    })
}
