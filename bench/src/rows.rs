//! The data: keys of 16 to 24 bytes, values of 100 or of what is asked for.

use anyhow::Result;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, Zipf};

/// Bytes of a value.
const VALUE: usize = 100;

/// Values are cut from here, at different places.
const POOL: usize = 1 << 16;

/// Keys in their order, and the values that belong to them.
pub(crate) struct Rows {
    keys: Vec<Vec<u8>>,
    pool: Vec<u8>,
    value: usize,
}

impl Rows {
    /// So many rows. The keys of another `family` are others.
    pub(crate) fn new(family: char, count: usize) -> Self {
        Self::with_values_of(VALUE, family, count)
    }

    /// The same with values of so many bytes.
    pub(crate) fn with_values_of(value: usize, family: char, count: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let key = |number| {
            let tail = &"abcdefgh"[..number % 9];
            format!("{family}{number:015}{tail}").into_bytes()
        };
        Self {
            keys: (0..count).map(key).collect(),
            pool: (0..POOL + value).map(|_| random.u8(..)).collect(),
            value,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn key(&self, index: usize) -> &[u8] {
        &self.keys[index]
    }

    pub(crate) fn value(&self, index: usize) -> &[u8] {
        &self.pool[index * 61 % POOL..][..self.value]
    }

    /// Bytes of each value.
    pub(crate) fn value_size(&self) -> usize {
        self.value
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (0..self.len()).map(|index| (self.key(index), self.value(index)))
    }
}

/// Choices by Zipf's law: the first few of all are chosen most of the time.
#[derive(Clone, Copy)]
pub(crate) struct Skew(Zipf<f64>);

impl Skew {
    /// Among so many, with the exponent of YCSB.
    pub(crate) fn new(count: u32) -> Result<Self> {
        Ok(Self(Zipf::new(f64::from(count), 0.99)?))
    }

    /// So many ranks from 0 on, always the same for one `seed`.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ranks are whole numbers from 1 to the number of choices"
    )]
    pub(crate) fn ranks(self, seed: u64, count: usize) -> impl Iterator<Item = usize> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..count).map(move |_| self.0.sample(&mut random) as usize - 1)
    }
}

/// So many numbers below `below`, by chance, always the same for one `seed`.
pub(crate) fn shuffled(seed: usize, count: usize, below: usize) -> Vec<usize> {
    let mut random = fastrand::Rng::with_seed(seed as u64);
    (0..count).map(|_| random.usize(..below)).collect()
}
