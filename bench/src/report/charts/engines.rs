//! Charts of the suite `engines`.

use anyhow::Result;

use super::bars::{Bar, BarChart, Section};
use super::colours::{Colours, ours};
use super::lines::{Engine, LineChart, Panel};
use super::scale::Scale;
use super::{Chart, OPS_PER_S, chart, plain, section, thread_counts, threads};
use crate::report::number;
use crate::report::view::Grid;

const SUITE: &str = "engines";

/// Whom the others are compared with: the first that took part.
const BASES: [&str; 2] = ["RocksDB", "LMDB"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Writes,
    PointReads,
    Scans,
    Mixed,
    Other,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Writes, "Writes"),
    (Kind::PointReads, "Reads of single keys"),
    (Kind::Scans, "Seeks and scans"),
    (Kind::Mixed, "Reads and writes"),
    (Kind::Other, "Other"),
];

/// By its name, which is one that other engines' benches have made common.
fn kind(workload: &str) -> Kind {
    let begins = |with: &[&str]| with.iter().any(|with| workload.starts_with(with));
    if begins(&["mixed", "readwhile"]) {
        Kind::Mixed
    } else if begins(&["fill", "overwrite", "delete", "update", "write"]) {
        Kind::Writes
    } else if begins(&["seek", "readseq", "readreverse", "scan"]) {
        Kind::Scans
    } else if begins(&["read"]) {
        Kind::PointReads
    } else {
        Kind::Other
    }
}

pub(super) fn draw(grids: &[Grid<'_>], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for grid in grids {
        let counts = thread_counts(std::slice::from_ref(grid));
        for count in &counts {
            let painter = Painter {
                grid,
                colours,
                threads: *count,
            };
            charts.extend(painter.speed()?);
            charts.extend(painter.relative()?);
            charts.extend(painter.tails()?);
        }
        // The same rows lie on the disk, whoever wrote them.
        if let Some(count) = counts.first() {
            let painter = Painter {
                grid,
                colours,
                threads: *count,
            };
            charts.extend(painter.disk()?);
        }
    }
    charts.extend(scaling(grids, colours)?);
    Ok(charts)
}

/// What the charts of one kind of data and one number of threads have in common.
struct Painter<'a> {
    grid: &'a Grid<'a>,
    colours: &'a Colours<'a>,
    threads: usize,
}

impl Painter<'_> {
    fn speed(&self) -> Result<Option<Chart>> {
        let show = |value| number::short(value, "");
        let chart = BarChart {
            title: "Speed: operations per second (more is better)".to_owned(),
            subtitle: self.subtitle("every panel has its own axis, from zero"),
            scale: Scale::PerPanel,
            mark: None,
            tick: show,
            sections: self.sections(&KINDS, plain(self.grid, OPS_PER_S, show)),
        };
        self.chart("speed", &chart)
    }

    fn relative(&self) -> Result<Option<Chart>> {
        let contenders = &self.grid.contenders;
        let base = BASES.iter().find_map(|base| {
            contenders
                .iter()
                .position(|contender| contender.engine.starts_with(base))
        });
        let Some(base) = base else {
            return Ok(None);
        };
        let bar = |task, who| {
            let speed = |who| self.grid.value(task, who, OPS_PER_S);
            // It is the line itself.
            let value = (who != base).then(|| Some(speed(who)? / speed(base)?))??;
            value.is_finite().then(|| Bar {
                value,
                tail: None,
                text: number::times(value),
            })
        };
        let name = &contenders[base].label;
        let chart = BarChart {
            title: format!("Speed relative to {name} (more is better)"),
            subtitle: self.subtitle("times as many operations per second; the line is 1, as fast"),
            scale: Scale::AroundOne,
            mark: Some(1.0),
            tick: number::plain,
            sections: self.sections(&KINDS, bar),
        };
        self.chart("relative", &chart)
    }

    fn tails(&self) -> Result<Option<Chart>> {
        let bar = plain(self.grid, "p999_ns", number::duration);
        let chart = BarChart {
            title: "Latency of writes, 99.9th percentile (less is better)".to_owned(),
            subtitle: self.subtitle("999 of 1000 writes take no longer; logarithmic axis"),
            scale: Scale::Log,
            mark: None,
            tick: number::round_duration,
            sections: self.sections(&KINDS[..1], bar),
        };
        self.chart("p999 writes", &chart)
    }

    fn disk(&self) -> Result<Option<Chart>> {
        let bar = plain(self.grid, "disk_bytes", number::bytes);
        let chart = BarChart {
            title: "Bytes on the disk after each workload (less is better)".to_owned(),
            subtitle: self.subtitle("all panels have the same axis, from zero"),
            scale: Scale::FromZero,
            mark: None,
            tick: number::round_bytes,
            sections: self.sections(&KINDS, bar),
        };
        self.chart("disk", &chart)
    }

    fn subtitle(&self, how: &str) -> String {
        let threads = threads(self.threads);
        format!("{} · {threads}\n{how}", self.grid.shape)
    }

    /// The workloads by what they do.
    fn sections(
        &self,
        kinds: &[(Kind, &str)],
        bar: impl Fn(usize, usize) -> Option<Bar>,
    ) -> Vec<Section> {
        let of_kind = |wanted: Kind| -> Vec<usize> {
            let tasks = self.grid.tasks.iter().enumerate();
            tasks
                .filter(|(_, task)| task.threads == self.threads && kind(task.workload) == wanted)
                .map(|(place, _)| place)
                .collect()
        };
        let name = |task: usize| self.grid.tasks[task].workload.to_owned();
        kinds
            .iter()
            .filter_map(|(kind, title)| {
                let tasks = of_kind(*kind);
                section(self.grid, self.colours, title, &tasks, name, &bar)
            })
            .collect()
    }

    fn chart(&self, what: &str, bars: &BarChart) -> Result<Option<Chart>> {
        if bars.sections.is_empty() {
            return Ok(None);
        }
        let shape = self.grid.shape;
        let parts = [what, shape, &threads(self.threads)];
        let title = format!("{}, {}", bars.title, threads(self.threads));
        let svg = bars.draw()?;
        Ok(Some(chart(SUITE, Some(shape), &parts, &title, svg)))
    }
}

