//! Brokers and object stores of a test's own, and what is left when they go.

use std::path::Path;

#[tokio::test]
async fn a_broker_and_a_store_go_with_their_values() {
    let broker = testbed::broker().await;
    let store = testbed::object_store().await;
    let (address, pid) = (broker.address(), broker.pid());
    let directories = [broker.directory().to_owned(), store.directory().to_owned()];
    tokio::net::TcpStream::connect(address).await.unwrap();
    drop(broker);
    drop(store);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(directories.iter().all(|directory| !directory.exists()));
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "{state}");
}

/// This test runs itself a second time, as a process that is killed while it has a server.
#[test]
fn a_killed_test_process_leaves_nothing() {
    const SAYS_WHERE: &str = "FIELDBOOK_TESTBED_KILLED";
    if let Some(file) = std::env::var_os(SAYS_WHERE) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let broker = runtime.block_on(testbed::broker());
        let said = Path::new(&file).with_extension("whole");
        std::fs::write(&said, broker.directory().to_str().unwrap()).unwrap();
        std::fs::rename(&said, &file).unwrap();
        loop {
            std::thread::park();
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("where");
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parts::a_killed_test_process_leaves_nothing"])
        .env(SAYS_WHERE, &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until(|| file.exists());
    let broker = std::path::PathBuf::from(std::fs::read_to_string(&file).unwrap());
    let pid = std::fs::read_to_string(broker.join("mosquitto.pid")).unwrap();
    assert!(Path::new("/proc").join(pid.trim()).exists());
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(|| !broker.exists() && !Path::new("/proc").join(pid.trim()).exists());
}

#[track_caller]
fn wait_until(state: impl Fn() -> bool) {
    let until = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !state() {
        assert!(
            std::time::Instant::now() < until,
            "it did not come about within a minute"
        );
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
}
