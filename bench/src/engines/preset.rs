//! The search of the preset: what each setting brings, one at a time around the preset.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::child::{Cost, Running};
use super::folder;
use super::phase::{Phase, Task};
use super::shape::Shape;
use super::stores::{Engine, Settings};
use crate::measure::{Contender, rounds};
use crate::report::{Report, Workload};

/// A set of settings that differs from the preset in one respect.
struct Candidate {
    name: &'static str,
    settings: Settings,
}

/// When the engine's threads begin to write changed pages, and when those of the program help: name,
/// both, and what differs besides in the settings of the connection and of the table.
const DIRTY: &[(&str, &str, &str, &str, &str)] = &[
    ("dirty 2/80", "2", "80", "", ""),
    ("dirty 5/80", "5", "80", "", ""),
    ("dirty 10/20", "10", "20", "", ""),
    ("dirty 10/40", "10", "40", "", ""),
    ("dirty 20/80", "20", "80", "", ""),
    ("dirty 60/80", "60", "80", "", ""),
    ("dirty 80/90", "80", "90", "", ""),
    (
        "dirty 20/80, memory page 1 MB, leaf 16 KB",
        "20",
        "80",
        "",
        "memory_page_max=1MB,leaf_page_max=16KB",
    ),
    (
        "dirty 60/80, 2 threads, leaf 32 KB",
        "60",
        "80",
        ",eviction=(threads_min=2,threads_max=2)",
        "leaf_page_max=32KB,allocation_size=4KB",
    ),
];

/// Name, settings of the connection, settings of the table.
const OTHERS: &[(&str, &str, &str)] = &[
    (
        "updates 30/40",
        "eviction_updates_target=30,eviction_updates_trigger=40",
        "",
    ),
    ("full 90/97", "eviction_target=90,eviction_trigger=97", ""),
    ("full 70/90", "eviction_target=70,eviction_trigger=90", ""),
    (
        "2 eviction threads",
        "eviction=(threads_min=2,threads_max=2)",
        "",
    ),
    (
        "4 eviction threads",
        "eviction=(threads_min=4,threads_max=4)",
        "",
    ),
    (
        "1 to 8 eviction threads",
        "eviction=(threads_min=1,threads_max=8)",
        "",
    ),
    // Pages.
    ("memory page 1 MB", "", "memory_page_max=1MB"),
    ("memory page 5 MB", "", "memory_page_max=5MB"),
    ("memory page 20 MB", "", "memory_page_max=20MB"),
    ("leaf page 4 KB", "", "leaf_page_max=4KB"),
    ("leaf page 16 KB", "", "leaf_page_max=16KB"),
    ("leaf page 32 KB", "", "leaf_page_max=32KB"),
    ("leaf page 64 KB", "", "leaf_page_max=64KB"),
    ("internal page 16 KB", "", "internal_page_max=16KB"),
    ("split at 75 %", "", "split_pct=75"),
    // The files.
    ("blocks of 4 KB", "", "allocation_size=4KB"),
    ("first fit", "", "block_allocation=first"),
    ("no memory map", "mmap=false", ""),
    ("memory map for all", "mmap_all=true", ""),
    ("file grows by 16 MB", "file_extend=(data=16MB)", ""),
];

/// Name, megabytes of log between two checkpoints at most, megabytes of a log file.
const LOGS: &[(&str, Option<u64>, Option<u64>)] = &[
    ("checkpoint after 128 MB of log", Some(128), None),
    ("checkpoint after 256 MB of log", Some(256), None),
    ("checkpoint after 512 MB of log", Some(512), None),
    ("log files of 8 MB", None, Some(8)),
    ("log files of 128 MB", None, Some(128)),
    ("log files of 512 MB", None, Some(512)),
];

fn candidates() -> Vec<Candidate> {
    let differing = |name, connection: String, table: &str| Candidate {
        name,
        settings: Settings {
            preset: true,
            connection,
            table: table.to_owned(),
            ..Settings::default()
        },
    };
    let dirty = DIRTY.iter().map(|(name, target, trigger, more, table)| {
        let connection = format!(
            "eviction_dirty_target={target},eviction_dirty_trigger={trigger},\
             eviction_updates_target={target},eviction_updates_trigger={trigger}{more}"
        );
        differing(name, connection, table)
    });
    let others = OTHERS
        .iter()
        .map(|(name, connection, table)| differing(name, (*connection).to_owned(), table));
    let logs = LOGS.iter().map(|(name, checkpoint, file)| Candidate {
        name,
        settings: Settings {
            checkpoint_log: checkpoint.map(|size| size << 20),
            log_file: file.map(|size| size << 20),
            ..Settings::default()
        },
    });
    let first = [
        Candidate {
            name: PRESET,
            settings: Settings::default(),
        },
        Candidate {
            name: "engine's defaults",
            settings: Settings {
                preset: false,
                ..Settings::default()
            },
        },
    ];
    first
        .into_iter()
        .chain(dirty)
        .chain(others)
        .chain(logs)
        .collect()
}

