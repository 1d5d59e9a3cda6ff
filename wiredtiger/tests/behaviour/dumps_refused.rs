//! What is no dump is refused, whatever it says, and does no harm.

use proptest::prelude::*;
use wiredtiger::{ErrorKind, Table, TableOptions};

use crate::common::in_memory;
use crate::dumps::{FORMATS, dump};

#[test]
fn texts_that_are_no_dumps_are_refused() {
    let (_connection, mut session, table) = in_memory();
    let head = "WiredTiger Dump (WiredTiger Version 11.3.1)\nFormat=hex\nHeader\n";
    let bytes = "key_format=u,value_format=u";
    let cases = [
        (String::new(), ErrorKind::Decode),
        ("something\n".to_owned(), ErrorKind::Decode),
        (head.to_owned(), ErrorKind::Decode),
        (head.replace("hex", "print hex"), ErrorKind::NotSupported),
        (format!("{head}Data\n"), ErrorKind::NotSupported),
        (
            format!("{head}file:WiredTiger.wt\nkey_format=u\nData\n"),
            ErrorKind::NotSupported,
        ),
        (
            format!("{head}table:../x\nkey_format=u\nData\n"),
            ErrorKind::InvalidArgument,
        ),
        (
            format!("{head}table:WiredTiger\nkey_format=u\nData\n"),
            ErrorKind::InvalidArgument,
        ),
        (
            format!("{head}table:x\nkey_format=(\nData\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:x\nkey_format=Z\nData\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:x\nkey_format=S\ncolgroup:x:y\n"),
            ErrorKind::Decode,
        ),
        // A column group that is named and not there, or whose name is no name.
        (
            format!("{head}table:x\n{bytes},columns=(a,b),colgroups=(g)\nData\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:x\n{bytes},columns=(a,\"b)c\")\nData\n"),
            ErrorKind::InvalidArgument,
        ),
        (
            format!("{head}table:x\n{bytes},collator=unknown\nData\n"),
            ErrorKind::InvalidArgument,
        ),
        (
            format!("{head}table:y\n{bytes}\nData\n61\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:y\n{bytes}\nData\n61\n6"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:y\n{bytes}\nData\n6\n61\n"),
            ErrorKind::Decode,
        ),
        // An empty key would stop the database (rule 15), a zero is no record number.
        (
            format!("{head}table:y\n{bytes}\nData\n\n61\n"),
            ErrorKind::InvalidArgument,
        ),
        (
            format!("{head}table:r\nkey_format=r,value_format=u\nData\n0\n61\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:r\nkey_format=r,value_format=u\nData\n81\n61\nx\n61\n"),
            ErrorKind::Decode,
        ),
        // The engine would read behind what is too short (rule 24).
        (
            format!("{head}table:c\nkey_format=u,value_format=Si,columns=(a,b,c)\nData\n61\n61\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:f\nkey_format=r,value_format=3t\nData\n1\n08\n"),
            ErrorKind::Decode,
        ),
        (
            format!("{head}table:t\n{bytes}\nData\n61\n61\n"),
            ErrorKind::TypeMismatch,
        ),
        (
            format!("{head}table:z\n{bytes},app_metadata=\"a\\b\"\nData\n"),
            ErrorKind::InvalidArgument,
        ),
    ];
    for (text, kind) in cases {
        let refused = session.load(&mut text.as_bytes()).unwrap_err();
        assert_eq!(refused.kind(), kind, "{text}: {refused}");
    }
    // What a hostile dump says about the creation is left out, and so are others' parts.
    let hostile = format!(
        "{head}colgroup:other:g\ncolumns=(x)\ntable:h\n{bytes},source=\"file:WiredTiger.wt\",\
         type=lsm\nindex:h2:i\ncolumns=(x)\nData\n61\n62\n"
    );
    let reports = session.load(&mut hostile.as_bytes()).unwrap();
    assert_eq!(reports[0].entries, 1);
    session.put(&table, "a", "1").unwrap();
}

/// One table as JSON.
fn json(uri: &str, config: &str, parts: &str, data: &str) -> String {
    format!(
        "{{\"WiredTiger Dump Version\" : \"1 (11.3.1)\", \"{uri}\" : [ {{\"config\" : \"{config}\"{parts}}}, \
         {{\"data\" : [{data}]}} ]}}"
    )
}

#[test]
fn json_that_is_no_dump_is_refused() {
    let (_connection, mut session, table) = in_memory();
    let config = "key_format=S,value_format=B";
    let cases = [
        ("{".to_owned(), ErrorKind::Decode),
        ("{}".to_owned(), ErrorKind::Decode),
        ("{\"x\" : 1}".to_owned(), ErrorKind::Decode),
        (
            json("table:j", config, "", "").replace("\"1 (", "\"2 ("),
            ErrorKind::NotSupported,
        ),
        (json("file:j", config, "", ""), ErrorKind::NotSupported),
        (
            json("table:../j", config, "", ""),
            ErrorKind::InvalidArgument,
        ),
        (json("table:j", "key_format=(", "", ""), ErrorKind::Decode),
        (
            json("table:j", config, ", \"x\" : []", ""),
            ErrorKind::Decode,
        ),
        (
            json(
                "table:j",
                config,
                ", \"indices\" : [{\"uri\" : \"index:j:i\"}]",
                "",
            ),
            ErrorKind::Decode,
        ),
        (json("table:j", config, "", "{}"), ErrorKind::Decode),
        (
            json("table:j", config, "", "{\"key0\" : \"a\"}"),
            ErrorKind::Decode,
        ),
        (
            json("table:j", config, "", "{\"value0\" : 1, \"key0\" : \"a\"}"),
            ErrorKind::Decode,
        ),
        (
            json("table:j", config, "", "{\"key0\" : 7, \"value0\" : 1}"),
            ErrorKind::Decode,
        ),
        (
            json(
                "table:j",
                config,
                "",
                "{\"key0\" : \"a\", \"value0\" : 256}",
            ),
            ErrorKind::Decode,
        ),
        (
            json("table:j", config, "", "{\"key0\" : \"a\", \"value0\" : -1}"),
            ErrorKind::Decode,
        ),
        (
            json(
                "table:j",
                config,
                "",
                "{\"key0\" : \"a\\u0000\", \"value0\" : 1}",
            ),
            ErrorKind::InteriorNul,
        ),
        (
            json("table:j", config, "", "{\"key0\" : \"a\", \"value0\" : 1}") + "{",
            ErrorKind::Decode,
        ),
        (json("table:t", config, "", ""), ErrorKind::TypeMismatch),
    ];
    for (text, kind) in cases {
        let refused = session.load(&mut text.as_bytes()).unwrap_err();
        assert_eq!(refused.kind(), kind, "{text}: {refused}");
    }
    // Several tables, in whatever order a table is described.
    let data = "{\"key0\" : \"ü\", \"value0\" : 255}";
    let parts = ", \"indices\" : [], \"colgroups\" : []";
    let first = json("table:one", config, parts, data);
    let second = json("table:two", config, "", &format!("{data}, {data}"));
    let (_, second) = second.split_once(", ").unwrap();
    let both = format!("{}, {second}\n", first.strip_suffix('}').unwrap());
    let reports = session.load(&mut both.as_bytes()).unwrap();
    let reports: Vec<_> = reports
        .iter()
        .map(|each| (&each.table[..], each.entries))
        .collect();
    assert_eq!(reports, [("one", 1), ("two", 2)]);
    let two: Table<String, u8> = session.open_table("two").unwrap();
    assert_eq!(session.get_owned(&two, "ü").unwrap(), Some(255));
    session.put(&table, "a", "1").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is read, the database works on.
    #[test]
    fn no_text_does_harm(
        cuts in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        format in proptest::sample::select(FORMATS.to_vec()),
        end in any::<proptest::sample::Index>(),
    ) {
        let (_connection, mut session, table) = in_memory();
        session.put(&table, "key", "value").unwrap();
        let options = TableOptions::new()
            .columns(["a", "b", "c"])
            .column_group("g", ["b"])
            .column_group("h", ["c"]);
        let grouped: Table<u64, (String, i64)> = session.create_table("g", &options).unwrap();
        session.put(&grouped, 1, ("x", -1)).unwrap();
        let (_, mut text) = dump(&session, "g", format);
        session.drop_table("g").unwrap();
        for (at, byte) in cuts {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text.truncate(end.index(text.len() * 2).min(text.len()));
        let _ = session.load(&mut &text[..]);
        let value = session.get_owned(&table, "key").unwrap();
        prop_assert_eq!(value.as_deref(), Some("value"));
        session.put(&table, "more", "value").unwrap();
    }
}
