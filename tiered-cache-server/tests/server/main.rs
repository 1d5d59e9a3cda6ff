//! The server as its clients see it: in front of nothing, and of a real `redis-server`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what does not work here is a failed test"
)]

mod abuse;
mod as_redis;
mod client_libraries;
mod connection;
mod crash;
mod deploy;
mod forwarded;
mod outage;
mod random_commands;
mod shutdown;
mod start;
mod status;
mod support;
mod tools;
mod transactions;
mod watch;
