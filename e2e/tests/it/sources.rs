//! Sources by configuration: several brokers, certificates and passwords, both versions of MQTT, messages in other forms.

use std::path::Path;
use std::process::Stdio;

use testbed::GuardedBroker;
use tokio::process::Command;

use crate::harness::{DEADLINE, DataDir, Fieldbook, Ingest, LEAVE_SENSORS, binary};

/// Publishes at QoS 1.
async fn publish(args: &[&str], payload: &str) {
    mosquitto_pub(&[args, &["-m", payload]].concat()).await;
}

async fn mosquitto_pub(args: &[&str]) {
    let output = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-q", "1"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("mosquitto_pub");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A source of each kind. `at` is where the gateway's values are.
fn sources(broker: &GuardedBroker, at: &str) -> String {
    let file = |name: &str| broker.file(name).display().to_string();
    format!(
        r#"
[[source]]
name = "gateway"
topics = ["gateways/+"]
[source.message]
records = "/readings"
sensor = "{{message:/gateway}}/{{/n}}"
time = "/t"
time_format = "epoch_ms"
values = [{{ at = "{at}" }}, {{ at = "/battery", sensor = "{{topic:2}} battery {{/n}}", optional = true }}]

[[source]]
name = "by certificate"
broker = "mqtts://{}"
protocol = "3.1.1"
topics = ["plant/+"]
tls = {{ ca_file = "{}", certificate_file = "{}", key_file = "{}" }}
[source.message]
sensor = "{{topic:2}}"
time = "receipt"
values = [{{ at = "" }}]

[[source]]
name = "by password"
broker = "mqtt://{}"
topics = ["$share/fieldbook/sensors"]
login = {{ user = "{}", password_file = "password" }}
"#,
        broker.by_certificate(),
        file("ca.pem"),
        file("client.pem"),
        file("client.key"),
        broker.by_password(),
        testbed::USER,
    )
}

fn write(data: &DataDir, name: &str, text: &str) -> String {
    let path = data.path().join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

fn start(fieldbook: &Fieldbook, dir: &Path, sources: &str) -> Ingest {
    Ingest::start(fieldbook, dir, fieldbook.s3, &[], &["--sources", sources])
}

/// How a client says who it is to the broker that wants a certificate.
fn certified(broker: &GuardedBroker) -> Vec<String> {
    let file = |name: &str| broker.file(name).display().to_string();
    let (port, ca) = (broker.by_certificate().port().to_string(), file("ca.pem"));
    let (certificate, key) = (file("client.pem"), file("client.key"));
    [
        "-p",
        &port,
        "--cafile",
        &ca,
        "--cert",
        &certificate,
        "--key",
        &key,
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Publishes to each source until all have come: what a broker is given before it knows the ingestor is nobody's.
async fn publish_all(fieldbook: &Fieldbook, broker: &GuardedBroker, ingest: &Ingest) {
    let now = chrono::Utc::now();
    let millis = now.timestamp_millis();
    // Of three readings one has no value where the configuration looks for it, and one a battery beside.
    let gateway = format!(
        r#"{{"readings": [{{"n": "a", "t": {millis}, "w": 1.5}}, {{"n": "b", "t": {millis}, "v": 2}},
            {{"n": "c", "t": {millis}, "w": 3, "battery": 98}}], "gateway": "north"}}"#
    );
    let plain = format!(
        r#"{{"id": "Sensor 1", "dt": "{}", "value": 17}}"#,
        now.to_rfc3339()
    );
    let home = fieldbook.mqtt.port().to_string();
    let by_password = broker.by_password().port().to_string();
    let certified = certified(broker);
    let certified: Vec<&str> = certified.iter().map(String::as_str).collect();
    let sensors = "SELECT count(DISTINCT sensor_id) FROM reading";
    let come = async {
        while fieldbook.number(sensors).await < 5 {
            publish(&["-p", &home, "-t", "gateways/7"], &gateway).await;
            publish(&[&certified[..], &["-t", "plant/pressure"]].concat(), "4.02").await;
            let login = ["-p", &by_password, "-u", testbed::USER, "-P", testbed::PASSWORD];
            publish(&[&login[..], &["-t", "sensors"]].concat(), &plain).await;
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, come).await;
    assert!(in_time.is_ok(), "{}", ingest.log());
}

/// In MQTT 3.1.1 a broker can't be told to withhold what is too large: that source stops loudly, the others go on.
async fn a_message_too_large_stops_its_source_alone(
    data: &DataDir,
    fieldbook: &Fieldbook,
    broker: &GuardedBroker,
    ingest: &Ingest,
) {
    let large = write(data, "large", &"9".repeat(4 << 20));
    let certified = certified(broker);
    let certified: Vec<&str> = certified.iter().map(String::as_str).collect();
    mosquitto_pub(&[&certified[..], &["-t", "plant/large", "-f", &large]].concat()).await;
    let told = async {
        while !ingest
            .log()
            .contains("more than Fieldbook takes, and will send it again")
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, told).await;
    assert!(in_time.is_ok(), "{}", ingest.log());
    let port = broker.by_password().port().to_string();
    let login = [
        "-p",
        &port,
        "-u",
        testbed::USER,
        "-P",
        testbed::PASSWORD,
        "-t",
        "sensors",
    ];
    let time = chrono::Utc::now().to_rfc3339();
    publish(
        &login,
        &format!(r#"{{"id": "Sensor 2", "dt": "{time}", "value": 18}}"#),
    )
    .await;
    let come = "SELECT count(*) FROM reading JOIN sensor ON sensor.id = sensor_id WHERE name = 'Sensor 2'";
    fieldbook.wait_number(come, 1).await;
}

#[tokio::test]
async fn messages_of_several_forms_come_from_open_and_guarded_brokers() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let broker = testbed::guarded_broker().await;
    write(&data, "password", &format!("{}\n", testbed::PASSWORD));
    let file = write(&data, "sources.toml", &sources(&broker, "/w"));
    let dir = data.path().join("ingest");
    let ingest = start(&fieldbook, &dir, &file);

    publish_all(&fieldbook, &broker, &ingest).await;
    let is_there = "SELECT count(*) FROM (VALUES ('gateway', 'north/a', 1.5), ('gateway', 'north/c', 3), ('gateway', '7 battery c', 98),
            ('by certificate', 'pressure', 4.02), ('by password', 'Sensor 1', 17)) AS said (source, name, value)
        WHERE EXISTS (SELECT FROM reading JOIN sensor ON sensor.id = reading.sensor_id
            WHERE sensor.source = said.source AND sensor.name = said.name AND reading.value = said.value)";
    assert_eq!(fieldbook.number(is_there).await, 5);
    // The one reading is set aside by itself, by its number: record by record, value by value.
    let aside = "SELECT count(*) FROM quarantined_message WHERE code = 'value_missing' AND item = 3 AND sensor = 'north/b'";
    assert!(fieldbook.number(aside).await > 0);
    assert!(!ingest.log().contains(testbed::PASSWORD), "{}", ingest.log());
    ingest.stop().await;

    // The value is elsewhere: as configured from now on, what was set aside comes in.
    let file = write(&data, "sources.toml", &sources(&broker, "/v"));
    let ingest = start(&fieldbook, &dir, &file);
    let replayed = Command::new(binary())
        .args([
            "quarantine",
            "replay",
            "--reason",
            "value_missing",
            "--by",
            "a test",
            "--data-dir",
        ])
        .arg(data.path())
        .env_clear()
        .output()
        .await
        .expect("it runs");
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
    let come = "SELECT count(*) FROM reading JOIN sensor ON sensor.id = sensor_id WHERE name = 'north/b' AND value = 2";
    fieldbook.wait_number(come, 1).await;
    assert_eq!(
        fieldbook.number("SELECT count(*) FROM quarantined_message").await,
        0
    );

    a_message_too_large_stops_its_source_alone(&data, &fieldbook, &broker, &ingest).await;
    ingest.stop().await;
    let unbalanced = "SELECT count(*) FROM segment
        WHERE decoded + quarantined <> messages OR readings_refused <> 0
           OR decoded > readings_new + readings_duplicate + readings_conflicting";
    fieldbook.wait_number(unbalanced, 0).await;
    fieldbook.stop().await;
}
