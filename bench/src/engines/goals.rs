//! How many times as fast as another engine WiredTiger has to be, through the safe crate.

use super::phase::Phase;
use super::stage::{Part, Step};
use super::stores::Engine;

/// The promise, if there is one.
pub(super) fn speed(part: Part, compressed: bool, step: &Step, against: Engine) -> Option<f64> {
    // With two threads on a machine of two cores the engines' own threads decide.
    if step.threads > 1 || step.fresh {
        return None;
    }
    match against {
        Engine::WiredTiger => None,
        // What the safe crate costs is less than what a workload varies from run to run.
        Engine::WiredTigerSys => None,
        #[cfg(feature = "rocksdb")]
        Engine::RocksDb => rocksdb(part, compressed, step.phase),
        Engine::Lmdb => (part == Part::Base)
            .then_some(match step.phase {
                Phase::ReadRandom => Some(1.0 / 1.7),
                Phase::FillSeq | Phase::FillRandom | Phase::Overwrite | Phase::DeleteRandom => {
                    Some(1.0)
                }
                _ => None,
            })
            .flatten(),
        Engine::Redb | Engine::Fjall => (part == Part::Base && !compressed).then_some(1.0),
    }
}

#[cfg(feature = "rocksdb")]
fn rocksdb(part: Part, compressed: bool, phase: Phase) -> Option<f64> {
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
pub(super) fn tail(part: Part, step: &Step, against: Engine) -> bool {
    #[cfg(feature = "rocksdb")]
    if against == Engine::RocksDb {
        return part == Part::Base && step.phase == Phase::Overwrite;
    }
    let _ = (part, step, against);
    false
}
