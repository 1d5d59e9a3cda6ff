use super::*;
use crate::report::{Name, RATIO, sample};

const ENGINES: [&str; 6] = [
    "WiredTiger (safe)",
    "WiredTiger (C API)",
    "RocksDB",
    "LMDB (heed)",
    "redb",
    "fjall",
];

/// Every metric that charts are made of.
fn figures(engines: &[&str]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let workloads = ["fillrandom", "readrandom", "readseq", "mixed 95/5"];
    let mut speed = 10_000.0;
    for shape in ["1 M x 100 B, process", "4 M x 100 B, process"] {
        for engine in engines {
            for workload in workloads {
                speed *= 1.07;
                let figure = sample(workload, engine, 1, speed, shape);
                for (metric, value) in [("p999_ns", 1e9 / speed), ("disk_bytes", 1e4 * speed)] {
                    figures.push(Figure {
                        metric: metric.into(),
                        value,
                        ..figure.clone()
                    });
                }
                figures.push(figure);
            }
        }
    }
    figures
}

fn of_suite(suite: &'static str, mut figure: Figure) -> Figure {
    figure.suite = suite.into();
    figure
}

/// All that is written in a chart; that it is XML is checked on the way.
fn texts(chart: &Chart) -> Vec<String> {
    let document = roxmltree::Document::parse(&chart.svg).unwrap();
    assert_eq!(document.root_element().tag_name().name(), "svg");
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    texts
        .map(|node| node.text().unwrap_or_default().trim().to_owned())
        .collect()
}

fn files(charts: &[Chart]) -> Vec<&str> {
    charts.iter().map(|chart| chart.file.as_str()).collect()
}

#[test]
fn engines_have_all_their_charts() {
    let charts = draw(&figures(&ENGINES)).unwrap();
    let mut expected = Vec::new();
    for rows in ["1", "4"] {
        for what in ["speed", "relative", "p999-writes", "disk"] {
            expected.push(format!(
                "engines-{what}-{rows}-m-x-100-b-process-1-thread.svg"
            ));
        }
    }
    expected.push("engines-scaling-100-b-process-1-thread.svg".to_owned());
    assert_eq!(files(&charts), expected);
    for chart in &charts {
        let texts = texts(chart).join("\n");
        for engine in ENGINES {
            assert!(texts.contains(engine), "{} lacks {engine}", chart.file);
        }
        assert!(texts.contains("is better"), "{}", chart.file);
        for workload in ["fillrandom", "readseq"] {
            let wanted = workload == "fillrandom" || !chart.file.contains("p999");
            assert_eq!(texts.contains(workload), wanted, "{}", chart.file);
        }
    }
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    let once = draw(&figures(&ENGINES)).unwrap();
    let again = draw(&figures(&ENGINES)).unwrap();
    for (one, other) in once.iter().zip(&again) {
        assert!(one.svg == other.svg, "{}", one.file);
    }
}

#[test]
fn without_rocksdb_lmdb_is_what_others_are_compared_with() {
    let title = |engines: &[&str]| {
        let charts = draw(&figures(engines)).unwrap();
        let relative = charts.iter().find(|chart| chart.file.contains("relative"));
        relative.map(|chart| texts(chart)[0].clone())
    };
    let text = |name| Some(format!("Speed relative to {name} (more is better)"));
    assert_eq!(title(&ENGINES), text("RocksDB"));
    assert_eq!(title(&["redb", "LMDB (heed)"]), text("LMDB (heed)"));
    assert_eq!(title(&["redb", "fjall"]), None);
}

