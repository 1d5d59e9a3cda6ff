//! Servers and clients for tests.

#![allow(unreachable_pub, reason = "a module of a test, not a crate")]

mod client;
#[allow(
    dead_code,
    reason = "made for the tests of the cache, which need more of it"
)]
#[path = "../../../../tiered-cache/tests/redis/support/proxy.rs"]
mod proxy;
#[allow(
    dead_code,
    reason = "made for the tests of the cache, which need more of it"
)]
#[path = "../../../../tiered-cache/tests/redis/support/redis_server.rs"]
mod redis_server;
mod sidecar;

pub use client::{Client, packed};
pub use proxy::Proxy;
pub use redis_server::{RedisOptions, RedisServer};
pub use sidecar::Sidecar;
