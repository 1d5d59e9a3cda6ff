//! What clients say of themselves, and do to each other.

use std::fs;

use crate::support::{Client, RedisServer, Sidecar, packed};

/// What client libraries send when they connect is answered as they need it.
#[test]
fn greetings_of_client_libraries() {
    let redis = RedisServer::start();
    for sidecar in [Sidecar::start(&[]), Sidecar::before(&redis.url(), &[])] {
        let mut client = sidecar.client();
        for command in [
            "CLIENT SETINFO LIB-NAME redis-py",
            "CLIENT SETINFO LIB-VER 6.4.0",
            "CLIENT SETNAME app",
            "CLIENT NO-TOUCH on",
            "SELECT 0",
        ] {
            assert_eq!(client.say(command), "+OK\r\n", "{command}");
        }
        assert_eq!(client.say("PING"), "+PONG\r\n");
        assert!(
            client
                .say("INFO server")
                .contains("redis_version:7.0.15\r\n")
        );
        assert!(client.say("INFO replication").contains("role:master\r\n"));
        assert!(client.say("INFO memory").contains("used_memory_rss:"));
        assert!(client.say("CONFIG GET databases").starts_with("*2\r\n"));
        assert!(client.say("ROLE").starts_with("*3\r\n$6\r\nmaster\r\n"));
        let no_cluster = "-ERR This instance has cluster support disabled\r\n";
        for command in ["CLUSTER SLOTS", "CLUSTER SHARDS", "READONLY", "ASKING"] {
            assert_eq!(client.say(command), no_cluster, "{command}");
        }
        // These are told, and go on without.
        for command in [
            "CLIENT MAINT_NOTIFICATIONS ON",
            "SENTINEL MASTERS",
            "CLIENT TRACKING ON",
        ] {
            assert!(client.say(command).starts_with("-ERR "), "{command}");
        }
        client.write(&packed(&[b"HELLO", b"3", b"SETNAME", b"app"]));
        client.resp3 = true;
        let hello = client.reply();
        assert!(hello.starts_with(b"%7\r\n"), "{}", hello.escape_ascii());
        let info = client.say("CLIENT INFO");
        for field in [
            " name=app ",
            " flags=N ",
            " user=default ",
            " resp=3\n",
            " laddr=127.0.0.1:",
        ] {
            assert!(info.contains(field), "{field}: {info}");
        }
    }
}

/// Commands whose replies are not wanted are done, and all others are answered: as Redis does it.
#[test]
fn replies_that_are_not_wanted() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::start(&[]);
    let mut bytes = Vec::new();
    for line in [
        "SET a 1",
        "CLIENT REPLY SKIP",
        "SET a 2",
        "GET a",
        "CLIENT REPLY SKIP",
        "CLIENT REPLY SKIP",
        "GET a",
        "GET a",
        "CLIENT REPLY SKIP",
        "CLIENT REPLY ON",
        "CLIENT REPLY OFF",
        "GET a",
        "MGET a a",
        "SET a 3",
        "INCR a",
        "PING",
        "NOSUCH",
        "CLIENT REPLY SKIP",
        "GET a",
        "CLIENT REPLY ON",
        "GET a",
        "CLIENT REPLY OFF",
        "RESET",
        "GET a",
        "QUIT",
    ] {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        bytes.extend(packed(&words));
    }
    let said = [sidecar.port, redis.port].map(|port| {
        let mut client = Client::connect(port);
        client.write(&bytes);
        client.rest().escape_ascii().to_string()
    });
    assert_eq!(said[0], said[1]);
    assert!(said[0].contains("$1\\r\\n4\\r\\n"), "{}", said[0]);
}

fn id_of(client: &mut Client) -> String {
    let id = client.say("CLIENT ID");
    id.trim_start_matches(':').trim_end().to_owned()
}

