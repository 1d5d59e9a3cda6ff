//! What the tests against a real Redis need.

#![allow(dead_code, unused_imports, reason = "no test needs all of it")]
#![allow(unreachable_pub, reason = "a module of each test, not a crate")]

mod proxy;
mod redis_server;

pub use proxy::Proxy;
pub use redis_server::{RedisOptions, RedisServer, TlsFiles};
