use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::time::{sleep, timeout};

use super::state::State;
use super::*;
use crate::clock::now_ms;

const LONG: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_millis(50);

fn set(key: &'static str, value: &'static str) -> RemoteWrite {
    RemoteWrite::Set {
        key: key.into(),
        value: value.into(),
        expires_at: None,
    }
}

fn delete(key: &'static str) -> RemoteWrite {
    RemoteWrite::Delete { key: key.into() }
}

async fn connect(remote: &MemoryRemote, fence: &[ConnectionId]) -> Box<dyn RemoteLane> {
    let name = "home";
    let request = ConnectRequest { name, fence };
    remote.connect(request).await.unwrap()
}

fn held(remote: &MemoryRemote, key: &str) -> Option<String> {
    let value = remote.get(key)?.value;
    Some(String::from_utf8(value.to_vec()).unwrap())
}

async fn read_one(remote: &MemoryRemote, key: &'static str) -> Result<Option<Bytes>, RemoteError> {
    let values = remote.read(&[key.into()]).await?;
    let value = values.into_iter().next().unwrap()?;
    Ok(value.map(|v| v.value))
}

fn kind<T: fmt::Debug>(result: Result<T, RemoteError>) -> RemoteErrorKind {
    result.unwrap_err().kind()
}

#[tokio::test]
async fn writes_are_applied_and_read() {
    let remote = MemoryRemote::new();
    let mut lane = connect(&remote, &[]).await;
    let answers = lane.apply(vec![
        set("a", "1"),
        set("b", "2"),
        delete("a"),
        delete("none"),
    ]);
    assert_eq!(answers.await.unwrap(), vec![Ok(()); 4]);
    let keys = ["a".into(), "b".into(), "b".into()];
    let values = remote.read(&keys).await.unwrap();
    let b = RemoteValue {
        value: "2".into(),
        expires_at: None,
    };
    assert_eq!(values, [Ok(None), Ok(Some(b.clone())), Ok(Some(b.clone()))]);
    assert_eq!(
        remote.snapshot().into_iter().collect::<Vec<_>>(),
        [("b".into(), b)]
    );
    assert_eq!((remote.reads(), remote.keys_read()), (1, 3));
    assert_eq!(
        (remote.batches(), remote.writes(), remote.connects()),
        (1, 4, 1)
    );
    assert_eq!(remote.len(), 1);
    assert!(
        remote.applied().is_empty(),
        "nothing is recorded unless asked for"
    );
}

#[tokio::test]
async fn expired_entries_are_absent() {
    let remote = MemoryRemote::new();
    remote.set("stays", "1", Some(now_ms() + 60_000));
    remote.set("goes", "1", Some(now_ms() + 5));
    remote.set("gone", "1", None);
    remote.set("gone", "2", Some(now_ms() - 1));
    assert_eq!(held(&remote, "gone"), None);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(read_one(&remote, "goes").await, Ok(None));
    assert_eq!(remote.remove("goes"), None);
    assert_eq!(remote.len(), 1);
    assert!(remote.remove("stays").unwrap().expires_at.is_some());
    assert!(remote.is_empty());
}

#[test]
fn expired_entries_do_not_pile_up() {
    let mut state = State::default();
    let mut store = |numbers: std::ops::Range<u32>, expires_at| {
        for n in numbers {
            state.store(n.to_string().as_bytes(), b"", expires_at);
        }
        state.entries()
    };
    store(0..2000, Some(now_ms() + 200));
    std::thread::sleep(Duration::from_millis(210));
    assert_eq!(store(2000..5000, None), 3000);
}

#[tokio::test]
async fn the_round_trip_has_fractions_of_a_millisecond() {
    let latency = Duration::from_micros(500);
    let remote = MemoryRemote::new().with_latency(latency);
    let mut lane = connect(&remote, &[]).await;
    let mut best = LONG;
    for _ in 0..20 {
        let start = Instant::now();
        lane.apply(vec![set("a", "1")]).await.unwrap();
        let taken = start.elapsed();
        assert!(taken >= latency, "{taken:?}");
        best = best.min(taken);
        let start = Instant::now();
        read_one(&remote, "a").await.unwrap();
        assert!(start.elapsed() >= latency);
    }
    assert!(best < latency * 2, "{best:?}");
}

