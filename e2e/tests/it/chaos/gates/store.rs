//! Before the object store: one request a connection, read whole and passed on, or not.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Held, Switch, Trap};

/// How requests fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chaos) enum Mood {
    Serve,
    /// Answered with 503 and not passed on.
    Refuse,
    /// Read, and never answered.
    Hang,
}

/// An instant of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chaos) enum Moment {
    /// Half of it has reached the store.
    Half,
    /// It is stored, and the answer has not reached the ingest.
    Stored,
}

#[derive(Debug)]
pub(in crate::chaos) struct StoreGate {
    pub(in crate::chaos) address: SocketAddr,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    behind: SocketAddr,
    line: Switch,
    trap: Trap<Moment>,
    mood: Mutex<Mood>,
    /// Counts what was not served.
    suffered: tokio::sync::watch::Sender<u64>,
}

impl StoreGate {
    pub(in crate::chaos) async fn before(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            behind,
            line: Switch::new(),
            trap: Trap::new(),
            mood: Mutex::new(Mood::Serve),
            suffered: tokio::sync::watch::Sender::new(0),
        });
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            _listening: listening,
        }
    }

    /// Waits for an instant of an upload; its line is cut there.
    pub(in crate::chaos) fn trap(&self, moment: Moment) -> tokio::sync::oneshot::Receiver<Held> {
        self.shared.trap.arm(moment)
    }

    /// From now on requests fare so; completes when one has.
    pub(in crate::chaos) fn fare(&self, mood: Mood) -> impl Future<Output = ()> + use<> {
        let mut suffered = self.shared.suffered.subscribe();
        let before = *suffered.borrow();
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        async move {
            let _ = suffered.wait_for(|count| *count > before).await;
        }
    }

    pub(in crate::chaos) fn shut(&self) {
        self.shared.line.shut();
    }

    /// All passes again; what hangs is cut.
    pub(in crate::chaos) fn heal(&self) {
        self.shared.trap.disarm();
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = Mood::Serve;
        self.shared.line.open();
        self.shared.line.cut();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if !shared.line.is_open() {
            continue;
        }
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let cut = shared.line.next_cut();
            tokio::select! {
                _ = serve(&shared, client) => {}
                () = cut => {}
            }
        });
    }
}

async fn serve(shared: &Shared, client: TcpStream) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let Some(request) = Request::read(&mut client).await? else {
        return Ok(());
    };
    let mood = *shared.mood.lock().unwrap_or_else(PoisonError::into_inner);
    match mood {
        Mood::Serve => {}
        Mood::Refuse => {
            shared.suffered.send_modify(|count| *count += 1);
            let answer =
                b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            client.get_mut().write_all(answer).await?;
            return client.get_mut().shutdown().await;
        }
        Mood::Hang => {
            shared.suffered.send_modify(|count| *count += 1);
            return std::future::pending().await;
        }
    }
    let mut server = TcpStream::connect(shared.behind).await?;
    server.write_all(&request.head()).await?;
    if request.is_upload() {
        let (first, second) = request.body.split_at(request.body.len() / 2);
        server.write_all(first).await?;
        if shared.trap.spring(|moment| *moment == Moment::Half).await {
            return Ok(());
        }
        server.write_all(second).await?;
    } else {
        server.write_all(&request.body).await?;
    }
    // It was asked to close the connection behind its answer.
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if request.is_upload() && shared.trap.spring(|moment| *moment == Moment::Stored).await {
        return Ok(());
    }
    client.get_mut().write_all(&answer).await?;
    client.get_mut().shutdown().await
}

struct Request {
    line: String,
    /// By their names in small letters.
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    /// Reads one; none when the connection ends before it begins.
    async fn read(from: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let line = read_line(from).await?;
        if line.is_empty() {
            return Ok(None);
        }
        let mut headers = HashMap::new();
        loop {
            let header = read_line(from).await?;
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers
            .get("content-length")
            .and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        from.read_exact(&mut body).await?;
        Ok(Some(Self { line, headers, body }))
    }

    fn is_upload(&self) -> bool {
        self.line.starts_with("PUT ")
    }

    /// The same, but that the connection ends behind it; what is signed stays.
    fn head(&self) -> Vec<u8> {
        let mut head = format!("{}\r\nconnection: close\r\n", self.line);
        for (name, value) in &self.headers {
            if name != "connection" {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

async fn read_line(from: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}
