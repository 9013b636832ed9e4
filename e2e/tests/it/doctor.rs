//! `fieldbook doctor`, beside neighbours that are well and others that are not.

use std::path::Path;

use tokio::process::Command;

use crate::harness::{DataDir, Fieldbook, LEAVE_SENSORS, binary, free_address};

/// What a doctor is told.
struct Patient {
    mqtt: String,
    s3: String,
    database: String,
    bucket: &'static str,
    key: [(&'static str, String); 2],
    dir: String,
}

impl Patient {
    fn well(fieldbook: &Fieldbook, data: &DataDir) -> Self {
        Self {
            mqtt: format!("mqtt://{}", fieldbook.mqtt),
            s3: format!("http://{}", fieldbook.s3),
            database: fieldbook.database_url(),
            bucket: "fieldbook",
            key: fieldbook.s3_key(),
            dir: data.path().join("ingest").display().to_string(),
        }
    }

    /// Whether all is well, and what the doctor says.
    async fn look(&self, args: &[&str]) -> (bool, String) {
        let output = Command::new(binary())
            .arg("doctor")
            .args([
                "--data-dir",
                &self.dir,
                "--bucket",
                self.bucket,
                "--s3-endpoint",
                &self.s3,
            ])
            .args(["--journal-mb", "64"])
            .args(args)
            .env_clear()
            .env("MQTT_URL", &self.mqtt)
            .env("DATABASE_URL", &self.database)
            .envs(self.key.clone())
            .output()
            .await
            .expect("it runs");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.success(), said.concat())
    }

    /// Something is broken, it is said what, and a hint stands below.
    async fn is_broken(&self, args: &[&str], what: &str, hint: &str) {
        let (well, said) = self.look(args).await;
        assert!(!well, "{said}");
        let mut lines = said.lines();
        let broken = lines.find(|line| line.starts_with("BROKEN") && line.contains(what));
        assert!(broken.is_some(), "{what:?}: {said}");
        let below = lines.next().unwrap_or_default();
        assert!(below.contains('→') && below.contains(hint), "{hint:?}: {said}");
    }
}

/// Told of the data directory alone.
async fn finds_what_up_runs(fieldbook: &Fieldbook, data: &DataDir) {
    let beside = Command::new(binary())
        .args(["doctor".as_ref(), "--data-dir".as_ref(), data.path().as_os_str()])
        .env_clear()
        .output()
        .await
        .expect("it runs");
    let said = String::from_utf8_lossy(&beside.stdout);
    assert!(beside.status.success(), "{said}");
    let broker = format!("ok      broker of mqtt (mqtt://{})", fieldbook.mqtt);
    assert!(said.contains(&broker), "{said}");
}

#[tokio::test]
async fn everything_is_looked_at_and_what_is_broken_has_a_hint() {
    let data = DataDir::new();
    let fieldbook = Fieldbook::up(&data, &LEAVE_SENSORS).await;
    let nobody = free_address();

    let (well, said) = Patient::well(&fieldbook, &data).look(&[]).await;
    assert!(well, "{said}");
    for what in [
        "broker of mqtt",
        "bucket fieldbook",
        "database",
        "schema",
        "disk of",
        "clock",
    ] {
        let line = said.lines().find(|line| line.contains(what));
        assert!(line.is_some_and(|line| line.starts_with("ok ")), "{what}: {said}");
    }
    let well = || Patient::well(&fieldbook, &data);
    assert!(!Path::new(&well().dir).exists(), "it leaves nothing");
    finds_what_up_runs(&fieldbook, &data).await;

    let no_broker = Patient {
        mqtt: format!("mqtt://{nobody}"),
        ..well()
    };
    no_broker.is_broken(&[], "broker of mqtt", "MQTT_URL").await;
    let not_mqtt = Patient {
        mqtt: format!("mqtts://{}", fieldbook.mqtt),
        ..well()
    };
    not_mqtt.is_broken(&[], "broker of mqtt", "").await;
    let no_store = Patient {
        s3: format!("http://{nobody}"),
        ..well()
    };
    no_store
        .is_broken(&[], "bucket fieldbook", "AWS_ENDPOINT_URL_S3")
        .await;
    let no_bucket = Patient {
        bucket: "elsewhere",
        ..well()
    };
    no_bucket
        .is_broken(&[], "bucket elsewhere", "FIELDBOOK_BUCKET")
        .await;
    let [(id, _), (secret, _)] = well().key;
    let no_right = Patient {
        key: [(id, "wrong".to_owned()), (secret, "wrong".to_owned())],
        ..well()
    };
    no_right.is_broken(&[], "bucket fieldbook", "s3:PutObject").await;
    let no_database = Patient {
        database: format!("postgres://{nobody}/none"),
        ..well()
    };
    no_database.is_broken(&[], "database", "DATABASE_URL").await;
    let another = well().database.replace("/fieldbook?", "/postgres?");
    assert_ne!(another, well().database);
    let no_schema = Patient {
        database: another,
        ..well()
    };
    no_schema.is_broken(&[], "schema", "fieldbook migrate").await;
    let in_memory = Patient {
        dir: "/dev/shm/fieldbook-e2e-doctor".to_owned(),
        ..well()
    };
    in_memory.is_broken(&[], "disk of", "--data-dir").await;

    guarded(&well(), &data).await;
    fieldbook.stop().await;
}

/// Brokers that want to know who comes.
async fn guarded(well: &Patient, data: &DataDir) {
    let broker = testbed::guarded_broker().await;
    let file = data.path().join("sources.toml");
    let name = file.display().to_string();
    let write = |text: String| std::fs::write(&file, text).expect("written");
    let source = |broker: String, more: &str| {
        format!("[[source]]\nname = \"a\"\ntopics = [\"$share/g/t/#\"]\nbroker = \"{broker}\"\n{more}")
    };
    let path = |name: &str| broker.file(name).display().to_string();
    let (tls, open) = (
        format!("mqtts://{}", broker.by_certificate()),
        format!("mqtt://{}", broker.by_password()),
    );
    for protocol in ["5", "3.1.1"] {
        let protocol = format!("protocol = \"{protocol}\"\n");
        write(source(open.clone(), &protocol));
        well.is_broken(&["--sources", &name], "broker of a", "login.user")
            .await;
        write(source(
            tls.clone(),
            &format!(
                "{protocol}tls = {{ certificate_file = {:?}, key_file = {:?} }}",
                path("client.pem"),
                path("client.key")
            ),
        ));
        well.is_broken(&["--sources", &name], "broker of a", "tls.ca_file")
            .await;
        let all = format!(
            "{protocol}tls = {{ ca_file = {:?}, certificate_file = {:?}, key_file = {:?} }}",
            path("ca.pem"),
            path("client.pem"),
            path("client.key")
        );
        write(source(tls.clone(), &all));
        let (is_well, said) = well.look(&["--sources", &name]).await;
        assert!(is_well && said.contains("ok      broker of a"), "{said}");
    }
    write("[[source]]\nname = 7".to_owned());
    well.is_broken(&["--sources", &name], "line 2", "sources.md")
        .await;
}