#[test]
fn clients_are_listed_and_ended() {
    let redis = RedisServer::start();
    let sidecar = Sidecar::before(&redis.url(), &[]);
    let mut client = sidecar.client();
    let (mut idle, mut blocked, mut subscriber) =
        (sidecar.client(), sidecar.client(), sidecar.client());
    let [idle_id, blocked_id, subscriber_id] =
        [&mut idle, &mut blocked, &mut subscriber].map(id_of);
    blocked.write(b"BLPOP nothing 0\r\n");
    subscriber.say("SUBSCRIBE ch");
    let listed = client.say("CLIENT LIST TYPE pubsub");
    assert!(listed.contains(&format!("id={subscriber_id} ")), "{listed}");
    assert!(listed.contains(" flags=P "), "{listed}");
    assert_eq!(listed.matches("id=").count(), 1, "{listed}");
    let listed = client.say(&format!("CLIENT LIST ID {idle_id} {blocked_id} 999999"));
    assert_eq!(listed.matches("id=").count(), 2, "{listed}");
    // One that waits, and one that does nothing.
    assert_eq!(
        client.say(&format!("CLIENT KILL ID {blocked_id}")),
        ":1\r\n"
    );
    assert_eq!(blocked.rest(), b"");
    let listed = client.say(&format!("CLIENT LIST ID {idle_id}"));
    let (_, address) = listed.split_once(" addr=").unwrap();
    let (address, _) = address.split_once(' ').unwrap();
    assert_eq!(client.say(&format!("CLIENT KILL {address}")), "+OK\r\n");
    assert_eq!(idle.rest(), b"");
    assert_eq!(client.say("CLIENT KILL TYPE pubsub"), ":1\r\n");
    assert_eq!(subscriber.rest(), b"");
    // Itself: not without being told to, and then with a reply.
    let own = id_of(&mut client);
    assert_eq!(client.say(&format!("CLIENT KILL ID {own}")), ":0\r\n");
    client.write(&packed(&[
        b"CLIENT",
        b"KILL",
        b"ID",
        own.as_bytes(),
        b"SKIPME",
        b"no",
    ]));
    assert_eq!(client.rest(), b":1\r\n");
}

/// On a Unix socket, the address is its path.
#[test]
fn a_unix_client_is_listed_by_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sock");
    let path = path.to_str().unwrap();
    let _sidecar = Sidecar::start(&["--unixsocket", path]);
    let output = std::process::Command::new("redis-cli")
        .args(["-s", path, "client", "list"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains(&format!(" addr={path}:0 laddr={path}:0 ")),
        "{said}"
    );
}

/// Who only promises much takes no memory.
#[test]
fn promises_take_no_memory() {
    let sidecar = Sidecar::start(&[]);
    let mut client = sidecar.client();
    client.say("PING");
    let before = sidecar.resident();
    let promise = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nx";
    let clients: Vec<Client> = (0..400)
        .map(|_| {
            let mut client = sidecar.client();
            client.write(promise);
            client
        })
        .collect();
    while client.say("CLIENT LIST").matches("id=").count() < clients.len() + 1 {}
    // What was sent last has been read, too, when a command that came after it is answered.
    client.say("SET a 1");
    let more = sidecar.resident().saturating_sub(before);
    assert!(more < 100 << 20, "{more} bytes more are resident");
}

/// Those who hang on the pages take no place from those who use the cache.
#[test]
fn pages_have_their_own_bound() {
    let sidecar = Sidecar::start(&[]);
    let mut client = sidecar.client();
    client.say("PING");
    let files = || {
        fs::read_dir(format!("/proc/{}/fd", sidecar.id()))
            .unwrap()
            .count()
    };
    let before = files();
    let hanging: Vec<_> = (0..120)
        .map(|_| {
            let mut client = Client::connect(sidecar.metrics);
            client.write(b"GET / HT");
            client
        })
        .collect();
    while files() < before + 60 {
        std::thread::yield_now();
    }
    for number in 0..200 {
        assert_eq!(client.say(&format!("SET k{number} v")), "+OK\r\n");
        let now = files();
        assert!(now < before + 90, "{now} files, {before} before");
    }
    drop(hanging);
    assert_eq!(crate::status::get(sidecar.metrics, "/health").0, 200);
}

/// Half a question to the pages is not waited for without an end.
#[test]
fn a_page_is_not_waited_for_without_an_end() {
    let sidecar = Sidecar::start(&[]);
    let mut client = Client::connect(sidecar.metrics);
    client.write(b"GET / HT");
    assert_eq!(client.rest(), b"");
}