const PRESET: &str = "Preset::Cache";

/// What is compared.
const PHASES: [Phase; 7] = [
    Phase::FillRandom,
    Phase::Overwrite,
    Phase::ReadRandom,
    Phase::ReadHot,
    Phase::SeekRandom,
    Phase::ReadSeq,
    Phase::Mixed50,
];

/// What is searched, and where.
pub(crate) struct Search {
    pub(crate) quick: bool,
    /// Parts of the names of candidates; all when there are none.
    pub(crate) candidates: Vec<String>,
    pub(crate) data: Vec<Data>,
    pub(crate) dir: Option<PathBuf>,
}

/// Which data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Data {
    /// All of it fits in the cache.
    Fits,
    /// Ten times the cache.
    Larger,
    /// The same, compressed.
    Compressed,
}

impl Search {
    fn wants(&self, candidate: &Candidate) -> bool {
        let named = |part: &String| candidate.name.contains(part.as_str());
        self.candidates.is_empty() || self.candidates.iter().any(named)
    }
}

/// Runs the search.
pub(crate) fn run(report: &mut Report, search: &Search) -> Result<()> {
    let (rows, count) = if search.quick {
        (50_000, 1)
    } else {
        (500_000, 3)
    };
    for data in Data::value_variants() {
        if !search.data.is_empty() && !search.data.contains(data) {
            continue;
        }
        let shape = match data {
            Data::Fits => Shape::leveldb(rows),
            Data::Larger => Shape::larger_than_cache(rows),
            Data::Compressed => Shape::larger_than_cache(rows).compressed(),
        };
        let folder = folder(search.dir.as_deref())?;
        eprintln!("== {shape}");
        // All at once would need the memory of all: one after the other, each beside the preset.
        for candidate in candidates() {
            if !search.wants(&candidate) {
                continue;
            }
            beside_the_preset(report, &shape, &candidate, count, folder.path())
                .with_context(|| candidate.name)?;
        }
    }
    Ok(())
}

fn beside_the_preset(
    report: &mut Report,
    shape: &Shape,
    candidate: &Candidate,
    count: usize,
    dir: &Path,
) -> Result<()> {
    let preset = Settings::default();
    let pair = [(PRESET, &preset), (candidate.name, &candidate.settings)];
    let running = pair
        .iter()
        .map(|(_, settings)| {
            let running = Running::start(Engine::WiredTiger, shape, settings)?;
            Ok(RefCell::new(running))
        })
        .collect::<Result<Vec<_>>>()?;
    for phase in PHASES {
        let costs = RefCell::new([Cost::default(); 2]);
        let contenders = pair
            .iter()
            .zip(&running)
            .enumerate()
            .map(|(place, ((name, _), running))| {
                let costs = &costs;
                Contender::new(name, move |round| {
                    let home = dir.join(format!("{place}-{round}"));
                    let task = task(shape, phase, round);
                    let (sample, cost) = running.borrow_mut().round(task, &home)?;
                    costs.borrow_mut()[place] = cost;
                    Ok(sample)
                })
            })
            .collect();
        let outcomes = rounds(if phase.fills() { 1 } else { count }, contenders)?;
        let workload = Workload {
            suite: "preset",
            name: phase.name().to_owned(),
            threads: 1,
            config: format!(
                "{shape}; {} {}",
                candidate.settings.connection, candidate.settings.table
            ),
        };
        let [preset, theirs] = &outcomes[..] else {
            continue;
        };
        report.add(&workload, std::slice::from_ref(theirs), &[]);
        report.ratio(
            &workload,
            theirs.engine,
            PRESET,
            theirs.ratio_to(preset),
            None,
        );
        let ratio = theirs.quantile(0.999) / preset.quantile(0.999);
        report.ratio(&workload.tail(), theirs.engine, PRESET, ratio, None);
        if phase.writes() {
            let bytes = costs.borrow()[1].disk_bytes;
            #[allow(
                clippy::cast_precision_loss,
                reason = "no count of bytes comes near 2^53"
            )]
            report.metric(&workload, theirs.engine, "disk_bytes", bytes as f64);
        }
    }
    Ok(())
}

fn task(shape: &Shape, phase: Phase, round: usize) -> Task {
    let ops = match phase {
        Phase::FillRandom | Phase::SeekRandom | Phase::ReadSeq => shape.rows,
        _ => shape.rows / 4,
    };
    Task {
        phase,
        threads: 1,
        ops,
        seed: round as u64,
    }
}
