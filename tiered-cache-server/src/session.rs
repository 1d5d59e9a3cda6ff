//! What a client has said of itself, and what it has open at the remote.

use std::sync::Arc;

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
    /// Keys of a transaction that has begun.
    pub(crate) transaction: Option<Vec<Vec<u8>>>,
    /// The transaction has a command that changes all keys.
    pub(crate) clears: bool,
    pub(crate) watched: Vec<Vec<u8>>,
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
            clears: false,
            watched: Vec::new(),
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

    /// Whether commands do what they always do: no login is missing, and no transaction or
    /// subscription has begun.
    pub(crate) fn is_plain(&self) -> bool {
        self.trusted && self.transaction.is_none() && self.subscriber.is_none()
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
        self.clears = false;
        self.watched.clear();
        self.upstream = None;
        self.subscriber = None;
        self.watching = None;
    }
}
