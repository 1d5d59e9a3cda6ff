//! One colour for each engine, in every chart.

use plotters::style::RGBColor;

/// By the beginning of the name; the first that fits counts. Colours that stay apart for the
/// colour-blind: those of Okabe and Ito where several engines meet, those of Paul Tol else.
const KNOWN: [(&str, RGBColor); 13] = [
    ("tiered-cache", RGBColor(0x33, 0x22, 0x88)),
    ("wiredtiger (c api)", RGBColor(0x56, 0xb4, 0xe9)),
    ("wiredtiger", RGBColor(0x00, 0x72, 0xb2)),
    ("rocksdb", RGBColor(0xd5, 0x5e, 0x00)),
    ("lmdb", RGBColor(0x00, 0x9e, 0x73)),
    ("redb", RGBColor(0xcc, 0x79, 0xa7)),
    ("fjall", RGBColor(0xe6, 0x9f, 0x00)),
    ("redis, pipeline", RGBColor(0xaa, 0x44, 0x99)),
    ("redis", RGBColor(0x88, 0x22, 0x55)),
    ("foyer", RGBColor(0x99, 0x99, 0x33)),
    ("moka", RGBColor(0x44, 0xaa, 0x99)),
    ("s3-fifo", RGBColor(0xcc, 0x66, 0x77)),
    ("w-tinylfu", RGBColor(0x88, 0xcc, 0xee)),
];

/// For engines that nobody has thought of.
const SPARE: [RGBColor; 4] = [
    RGBColor(0x66, 0x11, 0x00),
    RGBColor(0xdd, 0xcc, 0x77),
    RGBColor(0x11, 0x77, 0x33),
    RGBColor(0xbb, 0xbb, 0xbb),
];

/// The colours of all engines of a report.
pub(super) struct Colours<'a> {
    unknown: Vec<&'a str>,
}

impl<'a> Colours<'a> {
    pub(super) fn of(engines: impl Iterator<Item = &'a str>) -> Self {
        let mut unknown = Vec::new();
        for engine in engines {
            if known(engine).is_none() && !unknown.contains(&engine) {
                unknown.push(engine);
            }
        }
        Self { unknown }
    }

    pub(super) fn get(&self, engine: &str) -> RGBColor {
        known(engine).unwrap_or_else(|| {
            let place = self.unknown.iter().position(|other| *other == engine);
            SPARE[place.unwrap_or(0) % SPARE.len()]
        })
    }
}

fn known(engine: &str) -> Option<RGBColor> {
    let engine = engine.to_lowercase();
    let known = KNOWN.iter().find(|(name, _)| engine.starts_with(name))?;
    Some(known.1)
}

/// Whether an engine is one of this repository, which charts point out.
pub(super) fn ours(engine: &str) -> bool {
    let engine = engine.to_lowercase();
    engine.starts_with("wiredtiger") || engine.starts_with("tiered-cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_engines_look_alike() {
        let mut colours: Vec<_> = KNOWN
            .iter()
            .map(|(_, RGBColor(r, g, b))| (r, g, b))
            .collect();
        colours.extend(SPARE.iter().map(|RGBColor(r, g, b)| (r, g, b)));
        let count = colours.len();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), count);
    }

    #[test]
    fn unknown_engines_have_colours_of_their_own() {
        let colours = Colours::of(["new", "redb", "other", "new"].into_iter());
        assert_ne!(colours.get("new"), colours.get("other"));
        assert_eq!(colours.get("LMDB (heed)"), KNOWN[4].1);
        assert_eq!(colours.get("WiredTiger (C API)"), KNOWN[1].1);
        assert_eq!(colours.get("WiredTiger (safe)"), KNOWN[2].1);
        assert!(ours("WiredTiger (safe)") && !ours("redb"));
    }
}
