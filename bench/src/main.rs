//! Measures the cache side by side with what it is made of, and writes a report.

mod allocations;
mod cache;
mod engine;
mod measure;
mod memory;
mod redis_server;
mod report;
mod rows;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::report::Report;

#[derive(Parser)]
#[command(
    name = "bench",
    about = "Measures, and writes report.json and report.md"
)]
struct Cli {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Subcommand)]
enum Suite {
    /// The cache beside the bare engine and beside Redis.
    Cache(CacheArgs),
}

#[derive(Args)]
struct CacheArgs {
    #[command(flatten)]
    common: Common,
    /// Only these parts; all when none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<cache::Part>,
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

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut report = Report::new()?;
    let Suite::Cache(CacheArgs { common, only }) = cli.suite;
    // What was measured before something failed is written all the same.
    let measured = cache::run(&mut report, common.quick, &only);
    report.write(&common.out)?;
    measured
}
