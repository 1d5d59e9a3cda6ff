//! Charts of the suites `cache` and `overhead`, and of those that nobody has thought of.

use anyhow::Result;

use super::bars::{Bar, BarChart, Panel, Row, Section};
use super::colours::{Colours, ours};
use super::scale::Scale;
use super::{Chart, OPS_PER_S, chart, plain, section, threads};
use crate::report::view::{Grid, Split};
use crate::report::{Figure, RATIO, number};

/// Of the promise that a call costs next to nothing more than in C.
const OVERHEAD_GOAL: f64 = 0.97;

const HIT_RATIO: &str = "hit_ratio";

/// The workloads of the cache are what is compared, each with data of its own kind.
pub(super) const CACHE_SPLIT: Split = |figure| ("", figure.config.as_str());

pub(super) fn cache(grids: &[Grid<'_>], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for grid in grids {
        let show = |value| number::short(value, "");
        let speed = BarChart {
            title: "The cache: operations per second (more is better)".to_owned(),
            subtitle: "logarithmic axis, the same in all panels".to_owned(),
            scale: Scale::Log,
            mark: None,
            tick: number::round,
            sections: by_first_word(grid, colours, plain(grid, OPS_PER_S, show)),
        };
        let latency = |task, who| {
            let p50 = grid.value(task, who, "p50_ns")?;
            let p99 = grid.value(task, who, "p99_ns");
            Some(Bar {
                value: p50,
                tail: p99,
                text: match p99 {
                    Some(p99) => format!("{} / {}", number::duration(p50), number::duration(p99)),
                    None => number::duration(p50),
                },
            })
        };
        let latency = BarChart {
            title: "The cache: latency, 50th / 99th percentile (less is better)".to_owned(),
            subtitle: "full colour up to the median, pale up to what 99 of 100 do not exceed\n\
                       logarithmic axis, the same in all panels"
                .to_owned(),
            scale: Scale::Log,
            mark: None,
            tick: number::round_duration,
            sections: by_first_word(grid, colours, latency),
        };
        for (what, bars) in [("speed", speed), ("latency", latency)] {
            if !bars.sections.is_empty() {
                let svg = bars.draw()?;
                charts.push(chart("cache", None, &[what], &bars.title, svg));
            }
        }
    }
    Ok(charts)
}

/// One section for all hits, one for all sets, and so on, if the same ones take part.
fn by_first_word(
    grid: &Grid<'_>,
    colours: &Colours<'_>,
    bar: impl Fn(usize, usize) -> Option<Bar>,
) -> Vec<Section> {
    let mut parts: Vec<(&str, usize, Vec<usize>)> = Vec::new();
    for (place, task) in grid.tasks.iter().enumerate() {
        let first = (0..grid.contenders.len()).find(|who| bar(place, *who).is_some());
        let Some(first) = first else {
            continue;
        };
        let word = task.workload.split([' ', ',']).next().unwrap_or_default();
        match parts
            .iter_mut()
            .find(|part| (part.0, part.1) == (word, first))
        {
            Some((_, _, tasks)) => tasks.push(place),
            None => parts.push((word, first, vec![place])),
        }
    }
    let name = |task: usize| with_threads(grid, task);
    parts
        .iter()
        .filter_map(|(word, _, tasks)| {
            let title = with_capital(word);
            section(grid, colours, &title, tasks, name, &bar)
        })
        .collect()
}

fn with_capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The workload, and on how many threads if on several.
fn with_threads(grid: &Grid<'_>, task: usize) -> String {
    let task = grid.tasks[task];
    if task.threads == 1 {
        task.workload.to_owned()
    } else {
        format!("{}, {}", task.workload, threads(task.threads))
    }
}

