//! What the engine does by itself: checkpoints, and counting.

use std::time::Duration;

use bytesize::ByteSize;

/// Which statistics the engine keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Statistics {
    /// None: the engine's default.
    None,
    /// Those that cost little.
    Fast,
    /// All, some of which walk through the data when they are read.
    All,
}

impl Statistics {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::None => "(none)",
            Self::Fast => "(fast)",
            Self::All => "(all)",
        }
    }
}

/// When the engine takes checkpoints by itself: whichever of the two comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct CheckpointPolicy {
    /// At most so long after the last one. Zero: not by time.
    pub every: Duration,
    /// After so much log was written. Zero: not by the log.
    pub log_size: ByteSize,
}

impl Default for CheckpointPolicy {
    /// Every minute, or after 2 GiB of log: the pace at which MongoDB runs this engine.
    fn default() -> Self {
        Self {
            every: Duration::from_secs(60),
            log_size: ByteSize::gib(2),
        }
    }
}

impl CheckpointPolicy {
    /// Only the checkpoints that the program asks for, and the one of a clean close. The log
    /// grows until then.
    pub const MANUAL: Self = Self {
        every: Duration::ZERO,
        log_size: ByteSize(0),
    };
}
