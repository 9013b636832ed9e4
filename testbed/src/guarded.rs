//! A Mosquitto that lets in only whom it knows: by certificate on one port, by password on another.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::OrGiveUp;
use crate::room::Room;

/// The user that [`GuardedBroker::by_password`] lets in.
pub const USER: &str = "fieldbook";
/// And its password.
pub const PASSWORD: &str = "correct horse battery staple";

/// How often the broker is looked at while it starts.
const LOOKS: usize = 500;

/// A running one; it ends with this value.
#[derive(Debug)]
pub struct GuardedBroker {
    child: Child,
    by_certificate: SocketAddr,
    by_password: SocketAddr,
    // Dropped last: its watchdog ends what was not ended.
    room: Room,
}

/// Starts one. Its certificates are a day's, signed by a CA of its own.
pub async fn guarded_broker() -> GuardedBroker {
    let room = Room::new("guarded");
    let directory = room.path();
    certify(directory);
    run(Command::new("mosquitto_passwd")
        .args(["-b", "-c"])
        .arg(directory.join("passwords"))
        .args([USER, PASSWORD]));
    let [by_certificate, by_password] = free_ports();
    let path = |name: &str| directory.join(name).display().to_string();
    let configuration = format!(
        "per_listener_settings true\nuser root\nlog_dest stderr\n\
         listener {} 127.0.0.1\nallow_anonymous true\nrequire_certificate true\ncafile {}\ncertfile {}\nkeyfile {}\n\
         listener {} 127.0.0.1\nallow_anonymous false\npassword_file {}\n",
        by_certificate.port(),
        path("ca.pem"),
        path("server.pem"),
        path("server.key"),
        by_password.port(),
        path("passwords"),
    );
    let file = directory.join("mosquitto.conf");
    fs::write(&file, configuration).or_give_up("write a broker's configuration");
    let log = fs::File::create(directory.join("mosquitto.log")).or_give_up("make a broker's log");
    let child = Command::new("mosquitto")
        .arg("-c")
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .or_give_up("start a guarded Mosquitto");
    // For the watchdog.
    fs::write(directory.join("mosquitto.pid"), format!("{}\n", child.id())).or_give_up("write a pid file");
    let broker = GuardedBroker {
        child,
        by_certificate,
        by_password,
        room,
    };
    broker.wait_ready().await;
    broker
}

impl GuardedBroker {
    /// Where a client certificate is wanted.
    pub fn by_certificate(&self) -> SocketAddr {
        self.by_certificate
    }

    /// Where [`USER`] and [`PASSWORD`] are wanted.
    pub fn by_password(&self) -> SocketAddr {
        self.by_password
    }

    /// A file of its own: `ca.pem`, `client.pem`, `client.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    async fn wait_ready(&self) {
        for _ in 0..LOOKS {
            if [self.by_certificate, self.by_password]
                .iter()
                .all(|address| TcpStream::connect(address).is_ok())
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = fs::read_to_string(self.file("mosquitto.log")).unwrap_or_default();
        panic!("the guarded Mosquitto does not listen:\n{log}");
    }
}

impl Drop for GuardedBroker {
    fn drop(&mut self) {
        // Nothing of it is kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A CA, a server's certificate for this machine and a client's, by openssl.
fn certify(directory: &Path) {
    certificate(
        directory,
        "ca",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign",
        None,
    );
    let server = "basicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth";
    certificate(directory, "server", server, Some("ca"));
    let client = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth";
    certificate(directory, "client", client, Some("ca"));
}

fn certificate(directory: &Path, name: &str, extensions: &str, issuer: Option<&str>) {
    let file = |name: &str, kind: &str| directory.join(format!("{name}.{kind}"));
    let configuration = format!(
        "[req]\ndistinguished_name=subject\nprompt=no\nx509_extensions=extensions\n[subject]\nCN=fieldbook test {name}\n[extensions]\n{extensions}\n"
    );
    fs::write(file(name, "cnf"), configuration).or_give_up("write a certificate's request");
    let mut command = Command::new("openssl");
    command
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
        ])
        .arg("-config")
        .arg(file(name, "cnf"))
        .arg("-keyout")
        .arg(file(name, "key"))
        .arg("-out")
        .arg(file(name, "pem"));
    if let Some(issuer) = issuer {
        command
            .arg("-CA")
            .arg(file(issuer, "pem"))
            .arg("-CAkey")
            .arg(file(issuer, "key"));
    }
    run(&mut command);
}

fn run(command: &mut Command) {
    let output = command.output().or_give_up(&format!("run {command:?}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Ports that are free now, both at once.
fn free_ports() -> [SocketAddr; 2] {
    let listeners = [(); 2]
        .map(|()| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).or_give_up("find a free port"));
    listeners.map(|listener| listener.local_addr().or_give_up("read a port"))
}
