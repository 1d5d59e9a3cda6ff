//! Metrics that are known, and how they are shown.

use super::{OPS_PER_S, number};

/// A metric that has a table of its own.
pub(super) struct Quantity {
    pub(super) metric: &'static str,
    pub(super) heading: &'static str,
    pub(super) show: fn(f64) -> String,
    pub(super) better: Better,
}

#[derive(Clone, Copy)]
pub(super) enum Better {
    More,
    Less,
}

/// In the order of their tables. Cells of a table are in one unit, which the heading names.
pub(super) const QUANTITIES: [Quantity; 10] = [
    Quantity {
        metric: OPS_PER_S,
        heading: "Speed, operations per second",
        show: |value| number::short(value, " "),
        better: Better::More,
    },
    latency("mean_ns", "Latency in µs, the mean"),
    latency("p50_ns", "Latency in µs, the median"),
    latency("p99_ns", "Latency in µs, 99 of 100 are below"),
    latency("p999_ns", "Latency in µs, 999 of 1000 are below"),
    latency("max_ns", "Latency in µs, the longest"),
    megabytes("disk_bytes", "On the disk, in MB"),
    megabytes("rss_bytes", "Resident memory, in MB"),
    Quantity {
        metric: "cpu_s",
        heading: "Processor time, in s",
        show: number::digits,
        better: Better::Less,
    },
    Quantity {
        metric: "hit_ratio",
        heading: "Hits, of 1",
        show: |value| format!("{value:.3}"),
        better: Better::More,
    },
];

const fn latency(metric: &'static str, heading: &'static str) -> Quantity {
    Quantity {
        metric,
        heading,
        show: |nanos| number::digits(nanos / 1e3),
        better: Better::Less,
    }
}

const fn megabytes(metric: &'static str, heading: &'static str) -> Quantity {
    Quantity {
        metric,
        heading,
        show: |bytes| number::digits(bytes / 1e6),
        better: Better::Less,
    }
}

impl Better {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::More => "more is better",
            Self::Less => "less is better",
        }
    }

    /// The best of several, if there are several.
    pub(super) fn best(self, values: impl Iterator<Item = f64>) -> Option<f64> {
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        match (values.len(), self) {
            (0 | 1, _) => None,
            (_, Self::More) => values.last().copied(),
            (_, Self::Less) => values.first().copied(),
        }
    }
}
