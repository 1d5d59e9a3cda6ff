//! The keys that are here, step by step.

use std::ops::Bound;

use bytes::Bytes;

use crate::clock::now_ms;
use crate::error::Result;
use crate::local::Local;
use crate::local::header::{Header, Kind};
use crate::local::key::{original, stored};

impl Local {
    /// The keys behind `after` that have a value, from up to `rows` rows, and the key to go on behind,
    /// unless that was all.
    pub(crate) fn keys(
        &self,
        after: Option<&[u8]>,
        rows: usize,
    ) -> Result<(Vec<Bytes>, Option<Bytes>)> {
        let now = now_ms();
        let after = after.map(stored);
        let from = match &after {
            Some(key) => Bound::Excluded(&key[..]),
            None => Bound::Unbounded,
        };
        let session = self.session()?;
        let mut range = session.range(&self.entries, (from, Bound::Unbounded))?;
        let mut keys = Vec::new();
        let mut seen = 0;
        while let Some((key, row)) = range.next()? {
            let (header, _) = Header::decode(row)?;
            if header.kind == Kind::Value && !header.expired(now) {
                keys.push(Bytes::copy_from_slice(original(key)));
            }
            seen += 1;
            if seen == rows {
                let last = Bytes::copy_from_slice(original(key));
                return Ok((keys, Some(last)));
            }
        }
        Ok((keys, None))
    }
}
