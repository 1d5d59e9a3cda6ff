//! Charts, as SVG: the same figures give the same bytes.

mod bars;
mod canvas;
mod colours;
mod engines;
mod latencies;
mod lines;
mod scale;
mod suites;

use anyhow::{Context, Result};

use self::bars::{Bar, Panel, Row, Section};
use self::colours::Colours;
use super::view::{Grid, grids, suites};
use super::{Figure, OPS_PER_S};

/// A file beside `report.md`.
pub(super) struct Chart {
    pub(super) file: String,
    pub(super) title: String,
    pub(super) suite: String,
    /// The kind of data, where the chart is of one alone.
    pub(super) shape: Option<String>,
    pub(super) svg: String,
}

/// All charts of a report.
pub(super) fn draw(figures: &[Figure]) -> Result<Vec<Chart>> {
    let engines = figures.iter().map(|figure| figure.engine.as_ref());
    let colours = Colours::of(engines);
    let mut charts = Vec::new();
    for suite in suites(figures) {
        let split = match suite {
            "cache" => suites::CACHE_SPLIT,
            _ => Figure::shape_and_settings,
        };
        let grids = grids(figures, suite, split);
        let drawn = match suite {
            "engines" => engines::draw(&grids, &colours),
            "cache" => suites::cache(&grids, &colours),
            "expensive_reads" => latencies::draw(suite, &grids, &colours),
            "overhead" => suites::overhead(figures, &colours),
            "trace" => suites::trace(&grids, &colours),
            _ => suites::any(suite, &grids, &colours),
        };
        charts.extend(drawn.with_context(|| format!("the charts of {suite}"))?);
    }
    make_names_unique(&mut charts);
    Ok(charts)
}

/// Two kinds of data may differ in nothing that a file name can hold.
fn make_names_unique(charts: &mut [Chart]) {
    for place in 0..charts.len() {
        let (before, rest) = charts.split_at_mut(place);
        let Some(chart) = rest.first_mut() else {
            continue;
        };
        let stem = chart.file.clone();
        let mut number = 2;
        while before.iter().any(|other| other.file == chart.file) {
            chart.file = format!("{stem}-{number}");
            number += 1;
        }
    }
    for chart in charts {
        chart.file.push_str(".svg");
    }
}

/// A chart that is named after what tells it from the others.
fn chart(suite: &str, shape: Option<&str>, parts: &[&str], title: &str, svg: String) -> Chart {
    let words = [&[suite], parts].concat().join(" ").to_lowercase();
    let words = words.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    Chart {
        file: words.join("-"),
        title: title.to_owned(),
        suite: suite.to_owned(),
        shape: shape.map(str::to_owned),
        svg,
    }
}

/// The workloads `tasks` of a grid as panels; none if nothing of them was measured so.
fn section(
    grid: &Grid<'_>,
    colours: &Colours<'_>,
    title: &str,
    tasks: &[usize],
    name: impl Fn(usize) -> String,
    bar: impl Fn(usize, usize) -> Option<Bar>,
) -> Option<Section> {
    let contenders = 0..grid.contenders.len();
    let panels: Vec<Panel> = tasks
        .iter()
        .map(|task| Panel {
            title: name(*task),
            bars: contenders.clone().map(|who| bar(*task, who)).collect(),
        })
        .filter(|panel| panel.bars.iter().any(Option::is_some))
        .collect();
    let rows = grid.contenders.iter().map(|contender| Row {
        label: contender.label.clone(),
        colour: colours.get(contender.engine),
        ours: colours::ours(contender.engine),
    });
    (!panels.is_empty()).then(|| Section {
        title: title.to_owned(),
        rows: rows.collect(),
        panels,
    })
}

/// A bar as long as a metric.
fn plain(
    grid: &Grid<'_>,
    metric: &'static str,
    show: impl Fn(f64) -> String,
) -> impl Fn(usize, usize) -> Option<Bar> {
    move |task, contender| {
        let value = grid.value(task, contender, metric)?;
        Some(Bar {
            value,
            tail: None,
            text: show(value),
        })
    }
}

fn threads(count: usize) -> String {
    if count == 1 {
        "1 thread".to_owned()
    } else {
        format!("{count} threads")
    }
}

/// The numbers of threads with which something was measured, rising.
fn thread_counts(grids: &[Grid<'_>]) -> Vec<usize> {
    let tasks = grids.iter().flat_map(|grid| &grid.tasks);
    let mut counts: Vec<usize> = tasks.map(|task| task.threads).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

#[cfg(test)]
mod tests;
