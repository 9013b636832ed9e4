//! A private Mosquitto on a loopback port.
//!
//! ```text
//! DIR/                0700, the server's user
//! ├─ mosquitto.conf   written at each start
//! ├─ mosquitto.pid    the process to adopt
//! ├─ mosquitto.db     sessions and queued messages, saved every 30 s and at the end
//! └─ mosquitto.log
//! ```
//!
//! It takes any client, with any user and password or none: it listens on loopback for one machine's own programs.
//! What it keeps for a client that is away is bounded, and what is beyond the bounds is dropped by Mosquitto, which
//! says so in its log and in `$SYS/broker/publish/messages/dropped`; after a SIGKILL of Mosquitto itself up to 30 s of
//! what it kept is lost. The journal is what makes a message safe, not the broker.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::files;
use crate::place::{self, Place, PlaceError};
use crate::ports::{self, PortError};
use crate::process::{self, ProcessError, Server};
use crate::program;

/// How often another free port is tried, when somebody else was quicker to take the one picked.
const PORT_ATTEMPTS: u32 = 5;

/// How long the broker may take to answer one connection.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// MQTT 3.1.1, 3.1: CONNECT, protocol name and level 4, clean session, keep-alive 10 s, an empty client id.
const CONNECT: [u8; 14] = [
    0x10, 0x0C, 0x00, 0x04, b'M', b'Q', b'T', b'T', 0x04, 0x02, 0x00, 0x0A, 0x00, 0x00,
];

/// MQTT 3.1.1, 3.2: CONNACK, a new session, accepted.
const CONNACK: [u8; 4] = [0x20, 0x02, 0x00, 0x00];

/// What a private broker is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its own directory.
    pub directory: PathBuf,
    /// Where it listens; port 0 means a free one.
    pub listen: SocketAddr,
    /// Where to look for Mosquitto.
    pub search: Vec<PathBuf>,
    /// How long a start may take.
    pub start_within: Duration,
    /// How long an end may take.
    pub stop_within: Duration,
}

impl Options {
    /// A broker in `directory` on a free loopback port.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            search: program::search_here(),
            start_within: Duration::from_secs(30),
            stop_within: Duration::from_secs(30),
        }
    }
}

/// Why there is no private broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Mosquitto is not there.
    #[error(
        "find Mosquitto: its program mosquitto is not on this machine; install it (on Debian and Ubuntu: apt-get \
         install mosquitto), or set MQTT_URL to a broker of yours"
    )]
    Missing,
    /// It is for this machine's own programs alone.
    #[error("listen on {listen}: the private broker takes anybody, so it listens on loopback only")]
    BeyondLoopback {
        /// The address that was asked for.
        listen: SocketAddr,
    },
    /// It has nowhere to live.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// It has nowhere to listen.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Its configuration could not be written.
    #[error("write {path}")]
    Configure {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Its directory cannot stand in its configuration.
    #[error(
        "use the directory {path}: Mosquitto's configuration takes no such name; choose another with --data-dir"
    )]
    Name {
        /// The directory.
        path: PathBuf,
    },
    /// The server does not start or end.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// A running private Mosquitto. Dropping it leaves the server running; [`Broker::stop`] ends it.
#[derive(Debug)]
pub struct Broker {
    server: Server,
    address: SocketAddr,
    directory: PathBuf,
    stop_within: Duration,
}

