//! Keys and values in the form of the LevelDB benchmarks.

use anyhow::Result;

use crate::rows::Skew;

/// Digits of a key.
pub(crate) const KEY_LEN: usize = 16;

/// Material for values; one value is a piece of it.
const POOL: usize = 1 << 20;

/// A key that is written anew for each row.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    /// One place more, for keys that lie between those that are there.
    bytes: [u8; KEY_LEN + 1],
}

impl Key {
    pub(crate) fn new() -> Self {
        let mut bytes = [b'0'; KEY_LEN + 1];
        bytes[KEY_LEN] = b'.';
        Self { bytes }
    }

    /// The key of a row.
    pub(crate) fn of(&mut self, row: u32) -> &[u8] {
        self.write(row);
        &self.bytes[..KEY_LEN]
    }

    /// A key that no row has, right after the row's.
    pub(crate) fn missing(&mut self, row: u32) -> &[u8] {
        self.write(row);
        &self.bytes
    }

    fn write(&mut self, row: u32) {
        let mut rest = row;
        for digit in self.bytes[..KEY_LEN].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
}

/// Values whose second half repeats, so that they compress to half their size.
pub(crate) struct Values {
    pool: Vec<u8>,
    len: usize,
}

impl Values {
    pub(crate) fn new(len: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(301);
        let mut pool = Vec::with_capacity(POOL + len);
        while pool.len() < POOL {
            let piece: Vec<u8> = (0..len.div_ceil(2))
                .map(|_| random.u8(b' '..=b'~'))
                .collect();
            pool.extend_from_slice(&piece);
            pool.extend_from_slice(&piece);
        }
        Self { pool, len }
    }

    /// The value of the `number`th write.
    pub(crate) fn of(&self, number: usize) -> &[u8] {
        let pieces = self.pool.len() / self.len;
        let start = number % pieces * self.len;
        &self.pool[start..start + self.len]
    }
}

/// Every row once, in random order.
pub(crate) fn permutation(rows: usize, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..row_count(rows)).collect();
    fastrand::Rng::with_seed(seed).shuffle(&mut order);
    order
}

/// `count` rows at random, all as likely.
pub(crate) fn uniform(rows: usize, count: usize, seed: u64) -> Vec<u32> {
    let mut random = fastrand::Rng::with_seed(seed);
    let rows = row_count(rows);
    (0..count).map(|_| random.u32(..rows)).collect()
}

/// `count` rows at random, a few of which are read most of the time; they lie scattered.
pub(crate) fn skewed(rows: usize, count: usize, seed: u64) -> Result<Vec<u32>> {
    // The same rows in all rounds, as in a service.
    let places = permutation(rows, 7);
    let ranks = Skew::new(row_count(rows))?.ranks(seed, count);
    Ok(ranks.map(|rank| places[rank]).collect())
}

/// The number of rows as keys count them.
pub(crate) fn row_count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_rows() {
        let (mut one, mut two) = (Key::new(), Key::new());
        assert_eq!(one.of(42), b"0000000000000042");
        assert!(one.of(9) < two.of(10));
        assert!(one.of(9) < two.missing(9));
        assert!(one.missing(9) < two.of(10));
    }

    #[test]
    fn values_differ_and_repeat_inside() {
        let values = Values::new(100);
        let value = values.of(3);
        assert_eq!(value.len(), 100);
        assert_eq!(value[..50], value[50..]);
        assert_ne!(values.of(3), values.of(4));
    }

    #[test]
    fn skewed_reads_prefer_some_rows() {
        let order = skewed(1000, 10_000, 1).unwrap();
        assert!(order.iter().all(|row| *row < 1000));
        let mut counts = vec![0; 1000];
        for row in order {
            counts[row as usize] += 1;
        }
        counts.sort_unstable_by(|a, b| b.cmp(a));
        assert!(counts[..100].iter().sum::<usize>() > 5000);
    }
}
