//! A neighbour that goes away and comes back: a port that is passed on, or refuses.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::free_address;

/// In front of a server; shut at first.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    behind: SocketAddr,
    /// Ends when this is dropped.
    open: JoinSet<()>,
}

impl Gate {
    pub(crate) fn before(behind: SocketAddr) -> Self {
        Self {
            address: free_address(),
            behind,
            open: JoinSet::new(),
        }
    }

    /// From now on connections are passed on.
    pub(crate) async fn open(&mut self) {
        let listener = TcpListener::bind(self.address)
            .await
            .expect("the port is still free");
        let behind = self.behind;
        self.open.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(behind).await {
                        // Either side may end it as it likes.
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
    }
}