#[test]
fn every_suite_has_charts() {
    let mut ratio = of_suite(
        "overhead",
        sample("get", "WiredTiger (safe)", 1, 0.95, "small"),
    );
    ratio.metric = RATIO.into();
    ratio.against = Some("WiredTiger (C API)".into());
    ratio.goal = Some(0.97);
    ratio.met = Some(false);
    let hit = of_suite("cache", sample("hit, hot", "tiered-cache", 1, 1e6, "x"));
    let p50 = Figure {
        metric: "p50_ns".into(),
        value: 850.0,
        ..hit.clone()
    };
    let read = of_suite(
        "expensive_reads",
        sample("write", "no scan", 1, 1e5, "rows"),
    );
    let p999 = Figure {
        metric: "p999_ns".into(),
        value: 41_000.0,
        ..read.clone()
    };
    let new = of_suite("new", sample("a <b> & c", "mine & \"yours\"", 3, 5.0, ""));
    let charts = draw(&[ratio, hit, p50, read, p999, new]).unwrap();
    let expected = [
        "overhead-ratio.svg",
        "cache-speed.svg",
        "cache-latency.svg",
        "expensive-reads-latency.svg",
        "new-speed.svg",
    ];
    assert_eq!(files(&charts), expected);
    for (chart, wanted) in charts.iter().zip([
        ["get", "0.950, missed"],
        ["tiered-cache", "1.00M"],
        ["hit, hot", "850 ns"],
        ["99.9th percentile", "41.0 µs"],
        ["a <b> & c, 3 threads", "mine & \"yours\""],
    ]) {
        let texts = texts(chart);
        for text in wanted {
            assert!(texts.iter().any(|one| one == text), "{text} in {texts:?}");
        }
    }
}

#[test]
fn odd_figures_are_drawn() {
    let long = "a name of an engine that goes on and on, and does not end where it should";
    let figures = [
        sample("fillseq", long, 1, 0.0, "1 M x"),
        sample("fillseq", "", 1, 1e15, "1 M x"),
        sample("", "RocksDB", 1, 0.0, "2 M x"),
        sample("", "redb", 1, 5.0, "2 M x"),
        // Not the same data, but the same letters.
        sample("get", "redb", 1, 5.0, "2-M x"),
    ];
    let charts = draw(&figures).unwrap();
    let mut names = files(&charts);
    for chart in &charts {
        texts(chart);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), charts.len());
    assert!(draw(&[]).unwrap().is_empty());
}

#[test]
fn no_text_leaves_the_sheet() {
    let mut figures = figures(&ENGINES);
    for figure in &mut figures {
        figure.engine = Name::from(format!("{}, with settings", figure.engine));
    }
    for chart in draw(&figures).unwrap() {
        let document = roxmltree::Document::parse(&chart.svg).unwrap();
        let height: f64 = document
            .root_element()
            .attribute("height")
            .unwrap()
            .parse()
            .unwrap();
        for node in document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
        {
            let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap();
            let size = number("font-size");
            let length = node.text().unwrap().trim().chars().count();
            let width = f64::from(u32::try_from(length).unwrap()) * size * 0.5;
            let left = match node.attribute("text-anchor").unwrap() {
                "start" => number("x"),
                "end" => number("x") - width,
                _ => number("x") - width / 2.0,
            };
            assert!(left >= 0.0 && left + width <= 800.0, "{:?}", node.text());
            assert!(
                number("y") > 0.0 && number("y") < height,
                "{:?}",
                node.text()
            );
        }
    }
}

#[test]
fn traces_have_a_chart_for_each_size() {
    let mut figures = Vec::new();
    for size in [
        "room for 1 % of 20 keys, 9 reads",
        "room for 5 % of 20 keys, 9 reads",
    ] {
        for (engine, ratio) in [("tiered-cache", 0.42), ("S3-FIFO (foyer)", 0.4)] {
            figures.push(Figure {
                metric: "hit_ratio".into(),
                ..of_suite("trace", sample("Zipf 0.9", engine, 1, ratio, size))
            });
        }
    }
    let charts = draw(&figures).unwrap();
    let expected = [
        "trace-hits-room-for-1-of-20-keys.svg",
        "trace-hits-room-for-5-of-20-keys.svg",
    ];
    assert_eq!(files(&charts), expected);
    for chart in &charts {
        let texts = texts(chart);
        for text in ["Zipf 0.9", "tiered-cache", "42.0 %"] {
            assert!(texts.iter().any(|one| one == text), "{text} in {texts:?}");
        }
    }
}
