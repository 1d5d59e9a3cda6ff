//! Rounds of operations, the same for all contenders.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use redis::AsyncCommands;

use super::runtime;
use crate::engine::{Engine, value_of};
use crate::measure::Sample;
use crate::redis_server::RedisServer;
use crate::rows::Rows;

/// Reads rows one at a time. Each must be there, and at the end the first one must be right.
pub(super) async fn read<V: AsRef<[u8]>>(
    rows: &Rows,
    order: &[usize],
    get: impl AsyncFn(&[u8]) -> Result<Option<V>>,
) -> Result<Sample> {
    let sample = Sample::take_async(order.len(), async |index| {
        let value = black_box(get(rows.key(order[index])).await?).context("a key is missing")?;
        ensure!(
            value.as_ref().len() == rows.value_size(),
            "a value was cut off"
        );
        Ok(())
    })
    .await?;
    if let Some(&first) = order.first() {
        let value = get(rows.key(first)).await?.context("a key is missing")?;
        ensure!(value.as_ref() == rows.value(first), "a value is wrong");
    }
    Ok(sample)
}

/// Asks for keys that nobody has, one at a time.
pub(super) async fn miss<V>(
    rows: &Rows,
    order: &[usize],
    get: impl AsyncFn(&[u8]) -> Result<Option<V>>,
) -> Result<Sample> {
    Sample::take_async(order.len(), async |index| {
        let value = black_box(get(rows.key(order[index])).await?);
        ensure!(value.is_none(), "a key is there that should not be");
        Ok(())
    })
    .await
}

/// Writes rows one at a time.
pub(super) async fn write(
    rows: &Rows,
    order: &[usize],
    set: impl AsyncFn(&[u8], &[u8]) -> Result<()>,
) -> Result<Sample> {
    Sample::take_async(order.len(), async |index| {
        let index = order[index];
        set(rows.key(index), rows.value(index)).await
    })
    .await
}

/// The same reads in the bare engine.
pub(super) fn read_engine(engine: &Engine, rows: &Rows, order: &[usize]) -> Result<Sample> {
    let session = engine.connection.open_session()?;
    let get = |index: usize| {
        let row = session.get_owned(&engine.rows, rows.key(index))?;
        row.context("a key is missing")
    };
    let sample = Sample::take(order.len(), |index| {
        let row = black_box(get(order[index])?);
        ensure!(
            value_of(&row).len() == rows.value_size(),
            "a value was cut off"
        );
        Ok(())
    })?;
    if let Some(&first) = order.first() {
        ensure!(
            value_of(&get(first)?) == rows.value(first),
            "a value is wrong"
        );
    }
    Ok(sample)
}

/// The same reads as plain `GET`s.
pub(super) fn read_redis(server: &RedisServer, rows: &Rows, order: &[usize]) -> Result<Sample> {
    runtime()?.block_on(async {
        let connection = server.connect().await?;
        read(rows, order, async |key: &[u8]| {
            Ok(connection.clone().get::<_, Option<Vec<u8>>>(key).await?)
        })
        .await
    })
}

/// The same writes as plain `SET`s.
pub(super) fn write_redis(server: &RedisServer, rows: &Rows, order: &[usize]) -> Result<Sample> {
    runtime()?.block_on(async {
        let connection = server.connect().await?;
        write(rows, order, async |key: &[u8], value: &[u8]| {
            Ok(connection.clone().set(key, value).await?)
        })
        .await
    })
}
