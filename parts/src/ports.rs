//! Ports: whether one is free, who holds it, and picking one.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;

/// Why nothing can listen there.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Another program listens there.
    #[error(
        "port {} is in use by {holder}: stop it, or choose another port for {what} with {flag} {suggestion}",
        address.port()
    )]
    InUse {
        /// Where we would listen.
        address: SocketAddr,
        /// Who listens there already, as far as it can be told.
        holder: String,
        /// What of ours would listen there.
        what: &'static str,
        /// The command line's flag for the address.
        flag: &'static str,
        /// An address that is free.
        suggestion: SocketAddr,
    },
    /// The system refuses for another reason.
    #[error("listen on {address}")]
    Listen {
        /// Where we would listen.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Says whether `what` could listen on `address`, which the user sets by `flag`.
pub fn check(address: SocketAddr, what: &'static str, flag: &'static str) -> Result<(), PortError> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(PortError::InUse {
            address,
            holder: holder(address).unwrap_or_else(|| "another program".to_owned()),
            what,
            flag,
            suggestion: suggestion(address),
        }),
        Err(source) => Err(PortError::Listen { address, source }),
    }
}

/// An address with a port that is free at this moment.
pub fn free(ip: IpAddr) -> Result<SocketAddr, PortError> {
    let address = SocketAddr::new(ip, 0);
    TcpListener::bind(address)
        .and_then(|listener| listener.local_addr())
        .map_err(|source| PortError::Listen { address, source })
}

/// Whether nobody listens on `address` at this moment.
pub(crate) fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

/// One of the next ports, or whichever is free.
fn suggestion(address: SocketAddr) -> SocketAddr {
    let next = (1..=100).filter_map(|step| address.port().checked_add(step));
    next.map(|port| SocketAddr::new(address.ip(), port))
        .find(|address| is_free(*address))
        .or_else(|| free(address.ip()).ok())
        .unwrap_or(address)
}

/// Names the program that listens on `address`, on Linux, when it belongs to this user or this is root.
fn holder(address: SocketAddr) -> Option<String> {
    let tables = [
        fs::read_to_string("/proc/net/tcp"),
        fs::read_to_string("/proc/net/tcp6"),
    ];
    let inode = tables
        .iter()
        .flatten()
        .find_map(|table| listening_inode(table, address.port()))?;
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc")
        .ok()?
        .filter_map(Result::ok)
        .find_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let descriptors = fs::read_dir(entry.path().join("fd")).ok()?;
            descriptors
                .filter_map(Result::ok)
                .any(|descriptor| {
                    fs::read_link(descriptor.path()).is_ok_and(|target| target == Path::new(&wanted))
                })
                .then(|| fs::read_to_string(entry.path().join("comm")).ok())
                .flatten()
                .map(|name| format!("{} (process {pid})", name.trim()))
        })
}

/// The inode of the socket in state LISTEN (0A) on `port`, of a table as in `proc_net_tcp(5)`.
fn listening_inode(table: &str, port: u16) -> Option<u64> {
    let port = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, state, _, _, _, _, _, inode, ..] = fields[..] else {
            return None;
        };
        (local.ends_with(&port) && state == "0A").then(|| inode.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F41 0100007F:1F40 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 100 0 0 10 0
";

    #[test]
    fn only_a_listening_socket_holds_a_port() {
        assert_eq!(listening_inode(TABLE, 8000), Some(4711));
        assert_eq!(listening_inode(TABLE, 8001), None);
    }
}
