//! How many times as fast as another engine WiredTiger has to be, through the safe crate.

use super::phase::Phase;
use super::stage::{Part, Stage, Step};
use super::stores::Engine;

/// The promise, if there is one.
pub(super) fn speed(stage: &Stage, step: &Step, against: Engine) -> Option<f64> {
    // With two threads on a machine of two cores the engines' own threads decide.
    if step.threads > 1 || step.fresh {
        return None;
    }
    match (against, stage.part, step.phase) {
        (Engine::Lmdb, Part::Base, Phase::ReadRandom) => Some(1.0 / 1.7),
        (
            Engine::Lmdb,
            Part::Base,
            Phase::FillSeq | Phase::FillRandom | Phase::Overwrite | Phase::DeleteRandom,
        ) => Some(1.0),
        (Engine::Redb | Engine::Fjall, Part::Base, _) => Some(1.0),
        (against, part, phase) if against.is_rocksdb() => {
            rocksdb(part, phase, stage.shape.compressed)
        }
        // What the safe crate costs is less than what a workload varies from run to run.
        _ => None,
    }
}

fn rocksdb(part: Part, phase: Phase, compressed: bool) -> Option<f64> {
    match (part, phase) {
        (Part::Base, Phase::ReadRandom | Phase::ReadHot | Phase::Mixed95) => Some(2.5),
        (Part::Base, Phase::ReadSeq) => Some(3.0),
        (Part::Base, Phase::FillSeq) => Some(1.3),
        (Part::Base, Phase::Overwrite) => Some(1.2),
        (Part::Base, Phase::ReadMissing) => Some(1.0),
        (Part::Larger, Phase::ReadRandom) => Some(1.2),
        (Part::Larger, Phase::Mixed95) => Some(1.0),
        (Part::Larger, Phase::Overwrite) if compressed => Some(0.5),
        _ => None,
    }
}

/// Whether the slowest of a thousand operations may take no longer than the other engine's.
pub(super) fn tail(stage: &Stage, step: &Step, against: Engine) -> bool {
    against.is_rocksdb() && stage.part == Part::Base && step.phase == Phase::Overwrite
}
