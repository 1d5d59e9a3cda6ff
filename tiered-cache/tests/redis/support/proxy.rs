//! A TCP proxy that can be told to misbehave.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// A proxy between a client and a server on this machine. It runs in threads of its own.
///
/// What it is told holds for connections of now and later, unless said otherwise. Dropping it
/// closes all connections.
#[derive(Debug)]
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    switches: Mutex<Switches>,
    changed: Condvar,
    request_bytes: AtomicU64,
    requests: AtomicU64,
    reply_bytes: AtomicU64,
    connections: AtomicU64,
}

#[derive(Debug, Default)]
struct Switches {
    over: bool,
    cut: bool,
    to_server: Duration,
    to_client: Duration,
    drop_replies: bool,
    stalled: bool,
    /// Connections up to this number are stalled.
    stalled_up_to: u64,
    /// Both ends of every connection, to close them.
    streams: Vec<TcpStream>,
}

impl Proxy {
    /// A proxy to a server's port on 127.0.0.1.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server: SocketAddr::from(([127, 0, 0, 1], port)),
            switches: Mutex::default(),
            changed: Condvar::new(),
            request_bytes: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            reply_bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if for_thread.switches().over {
                    return;
                }
                // A client that is gone already, or a server that is not there: the client sees
                // a closed connection.
                let _ = client.and_then(|client| for_thread.serve(client));
            }
        });
        Self { addr, shared }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// Lets everything pass again: ends cut, delay, dropped replies and stall.
    pub fn pass(&self) {
        self.switch(|switches| {
            switches.cut = false;
            switches.to_server = Duration::ZERO;
            switches.to_client = Duration::ZERO;
            switches.drop_replies = false;
            switches.stalled = false;
            switches.stalled_up_to = 0;
        });
    }

    /// Closes all connections now, and every new one at once.
    pub fn cut(&self) {
        self.switch(|switches| {
            switches.cut = true;
            close_all(switches);
        });
    }

    /// Closes all connections now; new ones pass.
    pub fn cut_once(&self) {
        self.switch(close_all);
    }

    /// Delays the bytes of each direction; the bandwidth stays.
    pub fn delay(&self, to_server: Duration, to_client: Duration) {
        self.switch(|switches| {
            switches.to_server = to_server;
            switches.to_client = to_client;
        });
    }

    /// Swallows what the server says, while requests pass.
    pub fn drop_replies(&self, drop_replies: bool) {
        self.switch(|switches| switches.drop_replies = drop_replies);
    }

    /// Holds requests back, also of connections whose client goes away in the meantime.
    pub fn stall_requests(&self) {
        self.switch(|switches| switches.stalled = true);
    }

    /// Holds the requests of the present connections back; later connections pass.
    pub fn stall_present_connections(&self) {
        let present = self.connections();
        self.switch(|switches| switches.stalled_up_to = present);
    }

    /// Lets requests go that were held back.
    pub fn release_requests(&self) {
        self.switch(|switches| {
            switches.stalled = false;
            switches.stalled_up_to = 0;
        });
    }

    /// Bytes that clients have sent.
    pub fn request_bytes(&self) -> u64 {
        self.shared.request_bytes.load(Ordering::SeqCst)
    }

    /// Commands that clients have sent, by their first byte.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Bytes that the server has sent.
    pub fn reply_bytes(&self) -> u64 {
        self.shared.reply_bytes.load(Ordering::SeqCst)
    }

    /// Connections there have been.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.shared.switches());
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.switch(|switches| {
            switches.over = true;
            switches.cut = true;
            close_all(switches);
        });
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.addr);
    }
}

fn close_all(switches: &mut Switches) {
    for stream in switches.streams.drain(..) {
        // It may be closed already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

impl Shared {
    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap()
    }

    fn serve(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        if self.switches().cut {
            return Ok(());
        }
        let server = TcpStream::connect(self.server)?;
        let number = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            self.switches().streams.push(stream.try_clone()?);
        }
        self.pump(
            number,
            Direction::ToServer,
            client.try_clone()?,
            server.try_clone()?,
        );
        self.pump(number, Direction::ToClient, server, client);
        Ok(())
    }

    /// One thread takes bytes in and another gives them out, so that a delay does not throttle.
    fn pump(self: &Arc<Self>, number: u64, direction: Direction, from: TcpStream, to: TcpStream) {
        let (sender, receiver) = mpsc::channel();
        let shared = Arc::clone(self);
        thread::spawn(move || shared.take_in(direction, from, &sender));
        let shared = Arc::clone(self);
        thread::spawn(move || shared.give_out(number, direction, &receiver, to));
    }

    fn take_in(&self, direction: Direction, mut from: TcpStream, out: &Sender<(Instant, Vec<u8>)>) {
        let mut buffer = vec![0; 64 << 10];
        let mut commands = CommandCounter::default();
        // An error is the end of the connection, which `give_out` passes on.
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let bytes = &buffer[..count];
            match direction {
                Direction::ToServer => {
                    self.requests
                        .fetch_add(commands.count(bytes), Ordering::SeqCst);
                    self.request_bytes.fetch_add(count as u64, Ordering::SeqCst);
                }
                Direction::ToClient => {
                    self.reply_bytes.fetch_add(count as u64, Ordering::SeqCst);
                }
            }
            if out.send((Instant::now(), bytes.to_vec())).is_err() {
                break;
            }
        }
    }

    fn give_out(
        &self,
        number: u64,
        direction: Direction,
        bytes: &Receiver<(Instant, Vec<u8>)>,
        mut to: TcpStream,
    ) {
        for (arrival, bytes) in bytes {
            let Some(pass) = self.wait(number, direction, arrival) else {
                break;
            };
            if pass && to.write_all(&bytes).is_err() {
                break;
            }
        }
        // The other side may have closed it already.
        let _ = to.shutdown(Shutdown::Write);
    }

    /// Waits for the time to pass bytes on. Whether to pass them; `None`: the proxy is gone.
    fn wait(&self, number: u64, direction: Direction, arrival: Instant) -> Option<bool> {
        let mut switches = self.switches();
        loop {
            if switches.over {
                return None;
            }
            let stalled = direction == Direction::ToServer
                && (switches.stalled || number <= switches.stalled_up_to);
            let delay = match direction {
                Direction::ToServer => switches.to_server,
                Direction::ToClient => switches.to_client,
            };
            let rest = delay.saturating_sub(arrival.elapsed());
            switches = if stalled {
                self.changed.wait(switches).unwrap()
            } else if !rest.is_zero() {
                self.changed.wait_timeout(switches, rest).unwrap().0
            } else {
                return Some(!(direction == Direction::ToClient && switches.drop_replies));
            };
        }
    }
}

/// Counts commands in a stream of RESP arrays of bulk strings.
#[derive(Debug, Default)]
struct CommandCounter {
    header: Vec<u8>,
    /// Bytes of a bulk string that are still to come, with its line end.
    body: usize,
}

impl CommandCounter {
    fn count(&mut self, mut bytes: &[u8]) -> u64 {
        let mut commands = 0;
        while !bytes.is_empty() {
            if self.body > 0 {
                let skipped = self.body.min(bytes.len());
                self.body -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            let byte = bytes[0];
            bytes = &bytes[1..];
            if self.header.is_empty() && byte == b'*' {
                commands += 1;
            }
            self.header.push(byte);
            if byte == b'\n' {
                if let Some(length) = self.header.strip_prefix(b"$") {
                    let length = String::from_utf8_lossy(length).trim().parse::<usize>();
                    self.body = length.unwrap_or(0) + 2;
                }
                self.header.clear();
            }
        }
        commands
    }
}
