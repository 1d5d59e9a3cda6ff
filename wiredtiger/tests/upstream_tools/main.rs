//! The files of a database are upstream's.
//!
//! The counterpart is upstream's command-line tool `wt`, built from the same release by upstream's
//! own build files: it must verify, dump and recover what this library writes, and this library
//! must read and recover what the tool writes. `WT_UPSTREAM_TOOL` names the tool; without it
//! `build-scripts/upstream-tools` looks for one, and builds it if there is none.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test helpers, too, say what they expect in one word"
)]

mod dump;
mod home;
mod killed;
mod kinds;
mod more;
mod sample;
mod tool;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use dump::Dump;
use home::{Entries, Stored, name};
use sample::Sample;
use tool::{VERSION, load, wt, wt_fails};
use wiredtiger::{ByteSize, Durability, Session, Table, TableOptions};

/// Calls a function with every pair of types that a table can have.
macro_rules! every_pair {
    ($function:ident $arguments:tt) => {
        every_pair!(@ $function $arguments, String, Vec<u8>, i64, u64)
    };
    (@ $function:ident $arguments:tt, $($key:ty),*) => {{
        $(
            $function::<$key, String> $arguments;
            $function::<$key, Vec<u8>> $arguments;
            $function::<$key, i64> $arguments;
            $function::<$key, u64> $arguments;
        )*
    }};
}

/// Folders that go away with the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// For the tool, which creates a home but not its folder.
    fn empty(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir(&path).expect("a new folder");
        path
    }
}

#[test]
fn every_format_goes_there_and_back() {
    fn fill<K: Sample, V: Sample>(session: &mut Session, tables: &mut Vec<Stored>) {
        tables.push(home::stored(&home::fill::<K, V>(session)));
    }

    fn check<K: Sample, V: Sample>(session: &mut Session) {
        home::check(session, &home::filled::<K, V>());
    }

    let folder = Folder::new();
    let (ours, upstreams) = (folder.path("ours"), folder.empty("upstream's"));
    let mut tables = Vec::new();
    home::with(&ours, |session| {
        every_pair!(fill(session, &mut tables));
        every_pair!(check(session));
    });
    assert_eq!(tables.len(), 16);

    // Each start of the tool takes some time; the two homes need not wait for each other.
    thread::scope(|scope| {
        let (sender, dumps) = mpsc::channel::<Dump>();
        let upstreams = &upstreams;
        scope.spawn(move || {
            dumps
                .iter()
                .for_each(|dump| load(upstreams, &[], &dump.text))
        });
        for table in &tables {
            sender
                .send(dump::check(&ours, table))
                .expect("the other thread");
        }
    });

    for home in [&ours, &upstreams] {
        wt(home, &["-m", "verify"]);
        home::with(home, |session| every_pair!(check(session)));
    }
}

/// Upstream unpacks numbers for its messages and for JSON, and packs them again from JSON. Texts
/// and bytes are left out: this release prints what is in memory behind them, too.
#[test]
fn upstream_packs_integers_into_the_same_bytes() {
    let folder = Folder::new();
    let (ours, upstreams) = (folder.path("ours"), folder.empty("upstream's"));
    let (signed, unsigned) = home::with(&ours, |session| {
        (home::fill::<i64, u64>(session), home::fill(session))
    });
    dump::check_shown::<i64, u64>(&ours, &signed);
    dump::check_shown::<u64, i64>(&ours, &unsigned);

    let tables = [home::stored(&signed), home::stored(&unsigned)];
    let json = wt(&ours, &["dump", "-j", &tables[0].uri, &tables[1].uri]);
    load(&upstreams, &["-j"], &json);
    for table in &tables {
        dump::check(&upstreams, table);
    }
    home::with(&upstreams, |session| {
        home::check(session, &signed);
        home::check(session, &unsigned);
    });
}

