//! Figures put in order: a grid of workloads and contenders for each kind of data.

use std::collections::{HashMap, HashSet};

use super::{Figure, Name};

/// What figures are told apart by, beside workload, threads, engine and metric: what makes a grid
/// of its own, and what is only the engine's.
pub(super) type Split = for<'a> fn(&'a Figure) -> (&'a str, &'a str);

/// A column of a grid.
#[derive(PartialEq, Eq)]
pub(super) struct Contender<'a> {
    pub(super) engine: &'a str,
    /// The engine, and its settings where it takes part with several.
    pub(super) label: String,
}

/// A row of a grid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Task<'a> {
    pub(super) workload: &'a str,
    pub(super) threads: usize,
}

/// All figures of one suite and one kind of data, but ratios; in the order they came.
pub(super) struct Grid<'a> {
    pub(super) shape: &'a str,
    pub(super) contenders: Vec<Contender<'a>>,
    pub(super) tasks: Vec<Task<'a>>,
    /// Of each engine, where it has some.
    pub(super) settings: Vec<(&'a str, &'a str)>,
    pub(super) metrics: Vec<&'a str>,
    values: HashMap<(usize, usize, &'a str), f64>,
}

impl Grid<'_> {
    /// By the places of task and contender.
    pub(super) fn value(&self, task: usize, contender: usize, metric: &str) -> Option<f64> {
        self.values.get(&(task, contender, metric)).copied()
    }

    /// Whether anything of the task was measured so.
    pub(super) fn has(&self, task: usize, metric: &str) -> bool {
        (0..self.contenders.len()).any(|contender| self.value(task, contender, metric).is_some())
    }
}

/// The suites, in the order they came.
pub(super) fn suites(figures: &[Figure]) -> Vec<&str> {
    let mut suites: Vec<&str> = Vec::new();
    for figure in figures {
        put_once(&mut suites, figure.suite.as_ref());
    }
    suites
}

/// The grids of a suite.
pub(super) fn grids<'a>(figures: &'a [Figure], suite: &'a str, split: Split) -> Vec<Grid<'a>> {
    let figures: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.suite == suite && figure.against.is_none())
        .collect();
    let several = with_several_settings(&figures, split);
    let mut grids: Vec<Grid<'a>> = Vec::new();
    for figure in figures {
        let (shape, settings) = split(figure);
        let known = grids.iter().position(|grid| grid.shape == shape);
        let at = known.unwrap_or_else(|| {
            grids.push(Grid {
                shape,
                contenders: Vec::new(),
                tasks: Vec::new(),
                settings: Vec::new(),
                metrics: Vec::new(),
                values: HashMap::new(),
            });
            grids.len() - 1
        });
        let grid = &mut grids[at];
        let engine = figure.engine.as_ref();
        let label = if several.contains(&(shape, engine)) && !settings.is_empty() {
            format!("{engine}, {settings}")
        } else {
            engine.to_owned()
        };
        let contender = put_once(&mut grid.contenders, Contender { engine, label });
        let task = put_once(
            &mut grid.tasks,
            Task {
                workload: &figure.workload,
                threads: figure.threads,
            },
        );
        if !settings.is_empty() {
            put_once(&mut grid.settings, (engine, settings));
        }
        put_once(&mut grid.metrics, figure.metric.as_ref());
        grid.values
            .insert((task, contender, figure.metric.as_ref()), figure.value);
    }
    grids
}

/// The engines, by kind of data, that did the same thing with more than one setting: nothing but
/// the setting tells those figures apart.
fn with_several_settings<'a>(figures: &[&'a Figure], split: Split) -> HashSet<(&'a str, &'a str)> {
    let mut seen: HashMap<(&str, &str, usize, &Name, &str), &str> = HashMap::new();
    let mut several = HashSet::new();
    for figure in figures {
        let (shape, settings) = split(figure);
        let reading = (
            figure.metric.as_ref(),
            figure.workload.as_str(),
            figure.threads,
            &figure.engine,
            shape,
        );
        let first = *seen.entry(reading).or_insert(settings);
        if first != settings {
            several.insert((shape, figure.engine.as_ref()));
        }
    }
    several
}

/// The place of `item`, which is added if it is not there.
fn put_once<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    let known = items.iter().position(|other| *other == item);
    known.unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn kinds_of_data_are_apart() {
        let figures = [
            sample("get", "a", 1, 5.0, "1 M x 100 B; tuned"),
            sample("get", "b", 1, 6.0, "1 M x 100 B"),
            sample("get", "a", 1, 7.0, "4 M x 100 B; tuned"),
        ];
        let grids = grids(&figures, "engines", Figure::shape_and_settings);
        assert_eq!(grids.len(), 2);
        assert_eq!(grids[0].value(0, 1, "ops_per_s"), Some(6.0));
        assert_eq!(grids[0].settings, [("a", "tuned")]);
        assert_eq!(grids[1].value(0, 0, "ops_per_s"), Some(7.0));
        assert_eq!(grids[1].contenders[0].label, "a");
    }

    #[test]
    fn settings_of_one_engine_are_apart_where_nothing_else_is() {
        let figures = [
            sample("get", "a", 1, 5.0, "1 M; lz4"),
            sample("get", "a", 1, 6.0, "1 M; zstd"),
            sample("get", "b", 1, 7.0, "1 M"),
        ];
        let grids = grids(&figures, "engines", Figure::shape_and_settings);
        let labels: Vec<_> = grids[0].contenders.iter().map(|one| &one.label).collect();
        assert_eq!(labels, ["a, lz4", "a, zstd", "b"]);
    }
}
