//! Tables as text, in every format, and text as tables.

use wiredtiger::{
    Bits, CheckpointOptions, Connection, DumpFormat, DumpOptions, DynTable, ErrorKind, Extract,
    ExtractedKeys, Index, IndexOptions, Pack, RecordNumber, Result, Session, Table, TableOptions,
    Value,
};

use crate::common::{in_memory, strings, temp};

pub(crate) const FORMATS: [DumpFormat; 3] = [DumpFormat::Hex, DumpFormat::Print, DumpFormat::Json];

pub(crate) fn dump(session: &Session, table: &str, format: DumpFormat) -> (u64, Vec<u8>) {
    let mut text = Vec::new();
    let options = DumpOptions::new().format(format);
    let count = session.dump_with(table, &options, &mut text).unwrap();
    (count, text)
}

/// Drops a table and loads it again.
fn reload(session: &mut Session, table: &str, format: DumpFormat) {
    let (count, text) = dump(session, table, format);
    session.drop_table(table).unwrap();
    let reports = session.load(&mut &text[..]).unwrap();
    let [report] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert_eq!((&report.table[..], report.entries), (table, count));
    assert!(dump(session, table, format).1 == text, "{format:?}");
}

fn all(session: &Session, table: &DynTable) -> Vec<String> {
    let mut cursor = session.row_cursor(table).unwrap();
    let mut all = Vec::new();
    while cursor.next().unwrap() {
        all.push(format!("{:?}", cursor.entry().unwrap()));
    }
    all
}

#[test]
fn a_table_goes_to_text_and_back() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new()
        .app_metadata("a,(b)")
        .prefix_compression(true)
        .logged(false);
    let table: Table<String, Vec<u8>> = session.create_table("source", &options).unwrap();
    let rows: Vec<(String, Vec<u8>)> = (0..=255)
        .map(|byte| (format!("{byte:03}\n\"ü\\"), vec![byte; usize::from(byte)]))
        .collect();
    for (key, value) in &rows {
        session.put(&table, key, value).unwrap();
    }
    for format in FORMATS {
        reload(&mut session, "source", format);
        let table = session.open_table::<String, Vec<u8>>("source").unwrap();
        let range = session.range(&table, ..).unwrap();
        let loaded: Vec<_> = range.into_iter().map(Result::unwrap).collect();
        assert!(loaded == rows, "{format:?}");
        let (_, text) = dump(&session, "source", DumpFormat::Hex);
        let text = String::from_utf8(text).unwrap();
        for setting in [
            "app_metadata=\"a,(b)\"",
            "prefix_compression=true",
            "log=(enabled=false)",
        ] {
            assert!(text.contains(setting), "{format:?}: {setting}");
        }
    }
}

struct Letters;

impl Extract for Letters {
    fn extract(&self, _: &[u8], value: &[u8], keys: &mut ExtractedKeys<'_>) -> Result<()> {
        let (name, ..) = <(String, u16, Vec<u8>)>::unpack(value)?;
        for letter in name.bytes() {
            keys.add(&[letter.into(), 7_u8.into()])?;
        }
        Ok(())
    }
}

type Grouped = Table<u64, (String, u16, Vec<u8>)>;

#[test]
fn columns_groups_and_indexes_come_with_the_table() {
    let options = Connection::options().extractor("letters", Letters);
    let connection = options.open_in_memory().unwrap();
    let mut session = connection.open_session().unwrap();
    let options = TableOptions::new()
        .columns(["id", "name", "year", "note"])
        .column_group("who", ["name", "year"])
        .column_group("notes", ["note"])
        .allocation_size(wiredtiger::ByteSize(512));
    let table: Grouped = session.create_table("g", &options).unwrap();
    // Its parts begin like those of the other.
    let other: Grouped = session.create_table("g2", &options).unwrap();
    for table in [&table, &other] {
        session
            .create_index(table, "by_year", &["year"], &IndexOptions::new())
            .unwrap();
    }
    let letters = IndexOptions::new().extractor::<(u8, u8)>("letters");
    session
        .create_index(&table, "by_letter", &[], &letters)
        .unwrap();
    for id in 0..30 {
        let name = format!("n{id}");
        session
            .put(&table, id, (&name, 2000 - id as u16, &[id as u8]))
            .unwrap();
    }
    let before = all(&session, &session.open_dyn_table("g").unwrap());
    for format in FORMATS {
        reload(&mut session, "g", format);
        let rows = session.open_dyn_table("g").unwrap();
        assert_eq!(rows.columns(), ["id", "name", "year", "note"]);
        assert!(all(&session, &rows) == before, "{format:?}");
        let table: Grouped = session.open_table("g").unwrap();
        let years: Index<u16, (u64,)> = session.open_index(&table, "by_year", &["id"]).unwrap();
        let mut cursor = session.index_cursor(&years).unwrap();
        assert!(cursor.next().unwrap());
        assert_eq!(cursor.entry().unwrap(), (1971, (29,)));
        let letters: Index<(u8, u8), (u64,)> =
            session.open_index(&table, "by_letter", &["id"]).unwrap();
        let mut cursor = session.index_cursor(&letters).unwrap();
        assert!(cursor.search((b'9', 7)).unwrap());
        assert_eq!(cursor.value().unwrap(), (9,));
        drop(cursor);
        let head = String::from_utf8(dump(&session, "g", format).1).unwrap();
        assert!(head.contains("colgroup:g:notes") && !head.contains("g2:"));
        assert!(head.contains("allocation_size=512"), "{head}");
    }
}

