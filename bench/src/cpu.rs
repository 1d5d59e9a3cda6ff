//! The processor time of this process.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time that all threads of this process have taken, those that have ended included.
pub(crate) fn spent() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // The clock begins at zero and a part of a second is below 10^9.
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
