//! What a real Redis and a real network do to the cache, and that nothing is lost by it.

use std::collections::BTreeMap;
use std::time::Duration;

use tempfile::TempDir;
use tiered_cache::{
    Condition, Durability, Error, Expiry, LaneState, RedisConfig, RedisRemote, SetOptions,
    TieredCache,
};

use crate::support::{Proxy, RedisOptions, RedisServer};

const SOON: Duration = Duration::from_secs(30);

struct Stage {
    cache: TieredCache,
    _dir: TempDir,
}

async fn stage(url: &str) -> Stage {
    stage_with(RedisRemote::new(url).unwrap(), |_| {}).await
}

async fn stage_with(remote: RedisRemote, change: impl FnOnce(&mut tiered_cache::Config)) -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let cache = TieredCache::builder(dir.path().join("home"))
        .remote(remote)
        .configure(|config| {
            config.flush.backoff = Duration::from_millis(5);
            config.flush.backoff_max = Duration::from_millis(100);
            config.flush.timeout = Duration::from_millis(500);
            config.reads.timeout = Duration::from_secs(10);
            config.writes.min_free_disk = tiered_cache::ByteSize::b(0);
            config.local.log_file_size = tiered_cache::ByteSize::mib(1);
        })
        .configure(change)
        .open()
        .await
        .unwrap();
    Stage { cache, _dir: dir }
}

impl Stage {
    async fn set(&self, key: &str, value: &str) {
        self.cache.set(key, value).await.unwrap();
    }

    async fn flush(&self) {
        let report = self.cache.flush(SOON).await.unwrap();
        assert!(report.complete, "{report:?} {:?}", self.cache.stats().lanes);
    }

    /// Waits until a lane is paused for a reason that contains `code`.
    async fn paused(&self, code: &str) {
        for _ in 0..5000 {
            let paused = self.cache.stats().lanes.into_iter().any(|lane| {
                matches!(lane.state, LaneState::Paused { error, .. } if error.to_string().contains(code))
            });
            if paused {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!(
            "no lane is paused for {code}: {:?}",
            self.cache.stats().lanes
        );
    }
}

#[tokio::test]
async fn a_round_trip_keeps_values_and_expiries() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    let ttl = SetOptions::new().expires_in(Duration::from_secs(1000));
    stage.cache.set_with("k", "v", ttl).await.unwrap();
    stage.flush().await;
    assert_eq!(server.get("k").unwrap(), "v");
    let before = stage.cache.ttl("k").await.unwrap();
    assert!(stage.cache.evict_local("k").unwrap());
    assert_eq!(
        stage.cache.ttl("k").await.unwrap(),
        before,
        "to the millisecond"
    );
    // Longer than any clock: Redis takes it all the same.
    let for_ever = SetOptions::new().expires_in(Duration::MAX);
    stage.cache.set_with("long", "v", for_ever).await.unwrap();
    assert!(stage.cache.persist("k").await.unwrap());
    stage.flush().await;
    assert_eq!(server.get("long").unwrap(), "v");
    assert_eq!(server.cli(&["PTTL", "k"]), redis::Value::Int(-1));
}

#[tokio::test]
async fn the_server_is_killed_and_comes_back() {
    let mut server = RedisServer::durable();
    let stage = stage(&server.url()).await;
    stage.set("before", "v").await;
    stage.flush().await;
    server.kill();
    for number in 0..200 {
        stage.set(&format!("k{number}"), "v").await;
    }
    assert_eq!(stage.cache.get("k7").await.unwrap().unwrap(), "v");
    let miss = stage.cache.get("nowhere").await;
    assert!(matches!(miss, Err(Error::RemoteUnavailable(_))), "{miss:?}");
    server.restart();
    stage.flush().await;
    for number in 0..200 {
        assert_eq!(server.get(&format!("k{number}")).unwrap(), "v");
    }
    // Reads find their way back, too, once the breaker lets them.
    let mut read = stage.cache.get("nowhere").await;
    for _ in 0..200 {
        if read.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        read = stage.cache.get("nowhere").await;
    }
    assert_eq!(read.unwrap(), None);
}

/// A stopped server still has old bytes in its sockets when it goes on.
#[tokio::test]
async fn the_server_is_stopped_and_goes_on() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    stage.set("warm", "v").await;
    stage.flush().await;
    server.pause();
    for round in 0..8 {
        for number in 0..20 {
            stage.set(&format!("k{number}"), &round.to_string()).await;
        }
        // Past the time limit of a batch: connections are given up with bytes in them.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    server.resume();
    stage.flush().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for number in 0..20 {
        assert_eq!(server.get(&format!("k{number}")).unwrap(), "7");
    }
}

#[tokio::test]
async fn clients_are_paused() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    stage.set("k", "1").await;
    stage.flush().await;
    server.cli(&["CLIENT", "PAUSE", "1500", "WRITE"]);
    stage.set("k", "2").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    stage.set("k", "3").await;
    stage.flush().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.get("k").unwrap(), "3");
}

