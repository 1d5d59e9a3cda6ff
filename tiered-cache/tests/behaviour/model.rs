//! Random operations, outages and openings against a simple reference; both levels are compared
//! at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tiered_cache::{Durability, Fault, SetOptions};

use crate::common::{Stage, stage_with};

#[derive(Clone, Debug)]
enum Step {
    Set(u8, u16, Durability),
    SetMany(Vec<u8>, u16),
    Delete(u8),
    Expire(u8, bool),
    Get(u8),
    GetMany(Vec<u8>),
    Evict(u8),
    Refresh(u8),
    Pin(u8),
    Down(bool),
    Script(Fault),
    ScriptRead(Fault),
    Pause,
    Flush,
    Reopen(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0u8..12;
    let keys = prop::collection::vec(key.clone(), 1..5);
    let level = prop_oneof![
        Just(Durability::Buffered),
        Just(Durability::Process),
        Just(Durability::Disk)
    ];
    let fault = prop_oneof![
        Just(Fault::LostReply),
        Just(Fault::Disconnect),
        Just(Fault::Partial(1)),
        Just(Fault::Refuse("OOM")),
        Just(Fault::Delayed(Duration::from_millis(5))),
        Just(Fault::Hang),
        Just(Fault::Panic),
    ];
    prop_oneof![
        10 => (key.clone(), any::<u16>(), level).prop_map(|(k, v, l)| Step::Set(k, v, l)),
        2 => (keys.clone(), any::<u16>()).prop_map(|(k, v)| Step::SetMany(k, v)),
        4 => key.clone().prop_map(Step::Delete),
        2 => (key.clone(), any::<bool>()).prop_map(|(k, gone)| Step::Expire(k, gone)),
        8 => key.clone().prop_map(Step::Get),
        2 => keys.prop_map(Step::GetMany),
        3 => key.clone().prop_map(Step::Evict),
        1 => key.clone().prop_map(Step::Refresh),
        1 => key.prop_map(Step::Pin),
        2 => any::<bool>().prop_map(Step::Down),
        3 => fault.clone().prop_map(Step::Script),
        1 => Just(Step::ScriptRead(Fault::Disconnect)),
        3 => Just(Step::Pause),
        1 => Just(Step::Flush),
        1 => (1usize..5).prop_map(Step::Reopen),
    ]
}

type Model = BTreeMap<u8, String>;

fn name(key: u8) -> String {
    format!("k{key}")
}

/// What is read is what was written last; only a remote that cannot be asked is an excuse.
fn check(
    key: u8,
    read: tiered_cache::Result<Option<bytes::Bytes>>,
    model: &Model,
) -> Result<(), TestCaseError> {
    match read {
        Ok(value) => {
            let value = value.map(|value| String::from_utf8(value.to_vec()).unwrap());
            prop_assert_eq!(value.as_ref(), model.get(&key), "key {}", key);
        }
        Err(tiered_cache::Error::RemoteUnavailable(_)) => {}
        Err(error) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

fn settings(config: &mut tiered_cache::Config) {
    config.flush.timeout = Duration::from_millis(20);
    config.flush.batch_commands = 3;
    config.reads.max_age = Duration::from_millis(3);
    config.reads.negative_ttl = Duration::from_millis(3);
    config.local.sweep_every = Duration::from_millis(2);
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut stage: Stage = stage_with(settings).await;
    let mut model = Model::new();
    let far = SetOptions::new().expires_in(Duration::from_secs(3600));
    for step in steps {
        let cache = stage.cache.clone();
        match step {
            Step::Set(key, value, level) => {
                let options = far.durability(level);
                let value = value.to_string();
                cache.set_with(name(key), &value, options).await.unwrap();
                model.insert(key, value);
            }
            Step::SetMany(keys, value) => {
                let entries: Vec<_> = keys
                    .iter()
                    .map(|key| (name(*key), format!("{value}-{key}")))
                    .collect();
                cache.set_many(&entries, SetOptions::new()).await.unwrap();
                for (key, (_, value)) in keys.into_iter().zip(entries) {
                    model.insert(key, value);
                }
            }
            Step::Delete(key) => {
                cache.delete(name(key)).await.unwrap();
                model.remove(&key);
            }
            Step::Expire(key, gone) => {
                let ttl = Duration::from_secs(if gone { 0 } else { 1000 });
                match cache.expire(name(key), ttl).await {
                    Ok(was_there) => {
                        prop_assert_eq!(was_there, model.contains_key(&key));
                        if gone {
                            model.remove(&key);
                        }
                    }
                    Err(tiered_cache::Error::RemoteUnavailable(_)) => {}
                    Err(error) => prop_assert!(false, "{error}"),
                }
            }
            Step::Get(key) => check(key, cache.get(name(key)).await, &model)?,
            Step::GetMany(keys) => {
                let names: Vec<_> = keys.iter().map(|key| name(*key)).collect();
                match cache.get_many(&names).await {
                    Ok(values) => {
                        for (key, value) in keys.into_iter().zip(values) {
                            check(key, Ok(value), &model)?;
                        }
                    }
                    Err(error) => check(keys[0], Err(error), &model)?,
                }
            }
            Step::Evict(key) => _ = cache.evict_local(name(key)).unwrap(),
            Step::Refresh(key) => {
                let answer = cache.refresh(name(key)).await;
                check(key, answer.map(|answer| answer.value), &model)?;
            }
            Step::Pin(key) => match cache.pin(name(key)).await {
                Ok(pinned) => prop_assert_eq!(pinned, model.contains_key(&key)),
                Err(error) => prop_assert!(error.is_retryable(), "{error}"),
            },
            Step::Down(down) => stage.remote.set_down(down),
            Step::Script(fault) => stage.remote.script(fault),
            Step::ScriptRead(fault) => stage.remote.script_read(fault),
            Step::Pause => tokio::time::sleep(Duration::from_millis(3)).await,
            Step::Flush => {
                let report = cache.flush(Duration::from_millis(30)).await.unwrap();
                prop_assert_eq!(report.dead_letters, 0);
            }
            Step::Reopen(lanes) => {
                drop(cache);
                stage = stage
                    .reopen(|config| {
                        settings(config);
                        config.flush.lanes = lanes;
                    })
                    .await;
            }
        }
    }
    stage.remote.set_down(false);
    stage.flush().await;
    let remote: Model = stage
        .remote
        .snapshot()
        .into_iter()
        .map(|(key, value)| {
            let key = std::str::from_utf8(&key[1..]).unwrap().parse().unwrap();
            (key, String::from_utf8(value.value.to_vec()).unwrap())
        })
        .collect();
    prop_assert_eq!(&remote, &model, "the remote");
    for key in 0..12 {
        let value = loop {
            // Scripted faults for reads may be left.
            match stage.cache.get(name(key)).await {
                Err(tiered_cache::Error::RemoteUnavailable(_)) => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                read => break read,
            }
        };
        check(key, value, &model)?;
    }
    prop_assert_eq!(stage.cache.stats().dirty_keys, 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn both_levels_agree_with_a_simple_map(steps in prop::collection::vec(step(), 1..80)) {
        tokio::runtime::Runtime::new().unwrap().block_on(run(steps))?;
    }
}
