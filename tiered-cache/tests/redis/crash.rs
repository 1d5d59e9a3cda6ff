//! `kill -9` at any point: after a new opening and a drain, the remote equals the last state that
//! was acknowledged locally, for every key.
//!
//! A child process runs a fixed sequence of writes and tells each acknowledgement; it is killed, or
//! kills itself at a named place inside the cache. The parent knows the sequence, and which write
//! came last.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tiered_cache::{Durability, RedisRemote, TieredCache};

use crate::support::{Proxy, RedisServer};

const KEYS: u64 = 50;

/// The write number `number`: a key, and a value or a deletion.
fn write(number: u64) -> (String, Option<String>) {
    // Neighbours are different keys, and every key is written again and again.
    let key = format!("k{}", number.wrapping_mul(7919) % KEYS);
    let value = (!number.is_multiple_of(5)).then(|| format!("v{number}"));
    (key, value)
}

/// The state after the writes up to `number`, which begin at 1.
fn state_after(number: u64) -> BTreeMap<String, String> {
    let mut state = BTreeMap::new();
    for number in 1..=number {
        let (key, value) = write(number);
        match value {
            Some(value) => _ = state.insert(key, value),
            None => _ = state.remove(&key),
        }
    }
    state
}

fn state_of(server: &RedisServer) -> BTreeMap<String, String> {
    (0..KEYS)
        .map(|number| format!("k{number}"))
        .filter_map(|key| server.get(&key).map(|value| (key, value)))
        .collect()
}

async fn open(home: &Path, url: &str, lanes: usize, level: Durability) -> TieredCache {
    TieredCache::builder(home)
        .remote(RedisRemote::new(url).unwrap())
        .configure(|config| {
            config.flush.lanes = lanes;
            config.flush.batch_commands = 16;
            config.flush.backoff_max = Duration::from_millis(50);
            config.writes.durability = level;
            config.writes.min_free_disk = tiered_cache::ByteSize::b(0);
            config.local.log_file_size = tiered_cache::ByteSize::mib(1);
        })
        .open()
        .await
        .unwrap()
}