#[tokio::test]
async fn the_server_is_out_of_memory_and_deletions_still_pass() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    stage.set("old", "v").await;
    stage.flush().await;
    server.config_set("maxmemory-policy", "noeviction");
    server.config_set("maxmemory", "1");
    stage.set("new", "v").await;
    stage.paused("OOM").await;
    stage.cache.delete("old").await.unwrap();
    for _ in 0..2000 {
        if server.get("old").is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.get("old"), None, "a deletion is judged by itself");
    assert_eq!(stage.cache.stats().dead_lettered, 0);
    server.config_set("maxmemory", "0");
    stage.flush().await;
    assert_eq!(server.get("new").unwrap(), "v");
}

#[tokio::test]
async fn the_server_is_read_only() {
    let (server, master) = (RedisServer::start(), RedisServer::start());
    let stage = stage(&server.url()).await;
    server.cli(&["REPLICAOF", "127.0.0.1", &master.port.to_string()]);
    stage.set("k", "v").await;
    stage.paused("READONLY").await;
    server.cli(&["REPLICAOF", "NO", "ONE"]);
    stage.flush().await;
    assert_eq!(server.get("k").unwrap(), "v");
}

/// A `SET` replaces whatever type is there; a read of another type is an error, and not "absent".
#[tokio::test]
async fn a_key_of_another_type_in_the_middle_of_a_batch() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    server.cli(&["RPUSH", "list", "a"]);
    let read = stage.cache.get("list").await;
    assert!(
        matches!(&read, Err(Error::Remote(why)) if why.code() == Some("WRONGTYPE")),
        "{read:?}"
    );
    let many = stage.cache.get_many(&["absent", "list"]).await;
    assert!(matches!(many, Err(Error::Remote(_))), "{many:?}");
    stage
        .cache
        .set_many(&[("a", "1"), ("list", "2"), ("z", "3")], SetOptions::new())
        .await
        .unwrap();
    stage.flush().await;
    for (key, value) in [("a", "1"), ("list", "2"), ("z", "3")] {
        assert_eq!(server.get(key).unwrap(), value);
    }
    assert!(
        !stage.cache.stats().breaker_open,
        "a key's error says nothing of the server"
    );
}

#[tokio::test]
async fn a_key_without_permission_in_the_middle_of_a_batch() {
    let server = RedisServer::start();
    server.cli(&["ACL", "SETUSER", "app", "on", ">secret", "~ok:*", "+@all"]);
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port);
    let stage = stage(&url).await;
    stage
        .cache
        .set_many(
            &[("ok:a", "1"), ("bad", "2"), ("ok:z", "3")],
            SetOptions::new(),
        )
        .await
        .unwrap();
    stage.flush().await;
    assert_eq!(server.get("ok:a").unwrap(), "1");
    assert_eq!(server.get("ok:z").unwrap(), "3");
    let letters = stage.cache.dead_letters().list().unwrap();
    assert_eq!(&letters[0].key[..], b"bad");
    assert!(letters[0].reason.contains("NOPERM"), "{letters:?}");
    assert_eq!(stage.cache.get("bad").await.unwrap().unwrap(), "2");
    server.cli(&["ACL", "SETUSER", "app", "~*"]);
    assert!(stage.cache.dead_letters().retry("bad").unwrap());
    stage.flush().await;
    assert_eq!(server.get("bad").unwrap(), "2");
}

#[tokio::test]
async fn a_wrong_password_is_an_alarm_and_is_never_shown() {
    let server = RedisServer::start_with(RedisOptions {
        password: Some("right".to_owned()),
        ..RedisOptions::default()
    });
    let remote = RedisRemote::from_config(RedisConfig {
        url: format!("redis://127.0.0.1:{}", server.port),
        password: Some("hunter2".into()),
        ..RedisConfig::default()
    })
    .unwrap();
    let stage = stage_with(remote, |_| {}).await;
    stage.set("k", "v").await;
    stage.paused("WRONGPASS").await;
    let shown = format!("{:?} {:?}", stage.cache.stats(), stage.cache);
    assert!(
        shown.contains("alarm: true") && !shown.contains("hunter2"),
        "{shown}"
    );
    let read = stage.cache.get("other").await.unwrap_err();
    assert!(!format!("{read} {read:?}").contains("hunter2"));
}

