//! Which types may go to another thread, and which may be used by several at once.
//!
//! The engine's sessions have no state of a thread but are for one at a time, and so is all that
//! borrows from one. Both halves are promises: what is `Send` must stay it, for pools and tasks;
//! what is not would be a data race inside the engine. Nor may there be two owners of what is
//! closed once.

use std::marker::PhantomData;
use std::rc::Rc;

use wiredtiger::{
    Appender, Backup, BackupOptions, Bits, BulkLoader, Cancel, CheckpointPolicy, CheckpointView,
    CompactOptions, Compressor, Connection, ConnectionOptions, Cursor, CursorMut, DumpFormat,
    DumpOptions, Durability, DynTable, Error, ErrorKind, EvictionOptions, ExtractedKeys, Format,
    Index, IndexCursor, IndexOptions, Isolation, Join, Log, LogOptions, Metadata, OwnedRange,
    PooledSession, PreparedTransaction, Projection, Range, ReconfigureOptions, RecordNumber, Row,
    RowCursor, RowCursorMut, RowIter, RowJoin, RowLoader, RowRef, Sample, Session, SessionOptions,
    SessionPool, Snapshot, Statistics, StatisticsIter, Table, TableOptions, Timestamp, Transaction,
    TransactionOptions, Value, ValueRef,
};

/// Answers what a bound can only demand. The constants of the type itself, which have bounds, go
/// before those of the trait, which everything has.
struct Ask<T>(PhantomData<T>);

trait No {
    const SEND: bool = false;
    const SYNC: bool = false;
    const CLONE: bool = false;
}

impl<T> No for Ask<T> {}

impl<T: Send> Ask<T> {
    const SEND: bool = true;
}

impl<T: Sync> Ask<T> {
    const SYNC: bool = true;
}

impl<T: Clone> Ask<T> {
    const CLONE: bool = true;
}

const YES: bool = true;
const NO: bool = false;

/// The name of a type, whether it is `Send`, `Sync` and `Clone`, and what is expected.
type Answers = (&'static str, [bool; 3], [bool; 3]);

macro_rules! rows {
    ($($type:ty: $send:ident $sync:ident $clone:ident,)*) => {
        [$((
            stringify!($type),
            [Ask::<$type>::SEND, Ask::<$type>::SYNC, Ask::<$type>::CLONE],
            [$send, $sync, $clone],
        ),)*]
    };
}

/// Neither `Send` nor `Sync`, as the type of a key may be.
type Local = Rc<()>;

#[rustfmt::skip]
const TABLE: [Answers; 61] = rows! {
    // Shared by all threads.
    Connection:                         YES YES YES,
    SessionPool:                        YES YES YES,
    Table<String, Vec<u8>>:             YES YES YES,
    Table<Local, Local>:                YES YES YES,
    Error:                              YES YES YES,
    ErrorKind:                          YES YES YES,
    ConnectionOptions:                  YES YES YES,
    LogOptions:                         YES YES YES,
    CheckpointPolicy:                   YES YES YES,
    EvictionOptions:                    YES YES YES,
    SessionOptions:                     YES YES YES,
    TableOptions:                       YES YES YES,
    TransactionOptions:                 YES YES YES,
    Durability:                         YES YES YES,
    Isolation:                          YES YES YES,
    Compressor:                         YES YES YES,
    Statistics:                         YES YES YES,
    DynTable:                           YES YES YES,
    Index<Local, Local>:                YES YES YES,
    Projection<Local, Local>:           YES YES YES,
    IndexOptions:                       YES YES YES,
    Format:                             YES YES YES,
    Value<'static>:                     YES YES YES,
    RecordNumber:                       YES YES YES,
    Bits<3>:                            YES YES YES,
    ReconfigureOptions:                 YES YES YES,
    CompactOptions:                     YES YES YES,
    BackupOptions:                      YES YES YES,
    Cancel:                             YES YES YES,
    Timestamp:                          YES YES YES,
    DumpOptions:                        YES YES YES,
    DumpFormat:                         YES YES YES,

    // For one thread at a time. A transaction has its session for itself and takes it along;
    // nothing that was read through it can stay behind.
    Session:                            YES NO  NO,
    PooledSession:                      YES NO  NO,
    Transaction<'static>:               YES NO  NO,
    PreparedTransaction<'static>:       YES NO  NO,
    Snapshot<PooledSession>:            YES NO  NO,

    // For the thread of their session, which others there may be using.
    ValueRef<'static, u64>:             NO  NO  NO,
    Range<'static, u64, u64>:           NO  NO  NO,
    OwnedRange<'static, u64, u64>:      NO  NO  NO,
    Cursor<'static, u64, u64>:          NO  NO  NO,
    Join<'static, u64, u64>:            NO  NO  NO,
    IndexCursor<'static, u64, u64>:     NO  NO  NO,
    RowCursor<'static>:                 NO  NO  NO,
    RowJoin<'static>:                   NO  NO  NO,
    RowRef<'static>:                    NO  NO  NO,
    // Bytes and a format: they can go where the value that lends them cannot.
    Row<'static>:                       YES YES YES,
    RowIter<'static>:                   YES YES YES,
    CheckpointView<'static>:            NO  NO  NO,
    Sample<'static, u64, u64>:          NO  NO  NO,
    StatisticsIter<'static>:            NO  NO  NO,
    Metadata<'static>:                  NO  NO  NO,
    Log<'static>:                       NO  NO  NO,
    Backup<'static>:                    NO  NO  NO,
    BulkLoader<'static, u64, u64>:      NO  NO  NO,
    RowLoader<'static>:                 NO  NO  NO,
    // It could be sent, like a transaction; that is not promised yet.
    CursorMut<'static, u64, u64>:       NO  NO  NO,
    RowCursorMut<'static>:              NO  NO  NO,
    Appender<'static, u64>:             NO  NO  NO,
    ExtractedKeys<'static>:             NO  NO  NO,

    // The question itself is asked rightly.
    Local:                              NO  NO  YES,
};

#[test]
fn types_are_for_the_threads_that_they_are_made_for() {
    let wrong: Vec<_> = TABLE
        .iter()
        .filter(|(_, answer, expected)| answer != expected)
        .collect();
    assert!(
        wrong.is_empty(),
        "type, [Send, Sync, Clone] and what is expected: {wrong:#?}"
    );
}

/// Whatever the types of its keys and values are, and whether they may be sent or copied.
#[test]
fn a_table_is_for_all_threads() {
    fn all_threads<T: Send + Sync + Copy>() {}
    fn any<K, V>() {
        all_threads::<Table<K, V>>();
    }
    any::<Local, Local>();
}

/// Errors and sessions go into boxes and tasks that may outlive everything else.
#[test]
fn what_is_stored_has_no_lifetime() {
    fn boxed<T: std::error::Error + Send + Sync + 'static>() {}
    fn stored<T: 'static>() {}
    boxed::<Error>();
    stored::<Session>();
    stored::<PooledSession>();
    stored::<Snapshot<PooledSession>>();
    stored::<Table<String, u64>>();
}
