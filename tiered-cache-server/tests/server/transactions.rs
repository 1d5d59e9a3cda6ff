//! `MULTI`, `EXEC`, `WATCH`.

use crate::support::{Client, RedisServer, Sidecar, packed};

#[test]
fn transactions() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let (mut client, mut other) = (sidecar.client(), sidecar.client());
    client.say("SET a 1");
    assert_eq!(client.say("MULTI"), "+OK\r\n");
    assert_eq!(client.say("INCR a"), "+QUEUED\r\n");
    assert_eq!(client.say("SET b 2"), "+QUEUED\r\n");
    assert_eq!(client.say("GET b"), "+QUEUED\r\n");
    assert_eq!(client.say("EXEC"), "*3\r\n:2\r\n+OK\r\n$1\r\n2\r\n");
    assert_eq!(client.say("MGET a b"), "*2\r\n$1\r\n2\r\n$1\r\n2\r\n");
    assert_eq!(client.say("EXEC"), "-ERR EXEC without MULTI\r\n");
    // A watched key that another client changes here, at first only here.
    assert_eq!(client.say("WATCH a"), "+OK\r\n");
    assert_eq!(other.say("SET a 9"), "+OK\r\n");
    client.say("MULTI");
    client.say("SET a lost");
    assert_eq!(client.say("EXEC"), "*-1\r\n");
    assert_eq!(client.say("GET a"), "$1\r\n9\r\n");
    // A mistake in it refuses the whole.
    client.say("MULTI");
    assert!(
        client
            .say("SET a")
            .starts_with("-ERR wrong number of arguments")
    );
    assert!(client.say("EXEC").starts_with("-EXECABORT"));
    // One that clears everything also clears what is only here.
    other.say("SET only-here 1");
    client.say("MULTI");
    client.say("FLUSHALL");
    client.say("SET a 9");
    assert_eq!(client.say("EXEC"), "*2\r\n+OK\r\n+OK\r\n");
    assert_eq!(
        client.say("MGET only-here b a"),
        "*3\r\n$-1\r\n$-1\r\n$1\r\n9\r\n"
    );
    client.say("MULTI");
    client.say("SET a 10");
    assert_eq!(client.say("DISCARD"), "+OK\r\n");
    assert_eq!(client.say("GET a"), "$1\r\n9\r\n");
}

/// Inside a transaction, too, nothing reaches the remote that is not offered; and the transaction is
/// void then, as when Redis refuses a command.
#[test]
fn what_is_not_for_a_transaction_voids_it() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut client = sidecar.client();
    for command in [
        "SELECT 0",
        "AUTH default x",
        "HELLO 2",
        "SUBSCRIBE ch",
        "CLIENT REPLY OFF",
        "MONITOR",
        "DEBUG SLEEP 0",
        "REPLICAOF localhost 1",
        "SHUTDOWN NOSAVE",
        "CONFIG SET maxmemory 1",
        "TIERED.LAG",
    ] {
        assert_eq!(client.say("MULTI"), "+OK\r\n", "{command}");
        assert_eq!(client.say("SET a 1"), "+QUEUED\r\n");
        let said = client.say(command);
        assert!(said.starts_with("-ERR "), "{command}: {said}");
        let void = "-EXECABORT Transaction discarded because of previous errors.\r\n";
        assert_eq!(client.say("EXEC"), void, "{command}");
        assert_eq!(client.say("EXISTS a"), ":0\r\n", "{command}");
    }
    let mut direct = Client::connect(redis.port);
    assert!(direct.say("INFO replication").contains("role:master"));
    assert!(direct.say("CONFIG GET maxmemory").ends_with("$1\r\n0\r\n"));
    // Reading the settings is none of them.
    client.say("MULTI");
    assert_eq!(client.say("CONFIG GET maxmemory"), "+QUEUED\r\n");
    assert!(client.say("EXEC").starts_with("*1\r\n"));
}

/// Between `WATCH` and `EXEC` a client reads what was there at the `WATCH`, or later: what is here may
/// be older, and a transaction that rests on it would undo what another program has written.
#[test]
fn what_is_watched_is_read_anew() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &["--reads-max-age", "1h"]);
    let mut direct = Client::connect(redis.port);
    let mut client = sidecar.client();
    direct.say("SET counter 1");
    assert_eq!(client.say("GET counter"), "$1\r\n1\r\n");
    direct.say("SET counter 2");
    assert_eq!(
        client.say("GET counter"),
        "$1\r\n1\r\n",
        "it is here, and young enough"
    );
    assert_eq!(client.say("WATCH counter"), "+OK\r\n");
    assert_eq!(client.say("GET counter"), "$1\r\n2\r\n");
    client.say("MULTI");
    client.say("SET counter 3");
    assert_eq!(client.say("EXEC"), "*1\r\n+OK\r\n");
    assert_eq!(direct.say("GET counter"), "$1\r\n3\r\n");
    // Watched again and again, a key is watched once: nothing piles up here.
    for _ in 0..1000 {
        client.write(&packed(&[b"WATCH", b"counter", b"counter"]));
    }
    for _ in 0..1000 {
        assert_eq!(client.reply(), b"+OK\r\n");
    }
    direct.say("SET counter 4");
    client.say("MULTI");
    client.say("SET counter 5");
    assert_eq!(client.say("EXEC"), "*-1\r\n");
}
