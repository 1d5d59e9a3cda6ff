//! A home that was not closed is recovered by both sides.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wiredtiger::{CheckpointPolicy, TableOptions};

use crate::Folder;
use crate::dump::{self, Dump};
use crate::home::{self, Entries, name};
use crate::sample::Sample;
use crate::tool::{self, Running, wt, wt_fails};

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
        "killed::a_killed_home_of_ours_is_recovered_by_both",
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
        let lines = [key.packed(), value.packed()].map(|bytes| crate::sample::hex(&bytes));
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
