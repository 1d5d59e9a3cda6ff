//! Values and expiries go to Redis and come back as they are.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::RedisServer;
use bytes::Bytes;
use redis::Value;
use tiered_cache::{
    ConnectRequest, RedisConfig, RedisRemote, RemoteError, RemoteErrorKind, RemoteLane,
    RemoteStore, RemoteValue, RemoteWrite,
};

async fn lane(remote: &RedisRemote) -> Box<dyn RemoteLane> {
    let request = ConnectRequest {
        name: "home",
        fence: &[],
    };
    remote.connect(request).await.unwrap()
}

/// A remote that waits also on a machine that does other work.
fn patient(url: String) -> RedisRemote {
    RedisRemote::from_config(RedisConfig {
        url,
        connect_timeout: Duration::from_secs(20),
        response_timeout: Duration::from_secs(20),
        ..RedisConfig::default()
    })
    .unwrap()
}

fn set(key: &Bytes, value: &Bytes, expires_at: Option<u64>) -> RemoteWrite {
    RemoteWrite::Set {
        key: key.clone(),
        value: value.clone(),
        expires_at,
    }
}

async fn read_one(remote: &RedisRemote, key: &str) -> Result<Option<RemoteValue>, RemoteError> {
    let keys = [Bytes::copy_from_slice(key.as_bytes())];
    remote.read(&keys).await.unwrap().remove(0)
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

#[tokio::test]
async fn every_byte_is_kept_in_keys_and_values() {
    let server = RedisServer::start();
    let remote = patient(server.url());
    let mut lane = lane(&remote).await;
    let all: Bytes = (0..=255).collect();
    let mut keys: Vec<Bytes> = (0..=255u8).map(|byte| Bytes::from(vec![byte])).collect();
    keys.extend([
        all.clone(),
        Bytes::new(),
        Bytes::from_static(b"\r\n$3\r\nfoo\r\n"),
    ]);
    let batch = keys
        .iter()
        .enumerate()
        .map(|(index, key)| set(key, &all.slice(..index.min(256)), None))
        .collect();
    assert!(lane.apply(batch).await.unwrap().iter().all(Result::is_ok));
    let values = remote.read(&keys).await.unwrap();
    assert_eq!(values.len(), keys.len());
    for (index, value) in values.into_iter().enumerate() {
        let value = value.unwrap().unwrap();
        assert_eq!(value.value, all.slice(..index.min(256)));
        assert_eq!(value.expires_at, None);
    }
    // A key that was not written does not shift the others.
    let mixed = [keys[3].clone(), "absent".into(), keys[4].clone()];
    let values = remote.read(&mixed).await.unwrap();
    assert_eq!(values[0].as_ref().unwrap().as_ref().unwrap().value.len(), 3);
    assert_eq!(values[1], Ok(None));
    assert_eq!(values[2].as_ref().unwrap().as_ref().unwrap().value.len(), 4);

    let deletes = keys
        .iter()
        .map(|key| RemoteWrite::Delete { key: key.clone() })
        .collect();
    assert!(lane.apply(deletes).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(server.cli(&["DBSIZE"]), Value::Int(0));
}

#[tokio::test]
async fn big_values_and_many_keys() {
    let server = RedisServer::start();
    let remote = patient(server.url());
    let mut lane = lane(&remote).await;
    let big = Bytes::from(vec![b'x'; 20 << 20]);
    let outcome = lane.apply(vec![set(&"big".into(), &big, None)]).await;
    assert_eq!(outcome, Ok(vec![Ok(())]));
    let value = read_one(&remote, "big").await.unwrap().unwrap();
    assert!(value.value == big);

    let keys: Vec<Bytes> = (0..5000).map(|n| Bytes::from(format!("k{n}"))).collect();
    let batch = keys.iter().map(|key| set(key, key, None)).collect();
    assert!(lane.apply(batch).await.unwrap().iter().all(Result::is_ok));
    for (key, value) in keys.iter().zip(remote.read(&keys).await.unwrap()) {
        assert_eq!(value.unwrap().unwrap().value, key);
    }
    assert_eq!(remote.read(&[]).await, Ok(vec![]));
    assert_eq!(lane.apply(vec![]).await, Ok(vec![]));
}

#[tokio::test]
async fn expiries_are_kept_to_the_millisecond_both_ways() {
    let server = RedisServer::start();
    let remote = patient(server.url());
    let mut lane = lane(&remote).await;
    let now = now_ms();
    let times: Vec<u64> = (0..50).map(|n| now + 60_000 + n).collect();
    let keys: Vec<Bytes> = (0..50).map(|n| Bytes::from(format!("k{n}"))).collect();
    let batch = keys
        .iter()
        .zip(&times)
        .map(|(key, &at)| set(key, &"v".into(), Some(at)))
        .collect();
    assert!(lane.apply(batch).await.unwrap().iter().all(Result::is_ok));
    for (index, value) in remote.read(&keys).await.unwrap().into_iter().enumerate() {
        assert_eq!(value.unwrap().unwrap().expires_at, Some(times[index]));
        let asked = server.cli(&["PEXPIRETIME", &format!("k{index}")]);
        assert_eq!(asked, Value::Int(i64::try_from(times[index]).unwrap()));
    }
    // A write without an expiry ends the old one.
    lane.apply(vec![set(&"k0".into(), &"w".into(), None)])
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    let value = read_one(&remote, "k0").await.unwrap().unwrap();
    assert_eq!(value.expires_at, None);
}

#[tokio::test]
async fn what_has_expired_is_absent() {
    let server = RedisServer::start();
    let remote = patient(server.url());
    let mut lane = lane(&remote).await;
    let soon = now_ms() + 60;
    for (key, at) in [
        ("soon", soon),
        ("past", 1),
        ("zero", 0),
        ("before", now_ms() - 1),
    ] {
        let old = set(&key.into(), &"old".into(), None);
        let new = set(&key.into(), &"new".into(), Some(at));
        assert_eq!(lane.apply(vec![old, new]).await, Ok(vec![Ok(()), Ok(())]));
    }
    let value = read_one(&remote, "soon").await.unwrap();
    assert!(value.is_some() || now_ms() >= soon);
    for key in ["past", "zero", "before"] {
        assert_eq!(read_one(&remote, key).await, Ok(None), "{key}");
    }
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(read_one(&remote, "soon").await, Ok(None));
}

#[tokio::test]
async fn without_pexpiretime_the_clock_here_stands_in() {
    // What a server before 7.0 does: the command is not there.
    let server = RedisServer::with_args(&["--rename-command", "PEXPIRETIME", ""]);
    let remote = patient(server.url());
    let mut lane = lane(&remote).await;
    let at = now_ms() + 60_000;
    let batch = vec![
        set(&"timed".into(), &"v".into(), Some(at)),
        set(&"ever".into(), &"v".into(), None),
    ];
    assert_eq!(lane.apply(batch).await, Ok(vec![Ok(()), Ok(())]));
    server.cli(&["RPUSH", "list", "x"]);
    for _ in 0..2 {
        let keys = [
            "timed".into(),
            "ever".into(),
            "absent".into(),
            "list".into(),
        ];
        let values = remote.read(&keys).await.unwrap();
        let read_at = values[0]
            .as_ref()
            .unwrap()
            .as_ref()
            .unwrap()
            .expires_at
            .unwrap();
        assert!(
            read_at <= at + 1 && read_at + 1000 > at,
            "{read_at} instead of {at}"
        );
        assert_eq!(
            values[1].as_ref().unwrap().as_ref().unwrap().expires_at,
            None
        );
        assert_eq!(values[2], Ok(None));
        assert_eq!(values[3].as_ref().unwrap_err().kind(), RemoteErrorKind::Key);
    }
}

#[tokio::test]
async fn value_and_expiry_belong_together_under_concurrent_writes() {
    let server = RedisServer::start();
    let remote = patient(server.url());
    let base = now_ms() + 1_000_000;
    let mut lane = lane(&remote).await;
    let writer = tokio::spawn(async move {
        for round in 0..4000 {
            let value = Bytes::from(round.to_string());
            let batch = vec![set(&"k".into(), &value, Some(base + round))];
            assert_eq!(lane.apply(batch).await, Ok(vec![Ok(())]));
        }
    });
    while !writer.is_finished() {
        if let Some(entry) = read_one(&remote, "k").await.unwrap() {
            let round: u64 = std::str::from_utf8(&entry.value).unwrap().parse().unwrap();
            assert_eq!(entry.expires_at, Some(base + round));
        }
    }
    writer.await.unwrap();
}
