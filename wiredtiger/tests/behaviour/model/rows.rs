//! A table of which only the formats are known, written and read by rows.

use wiredtiger::{DynTable, Result, Row, RowCursor, Session, Table, Value};

use super::sample::Sample;
use super::steps::Work;
use super::stored::{On, Seen, Stored, Walker, on};

type Key = (String, i16);
type Stuff = (i32, Vec<u8>);

/// What rows have no calls for is done by types, on the same table.
pub(super) struct Rows {
    pub(super) rows: DynTable,
    pub(super) typed: Table<Key, Stuff>,
}

fn key_columns(key: &Key) -> [Value<'_>; 2] {
    [key.0.as_str().into(), key.1.into()]
}

fn value_columns(value: &Stuff) -> [Value<'_>; 2] {
    [value.0.into(), value.1.as_slice().into()]
}

fn key_number(row: Row<'_>) -> Result<u16> {
    let [Value::Str(text), Value::Int(number)] = row.values()?[..] else {
        panic!("{row:?} is no key");
    };
    Ok(Key::number((text, number as i16)))
}

fn value_number(row: Row<'_>) -> Result<u16> {
    let [Value::Int(number), Value::Bytes(bytes)] = row.values()?[..] else {
        panic!("{row:?} is no value");
    };
    Ok(Stuff::number((number as i32, bytes)))
}

fn entry<A>(cursor: &RowCursor<'_, A>) -> Result<(u16, u16)> {
    Ok((key_number(cursor.key()?)?, value_number(cursor.value()?)?))
}

impl Stored for Rows {
    fn work(&self, on: On<'_, '_>, work: &Work) -> Result<Seen> {
        let rows = &self.rows;
        Ok(match *work {
            Work::Put(key, value) => {
                let (key, value) = (Key::of(key), Stuff::of(value));
                on!(on.put_row(rows, &key_columns(&key), &value_columns(&value)))?;
                Seen::Nothing
            }
            Work::InsertNew(key, value) => {
                let (key, value) = (Key::of(key), Stuff::of(value));
                on!(on.insert_new_row(rows, &key_columns(&key), &value_columns(&value)))?;
                Seen::Nothing
            }
            Work::Update(key, value) => {
                let (key, value) = (Key::of(key), Stuff::of(value));
                Seen::There(on!(on.update_row(
                    rows,
                    &key_columns(&key),
                    &value_columns(&value)
                ))?)
            }
            Work::Remove(key) => {
                Seen::There(on!(on.remove_row(rows, &key_columns(&Key::of(key))))?)
            }
            Work::Get(key) => {
                let key = Key::of(key);
                let value = on.session().get_row(rows, &key_columns(&key))?;
                Seen::Value(value.map(|value| value_number(value.row())).transpose()?)
            }
            Work::Near(key) => {
                let mut cursor = on.session().row_cursor(rows)?;
                match cursor.search_near(&key_columns(&Key::of(key)))? {
                    None => Seen::Near(None),
                    Some(order) => {
                        let (key, value) = entry(&cursor)?;
                        Seen::Near(Some((order, key, value)))
                    }
                }
            }
            Work::At(key, value) => {
                let mut cursor = on!(on.row_cursor_mut(rows))?;
                if !cursor.search(&key_columns(&Key::of(key)))? {
                    return Ok(Seen::There(false));
                }
                match value {
                    Some(value) => {
                        cursor.update_current(&value_columns(&Stuff::of(value)))?;
                        Seen::At(Some(entry(&cursor)?))
                    }
                    None => {
                        cursor.remove_current()?;
                        Seen::At(cursor.next()?.then(|| entry(&cursor)).transpose()?)
                    }
                }
            }
            Work::Range(..) | Work::Truncate(..) | Work::Append(_) | Work::Index => {
                return self.typed.work(on, work);
            }
        })
    }

    fn walker<'s>(&self, session: &'s Session) -> Result<Box<dyn Walker + 's>> {
        self.typed.walker(session)
    }
}
