//! What all clients share.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use parking_lot::Mutex;
use rustix::net::Shutdown;
use tiered_cache::{ReadModifyWrite, RedisRemote, TieredCache};

use crate::latency::Latencies;
use crate::settings::{RemoteKind, Settings};

/// Positions of scans that are kept; the oldest one goes.
const SCANS: usize = 4096;

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) cache: TieredCache,
    /// For commands that the cache has no call for; none without a Redis behind it.
    pub(crate) remote: Option<RedisRemote>,
    /// This node decides what depends on what is there.
    pub(crate) decides_here: bool,
    pub(crate) clients: Clients,
    pub(crate) scans: Mutex<Scans>,
    pub(crate) counters: Counters,
    pub(crate) latencies: Latencies,
    pub(crate) started: Instant,
    /// No new clients and no new commands.
    pub(crate) stopping: AtomicBool,
}

/// What the server counts, since its start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commands: AtomicU64,
    pub(crate) forwarded: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) protocol_errors: AtomicU64,
    pub(crate) input_bytes: AtomicU64,
    pub(crate) output_bytes: AtomicU64,
}

impl Shared {
    pub(crate) fn new(settings: Settings, cache: TieredCache, remote: Option<RedisRemote>) -> Self {
        let decides_here = settings.remote.kind() != RemoteKind::Redis
            || settings.cache.writes.read_modify_write == ReadModifyWrite::Local;
        Self {
            settings,
            cache,
            remote,
            decides_here,
            clients: Clients::default(),
            scans: Mutex::default(),
            counters: Counters::default(),
            latencies: Latencies::default(),
            started: Instant::now(),
            stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn kind(&self) -> RemoteKind {
        self.settings.remote.kind()
    }
}

/// The clients that are connected.
#[derive(Default)]
pub(crate) struct Clients {
    last: AtomicU64,
    present: AtomicUsize,
    map: Mutex<BTreeMap<u64, Arc<ClientInfo>>>,
}

/// One of them, as others see it.
pub(crate) struct ClientInfo {
    pub(crate) id: u64,
    /// Its address, and the one that it has come to.
    pub(crate) peer: String,
    pub(crate) local: String,
    pub(crate) since: SystemTime,
    pub(crate) name: Mutex<Bytes>,
    /// It speaks version 3 of the protocol.
    pub(crate) resp3: AtomicBool,
    pub(crate) subscribed: AtomicBool,
    /// The same socket: shut down for reading, the client's task comes to its end.
    socket: OwnedFd,
}

impl Clients {
    /// Adds a client, unless there are too many.
    pub(crate) fn add(
        &self,
        (peer, local): (String, String),
        socket: OwnedFd,
        most: usize,
    ) -> Option<Arc<ClientInfo>> {
        if self.present.fetch_add(1, Ordering::Relaxed) >= most {
            self.present.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let info = Arc::new(ClientInfo {
            id,
            peer,
            local,
            since: SystemTime::now(),
            name: Mutex::default(),
            resp3: AtomicBool::new(false),
            subscribed: AtomicBool::new(false),
            socket,
        });
        self.map.lock().insert(id, Arc::clone(&info));
        Some(info)
    }

    pub(crate) fn remove(&self, id: u64) {
        if self.map.lock().remove(&id).is_some() {
            self.present.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.present.load(Ordering::Relaxed)
    }

    pub(crate) fn list(&self) -> Vec<Arc<ClientInfo>> {
        self.map.lock().values().cloned().collect()
    }

    /// Ends the waiting of all for commands. What runs comes to its end.
    pub(crate) fn hang_up(&self) {
        for client in self.list() {
            client.shut(Shutdown::Read);
        }
    }
}

impl ClientInfo {
    /// A line of `CLIENT LIST`, with the fields that there are here.
    pub(crate) fn line(&self, user: &str) -> String {
        let age = self.since.elapsed().unwrap_or_default().as_secs();
        let subscribed = self.subscribed.load(Ordering::Relaxed);
        let resp3 = self.resp3.load(Ordering::Relaxed);
        format!(
            "id={} addr={} laddr={} fd={} name={} age={age} flags={} db=0 user={user} resp={}",
            self.id,
            self.peer,
            self.local,
            self.socket.as_raw_fd(),
            String::from_utf8_lossy(&self.name.lock()),
            if subscribed { 'P' } else { 'N' },
            if resp3 { 3 } else { 2 }
        )
    }

    /// Ends it, whatever it does.
    pub(crate) fn end(&self) {
        self.shut(Shutdown::Both);
    }

    fn shut(&self, what: Shutdown) {
        // One that is gone already has nothing to end.
        if let Err(error) = rustix::net::shutdown(&self.socket, what) {
            tracing::debug!(client = self.id, %error, "a client cannot be told to end");
        }
    }
}

/// Where scans go on: a cursor is a number, and a place is a key.
#[derive(Default)]
pub(crate) struct Scans {
    last: u64,
    places: HashMap<u64, Bytes>,
    order: std::collections::VecDeque<u64>,
}

impl Scans {
    pub(crate) fn keep(&mut self, place: Bytes) -> u64 {
        if self.order.len() == SCANS
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
        self.last += 1;
        self.places.insert(self.last, place);
        self.order.push_back(self.last);
        self.last
    }

    /// The place of a cursor. It stays: a client may ask for it again.
    pub(crate) fn place(&self, cursor: u64) -> Option<Bytes> {
        self.places.get(&cursor).cloned()
    }
}
