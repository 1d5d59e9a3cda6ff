//! Reading what a checkpoint has kept, and letting go of it.

use wiredtiger::{
    CheckpointOptions, Connection, ErrorKind, Index, IndexOptions, Table, TableOptions,
};

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

#[test]
fn rows_indexes_and_columns_are_read_as_they_were() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, _) = strings(&connection);
    let options = TableOptions::new().columns(["id", "town", "age"]);
    let people: Table<u64, (String, u8)> = session.create_table("people", &options).unwrap();
    session
        .create_index(&people, "by_town", &["town"], &IndexOptions::new())
        .unwrap();
    for (id, town) in [(1, "Bonn"), (2, "Kiel"), (3, "Bonn")] {
        session.put(&people, id, (town, 30)).unwrap();
    }
    session
        .checkpoint_with(&CheckpointOptions::new().name("kept"))
        .unwrap();
    session.put(&people, 1, ("Jena", 31)).unwrap();
    session.remove(&people, 3).unwrap();

    let by_town: Index<String, (u64, u8)> = session
        .open_index(&people, "by_town", &["id", "age"])
        .unwrap();
    let ages = session.project::<_, _, (u8,)>(&people, &["age"]).unwrap();
    let rows = session.open_dyn_table("people").unwrap();
    let towns = session.open_dyn_index(&rows, "by_town", &["id"]).unwrap();

    {
        let kept = session.at_checkpoint("kept").unwrap();
        let mut cursor = kept.index_cursor(&by_town).unwrap();
        assert!(cursor.search("Bonn").unwrap());
        assert_eq!(cursor.entry().unwrap(), ("Bonn", (1, 30)));
        let double = cursor.duplicate().unwrap();
        assert!(cursor.next().unwrap());
        assert_eq!(cursor.entry().unwrap(), ("Bonn", (3, 30)));
        assert_eq!(double.value().unwrap(), (1, 30));
        assert!(cursor.set_bounds("Jena"..).unwrap());
        assert!(cursor.next().unwrap());
        assert_eq!(cursor.entry().unwrap(), ("Kiel", (2, 30)));
        let mut cursor = kept.projected(&ages).unwrap();
        assert!(cursor.search(1).unwrap());
        assert_eq!(cursor.value().unwrap(), (30,));

        let row = kept.get_row(&rows, &[3.into()]).unwrap().unwrap();
        assert_eq!(row.row().get(0).unwrap().as_str(), Some("Bonn"));
        let mut cursor = kept.row_cursor(&towns).unwrap();
        assert!(cursor.search(&["Bonn".into()]).unwrap());
        assert_eq!(
            cursor
                .duplicate()
                .unwrap()
                .value()
                .unwrap()
                .get(0)
                .unwrap()
                .as_uint(),
            Some(1)
        );
        let mut cursor = kept.row_cursor(&rows).unwrap();
        let mut count = 0;
        while cursor.next().unwrap() {
            count += 1;
        }
        assert_eq!(count, 3);
        // The present beside it.
        let mut cursor = session.row_cursor(&towns).unwrap();
        assert!(!cursor.search(&["Bonn".into()]).unwrap());
    }
    // Nobody keeps the checkpoint any more.
    let again = CheckpointOptions::new().name("kept");
    session.checkpoint_with(&again).unwrap();
}
