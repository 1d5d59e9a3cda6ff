//! The remote: in memory, or a real Redis.

use std::env;
use std::fmt;
use std::time::Duration;

use tiered_cache::{Builder, Bytes, MemoryRemote, RedisRemote, RemoteStore};
use tokio::runtime::Runtime;

use crate::Result;

/// A round trip inside a data centre.
const ROUND_TRIP: Duration = Duration::from_micros(500);

pub(crate) struct Remote {
    memory: MemoryRemote,
    redis_url: Option<String>,
    /// The same store, to look at it past the cache.
    store: Box<dyn RemoteStore>,
    runtime: Runtime,
}

impl Remote {
    pub(crate) fn from_env() -> Result<Self> {
        let redis_url = env::var("REDIS_URL").ok().filter(|url| !url.is_empty());
        Self::new(redis_url)
    }

    /// A remote that cannot be reached.
    pub(crate) fn nowhere() -> Result<Self> {
        let remote = Self::new(None)?;
        remote.memory.set_down(true);
        Ok(remote)
    }

    fn new(redis_url: Option<String>) -> Result<Self> {
        let memory = MemoryRemote::new().with_latency(ROUND_TRIP);
        let store: Box<dyn RemoteStore> = match &redis_url {
            Some(url) => Box::new(RedisRemote::new(url)?),
            None => Box::new(memory.clone()),
        };
        Ok(Self {
            memory,
            redis_url,
            store,
            runtime: Runtime::new()?,
        })
    }

    /// Puts the remote behind a cache, over connections of its own.
    pub(crate) fn behind(&self, builder: Builder) -> Result<Builder> {
        Ok(match &self.redis_url {
            Some(url) => builder.remote(RedisRemote::new(url)?),
            None => builder.remote(self.memory.clone()),
        })
    }

    /// Checks that somebody is there. The cache itself would not mind, and wait for better days.
    pub(crate) fn greet(&self) -> Result<()> {
        match self.read(&[Bytes::from_static(b"quickstart")]) {
            Ok(_) => Ok(()),
            Err(why) => Err(format!("the remote does not answer: {why}").into()),
        }
    }

    /// The values of `keys` at the remote now.
    pub(crate) fn read(&self, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>> {
        let answers = self.runtime.block_on(self.store.read(keys))?;
        let values = answers
            .into_iter()
            .map(|answer| Ok(answer?.map(|found| found.value)));
        values.collect()
    }

    pub(crate) fn outlives_this_process(&self) -> bool {
        self.redis_url.is_some()
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.redis_url {
            // Without the address, which can have a password.
            Some(_) => f.write_str("the Redis of REDIS_URL"),
            None => write!(f, "in memory, {} µs away", ROUND_TRIP.as_micros()),
        }
    }
}
