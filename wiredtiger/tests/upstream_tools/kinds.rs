//! Tables that are more than one key and one value: several columns, record numbers, bit fields,
//! column groups with an index.

use std::path::Path;

use wiredtiger::{
    Bits, DumpFormat, DumpOptions, Index, IndexOptions, Pack, RecordNumber, Session, Table,
    TableOptions,
};

use crate::dump::{self, Dump};
use crate::sample::hex;
use crate::tool::{load, wt};
use crate::{Folder, home};

type Columns = Table<(String, i16, Vec<u8>), (bool, Vec<u8>, [u8; 4], u32)>;
type Numbered = Table<RecordNumber, (i64, String)>;
type Flags = Table<RecordNumber, Bits<5>>;
type Groups = Table<u64, (String, u16, String)>;

/// All entries of the four tables, as text.
fn read(session: &mut Session) -> Vec<String> {
    fn all<K: Pack, V: Pack>(session: &Session, table: &Table<K, V>) -> Vec<String>
    where
        for<'a> (K::Ref<'a>, V::Ref<'a>): std::fmt::Debug,
    {
        let mut range = session.range(table, ..).expect("a range");
        let mut entries = Vec::new();
        while let Some(entry) = range.next().expect("an entry") {
            entries.push(format!("{entry:?}"));
        }
        entries
    }
    let columns: Columns = session.open_table("columns").expect("columns");
    let numbered: Numbered = session.open_table("numbered").expect("numbered");
    let flags: Flags = session.open_table("flags").expect("flags");
    let groups: Groups = session.open_table("groups").expect("groups");
    let index: Index<u16, (String, u64)> = session
        .open_index(&groups, "by_year", &["name", "id"])
        .expect("an index");
    let mut cursor = session.index_cursor(&index).expect("a cursor");
    let mut entries = Vec::new();
    while cursor.next().expect("an entry of the index") {
        entries.push(format!("{:?}", cursor.entry().expect("an entry")));
    }
    assert_eq!(entries.len(), 20);
    entries.extend(all(session, &columns));
    entries.extend(all(session, &numbered));
    entries.extend(all(session, &flags));
    entries.extend(all(session, &groups));
    entries
}

fn fill(session: &mut Session) {
    let options = TableOptions::new();
    let columns: Columns = session.create_table("columns", &options).expect("columns");
    for number in -300..300i16 {
        let text = format!("text {}", number / 7);
        let bytes = number.to_be_bytes();
        let value = (
            number % 2 == 0,
            &bytes[..],
            b"four",
            number.unsigned_abs().into(),
        );
        session
            .put(&columns, (&text, number, &bytes[1..]), value)
            .expect("put");
    }
    let numbered: Numbered = session
        .create_table("numbered", &options)
        .expect("numbered");
    let flags: Flags = session.create_table("flags", &options).expect("flags");
    for number in 0..200u8 {
        let text = "x".repeat(usize::from(number) % 50);
        session
            .append(&numbered, (-i64::from(number), &text))
            .expect("append");
        session
            .append(&flags, Bits::new(number % 32).expect("five bits"))
            .expect("append");
    }
    let gone = RecordNumber::new(7).expect("a number");
    assert!(session.remove(&numbered, gone).expect("remove"));
    let options = TableOptions::new()
        .columns(["id", "name", "year", "note"])
        .column_group("who", ["name", "year"])
        .column_group("notes", ["note"]);
    let groups: Groups = session.create_table("groups", &options).expect("groups");
    session
        .create_index(&groups, "by_year", &["year"], &IndexOptions::new())
        .expect("an index");
    for id in 0..20 {
        let name = format!("name {id}");
        session
            .put(&groups, id, (&name, 2000 - id as u16, ""))
            .expect("put");
    }
}

#[test]
fn tables_of_every_kind_go_there_and_back() {
    let folder = Folder::new();
    let (ours, upstreams) = (folder.path("ours"), folder.empty("upstream's"));
    let written = home::with(&ours, |session| {
        fill(session);
        read(session)
    });
    let dump = |home: &Path, table| Dump::of(home, &format!("table:{table}"), &["dump", "-x"]);
    let tables = ["columns", "numbered", "flags", "groups"];
    for table in tables {
        let dump = dump(&ours, table);
        load(&upstreams, &[], &dump.text);
        if table == "columns" {
            let mut scratch = Vec::new();
            let key = <(String, i16, Vec<u8>)>::pack(("text -1", -13, b"\xf3"), &mut scratch);
            let key = hex(key.expect("a key"));
            assert!(dump.lines().contains(&&key[..]), "{key} is not in the dump");
        }
    }
    for table in tables {
        let (ours, upstreams) = (dump(&ours, table), dump(&upstreams, table));
        dump::same(table, ours.data(), upstreams.data());
    }
    for home in [&ours, &upstreams] {
        wt(home, &["-m", "verify"]);
        assert!(
            home::with(home, read) == written,
            "{home:?} has other entries"
        );
    }
}

