//! Before the broker: it cuts the line in the middle of a packet, or where an acknowledgement is about to pass.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Held, Trap};

/// An instant of a connection to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chaos) enum Moment {
    /// The ingest acknowledges a message; the broker does not know yet.
    Acknowledgement,
    /// The broker sends something, and a part of it has passed.
    Delivery,
}

#[derive(Debug)]
pub(in crate::chaos) struct BrokerGate {
    pub(in crate::chaos) address: SocketAddr,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    behind: SocketAddr,
    trap: Trap<Moment>,
}

impl BrokerGate {
    pub(in crate::chaos) async fn before(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared {
            behind,
            trap: Trap::new(),
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

    /// All passes again.
    pub(in crate::chaos) fn heal(&self) {
        self.shared.trap.disarm();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(shared.behind).await else {
                return;
            };
            let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::select! {
                _ = forth(&shared, from_client, to_server) => {}
                _ = back(&shared, from_server, to_client) => {}
            }
        });
    }
}

/// From the ingest to the broker, packet by packet: MQTT 5, 2.1.
async fn forth(
    shared: &Shared,
    from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
) -> io::Result<()> {
    const PUBACK: u8 = 4;
    let mut from = BufReader::new(from);
    loop {
        let mut packet = vec![from.read_u8().await?];
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let byte = from.read_u8().await?;
            packet.push(byte);
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let begin = packet.len();
        packet.resize(begin + length, 0);
        from.read_exact(&mut packet[begin..]).await?;
        let acknowledges = packet[0] >> 4 == PUBACK;
        if acknowledges
            && shared
                .trap
                .spring(|moment| *moment == Moment::Acknowledgement)
                .await
        {
            return Ok(());
        }
        to.write_all(&packet).await?;
    }
}

/// From the broker to the ingest, as it comes.
async fn back(
    shared: &Shared,
    mut from: impl tokio::io::AsyncRead + Unpin,
    mut to: impl tokio::io::AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        // A part that is shorter than any PUBLISH, or ends within one.
        let part = (length * 2 / 3).max(1);
        // What answers a ping or a connection is no delivery.
        if length > 64 && shared.trap.is_for(&Moment::Delivery) {
            to.write_all(&piece[..part]).await?;
            to.flush().await?;
            if shared.trap.spring(|moment| *moment == Moment::Delivery).await {
                return Ok(());
            }
            to.write_all(&piece[part..length]).await?;
        } else {
            to.write_all(&piece[..length]).await?;
        }
    }
}
