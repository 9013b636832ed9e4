//! Acknowledgements, seen from a broker that this test is itself.

use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::harness::{DEADLINE, DataDir, free_address, metric, wait_until};

/// A connection of the ingest, as its broker has it. MQTT 5, as much of it as is needed.
struct Connection(TcpStream);

#[derive(Debug, PartialEq, Eq)]
enum Packet {
    Connect,
    Subscribe { id: [u8; 2] },
    Acknowledge { id: [u8; 2] },
    Other(u8),
}

impl Connection {
    /// Takes the next one, with a session that never was before, and lets it subscribe.
    async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = tokio::time::timeout(DEADLINE, listener.accept())
            .await
            .expect("a connection in time")
            .expect("a connection");
        let mut connection = Self(stream);
        assert_eq!(connection.next().await, Packet::Connect);
        connection.send(&[0x20, 3, 0, 0, 0]).await;
        let Packet::Subscribe { id } = connection.next().await else {
            panic!("it does not subscribe");
        };
        connection.send(&[0x90, 4, id[0], id[1], 0, 1]).await;
        connection
    }

    async fn next(&mut self) -> Packet {
        let read = async {
            let kind = self.0.read_u8().await?;
            let (mut length, mut shift) = (0usize, 0);
            loop {
                let byte = self.0.read_u8().await?;
                length |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await?;
            std::io::Result::Ok((kind, body))
        };
        let (kind, body) = tokio::time::timeout(DEADLINE, read)
            .await
            .expect("a packet in time")
            .expect("a packet");
        let id = || [body[0], body[1]];
        match kind >> 4 {
            1 => Packet::Connect,
            8 => Packet::Subscribe { id: id() },
            4 => Packet::Acknowledge { id: id() },
            other => Packet::Other(other),
        }
    }

    /// Delivers a message at QoS 1.
    async fn deliver(&mut self, id: u8, payload: &str) {
        let topic = b"sensors";
        let length = 2 + topic.len() + 2 + 1 + payload.len();
        let length = u8::try_from(length).expect("short");
        assert!(length < 0x80);
        let head = [0x32, length, 0, 7];
        let bytes = [&head[..], topic, &[0, id, 0], payload.as_bytes()].concat();
        self.send(&bytes).await;
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("it listens");
    }
}

#[tokio::test]
async fn a_message_of_a_lost_connection_is_never_acknowledged_on_the_next_one() {
    let data = DataDir::new();
    let dir = data.path().join("edge");
    std::fs::create_dir(&dir).expect("a directory");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let broker: SocketAddr = listener.local_addr().expect("its address");
    let metrics = free_address();
    let nobody = free_address();
    let child = Command::new(env!("CARGO_BIN_EXE_fieldbook-on-bad-disk"))
        .arg("ingest")
        .args(["--data-dir".as_ref(), dir.as_os_str()])
        .args(["--metrics", &metrics.to_string()])
        .args(["--mqtt-url", &format!("mqtt://{broker}")])
        .args(["--s3-endpoint", &format!("http://{nobody}")])
        .env_clear()
        // The connection is gone before its message is on the disk.
        .env(e2e::bad_disk::VARIABLE, "slow-segments=2500")
        .env("DATABASE_URL", format!("postgres://nobody@{nobody}/none"))
        .env("AWS_ACCESS_KEY_ID", "nobody")
        .env("AWS_SECRET_ACCESS_KEY", "nothing")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    std::fs::write(
        dir.join("ingest.pid"),
        format!("{}\n", child.id().expect("it runs")),
    )
    .expect("a file");

    let mut first = Connection::accept(&listener).await;
    first.deliver(1, "{}").await;
    let received = "fieldbook_ingest_messages_received_total{qos=\"1\"}";
    let came = wait_until(async || metric(metrics, received).await == Some(1));
    assert!(came.await, "it takes the message");
    let durable = "fieldbook_ingest_durable_seq";
    drop(first);
    let mut second = Connection::accept(&listener).await;
    assert_eq!(
        metric(metrics, durable).await,
        Some(0),
        "the disk was not slow enough for this test"
    );

    // Now it is, and an acknowledgement would mean another message: identifiers begin anew with a session.
    let durable = wait_until(async || metric(metrics, durable).await == Some(1));
    assert!(durable.await, "the message is on the disk");
    second.deliver(2, "{}").await;
    assert_eq!(second.next().await, Packet::Acknowledge { id: [0, 2] });
}
