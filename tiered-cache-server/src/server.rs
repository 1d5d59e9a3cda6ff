//! Listening, the threads that serve, and the end.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream, UnixListener, lookup_host};
use tokio::runtime;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::group::Group;
use crate::shared::{ClientInfo, Shared};
use crate::stream::{Detached, Stream};

/// Clients on their way to a thread.
const QUEUE: usize = 1024;

/// How long an ending server waits for what its clients are doing.
const GRACE: Duration = Duration::from_secs(5);

/// File descriptors besides those of clients.
const OTHER_FILES: u64 = 256;

type Arrival = (Detached, Arc<ClientInfo>);

/// The sockets for clients.
pub(crate) struct Listeners {
    tcp: Vec<TcpListener>,
    unix: Option<UnixListener>,
}

impl Listeners {
    pub(crate) async fn bind(shared: &Shared) -> Result<Self> {
        let settings = &shared.settings;
        let mut tcp = Vec::new();
        if !settings.listen.is_empty() {
            let listen = &settings.listen;
            let addresses: Vec<SocketAddr> = lookup_host(listen)
                .await
                .with_context(|| format!("listen: `{listen}` is no address with a port"))?
                .collect();
            let open = !addresses.iter().all(|address| is_loopback(address.ip()));
            if open && settings.requirepass.is_empty() && !settings.force {
                bail!(
                    "listen: {listen} is not a loopback address, and there is no password: set \
                     requirepass, or force if the network is to be trusted"
                );
            }
            for address in addresses {
                let listener = TcpListener::bind(address)
                    .await
                    .with_context(|| format!("listen: {address}"))?;
                tcp.push(listener);
            }
        }
        let path = &settings.unixsocket;
        let unix = if path.as_os_str().is_empty() {
            None
        } else {
            remove_left_over(path).with_context(|| format!("unixsocket: {}", path.display()))?;
            let listener = UnixListener::bind(path)
                .with_context(|| format!("unixsocket: {}", path.display()))?;
            Some(listener)
        };
        if tcp.is_empty() && unix.is_none() {
            bail!("there is nothing to listen on: set listen or unixsocket");
        }
        Ok(Self { tcp, unix })
    }

    /// The addresses, as they are: a port 0 has become one.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let tcp = self
            .tcp
            .iter()
            .filter_map(|listener| listener.local_addr().ok());
        tcp.map(|address| address.to_string()).collect()
    }

    /// The next client, with its address and the one that it has come to.
    async fn accept(&self, keepalive: Duration) -> io::Result<(Stream, (String, String))> {
        let unix = async {
            match &self.unix {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        let tcp = async {
            match self.tcp.as_slice() {
                [] => std::future::pending().await,
                [one] => one.accept().await,
                [one, two, ..] => tokio::select! {
                    accepted = one.accept() => accepted,
                    accepted = two.accept() => accepted,
                },
            }
        };
        tokio::select! {
            accepted = tcp => {
                let (stream, peer) = accepted?;
                stream.set_nodelay(true)?;
                keep_alive(&stream, keepalive)?;
                let local = stream.local_addr()?;
                Ok((Stream::Tcp(stream), (peer.to_string(), local.to_string())))
            }
            accepted = unix => {
                let (stream, _) = accepted?;
                // As Redis shows it.
                let path = stream.local_addr()?.as_pathname().map(Path::to_owned);
                let address = format!("{}:0", path.unwrap_or_default().display());
                Ok((Stream::Unix(stream), (address.clone(), address)))
            }
        }
    }
}

/// Lets the system find out whether the other side is still there, as Redis does: after `idle`, and
/// then three times.
fn keep_alive(stream: &TcpStream, idle: Duration) -> io::Result<()> {
    use rustix::net::sockopt;
    if idle.is_zero() {
        return Ok(());
    }
    let second = Duration::from_secs(1);
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, idle.max(second))?;
    sockopt::set_tcp_keepintvl(stream, (idle / 3).max(second))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    Ok(())
}

fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
    }
}

/// Removes the socket of a process that is gone, and nothing else.
fn remove_left_over(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "it is a file"));
        }
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(ErrorKind::AddrInUse.into()),
        Err(_) => fs::remove_file(path),
    }
}

