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

mod upstream;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use upstream::dump::{self, Dump};
use upstream::home::{self, Entries, Stored, name};
use upstream::sample::Sample;
use upstream::tool::{self, Running, VERSION, load, wt, wt_fails};
use wiredtiger::{ByteSize, CheckpointPolicy, Durability, Session, Table, TableOptions};

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

/// What the child below has committed when it is killed.
struct Committed {
    texts: Entries<i64, String>,
    numbers: Entries<Vec<u8>, u64>,
    /// How much of it a checkpoint holds; the rest is in the log only.
    in_checkpoint: usize,
}

/// Works in a home, and stops in the middle of a transaction.
fn work(home: &Path) -> (Committed, impl FnOnce()) {
    let options = home::options().checkpoint(CheckpointPolicy::MANUAL);
    let connection = options.open(home).expect("our library opens the home");
    let mut session = connection.open_session().expect("a session");
    let options = TableOptions::new();
    let texts = session.create_table::<i64, String>(&name::<i64, String>(), &options);
    let texts = texts.expect("a table");
    let numbers = session.create_table::<Vec<u8>, u64>(&name::<Vec<u8>, u64>(), &options);
    let numbers = numbers.expect("a table");
    let mut committed = Committed {
        texts: Entries::new(),
        numbers: Entries::new(),
        in_checkpoint: 0,
    };
    let key = |number: i64| number.to_be_bytes().repeat(3);

    for number in -250..250 {
        session
            .put(&texts, number, "in the checkpoint")
            .expect("put");
        committed.texts.insert(number, "in the checkpoint".into());
    }
    session.checkpoint().expect("checkpoint");
    committed.in_checkpoint = committed.texts.len();

    for number in 200..600 {
        session.put(&texts, number, "in the log").expect("put");
        committed.texts.insert(number, "in the log".into());
        session
            .put(&numbers, &key(number), number.unsigned_abs())
            .expect("put");
        committed.numbers.insert(key(number), number.unsigned_abs());
    }
    for number in -250..-200 {
        assert!(session.remove(&texts, number).expect("remove"));
        committed.texts.remove(&number);
    }
    let mut transaction = session.begin().expect("begin");
    for number in 600..700 {
        transaction
            .put(&texts, number, "in one transaction")
            .expect("put");
        committed.texts.insert(number, "in one transaction".into());
        assert!(
            transaction
                .remove(&numbers, &key(number - 400))
                .expect("remove")
        );
        committed.numbers.remove(&key(number - 400));
    }
    transaction.commit().expect("commit");

    let mut other = connection.open_session().expect("a session");
    let unfinished = move || {
        let mut transaction = other.begin().expect("begin");
        for number in 0..1000 {
            transaction
                .put(&texts, number, "never committed")
                .expect("put");
            transaction.put(&numbers, &key(number), 0).expect("put");
        }
        // A commit beside it brings the log of all that is committed to the disk once more.
        session.put(&texts, -1, "last").expect("put");
        println!("{READY}");
        // Until the parent kills this process, or has died itself.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    };
    committed.texts.insert(-1, "last".into());
    (committed, unfinished)
}

const READY: &str = "ready to be killed";
const CHILD_HOME: &str = "UPSTREAM_TOOLS_CHILD_HOME";

#[test]
fn a_killed_home_of_ours_is_recovered_by_both() {
    if let Some(home) = std::env::var_os(CHILD_HOME) {
        work(Path::new(&home)).1();
    }
    let folder = Folder::new();
    let killed = folder.path("killed");
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args([
        "a_killed_home_of_ours_is_recovered_by_both",
        "--exact",
        "--nocapture",
    ]);
    child
        .env(CHILD_HOME, &killed)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = Running(child.spawn().expect("this program again"));
    let lines = BufReader::new(child.0.stdout.take().expect("a pipe")).lines();
    assert!(
        lines.map_while(Result::ok).any(|line| line.contains(READY)),
        "the child failed"
    );
    child.kill();

    // The same work once more tells what must be there; this home is closed, its work done.
    let (committed, _) = work(&folder.path("again"));
    let Committed {
        texts,
        numbers,
        in_checkpoint,
    } = committed;
    assert_eq!((texts.len(), numbers.len(), in_checkpoint), (900, 300, 500));

    let (first, second, without) = (folder.path("1"), folder.path("2"), folder.path("3"));
    for copy in [&first, &second, &without] {
        home::copy(&killed, copy);
    }
    let uri = format!("table:{}", name::<i64, String>());

    // The controls: there is something to recover, and it is in the log.
    let complaint = wt_fails(&without, &["dump", "-x", &uri]);
    assert!(complaint.contains("recovery must be run"), "{complaint}");
    let dump = Dump::of(&without, &uri, &["-L", "dump", "-x"]);
    assert_eq!(dump.lines().len(), 2 * in_checkpoint);

    // Upstream first.
    wt(&first, &["-R", "verify"]);
    dump::check(&first, &home::stored(&texts));
    dump::check(&first, &home::stored(&numbers));
    home::with(&first, |session| {
        home::check(session, &texts);
        home::check(session, &numbers);
    });

    // Our library first.
    home::with(&second, |session| {
        home::check(session, &texts);
        home::check(session, &numbers);
    });
    wt(&second, &["verify"]);
    dump::check(&second, &home::stored(&texts));
    dump::check(&second, &home::stored(&numbers));
}

#[test]
fn a_home_in_which_upstream_was_killed_is_recovered_by_ours() {
    const ROWS: u64 = 300;

    let folder = Folder::new();
    let (home, copy) = (folder.path("home"), folder.path("copy"));
    let table = name::<String, Vec<u8>>();
    let uri = format!("table:{table}");
    // An empty table, whose settings upstream then reads; the log is on by the home's own settings.
    home::with(&home, |session| {
        let options = TableOptions::new();
        session
            .create_table::<String, Vec<u8>>(&table, &options)
            .expect("a table");
    });
    let head = Dump::of(&home, &uri, &["dump", "-x"]);
    assert!(head.data().is_empty());

    let mut load = tool::command(&home);
    load.arg("load").stdin(Stdio::piped()).stdout(Stdio::null());
    let mut load = Running(load.spawn().expect("the tool"));
    let mut input = load.0.stdin.take().expect("a pipe");
    input.write_all(head.head()).expect("the tool reads");
    let entries: Entries<String, Vec<u8>> = (0..ROWS)
        .map(|n| (String::plain(n), Vec::plain(n)))
        .collect();
    for (key, value) in &entries {
        let lines = [key.packed(), value.packed()].map(|bytes| upstream::sample::hex(&bytes));
        writeln!(input, "{}\n{}", lines[0], lines[1]).expect("the tool reads");
    }
    input.flush().expect("the tool reads");
    // It waits for more now. What it has committed is in the log, written but not checkpointed.
    let last = entries.values().next_back().expect("an entry");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !logs(&home).windows(last.len()).any(|window| window == last) {
        assert!(
            Instant::now() < deadline,
            "the last entry is not in the log"
        );
        thread::sleep(Duration::from_millis(20));
    }
    load.kill();

    home::copy(&home, &copy);
    assert!(
        Dump::of(&copy, &uri, &["-L", "dump", "-x"])
            .data()
            .is_empty(),
        "it was in the log only"
    );
    home::with(&home, |session| home::check(session, &entries));
    dump::check(&home, &home::stored(&entries));
}

/// All that is in the log, of which the engine may rename and remove files meanwhile.
fn logs(home: &Path) -> Vec<u8> {
    let files = fs::read_dir(home)
        .expect("a home")
        .flatten()
        .map(|entry| entry.path());
    files
        .filter(|path| path.to_string_lossy().contains("WiredTigerLog."))
        .flat_map(|path| fs::read(path).unwrap_or_default())
        .collect()
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
