//! A real `redis-server`, which the tests start themselves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what does not work here is a failed test"
)]

mod connections;
mod crash;
mod errors_are_exact;
mod fencing_ends_old_connections;
mod keeps_values_and_expiries;
mod outages;
mod support;
#[cfg(feature = "tls")]
mod tls;
