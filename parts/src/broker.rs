//! A private Mosquitto for one machine: any user and password is accepted, so it listens on loopback only.
//!
//! ```text
//! DIR/                     0700, the broker's user
//! ├─ mosquitto.conf        written anew at each start
//! ├─ mosquitto.pid         of the running one
//! ├─ mosquitto.db          sessions and queued messages, saved every 30 s and at the end
//! └─ mosquitto.log
//! ```
//!
//! Its limits fit an ingest: Mosquitto's own keep 1,000 messages for an absent reader and then drop silently.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::place::{self, Place, PlaceError};
use crate::ports::{self, PortError};
use crate::process::{self, ProcessError, Server};
use crate::{files, program};

/// What a private broker is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its own directory.
    pub directory: PathBuf,
    /// Where it listens; loopback, because it lets everybody in.
    pub listen: SocketAddr,
    /// Where to look for the program.
    pub search: Vec<PathBuf>,
    /// How long a start may take; it reads what it saved.
    pub start_within: Duration,
    /// How long an end may take; it saves what it has.
    pub stop_within: Duration,
}

impl Options {
    /// A broker in `directory`, listening on `listen`.
    pub fn new(directory: impl Into<PathBuf>, listen: SocketAddr) -> Self {
        Self {
            directory: directory.into(),
            listen,
            search: program::search_here(),
            start_within: Duration::from_secs(30),
            stop_within: Duration::from_secs(30),
        }
    }
}

/// Why the broker does not run.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The program is not on this machine.
    #[error("find Mosquitto: it is not installed; on Debian: apt-get install mosquitto")]
    NotInstalled,
    /// It would be open to the world.
    #[error("listen on {0}: the private broker lets everybody in and stays on loopback; for others, run a broker of your own and set MQTT_URL")]
    BeyondLoopback(SocketAddr),
    /// The address is taken.
    #[error(transparent)]
    Port(#[from] PortError),
    /// It has no place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Its configuration can't be written.
    #[error("write {path}")]
    Configuration {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The process failed.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

/// A running broker. Dropped, it goes on; [`Broker::stop`] ends it.
#[derive(Debug)]
pub struct Broker {
    server: Server,
    listen: SocketAddr,
    pid_file: PathBuf,
    stop_within: Duration,
}

impl Broker {
    /// Starts the broker of `options.directory`. One that still runs there on the same address is adopted; one on
    /// another address is ended first, and saves what it has.
    pub async fn start(options: &Options) -> Result<Self, BrokerError> {
        if !options.listen.ip().is_loopback() {
            return Err(BrokerError::BeyondLoopback(options.listen));
        }
        let found = program::find("mosquitto", &options.search).ok_or(BrokerError::NotInstalled)?;
        let place = place::settle(&options.directory, "Mosquitto", "mosquitto")?;
        let [configuration, pid_file, log] =
            ["mosquitto.conf", "mosquitto.pid", "mosquitto.log"].map(|name| place.directory.join(name));
        let text = configuration_text(&place, options.listen, &pid_file);
        let running = process::read_pid(&pid_file).filter(|pid| is_ours(*pid, &configuration));
        let mut server = match running {
            Some(pid) if std::fs::read_to_string(&configuration).is_ok_and(|written| written == text) => {
                Server::adopt("Mosquitto", pid, &log)
            }
            running => {
                if let Some(pid) = running {
                    let mut old = Server::adopt("Mosquitto", pid, &log);
                    old.stop(Signal::TERM, options.stop_within).await?;
                }
                ports::check(options.listen, "the broker", "--mqtt")?;
                let failed = |source| BrokerError::Configuration { path: configuration.clone(), source };
                files::write_whole(&configuration, text.as_bytes(), 0o600).map_err(failed)?;
                place.account.own(&configuration).map_err(failed)?;
                let mut command = Command::new(found);
                command.arg("-c").arg(&configuration).current_dir("/");
                Server::start("Mosquitto", command, &place.account, &log)?
            }
        };
        let listen = options.listen;
        server.wait_ready(options.start_within, |_| answers(listen)).await?;
        Ok(Self { server, listen, pid_file, stop_within: options.stop_within })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listen
    }

    /// Whether it still ran from an earlier start.
    pub fn is_adopted(&self) -> bool {
        self.server.is_adopted()
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.server.pid().as_raw_nonzero().get()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        self.server.log()
    }

    /// Completes when it has ended, for whatever reason.
    pub async fn ended(&mut self) {
        self.server.ended().await;
    }

    /// Ends it; it saves sessions and queued messages first.
    pub async fn stop(mut self) -> Result<(), BrokerError> {
        self.server.stop(Signal::TERM, self.stop_within).await?;
        let _ = std::fs::remove_file(&self.pid_file);
        Ok(())
    }
}

fn is_ours(pid: Pid, configuration: &Path) -> bool {
    process::is_alive(pid) && process::has_argument(pid, configuration.as_os_str()) == Some(true)
}

/// See mosquitto.conf(5).
fn configuration_text(place: &Place, listen: SocketAddr, pid_file: &Path) -> String {
    let directory = place.directory.display();
    // Mosquitto changes its user when root starts it; here that has been done already.
    format!(
        "# Written by Fieldbook at each start.\n\
         listener {port} {ip}\n\
         allow_anonymous true\n\
         pid_file {pid_file}\n\
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
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n\
         log_type notice\n\
         connection_messages false\n",
        port = listen.port(),
        ip = listen.ip(),
        pid_file = pid_file.display(),
    )
}

/// Speaks MQTT, not just TCP: the port opens before it has read what it saved.
async fn answers(listen: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(listen).await?;
        // CONNECT of MQTT 3.1.1 with a clean session and no name (section 3.1), then DISCONNECT.
        stream.write_all(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00").await?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await?;
        stream.write_all(b"\xe0\x00").await?;
        io::Result::Ok(answer[0] == 0x20 && answer[3] == 0)
    };
    matches!(tokio::time::timeout(Duration::from_secs(2), ask).await, Ok(Ok(true)))
}
