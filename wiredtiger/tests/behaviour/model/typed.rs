//! Tables whose types are known when the program is compiled.

use std::ops::Bound;

use wiredtiger::{Cursor, Index, Result, Session, Table};

use super::sample::{Sample, column_of};
use super::steps::{Walk, Work};
use super::stored::{On, Seen, Stored, Walker, on};

fn ends<K: Sample>(from: Bound<u16>, to: Bound<u16>) -> (Bound<K>, Bound<K>) {
    (from.map(K::of), to.map(K::of))
}

fn lent<K: Sample>((from, to): &(Bound<K>, Bound<K>)) -> (Bound<K::Ref<'_>>, Bound<K::Ref<'_>>) {
    (from.as_ref().map(K::lend), to.as_ref().map(K::lend))
}

fn entry<K: Sample, V: Sample, A>(cursor: &Cursor<'_, K, V, A>) -> Result<(u16, u16)> {
    let (key, value) = cursor.entry()?;
    Ok((K::number(key), V::number(value)))
}

/// Where a cursor that was moved is.
fn moved<K: Sample, V: Sample, A>(there: bool, cursor: &Cursor<'_, K, V, A>) -> Result<Seen> {
    Ok(Seen::Entry(there.then(|| entry(cursor)).transpose()?))
}

fn near<K: Sample, V: Sample>(cursor: &mut Cursor<'_, K, V>, key: u16) -> Result<Seen> {
    let Some(order) = cursor.search_near(K::of(key).lend())? else {
        return Ok(Seen::Near(None));
    };
    let (key, value) = entry(cursor)?;
    Ok(Seen::Near(Some((order, key, value))))
}

impl<K: Sample, V: Sample> Stored for Table<K, V> {
    fn work(&self, on: On<'_, '_>, work: &Work) -> Result<Seen> {
        Ok(match *work {
            Work::Put(key, value) => {
                on!(on.put(self, K::of(key).lend(), V::of(value).lend()))?;
                Seen::Nothing
            }
            Work::InsertNew(key, value) => {
                on!(on.insert_new(self, K::of(key).lend(), V::of(value).lend()))?;
                Seen::Nothing
            }
            Work::Update(key, value) => Seen::There(on!(on.update(
                self,
                K::of(key).lend(),
                V::of(value).lend()
            ))?),
            Work::Remove(key) => Seen::There(on!(on.remove(self, K::of(key).lend()))?),
            Work::Get(key) => {
                let value = on.session().get_owned(self, K::of(key).lend())?;
                Seen::Value(value.map(|value| V::number(value.lend())))
            }
            Work::Near(key) => near(&mut on.session().cursor(self)?, key)?,
            Work::Range(from, to, back) => {
                let ends = ends::<K>(from, to);
                let mut range = on.session().range(self, lent(&ends))?;
                if back {
                    range = range.rev();
                }
                let mut entries = Vec::new();
                while let Some((key, value)) = range.next()? {
                    entries.push((K::number(key), V::number(value)));
                }
                Seen::Entries(entries)
            }
            Work::At(key, value) => {
                let mut cursor = on!(on.cursor_mut(self))?;
                if !cursor.search(K::of(key).lend())? {
                    return Ok(Seen::There(false));
                }
                match value {
                    Some(value) => {
                        cursor.update_current(V::of(value).lend())?;
                        Seen::At(Some(entry(&cursor)?))
                    }
                    None => {
                        cursor.remove_current()?;
                        Seen::At(cursor.next()?.then(|| entry(&cursor)).transpose()?)
                    }
                }
            }
            Work::Truncate(from, to) => {
                let ends = ends::<K>(from, to);
                on!(on.truncate(self, lent(&ends)))?;
                Seen::Nothing
            }
            Work::Append(value) => K::append_to(self, on, value)?,
            Work::Index => Seen::Nothing,
        })
    }

    fn walker<'s>(&self, session: &'s Session) -> Result<Box<dyn Walker + 's>> {
        Ok(Box::new(session.cursor(self)?))
    }
}

impl<K: Sample, V: Sample> Walker for Cursor<'_, K, V> {
    fn walk(&mut self, walk: &Walk) -> Result<Seen> {
        match *walk {
            Walk::Next => moved(self.next()?, self),
            Walk::Prev => moved(self.prev()?, self),
            Walk::Search(key) => moved(self.search(K::of(key).lend())?, self),
            Walk::Near(key) => near(self, key),
            Walk::Bounds(from, to) => {
                let ends = ends::<K>(from, to);
                Ok(Seen::There(self.set_bounds(lent(&ends))?))
            }
            Walk::Reset => self.reset().map(|()| Seen::Nothing),
        }
    }
}

/// A table with column groups, and its index.
pub(super) struct Groups {
    pub(super) table: Table<u64, (u16, String)>,
    pub(super) index: Index<u16, u64>,
}

impl Stored for Groups {
    fn work(&self, on: On<'_, '_>, work: &Work) -> Result<Seen> {
        if !matches!(work, Work::Index) {
            return self.table.work(on, work);
        }
        let mut cursor = on.session().index_cursor(&self.index)?;
        let mut entries = Vec::new();
        while cursor.next()? {
            let (column, key) = cursor.entry()?;
            assert_eq!(column, column_of(column / 1000));
            entries.push((column, u64::number(key)));
        }
        Ok(Seen::Index(entries))
    }

    fn walker<'s>(&self, session: &'s Session) -> Result<Box<dyn Walker + 's>> {
        self.table.walker(session)
    }
}
