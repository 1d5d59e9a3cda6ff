//! Commands that the remote does.

use std::thread;
use std::time::Duration;

use crate::support::{Client, Proxy, RedisOptions, RedisServer, Sidecar};

#[test]
fn commands_of_other_types_see_and_change_the_same_keys() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut client = sidecar.client();
    client.say("SET n 5");
    // Our last change is there before the command, and forgotten after it.
    assert_eq!(client.say("INCR n"), ":6\r\n");
    assert_eq!(client.say("GET n"), "$1\r\n6\r\n");
    client.say("SET a 1");
    assert_eq!(client.say("RENAME a b"), "+OK\r\n");
    assert_eq!(client.say("MGET a b"), "*2\r\n$-1\r\n$1\r\n1\r\n");
    assert_eq!(
        client.say("EVAL return(redis.call('set',KEYS[1],'lua')) 1 b"),
        "+OK\r\n"
    );
    assert_eq!(client.say("GET b"), "$3\r\nlua\r\n");
    assert_eq!(client.say("HSET h f v"), ":1\r\n");
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
    assert_eq!(client.say("GET h"), wrong);
    assert_eq!(client.say("TYPE h"), "+hash\r\n");
    assert_eq!(client.say("EXPIREAT h 99999999999"), ":1\r\n");
    assert_eq!(client.say("EXPIRETIME h"), ":99999999999\r\n");
    assert_eq!(client.say("EXISTS h b"), ":2\r\n");
    assert_eq!(client.say("SET h now-a-string"), "+OK\r\n");
    assert_eq!(client.say("HGETALL h"), wrong);
    assert_eq!(client.say("DEL h b"), ":2\r\n");
    assert_eq!(
        client.say("NOSUCH x"),
        "-ERR unknown command 'NOSUCH', with args beginning with: 'x' \r\n"
    );
    assert!(
        client
            .say("SHUTDOWN")
            .starts_with("-ERR 'shutdown' is not offered")
    );
    assert_eq!(client.say("PING"), "+PONG\r\n");
}

/// A key that is too long to be here is deleted, and expires, at the remote.
#[test]
fn keys_that_are_too_long_for_here_are_the_remotes() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &["--writes-max-key-size", "100 B"]);
    let mut direct = Client::connect(redis.port);
    let long = "k".repeat(200);
    direct.say(&format!("SET {long} v"));
    let mut client = sidecar.client();
    assert_eq!(client.say(&format!("GET {long}")), "$1\r\nv\r\n");
    assert_eq!(
        client.say(&format!("EXPIREAT {long} 99999999999")),
        ":1\r\n"
    );
    assert_eq!(
        direct.say(&format!("EXPIRETIME {long}")),
        ":99999999999\r\n"
    );
    assert_eq!(client.say(&format!("INCR {long}2")), ":1\r\n");
    assert_eq!(client.say(&format!("DEL {long} {long}2")), ":2\r\n");
    assert_eq!(direct.say("DBSIZE"), ":0\r\n");
    assert!(
        client
            .say(&format!("SET {long} v"))
            .starts_with("-ERR the key has 200 bytes")
    );
}

