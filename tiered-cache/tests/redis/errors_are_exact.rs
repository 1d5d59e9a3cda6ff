//! Each error says what it concerns, and hides nothing else.

use std::time::{Duration, Instant};

use crate::support::{RedisOptions, RedisServer};
use bytes::Bytes;
use tiered_cache::{
    ConnectRequest, Password, RedisConfig, RedisRemote, RemoteError, RemoteErrorKind, RemoteLane,
    RemoteStore, RemoteWrite,
};

async fn lane(remote: &RedisRemote) -> Result<Box<dyn RemoteLane>, RemoteError> {
    let request = ConnectRequest {
        name: "home",
        fence: &[],
    };
    remote.connect(request).await
}

fn set(key: &str, value: &str) -> RemoteWrite {
    RemoteWrite::Set {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::copy_from_slice(value.as_bytes()),
        expires_at: None,
    }
}

fn delete(key: &str) -> RemoteWrite {
    RemoteWrite::Delete {
        key: Bytes::copy_from_slice(key.as_bytes()),
    }
}

fn assert_error<T: std::fmt::Debug>(
    result: &Result<T, RemoteError>,
    kind: RemoteErrorKind,
    code: &str,
) {
    let error = result.as_ref().unwrap_err();
    assert_eq!((error.kind(), error.code()), (kind, Some(code)), "{error}");
}

#[tokio::test]
async fn a_key_without_the_right_to_it_leaves_the_others() {
    let server = RedisServer::start();
    server.cli(&["ACL", "SETUSER", "app", "on", ">secret", "~ok:*", "+@all"]);
    let remote = RedisRemote::new(format!("redis://app:secret@127.0.0.1:{}", server.port)).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    let batch = vec![
        set("ok:1", "a"),
        set("bad:1", "b"),
        set("ok:2", "c"),
        delete("bad:2"),
        set("ok:3", "d"),
    ];
    let results = lane.apply(batch).await.unwrap();
    for index in [0, 2, 4] {
        assert_eq!(results[index], Ok(()));
    }
    for index in [1, 3] {
        assert_error(&results[index], RemoteErrorKind::Key, "NOPERM");
    }
    assert_eq!(server.get("ok:1").as_deref(), Some("a"));
    assert_eq!(server.get("ok:2").as_deref(), Some("c"));
    assert_eq!(server.get("ok:3").as_deref(), Some("d"));
    assert_eq!(server.get("bad:1"), None);

    // In a transaction, such a key keeps everything from being read at first.
    let keys = [
        "bad:0",
        "ok:1",
        "bad:1",
        "bad:2",
        "ok:absent",
        "ok:3",
        "bad:3",
    ];
    let keys = keys.map(Bytes::from_static_str);
    let values = remote.read(&keys).await.unwrap();
    for index in [0, 2, 3, 6] {
        assert_error(&values[index], RemoteErrorKind::Key, "NOPERM");
    }
    let value = |index: usize| values[index].clone().unwrap().map(|entry| entry.value);
    assert_eq!(value(1), Some("a".into()));
    assert_eq!(value(4), None);
    assert_eq!(value(5), Some("d".into()));
    // And the connection has not been left in the middle of a transaction.
    assert!(remote.read(&keys[1..2]).await.unwrap()[0].is_ok());
}

