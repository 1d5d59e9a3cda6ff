//! What is read, in which order.

use anyhow::Result;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, Zipf};

use super::Size;

pub(super) struct Trace {
    pub(super) name: &'static str,
    pub(super) keys: fn(Size) -> Result<Vec<u64>>,
}

pub(super) const TRACES: [Trace; 6] = [
    Trace {
        name: "Zipf 0.7",
        keys: |size| zipf(size, 0.7),
    },
    Trace {
        name: "Zipf 0.9",
        keys: |size| zipf(size, 0.9),
    },
    Trace {
        name: "Zipf 1.1",
        keys: |size| zipf(size, 1.1),
    },
    Trace {
        name: "Zipf 0.9, scans between",
        keys: scans,
    },
    Trace {
        name: "shifting working set",
        keys: shifting,
    },
    Trace {
        name: "looping scan",
        keys: looping,
    },
];

/// Some keys much more often than others.
fn zipf(size: Size, exponent: f64) -> Result<Vec<u64>> {
    Ok(ranks(size, exponent, 1)?.take(size.accesses).collect())
}

/// The same, and every tenth part of the time a scan over keys that come only once.
fn scans(size: Size) -> Result<Vec<u64>> {
    let scan = size.keys / 20;
    let mut popular = ranks(size, 0.9, 2)?;
    let mut once = (size.keys as u64)..;
    let mut keys = Vec::with_capacity(size.accesses + scan);
    while keys.len() < size.accesses {
        keys.extend(popular.by_ref().take(3 * scan));
        keys.extend(once.by_ref().take(scan));
    }
    keys.truncate(size.accesses);
    Ok(keys)
}

/// What is popular moves on: after every tenth of the reads the most popular tenth of the keys is
/// another one.
fn shifting(size: Size) -> Result<Vec<u64>> {
    let keys = size.keys as u64;
    let part = size.accesses / 10;
    let popular = ranks(size, 0.9, 3)?.take(size.accesses);
    let shift = |(place, rank): (usize, u64)| {
        let moved = (place / part.max(1)) as u64 * (keys / 10);
        (rank + moved) % keys
    };
    Ok(popular.enumerate().map(shift).collect())
}

/// All keys in turn, again and again.
fn looping(size: Size) -> Result<Vec<u64>> {
    let keys = 0..size.keys as u64;
    Ok(keys.cycle().take(size.accesses).collect())
}

/// Ranks from 0 on, always the same ones.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "ranks are whole numbers from 1 to the number of keys, which is small"
)]
fn ranks(size: Size, exponent: f64, seed: u64) -> Result<impl Iterator<Item = u64>> {
    let zipf = Zipf::new(size.keys as f64, exponent)?;
    let random = StdRng::seed_from_u64(seed);
    Ok(zipf.sample_iter(random).map(|rank| rank as u64 - 1))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SIZE: Size = Size {
        keys: 2000,
        accesses: 30_000,
    };

    #[test]
    fn every_trace_has_its_length_and_is_always_the_same() {
        for trace in TRACES {
            let keys = (trace.keys)(SIZE).unwrap();
            assert_eq!(keys.len(), SIZE.accesses, "{}", trace.name);
            assert_eq!(keys, (trace.keys)(SIZE).unwrap(), "{}", trace.name);
        }
    }

    #[test]
    fn scans_bring_what_comes_once() {
        let keys = scans(SIZE).unwrap();
        let once: Vec<&u64> = keys.iter().filter(|key| **key >= 2000).collect();
        assert!((6000..9000).contains(&once.len()), "{}", once.len());
        assert_eq!(once.iter().collect::<HashSet<_>>().len(), once.len());
    }

    #[test]
    fn what_is_popular_moves_on() {
        let keys = shifting(SIZE).unwrap();
        let popular = |part: &[u64], from: u64| {
            part.iter()
                .filter(|key| (from..from + 200).contains(*key))
                .count()
        };
        assert!(popular(&keys[..3000], 0) > 1500);
        assert!(popular(&keys[6000..9000], 0) < 500);
        assert!(popular(&keys[6000..9000], 400) > 1500);
    }
}
