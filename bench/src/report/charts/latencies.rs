//! Charts of a suite whose figures are latencies: what each takes in the middle, and at the end.

use anyhow::Result;

use super::bars::{Bar, BarChart, Panel, Row, Section};
use super::colours::{Colours, ours};
use super::scale::Scale;
use super::{Chart, chart};
use crate::report::number;
use crate::report::view::Grid;

const PANELS: [(&str, &str); 4] = [
    ("mean_ns", "mean"),
    ("p50_ns", "median"),
    ("p99_ns", "99th percentile"),
    ("p999_ns", "99.9th percentile"),
];

pub(super) fn draw(suite: &str, grids: &[Grid<'_>], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for grid in grids {
        let sections: Vec<Section> = (0..grid.tasks.len())
            .map(|task| of_task(grid, task, colours))
            .filter(|section| !section.panels.is_empty())
            .collect();
        if sections.is_empty() {
            continue;
        }
        let bars = BarChart {
            title: format!("Suite {suite}: latency (less is better)"),
            subtitle: format!("{}\nlogarithmic axis, the same in all panels", grid.shape),
            scale: Scale::Log,
            mark: None,
            tick: number::round_duration,
            sections,
        };
        let svg = bars.draw()?;
        let shape = Some(grid.shape);
        charts.push(chart(suite, shape, &["latency"], &bars.title, svg));
    }
    Ok(charts)
}

/// One panel for each figure of a workload.
fn of_task(grid: &Grid<'_>, task: usize, colours: &Colours<'_>) -> Section {
    let bar = |who, metric| {
        let value = grid.value(task, who, metric)?;
        Some(Bar {
            value,
            tail: None,
            text: number::duration(value),
        })
    };
    let contenders = 0..grid.contenders.len();
    let panels = PANELS
        .iter()
        .filter(|(metric, _)| grid.has(task, metric))
        .map(|(metric, title)| Panel {
            title: (*title).to_owned(),
            bars: contenders.clone().map(|who| bar(who, *metric)).collect(),
        });
    let rows = grid.contenders.iter().map(|contender| Row {
        label: contender.label.clone(),
        colour: colours.get(contender.engine),
        ours: ours(contender.engine),
    });
    Section {
        title: grid.tasks[task].workload.to_owned(),
        rows: rows.collect(),
        panels: panels.collect(),
    }
}