#[tokio::test]
async fn the_network_is_cut_delayed_and_swallows_replies() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    let stage = stage(&proxy.url()).await;
    let mut state = BTreeMap::new();
    for round in 0..24 {
        match round % 6 {
            0 => proxy.cut_once(),
            1 => proxy.drop_replies(true),
            2 => proxy.pass(),
            3 => proxy.delay(Duration::from_millis(3), Duration::from_millis(3)),
            4 => proxy.stall_present_connections(),
            _ => proxy.cut(),
        }
        for number in 0..40 {
            let key = format!("k{}", (number * 7 + round) % 60);
            if (number + round) % 6 == 0 {
                stage.cache.delete(&key).await.unwrap();
                state.remove(&key);
            } else {
                stage.set(&key, &format!("{round}-{number}")).await;
                state.insert(key, format!("{round}-{number}"));
            }
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    proxy.pass();
    stage.flush().await;
    // What a stalled connection held back had its chance.
    proxy.release_requests();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for number in 0..60 {
        let key = format!("k{number}");
        assert_eq!(server.get(&key), state.get(&key).cloned(), "{key}");
    }
    assert_eq!(stage.cache.stats().dead_lettered, 0);
}

#[tokio::test]
async fn durability_remote_means_that_redis_has_it() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    let options = SetOptions::new().durability(Durability::Remote);
    for number in 0..50 {
        let value = number.to_string();
        stage.cache.set_with("k", &value, options).await.unwrap();
        assert_eq!(server.get("k").unwrap(), value);
    }
}

/// Decided by Redis itself, after the key's own change.
#[tokio::test]
async fn counters_and_conditions_are_decided_by_the_server() {
    let server = RedisServer::start();
    let stage = stage(&server.url()).await;
    let (cache, none) = (&stage.cache, SetOptions::new());
    stage.set("n", "41").await;
    assert_eq!(cache.incr_by("n", 1).await.unwrap(), 42);
    assert_eq!(server.get("n").unwrap(), "42");
    server.cli(&["SET", "n", "99"]);
    assert_eq!(
        cache.incr_by("n", 1).await.unwrap(),
        100,
        "another program's value counts"
    );
    assert_eq!(cache.get("n").await.unwrap().unwrap(), "100");
    let ttl = none.expires_in(Duration::from_secs(100));
    assert!(
        cache
            .set_if("lock", "a", Condition::Absent, ttl)
            .await
            .unwrap()
    );
    assert!(
        !cache
            .set_if("lock", "b", Condition::Absent, none)
            .await
            .unwrap()
    );
    let keep = none.expiry(Expiry::Keep);
    let before = cache.get_and_set("lock", "c", keep).await.unwrap();
    assert_eq!(before.unwrap(), "a");
    assert!(cache.ttl("lock").await.unwrap().remaining().is_some());
    assert_eq!(cache.append("lock", "d").await.unwrap(), 2);
    assert_eq!(cache.get_and_delete("lock").await.unwrap().unwrap(), "cd");
    server.cli(&["RPUSH", "list", "a"]);
    let error = cache.incr_by("list", 1).await.unwrap_err();
    assert!(
        matches!(&error, Error::Remote(why) if why.code() == Some("WRONGTYPE")),
        "{error:?}"
    );
}

/// What the README says a user needs.
#[tokio::test]
async fn the_documented_rights_are_enough() {
    let mut server = RedisServer::durable();
    let rights = "+get +set +del +pexpiretime +pttl +multi +exec +ping +hello +client|id \
                  +client|list +client|kill +client|setname";
    let mut command = vec!["ACL", "SETUSER", "app", "on", ">secret", "~*", "-@all"];
    command.extend(rights.split_whitespace());
    server.cli(&command);
    let proxy = Proxy::to(server.port);
    let stage = stage(&format!("redis://app:secret@127.0.0.1:{}", proxy.port())).await;
    let ttl = SetOptions::new().expires_in(Duration::from_secs(1000));
    stage.cache.set_with("k", "v", ttl).await.unwrap();
    stage.flush().await;
    assert!(stage.cache.evict_local("k").unwrap());
    assert_eq!(stage.cache.get("k").await.unwrap().unwrap(), "v");
    // Also for fencing.
    proxy.drop_replies(true);
    stage.set("k", "w").await;
    stage.cache.delete("other").await.unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    proxy.pass();
    stage.flush().await;
    assert_eq!(server.get("k").unwrap(), "w");
    assert_eq!(stage.cache.stats().dead_lettered, 0);
    server.kill();
}