#[test]
fn blocking_commands_block_only_their_client() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut waiting = sidecar.client();
    waiting.write(b"BLPOP list 0\r\nSET after 1\r\n");
    let mut client = sidecar.client();
    assert_eq!(client.say("SET a 1"), "+OK\r\n");
    assert_eq!(client.say("GET after"), "$-1\r\n");
    assert_eq!(client.say("RPUSH list x"), ":1\r\n");
    assert_eq!(waiting.reply(), b"*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
    assert_eq!(waiting.reply(), b"+OK\r\n");
    // One that goes while it waits takes nothing with it.
    let mut gone = sidecar.client();
    gone.write(b"BLPOP list 0\r\n");
    drop(gone);
    while sidecar.client().say("CLIENT LIST").matches("id=").count() > 3 {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(client.say("RPUSH list y"), ":1\r\n");
    assert_eq!(client.say("LPOP list"), "$1\r\ny\r\n");
}

/// A blocking command is done at the remote, and its client goes before it has heard of that: what is
/// known here of the keys is forgotten all the same.
#[test]
fn a_client_that_vanishes_leaves_nothing_old_behind() {
    let redis = RedisServer::start();
    let proxy = Proxy::to(redis.port);
    let sidecar = Sidecar::before(&proxy.url(), &["--reads-negative-ttl", "1h"]);
    let mut client = sidecar.client();
    assert_eq!(client.say("EXISTS to"), ":0\r\n");
    let mut waiting = sidecar.client();
    waiting.write(b"BLMOVE from to LEFT LEFT 0\r\n");
    let mut direct = Client::connect(redis.port);
    while !direct.say("INFO clients").contains("blocked_clients:1") {
        thread::sleep(Duration::from_millis(5));
    }
    proxy.drop_replies(true);
    assert_eq!(direct.say("RPUSH from x"), ":1\r\n");
    drop(waiting);
    while sidecar.client().say("CLIENT LIST").matches("id=").count() > 2 {
        thread::sleep(Duration::from_millis(5));
    }
    proxy.pass();
    assert_eq!(direct.say("LLEN to"), ":1\r\n");
    assert_eq!(client.say("EXISTS to"), ":1\r\n");
}

#[test]
fn wait_is_for_the_clients_own_writes() {
    let redis = RedisServer::start();
    let mut direct = Client::connect(redis.port);
    let user = "ACL SETUSER cache on >secret ~ok* +@all";
    assert_eq!(direct.say(user), "+OK\r\n");
    let url = redis.url().replace("redis://", "redis://cache:secret@");
    let sidecar = Sidecar::before(&url, &["--flush-linger", "200ms"]);
    let (mut refused, mut client) = (sidecar.client(), sidecar.client());
    // Nothing written: nothing to wait for.
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    assert_eq!(refused.say("SET forbidden 1"), "+OK\r\n");
    for number in 0..300 {
        assert_eq!(client.say(&format!("SET ok{number} 1")), "+OK\r\n");
    }
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    assert_eq!(direct.say("GET ok299"), "$1\r\n1\r\n");
    // What the remote refuses for good does not arrive, however long one waits.
    assert_eq!(refused.say("WAIT 1 20000"), ":0\r\n");
    assert!(
        sidecar
            .client()
            .say("INFO writebehind")
            .contains("dead_letters:1")
    );
    // Others are not held up, in whatever way they write.
    for command in [
        "DEL ok0",
        "SET ok1 2 KEEPTTL",
        "EXPIRE ok2 1000",
        "MSET ok3 1 ok4 2",
    ] {
        client.say(command);
        assert_eq!(client.say("WAIT 1 20000"), ":1\r\n", "{command}");
    }
    assert_eq!(
        direct.say("MGET ok0 ok1 ok4"),
        "*3\r\n$-1\r\n$1\r\n2\r\n$1\r\n2\r\n"
    );
    assert_eq!(client.say("WAIT 0 0"), ":1\r\n");
    assert_eq!(
        client.say("WAIT x 0"),
        "-ERR value is not an integer or out of range\r\n"
    );
    assert_eq!(client.say("WAIT 1 -1"), "-ERR timeout is negative\r\n");
}

#[test]
fn subscriptions() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut publisher = sidecar.client();
    for mut subscriber in [sidecar.client(), Client::connect3(sidecar.port)] {
        let kind = if subscriber.resp3 { ">" } else { "*" };
        let channel = "$2\r\nch\r\n";
        assert_eq!(
            subscriber.say("SUBSCRIBE ch"),
            format!("{kind}3\r\n$9\r\nsubscribe\r\n{channel}:1\r\n")
        );
        assert_eq!(publisher.say("PUBLISH ch hi"), ":1\r\n");
        let message = String::from_utf8(subscriber.reply()).unwrap();
        assert_eq!(
            message,
            format!("{kind}3\r\n$7\r\nmessage\r\n{channel}$2\r\nhi\r\n")
        );
        if subscriber.resp3 {
            assert_eq!(subscriber.say("SET a 1"), "+OK\r\n");
        } else {
            assert!(
                subscriber
                    .say("GET a")
                    .starts_with("-ERR Can't execute 'get': only")
            );
            assert_eq!(subscriber.say("PING"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
        }
        assert_eq!(
            subscriber.say("UNSUBSCRIBE"),
            format!("{kind}3\r\n$11\r\nunsubscribe\r\n{channel}:0\r\n")
        );
        assert_eq!(subscriber.say("SET a 2"), "+OK\r\n");
    }
}

/// A subscriber that goes back to version 2 gets its messages in that.
#[test]
fn a_subscriber_changes_the_protocol() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut publisher = sidecar.client();
    let mut subscriber = Client::connect3(sidecar.port);
    subscriber.say("SUBSCRIBE ch");
    subscriber.write(&crate::support::packed(&[b"HELLO", b"2"]));
    subscriber.resp3 = false;
    assert!(subscriber.reply().starts_with(b"*14\r\n"));
    assert_eq!(publisher.say("PUBLISH ch hi"), ":1\r\n");
    let message = String::from_utf8(subscriber.reply()).unwrap();
    assert_eq!(message, "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$2\r\nhi\r\n");
    assert!(
        subscriber
            .say("GET a")
            .starts_with("-ERR Can't execute 'get': only")
    );
    assert_eq!(
        subscriber.say("UNSUBSCRIBE ch"),
        "*3\r\n$11\r\nunsubscribe\r\n$2\r\nch\r\n:0\r\n"
    );
}

/// A subscriber that does not read is dropped in the end, by the remote or here; its messages do not
/// pile up, and nobody waits for it.
#[test]
fn slow_subscribers_are_dropped() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &["--write-timeout", "1s"]);
    let mut client = sidecar.client();
    let mut subscriber = sidecar.client();
    subscriber.say("SUBSCRIBE ch");
    let mut direct = Client::connect(redis.port);
    let message = vec![b'x'; 1 << 20];
    let before = sidecar.resident();
    for number in 0..150 {
        direct.call(&[b"PUBLISH", b"ch", &message]);
        assert_eq!(client.say(&format!("SET k{number} v")), "+OK\r\n");
    }
    let more = sidecar.resident().saturating_sub(before);
    assert!(more < 64 << 20, "{more} bytes more are resident");
    while client.say("CLIENT LIST").matches("id=").count() > 1 {
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_remote_has_a_password_and_a_database() {
    let redis = RedisServer::start_with(RedisOptions {
        password: Some("sesame".to_owned()),
        ..RedisOptions::default()
    });
    let url = format!("{}/3", redis.url());
    let sidecar = Sidecar::before(&url, &[]);
    let mut client = Client::connect3(sidecar.port);
    assert_eq!(client.say("SET a 1"), "+OK\r\n");
    assert_eq!(client.say("HSET h f v"), ":1\r\n");
    assert_eq!(client.say("HGETALL h"), "%1\r\n$1\r\nf\r\n$1\r\nv\r\n");
    assert_eq!(client.say("WAIT 1 20000"), ":1\r\n");
    let mut direct = Client::connect(redis.port);
    direct.say("AUTH sesame");
    direct.say("SELECT 3");
    assert_eq!(direct.say("GET a"), "$1\r\n1\r\n");
    assert!(!sidecar.log().contains("sesame"), "{}", sidecar.log());
    assert!(!client.say("INFO").contains("sesame"));
}

#[test]
fn own_commands() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut client = sidecar.client();
    client.say("SET a 1");
    assert!(
        client
            .say("TIERED.FLUSH 20000")
            .starts_with("*8\r\n$8\r\ncomplete\r\n:1\r\n")
    );
    assert!(client.say("TIERED.SYNCSTATE a").contains("clean"));
    assert!(
        client
            .say("TIERED.LAG")
            .starts_with("*8\r\n$10\r\ndirty_keys\r\n:0\r\n")
    );
    assert_eq!(client.say("TIERED.EVICTLOCAL a b"), ":2\r\n");
    assert!(client.say("TIERED.SYNCSTATE a").contains("unknown"));
    assert_eq!(client.say("TIERED.DEADLETTERS LIST"), "*0\r\n");
    assert_eq!(client.say("TIERED.DEADLETTERS RETRY"), ":0\r\n");
    assert_eq!(client.say("TIERED.DEADLETTERS DISCARD a"), ":0\r\n");
    assert!(
        client
            .say("TIERED.DEADLETTERS X")
            .starts_with("-ERR LIST, RETRY")
    );
    let help = client.say("TIERED.HELP");
    assert!(help.contains("TIERED.LAG") && help.contains("TIERED.WATCH since [PREFIX prefix]"));
    assert!(client.say("INFO writebehind").contains("dirty_keys:0"));
    assert_eq!(client.say("COMMAND INFO nosuch"), "*1\r\n$-1\r\n");
}
