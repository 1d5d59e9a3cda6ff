//! Reading what a checkpoint has kept, and letting go of it.

use wiredtiger::{CheckpointOptions, Connection, ErrorKind, Table, TableOptions};

use crate::common::{strings, temp};

#[test]
fn a_checkpoint_shows_its_state() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "old").unwrap();
    session.put(&table, "b", "old").unwrap();
    session
        .checkpoint_with(&CheckpointOptions::new().name("kept"))
        .unwrap();
    session.put(&table, "a", "new").unwrap();
    session.remove(&table, "b").unwrap();
    let late: Table<u64, u64> = session.create_table("late", &TableOptions::new()).unwrap();
    session.put(&late, 1, 1).unwrap();

    let kept = session.at_checkpoint("kept").unwrap();
    assert_eq!(kept.get_owned(&table, "a").unwrap().as_deref(), Some("old"));
    let value = kept.get(&table, "b").unwrap().unwrap();
    assert_eq!(value.get().unwrap(), "old");
    drop(value);
    assert_eq!(kept.range(&table, ..).unwrap().into_iter().count(), 2);
    let mut cursor = kept.cursor(&table).unwrap();
    assert!(cursor.search("b").unwrap() && !cursor.next().unwrap());
    drop(cursor);
    assert_eq!(kept.get(&late, 1).unwrap_err().kind(), ErrorKind::NotFound);
    // The same session reads the present beside it.
    assert_eq!(
        session.get_owned(&table, "a").unwrap().as_deref(),
        Some("new")
    );
    drop(kept);

    session.checkpoint().unwrap();
    let last = session.at_last_checkpoint();
    assert_eq!(last.get_owned(&table, "a").unwrap().as_deref(), Some("new"));
    drop(last);
    let missing = session.at_checkpoint("missing").unwrap();
    assert_eq!(
        missing.get(&table, "a").unwrap_err().kind(),
        ErrorKind::NotFound
    );
    for name in ["", "a b", "x\",raw=false", "a=b"] {
        assert_eq!(
            session.at_checkpoint(name).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}

#[test]
fn a_checkpoint_that_is_read_cannot_be_dropped() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "old").unwrap();
    session
        .checkpoint_with(&CheckpointOptions::new().name("kept"))
        .unwrap();
    let reader = connection.open_session().unwrap();
    let view = reader.at_checkpoint("kept").unwrap();
    assert!(view.get(&table, "a").unwrap().is_some());
    session.put(&table, "a", "new").unwrap();
    let drop_it = CheckpointOptions::new().drop_named("kept");
    assert_eq!(
        session.checkpoint_with(&drop_it).unwrap_err().kind(),
        ErrorKind::Busy
    );
    // The view lets go of it, though its session keeps its cursors.
    drop(view);
    session.checkpoint_with(&drop_it).unwrap();
    let gone = reader.at_checkpoint("kept").unwrap();
    assert_eq!(
        gone.get(&table, "a").unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_checkpoint_of_some_tables() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    let other: Table<u64, u64> = session.create_table("other", &TableOptions::new()).unwrap();
    session.put(&table, "a", "1").unwrap();
    session.put(&other, 1, 1).unwrap();
    let options = CheckpointOptions::new().name("part").target("t");
    session.checkpoint_with(&options).unwrap();
    let view = session.at_checkpoint("part").unwrap();
    assert!(view.get(&table, "a").unwrap().is_some());
    assert_eq!(view.get(&other, 1).unwrap_err().kind(), ErrorKind::NotFound);
    drop(view);
    for wrong in [
        CheckpointOptions::new().target("../t"),
        CheckpointOptions::new().drop_named("a b"),
        CheckpointOptions::new().drop_named(""),
    ] {
        assert_eq!(
            session.checkpoint_with(&wrong).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
}
