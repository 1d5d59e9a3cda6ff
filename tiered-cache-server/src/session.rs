//! What a client has said of itself, and what it has open at the remote.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tiered_cache::FlushBarrier;

use crate::commands::watch::Watching;
use crate::shared::{ClientInfo, Shared};
use crate::upstream::Upstream;

pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) info: Arc<ClientInfo>,
    /// It has given the password, or needs none.
    pub(crate) trusted: bool,
    /// The transaction that has begun.
    pub(crate) transaction: Option<Transaction>,
    pub(crate) watched: BTreeSet<Vec<u8>>,
    pub(crate) replies: Replies,
    /// Its own connection to the remote, once it has sent a command that goes there.
    pub(crate) upstream: Option<Upstream>,
    pub(crate) subscriber: Option<Subscriber>,
    pub(crate) watching: Option<Watching>,
    /// Its writes, for `WAIT`.
    pub(crate) unflushed: FlushBarrier,
    pub(crate) max_bulk: usize,
    pub(crate) query_limit: usize,
    pub(crate) output_buffer: usize,
}

/// What is known here of a transaction, whose commands wait at the remote.
#[derive(Default)]
pub(crate) struct Transaction {
    pub(crate) keys: BTreeSet<Vec<u8>>,
    /// It has a command that changes all keys.
    pub(crate) clears: bool,
    /// A command was refused here: it cannot be executed any more.
    pub(crate) refused: bool,
}

/// Which replies the client wants: `CLIENT REPLY`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Replies {
    #[default]
    All,
    None,
    /// None to the next command.
    SkipNext,
    /// None to this one.
    Skip,
}

impl Replies {
    /// A command begins.
    pub(crate) fn begin(&mut self) {
        if *self == Self::SkipNext {
            *self = Self::Skip;
        }
    }

    /// A command has ended; the answer is whether its reply is wanted.
    pub(crate) fn end(&mut self) -> bool {
        match self {
            Self::All | Self::SkipNext => true,
            Self::None => false,
            Self::Skip => {
                *self = Self::All;
                false
            }
        }
    }
}

/// The connection on which the remote publishes.
pub(crate) struct Subscriber {
    pub(crate) upstream: Upstream,
    /// How many subscriptions there are.
    pub(crate) count: usize,
}

impl Session {
    pub(crate) fn new(shared: &Arc<Shared>, info: Arc<ClientInfo>) -> Self {
        let size = |size: bytesize::ByteSize| usize::try_from(size.as_u64()).unwrap_or(usize::MAX);
        let settings = &shared.settings;
        Self {
            info,
            trusted: settings.requirepass.is_empty(),
            transaction: None,
            watched: BTreeSet::new(),
            replies: Replies::All,
            upstream: None,
            subscriber: None,
            watching: None,
            unflushed: shared.cache.flush_barrier(),
            max_bulk: size(settings.cache.writes.max_value_size),
            query_limit: size(settings.query_buffer_limit),
            output_buffer: size(settings.output_buffer),
            shared: Arc::clone(shared),
        }
    }

    /// Whether commands do what they always do: no login is missing, no transaction or subscription
    /// has begun, and replies are wanted.
    pub(crate) fn is_plain(&self) -> bool {
        self.trusted
            && self.transaction.is_none()
            && self.subscriber.is_none()
            && self.replies == Replies::All
    }

    /// Whether user and password are right; it takes as long whether they are or not.
    pub(crate) fn log_in(&mut self, user: &[u8], password: &[u8]) -> bool {
        let settings = &self.shared.settings;
        // Digests have one length: how far a guess is right, in its length too, shows in no time.
        let same =
            |given: &[u8], wanted: &str| Sha256::digest(given).ct_eq(&Sha256::digest(wanted));
        let user = same(user, &settings.user);
        let right = same(password, settings.requirepass.expose());
        // Without a password any is right, as for Redis's default user.
        let right = right | subtle::Choice::from(u8::from(settings.requirepass.is_empty()));
        if bool::from(user & right) {
            self.trusted = true;
            return true;
        }
        false
    }

    /// As a connection that has just come.
    pub(crate) fn reset(&mut self) {
        self.trusted = self.shared.settings.requirepass.is_empty();
        self.transaction = None;
        self.watched.clear();
        self.replies = Replies::All;
        self.upstream = None;
        self.subscriber = None;
        self.watching = None;
        self.info.name.lock().clear();
        self.info.resp3.store(false, Ordering::Relaxed);
        self.info.subscribed.store(false, Ordering::Relaxed);
    }
}