/// Begins the child of `test` in a role.
fn child(test: &str, home: &Path, url: &str, settings: &[(&str, String)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("CRASH_HOME", home)
        .env("CRASH_URL", url)
        .envs(settings.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Whether this process is such a child; then it never returns.
async fn be_the_child() {
    let Some(home) = std::env::var_os("CRASH_HOME") else {
        return;
    };
    let setting = |name: &str| std::env::var(name).unwrap();
    #[cfg(feature = "failpoints")]
    if let Ok(point) = std::env::var("CRASH_POINT") {
        kill_at(&point, setting("CRASH_AT").parse().unwrap());
    }
    let lanes = setting("CRASH_LANES").parse().unwrap();
    let level = match setting("CRASH_LEVEL").as_str() {
        "buffered" => Durability::Buffered,
        "disk" => Durability::Disk,
        _ => Durability::Process,
    };
    let cache = open(home.as_ref(), &setting("CRASH_URL"), lanes, level).await;
    let mut out = std::io::stdout();
    let first: u64 = setting("CRASH_FIRST").parse().unwrap();
    let mut state = state_after(first - 1);
    for number in first.. {
        let (key, value) = write(number);
        match &value {
            Some(value) => cache.set(&key, value).await.unwrap(),
            None => cache.delete(&key).await.unwrap(),
        };
        writeln!(out, "\nwritten {number}").unwrap();
        out.flush().unwrap();
        match value {
            Some(value) => _ = state.insert(key, value),
            None => _ = state.remove(&key),
        }
        look_around(&cache, &state).await;
        if number.is_multiple_of(20) {
            // Lets the flusher come in between.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(number < first + 200_000, "nobody killed the child");
    }
}

/// Sometimes evicts a key, or reads one: what is here is what was written, whatever the remote does.
async fn look_around(cache: &TieredCache, state: &BTreeMap<String, String>) {
    let key = format!("k{}", fastrand::u64(..KEYS));
    match fastrand::u8(..40) {
        0 => _ = cache.evict_local(&key).unwrap(),
        1 => match cache.get(&key).await {
            Ok(value) => {
                let value = value.map(|value| String::from_utf8(value.to_vec()).unwrap());
                assert_eq!(value.as_ref(), state.get(&key), "{key}");
            }
            Err(error) => assert!(error.is_retryable(), "{error}"),
        },
        _ => {}
    }
}

/// Kills this process when the place in the cache is passed for the time `at`.
#[cfg(feature = "failpoints")]
fn kill_at(point: &str, at: u64) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static PASSED: AtomicU64 = AtomicU64::new(0);
    fail::cfg_callback(point, move || {
        if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == at {
            rustix::process::kill_process(rustix::process::getpid(), Signal::KILL).unwrap();
        }
    })
    .unwrap();
}

/// Reads what the child tells until it is dead, and kills it after `kill_after` writes. The answer
/// is the last write it told.
fn last_written(mut child: Child, before: u64, kill_after: Option<u64>) -> u64 {
    let mut last = before;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().strip_prefix("written ") {
            last = number.parse().unwrap();
            if kill_after.is_some_and(|count| last >= before + count) {
                child.kill().unwrap();
            }
        }
    }
    let status = child.wait().unwrap();
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(
        status.signal(),
        Some(Signal::KILL.as_raw()),
        "the child ended: {status}"
    );
    last
}

async fn assert_levels_agree(cache: &TieredCache, server: &RedisServer, what: &str) {
    for number in 0..KEYS {
        let key = format!("k{number}");
        let here = cache.get(&key).await.unwrap();
        let here = here.map(|value| String::from_utf8(value.to_vec()).unwrap());
        assert_eq!(here, server.get(&key), "{what}: the levels differ at {key}");
    }
}

/// Opens the home, drains it, and compares. The write after the last one that was told may have
/// been made, too; the answer is the last one that was.
async fn drain_and_compare(home: &Path, server: &RedisServer, last: u64, what: &str) -> u64 {
    let cache = open(home, &server.url(), 3, Durability::Process).await;
    let report = cache.flush(Duration::from_secs(30)).await.unwrap();
    assert!(
        report.complete && report.dead_letters == 0,
        "{what}: {report:?}"
    );
    assert_levels_agree(&cache, server, what).await;
    cache.close(Duration::from_secs(10)).await.unwrap();
    let remote = state_of(server);
    if remote == state_after(last + 1) {
        return last + 1;
    }
    assert_eq!(remote, state_after(last), "{what}: after write {last}");
    last
}

fn settings(first: u64, lanes: usize, level: &str) -> Vec<(&'static str, String)> {
    vec![
        ("CRASH_FIRST", first.to_string()),
        ("CRASH_LANES", lanes.to_string()),
        ("CRASH_LEVEL", level.to_owned()),
    ]
}

/// The places: before a commit, after it, a batch taken, replies read, an acknowledgement half
/// done, one done, and a recovery half done. (Bytes sent: the next test.)
#[cfg(feature = "failpoints")]
#[tokio::test]
async fn killed_at_each_place_inside() {
    const NAME: &str = "crash::killed_at_each_place_inside";
    be_the_child().await;
    let server = RedisServer::start();
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let mut last = 0;
    let points = [
        // The first write of its key, whose record must be there as well as the row.
        ("after_commit", 29),
        ("before_commit", 300),
        ("after_commit", 300),
        ("batch_taken", 20),
        ("reply_read", 20),
        ("half_acknowledged", 20),
        ("acknowledged", 20),
    ];
    for (round, (point, at)) in points.into_iter().enumerate() {
        let mut settings = settings(last + 1, round + 1, "process");
        settings.push(("CRASH_POINT", point.to_owned()));
        settings.push(("CRASH_AT", at.to_string()));
        let child = child(NAME, &home, &server.url(), &settings);
        let told = last_written(child, last, None);
        assert!(told > last, "{point}: it never came to write");
        last = drain_and_compare(&home, &server, told, point).await;
    }

    // A recovery that has records to move to other lanes, killed in the middle, twice.
    let mut settings = settings(last + 1, 1, "process");
    let child_of = |settings: &[_], url: &str| child(NAME, &home, url, settings);
    last = last_written(child_of(&settings, "redis://127.0.0.1:1"), last, Some(200));
    for lanes in [5, 6] {
        settings[1].1 = lanes.to_string();
        settings.push(("CRASH_POINT", "recovery".to_owned()));
        settings.push(("CRASH_AT", "1".to_owned()));
        let told = last_written(child_of(&settings, &server.url()), last, None);
        assert_eq!(told, last, "it was killed before it wrote");
    }
    drain_and_compare(&home, &server, last, "recovery").await;
}

/// A crash may take the last writes at `Buffered` back, but none that the remote has: this node
/// would go on with older values, and take them for what the remote has.
#[cfg(feature = "failpoints")]
#[tokio::test]
async fn the_remote_never_has_what_a_crash_takes_back() {
    const NAME: &str = "crash::the_remote_never_has_what_a_crash_takes_back";
    be_the_child().await;
    let server = RedisServer::start();
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    // All keys have rows, which the lost writes would uncover.
    let before = child(NAME, &home, &server.url(), &settings(1, 1, "process"));
    let mut last = last_written(before, 0, Some(2 * KEYS));
    last = drain_and_compare(&home, &server, last, "process").await;
    for at in [2, 5, 9] {
        let mut settings = settings(last + 1, 1, "buffered");
        settings.push(("CRASH_POINT", "reply_read".to_owned()));
        settings.push(("CRASH_AT", at.to_string()));
        last = last_written(child(NAME, &home, &server.url(), &settings), last, None);
        let what = format!("batch {at}");
        let cache = open(&home, &server.url(), 1, Durability::Process).await;
        let report = cache.flush(Duration::from_secs(30)).await.unwrap();
        assert!(report.complete, "{what}: {report:?}");
        assert_levels_agree(&cache, &server, &what).await;
        cache.close(Duration::from_secs(10)).await.unwrap();
    }
}

/// The bytes are sent and applied, and no reply comes back.
#[tokio::test]
async fn killed_between_sending_and_the_reply() {
    const NAME: &str = "crash::killed_between_sending_and_the_reply";
    be_the_child().await;
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let child_process = child(NAME, &home, &proxy.url(), &settings(1, 2, "process"));
    // Once it has a connection, its replies are swallowed.
    let pid = Pid::from_child(&child_process);
    let killer = std::thread::spawn(move || {
        let patience = std::time::Instant::now();
        while server.get("k19").is_none() {
            assert!(
                patience.elapsed() < Duration::from_secs(30),
                "no write came"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        proxy.drop_replies(true);
        // The child writes all the time: whatever its lanes send now is not answered any more.
        std::thread::sleep(Duration::from_millis(200));
        assert!(proxy.requests() > 0);
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        server
    });
    let last = last_written(child_process, 0, None);
    let server = killer.join().unwrap();
    drain_and_compare(&home, &server, last, "bytes sent").await;
}

/// At any moment, again and again on one home, with other lanes and levels each time.
#[tokio::test]
async fn killed_at_any_moment() {
    const NAME: &str = "crash::killed_at_any_moment";
    be_the_child().await;
    let server = RedisServer::start();
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let mut last = 0;
    for round in 0..8u64 {
        let level = if round % 4 == 3 { "disk" } else { "process" };
        let lanes = usize::try_from(round % 3).unwrap() + 1;
        let child = child(
            NAME,
            &home,
            &server.url(),
            &settings(last + 1, lanes, level),
        );
        let told = last_written(child, last, Some(100 + 97 * round));
        last = drain_and_compare(&home, &server, told, level).await;
    }
}

/// Random operations, crashes and outages: the network fails in every way while the child works, and
/// the child is killed in the middle of that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_outages() {
    const NAME: &str = "crash::killed_in_the_middle_of_outages";
    be_the_child().await;
    let server = RedisServer::start();
    let proxy = Arc::new(Proxy::to(server.port));
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    let over = Arc::new(AtomicBool::new(false));
    let troublemaker = {
        let (proxy, over) = (Arc::clone(&proxy), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                match fastrand::u8(..6) {
                    0 => proxy.cut(),
                    1 => proxy.cut_once(),
                    2 => proxy.drop_replies(true),
                    3 => proxy.stall_present_connections(),
                    _ => proxy.pass(),
                }
                std::thread::sleep(Duration::from_millis(fastrand::u64(5..60)));
            }
            proxy.pass();
            proxy.release_requests();
        })
    };
    let mut last = 0;
    for round in 0..6 {
        let settings = settings(last + 1, round % 3 + 1, "process");
        let child = child(NAME, &home, &proxy.url(), &settings);
        let told = last_written(child, last, Some(fastrand::u64(50..3000)));
        // Not through the proxy: what it holds back comes out afterwards, and must do no harm.
        last = drain_and_compare(&home, &server, told, "outages").await;
    }
    over.store(true, Ordering::Relaxed);
    troublemaker.join().unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        state_of(&server),
        state_after(last),
        "what was held back came through"
    );
}