impl Broker {
    /// Starts the broker of `options.directory`. One that still runs there, on the wanted address, is adopted; one on
    /// another address is ended first.
    pub async fn start(options: &Options) -> Result<Self, BrokerError> {
        if !options.listen.ip().is_loopback() {
            return Err(BrokerError::BeyondLoopback {
                listen: options.listen,
            });
        }
        let program = program::find("mosquitto", &options.search).ok_or(BrokerError::Missing)?;
        let place = place::settle(&options.directory, "Mosquitto", "mosquitto")?;
        let files = Files::in_directory(&place.directory)?;
        if let Some(broker) = adopt(options, &place, &files).await? {
            return Ok(broker);
        }
        let mut attempt = 1;
        loop {
            let address = pick_address(options.listen)?;
            match start_on(options, &program, &place, &files, address).await {
                Err(BrokerError::Process(ProcessError::Ended { .. }))
                    if options.listen.port() == 0 && attempt < PORT_ATTEMPTS && !ports::is_free(address) =>
                {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// `mqtt://…` for clients.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it really lives.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether the server still ran from an earlier start.
    pub fn is_adopted(&self) -> bool {
        self.server.is_adopted()
    }

    /// The server's process id.
    pub fn pid(&self) -> i32 {
        self.server.pid().as_raw_nonzero().get()
    }

    /// The server's log.
    pub fn log(&self) -> &Path {
        self.server.log()
    }

    /// Completes when the server has ended, for whatever reason.
    pub async fn ended(&mut self) {
        self.server.ended().await;
    }

    /// Ends the server, which saves its sessions and what it keeps for them first.
    pub async fn stop(mut self) -> Result<(), BrokerError> {
        self.server.stop(Signal::TERM, self.stop_within).await?;
        Ok(())
    }
}

/// The files of a broker's directory.
struct Files {
    configuration: PathBuf,
    pid: PathBuf,
    log: PathBuf,
    /// The directory as it stands in the configuration.
    directory: String,
}

impl Files {
    /// Mosquitto takes the rest of a line as a value, and cannot be told otherwise.
    fn in_directory(directory: &Path) -> Result<Self, BrokerError> {
        let name = directory
            .to_str()
            .filter(|name| !name.contains(['\n', '\r']) && name.trim() == *name);
        Ok(Self {
            configuration: directory.join("mosquitto.conf"),
            pid: directory.join("mosquitto.pid"),
            log: directory.join("mosquitto.log"),
            directory: name
                .ok_or_else(|| BrokerError::Name {
                    path: directory.to_owned(),
                })?
                .to_owned(),
        })
    }
}

async fn adopt(options: &Options, place: &Place, files: &Files) -> Result<Option<Broker>, BrokerError> {
    let Some(pid) = process::read_pid(&files.pid) else {
        return Ok(None);
    };
    if !process::is_alive(pid) || process::has_argument(pid, files.configuration.as_os_str()) != Some(true) {
        return Ok(None);
    }
    let mut server = Server::adopt("Mosquitto", pid, &files.log);
    let address = fs::read_to_string(&files.configuration)
        .ok()
        .and_then(|text| listener(&text));
    if let Some(address) = address
        && (options.listen == address || options.listen == SocketAddr::from((address.ip(), 0)))
        && answers_within(address, pid, ANSWER_WITHIN).await
    {
        let directory = place.directory.clone();
        return Ok(Some(Broker {
            server,
            address,
            directory,
            stop_within: options.stop_within,
        }));
    }
    server.stop(Signal::TERM, options.stop_within).await?;
    Ok(None)
}

async fn start_on(
    options: &Options,
    program: &Path,
    place: &Place,
    files: &Files,
    address: SocketAddr,
) -> Result<Broker, BrokerError> {
    let write = |path: &Path, text: String| {
        files::write_whole(path, text.as_bytes(), 0o600)
            .and_then(|()| place.account.own(path))
            .map_err(|source| BrokerError::Configure {
                path: path.to_owned(),
                source,
            })
    };
    write(&files.configuration, configuration(address, &files.directory))?;
    let mut command = Command::new(program);
    command
        .arg("-c")
        .arg(&files.configuration)
        .current_dir(&place.directory);
    let mut server = Server::start("Mosquitto", command, &place.account, &files.log)?;
    // Not by Mosquitto's own setting, which writes it late and, run by root, elsewhere than one expects.
    write(&files.pid, format!("{}\n", server.pid().as_raw_nonzero()))?;
    server
        .wait_ready(options.start_within, |_| answers(address))
        .await?;
    Ok(Broker {
        server,
        address,
        directory: place.directory.clone(),
        stop_within: options.stop_within,
    })
}

fn pick_address(wanted: SocketAddr) -> Result<SocketAddr, PortError> {
    if wanted.port() == 0 {
        return ports::free(wanted.ip());
    }
    ports::check(wanted, "the MQTT broker", "--mqtt")?;
    Ok(wanted)
}

/// Whether an MQTT broker that takes anybody answers there.
async fn answers(address: SocketAddr) -> bool {
    timeout(ANSWER_WITHIN, greet(address))
        .await
        .is_ok_and(|answer| answer.is_ok_and(|answer| answer == CONNACK))
}

async fn greet(address: SocketAddr) -> io::Result<[u8; 4]> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&CONNECT).await?;
    let mut answer = [0; CONNACK.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// Like [`answers`], for a process that may still be starting.
async fn answers_within(address: SocketAddr, pid: Pid, within: Duration) -> bool {
    let until = Instant::now() + within;
    while process::is_alive(pid) && Instant::now() < until {
        if answers(address).await {
            return true;
        }
        tokio::time::sleep(process::LOOK_AGAIN).await;
    }
    false
}

/// Mosquitto's configuration, see mosquitto.conf(5). The queues are long because Mosquitto drops what does not fit
/// without a word to the publisher; 1 GB a client bounds their memory.
fn configuration(address: SocketAddr, directory: &str) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!(
        "# Written by Fieldbook at each start.\n\
         listener {port} {ip}\n\
         allow_anonymous true\n\
         persistence true\n\
         persistence_location {directory}/\n\
         autosave_interval 30\n\
         max_inflight_messages 1000\n\
         max_queued_messages 1000000\n\
         max_queued_bytes 1073741824\n\
         queue_qos0_messages true\n\
         max_packet_size 2000000\n\
         set_tcp_nodelay true\n\
         persistent_client_expiration 14d\n\
         connection_messages false\n\
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n\
         log_type notice\n\
         log_timestamp_format %Y-%m-%dT%H:%M:%S\n"
    )
}

/// The address in a configuration that this module has written.
fn listener(configuration: &str) -> Option<SocketAddr> {
    let line = configuration
        .lines()
        .find_map(|line| line.strip_prefix("listener "))?;
    let (port, ip) = line.split_once(' ')?;
    Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_back_from_the_configuration() {
        for address in ["127.0.0.1:1883", "[::1]:18830"] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(listener(&configuration(address, "/data")), Some(address));
        }
        assert_eq!(listener("# nothing"), None);
    }

    #[test]
    fn a_directory_that_would_break_the_configuration_is_refused() {
        assert!(Files::in_directory(Path::new("/data/a\nallow_anonymous false")).is_err());
        assert!(Files::in_directory(Path::new("/data/with space/broker")).is_ok());
    }
}
