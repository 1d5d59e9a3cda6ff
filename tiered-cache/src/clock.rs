//! The time of day in milliseconds, the unit of every expiry.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch.
#[inline]
pub(crate) fn now_ms() -> u64 {
    to_ms(SystemTime::now())
}

/// A time as milliseconds since the Unix epoch; 0 for what lies before.
#[inline]
pub(crate) fn to_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, duration_ms)
}

/// The time that milliseconds since the Unix epoch mean.
pub(crate) fn from_ms(ms: u64) -> SystemTime {
    // What a `SystemTime` cannot hold lies beyond every expiry that Redis accepts.
    UNIX_EPOCH
        .checked_add(Duration::from_millis(ms))
        .unwrap_or(UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 64))
}

#[inline]
pub(crate) fn duration_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
