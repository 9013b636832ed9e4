//! The command line by itself, without servers; the rest of the binary is tested from outside, in `e2e`.

use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fieldbook"))
        .args(args)
        .env_clear()
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_names_the_commands() {
    let help = text(&run(&["--help"]).stdout);
    for command in [
        "up", "ingest", "serve", "migrate", "simulate", "sensors", "key", "datasets",
    ] {
        assert!(help.contains(command), "{help}");
    }
}

#[test]
fn a_wrong_flag_is_refused_with_the_right_one() {
    let wrong = run(&["up", "--no-simulater"]);
    assert!(!wrong.status.success());
    assert!(
        text(&wrong.stderr).contains("--no-simulator"),
        "{}",
        text(&wrong.stderr)
    );
}

#[test]
fn a_missing_address_or_key_is_one_line_that_names_its_variable() {
    let missing = run(&["ingest", "--mqtt-url", "mqtt://127.0.0.1:1"]);
    assert!(
        text(&missing.stderr).contains("--database-url"),
        "{}",
        text(&missing.stderr)
    );
    let database = ["--database-url", "postgres://127.0.0.1:1/none"];
    let keyless = run(&[&["ingest", "--mqtt-url", "mqtt://127.0.0.1:1"], &database[..]].concat());
    assert!(
        text(&keyless.stderr).contains("AWS_ACCESS_KEY_ID is not set"),
        "{}",
        text(&keyless.stderr)
    );
}

#[test]
fn an_issuer_without_an_audience_or_without_tls_is_refused() {
    let serve = |args: &[&str]| {
        let refused = run(&[&["serve", "--database-url", "postgres://127.0.0.1:1/none"], args].concat());
        assert!(!refused.status.success());
        text(&refused.stderr)
    };
    let alone = serve(&["--oidc-issuer", "https://login.example.org"]);
    assert!(alone.contains("--oidc-audience"), "{alone}");
    let open = serve(&[
        "--oidc-issuer",
        "http://login.example.org",
        "--oidc-audience",
        "fieldbook",
    ]);
    assert!(
        open.contains("FIELDBOOK_OIDC_ISSUER") && open.contains("https"),
        "{open}"
    );
}
