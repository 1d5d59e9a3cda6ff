//! `TIERED.WATCH`: changes as they happen.

use std::collections::BTreeMap;

use crate::support::{Client, Sidecar, packed};

/// The fields of an event; a value that is missing is `nil`.
fn event(frame: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(frame);
    let mut parts = text.split("\r\n");
    let head: Vec<&str> = parts.by_ref().take(4).collect();
    assert_eq!(head, [">2", "$12", "tiered.watch", "%8"], "{text}");
    let mut texts = Vec::new();
    while let Some(part) = parts.next() {
        match part.split_at_checked(1) {
            Some(("$", _)) => texts.extend(parts.next().map(str::to_owned)),
            Some((":" | "#", value)) => texts.push(value.to_owned()),
            Some(("_", "")) => texts.push("nil".to_owned()),
            None => {}
            Some(_) => panic!("{part} in {text}"),
        }
    }
    let pairs = texts.chunks(2);
    pairs
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

fn next(client: &mut Client) -> BTreeMap<String, String> {
    event(&client.reply())
}

/// The version in the message that tells that the beginning is over.
fn live(client: &mut Client) -> u64 {
    let frame = String::from_utf8(client.reply()).unwrap();
    let version = frame
        .strip_prefix(">2\r\n$17\r\ntiered.watch.live\r\n:")
        .unwrap_or_else(|| panic!("{frame}"));
    version.trim_end().parse().unwrap()
}

fn is(event: &BTreeMap<String, String>, fields: &[(&str, &str)]) {
    for (field, value) in fields {
        assert_eq!(event[*field], *value, "{field} of {event:?}");
    }
}

#[test]
fn every_change_is_pushed_and_commands_go_on() {
    let sidecar = Sidecar::start(&[]);
    let mut writer = sidecar.client();
    writer.say("SET a 1");
    writer.say("SET b 2");
    let mut watcher = Client::connect3(sidecar.port);
    assert_eq!(watcher.say("TIERED.WATCH 0"), "+OK\r\n");
    // First all that is here.
    let first = next(&mut watcher);
    is(
        &first,
        &[
            ("kind", "added"),
            ("key", "a"),
            ("value", "1"),
            ("initial", "t"),
        ],
    );
    is(
        &first,
        &[
            ("previous", "nil"),
            ("expires_ms", "nil"),
            ("origin", "local"),
        ],
    );
    is(&next(&mut watcher), &[("key", "b"), ("initial", "t")]);
    let mut version = live(&mut watcher);
    // Then what happens.
    let mut expect = |watcher: &mut Client, fields: &[(&str, &str)]| {
        let event = next(watcher);
        is(&event, fields);
        let now: u64 = event["version"].parse().unwrap();
        assert!(now > version, "{now} after {version}");
        version = now;
    };
    writer.say("SET a 3");
    let modified = [
        ("kind", "modified"),
        ("value", "3"),
        ("previous", "1"),
        ("initial", "f"),
    ];
    expect(&mut watcher, &modified);
    writer.say("SET a 4 PXAT 99999999999999");
    expect(
        &mut watcher,
        &[("value", "4"), ("expires_ms", "99999999999999")],
    );
    writer.say("DEL a");
    let deleted = [
        ("kind", "deleted"),
        ("key", "a"),
        ("value", "nil"),
        ("previous", "4"),
    ];
    expect(&mut watcher, &deleted);
    // Its own commands go on: the reply, and the event, in whatever order.
    watcher.write(&packed(&[b"SET", b"own", b"5"]));
    let (one, two) = (watcher.reply(), watcher.reply());
    let (reply, change) = if one == b"+OK\r\n" {
        (one, two)
    } else {
        (two, one)
    };
    assert_eq!(reply, b"+OK\r\n");
    is(&event(&change), &[("kind", "added"), ("key", "own")]);
    assert_eq!(watcher.say("GET own"), "$1\r\n5\r\n");

    // From a version: what came after it, and nothing else.
    let since = event(&change)["version"].clone();
    writer.say("SET p:1 x");
    writer.say("SET q:1 x");
    writer.say("SET p:2 y");
    let mut late = Client::connect3(sidecar.port);
    assert_eq!(
        late.say(&format!("TIERED.WATCH {since} prefix p:")),
        "+OK\r\n"
    );
    is(&next(&mut late), &[("key", "p:1"), ("initial", "f")]);
    is(&next(&mut late), &[("key", "p:2")]);

    // It ends when it is asked to.
    assert_eq!(late.say("TIERED.UNWATCH"), "+OK\r\n");
    writer.say("SET p:3 z");
    assert_eq!(late.say("GET p:3"), "$1\r\nz\r\n");
    assert_eq!(late.say("TIERED.WATCH 0 PREFIX none"), "+OK\r\n");
    live(&mut late);
    assert_eq!(late.say("RESET"), "+RESET\r\n");
    writer.say("SET none 1");
    late.resp3 = false;
    assert_eq!(late.say("GET none"), "$1\r\n1\r\n");
}

#[test]
fn what_cannot_be_watched_is_told() {
    let sidecar = Sidecar::start(&["--feed-window-events", "10"]);
    let mut client = sidecar.client();
    assert!(
        client
            .say("TIERED.WATCH 0")
            .starts_with("-ERR TIERED.WATCH pushes events, which needs version 3")
    );
    let mut client = Client::connect3(sidecar.port);
    for number in 0..30 {
        client.say(&format!("SET k {number}"));
    }
    for (command, says) in [
        ("TIERED.WATCH 1", "-TOOOLD "),
        ("TIERED.WATCH 999999999999", "-TOONEW "),
        ("TIERED.WATCH x", "-ERR since is not a version"),
        ("TIERED.WATCH -1", "-ERR since is not a version"),
        ("TIERED.WATCH 0 PREFIX", "-ERR syntax error"),
        ("TIERED.WATCH 0 SUFFIX a", "-ERR syntax error"),
        (
            "TIERED.WATCH",
            "-ERR wrong number of arguments for 'tiered.watch' command",
        ),
    ] {
        let said = client.say(command);
        assert!(said.starts_with(says), "{command}: {said}");
    }
    assert_eq!(client.say("GET k"), "$2\r\n29\r\n");
    // Going back to version 2 ends it.
    assert_eq!(client.say("TIERED.WATCH 0"), "+OK\r\n");
    is(&next(&mut client), &[("key", "k")]);
    live(&mut client);
    client.write(&packed(&[b"HELLO", b"2"]));
    client.resp3 = false;
    assert!(client.reply().starts_with(b"*14\r\n"));
    assert_eq!(client.say("SET k new"), "+OK\r\n");
    assert_eq!(client.say("GET k"), "$3\r\nnew\r\n");
}

/// A watcher that does not read falls behind, is told so, and holds up nobody; nothing waits for it in
/// memory.
#[test]
fn slow_watchers_are_told_to_begin_again() {
    let sidecar = Sidecar::start(&["--feed-window-events", "50", "--output-buffer", "64 KiB"]);
    let mut watcher = Client::connect3(sidecar.port);
    assert_eq!(watcher.say("TIERED.WATCH 0"), "+OK\r\n");
    live(&mut watcher);
    let mut writer = sidecar.client();
    let value = vec![b'x'; 50_000];
    let memory = sidecar.resident();
    for number in 0..3000 {
        let key = format!("k{}", number % 20);
        assert_eq!(writer.call(&[b"SET", key.as_bytes(), &value]), b"+OK\r\n");
    }
    // 150 MB of values, and as many values before.
    let more = sidecar.resident().saturating_sub(memory);
    assert!(more < 120 << 20, "{more} bytes more are resident");
    let end = loop {
        let frame = watcher.reply();
        if !frame.starts_with(b">2\r\n$12\r\n") {
            break String::from_utf8(frame).unwrap();
        }
    };
    assert!(end.contains("tiered.watch.end"), "{end}");
    assert!(end.contains("TOOOLD"), "{end}");
    assert_eq!(watcher.say("PING"), "+PONG\r\n");
    assert_eq!(watcher.say("TIERED.WATCH 0"), "+OK\r\n");
    for _ in 0..20 {
        is(&next(&mut watcher), &[("initial", "t")]);
    }
    live(&mut watcher);
}