#[test]
fn record_numbers_and_bit_fields_come_back() {
    let (_connection, mut session, _) = in_memory();
    let options = TableOptions::new();
    let texts: Table<RecordNumber, String> = session.create_table("texts", &options).unwrap();
    let flags: Table<RecordNumber, Bits<5>> = session.create_table("flags", &options).unwrap();
    for number in 0..70_u8 {
        session.append(&texts, &format!("t{number}")).unwrap();
        let bits = Bits::new(number % 32).unwrap();
        session.append(&flags, bits).unwrap();
    }
    session
        .remove(&texts, RecordNumber::new(7).unwrap())
        .unwrap();
    for (name, last) in [("texts", "70\n743639"), ("flags", "70\n05")] {
        let before = all(&session, &session.open_dyn_table(name).unwrap());
        for format in FORMATS {
            reload(&mut session, name, format);
            let rows = session.open_dyn_table(name).unwrap();
            assert!(all(&session, &rows) == before, "{name} {format:?}");
        }
        let (_, text) = dump(&session, name, DumpFormat::Hex);
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.trim_end().trim_end_matches("00").ends_with(last),
            "{text}"
        );
    }
}

#[test]
fn json_names_the_columns() {
    let (_connection, mut session, _) = in_memory();
    let (key, value) = ("iS".parse().unwrap(), "u3s4SBu".parse().unwrap());
    let table = session
        .create_dyn_table("j", &key, &value, &TableOptions::new())
        .unwrap();
    let row = [
        Value::Bytes(b"\xff"),
        Value::Bytes(b"a\0c"),
        "hi".into(),
        200_u8.into(),
        Value::Bytes(b""),
    ];
    session
        .put_row(&table, &[(-3).into(), "k\"".into()], &row)
        .unwrap();
    let (_, text) = dump(&session, "j", DumpFormat::Json);
    let text = String::from_utf8(text).unwrap();
    let expected = r#"{
"key0" : -3,
"key1" : "k\u0022",
"value0" : "\u00ff",
"value1" : "a\u0000c",
"value2" : "hi",
"value3" : 200,
"value4" : ""
}"#;
    assert!(text.contains(expected), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["table:j"][1]["data"][0]["value3"], 200);
    let before = all(&session, &table);
    reload(&mut session, "j", DumpFormat::Json);
    assert_eq!(all(&session, &session.open_dyn_table("j").unwrap()), before);

    // What the engine has no text for.
    let padded = ("u".parse().unwrap(), "xS".parse().unwrap());
    let options = TableOptions::new();
    session
        .create_dyn_table("p", &padded.0, &padded.1, &options)
        .unwrap();
    let json = DumpOptions::new().format(DumpFormat::Json);
    let refused = session.dump_with("p", &json, &mut Vec::new()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotSupported, "{refused}");
}

#[test]
fn a_checkpoint_is_dumped_as_it_was() {
    let (_dir, home) = temp();
    let connection = Connection::create(&home).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "a", "old").unwrap();
    let kept = CheckpointOptions::new().name("kept");
    session.checkpoint_with(&kept).unwrap();
    session.put(&table, "a", "new").unwrap();
    let options = DumpOptions::new().format(DumpFormat::Print);
    for (options, end) in [
        (options.clone().checkpoint("kept"), "a\\00\nold\\00\n"),
        (options.clone(), "a\\00\nnew\\00\n"),
    ] {
        let mut text = Vec::new();
        session.dump_with(&table, &options, &mut text).unwrap();
        assert!(text.ends_with(end.as_bytes()));
    }
    for (name, kind) in [
        ("missing", ErrorKind::NotFound),
        ("a\",x=(", ErrorKind::InvalidArgument),
    ] {
        let options = options.clone().checkpoint(name);
        let refused = session.dump_with(&table, &options, &mut Vec::new());
        assert_eq!(refused.unwrap_err().kind(), kind);
    }
    let missing = session.dump("nothing", &mut Vec::new()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}
