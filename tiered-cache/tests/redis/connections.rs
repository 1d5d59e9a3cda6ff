//! How connections come, go and are shared.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{Proxy, RedisOptions, RedisServer};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tiered_cache::{
    ConnectRequest, RedisConfig, RedisRemote, RemoteErrorKind, RemoteLane, RemoteStore, RemoteWrite,
};

const READS: &str = "tiered-cache-reads";

async fn lane(remote: &RedisRemote) -> Box<dyn RemoteLane> {
    let request = ConnectRequest {
        name: "home",
        fence: &[],
    };
    remote.connect(request).await.unwrap()
}

fn set(key: &str, value: impl Into<Bytes>) -> RemoteWrite {
    RemoteWrite::Set {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: value.into(),
        expires_at: None,
    }
}

async fn in_time<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("it hangs")
}

async fn get(remote: &RedisRemote, key: &'static str) -> Option<Bytes> {
    let values = remote.read(&[Bytes::from_static(key.as_bytes())]).await;
    values.unwrap().remove(0).unwrap().map(|entry| entry.value)
}

#[tokio::test]
async fn reads_come_back_with_the_server() {
    let mut server = RedisServer::durable();
    server.cli(&["SET", "k", "v"]);
    let remote = RedisRemote::new(server.url()).unwrap();
    assert_eq!(get(&remote, "k").await, Some("v".into()));
    for _ in 0..3 {
        server.kill();
        let error = remote.read(&["k".into()]).await.unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Unavailable, "{error}");
        server.restart();
        assert_eq!(get(&remote, "k").await, Some("v".into()));
    }
}

#[tokio::test]
async fn a_server_that_comes_later_is_found() {
    let mut server = RedisServer::start();
    server.kill();
    let remote = RedisRemote::new(server.url()).unwrap();
    assert!(remote.read(&["k".into()]).await.is_err());
    server.restart();
    assert_eq!(get(&remote, "k").await, None);
}

#[tokio::test]
async fn all_readers_share_one_connection() {
    let server = RedisServer::start();
    server.cli(&["SET", "k", "v"]);
    let proxy = Proxy::to(server.port);
    proxy.delay(Duration::from_millis(50), Duration::from_millis(50));
    let remote = Arc::new(RedisRemote::new(proxy.url()).unwrap());
    let begin = Instant::now();
    let readers = (0..200).map(|_| {
        let remote = Arc::clone(&remote);
        tokio::spawn(async move { get(&remote, "k").await })
    });
    for value in join_all(readers).await {
        assert_eq!(value.unwrap(), Some("v".into()));
    }
    assert_eq!(proxy.connections(), 1);
    // One after the other they would take 20 s.
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(server.clients(READS).len(), 1);
}

#[tokio::test]
async fn readers_that_give_up_do_not_hold_up_the_others() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    proxy.delay(Duration::from_millis(50), Duration::from_millis(50));
    let remote = Arc::new(RedisRemote::new(proxy.url()).unwrap());
    // None of them has the patience for the connection to come about.
    for _ in 0..20 {
        let keys = [Bytes::from_static(b"k")];
        let read = tokio::time::timeout(Duration::from_millis(15), remote.read(&keys)).await;
        assert!(read.is_err() || read.unwrap().is_ok());
    }
    assert_eq!(get(&remote, "k").await, None);
    assert_eq!(proxy.connections(), 1, "all had a part in one attempt");
}

#[tokio::test]
async fn a_connection_comes_about_although_its_reader_gave_up() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    proxy.delay(Duration::from_millis(20), Duration::from_millis(20));
    let remote = RedisRemote::new(proxy.url()).unwrap();
    assert!(remote.read(&["k".into()]).now_or_never().is_none());
    let begin = Instant::now();
    while server.clients(READS).is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_connection_that_has_gone_silent_is_replaced() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    let remote = RedisRemote::from_config(RedisConfig {
        url: proxy.url(),
        response_timeout: Duration::from_secs(1),
        ..RedisConfig::default()
    })
    .unwrap();
    assert_eq!(get(&remote, "k").await, None);
    proxy.stall_present_connections();
    let error = remote.read(&["k".into()]).await.unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Timeout, "{error}");
    assert_eq!(get(&remote, "k").await, None);
    assert_eq!(proxy.connections(), 2);

    // Also if no caller waits long enough for the timeout.
    proxy.stall_present_connections();
    let begin = Instant::now();
    let keys = [Bytes::from_static(b"k")];
    while tokio::time::timeout(Duration::from_millis(20), remote.read(&keys))
        .await
        .is_err()
    {
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
    assert_eq!(proxy.connections(), 3);
}

#[tokio::test]
async fn a_paused_server_is_a_timeout() {
    let server = RedisServer::start();
    let remote = RedisRemote::from_config(RedisConfig {
        url: server.url(),
        connect_timeout: Duration::from_secs(1),
        response_timeout: Duration::from_secs(1),
        ..RedisConfig::default()
    })
    .unwrap();
    server.pause();
    // The kernel accepts, and nobody greets.
    for _ in 0..2 {
        let error = remote.read(&["k".into()]).await.unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Timeout, "{error}");
    }
    server.resume();
    assert_eq!(get(&remote, "k").await, None);
}

