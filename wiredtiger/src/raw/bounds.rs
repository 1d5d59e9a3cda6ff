//! Bounds of a cursor: the part of a table, or of an index, that it keeps to.

use std::ffi::{CStr, c_char};

use super::cursor::{Position, RawCursor};
use crate::error::{Error, ErrorKind, Result};

const OPERATION: &str = "WT_CURSOR.bound";

/// Which end of a range a key is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    LowerInclusive,
    LowerExclusive,
    UpperInclusive,
    UpperExclusive,
}

impl Bound {
    pub(super) const ALL: [Self; 4] = [
        Self::LowerInclusive,
        Self::LowerExclusive,
        Self::UpperInclusive,
        Self::UpperExclusive,
    ];

    /// The lower end of a range, which belongs to it or not.
    pub(crate) fn lower(included: bool) -> Self {
        if included {
            Self::LowerInclusive
        } else {
            Self::LowerExclusive
        }
    }

    /// The upper end of a range, which belongs to it or not.
    pub(crate) fn upper(included: bool) -> Self {
        if included {
            Self::UpperInclusive
        } else {
            Self::UpperExclusive
        }
    }

    pub(super) fn config(self) -> &'static CStr {
        match self {
            Self::LowerInclusive => c"action=set,bound=lower,inclusive=true",
            Self::LowerExclusive => c"action=set,bound=lower,inclusive=false",
            Self::UpperInclusive => c"action=set,bound=upper,inclusive=true",
            Self::UpperExclusive => c"action=set,bound=upper,inclusive=false",
        }
    }
}

/// An end of a range of keys, packed.
pub(crate) type PackedEnd<'k> = Option<(Bound, &'k [u8])>;

/// The ends of a range, packed. Behind one pointer, so that the cursors without any stay small.
#[derive(Default)]
pub(super) struct KeptBounds {
    ends: Vec<(Bound, Box<[u8]>)>,
    of_index: bool,
}

impl<A> RawCursor<'_, A> {
    /// Limits all further steps and searches until `reset`; the cursor gives up its position.
    pub(crate) fn keep_bound(&mut self, bound: Bound, key: &[u8]) -> Result<()> {
        self.set_bound(bound, key)?;
        self.keep(bound, key, false);
        Ok(())
    }

    fn keep(&mut self, bound: Bound, key: &[u8], of_index: bool) {
        let kept = self.bounds.get_or_insert_default();
        kept.ends.push((bound, key.into()));
        kept.of_index = of_index;
    }

    /// Limits all further steps until the next miss, failure or `reset`; the cursor gives up its
    /// position.
    pub(crate) fn set_bound(&mut self, bound: Bound, key: &[u8]) -> Result<()> {
        let config = self.session.connection().bound_config(bound);
        self.set_bound_by(config, key)
    }

    /// As [`set_bound`](Self::set_bound), of an index, which reads the settings as a text (rule 67).
    fn set_index_bound(&mut self, bound: Bound, key: &[u8]) -> Result<()> {
        self.set_bound_by(bound.config().as_ptr(), key)
    }

    /// Sets the bound that the settings say, a literal or what this connection has parsed.
    #[inline(always)]
    fn set_bound_by(&mut self, config: *const c_char, key: &[u8]) -> Result<()> {
        let set = method!(self.handle, bound, OPERATION);
        if self.position != Position::None {
            self.leave()?;
        }
        self.set_key(key, OPERATION)?;
        // SAFETY: the key is set and lives past the call, which copies it; the cursor has no
        // position; the settings are a literal or were parsed by this connection. The engine still
        // has the pointer to the key afterwards: every way to use it sets another key, steps, which
        // drops it, or resets.
        let code = unsafe { set(self.handle.as_ptr(), config) };
        if code == 0 {
            Ok(())
        } else {
            Err(self.fail(code, OPERATION))
        }
    }

    /// Whether keys can lie between two ends. The engine calls bounds that overlap an error; a range
    /// that holds nothing is none.
    #[inline]
    pub(crate) fn can_hold_something(
        &self,
        from: PackedEnd<'_>,
        to: PackedEnd<'_>,
    ) -> Result<bool> {
        let (Some((lower, from)), Some((upper, to))) = (from, to) else {
            return Ok(true);
        };
        let both = matches!(
            (lower, upper),
            (Bound::LowerInclusive, Bound::UpperInclusive)
        );
        let order = self.compare_keys(from, to)?;
        Ok(order.is_lt() || (order.is_eq() && both))
    }

    /// Limits an index to the entries whose columns lie between two packed ends, each the beginning
    /// of the entries' keys, until `reset`; `false`, and no limit, if that is nothing.
    pub(crate) fn keep_index_bounds(
        &mut self,
        from: PackedEnd<'_>,
        to: PackedEnd<'_>,
    ) -> Result<bool> {
        self.check_order_of_index(from, to)?;
        if !self.can_hold_something(from, to)? {
            return Ok(false);
        }
        // Behind the last key that there can be: the engine refuses it (rule 67).
        if let Some((Bound::LowerExclusive, key)) = from
            && key.iter().all(|byte| *byte == u8::MAX)
        {
            return Ok(false);
        }
        // The upper one first: a lower one that leaves out its key is moved up, and the engine
        // would compare the upper one with that.
        for (bound, key) in [to, from].into_iter().flatten() {
            self.set_index_bound(bound, key)?;
            self.keep(bound, key, true);
        }
        Ok(true)
    }

    /// To leave out the entries of a key, or to have all of them, the engine counts the packed key
    /// up by one: in the order of a collator that is any key (rule 67).
    fn check_order_of_index(&self, from: PackedEnd<'_>, to: PackedEnd<'_>) -> Result<()> {
        let counts = matches!(from, Some((Bound::LowerExclusive, _)))
            || matches!(to, Some((Bound::UpperInclusive, _)));
        if !counts || !self.has_collator()? {
            return Ok(());
        }
        let why = "of an index with a collator only included lower and excluded upper bounds are possible";
        Err(Error::new(ErrorKind::NotSupported, OPERATION, why).on(&self.uri()))
    }

    #[cold]
    pub(super) fn set_bounds_again(&mut self, bounds: Box<KeptBounds>) -> Result<()> {
        for (bound, key) in &bounds.ends {
            if bounds.of_index {
                self.set_index_bound(*bound, key)?;
            } else {
                self.set_bound(*bound, key)?;
            }
        }
        self.bounds = Some(bounds);
        Ok(())
    }
}
