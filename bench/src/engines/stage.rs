//! The stages: which data, which workloads, how often.

use clap::ValueEnum;

use super::phase::{Phase, Task};
use super::shape::{Durability, Shape};

/// A part of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// One million small rows, in memory.
    Base,
    /// The same, compressed.
    Compressed,
    /// The same writes without a log, and with a flush of the disk for each.
    Durability,
    /// Ten times the cache, without and with compression.
    Larger,
    /// 1, 4 and 16 million rows.
    Scale,
}

/// A workload of a stage.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) phase: Phase,
    pub(super) threads: usize,
    pub(super) ops: usize,
    pub(super) rounds: usize,
    /// Comes after the database was opened anew and read once.
    pub(super) reopened: bool,
    /// Reads what was just written, and was in memory all the time.
    pub(super) fresh: bool,
}

impl Step {
    /// What is done in a round.
    pub(super) fn task(&self, round: usize) -> Task {
        Task {
            phase: self.phase,
            threads: self.threads,
            ops: self.ops,
            seed: round as u64,
        }
    }

    /// The workload's name.
    pub(super) fn name(&self) -> String {
        let name = self.phase.name();
        if self.fresh {
            format!("{name}, just written")
        } else {
            name.to_owned()
        }
    }
}

/// Workloads on one database an engine.
pub(super) struct Stage {
    pub(super) part: Part,
    pub(super) shape: Shape,
    pub(super) steps: Vec<Step>,
}

/// Sizes of a run.
#[derive(Clone, Copy)]
struct Sizes {
    small: usize,
    large: usize,
    scale: [usize; 3],
    fsyncs: usize,
    /// Of what fills a database.
    fills: usize,
    rounds: usize,
}

const FULL: Sizes = Sizes {
    small: 1_000_000,
    large: 3_000_000,
    scale: [1_000_000, 4_000_000, 16_000_000],
    fsyncs: 2000,
    fills: 3,
    rounds: 5,
};

const QUICK: Sizes = Sizes {
    small: 50_000,
    large: 50_000,
    scale: [10_000, 40_000, 160_000],
    fsyncs: 50,
    fills: 1,
    rounds: 3,
};

/// All stages, in the order in which they run.
pub(super) fn all(quick: bool) -> Vec<Stage> {
    let sizes = if quick { QUICK } else { FULL };
    let small = Shape::leveldb(sizes.small);
    let large = Shape::larger_than_cache(sizes.large);
    let mut stages = vec![
        base(small, sizes),
        compressed(small.compressed(), sizes),
        writes(small.durability(Durability::None), sizes),
        flushed(sizes),
        larger(large, sizes),
        larger(large.compressed(), sizes),
    ];
    stages.extend(sizes.scale.map(|rows| scale(Shape::leveldb(rows), sizes)));
    stages
}

/// Collects the steps of a stage.
struct Steps(Vec<Step>);

impl Steps {
    fn new() -> Self {
        Self(Vec::new())
    }

    /// One after the other, by one thread.
    fn of(self, rounds: usize, ops: usize, phases: &[Phase]) -> Self {
        self.add(rounds, ops, phases, 1, false)
    }

    /// Reads of what was just written.
    fn fresh(self, rounds: usize, ops: usize, phases: &[Phase]) -> Self {
        self.add(rounds, ops, phases, 1, true)
    }

    /// By two threads.
    fn by_two(self, rounds: usize, ops: usize, phases: &[Phase]) -> Self {
        self.add(rounds, ops, phases, 2, false)
    }

    fn add(
        mut self,
        rounds: usize,
        ops: usize,
        phases: &[Phase],
        threads: usize,
        fresh: bool,
    ) -> Self {
        self.0.extend(phases.iter().map(|phase| Step {
            phase: *phase,
            threads,
            ops,
            rounds,
            reopened: false,
            fresh,
        }));
        self
    }

    /// What follows comes after the database was opened anew and read once.
    fn reopened(mut self, rest: Self) -> Self {
        let done = self.0.len();
        self.0.extend(rest.0);
        if let Some(step) = self.0.get_mut(done) {
            step.reopened = true;
        }
        self
    }
}

