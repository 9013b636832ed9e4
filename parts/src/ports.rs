//! Whether an address is free, asked before anything is started: one clear line instead of a failure half way.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// Why an address can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Another program listens there.
    #[error("port {} is in use by another program: stop it, or give {what} another address with {flag} {}", address.port(), next(*address))]
    InUse {
        /// The address.
        address: SocketAddr,
        /// Who wants it.
        what: &'static str,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// The system refuses for another reason, such as a port below 1024.
    #[error("listen on {address} for {what}: choose another address with {flag}")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// Who wants it.
        what: &'static str,
        /// The flag that chooses another.
        flag: &'static str,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Says whether `what` can listen on `address`; `flag` is how a person chooses another.
pub fn check(address: SocketAddr, what: &'static str, flag: &'static str) -> Result<(), PortError> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(PortError::InUse { address, what, flag }),
        Err(source) => Err(PortError::Refused { address, what, flag, source }),
    }
}

/// An address that may well be free.
fn next(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8000))
}