#[tokio::test]
async fn a_dropped_future_does_not_call_back_what_was_sent() {
    let remote = MemoryRemote::new().with_latency(MOMENT);
    let mut lane = connect(&remote, &[]).await;
    drop(lane.apply(vec![set("a", "1"), set("b", "1")]));
    assert!(remote.is_empty(), "half of the round trip is not over");
    drop(lane);
    sleep(MOMENT).await;
    assert_eq!(remote.len(), 2);
}

#[tokio::test]
async fn a_fence_stops_what_has_not_arrived() {
    let remote = MemoryRemote::new().with_latency(MOMENT);
    let mut old = connect(&remote, &[]).await;
    remote.set_latency(MOMENT * 5);
    let lost = old.apply(vec![set("a", "old")]);
    remote.set_latency(Duration::ZERO);
    let mut new = connect(&remote, &[old.id()]).await;
    assert_eq!((old.id(), new.id()), (ConnectionId(1), ConnectionId(2)));
    assert_eq!(
        kind(timeout(MOMENT, lost).await.unwrap()),
        RemoteErrorKind::Unavailable
    );
    new.apply(vec![set("a", "new")]).await.unwrap();
    let late = old.apply(vec![set("a", "older")]).await;
    assert_eq!(kind(late), RemoteErrorKind::Unavailable);
    sleep(MOMENT * 5).await;
    assert_eq!(held(&remote, "a").unwrap(), "new");
}

#[tokio::test]
async fn a_fence_spares_connections_with_another_name() {
    let remote = MemoryRemote::new();
    let mut ours = connect(&remote, &[]).await;
    let request = ConnectRequest {
        name: "other",
        fence: &[ours.id(), ConnectionId(99)],
    };
    remote.connect(request).await.unwrap();
    ours.apply(vec![set("a", "1")]).await.unwrap();
}

#[tokio::test]
async fn overlapping_batches_keep_the_order_of_the_calls() {
    for latency in [0, 2] {
        let remote = MemoryRemote::new().with_latency(Duration::from_millis(latency));
        remote.record(true);
        let mut lane = connect(&remote, &[]).await;
        let first = lane.apply(vec![set("a", "1"), set("b", "1")]);
        // Sent later on a shorter way: it does not overtake.
        remote.set_latency(Duration::ZERO);
        let second = lane.apply(vec![set("a", "2")]);
        timeout(LONG, second).await.unwrap().unwrap();
        assert_eq!(held(&remote, "a").unwrap(), "2");
        timeout(LONG, first).await.unwrap().unwrap();
        let connection = lane.id();
        let expected = [set("a", "1"), set("b", "1"), set("a", "2")]
            .map(|write| Applied { connection, write });
        assert_eq!(remote.applied(), expected);
        remote.record(false);
        assert!(remote.applied().is_empty());
    }
}

#[tokio::test]
async fn a_store_that_is_down_fails_at_once() {
    let remote = MemoryRemote::new().with_latency(LONG);
    remote.set("a", "1", None);
    let read = remote.read(&[]);
    remote.set_latency(Duration::ZERO);
    let mut lane = connect(&remote, &[]).await;
    remote.set_latency(LONG);
    let under_way = lane.apply(vec![set("a", "2")]);
    drop(read);
    remote.set_down(true);
    let start = Instant::now();
    assert_eq!(kind(under_way.await), RemoteErrorKind::Unavailable);
    assert_eq!(
        kind(lane.apply(Vec::new()).await),
        RemoteErrorKind::Unavailable
    );
    assert_eq!(
        kind(read_one(&remote, "a").await),
        RemoteErrorKind::Unavailable
    );
    let request = ConnectRequest {
        name: "home",
        fence: &[],
    };
    assert_eq!(
        kind(remote.connect(request).await),
        RemoteErrorKind::Unavailable
    );
    assert!(start.elapsed() < LONG / 2);
    remote.set_down(false);
    remote.set_latency(Duration::ZERO);
    assert_eq!(read_one(&remote, "a").await.unwrap().unwrap(), "1");
    assert_eq!(
        kind(lane.apply(vec![set("a", "3")]).await),
        RemoteErrorKind::Unavailable
    );
    connect(&remote, &[]).await;
    assert_eq!(held(&remote, "a").unwrap(), "1");
}