fn base(shape: Shape, sizes: Sizes) -> Stage {
    use Phase::{
        DeleteRandom, FillRandom, FillSeq, Mixed50, Mixed95, Overwrite, ReadHot, ReadMissing,
        ReadRandom, ReadReverse, ReadSeq, ReadSnapshot, ReadWhileWriting, SeekRandom,
    };
    let rows = shape.rows;
    let steps = Steps::new()
        .of(sizes.fills, rows, &[FillSeq])
        .by_two(sizes.fills, rows, &[FillRandom])
        .of(sizes.fills, rows, &[FillRandom])
        .of(sizes.rounds, rows / 2, &[Overwrite])
        .fresh(sizes.rounds, rows / 2, &[ReadRandom, ReadHot])
        .fresh(sizes.rounds, rows, &[ReadSeq]);
    let reads = Steps::new()
        .of(
            sizes.rounds,
            rows / 2,
            &[ReadRandom, ReadSnapshot, ReadMissing, ReadHot],
        )
        .of(sizes.rounds, rows, &[SeekRandom, ReadSeq, ReadReverse])
        .by_two(
            sizes.rounds,
            rows / 2,
            &[ReadRandom, ReadHot, ReadMissing, SeekRandom],
        )
        .of(
            sizes.rounds,
            rows / 4,
            &[Mixed95, Mixed50, ReadWhileWriting],
        )
        .by_two(
            sizes.rounds,
            rows / 4,
            &[Overwrite, Mixed95, Mixed50, ReadWhileWriting],
        )
        .of(sizes.fills, rows / 4, &[DeleteRandom]);
    Stage {
        part: Part::Base,
        shape,
        steps: steps.reopened(reads).0,
    }
}

fn compressed(shape: Shape, sizes: Sizes) -> Stage {
    use Phase::{FillRandom, Mixed95, Overwrite, ReadHot, ReadRandom, ReadSeq};
    let rows = shape.rows;
    let steps = Steps::new()
        .of(1, rows, &[FillRandom])
        .of(sizes.fills, rows / 2, &[Overwrite]);
    let reads = Steps::new()
        .of(sizes.fills, rows / 2, &[ReadRandom, ReadHot])
        .of(sizes.fills, rows, &[ReadSeq])
        .of(sizes.fills, rows / 4, &[Mixed95]);
    Stage {
        part: Part::Compressed,
        shape,
        steps: steps.reopened(reads).0,
    }
}

fn writes(shape: Shape, sizes: Sizes) -> Stage {
    use Phase::{FillRandom, FillSeq, Overwrite};
    let steps = Steps::new()
        .of(sizes.fills, shape.rows, &[FillSeq, FillRandom])
        .of(sizes.fills, shape.rows / 2, &[Overwrite]);
    Stage {
        part: Part::Durability,
        shape,
        steps: steps.0,
    }
}

fn flushed(sizes: Sizes) -> Stage {
    use Phase::{FillRandom, Overwrite};
    let shape = Shape::leveldb(sizes.fsyncs).durability(Durability::Disk);
    let steps = Steps::new()
        .of(sizes.fills, shape.rows, &[FillRandom, Overwrite])
        .by_two(sizes.fills, shape.rows, &[Overwrite]);
    Stage {
        part: Part::Durability,
        shape,
        steps: steps.0,
    }
}

fn larger(shape: Shape, sizes: Sizes) -> Stage {
    use Phase::{
        FillRandom, Mixed50, Mixed95, Overwrite, ReadHot, ReadMissing, ReadRandom, ReadSeq,
        SeekRandom,
    };
    let rows = shape.rows;
    let steps = Steps::new().of(1, rows, &[FillRandom]);
    let rest = Steps::new()
        .of(sizes.fills, rows / 10, &[ReadRandom, ReadMissing, ReadHot])
        .of(sizes.fills, rows / 2, &[SeekRandom])
        .of(1, rows, &[ReadSeq])
        .of(sizes.fills, rows / 10, &[Mixed95, Mixed50, Overwrite])
        .by_two(sizes.fills, rows / 10, &[ReadRandom, Mixed95]);
    Stage {
        part: Part::Larger,
        shape,
        steps: steps.reopened(rest).0,
    }
}

fn scale(shape: Shape, sizes: Sizes) -> Stage {
    use Phase::{FillSeq, Overwrite, ReadRandom, ReadSeq};
    let ops = sizes.scale[0] / 2;
    let steps = Steps::new().of(1, shape.rows, &[FillSeq]);
    let rest = Steps::new()
        .of(sizes.fills, ops, &[ReadRandom])
        .of(sizes.fills, shape.rows, &[ReadSeq])
        .of(sizes.fills, ops, &[Overwrite]);
    Stage {
        part: Part::Scale,
        shape,
        steps: steps.reopened(rest).0,
    }
}
