//! Before PostgreSQL: it reads what passes, message by message, and knows the loader's transaction by the checkpoint
//! that moves in it.
//!
//! Messages: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Held, Switch, Trap};

/// An instant of the loader's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chaos) enum Moment {
    /// The rows are written, and the checkpoint is about to move.
    Checkpoint,
    /// All is written, and the COMMIT has not reached the server.
    Commit,
    /// The COMMIT has reached the server, and the line ends so that the server does not notice: it goes on.
    CommitSent,
    /// The server has committed, and its answer has not reached the ingest.
    Committed,
}

pub(in crate::chaos) const MOMENTS: [Moment; 4] = [
    Moment::Checkpoint,
    Moment::Commit,
    Moment::CommitSent,
    Moment::Committed,
];

#[derive(Debug)]
pub(in crate::chaos) struct DatabaseGate {
    pub(in crate::chaos) address: SocketAddr,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    socket: PathBuf,
    line: Switch,
    trap: Trap<Moment>,
    /// The checkpoint moves in a transaction of its own, as it would for a loader that forgot why it must not; that of the
    /// rows fails.
    splits: AtomicBool,
}

impl DatabaseGate {
    /// Before the server of a Unix socket.
    pub(in crate::chaos) async fn before(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            socket,
            line: Switch::new(),
            trap: Trap::new(),
            splits: AtomicBool::new(false),
        });
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            _listening: listening,
        }
    }

    /// Waits for an instant; the connection is cut there.
    pub(in crate::chaos) fn trap(&self, moment: Moment) -> tokio::sync::oneshot::Receiver<Held> {
        self.shared.trap.arm(moment)
    }

    pub(in crate::chaos) fn shut(&self) {
        self.shared.line.shut();
    }

    pub(in crate::chaos) fn cut(&self) {
        self.shared.line.cut();
    }

    /// All passes again.
    pub(in crate::chaos) fn heal(&self) {
        self.shared.trap.disarm();
        self.shared.line.open();
        self.shared.splits.store(false, Ordering::SeqCst);
    }

    pub(in crate::chaos) fn split_transactions(&self) {
        self.shared.splits.store(true, Ordering::SeqCst);
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
            let Ok(server) = UnixStream::connect(&shared.socket).await else {
                return;
            };
            let _ = client.set_nodelay(true);
            let (cut, connection) = (shared.line.next_cut(), Connection::default());
            let (from_client, to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            tokio::select! {
                _ = connection.forth(&shared, from_client, &mut to_server) => {}
                _ = connection.back(&shared, &mut from_server, to_client) => {}
                () = cut => {}
            }
            if connection.lingers.load(Ordering::SeqCst) {
                // The client's end is gone, and the server's stays until it has answered.
                let _ = Message::read(&mut from_server, true).await;
            }
        });
    }
}

#[derive(Debug, Default)]
struct Connection {
    /// A checkpoint moves in the transaction that is open.
    loads: AtomicBool,
    /// The server does not notice that its client is gone.
    lingers: AtomicBool,
    /// What the server says is for nobody until it is ready again.
    swallows: AtomicBool,
    swallowed: Notify,
}

/// A message with its type; the first one of a connection has none.
struct Message {
    kind: Option<u8>,
    body: Vec<u8>,
}

impl Message {
    async fn read(from: &mut (impl tokio::io::AsyncRead + Unpin), typed: bool) -> io::Result<Self> {
        let kind = if typed { Some(from.read_u8().await?) } else { None };
        let length = usize::try_from(from.read_u32().await?).expect("32 bits");
        let mut body = vec![0; length.saturating_sub(4)];
        from.read_exact(&mut body).await?;
        Ok(Self { kind, body })
    }

    fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.body.len() + 4).expect("it came with a length of 32 bits");
        let kind = self.kind.as_slice();
        [kind, &length.to_be_bytes(), &self.body].concat()
    }

    /// Texts that end with a zero, of which some messages are made.
    fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.body.split(|byte| *byte == 0)
    }
}

impl Connection {
    /// From the ingest to the server, until a trap or an end.
    async fn forth(
        &self,
        shared: &Shared,
        from: impl tokio::io::AsyncRead + Unpin,
        to: &mut (impl tokio::io::AsyncWrite + Unpin),
    ) -> io::Result<()> {
        let mut from = BufReader::new(from);
        let mut moves_checkpoint: HashSet<Vec<u8>> = HashSet::new();
        to.write_all(&Message::read(&mut from, false).await?.bytes())
            .await?;
        loop {
            let message = Message::read(&mut from, true).await?;
            let mut cut_behind = false;
            match message.kind {
                Some(b'P') => {
                    let mut texts = message.texts();
                    let (name, query) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
                    if contains(query, b"UPDATE ingest_checkpoint") {
                        moves_checkpoint.insert(name.to_vec());
                    } else {
                        moves_checkpoint.remove(name);
                    }
                }
                Some(b'B')
                    if message
                        .texts()
                        .nth(1)
                        .is_some_and(|name| moves_checkpoint.contains(name)) =>
                {
                    self.loads.store(true, Ordering::SeqCst);
                    if shared.trap.spring(|moment| *moment == Moment::Checkpoint).await {
                        return Ok(());
                    }
                    if shared.splits.load(Ordering::SeqCst) {
                        self.split(to).await?;
                    }
                }
                Some(b'Q') if message.body.starts_with(b"COMMIT") && self.loads.load(Ordering::SeqCst) => {
                    if shared.trap.spring(|moment| *moment == Moment::Commit).await {
                        return Ok(());
                    }
                    cut_behind = true;
                }
                _ => {}
            }
            to.write_all(&message.bytes()).await?;
            if from.buffer().is_empty() || cut_behind {
                to.flush().await?;
            }
            if cut_behind && shared.trap.is_for(&Moment::CommitSent) {
                self.lingers.store(true, Ordering::SeqCst);
                if shared.trap.spring(|moment| *moment == Moment::CommitSent).await {
                    return Ok(());
                }
                self.lingers.store(false, Ordering::SeqCst);
            }
        }
    }

    /// From the server to the ingest, until a trap or an end.
    async fn back(
        &self,
        shared: &Shared,
        from: impl tokio::io::AsyncRead + Unpin,
        mut to: impl tokio::io::AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut from = BufReader::new(from);
        loop {
            let message = Message::read(&mut from, true).await?;
            if self.swallows.load(Ordering::SeqCst) {
                if message.kind == Some(b'Z') {
                    self.swallows.store(false, Ordering::SeqCst);
                    self.swallowed.notify_one();
                }
                continue;
            }
            let ends = matches!(message.body.as_slice(), b"COMMIT\0" | b"ROLLBACK\0");
            if message.kind == Some(b'C') && ends && self.loads.swap(false, Ordering::SeqCst) {
                let committed = message.body.starts_with(b"COMMIT");
                if committed && shared.trap.spring(|moment| *moment == Moment::Committed).await {
                    return Ok(());
                }
            }
            to.write_all(&message.bytes()).await?;
            if from.buffer().is_empty() {
                to.flush().await?;
                from.fill_buf().await?;
            }
        }
    }

    /// Ends the transaction that the rows are in without them, and begins another one.
    async fn split(&self, to: &mut (impl tokio::io::AsyncWrite + Unpin)) -> io::Result<()> {
        self.swallows.store(true, Ordering::SeqCst);
        let query = Message {
            kind: Some(b'Q'),
            body: b"ROLLBACK; BEGIN\0".to_vec(),
        };
        to.write_all(&query.bytes()).await?;
        to.flush().await?;
        self.swallowed.notified().await;
        Ok(())
    }
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window == words)
}