/// Allows as many files as the clients need, as far as the system does.
pub(crate) fn raise_file_limit(clients: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    // Each client has its socket and a handle of it, and may have one at the remote.
    let wanted = clients as u64 * 3 + OTHER_FILES;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, wanted, "the limit of open files cannot be raised");
    }
}

/// A thread that serves clients.
fn serve(shared: Arc<Shared>, mut arrivals: mpsc::Receiver<Arrival>) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        // All clients that are ready have their turn before the sockets are looked at again: their
        // writes then share a transaction.
        .event_interval(256)
        .build()?;
    runtime.block_on(async {
        let durability = shared.settings.cache.writes.durability;
        let group = Arc::new(Group::new(shared.cache.clone(), durability));
        let recorder = shared.latencies.recorder();
        let writer = Arc::clone(&group);
        tokio::spawn(async move { writer.run().await });
        while let Some((socket, info)) = arrivals.recv().await {
            let id = info.id;
            match socket.attach() {
                Ok(stream) => {
                    tokio::spawn(Client::new(&shared, &group, &recorder, stream, info).serve());
                }
                Err(error) => {
                    shared.clients.remove(id);
                    tracing::warn!(%error, "a client's socket cannot be used");
                }
            }
        }
        // The last ones finish what they are doing.
        let since = Instant::now();
        while shared.clients.count() > 0 && since.elapsed() < GRACE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    runtime.shutdown_background();
    Ok(())
}

/// Serves clients until `stop` is over.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    listeners: Listeners,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let threads = match shared.settings.threads {
        0 => thread::available_parallelism().map_or(1, |count| count.get().div_ceil(2)),
        threads => threads,
    };
    let mut senders = Vec::new();
    let mut joins = Vec::new();
    for number in 0..threads {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let shared = Arc::clone(shared);
        let join = thread::Builder::new()
            .name(format!("clients-{number}"))
            .spawn(move || serve(shared, receiver))
            .context("a thread cannot be started")?;
        senders.push(sender);
        joins.push(join);
    }
    let mut stop = std::pin::pin!(stop);
    let keepalive = shared.settings.tcp_keepalive;
    let mut next = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listeners.accept(keepalive) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, addresses)) => {
                if let Some(arrival) = admit(shared, stream, addresses).await {
                    next = (next + 1) % senders.len();
                    if senders[next].send(arrival).await.is_err() {
                        bail!("a thread that serves clients has ended");
                    }
                }
            }
            Err(error) => {
                // Too many open files, for example: others may go.
                tracing::warn!(%error, "a client cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let path = shared.settings.unixsocket.clone();
    drop(listeners);
    if !path.as_os_str().is_empty()
        && let Err(error) = fs::remove_file(&path)
    {
        tracing::warn!(%error, path = %path.display(), "the socket cannot be removed");
    }
    shared.stopping.store(true, Ordering::Relaxed);
    shared.clients.hang_up();
    drop(senders);
    let ended = tokio::task::spawn_blocking(move || {
        joins
            .into_iter()
            .map(thread::JoinHandle::join)
            .all(|ended| matches!(ended, Ok(Ok(()))))
    });
    if !ended.await.unwrap_or(false) {
        tracing::error!("a thread that serves clients did not end well");
    }
    Ok(())
}

/// Takes a client in, or tells it why not.
async fn admit(
    shared: &Shared,
    mut stream: Stream,
    addresses: (String, String),
) -> Option<Arrival> {
    shared.counters.connections.fetch_add(1, Ordering::Relaxed);
    let handle = match stream.handle() {
        Ok(handle) => handle,
        Err(error) => {
            tracing::warn!(%error, "a client cannot be accepted");
            return None;
        }
    };
    let most = shared.settings.maxclients;
    let Some(info) = shared.clients.add(addresses, handle, most) else {
        shared.counters.rejected.fetch_add(1, Ordering::Relaxed);
        let text = b"-ERR max number of clients reached\r\n";
        let told = tokio::time::timeout(Duration::from_millis(100), stream.write_all(text)).await;
        tracing::debug!(?told, "a client too many");
        return None;
    };
    match stream.into_std() {
        Ok(stream) => Some((stream, info)),
        Err(error) => {
            shared.clients.remove(info.id);
            tracing::warn!(%error, "a client cannot be accepted");
            None
        }
    }
}