trait FromStaticStr {
    fn from_static_str(text: &'static str) -> Self;
}

impl FromStaticStr for Bytes {
    fn from_static_str(text: &'static str) -> Self {
        Self::from_static(text.as_bytes())
    }
}

#[tokio::test]
async fn a_user_without_the_command_is_a_matter_of_credentials() {
    let server = RedisServer::start();
    server.cli(&[
        "ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-set", "-get",
    ]);
    let remote = RedisRemote::new(format!("redis://app:secret@127.0.0.1:{}", server.port)).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    let results = lane.apply(vec![set("k", "v"), delete("k")]).await.unwrap();
    assert_error(&results[0], RemoteErrorKind::Credentials, "NOPERM");
    assert_eq!(results[1], Ok(()));
    let read = remote.read(&["k".into()]).await;
    assert_error(&read, RemoteErrorKind::Credentials, "NOPERM");
}

#[tokio::test]
async fn out_of_memory_refuses_sets_and_lets_deletes_pass() {
    let server = RedisServer::with_args(&["--maxmemory-policy", "noeviction"]);
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    assert_eq!(lane.apply(vec![set("old", "v")]).await, Ok(vec![Ok(())]));
    server.config_set("maxmemory", "1");
    let batch = vec![
        set("a", "1"),
        delete("old"),
        set("b", "2"),
        delete("absent"),
    ];
    let results = lane.apply(batch).await.unwrap();
    assert_error(&results[0], RemoteErrorKind::Refusing, "OOM");
    assert_eq!(results[1], Ok(()));
    assert_error(&results[2], RemoteErrorKind::Refusing, "OOM");
    assert_eq!(results[3], Ok(()));
    server.config_set("maxmemory", "0");
    assert_eq!(server.get("old"), None);
    assert_eq!(lane.apply(vec![set("a", "1")]).await, Ok(vec![Ok(())]));
}

#[tokio::test]
async fn a_replica_refuses_writes() {
    let server = RedisServer::start();
    // Its master is not there, which makes no difference to the refusal.
    server.cli(&["REPLICAOF", "127.0.0.1", "1"]);
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    let results = lane.apply(vec![set("k", "v"), delete("k")]).await.unwrap();
    assert_error(&results[0], RemoteErrorKind::Refusing, "READONLY");
    assert_error(&results[1], RemoteErrorKind::Refusing, "READONLY");
    server.config_set("replica-serve-stale-data", "no");
    let read = remote.read(&["k".into()]).await;
    assert_error(&read, RemoteErrorKind::Refusing, "MASTERDOWN");
}

#[tokio::test]
async fn too_few_replicas_refuse_writes() {
    let server = RedisServer::with_args(&["--min-replicas-to-write", "1"]);
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    let results = lane.apply(vec![set("k", "v")]).await.unwrap();
    assert_error(&results[0], RemoteErrorKind::Refusing, "NOREPLICAS");
}

#[tokio::test]
async fn a_cluster_is_refused_by_name() {
    let server = RedisServer::with_args(&["--cluster-enabled", "yes"]);
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    let keys = [Bytes::from_static(b"a"), Bytes::from_static(b"b")];
    let results = lane.apply(vec![set("a", "v")]).await.unwrap();
    assert_error(&results[0], RemoteErrorKind::Refusing, "CLUSTERDOWN");
    let read = remote.read(&keys).await;
    assert_error(&read, RemoteErrorKind::Refusing, "CLUSTERDOWN");

    server.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let begin = Instant::now();
    while server.try_cli(&["SET", "a", "v"]).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let read = remote.read(&keys).await;
    assert_error(&read, RemoteErrorKind::Refusing, "CROSSSLOT");
    assert!(read.unwrap_err().message().contains("Redis Cluster"));
}

#[cfg(not(feature = "tls"))]
#[test]
fn tls_needs_its_feature() {
    let error = RedisRemote::new("rediss://host").unwrap_err();
    assert_eq!(error.kind(), RemoteErrorKind::Protocol);
    assert!(error.message().contains("feature `tls`"), "{error}");
}

#[tokio::test]
async fn a_full_server_refuses_connections() {
    let server = RedisServer::start();
    let first = RedisRemote::new(server.url()).unwrap();
    let lane_of_first = lane(&first).await.unwrap();
    server.config_set("maxclients", "1");
    // The connection of the command above may take a moment to go.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = RedisRemote::new(server.url()).unwrap();
    let refused = lane(&second).await.map(drop).unwrap_err();
    // The server closes the connection behind its answer: the close may be seen first.
    match refused.kind() {
        RemoteErrorKind::Refusing => assert_eq!(refused.code(), Some("ERR")),
        kind => assert_eq!(kind, RemoteErrorKind::Unavailable, "{refused}"),
    }
    drop(lane_of_first);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_shown() {
    let server = RedisServer::start_with(RedisOptions {
        password: Some("right".to_owned()),
        ..RedisOptions::default()
    });
    let by_url = RedisConfig {
        url: format!("redis://:wr0ng-1@127.0.0.1:{}", server.port),
        ..RedisConfig::default()
    };
    let by_field = RedisConfig {
        url: format!("redis://:wr0ng-1@127.0.0.1:{}", server.port),
        username: Some("default".to_owned()),
        password: Some(Password::new("wr0ng-2")),
        ..RedisConfig::default()
    };
    let by_socket = RedisConfig {
        url: format!(
            "redis+unix://{}?pass=wr0ng-3",
            server.dir().join("redis.sock").display()
        ),
        ..RedisConfig::default()
    };
    for config in [by_url, by_field, by_socket] {
        let mut shown = format!("{config:?}{}", toml::to_string(&config).unwrap());
        let remote = RedisRemote::from_config(config).unwrap();
        let read = remote.read(&["k".into()]).await;
        assert_error(&read, RemoteErrorKind::Credentials, "WRONGPASS");
        let lane = lane(&remote).await.map(drop);
        assert_error(&lane, RemoteErrorKind::Credentials, "WRONGPASS");
        for error in [read.unwrap_err(), lane.unwrap_err()] {
            shown += &format!("{remote:?}{error:?}{error}");
        }
        assert!(!shown.contains("wr0ng"), "{shown}");
    }
    let without = RedisRemote::new(format!("redis://127.0.0.1:{}", server.port)).unwrap();
    let read = without.read(&["k".into()]).await;
    assert_error(&read, RemoteErrorKind::Credentials, "NOAUTH");
    let right = RedisRemote::new(server.url()).unwrap();
    assert_eq!(right.read(&["k".into()]).await, Ok(vec![Ok(None)]));
}

#[tokio::test]
async fn a_server_that_quotes_the_greeting_does_not_give_the_password_away() {
    let server = RedisServer::with_args(&["--rename-command", "HELLO", ""]);
    let remote =
        RedisRemote::new(format!("redis://default:s3cret@127.0.0.1:{}", server.port)).unwrap();
    let error = remote.read(&["k".into()]).await.unwrap_err();
    assert!(!format!("{error}{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_key_of_another_type_leaves_the_others() {
    let server = RedisServer::start();
    server.cli(&["RPUSH", "list", "x"]);
    server.cli(&["SET", "text", "v"]);
    let remote = RedisRemote::new(server.url()).unwrap();
    let values = remote
        .read(&["text".into(), "list".into(), "text".into()])
        .await
        .unwrap();
    assert_error(&values[1], RemoteErrorKind::Key, "WRONGTYPE");
    for index in [0, 2] {
        assert_eq!(values[index].clone().unwrap().unwrap().value, "v");
    }
    // An unlike value is simply overwritten, as `SET` does.
    let mut lane = lane(&remote).await.unwrap();
    assert_eq!(lane.apply(vec![set("list", "v")]).await, Ok(vec![Ok(())]));
}

#[tokio::test]
async fn an_impossible_expiry_is_about_its_key() {
    let server = RedisServer::start();
    let remote = RedisRemote::new(server.url()).unwrap();
    let mut lane = lane(&remote).await.unwrap();
    let impossible = RemoteWrite::Set {
        key: "k".into(),
        value: "v".into(),
        expires_at: Some(u64::MAX),
    };
    let results = lane.apply(vec![impossible, set("l", "v")]).await.unwrap();
    assert_error(&results[0], RemoteErrorKind::Key, "ERR");
    assert_eq!(results[1], Ok(()));
}

#[test]
fn bad_urls_are_told_without_their_passwords() {
    for url in [
        "",
        "localhost:6379",
        "http://u:s3cret@host",
        "redis://u:s3cret@host:port",
        "redis://u:s3cret@host/db",
        "redis://u:s3/cret@host",
        "redis://u:s3cret@host#insecure",
        "redis://u:s3cret@host?protocol=s3cret",
        "redis://s3cret@host",
        "redis://:s3cret@0.0.0.0",
        "redis+unix://?pass=s3cret",
        "redis+unix:///a?db=x&pass=s3cret",
        "rediss://u:s3cret@host/x",
    ] {
        let error = RedisRemote::new(url).unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Protocol, "{url}");
        assert!(error.message().contains("Redis URL"), "{error}");
        let shown = format!("{error}{error:?}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("s3/cret"),
            "{shown}"
        );
    }
}

#[test]
fn settings_are_read_strictly_and_written_without_secrets() {
    let config: RedisConfig = toml::from_str(
        r#"
        url = "redis://host:7000/3"
        username = "app"
        password = "s3cret"
        connect_timeout = "250ms"
        fencing = false
        tls.ca_file = "ca.pem"
        "#,
    )
    .unwrap();
    assert_eq!(config.password, Some(Password::from("s3cret")));
    assert_eq!(config.connect_timeout, Duration::from_millis(250));
    assert_eq!(config.response_timeout, Duration::from_millis(500));
    assert!(!config.fencing);
    let written = toml::to_string(&config).unwrap();
    assert!(written.contains("password = \"***\""), "{written}");
    assert!(toml::from_str::<RedisConfig>(&written).is_ok());
    assert!(toml::from_str::<RedisConfig>("pasword = \"x\"").is_err());
    // Certificates that would not be used.
    assert!(RedisRemote::from_config(config).is_err());
}
