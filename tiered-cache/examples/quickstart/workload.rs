//! What is written: an endless row of operations, the same in each process that asks for it.

use std::collections::BTreeMap;

use tiered_cache::Bytes;

/// One change of one key.
pub(crate) struct Operation {
    pub(crate) key: Bytes,
    /// The value to set; `None`: delete the key.
    pub(crate) value: Option<Bytes>,
}

/// The operations on keys with a prefix, which is the run's own.
pub(crate) struct Workload {
    prefix: String,
}

impl Workload {
    pub(crate) fn new(prefix: &str) -> Self {
        let prefix = prefix.to_owned();
        Self { prefix }
    }

    /// Of ten operations eight set a key of their own, one sets an earlier key again, and one
    /// deletes an earlier key: so an old value that comes back would be noticed.
    pub(crate) fn operation(&self, number: u64) -> Operation {
        let value = Bytes::from(format!("value of operation {number:080}"));
        let (key, value) = match number % 10 {
            8 => (earlier(number), Some(value)),
            9 => (earlier(number), None),
            _ => (number, Some(value)),
        };
        let key = Bytes::from(format!("{}{key}", self.prefix));
        Operation { key, value }
    }
}

/// An operation before this one that has a key of its own.
fn earlier(number: u64) -> u64 {
    let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let tens = random % (number / 10 + 1);
    tens * 10 + random % 8
}

/// What there should be, after some operations.
#[derive(Default)]
pub(crate) struct State(BTreeMap<Bytes, Option<Bytes>>);

impl State {
    pub(crate) fn apply(&mut self, operation: Operation) {
        self.0.insert(operation.key, operation.value);
    }

    /// Nothing is claimed of the key any more.
    pub(crate) fn forget(&mut self, key: &Bytes) {
        self.0.remove(key);
    }

    /// Gives each value that there is a successor.
    pub(crate) fn renew(&mut self) {
        for value in self.0.values_mut().flatten() {
            *value = [b"new ", &value[..]].concat().into();
        }
    }

    /// All keys, also those that are absent by now.
    pub(crate) fn keys(&self) -> Vec<Bytes> {
        self.0.keys().cloned().collect()
    }

    pub(crate) fn value(&self, key: &Bytes) -> Option<&Bytes> {
        self.0.get(key)?.as_ref()
    }

    /// The keys that have a value, with it.
    pub(crate) fn present(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        let entries = self.0.iter();
        entries.filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }
}
