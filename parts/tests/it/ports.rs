//! Ports.

use std::net::TcpListener;

use parts::ports::{check, free};

#[test]
fn a_port_in_use_is_named_with_who_holds_it_and_another_one() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = check(address, "the API", "--http").unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("port {} is in use by ", address.port())),
        "{error}"
    );
    assert!(
        error.contains("choose another port for the API with --http 127.0.0.1:"),
        "{error}"
    );
    if cfg!(target_os = "linux") {
        assert!(
            error.contains(&format!("(process {})", std::process::id())),
            "{error}"
        );
    }
}

#[test]
fn a_free_port_is_free() {
    let address = free("127.0.0.1".parse().unwrap()).unwrap();
    assert_ne!(address.port(), 0);
    check(address, "the API", "--http").unwrap();
}
