//! The figures of a run: `report.json`, and what is made of it to be read.
//!
//! `report.json` holds all there is: `bench render` makes the rest from it anew, and `bench merge`
//! joins several.

mod charts;
mod markdown;
mod merge;
mod meta;
mod number;
mod quantity;
mod table;
mod view;

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::measure::Outcome;
use crate::report::meta::Meta;

/// A name: written down in the program, or read from a file.
pub(crate) type Name = Cow<'static, str>;

const OPS_PER_S: &str = "ops_per_s";
/// How many times as fast as `against`.
const RATIO: &str = "ratio";

/// A reading, with all that it takes to compare it with others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    suite: Name,
    workload: String,
    engine: Name,
    threads: usize,
    metric: Name,
    value: f64,
    /// What the data are like, and after the first `;` the settings of this engine alone.
    config: String,
    /// Of a ratio: whose speed is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    against: Option<Name>,
    /// The least value that is good enough, or the largest of a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
}

impl Figure {
    /// What the data are like, and the settings of the engine.
    fn shape_and_settings(&self) -> (&str, &str) {
        let (shape, settings) = self.config.split_once(';').unwrap_or((&self.config, ""));
        (shape.trim(), settings.trim())
    }
}

/// All figures of a run.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl Workload {
    /// The same, of what the slowest in a thousand operations take.
    pub(crate) fn tail(&self) -> Self {
        Self {
            name: format!("{}, p99.9", self.name),
            ..self.clone()
        }
    }
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
            meta: Meta::gather()?,
            figures: Vec::new(),
        })
    }

    /// Adds the speeds of all contenders, and the ratios that matter.
    pub(crate) fn add(&mut self, workload: &Workload, outcomes: &[Outcome], goals: &[Goal]) {
        for outcome in outcomes {
            self.metric(workload, outcome.engine, OPS_PER_S, outcome.speed());
            if outcome.latencies.is_empty() {
                continue;
            }
            for (metric, quantile) in [
                ("p50_ns", 0.5),
                ("p99_ns", 0.99),
                ("p999_ns", 0.999),
                ("max_ns", 1.0),
            ] {
                self.metric(workload, outcome.engine, metric, outcome.quantile(quantile));
            }
        }
        let of = |engine| outcomes.iter().find(|outcome| outcome.engine == engine);
        for goal in goals {
            let (Some(ours), Some(theirs)) = (of(goal.engine), of(goal.against)) else {
                continue;
            };
            let ratio = ours.ratio_to(theirs);
            self.ratio(workload, goal.engine, goal.against, ratio, goal.least);
        }
    }

    /// Adds a reading that nothing was promised about.
    pub(crate) fn metric(
        &mut self,
        workload: &Workload,
        engine: impl Into<Name>,
        metric: impl Into<Name>,
        value: f64,
    ) {
        self.push(figure(workload, engine.into(), metric.into(), value));
    }

    /// Adds how many times as fast as `against` an engine is, and says so; it has to be at least
    /// `least`, if that was promised.
    pub(crate) fn ratio(
        &mut self,
        workload: &Workload,
        engine: impl Into<Name>,
        against: impl Into<Name>,
        value: f64,
        least: Option<f64>,
    ) {
        let figure = Figure {
            against: Some(against.into()),
            goal: least,
            met: least.map(|least| value >= least),
            ..figure(workload, engine.into(), RATIO.into(), value)
        };
        eprintln!("{}", table::line(&figure));
        self.push(figure);
    }

    /// Adds a count that may be at most `most`, if that was promised, and says so.
    pub(crate) fn add_count(
        &mut self,
        workload: &Workload,
        (engine, metric): (&'static str, &'static str),
        value: f64,
        most: Option<f64>,
    ) {
        let figure = Figure {
            goal: most,
            met: most.map(|most| value <= most),
            ..figure(workload, engine.into(), metric.into(), value)
        };
        eprintln!("{}", table::line(&figure));
        self.push(figure);
    }

    /// JSON has no infinity, nor what is not a number: neither is a reading.
    fn push(&mut self, figure: Figure) {
        if figure.value.is_finite() {
            self.figures.push(figure);
        } else {
            eprintln!("left out, as it is no number: {}", table::line(&figure));
        }
    }

    /// What `write` wrote as `report.json`.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not a report of this program", file.display()))
    }

    /// Writes `report.json`, and all that is made of it.
    pub(crate) fn write(&self, out: &Path) -> Result<()> {
        std::fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
        let json = serde_json::to_string_pretty(self).context("the report as JSON")?;
        put(&out.join("report.json"), &(json + "\n"))?;
        self.render(out)
    }

    /// Writes what is made of `report.json`.
    pub(crate) fn render(&self, out: &Path) -> Result<()> {
        std::fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
        let charts = charts::draw(&self.figures)?;
        for chart in &charts {
            put(&out.join(&chart.file), &chart.svg)?;
        }
        put(&out.join("report.md"), &table::page(self, &charts))
    }
}

