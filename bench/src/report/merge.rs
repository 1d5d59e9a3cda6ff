//! Reports of several runs as one.

use std::collections::HashMap;

use anyhow::{Context, Result};

use super::Report;

impl Report {
    /// All figures of all `reports`: where two say the same thing, the later one is right.
    pub(crate) fn merged(reports: Vec<Self>) -> Result<Self> {
        let mut meta = reports.last().context("no report to merge")?.meta.clone();
        let mut commands: Vec<String> = Vec::new();
        let mut figures = Vec::new();
        let mut places = HashMap::new();
        for report in reports {
            if !commands.contains(&report.meta.command) {
                commands.push(report.meta.command);
            }
            // The last one need not know all engines of the others.
            for (name, version) in report.meta.versions {
                meta.versions.entry(name).or_insert(version);
            }
            for figure in report.figures {
                let reading = (
                    figure.suite.clone(),
                    figure.workload.clone(),
                    figure.engine.clone(),
                    figure.threads,
                    figure.metric.clone(),
                    figure.config.clone(),
                    figure.against.clone(),
                );
                let place = *places.entry(reading).or_insert(figures.len());
                if place == figures.len() {
                    figures.push(figure);
                } else {
                    figures[place] = figure;
                }
            }
        }
        meta.command = commands.join("; ");
        Ok(Self { meta, figures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{report_of, sample};

    #[test]
    fn the_later_one_is_right() {
        let mut first = report_of(vec![
            sample("get", "a", 1, 1.0, "x"),
            sample("get", "b", 1, 2.0, "x"),
        ]);
        first.meta.command = "bench one".to_owned();
        first.meta.versions = [("rocksdb".to_owned(), "11".to_owned())].into();
        let mut second = report_of(vec![
            sample("get", "b", 1, 3.0, "x"),
            sample("get", "b", 2, 4.0, "x"),
            sample("get", "b", 1, 5.0, "y"),
        ]);
        second.meta.command = "bench two".to_owned();
        second.meta.date = "later".to_owned();
        let merged = Report::merged(vec![first, second]).unwrap();
        let values: Vec<f64> = merged.figures.iter().map(|figure| figure.value).collect();
        assert_eq!(values, [1.0, 3.0, 4.0, 5.0]);
        assert_eq!(merged.meta.command, "bench one; bench two");
        assert_eq!(merged.meta.date, "later");
        assert_eq!(merged.meta.versions["rocksdb"], "11");
    }

    #[test]
    fn nothing_is_no_report() {
        assert!(Report::merged(Vec::new()).is_err());
    }
}
