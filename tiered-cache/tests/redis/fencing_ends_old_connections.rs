//! An old connection cannot write any more once a new one has fenced it.

use std::time::{Duration, Instant};

use crate::support::{Proxy, RedisServer};
use bytes::Bytes;
use tiered_cache::{
    ConnectRequest, ConnectionId, RedisConfig, RedisRemote, RemoteError, RemoteErrorKind,
    RemoteLane, RemoteStore, RemoteWrite,
};

async fn lane(
    remote: &RedisRemote,
    name: &str,
    fence: &[ConnectionId],
) -> Result<Box<dyn RemoteLane>, RemoteError> {
    remote.connect(ConnectRequest { name, fence }).await
}

fn set(key: &str, value: impl Into<Bytes>) -> RemoteWrite {
    RemoteWrite::Set {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: value.into(),
        expires_at: None,
    }
}

async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A write is held back on its way, the client gives it up and writes a newer value on a new
/// connection, and then the old bytes arrive. What the server has in the end.
async fn late_bytes(fenced: bool) -> String {
    let server = RedisServer::start();
    let proxy = Proxy::to(server.port);
    let remote = RedisRemote::new(proxy.url()).unwrap();
    let mut old = lane(&remote, "home", &[]).await.unwrap();
    let old_id = old.id();

    proxy.stall_present_connections();
    let sent = proxy.requests();
    let lost = old.apply(vec![set("k", "old")]);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), lost)
            .await
            .is_err()
    );
    eventually("the bytes are under way", || proxy.requests() > sent).await;
    drop(old);
    assert_eq!(
        server.clients("home").len(),
        1,
        "the server knows of no end"
    );

    let fence: &[ConnectionId] = if fenced { &[old_id] } else { &[] };
    let mut new = lane(&remote, "home", fence).await.unwrap();
    assert_ne!(new.id(), old_id);
    if fenced {
        assert_eq!(server.clients("home").len(), 1, "the new one alone");
    }
    assert_eq!(new.apply(vec![set("k", "new")]).await, Ok(vec![Ok(())]));

    proxy.release_requests();
    eventually("the old connection ends", || {
        server.clients("home").len() == 1
    })
    .await;
    server.get("k").unwrap()
}

#[tokio::test]
async fn bytes_that_come_late_do_not_overwrite_a_newer_value() {
    assert_eq!(late_bytes(true).await, "new");
}

#[tokio::test]
async fn without_the_fence_they_do() {
    assert_eq!(late_bytes(false).await, "old");
}

#[tokio::test]
async fn bytes_in_the_sockets_of_a_paused_server_come_before_the_fence_or_never() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    for round in 0..20 {
        let mut old = lane(&remote, "home", &[]).await.unwrap();
        let old_id = old.id();
        server.pause();
        let mut batches = Vec::new();
        for n in 0..20 {
            batches.push(old.apply(vec![set("k", format!("old {round} {n}")); 50]));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(old);
        // The kernel accepts in the meantime, so that old bytes and new greeting compete.
        let fence = [old_id];
        let connecting = lane(&remote, "home", &fence);
        let resuming = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            server.resume();
        };
        let (new, ()) = tokio::join!(connecting, resuming);
        let mut new = new.unwrap();
        let newer = format!("new {round}");
        let outcome = new.apply(vec![set("k", newer.clone())]).await;
        assert_eq!(outcome, Ok(vec![Ok(())]));
        assert_eq!(server.clients("home").len(), 1);
        assert_eq!(server.get("k"), Some(newer));
        drop(new);
        eventually("the lane ends", || server.clients("home").is_empty()).await;
    }
}

#[tokio::test]
async fn a_write_that_the_server_holds_back_is_never_applied() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    for fenced in [true, false] {
        let mut old = lane(&remote, "home", &[]).await.unwrap();
        let old_id = old.id();
        server.cli(&["CLIENT", "PAUSE", "60000", "WRITE"]);
        let mut lost = old.apply(vec![set("k", "old")]);
        let waiting = tokio::time::timeout(Duration::from_millis(50), &mut lost).await;
        assert!(waiting.is_err());
        let fence: &[ConnectionId] = if fenced { &[old_id] } else { &[] };
        let _new = lane(&remote, "home", fence).await.unwrap();
        server.cli(&["CLIENT", "UNPAUSE"]);
        assert_eq!(lost.await.is_err(), fenced);
        assert_eq!(server.get("k").is_none(), fenced);
    }
}