/// Here the calls are the rows: there is one bar each.
pub(super) fn overhead(figures: &[Figure], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let ratios = figures
        .iter()
        .filter(|figure| figure.suite == "overhead" && figure.metric == RATIO);
    let mut sections: Vec<Section> = Vec::new();
    let mut goal = None;
    for figure in ratios {
        goal = goal.or(figure.goal);
        let (shape, _) = figure.shape_and_settings();
        let against = figure.against.as_deref().unwrap_or("another");
        let threads = threads(figure.threads);
        let title = format!("{} beside {against}, {threads}, {shape}", figure.engine);
        let title = title.trim_end_matches(", ").to_owned();
        let known = sections.iter().position(|section| section.title == title);
        let place = known.unwrap_or_else(|| {
            let panel = Panel {
                title: String::new(),
                bars: Vec::new(),
            };
            sections.push(Section {
                title,
                rows: Vec::new(),
                panels: vec![panel],
            });
            sections.len() - 1
        });
        let section = &mut sections[place];
        section.rows.push(Row {
            label: figure.workload.clone(),
            colour: colours.get(&figure.engine),
            ours: ours(&figure.engine),
        });
        let missed = if figure.met == Some(false) {
            ", missed"
        } else {
            ""
        };
        section.panels[0].bars.push(Some(Bar {
            value: figure.value,
            tail: None,
            text: format!("{:.3}{missed}", figure.value),
        }));
    }
    if sections.is_empty() {
        return Ok(Vec::new());
    }
    let goal = goal.unwrap_or(OVERHEAD_GOAL);
    let bars = BarChart {
        title: "What the safe calls cost: speed relative to C (more is better)".to_owned(),
        subtitle: format!("times as many calls per second; the line is the goal, {goal}"),
        scale: Scale::FromZero,
        mark: Some(goal),
        tick: number::plain,
        sections,
    };
    let svg = bars.draw()?;
    Ok(vec![chart("overhead", None, &["ratio"], &bars.title, svg)])
}

/// Parts of the reads that were hits: a chart for each size.
pub(super) fn trace(grids: &[Grid<'_>], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for grid in grids {
        let show = |ratio: f64| format!("{:.1} %", 100.0 * ratio);
        let name = |task: usize| grid.tasks[task].workload.to_owned();
        let tasks: Vec<usize> = (0..grid.tasks.len()).collect();
        let bar = plain(grid, HIT_RATIO, show);
        let Some(section) = section(grid, colours, "", &tasks, name, bar) else {
            continue;
        };
        let bars = BarChart {
            title: "Eviction: reads that were hits (more is better)".to_owned(),
            subtitle: grid.shape.to_owned(),
            scale: Scale::FromZero,
            mark: None,
            tick: |ratio| format!("{:.0} %", 100.0 * ratio),
            sections: vec![section],
        };
        let svg = bars.draw()?;
        let parts = ["hits", grid.shape.split(',').next().unwrap_or_default()];
        charts.push(chart("trace", Some(grid.shape), &parts, &bars.title, svg));
    }
    Ok(charts)
}

/// Speeds, whatever they are of.
pub(super) fn any(suite: &str, grids: &[Grid<'_>], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for grid in grids {
        let show = |value| number::short(value, "");
        let name = |task: usize| with_threads(grid, task);
        let tasks: Vec<usize> = (0..grid.tasks.len()).collect();
        let bar = plain(grid, OPS_PER_S, show);
        let Some(section) = section(grid, colours, "", &tasks, name, bar) else {
            continue;
        };
        let subtitle = "every panel has its own axis, from zero";
        let bars = BarChart {
            title: format!("Suite {suite}: operations per second (more is better)"),
            subtitle: match grid.shape {
                "" => subtitle.to_owned(),
                shape => format!("{shape}\n{subtitle}"),
            },
            scale: Scale::PerPanel,
            mark: None,
            tick: show,
            sections: vec![section],
        };
        let svg = bars.draw()?;
        let parts = ["speed", grid.shape];
        charts.push(chart(suite, Some(grid.shape), &parts, &bars.title, svg));
    }
    Ok(charts)
}
