//! `report.md`.

use std::fmt::Write as _;

use super::charts::Chart;
use super::markdown::{section, table};
use super::meta::Meta;
use super::quantity::{QUANTITIES, Quantity};
use super::view::{Grid, grids, suites};
use super::{Figure, RATIO, Report, number};

/// The whole page.
pub(super) fn page(report: &Report, charts: &[Chart]) -> String {
    let mut page = "# Benchmark report\n\n".to_owned();
    headline(&mut page, &report.meta);
    goals(&mut page, &report.figures);
    for suite in suites(&report.figures) {
        section(&mut page, &format!("## {suite}"));
        let of = |shape: Option<&str>| {
            let shape = shape.map(str::to_owned);
            let all = charts.iter().filter(move |chart| chart.suite == suite);
            all.filter(move |chart| chart.shape == shape)
        };
        pictures(&mut page, of(None));
        for grid in grids(&report.figures, suite, Figure::shape_and_settings) {
            write_grid(&mut page, &grid, of(Some(grid.shape)));
        }
    }
    ratios(&mut page, &report.figures);
    page
}

fn headline(page: &mut String, meta: &Meta) {
    let versions: Vec<String> = meta
        .versions
        .iter()
        .map(
            |(name, version)| match version.strip_prefix(name.as_str()) {
                // Some say their name themselves.
                Some(rest) => format!("{name}{rest}"),
                None => format!("{name} {version}"),
            },
        )
        .collect();
    section(
        page,
        &format!(
            "`{}` on {}, {} cores of {}",
            meta.command, meta.date, meta.cores, meta.cpu
        ),
    );
    section(page, &versions.join(" · "));
    if meta.command.contains("--quick") {
        section(
            page,
            "A quick run: it shows that all works. Its figures are not to be quoted.",
        );
    }
}

/// How many promises are kept, and which are not.
fn goals(page: &mut String, figures: &[Figure]) {
    let promised = figures.iter().filter(|figure| figure.met.is_some()).count();
    if promised == 0 {
        return;
    }
    let missed: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.met == Some(false))
        .collect();
    let met = promised - missed.len();
    let mut text = format!("**{met} of {promised} goals met**");
    if !missed.is_empty() {
        text.push_str("; missed:\n");
    }
    for figure in missed {
        let _ = write!(
            text,
            "\n- {}: {}, {}, {} {} ({})",
            figure.suite,
            figure.workload,
            figure.engine,
            what(figure),
            value(figure),
            goal(figure)
        );
    }
    section(page, &text);
}

/// What was promised, and what else was compared.
fn ratios(page: &mut String, figures: &[Figure]) {
    let compared: Vec<&Figure> = figures
        .iter()
        .filter(|figure| figure.against.is_some() || figure.goal.is_some())
        .collect();
    if compared.is_empty() {
        return;
    }
    section(page, "## Ratios and goals");
    section(
        page,
        "A ratio says how many times as fast an engine is as the other.",
    );
    let headings = [
        "suite", "workload", "threads", "engine", "figure", "value", "goal", "", "data",
    ];
    let rows = compared.iter().map(|figure| {
        vec![
            figure.suite.to_string(),
            figure.workload.clone(),
            figure.threads.to_string(),
            figure.engine.to_string(),
            what(figure),
            value(figure),
            goal(figure),
            verdict(figure).to_owned(),
            figure.shape_and_settings().0.to_owned(),
        ]
    });
    table(page, &headings, &[2, 5, 6], rows.collect());
}

fn pictures<'a>(page: &mut String, charts: impl Iterator<Item = &'a Chart>) {
    for chart in charts {
        section(page, &format!("![{}]({})", chart.title, chart.file));
    }
}

fn write_grid<'a>(page: &mut String, grid: &Grid<'_>, charts: impl Iterator<Item = &'a Chart>) {
    if !grid.shape.is_empty() {
        section(page, &format!("### {}", grid.shape));
    }
    if !grid.settings.is_empty() {
        for (engine, settings) in &grid.settings {
            let _ = writeln!(page, "- {engine}: {settings}");
        }
        page.push('\n');
    }
    pictures(page, charts);
    for quantity in &QUANTITIES {
        write_quantity(page, grid, quantity);
    }
    write_others(page, grid);
}

fn write_quantity(page: &mut String, grid: &Grid<'_>, quantity: &Quantity) {
    let tasks = tasks_with(grid, quantity.metric);
    if tasks.is_empty() {
        return;
    }
    // No column for who was not measured.
    let columns: Vec<usize> = (0..grid.contenders.len())
        .filter(|column| {
            tasks
                .iter()
                .any(|task| grid.value(*task, *column, quantity.metric).is_some())
        })
        .collect();
    section(
        page,
        &format!("**{}** ({})", quantity.heading, quantity.better.words()),
    );
    let mut headings = vec!["workload", "threads"];
    headings.extend(
        columns
            .iter()
            .map(|column| grid.contenders[*column].label.as_str()),
    );
    let rows = tasks.iter().map(|task| {
        let value = |column: &usize| grid.value(*task, *column, quantity.metric);
        let best = quantity.better.best(columns.iter().filter_map(value));
        let mut row = vec![
            grid.tasks[*task].workload.to_owned(),
            grid.tasks[*task].threads.to_string(),
        ];
        row.extend(columns.iter().map(|column| match value(column) {
            Some(value) if Some(value) == best => format!("**{}**", (quantity.show)(value)),
            Some(value) => (quantity.show)(value),
            None => String::new(),
        }));
        row
    });
    let numbers: Vec<usize> = (1..headings.len()).collect();
    table(page, &headings, &numbers, rows.collect());
}

