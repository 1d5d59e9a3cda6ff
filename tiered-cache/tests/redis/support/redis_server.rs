//! A real Redis server of its own for a test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, ConnectionLike, Value};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    /// Keep the data over [`RedisServer::kill`] and [`RedisServer::restart`].
    pub appendonly: bool,
    /// The password of the default user.
    pub password: Option<String>,
    /// Listen for TLS, too, with these files.
    pub tls: Option<TlsFiles>,
    /// More arguments of the command line, `["--maxmemory", "1mb"]` for example.
    pub args: Vec<String>,
}

/// The server's side of TLS.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
    /// Whether clients need a certificate.
    pub clients_too: bool,
}

/// A running redis-server; dropping it kills it and removes its data.
#[derive(Debug)]
pub struct RedisServer {
    /// The TCP port on 127.0.0.1.
    pub port: u16,
    /// The TLS port, if TLS was asked for.
    pub tls_port: Option<u16>,
    options: RedisOptions,
    dir: TempDir,
    process: Option<Child>,
}

impl RedisServer {
    /// A server with nothing special, which loses its data when it ends.
    pub fn start() -> Self {
        Self::start_with(RedisOptions::default())
    }

    /// A server that keeps its data over a kill and restart.
    pub fn durable() -> Self {
        Self::start_with(RedisOptions {
            appendonly: true,
            ..RedisOptions::default()
        })
    }

    pub fn with_args(args: &[&str]) -> Self {
        Self::start_with(RedisOptions {
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            ..RedisOptions::default()
        })
    }

    pub fn start_with(options: RedisOptions) -> Self {
        let mut server = Self {
            port: 0,
            tls_port: None,
            options,
            dir: tempfile::tempdir().unwrap(),
            process: None,
        };
        // Somebody may take the port before the server has it.
        for _ in 0..10 {
            server.port = free_port();
            server.tls_port = server.options.tls.is_some().then(free_port);
            if server.launch() {
                return server;
            }
        }
        panic!("redis-server did not start:\n{}", server.log());
    }

    /// Its URL, with the password.
    pub fn url(&self) -> String {
        match &self.options.password {
            Some(password) => format!("redis://:{password}@127.0.0.1:{}", self.port),
            None => format!("redis://127.0.0.1:{}", self.port),
        }
    }

    /// The URL of its TLS port; the certificate has to be one for `localhost`.
    pub fn tls_url(&self) -> String {
        format!(
            "rediss://localhost:{}",
            self.tls_port.expect("TLS was not asked for")
        )
    }

    /// The URL of its Unix socket, with the password.
    pub fn socket_url(&self) -> String {
        let path = self.socket();
        match &self.options.password {
            Some(password) => format!("redis+unix://{}?pass={password}", path.display()),
            None => format!("redis+unix://{}", path.display()),
        }
    }

    /// Its data directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir().join("log")).unwrap_or_default()
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it again after [`kill`](Self::kill), on the same port and with the same directory.
    pub fn restart(&mut self) {
        self.kill();
        let begin = Instant::now();
        // The kernel may hold the port for a moment.
        while !self.launch() {
            assert!(begin.elapsed() < PATIENCE, "no restart:\n{}", self.log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops its process, which keeps its sockets: clients wait.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a paused server go on.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// A command on a connection of its own; an error of the server fails the test.
    pub fn cli(&self, command: &[&str]) -> Value {
        self.try_cli(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// A command on a connection of its own.
    pub fn try_cli(&self, command: &[&str]) -> redis::RedisResult<Value> {
        let mut connection = Client::open(self.url())?.get_connection_with_timeout(PATIENCE)?;
        let mut packed = redis::Cmd::new();
        packed.arg(command);
        connection.req_command(&packed)?.extract_error()
    }

    /// The value of a key as text, if there is one.
    pub fn get(&self, key: &str) -> Option<String> {
        match self.cli(&["GET", key]) {
            Value::Nil => None,
            Value::BulkString(value) => Some(String::from_utf8_lossy(&value).into_owned()),
            other => panic!("GET {key}: {other:?}"),
        }
    }

    /// The lines of `CLIENT LIST` of connections with this name.
    pub fn clients(&self, name: &str) -> Vec<String> {
        let text: String = redis::from_redis_value(self.cli(&["CLIENT", "LIST"])).unwrap();
        let field = format!("name={name}");
        text.lines()
            .filter(|line| line.split(' ').any(|part| part == field))
            .map(str::to_owned)
            .collect()
    }

    /// `CONFIG SET`.
    pub fn config_set(&self, name: &str, value: &str) {
        self.cli(&["CONFIG", "SET", name, value]);
    }

    fn socket(&self) -> PathBuf {
        self.dir().join("redis.sock")
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().expect("the server has been killed");
        kill_process(Pid::from_child(process), signal).unwrap();
    }

    /// Whether the server came up; if not, its process is gone again.
    fn launch(&mut self) -> bool {
        let process = self.command().spawn().unwrap_or_else(|error| {
            panic!("redis-server: {error} (in Debian, install the package `redis-server`)")
        });
        let process = self.process.insert(process);
        let begin = Instant::now();
        loop {
            if process.try_wait().unwrap().is_some() {
                self.process = None;
                return false;
            }
            let client = Client::open(match &self.options.password {
                Some(password) => format!("redis://:{password}@127.0.0.1:{}", self.port),
                None => format!("redis://127.0.0.1:{}", self.port),
            })
            .unwrap();
            // The answer may come from another process that has the port: ours has ended then.
            if let Ok(mut connection) = client.get_connection_with_timeout(PATIENCE)
                && connection.check_connection()
                && process.try_wait().unwrap().is_none()
            {
                return true;
            }
            if begin.elapsed() > PATIENCE {
                self.kill();
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--daemonize", "no"])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.dir())
            .arg("--unixsocket")
            .arg(self.socket())
            .arg("--logfile")
            .arg(self.dir().join("log"))
            .args([
                "--appendonly",
                if self.options.appendonly { "yes" } else { "no" },
            ])
            // What it has acknowledged is in the file then, when it is killed. With `everysec` it puts
            // writes off while the disk is busy, and answers all the same.
            .args(["--appendfsync", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(password) = &self.options.password {
            command.args(["--requirepass", password]);
        }
        if let (Some(port), Some(tls)) = (self.tls_port, &self.options.tls) {
            command
                .args(["--tls-port", &port.to_string()])
                .arg("--tls-ca-cert-file")
                .arg(&tls.ca)
                .arg("--tls-cert-file")
                .arg(&tls.cert)
                .arg("--tls-key-file")
                .arg(&tls.key)
                .args([
                    "--tls-auth-clients",
                    if tls.clients_too { "yes" } else { "no" },
                ]);
        }
        command.args(&self.options.args);
        command
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // A stopped process takes the signal, too. There is nobody to report a failure to.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
