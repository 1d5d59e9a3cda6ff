//! What is measured, under the names of the LevelDB benchmarks.

use serde::{Deserialize, Serialize};

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// New rows in the order of their keys.
    FillSeq,
    /// New rows in random order.
    FillRandom,
    /// Rows that are there, in random order.
    Overwrite,
    /// Rows that are there, at random; each read sees what is committed at that moment.
    ReadRandom,
    /// The same, all in one snapshot.
    ReadSnapshot,
    /// Keys that are not there.
    ReadMissing,
    /// Rows that are there, some of them most of the time.
    ReadHot,
    /// To a random key, and on over the next hundred rows.
    SeekRandom,
    /// All rows in their order.
    ReadSeq,
    /// All rows, from the last to the first.
    ReadReverse,
    /// 95 reads and 5 overwrites in a hundred.
    Mixed95,
    /// As many reads as overwrites.
    Mixed50,
    /// Reads while another thread overwrites as fast as it can.
    ReadWhileWriting,
    /// Removes rows in random order.
    DeleteRandom,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FillSeq => "fillseq",
            Self::FillRandom => "fillrandom",
            Self::Overwrite => "overwrite",
            Self::ReadRandom => "readrandom",
            Self::ReadSnapshot => "readsnapshot",
            Self::ReadMissing => "readmissing",
            Self::ReadHot => "readhot",
            Self::SeekRandom => "seekrandom",
            Self::ReadSeq => "readseq",
            Self::ReadReverse => "readreverse",
            Self::Mixed95 => "mixed 95/5",
            Self::Mixed50 => "mixed 50/50",
            Self::ReadWhileWriting => "readwhilewriting",
            Self::DeleteRandom => "deleterandom",
        }
    }

    /// Whether it begins with an empty database.
    pub(crate) fn fills(self) -> bool {
        matches!(self, Self::FillSeq | Self::FillRandom)
    }

    /// Whether it leaves work behind that the engine does later.
    pub(crate) fn writes(self) -> bool {
        !matches!(
            self,
            Self::ReadRandom
                | Self::ReadSnapshot
                | Self::ReadMissing
                | Self::ReadHot
                | Self::SeekRandom
                | Self::ReadSeq
                | Self::ReadReverse
        )
    }
}

/// A phase, by so many threads, so many operations altogether.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) phase: Phase,
    pub(crate) threads: usize,
    pub(crate) ops: usize,
    /// Makes the order of one round differ from that of another.
    pub(crate) seed: u64,
}
