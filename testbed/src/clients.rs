//! Clients that nobody here wrote, for tests of the API: packages of npm and of the Python Package Index.
//!
//! `clients/package.json` and `clients/requirements.txt` name them with their versions. The first test that asks installs
//! them, once a checkout; the others wait for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::{OrGiveUp, npm, pip};

static NODE: OnceCell<()> = OnceCell::const_new();
static PYTHON: OnceCell<PathBuf> = OnceCell::const_new();

/// A Node script beside the tests, run where it finds the npm clients: `import` works in it.
///
/// The script is copied next to their `node_modules`, so it imports nothing by a relative path.
///
/// # Panics
/// When the clients can't be installed.
pub async fn node(script: &Path) -> Command {
    npm_clients().await;
    let name = script.file_name().expect("a script has a name");
    let copy = folder().join("node_modules/.fieldbook").join(format!(
        "{}-{}",
        std::process::id(),
        name.to_string_lossy()
    ));
    fs::create_dir_all(copy.parent().expect("it has one")).or_give_up("make a folder for scripts");
    fs::copy(script, &copy).or_give_up("copy the script to its packages");
    let mut command = quiet("node");
    command.arg(copy).current_dir(folder());
    command
}

/// A Node script of a folder with packages of its own, which are installed first.
///
/// # Panics
/// When they can't be installed.
pub async fn node_of(folder: &Path, script: &str) -> Command {
    let packages = folder.to_owned();
    tokio::task::spawn_blocking(move || npm::ci(&packages).or_give_up("install the packages of a script"))
        .await
        .or_give_up("install the packages of a script");
    let mut command = quiet("node");
    command.arg(script).current_dir(folder);
    command
}

/// A program that an npm client brings, such as `graphql-inspector`.
///
/// # Panics
/// When the clients can't be installed.
pub async fn npm_program(name: &str) -> Command {
    npm_clients().await;
    quiet(folder().join("node_modules/.bin").join(name))
}

async fn npm_clients() {
    let install = async || {
        tokio::task::spawn_blocking(|| npm::ci(&folder()).or_give_up("install the npm clients"))
            .await
            .or_give_up("install the npm clients");
    };
    NODE.get_or_init(install).await;
}

/// Python, with the Python clients.
///
/// # Panics
/// When the clients can't be installed.
pub async fn python() -> Command {
    let python = PYTHON.get_or_init(async || {
        tokio::task::spawn_blocking(|| pip::environment(&folder()).or_give_up("install the Python clients"))
            .await
            .or_give_up("install the Python clients")
    });
    quiet(python.await)
}

/// What a client printed; panics with all it said when it failed.
///
/// # Panics
/// When the client can't be started, or ends with another code than 0.
#[track_caller]
pub fn run(mut client: Command) -> impl Future<Output = String> {
    let caller = std::panic::Location::caller();
    async move {
        let Output {
            status,
            stdout,
            stderr,
        } = client.output().await.or_give_up("start a client");
        let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(
            status.success(),
            "a client failed ({status}) at {caller}:\n{stdout}\n{stderr}"
        );
        stdout.into_owned()
    }
}

/// Proxies of the environment have no say between a test and its server.
pub(crate) fn quiet(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true);
    for name in [
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
    command
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}