/// A table as this library writes it.
fn our_dump(home: &Path, table: &str, format: DumpFormat) -> Vec<u8> {
    home::with(home, |session| {
        let mut text = Vec::new();
        let options = DumpOptions::new().format(format);
        session
            .dump_with(table, &options, &mut text)
            .expect("a dump");
        text
    })
}

/// What comes after the settings.
fn data_of<'t>(text: &'t [u8], mark: &str) -> &'t [u8] {
    let mark = mark.as_bytes();
    let at = text.windows(mark.len()).position(|window| window == mark);
    &text[at.expect("data")..]
}

#[test]
fn dumps_of_every_kind_go_there_and_back() {
    const TABLES: [&str; 4] = ["columns", "numbered", "flags", "groups"];
    let folder = Folder::new();
    let ours = folder.path("ours");
    let written = home::with(&ours, |session| {
        fill(session);
        read(session)
    });
    let same = |home: &Path, by: &str| {
        assert!(home::with(home, read) == written, "{by}: other entries");
    };
    for (format, options) in [
        (DumpFormat::Hex, &["dump", "-x"][..]),
        (DumpFormat::Print, &["dump"]),
    ] {
        let by = format!("{format:?}");
        let (upstreams, again) = (folder.empty(&format!("{by} there")), folder.path(&by));
        for table in TABLES {
            let text = our_dump(&ours, table, format);
            let theirs = Dump::of(&ours, &format!("table:{table}"), options);
            let data = &data_of(&text, "\nData\n")["\nData\n".len()..];
            dump::same(table, data, theirs.data());
            load(&upstreams, &[], &text);
            home::with(&again, |session| {
                let reports = session.load(&mut &theirs.text[..]).expect("a table");
                assert_eq!(reports[0].table, table);
            });
        }
        same(&upstreams, &by);
        same(&again, &by);
        wt(&upstreams, &["-m", "verify"]);
    }
}

#[test]
fn json_goes_there_and_back() {
    let folder = Folder::new();
    let (ours, upstreams, again) = (
        folder.path("ours"),
        folder.empty("upstream's"),
        folder.path("again"),
    );
    home::with(&ours, fill);
    // Upstream's own text of numbers is right: of texts this release prints what is in memory behind
    // them, too.
    let flags = our_dump(&ours, "flags", DumpFormat::Json);
    let theirs = wt(&ours, &["dump", "-j", "table:flags"]);
    let mark = "\"data\" : [";
    dump::same("flags", data_of(&flags, mark), data_of(&theirs, mark));
    home::with(&again, |session| {
        let reports = session.load(&mut &theirs[..]).expect("a table");
        assert_eq!((&reports[0].table[..], reports[0].entries), ("flags", 200));
    });
    // It wants all record numbers, and no bytes before the last column: those kinds are not here.
    for table in ["flags", "groups"] {
        load(
            &upstreams,
            &["-j"],
            &our_dump(&ours, table, DumpFormat::Json),
        );
        for home in [&ours, &upstreams] {
            let dump = Dump::of(home, &format!("table:{table}"), &["dump", "-x"]);
            let first = Dump::of(&ours, &format!("table:{table}"), &["dump", "-x"]);
            dump::same(table, dump.data(), first.data());
        }
    }
    // Text and bytes at the edges.
    let folder = Folder::new();
    let (ours, upstreams) = (folder.path("ours"), folder.empty("upstream's"));
    let texts = home::with(&ours, home::fill::<String, String>);
    let bytes = home::with(&ours, home::fill::<Vec<u8>, Vec<u8>>);
    for stored in [home::stored(&texts), home::stored(&bytes)] {
        let name = stored.uri.strip_prefix("table:").expect("a table");
        load(
            &upstreams,
            &["-j"],
            &our_dump(&ours, name, DumpFormat::Json),
        );
        dump::check(&upstreams, &stored);
    }
}
