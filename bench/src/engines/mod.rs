//! The suite `engines`: WiredTiger beside other embedded engines.
//!
//! Every engine has a process of its own. They take turns at each workload, so that whatever else
//! the machine does hits all alike, and each does the work that its writes have left for later
//! before the next one has its turn.

mod child;
mod data;
mod goals;
mod phase;
pub(crate) mod preset;
mod run;
mod shape;
mod stage;
mod stores;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use tempfile::TempDir;

pub(crate) use child::{COMMAND, serve};
pub(crate) use stage::Part;
pub(crate) use stores::Engine;
use stores::Settings;

use crate::measure::{Contender, Outcome, median, rounds};
use crate::report::{Report, Workload};
use child::{Cost, Running};
use stage::{Stage, Step};

/// What is measured, and where.
pub(crate) struct Choice {
    pub(crate) quick: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) engines: Vec<Engine>,
    /// At most so many rounds of each workload.
    pub(crate) rounds: Option<usize>,
    /// Where the databases lie; a temporary folder when not said.
    pub(crate) dir: Option<PathBuf>,
}

/// Runs the stages.
pub(crate) fn run(report: &mut Report, choice: &Choice) -> Result<()> {
    let engines = if choice.engines.is_empty() {
        Engine::value_variants()
    } else {
        &choice.engines
    };
    for stage in stage::all(choice.quick) {
        if !choice.parts.is_empty() && !choice.parts.contains(&stage.part) {
            continue;
        }
        let folder = folder(choice.dir.as_deref())?;
        eprintln!("== {}", stage.shape);
        for group in groups(&stage, engines) {
            run_stage(report, &stage, &group, choice.rounds, folder.path())
                .with_context(|| stage.shape.to_string())?;
        }
    }
    Ok(())
}

/// For databases, until it is dropped.
fn folder(dir: Option<&Path>) -> Result<TempDir> {
    match dir {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    }
    .context("a folder for the databases")
}

/// Which engines run side by side. The largest data would not fit in memory several times: there
/// only the two ways to WiredTiger do, and the others come one after the other.
fn groups(stage: &Stage, engines: &[Engine]) -> Vec<Vec<Engine>> {
    // A second setup of an engine says what it has to say with the base.
    let takes_part = |engine: &&Engine| stage.part == Part::Base || !engine.is_variant();
    let engines: Vec<Engine> = engines.iter().filter(takes_part).copied().collect();
    if stage.part != Part::Scale {
        return vec![engines];
    }
    let ours = [Engine::WiredTiger, Engine::WiredTigerSys];
    let (pair, others): (Vec<_>, Vec<_>) = engines
        .into_iter()
        .partition(|engine| ours.contains(engine));
    let mut groups = vec![pair];
    groups.extend(others.into_iter().map(|engine| vec![engine]));
    groups.retain(|group| !group.is_empty());
    groups
}

fn run_stage(
    report: &mut Report,
    stage: &Stage,
    engines: &[Engine],
    most: Option<usize>,
    dir: &Path,
) -> Result<()> {
    let running = engines
        .iter()
        .map(|engine| {
            Ok(RefCell::new(Running::start(
                *engine,
                &stage.shape,
                &Settings::default(),
            )?))
        })
        .collect::<Result<Vec<_>>>()?;
    for step in &stage.steps {
        if step.reopened {
            for running in &running {
                running.borrow_mut().reopen()?;
            }
        }
        let costs = RefCell::new(HashMap::new());
        let contenders = engines
            .iter()
            .zip(&running)
            .map(|(engine, running)| {
                let (engine, costs) = (*engine, &costs);
                Contender::new(engine.name(), move |round| {
                    let home = dir.join(format!("{engine:?}-{:?}-{round}", step.phase));
                    let (sample, cost) = running.borrow_mut().round(step.task(round), &home)?;
                    costs
                        .borrow_mut()
                        .entry(engine)
                        .or_insert_with(Vec::new)
                        .push(cost);
                    Ok(sample)
                })
            })
            .collect();
        let count = most.unwrap_or(usize::MAX).min(step.rounds);
        let outcomes = rounds(count, contenders).with_context(|| step.name())?;
        tell(report, stage, step, engines, &outcomes, &costs.into_inner());
    }
    Ok(())
}

fn tell(
    report: &mut Report,
    stage: &Stage,
    step: &Step,
    engines: &[Engine],
    outcomes: &[Outcome],
    costs: &HashMap<Engine, Vec<Cost>>,
) {
    let shape = &stage.shape;
    let workload = |engine: Engine| Workload {
        suite: "engines",
        name: step.name(),
        threads: step.threads,
        config: format!("{shape}; {}", engine.setup(shape)),
    };
    for (engine, outcome) in engines.iter().zip(outcomes) {
        let workload = workload(*engine);
        report.add(&workload, std::slice::from_ref(outcome), &[]);
        let Some(costs) = costs.get(engine) else {
            continue;
        };
        tell_costs(report, &workload, *engine, step, costs);
    }
    let ours = engines
        .iter()
        .position(|engine| *engine == Engine::WiredTiger);
    let Some(ours) = ours.map(|place| &outcomes[place]) else {
        return;
    };
    for (engine, theirs) in engines.iter().zip(outcomes) {
        if *engine == Engine::WiredTiger {
            continue;
        }
        let workload = workload(Engine::WiredTiger);
        let goal = goals::speed(stage, step, *engine);
        report.ratio(
            &workload,
            ours.engine,
            theirs.engine,
            ours.ratio_to(theirs),
            goal,
        );
        if goals::tail(stage, step, *engine) {
            let ratio = theirs.quantile(0.999) / ours.quantile(0.999);
            let tail = workload.tail();
            report.ratio(&tail, ours.engine, theirs.engine, ratio, Some(1.0));
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "no count of bytes comes near 2^53"
)]
fn tell_costs(
    report: &mut Report,
    workload: &Workload,
    engine: Engine,
    step: &Step,
    costs: &[Cost],
) {
    let name = engine.name();
    let cpu = median(costs.iter().map(|cost| cost.cpu_s).collect());
    report.metric(workload, name, "cpu_s", cpu);
    let rss = costs.iter().map(|cost| cost.rss_bytes).max().unwrap_or(0);
    report.metric(workload, name, "rss_bytes", rss as f64);
    if step.phase.writes()
        && let Some(last) = costs.last()
    {
        report.metric(workload, name, "disk_bytes", last.disk_bytes as f64);
    }
}