/// Metrics that are seldom, in one table.
fn write_others(page: &mut String, grid: &Grid<'_>) {
    let mut rows = Vec::new();
    for metric in &grid.metrics {
        if QUANTITIES.iter().any(|one| one.metric == *metric) {
            continue;
        }
        for task in tasks_with(grid, metric) {
            let mut row = vec![
                grid.tasks[task].workload.to_owned(),
                grid.tasks[task].threads.to_string(),
                (*metric).to_owned(),
            ];
            row.extend((0..grid.contenders.len()).map(|column| {
                let value = grid.value(task, column, metric);
                value.map_or_else(String::new, |value| number::short(value, " "))
            }));
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return;
    }
    section(page, "**Other figures**");
    let mut headings = vec!["workload", "threads", "figure"];
    headings.extend(grid.contenders.iter().map(|one| one.label.as_str()));
    let mut numbers: Vec<usize> = (3..headings.len()).collect();
    numbers.push(1);
    table(page, &headings, &numbers, rows);
}

fn tasks_with(grid: &Grid<'_>, metric: &str) -> Vec<usize> {
    (0..grid.tasks.len())
        .filter(|task| grid.has(*task, metric))
        .collect()
}

/// A figure as it is told while the benches run.
pub(super) fn line(figure: &Figure) -> String {
    let mut line = format!(
        "{} | {} | {} | {} | {} | {}",
        figure.suite,
        figure.workload,
        figure.threads,
        figure.engine,
        what(figure),
        value(figure)
    );
    if figure.goal.is_some() {
        let _ = write!(line, " | {} {}", goal(figure), verdict(figure));
    }
    line
}

fn what(figure: &Figure) -> String {
    match &figure.against {
        Some(against) => format!("{} to {against}", figure.metric),
        None => figure.metric.to_string(),
    }
}

fn value(figure: &Figure) -> String {
    // Goals are near: 0.966 has missed 0.97.
    if figure.metric == RATIO || figure.value.abs() < 10.0 {
        format!("{:.3}", figure.value)
    } else {
        number::short(figure.value, " ")
    }
}

fn goal(figure: &Figure) -> String {
    let sign = if figure.metric == RATIO { '≥' } else { '≤' };
    figure
        .goal
        .map_or_else(String::new, |goal| format!("{sign} {goal:.2}"))
}

fn verdict(figure: &Figure) -> &'static str {
    match figure.met {
        Some(true) => "met",
        Some(false) => "**missed**",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{report_of, sample};

    #[test]
    fn columns_are_engines_and_the_best_is_bold() {
        let page = page(
            &report_of(vec![
                sample("get", "a", 1, 412_345.0, "1 M x 100 B; tuned"),
                sample("get", "b|c", 1, 1_500_000.0, "1 M x 100 B"),
                sample("put", "a", 2, 10.0, "1 M x 100 B; tuned"),
            ]),
            &[],
        );
        let table = "\
**Speed, operations per second** (more is better)

| workload | threads |     a |       b\\|c |
| -------- | ------: | ----: | ---------: |
| get      |       1 | 412 k | **1.50 M** |
| put      |       2 |  10.0 |            |
";
        assert!(page.contains(table), "{page}");
        assert!(page.contains("### 1 M x 100 B\n\n- a: tuned\n"), "{page}");
    }

    #[test]
    fn units_are_in_headings() {
        let mut figure = sample("get", "a", 1, 1_234.0, "");
        figure.metric = "p99_ns".into();
        let page = page(&report_of(vec![figure]), &[]);
        assert!(
            page.contains("**Latency in µs, 99 of 100 are below**"),
            "{page}"
        );
        assert!(page.contains("| 1.23 |"), "{page}");
    }

    #[test]
    fn goals_are_met_or_missed() {
        let mut ratio = sample("get", "a", 1, 0.966, "");
        ratio.metric = RATIO.into();
        ratio.against = Some("b".into());
        ratio.goal = Some(0.97);
        ratio.met = Some(false);
        let mut count = sample("get", "a", 1, 1.0, "");
        count.metric = "allocations".into();
        count.goal = Some(1.0);
        count.met = Some(true);
        let page = page(&report_of(vec![ratio, count]), &[]);
        let summary = "**1 of 2 goals met**; missed:\n\n\
                       - engines: get, a, ratio to b 0.966 (≥ 0.97)\n\n";
        assert!(page.contains(summary), "{page}");
        assert!(page.contains("| 0.966 | ≥ 0.97 | **missed** |"), "{page}");
        assert!(page.contains("| 1.000 | ≤ 1.00 | met"), "{page}");
        assert!(page.contains("| allocations | 1.00 |"), "{page}");
    }
}