#[tokio::test]
async fn a_hanging_store_goes_on() {
    let remote = MemoryRemote::new();
    let mut old = connect(&remote, &[]).await;
    remote.set_hanging(true);
    drop(old.apply(vec![set("a", "old")]));
    let read = tokio::spawn({
        let remote = remote.clone();
        async move { read_one(&remote, "a").await }
    });
    let id = old.id();
    let connecting = tokio::spawn({
        let remote = remote.clone();
        async move { connect(&remote, &[id]).await }
    });
    let write = old.apply(vec![set("b", "1")]);
    sleep(MOMENT).await;
    assert!(!read.is_finished() && !connecting.is_finished());
    assert!(remote.is_empty());
    remote.set_hanging(false);
    timeout(LONG, write).await.unwrap().unwrap();
    let value = timeout(LONG, read).await.unwrap().unwrap();
    assert_eq!(value.unwrap().unwrap(), "old");
    timeout(LONG, connecting).await.unwrap().unwrap();
}

#[tokio::test]
async fn going_down_frees_what_hangs() {
    let remote = MemoryRemote::new();
    let mut lane = connect(&remote, &[]).await;
    remote.set_hanging(true);
    let write = lane.apply(vec![set("a", "1")]);
    let keys = ["a".into()];
    let read = remote.read(&keys);
    let (write, read, ()) = tokio::join!(write, read, async {
        sleep(Duration::from_millis(2)).await;
        remote.set_down(true);
        remote.set_down(false);
        remote.set_hanging(false);
    });
    assert_eq!(kind(write), RemoteErrorKind::Unavailable);
    assert_eq!(kind(read), RemoteErrorKind::Unavailable);
    assert!(remote.is_empty());
}

#[tokio::test]
async fn a_refused_batch_is_not_applied() {
    let remote = MemoryRemote::new();
    let mut lane = connect(&remote, &[]).await;
    remote.script(Fault::Refuse("OOM"));
    let answers = lane
        .apply(vec![set("a", "1"), set("b", "1")])
        .await
        .unwrap();
    assert_eq!(answers.len(), 2);
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), RemoteErrorKind::Refusing);
        assert_eq!(error.code(), Some("OOM"));
    }
    assert!(remote.is_empty());
    lane.apply(vec![set("a", "1")]).await.unwrap();
    assert_eq!(remote.len(), 1);
}

#[tokio::test]
async fn faults_that_end_the_connection() {
    let cases = [
        (Fault::Disconnect, 0),
        (Fault::Partial(1), 1),
        (Fault::LostReply, 3),
        (Fault::Partial(9), 3),
    ];
    for (fault, applied) in cases {
        let remote = MemoryRemote::new().with_latency(Duration::from_millis(1));
        let mut lane = connect(&remote, &[]).await;
        remote.script(fault);
        let batch = vec![set("a", "1"), set("b", "1"), set("c", "1")];
        let (first, behind) = (lane.apply(batch), lane.apply(vec![set("a", "2")]));
        assert_eq!(kind(first.await), RemoteErrorKind::Unavailable, "{fault:?}");
        assert_eq!(
            kind(behind.await),
            RemoteErrorKind::Unavailable,
            "{fault:?}"
        );
        let later = lane.apply(vec![set("a", "3")]).await;
        assert_eq!(kind(later), RemoteErrorKind::Unavailable, "{fault:?}");
        assert_eq!(remote.len(), applied, "{fault:?}");
        assert_eq!(remote.writes(), applied as u64, "{fault:?}");
        assert_ne!(held(&remote, "a").as_deref(), Some("2"), "{fault:?}");
        let mut lane = connect(&remote, &[]).await;
        lane.apply(vec![set("a", "4")]).await.unwrap();
    }
}

#[tokio::test]
async fn a_delayed_batch_arrives_unless_fenced() {
    for fenced in [false, true] {
        let remote = MemoryRemote::new();
        let mut old = connect(&remote, &[]).await;
        remote.script(Fault::Delayed(MOMENT));
        let answer = old.apply(vec![set("a", "old")]).await;
        assert_eq!(kind(answer), RemoteErrorKind::Timeout);
        let more = old.apply(vec![set("b", "old")]).await;
        assert_eq!(kind(more), RemoteErrorKind::Unavailable);
        let id = old.id();
        drop(old);
        let fence = if fenced { vec![id] } else { Vec::new() };
        let mut new = connect(&remote, &fence).await;
        new.apply(vec![set("a", "new")]).await.unwrap();
        assert_eq!(held(&remote, "a").unwrap(), "new");
        sleep(MOMENT * 2).await;
        let last = if fenced { "new" } else { "old" };
        assert_eq!(held(&remote, "a").unwrap(), last);
        assert_eq!(remote.len(), 1);
    }
}