/// Kinds of data that differ in nothing but the number of rows, by number of threads.
fn scaling(grids: &[Grid<'_>], colours: &Colours<'_>) -> Result<Vec<Chart>> {
    let mut families: Vec<(&str, Vec<(f64, &Grid<'_>)>)> = Vec::new();
    for grid in grids {
        let Some((rows, rest)) = rows(grid.shape) else {
            continue;
        };
        match families.iter_mut().find(|(other, _)| *other == rest) {
            Some((_, family)) => family.push((rows, grid)),
            None => families.push((rest, vec![(rows, grid)])),
        }
    }
    let mut charts = Vec::new();
    for (rest, mut family) in families {
        family.sort_by(|one, other| one.0.total_cmp(&other.0));
        for count in thread_counts(grids) {
            let lines = family_chart(rest, &family, count, colours);
            if lines.panels.is_empty() {
                continue;
            }
            let parts = ["scaling", rest, &threads(count)];
            let title = format!("{}, {}", lines.title, threads(count));
            charts.push(chart(SUITE, None, &parts, &title, lines.draw()?));
        }
    }
    Ok(charts)
}

fn family_chart(
    rest: &str,
    family: &[(f64, &Grid<'_>)],
    count: usize,
    colours: &Colours<'_>,
) -> LineChart {
    let mut rows: Vec<f64> = family.iter().map(|(rows, _)| *rows).collect();
    rows.dedup();
    let mut engines: Vec<Engine> = Vec::new();
    let mut workloads: Vec<&str> = Vec::new();
    for (_, grid) in family {
        for contender in &grid.contenders {
            if engines.iter().all(|one| one.label != contender.label) {
                engines.push(Engine {
                    label: contender.label.clone(),
                    colour: colours.get(contender.engine),
                    ours: ours(contender.engine),
                });
            }
        }
        for task in &grid.tasks {
            if task.threads == count && !workloads.contains(&task.workload) {
                workloads.push(task.workload);
            }
        }
    }
    let points = |workload: &str, label: &str| -> Vec<(f64, f64)> {
        let point = |(rows, grid): &(f64, &Grid<'_>)| {
            let task = grid
                .tasks
                .iter()
                .position(|task| task.threads == count && task.workload == workload)?;
            let who = grid.contenders.iter().position(|one| one.label == label)?;
            Some((*rows, grid.value(task, who, OPS_PER_S)?))
        };
        family.iter().filter_map(point).collect()
    };
    let panel = |workload: &&str| Panel {
        title: (*workload).to_owned(),
        lines: engines
            .iter()
            .map(|engine| points(workload, &engine.label))
            .collect(),
    };
    // One point is no line.
    let is_line = |panel: &Panel| panel.lines.iter().any(|points| points.len() > 1);
    let panels = workloads.iter().map(panel).filter(is_line).collect();
    LineChart {
        title: "Speed by the number of rows (more is better)".to_owned(),
        subtitle: format!(
            "{rest} · {}\noperations per second from bottom to top, rows from left to right",
            threads(count)
        ),
        rows,
        engines,
        panels,
    }
}

/// The number of rows that a kind of data begins with, as `4 M` or `100 k`, and the rest.
fn rows(shape: &str) -> Option<(f64, &str)> {
    let shape = shape.trim_start();
    let end = shape.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (number, rest) = shape.split_at(end);
    let number: f64 = number.parse().ok().filter(|number| *number > 0.0)?;
    let rest = rest.trim_start();
    let unit = match rest.split_whitespace().next()? {
        "M" => 1e6,
        "k" => 1e3,
        _ => return None,
    };
    let rest = rest[1..].trim_start();
    Some((number * unit, rest.strip_prefix("x ").unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_the_shape() {
        assert_eq!(rows("16 M x 100 B, lz4"), Some((16e6, "100 B, lz4")));
        assert_eq!(rows("0.1 M x 1 B"), Some((1e5, "1 B")));
        assert_eq!(rows("100 k x 1 B"), Some((1e5, "1 B")));
        assert_eq!(rows("0 M x 1 B"), None);
        assert_eq!(rows("100 bytes"), None);
        assert_eq!(rows("in memory"), None);
        assert_eq!(rows(""), None);
    }

    #[test]
    fn workloads_have_kinds() {
        for (workload, wanted) in [
            ("fillseq", Kind::Writes),
            ("overwrite", Kind::Writes),
            ("deleterandom", Kind::Writes),
            ("readrandom", Kind::PointReads),
            ("readmissing", Kind::PointReads),
            ("readseq", Kind::Scans),
            ("seekrandom", Kind::Scans),
            ("mixed 95/5", Kind::Mixed),
            ("readwhilewriting", Kind::Mixed),
            ("open", Kind::Other),
        ] {
            assert!(kind(workload) == wanted, "{workload}");
        }
    }
}
