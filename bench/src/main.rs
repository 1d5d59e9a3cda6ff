//! Measures engines and the cache side by side with others, and writes a report.

mod allocations;
mod by_hand;
mod cache;
mod cpu;
mod engine;
mod engines;
mod expensive_reads;
mod feed;
mod files;
mod measure;
mod memory;
mod overhead;
mod redis_server;
mod report;
mod rows;
mod trace;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

// Takes the place of the C library's allocator.
use libmimalloc_sys as _;

use crate::report::Report;

#[derive(Parser)]
#[command(
    name = "bench",
    about = "Measures, and writes report.json, report.md and charts"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// The cache beside the bare engine and beside Redis.
    Cache(CacheArgs),
    /// The hit ratio of our eviction beside other policies.
    Trace(Common),
    /// WiredTiger beside other embedded engines.
    Engines(EnginesArgs),
    /// Each hot call of the safe crate beside the same call by hand in C.
    Overhead(Common),
    /// What each setting of WiredTiger brings, around the preset for caches.
    Preset(PresetArgs),
    /// What a full scan that runs all the time does to writes and point reads.
    #[command(name = "expensive_reads")]
    ExpensiveReads(Common),
    /// How soon an event reaches a watcher, and what watchers cost a writer.
    Feed(Common),
    /// One engine, told what to do through a pipe.
    #[command(name = engines::COMMAND, hide = true)]
    Engine { setup: String },
    /// All suites, in turn, into one report.
    All(Common),
    /// Makes report.md and the charts anew from a report.json.
    Render(RenderArgs),
    /// Joins several report.json: where two say the same thing, the later one is right.
    Merge(MergeArgs),
    /// Fills one contender and prints the bytes of memory it takes: a part of `cache` that needs a
    /// process of its own.
    #[command(hide = true)]
    Weigh(cache::Load),
}

#[derive(Args)]
struct CacheArgs {
    #[command(flatten)]
    common: Common,
    /// Only these parts; all when none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<cache::Part>,
}

#[derive(Args)]
struct EnginesArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    place: Place,
    /// Only these parts; all when none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<engines::Part>,
    /// Only these engines; all when none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    engines: Vec<engines::Engine>,
    /// At most so many rounds of each workload: for a look; medians want three at least.
    #[arg(long)]
    rounds: Option<usize>,
}

#[derive(Args)]
struct PresetArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    place: Place,
    /// Only on these data; on all when none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<engines::preset::Data>,
    /// Only settings whose name has one of these in it.
    #[arg(long, value_delimiter = ',')]
    candidates: Vec<String>,
}

#[derive(Args)]
struct Place {
    /// Where the databases lie meanwhile, some 30 GB at most. Default: the system's temporary folder.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// What all suites take.
#[derive(Args)]
struct Common {
    /// Less data and fewer rounds: to see that it works, not for figures to quote.
    #[arg(long)]
    quick: bool,
    /// The folder for the report.
    #[arg(long, default_value = "bench-report")]
    out: PathBuf,
}

#[derive(Args)]
struct RenderArgs {
    report: PathBuf,
    /// The folder for what is made of it; by default that of the report.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Args)]
struct MergeArgs {
    #[arg(required = true)]
    reports: Vec<PathBuf>,
    /// The folder for the report.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Cache(CacheArgs { common, only }) => {
            measure(&common, |report| cache::run(report, common.quick, &only))
        }
        Task::Engines(args) => {
            let choice = engines::Choice {
                quick: args.common.quick,
                parts: args.only,
                engines: args.engines,
                rounds: args.rounds,
                dir: args.place.dir,
            };
            measure(&args.common, |report| engines::run(report, &choice))
        }
        Task::Overhead(common) => measure(&common, |report| overhead::run(report, common.quick)),
        Task::Preset(args) => {
            let search = engines::preset::Search {
                quick: args.common.quick,
                candidates: args.candidates,
                data: args.only,
                dir: args.place.dir,
            };
            measure(&args.common, |report| engines::preset::run(report, &search))
        }
        Task::Trace(common) => measure(&common, |report| trace::run(report, common.quick)),
        Task::ExpensiveReads(common) => {
            measure(&common, |report| expensive_reads::run(report, common.quick))
        }
        Task::Feed(common) => measure(&common, |report| feed::run(report, common.quick)),
        Task::Engine { setup } => engines::serve(&setup),
        Task::Weigh(load) => {
            println!("{}", cache::weigh(&load)?);
            Ok(())
        }
        Task::All(common) => measure(&common, |report| all(report, common.quick)),
        Task::Render(RenderArgs { report, out }) => {
            let beside = || report.parent().unwrap_or_else(|| Path::new("")).to_owned();
            Report::read(&report)?.render(&out.unwrap_or_else(beside))
        }
        Task::Merge(MergeArgs { reports, out }) => {
            let reports = reports.iter().map(|file| Report::read(file));
            Report::merged(reports.collect::<Result<_>>()?)?.write(&out)
        }
    }
}

/// Every suite, one after the other: a line for each.
fn all(report: &mut Report, quick: bool) -> Result<()> {
    let everything = engines::Choice {
        quick,
        parts: Vec::new(),
        engines: Vec::new(),
        rounds: None,
        dir: None,
    };
    overhead::run(report, quick)?;
    engines::run(report, &everything)?;
    cache::run(report, quick, &[])?;
    trace::run(report, quick)?;
    expensive_reads::run(report, quick)?;
    feed::run(report, quick)
}

/// What was measured before something failed is written all the same.
fn measure(common: &Common, suite: impl FnOnce(&mut Report) -> Result<()>) -> Result<()> {
    let mut report = Report::new()?;
    let measured = suite(&mut report);
    let written = report.write(&common.out);
    measured.and(written)
}