fn put(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

fn figure(workload: &Workload, engine: Name, metric: Name, value: f64) -> Figure {
    Figure {
        suite: workload.suite.into(),
        workload: workload.name.clone(),
        engine,
        threads: workload.threads,
        metric,
        value,
        config: workload.config.clone(),
        against: None,
        goal: None,
        met: None,
    }
}

#[cfg(test)]
fn sample(workload: &str, engine: &str, threads: usize, ops_per_s: f64, config: &str) -> Figure {
    let workload = Workload {
        suite: "engines",
        name: workload.to_owned(),
        threads,
        config: config.to_owned(),
    };
    let engine = Name::from(engine.to_owned());
    figure(&workload, engine, OPS_PER_S.into(), ops_per_s)
}

#[cfg(test)]
fn report_of(figures: Vec<Figure>) -> Report {
    let meta = Meta {
        versions: [("redb".to_owned(), "4.6.0".to_owned())].into(),
        cpu: "a processor".to_owned(),
        cores: 2,
        command: "build-scripts/bench engines".to_owned(),
        date: "2026-01-02T03:04:05Z".to_owned(),
    };
    Report { meta, figures }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_one_form() {
        let mut report = report_of(Vec::new());
        let workload = Workload {
            suite: "cache",
            name: "hit".to_owned(),
            threads: 1,
            config: "small".to_owned(),
        };
        report.metric(&workload, "ours", "p50_ns", 850.0);
        report.ratio(&workload, "ours", "theirs", 0.5, Some(0.6));
        report.metric(&workload, "ours", "ops_per_s", f64::NAN);
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "meta": {
                    "versions": {"redb": "4.6.0"},
                    "cpu": "a processor",
                    "cores": 2,
                    "command": "build-scripts/bench engines",
                    "date": "2026-01-02T03:04:05Z",
                },
                "figures": [
                    {
                        "suite": "cache", "workload": "hit", "engine": "ours", "threads": 1,
                        "metric": "p50_ns", "value": 850.0, "config": "small",
                    },
                    {
                        "suite": "cache", "workload": "hit", "engine": "ours", "threads": 1,
                        "metric": "ratio", "value": 0.5, "config": "small",
                        "against": "theirs", "goal": 0.6, "met": false,
                    },
                ],
            })
        );
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let report = report_of(vec![sample("get", "a", 1, 412_345.678, "x")]);
        report.write(folder.path()).unwrap();
        let read = Report::read(&folder.path().join("report.json")).unwrap();
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            serde_json::to_string(&report).unwrap()
        );
        let page = std::fs::read_to_string(folder.path().join("report.md")).unwrap();
        assert!(page.contains("412 k"), "{page}");
    }

    #[test]
    fn a_malformed_report_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.json");
        for (text, fault) in [
            ("{", "EOF while parsing"),
            ("{\"figures\": []}", "missing field `meta`"),
            ("{\"figurs\": []}", "unknown field `figurs`"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = format!("{:#}", Report::read(&file).err().unwrap());
            assert!(error.contains("mine.json is not a report"), "{error}");
            assert!(error.contains(fault), "{error}");
        }
        let missing = format!(
            "{:#}",
            Report::read(&folder.path().join("no")).err().unwrap()
        );
        assert!(missing.contains("reading"), "{missing}");
    }
}