#[test]
fn both_write_to_one_home_in_turn() {
    type Texts = Entries<String, String>;

    fn texts(text: &[(&str, &str)]) -> Texts {
        text.iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    let table = name::<String, String>();
    let uri = format!("table:{table}");
    let put = |home: &Path, text: &[(&str, &str)]| {
        home::with(home, |session| {
            let options = TableOptions::new();
            let table: Table<String, String> =
                session.create_table(&table, &options).expect("a table");
            for (key, value) in text {
                session.put(&table, key, value).expect("put");
            }
        });
    };
    let we_find = |home: &Path, text: &[(&str, &str)]| {
        home::with(home, |session| home::check(session, &texts(text)));
    };
    let upstream_finds = |home: &Path, text: &[(&str, &str)]| {
        dump::check(home, &home::stored(&texts(text)));
        dump::check_shown(home, &texts(text));
    };

    let folder = Folder::new();
    let (ours, upstreams) = (folder.path("ours"), folder.empty("upstream's"));
    let begin = [("a", "old"), ("c", "old")];
    put(&ours, &begin);
    wt(
        &upstreams,
        &["create", "-c", "key_format=S,value_format=S", &uri],
    );
    wt(&upstreams, &["write", &uri, "a", "old", "c", "old"]);
    we_find(&upstreams, &begin);
    upstream_finds(&ours, &begin);

    for home in [&ours, &upstreams] {
        wt(
            home,
            &["write", "-o", &uri, "b", "Grüße", "a", "new", "d", ""],
        );
        wt(home, &["write", "-r", &uri, "c"]);
        we_find(home, &[("a", "new"), ("b", "Grüße"), ("d", "")]);
        put(home, &[("b", "世界"), ("e", "")]);
        upstream_finds(home, &[("a", "new"), ("b", "世界"), ("d", ""), ("e", "")]);
        assert_eq!(
            wt(home, &["read", &uri, "b", "d", "a"]),
            "世界\n\nnew\n".as_bytes()
        );
        wt(home, &["verify", &uri]);
    }
}

#[test]
fn many_pages_with_other_settings_are_upstreams_too() {
    const ROWS: i64 = 20_000;

    let folder = Folder::new();
    let home = folder.path("home");
    // Without a log, and with pages that are split, compressed and mostly rewritten.
    let options = home::options().durability(Durability::Checkpoint);
    let connection = options
        .cache_size(ByteSize::mib(4))
        .open(&home)
        .expect("our library opens it");
    let mut session = connection.open_session().expect("a session");
    let options = TableOptions::new()
        .prefix_compression(true)
        .leaf_page_max(ByteSize::kib(4))
        .allocation_size(ByteSize(512))
        .app_metadata("for the test");
    let table: Table<String, i64> = session
        .create_table(&name::<String, i64>(), &options)
        .expect("a table");
    let key = |row: i64| format!("a prefix that all keys have, {:06}", row * 7919 % ROWS);
    let mut entries = Entries::new();
    for row in 0..ROWS {
        session.put(&table, &key(row), row).expect("put");
        entries.insert(key(row), row);
        if row % 4 == 0 {
            let other = row / 2;
            session.put(&table, &key(other), -other).expect("put");
            entries.insert(key(other), -other);
        }
        if row % 3 == 0 {
            assert!(session.remove(&table, &key(row)).expect("remove"));
            entries.remove(&key(row));
        }
        if row % 5000 == 0 {
            session.checkpoint().expect("checkpoint");
        }
    }
    drop(session);
    connection.close().expect("our library closes it");

    assert!(entries.len() > 13_000 && entries.values().any(|value| *value < 0));
    wt(&home, &["verify"]);
    let dump = dump::check(&home, &home::stored(&entries));
    let head = String::from_utf8_lossy(dump.head()).into_owned();
    for setting in [
        "prefix_compression=true",
        "leaf_page_max=4096",
        "allocation_size=512",
    ] {
        assert!(head.contains(setting), "{setting} is not in {head}");
    }
}

/// A control of all the others: the tool does notice what is wrong.
#[test]
fn verify_notices_damage() {
    let folder = Folder::new();
    let (home, damaged) = (folder.path("home"), folder.path("damaged"));
    let entries = home::with(&home, home::fill::<u64, String>);
    let table = name::<u64, String>();
    home::copy(&home, &damaged);
    let file = damaged.join(format!("{table}.wt"));
    let mut bytes = fs::read(&file).expect("the table's file");
    // In every block; the first holds the description of the file.
    for byte in bytes.iter_mut().skip(4096).step_by(512) {
        *byte ^= 1;
    }
    fs::write(&file, bytes).expect("the table's file");

    let uri = format!("table:{table}");
    wt(&home, &["verify", &uri]);
    let complaint = wt_fails(&damaged, &["verify", &uri]);
    assert!(complaint.contains("checksum"), "{complaint}");
    dump::check(&home, &home::stored(&entries));
}

#[test]
fn the_files_say_the_same_version_and_settings() {
    let folder = Folder::new();
    let (ours, upstreams) = (folder.path("ours"), folder.empty("upstream's"));
    home::with(&ours, |session| {
        session
            .create_table::<String, String>("t", &TableOptions::new())
            .expect("a table");
    });
    wt(
        &upstreams,
        &["create", "-c", "key_format=S,value_format=S", "table:t"],
    );

    let read = |home: &Path, file: &str| fs::read_to_string(home.join(file)).expect("a text");
    for home in [&ours, &upstreams] {
        let text = read(home, "WiredTiger");
        assert!(
            text.starts_with(&format!("WiredTiger\nWiredTiger {VERSION}")),
            "{text}"
        );
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(read(home, "WiredTiger.basecfg").contains("\nversion=(major=11,minor=3)\n"));
    }
    let (ours_lines, upstreams_lines) = (
        read(&ours, "WiredTiger.turtle"),
        read(&upstreams, "WiredTiger.turtle"),
    );
    let [ours_lines, upstreams_lines] =
        [&ours_lines, &upstreams_lines].map(|text| text.lines().collect::<Vec<_>>());
    let version = ["WiredTiger version", "major=11,minor=3,patch=1"];
    assert_eq!(ours_lines[2..4], version);
    assert_eq!(upstreams_lines[2..4], version);
    assert_eq!((ours_lines.len(), upstreams_lines.len()), (6, 6));
    for (line, (ours, upstreams)) in ours_lines.iter().zip(&upstreams_lines).enumerate() {
        // The release in words, to which upstream adds a date; and where the last checkpoint is.
        let end = if line == 1 { ": (" } else { ",checkpoint=" };
        let [ours, upstreams] = [ours, upstreams].map(|line| line.split(end).next());
        assert_eq!(ours, upstreams);
    }

    // All settings of a table of ours are those that upstream's own has.
    let heads = [&ours, &upstreams].map(|home| Dump::of(home, "table:t", &["dump", "-x"]));
    dump::same("settings", heads[0].head(), heads[1].head());
    home::with(&upstreams, |session| {
        session
            .open_table::<String, String>("t")
            .expect("the table");
    });
}
