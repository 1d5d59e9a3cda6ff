//! A Redis server of the bench's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo};
use tempfile::TempDir;

use crate::memory::resident_of;
use crate::rows::Rows;

const PATIENCE: Duration = Duration::from_secs(20);

/// A running redis-server on loopback; dropping it ends it.
pub(crate) struct RedisServer {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl RedisServer {
    /// One that keeps everything in memory.
    pub(crate) fn start() -> Result<Self> {
        Self::start_with(&["--appendonly", "no"])
    }

    /// One that answers a write when its log is on the disk.
    pub(crate) fn start_flushing() -> Result<Self> {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        // Somebody may take the port before the server has it.
        for _ in 0..10 {
            if let Some(server) = Self::try_start(free_port()?, settings)? {
                return Ok(server);
            }
        }
        bail!("redis-server does not come up")
    }

    fn try_start(port: u16, settings: &[&str]) -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", ""])
            .args(settings)
            .args(["--port", &port.to_string()])
            .arg("--dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("redis-server cannot be started: on Debian, install redis-server")?;
        let mut server = Self {
            process,
            port,
            _folder: folder,
        };
        let begun = Instant::now();
        while server.process.try_wait()?.is_none() && begun.elapsed() < PATIENCE {
            let answered = Client::open(server.url())?
                .get_connection_with_timeout(PATIENCE)
                .is_ok();
            // The answer may be another process's that has the port: ours has ended then.
            if answered && server.process.try_wait()?.is_none() {
                return Ok(Some(server));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(None)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection without Nagle's delay, whose answers may take their time.
    pub(crate) async fn connect(&self) -> Result<MultiplexedConnection> {
        let info = self
            .url()
            .into_connection_info()?
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        Ok(Client::open(info)?
            .get_multiplexed_async_connection_with_config(&config)
            .await?)
    }

    /// Throws all data away.
    pub(crate) fn clear(&self) -> Result<()> {
        let mut connection = Client::open(self.url())?.get_connection()?;
        Ok(redis::cmd("FLUSHALL").arg("SYNC").query(&mut connection)?)
    }

    /// How many keys it has.
    pub(crate) fn keys(&self) -> Result<usize> {
        let mut connection = Client::open(self.url())?.get_connection()?;
        Ok(redis::cmd("DBSIZE").query(&mut connection)?)
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        resident_of(self.process.id())
    }

    /// Puts all rows in.
    pub(crate) async fn fill(&self, rows: &Rows) -> Result<()> {
        let mut connection = self.connect().await?;
        for begin in (0..rows.len()).step_by(1000) {
            let mut pipeline = redis::pipe();
            for index in begin..rows.len().min(begin + 1000) {
                pipeline.set(rows.key(index), rows.value(index)).ignore();
            }
            pipeline.exec_async(&mut connection).await?;
        }
        Ok(())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may be gone already; there is nobody to tell.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