#[tokio::test]
async fn a_batch_hangs_until_its_connection_is_fenced() {
    let remote = MemoryRemote::new();
    let mut old = connect(&remote, &[]).await;
    remote.script(Fault::Hang);
    let mut first = old.apply(vec![set("a", "1")]);
    let mut behind = old.apply(vec![set("b", "1")]);
    assert!(timeout(MOMENT, &mut first).await.is_err());
    assert!((&mut behind).now_or_never().is_none());
    connect(&remote, &[old.id()]).await;
    assert_eq!(kind(first.await), RemoteErrorKind::Unavailable);
    assert_eq!(kind(behind.await), RemoteErrorKind::Unavailable);
    assert!(remote.is_empty());
}

#[tokio::test]
async fn a_scripted_panic_panics_in_the_future() {
    let remote = MemoryRemote::new();
    let mut lane = connect(&remote, &[]).await;
    remote.script(Fault::Panic);
    remote.script_read(Fault::Panic);
    let write = AssertUnwindSafe(lane.apply(vec![set("a", "1")])).catch_unwind();
    assert!(write.await.is_err());
    let read = AssertUnwindSafe(read_one(&remote, "a")).catch_unwind();
    assert!(read.await.is_err());
    assert!(remote.is_empty());
    lane.apply(vec![set("a", "1")]).await.unwrap();
    assert_eq!(read_one(&remote, "a").await.unwrap().unwrap(), "1");
}

#[tokio::test]
async fn reads_have_faults_too() {
    let remote = MemoryRemote::new();
    remote.set("a", "1", None);
    for fault in [Fault::Disconnect, Fault::LostReply, Fault::Partial(1)] {
        remote.script_read(fault);
        assert_eq!(
            kind(read_one(&remote, "a").await),
            RemoteErrorKind::Unavailable
        );
    }
    remote.script_read(Fault::Refuse("LOADING"));
    let values = remote.read(&["a".into(), "b".into()]).await.unwrap();
    assert!(values.len() == 2 && values.iter().all(Result::is_err));
    remote.script_read(Fault::Hang);
    assert!(timeout(MOMENT, read_one(&remote, "a")).await.is_err());
    remote.script_read(Fault::Delayed(MOMENT));
    let (late, ()) = tokio::join!(read_one(&remote, "a"), async {
        tokio::task::yield_now().await;
        remote.set("a", "2", None);
    });
    assert_eq!(late.unwrap().unwrap(), "1", "the state of the beginning");
    assert_eq!(read_one(&remote, "a").await.unwrap().unwrap(), "2");
}

#[tokio::test]
async fn a_failing_key_spares_the_others() {
    let remote = MemoryRemote::new();
    let mut lane = connect(&remote, &[]).await;
    remote.fail_key("bad", RemoteErrorKind::Key, "WRONGTYPE");
    let batch = vec![set("a", "1"), set("bad", "1"), set("b", "1")];
    let answers = lane.apply(batch.clone()).await.unwrap();
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let error = answers[1].clone().unwrap_err();
    assert!(error.is_about_a_key() && error.code() == Some("WRONGTYPE"));
    assert_eq!((remote.len(), remote.writes()), (2, 2));
    assert_eq!(
        read_one(&remote, "bad").await,
        Ok(None),
        "reads are another matter"
    );
    remote.fail_key_reads("bad", RemoteErrorKind::Key, "WRONGTYPE");
    let keys = ["bad".into(), "a".into()];
    let values = remote.read(&keys).await.unwrap();
    assert!(values[0].is_err() && values[1].is_ok());
    remote.heal_key("bad");
    assert_eq!(lane.apply(batch).await.unwrap(), vec![Ok(()); 3]);
    assert_eq!(read_one(&remote, "bad").await.unwrap().unwrap(), "1");
}

#[tokio::test]
async fn connections_leave_nothing_behind() {
    let remote = MemoryRemote::new().with_latency(Duration::from_millis(1));
    for _ in 0..10 {
        let mut lane = connect(&remote, &[]).await;
        drop(lane.apply(vec![set("a", "1")]));
    }
    sleep(MOMENT).await;
    assert_eq!(remote.server.state.lock().connections(), 0);
    assert_eq!(remote.writes(), 10);
}

#[test]
fn it_is_what_the_cache_wants() {
    fn wanted<T: RemoteStore + Clone + Default>() {}
    wanted::<MemoryRemote>();
    let shown = format!("{:?}", MemoryRemote::new());
    assert!(shown.starts_with("MemoryRemote { entries: 0"), "{shown}");
}