#[tokio::test]
async fn another_runtime_can_take_over() {
    let server = RedisServer::start();
    let remote = Arc::new(RedisRemote::new(server.url()).unwrap());
    let in_another = Arc::clone(&remote);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { assert_eq!(get(&in_another, "k").await, None) });
    })
    .join()
    .unwrap();
    // The task of the connection ended with its runtime.
    assert_eq!(get(&remote, "k").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_calls_is_the_order_of_writes() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await;
    for round in 0..20 {
        // More than fit the queue that redis-rs has by default, all before the first is polled.
        let mut batches: Vec<_> = (0..200)
            .map(|n| lane.apply(vec![set("k", format!("{round}.{n}"))]))
            .collect();
        // Backwards, and the last on its own first.
        let last = batches.pop().unwrap();
        assert_eq!(in_time(last).await, Ok(vec![Ok(())]));
        assert_eq!(server.get("k"), Some(format!("{round}.199")));
        let reversed = batches.into_iter().rev().map(tokio::spawn);
        for outcome in in_time(join_all(reversed)).await {
            assert_eq!(outcome.unwrap(), Ok(vec![Ok(())]));
        }
        assert_eq!(server.get("k"), Some(format!("{round}.199")));
    }
}

#[tokio::test]
async fn batches_are_sent_while_earlier_ones_are_under_way() {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    let remote = RedisRemote::new(proxy.url()).unwrap();
    let mut lane = lane(&remote).await;
    let sent = proxy.requests();
    proxy.drop_replies(true);
    let mut first = lane.apply(vec![set("a", "1"), set("b", "2")]);
    let second = lane.apply(vec![set("c", "3")]);
    let begin = Instant::now();
    while proxy.requests() < sent + 3 {
        assert!(begin.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(proxy.requests(), sent + 3);
    // Applied, and nobody knows: the fate is unknown once the connection has ended.
    while server.get("c").is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!((&mut first).now_or_never().is_none());
    proxy.cut();
    for outcome in [first.await, second.await] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Unavailable, "{error}");
        assert!(error.outcome_is_unknown());
    }
}

#[tokio::test]
async fn a_dropped_lane_closes_its_connection() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await;
    server.pause();
    let under_way = lane.apply(vec![set("k", "v")]);
    drop(lane);
    let error = in_time(under_way).await.unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Unavailable, "{error}");
    server.resume();
    let begin = Instant::now();
    while !server.clients("home").is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn connections_speak_resp3_and_have_names() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let _lane = lane(&remote).await;
    assert_eq!(get(&remote, "k").await, None);
    for name in ["home", READS] {
        let clients = server.clients(name);
        assert_eq!(clients.len(), 1, "{name}");
        assert!(clients[0].contains(" resp=3"), "{clients:?}");
    }
}

#[tokio::test]
async fn user_password_and_database_come_from_the_url() {
    let server = RedisServer::start_with(RedisOptions {
        password: Some("p".to_owned()),
        ..RedisOptions::default()
    });
    server.cli(&["ACL", "SETUSER", "an@app", "on", ">s/cr#t%", "~*", "+@all"]);
    let url = format!("redis://an%40app:s%2Fcr%23t%25@127.0.0.1:{}/3", server.port);
    let remote = RedisRemote::new(url).unwrap();
    let mut lane = lane(&remote).await;
    assert_eq!(lane.apply(vec![set("k", "v")]).await, Ok(vec![Ok(())]));
    assert_eq!(get(&remote, "k").await, Some("v".into()));
    assert_eq!(server.get("k"), None, "it is in another database");
    let clients = server.clients("home");
    assert!(clients[0].contains(" user=an@app "), "{clients:?}");
    assert!(clients[0].contains(" db=3 "), "{clients:?}");

    let nowhere = RedisRemote::new(format!("{}/9999", server.url())).unwrap();
    let error = nowhere.read(&["k".into()]).await.unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn unix_sockets_work() {
    let server = RedisServer::start_with(RedisOptions {
        password: Some("p".to_owned()),
        ..RedisOptions::default()
    });
    let plain = server.socket_url().replace("redis+unix://", "unix://");
    for url in [server.socket_url(), plain, server.socket_url() + "&db=2"] {
        let remote = RedisRemote::new(url).unwrap();
        let mut lane = lane(&remote).await;
        assert_eq!(lane.apply(vec![set("k", "v")]).await, Ok(vec![Ok(())]));
        assert_eq!(get(&remote, "k").await, Some("v".into()));
    }
    let missing = RedisRemote::new("unix:///nowhere/redis.sock").unwrap();
    let error = missing.read(&["k".into()]).await.unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Unavailable, "{error}");
}
