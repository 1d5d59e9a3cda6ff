//! The server under test, as a process.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; dropping it kills it. Its home is removed then.
pub struct Sidecar {
    pub port: u16,
    pub metrics: u16,
    args: Vec<String>,
    dir: TempDir,
    starts: usize,
    process: Option<Child>,
}

impl Sidecar {
    /// A server with these flags besides home and addresses.
    pub fn start(args: &[&str]) -> Self {
        let mut sidecar = Self {
            port: 0,
            metrics: 0,
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            dir: tempfile::tempdir().unwrap(),
            starts: 0,
            process: None,
        };
        sidecar.launch();
        sidecar
    }

    /// One in front of a Redis.
    pub fn before(url: &str, args: &[&str]) -> Self {
        Self::start(&[&["--remote", url], args].concat())
    }

    /// Starts it again on the same home, after its end.
    pub fn launch(&mut self) {
        assert!(self.process.is_none(), "it runs");
        self.starts += 1;
        let log = File::create(self.log_path()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_tiered-cache-server"))
            .arg("--home")
            .arg(self.dir.path().join("home"))
            .args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        self.metrics = self.logged_port("address=");
        self.port = self.logged_port("listen=\"");
    }

    fn logged_port(&mut self, behind: &str) -> u16 {
        let begin = Instant::now();
        loop {
            let log = self.log();
            // Lines are written in pieces: the port is over where something else comes.
            if let Some((_, rest)) = log.split_once(&format!("{behind}127.0.0.1:"))
                && let Some(end) = rest.find(|c: char| !c.is_ascii_digit())
            {
                return rest[..end].parse().unwrap();
            }
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}:\n{log}");
            assert!(begin.elapsed() < PATIENCE, "it does not start:\n{log}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join(format!("log-{}", self.starts))
    }

    /// What this start has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.process.as_ref().unwrap()), signal).unwrap();
    }

    /// `kill -9`, and the wait for its end.
    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let begin = Instant::now();
        let mut process = self.process.take().unwrap();
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                return status;
            }
            if begin.elapsed() > PATIENCE {
                process.kill().unwrap();
                panic!("it does not end:\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// Its memory, in bytes.
    pub fn resident(&self) -> u64 {
        let pid = self.id();
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
        let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        pages * 4096
    }

    pub fn client(&self) -> super::Client {
        super::Client::connect(self.port)
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // There is nobody to report a failure to.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
