//! The figures, as `report.json` and as a table in `report.md`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::measure::Outcome;

/// A reading, with all that it takes to compare it with others.
#[derive(Serialize)]
struct Figure {
    suite: &'static str,
    workload: String,
    engine: &'static str,
    threads: usize,
    metric: &'static str,
    value: f64,
    config: String,
    /// Of a ratio: whose speed is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<&'static str>,
    /// The least value that is good enough, or the largest of a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

#[derive(Serialize)]
struct Meta {
    versions: Versions,
    cpu: String,
    cores: usize,
    command: String,
    date: String,
}

#[derive(Serialize)]
struct Versions {
    bench: &'static str,
    rustc: String,
    redis: String,
    os: String,
}

/// All figures of a run.
#[derive(Serialize)]
pub(crate) struct Report {
    meta: Meta,
    figures: Vec<Figure>,
}

/// What was measured: what its figures have in common.
#[derive(Clone)]
pub(crate) struct Workload {
    pub(crate) suite: &'static str,
    pub(crate) name: String,
    pub(crate) threads: usize,
    pub(crate) config: String,
}

/// A speed that is compared with another.
pub(crate) struct Goal {
    pub(crate) engine: &'static str,
    pub(crate) against: &'static str,
    /// How many times as fast it has to be, if that was promised.
    pub(crate) least: Option<f64>,
}

impl Report {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            meta: Meta {
                versions: Versions {
                    bench: env!("CARGO_PKG_VERSION"),
                    rustc: told_by("rustc", &["--version"]),
                    redis: told_by("redis-server", &["--version"]),
                    os: told_by("uname", &["-sr"]),
                },
                cpu: cpu(),
                cores: std::thread::available_parallelism()?.get(),
                command: command(),
                date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            },
            figures: Vec::new(),
        })
    }

    /// Adds the speeds of all contenders, and the ratios that matter.
    #[allow(clippy::cast_precision_loss, reason = "no latency comes near 2^53 ns")]
    pub(crate) fn add(&mut self, workload: &Workload, outcomes: &[Outcome], goals: &[Goal]) {
        for outcome in outcomes {
            self.push(workload, outcome.engine, "ops_per_s", outcome.speed());
            if outcome.latencies.is_empty() {
                continue;
            }
            for (metric, quantile) in [
                ("p50_ns", 0.5),
                ("p99_ns", 0.99),
                ("p999_ns", 0.999),
                ("max_ns", 1.0),
            ] {
                let value = outcome.latencies.value_at_quantile(quantile);
                self.push(workload, outcome.engine, metric, value as f64);
            }
        }
        let of = |engine| outcomes.iter().find(|outcome| outcome.engine == engine);
        for goal in goals {
            let (Some(ours), Some(theirs)) = (of(goal.engine), of(goal.against)) else {
                continue;
            };
            let ratio = ours.ratio_to(theirs);
            let figure = self.push(workload, goal.engine, "ratio", ratio);
            figure.against = Some(goal.against);
            figure.goal = goal.least;
            figure.met = goal.least.map(|least| ratio >= least);
            eprintln!("{}", line(figure));
        }
    }

    /// Adds a count that may be at most `most`, if that was promised.
    pub(crate) fn add_count(
        &mut self,
        workload: &Workload,
        (engine, metric): (&'static str, &'static str),
        value: f64,
        most: Option<f64>,
    ) {
        let figure = self.push(workload, engine, metric, value);
        figure.goal = most;
        figure.met = most.map(|most| value <= most);
        eprintln!("{}", line(figure));
    }

    fn push(
        &mut self,
        workload: &Workload,
        engine: &'static str,
        metric: &'static str,
        value: f64,
    ) -> &mut Figure {
        self.figures.push(Figure {
            suite: workload.suite,
            workload: workload.name.clone(),
            engine,
            threads: workload.threads,
            metric,
            value,
            config: workload.config.clone(),
            against: None,
            goal: None,
            met: None,
        });
        let last = self.figures.len() - 1;
        &mut self.figures[last]
    }

    /// Writes both files.
    pub(crate) fn write(&self, out: &Path) -> Result<()> {
        let write = |name: &str, text: String| {
            let file = out.join(name);
            std::fs::write(&file, text).with_context(|| file.display().to_string())
        };
        std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
        write("report.json", serde_json::to_string_pretty(self)? + "\n")?;
        write("report.md", self.table())
    }

    fn table(&self) -> String {
        let meta = &self.meta;
        let mut text = format!(
            "`{}`, {}, {} cores of {}, {}, {}, {}\n\n\
             | suite | workload | threads | engine | metric | value | goal |\n\
             |---|---|---|---|---|---|---|\n",
            meta.command,
            meta.date,
            meta.cores,
            meta.cpu,
            meta.versions.os,
            meta.versions.rustc,
            meta.versions.redis
        );
        for figure in &self.figures {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line(figure));
        }
        text
    }
}

fn line(figure: &Figure) -> String {
    let metric = match figure.against {
        Some(against) => format!("{} to {against}", figure.metric),
        None => figure.metric.to_owned(),
    };
    let value = if figure.value < 1000.0 {
        format!("{:.3}", figure.value)
    } else {
        format!("{:.0}", figure.value)
    };
    let goal = match (figure.goal, figure.met) {
        (Some(goal), Some(true)) => format!("{goal:.2} met"),
        (Some(goal), _) => format!("{goal:.2} **missed**"),
        (None, _) => String::new(),
    };
    format!(
        "| {} | {} | {} | {} | {metric} | {value} | {goal} |",
        figure.suite, figure.workload, figure.threads, figure.engine
    )
}

/// The command, without the folder that this program lies in.
fn command() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("build-scripts/bench {}", arguments.join(" "))
}

fn told_by(program: &str, arguments: &[&str]) -> String {
    Command::new(program).args(arguments).output().map_or_else(
        |_| format!("{program}: not there"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn cpu() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "an unknown processor".to_owned())
}
