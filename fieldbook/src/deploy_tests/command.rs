//! Each `fieldbook` command of the compose file, and each variable given to it, is one that the binary takes.

use clap::{CommandFactory as _, Parser as _};

use super::compose::Compose;
use super::files::Dockerfile;
use crate::cli::{AnonymousArg, Cli, Command};

/// Reads a command line and its environment as the binary does, but for what the machine's own environment says.
///
/// Each variable is given by the flag that it stands for: it is checked by the same parser, and a variable that stands
/// for no flag of this command is an error, where the binary would just not see it.
fn parse(command: &[String], environment: impl IntoIterator<Item = (String, String)>) -> Result<Cli, String> {
    let all = Cli::command();
    let name = command.first().ok_or("a command is missing")?;
    let one = all
        .find_subcommand(name)
        .ok_or_else(|| format!("{name} is not a command"))?;
    let mut words = vec!["fieldbook".to_owned()];
    words.extend_from_slice(command);
    for (variable, value) in environment {
        if variable == "FIELDBOOK_DATA_DIR" && !takes(one, &variable) {
            // Of the image, for all commands.
            continue;
        }
        let flag = one
            .get_arguments()
            .chain(all.get_arguments())
            .find(|argument| argument.get_env().is_some_and(|env| env == variable.as_str()))
            .and_then(clap::Arg::get_long)
            .ok_or_else(|| format!("fieldbook {name} takes no variable {variable}"))?;
        words.push(format!("--{flag}={value}"));
    }
    Cli::try_parse_from(words).map_err(|error| error.to_string())
}

fn takes(command: &clap::Command, variable: &str) -> bool {
    command
        .get_arguments()
        .any(|argument| argument.get_env().is_some_and(|env| env == variable))
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn the_binary_takes_every_command_and_variable_of_the_compose_file() {
    let compose = Compose::read();
    let image = Dockerfile::read("deploy/Dockerfile");
    let mut seen = Vec::new();
    for service in compose.fieldbook_services() {
        let command = service.command(&image.command());
        let environment = image.environment().into_iter().chain(service.environment());
        let parsed = parse(&command, environment).unwrap_or_else(|error| panic!("{}: {error}", service.name));
        if let Command::Serve(args) = &parsed.command {
            assert!(
                !args.http.ip().is_loopback(),
                "other containers and the host can't reach it"
            );
            // `serve` refuses to start there without a word on it.
            assert_eq!(args.anonymous, Some(AnonymousArg::Data));
        }
        seen.push((service.name.to_owned(), command.join(" ")));
    }
    seen.sort();
    let expected = [
        ("api", "serve"),
        ("data_collector", "ingest"),
        ("iot_data_generator", "simulate"),
        ("migrate", "migrate"),
    ];
    assert_eq!(seen, expected.map(|(name, command)| pair(name, command)));
}

#[test]
fn a_wrong_command_variable_or_value_would_be_found() {
    let command = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let database = || pair("DATABASE_URL", "postgres://database/fieldbook");

    parse(&command(&["serve"]), [database()]).expect("the rest is right");
    let cases = [
        (command(&["serv"]), database(), "serv is not a command"),
        (
            command(&["serve", "--htp=0.0.0.0:1"]),
            database(),
            "unexpected argument",
        ),
        (
            command(&["serve"]),
            pair("DATABASE_ULR", "postgres://a/b"),
            "takes no variable DATABASE_ULR",
        ),
        // Known, but to another command.
        (
            command(&["serve"]),
            pair("FIELDBOOK_SEGMENT_SECONDS", "60"),
            "takes no variable FIELDBOOK_SEGMENT_SECONDS",
        ),
        (
            command(&["serve"]),
            pair("FIELDBOOK_ANONYMOUS", "everything"),
            "invalid value",
        ),
        (
            command(&["serve"]),
            pair("FIELDBOOK_LOG", "info"),
            "--database-url",
        ),
    ];
    for (command, variable, expected) in cases {
        let error = parse(&command, [variable]).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_generators_variables_name_the_simulators_broker_unless_a_url_does() {
    let broker = |words: &[&str]| {
        let words = ["fieldbook", "simulate"].iter().chain(words);
        match Cli::try_parse_from(words).expect("arguments").command {
            Command::Simulate(args) => args.broker().to_string(),
            other => panic!("{other:?}"),
        }
    };
    let host = ["--mqtt-host=mqtt_broker", "--mqtt-port=1884"];
    assert_eq!(broker(&host), "mqtt://mqtt_broker:1884");
    assert_eq!(broker(&["--mqtt-host=::1"]), "mqtt://[::1]:1883");
    assert_eq!(
        broker(&[&host[..], &["--mqtt-url=mqtts://a.example"]].concat()),
        "mqtts://a.example:8883"
    );
    assert_eq!(broker(&[]), "mqtt://127.0.0.1:1883");
}