#[tokio::test]
async fn a_busy_old_connection_is_cut_in_the_middle() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut old = lane(&remote, "home", &[]).await.unwrap();
    let old_id = old.id();
    // Values big enough for the batches to be in every buffer on the way.
    let value = Bytes::from(vec![b'o'; 100_000]);
    let batches: Vec<_> = (0..200)
        .map(|_| old.apply(vec![set("k", value.clone()); 5]))
        .collect();
    let busy = tokio::spawn(async move {
        let mut ends = Vec::new();
        for batch in batches {
            ends.push(batch.await);
        }
        ends
    });
    let mut new = lane(&remote, "home", &[old_id]).await.unwrap();
    assert_eq!(new.apply(vec![set("k", "new")]).await, Ok(vec![Ok(())]));
    let ends = busy.await.unwrap();
    assert_eq!(server.get("k").as_deref(), Some("new"));
    for end in ends {
        match end {
            Ok(results) => assert!(results.iter().all(Result::is_ok)),
            Err(error) => assert!(error.outcome_is_unknown(), "{error}"),
        }
    }
    // Its end is noticed on the old lane, too.
    let error = old.apply(vec![set("k", "old")]).await.unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Unavailable, "{error}");
    assert_eq!(server.get("k").as_deref(), Some("new"));
}

#[tokio::test]
async fn a_connection_with_another_name_is_left_alone() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut stranger = lane(&remote, "another-home", &[]).await.unwrap();
    let own = lane(&remote, "home", &[]).await.unwrap();
    let fence = [
        stranger.id(),
        own.id(),
        ConnectionId(0),
        ConnectionId(u64::from(u32::MAX)),
    ];
    let new = lane(&remote, "home", &fence).await.unwrap();
    assert_eq!(stranger.apply(vec![set("k", "v")]).await, Ok(vec![Ok(())]));
    let homes = server.clients("home");
    assert_eq!(homes.len(), 1);
    assert!(homes[0].starts_with(&format!("id={} ", new.id().0)));
}

#[tokio::test]
async fn a_server_that_counts_anew_does_not_make_a_connection_end_itself() {
    let mut server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let ids: Vec<ConnectionId> = (1..40).map(ConnectionId).collect();
    server.kill();
    server.restart();
    let mut new = lane(&remote, "home", &ids).await.unwrap();
    assert!(ids.contains(&new.id()));
    assert_eq!(new.apply(vec![set("k", "v")]).await, Ok(vec![Ok(())]));
}

#[tokio::test]
async fn rights_that_are_missing_are_named() {
    let server = RedisServer::start();
    for (user, denied) in [
        ("nolist", "-client|list"),
        ("nokill", "-client|kill"),
        ("noid", "-client|id"),
        ("noname", "-client|setname"),
        ("none", "-client"),
    ] {
        server.cli(&[
            "ACL", "SETUSER", user, "on", ">s3cret", "~*", "+@all", denied,
        ]);
        let config = |fencing| RedisConfig {
            url: format!("redis://{user}:s3cret@127.0.0.1:{}", server.port),
            fencing,
            ..RedisConfig::default()
        };
        let admin = RedisRemote::new(server.url()).unwrap();
        let old = lane(&admin, "home", &[]).await.unwrap();

        let fencing = RedisRemote::from_config(config(true)).unwrap();
        let error = lane(&fencing, "home", &[old.id()]).await.unwrap_err();
        assert_eq!(
            error.kind(),
            RemoteErrorKind::Credentials,
            "{user}: {error}"
        );
        assert!(
            error.message().contains("+client|list +client|kill"),
            "{error}"
        );
        assert!(error.message().contains("`fencing`"), "{error}");

        // Without fencing, and for reads, none of it is needed.
        let plain = RedisRemote::from_config(config(false)).unwrap();
        let mut lane = lane(&plain, "home", &[old.id()]).await.unwrap();
        assert_eq!(lane.apply(vec![set(user, "v")]).await, Ok(vec![Ok(())]));
        let read = plain.read(&[Bytes::from(user)]).await.unwrap();
        assert!(matches!(&read[0], Ok(Some(_))), "{read:?}");
        drop(old);
        eventually("the old lane ends", || {
            server.clients("home").len() <= usize::from(user != "noname" && user != "none")
        })
        .await;
    }
}

#[tokio::test]
async fn a_name_that_redis_does_not_take_is_told() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    for name in ["a name", ""] {
        let error = lane(&remote, name, &[]).await.unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Protocol, "{error}");
    }
}
