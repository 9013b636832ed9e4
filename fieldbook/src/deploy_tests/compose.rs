//! The compose file, read as its programs read it.

use std::collections::BTreeMap;

use serde_json::Value;

/// The values that stand in the file; a variable that is set on the machine of the test changes nothing.
pub(super) struct Compose {
    value: Value,
}

/// One service of the file.
pub(super) struct Service<'a> {
    pub(super) name: &'a str,
    value: &'a Value,
}

impl Compose {
    pub(super) fn read() -> Self {
        Self::parse(&super::read("docker-compose.yml"))
    }

    #[track_caller]
    fn parse(text: &str) -> Self {
        let mut yaml: yaml_serde::Value = yaml_serde::from_str(text).expect("YAML");
        yaml.apply_merge().expect("maps to merge");
        let mut value = serde_json::to_value(yaml).expect("keys are texts");
        interpolate(&mut value);
        Self { value }
    }

    pub(super) fn services(&self) -> impl Iterator<Item = Service<'_>> {
        let services = self.value["services"].as_object().expect("services");
        services.iter().map(|(name, value)| Service { name, value })
    }

    pub(super) fn service(&self, name: &str) -> Service<'_> {
        self.services()
            .find(|service| service.name == name)
            .unwrap_or_else(|| panic!("a service {name}"))
    }

    /// Those that run the image of deploy/Dockerfile.
    pub(super) fn fieldbook_services(&self) -> impl Iterator<Item = Service<'_>> {
        self.services()
            .filter(|service| service.dockerfile().as_deref() == Some("deploy/Dockerfile"))
    }

    pub(super) fn volumes(&self) -> Vec<&str> {
        let volumes = self.value["volumes"].as_object().expect("volumes");
        volumes.keys().map(String::as_str).collect()
    }
}

impl Service<'_> {
    pub(super) fn get(&self, key: &str) -> &Value {
        &self.value[key]
    }

    /// The command, or `default` where the image's own is taken.
    pub(super) fn command(&self, default: &[String]) -> Vec<String> {
        match self.get("command") {
            Value::Null => default.to_vec(),
            Value::Array(words) => words.iter().map(text).collect(),
            other => panic!("{}: a list of words is expected, not {other}", self.name),
        }
    }

    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        match self.get("environment") {
            Value::Null => BTreeMap::new(),
            Value::Object(variables) => variables
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            other => panic!("{}: a map is expected, not {other}", self.name),
        }
    }

    /// `SOURCE:TARGET[:ro]`, split.
    pub(super) fn mounts(&self) -> Vec<(String, String)> {
        let mounts = self.get("volumes").as_array().map_or(&[][..], Vec::as_slice);
        mounts
            .iter()
            .map(|mount| {
                let mount = text(mount);
                let mut parts = mount.split(':').map(str::to_owned);
                (
                    parts.next().expect("a source"),
                    parts.next().expect("a place in the container"),
                )
            })
            .collect()
    }

    pub(super) fn ports(&self) -> Vec<String> {
        let ports = self.get("ports").as_array().map_or(&[][..], Vec::as_slice);
        ports.iter().map(text).collect()
    }

    /// The Dockerfile's path from the root, of a service that is built.
    pub(super) fn dockerfile(&self) -> Option<String> {
        let build = self.get("build");
        let context = build.get("context")?.as_str().expect("a path");
        let file = build
            .get("dockerfile")
            .map_or("Dockerfile", |file| file.as_str().expect("a path"));
        Some(match context {
            "." => file.to_owned(),
            _ => format!("{context}/{file}"),
        })
    }
}

/// A text, or a panic on what the programs would read in another way than the test.
#[track_caller]
fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("quote {value}: it must be a text"))
        .to_owned()
}

/// Puts `default` for `${NAME:-default}` and `$` for `$$`, in every text; another `$` is a mistake.
fn interpolate(value: &mut Value) {
    match value {
        Value::String(text) => *text = interpolated(text),
        Value::Array(values) => values.iter_mut().for_each(interpolate),
        Value::Object(values) => values.values_mut().for_each(interpolate),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[track_caller]
fn interpolated(text: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        done.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            done.push('$');
            after
        } else {
            let (inner, after) = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'))
                .unwrap_or_else(|| panic!("{text:?}: ${{NAME:-default}} is expected"));
            let (_, default) = inner
                .split_once(":-")
                .unwrap_or_else(|| panic!("{text:?}: a default is expected, so that nothing must be set"));
            done.push_str(default);
            after
        };
    }
    done + rest
}

#[test]
fn defaults_are_put_in_and_doubled_dollars_halved() {
    assert_eq!(interpolated("a:${B:-c d}@$$SYS/${E:-f}"), "a:c d@$SYS/f");
}

#[test]
fn both_generations_of_compose_read_the_file() {
    let compose = Compose::read();
    // docker-compose 1.29 knows conditions only without it, docker compose warns of it.
    assert!(compose.value.get("version").is_none());
    // docker-compose 1.29 refuses it.
    assert!(compose.value.get("name").is_none());
}

#[test]
fn nothing_is_published_beyond_loopback() {
    let compose = Compose::read();
    let mut published = Vec::new();
    for service in compose.services() {
        assert!(service.get("network_mode").is_null(), "{}", service.name);
        for port in service.ports() {
            let port = port
                .strip_prefix("127.0.0.1:")
                .unwrap_or_else(|| panic!("{}: {port} is published to the world", service.name));
            published.push(port.to_owned());
        }
    }
    published.sort();
    assert_eq!(published, ["1883:1883", "3900:3900", "5432:5432", "8000:8000"]);
}

#[test]
fn who_is_waited_for_can_be_waited_for() {
    let compose = Compose::read();
    for service in compose.services() {
        let Some(before) = service.get("depends_on").as_object() else {
            continue;
        };
        for (name, how) in before {
            let other = compose.service(name);
            let ends = other.get("restart") == "no";
            let condition = how["condition"].as_str().expect("a condition");
            let possible = match condition {
                "service_healthy" => !other.get("healthcheck").is_null(),
                "service_completed_successfully" => ends,
                _ => false,
            };
            assert!(possible, "{} waits for {name}: {condition}", service.name);
        }
    }
}

#[test]
fn whoever_goes_on_is_started_again_and_has_time_to_end() {
    for service in Compose::read().services() {
        let ends = service.get("restart") == "no";
        if ends {
            assert!(service.get("healthcheck").is_null(), "{}", service.name);
            continue;
        }
        assert_eq!(service.get("restart"), "unless-stopped", "{}", service.name);
        // The generator holds nothing.
        if service.name != "iot_data_generator" {
            assert!(service.get("stop_grace_period").is_string(), "{}", service.name);
            assert!(service.get("healthcheck").is_object(), "{}", service.name);
        }
    }
}

#[test]
fn another_generator_finds_its_variables_and_nothing_in_its_way() {
    let compose = Compose::read();
    let generator = compose.service("iot_data_generator");
    for other in compose
        .services()
        .filter(|service| service.name != generator.name)
    {
        assert_ne!(
            other.get("image"),
            generator.get("image"),
            "to build another generator would replace the image of {}",
            other.name
        );
    }
    let variables: Vec<String> = generator.environment().into_keys().collect();
    assert_eq!(variables, ["MQTT_HOST", "MQTT_PORT", "MQTT_TOPIC"]);
    for key in [
        "command",
        "entrypoint",
        "read_only",
        "cap_drop",
        "user",
        "volumes",
        "healthcheck",
    ] {
        assert!(
            generator.get(key).is_null(),
            "{key} would stay when the image is another"
        );
    }
    assert_eq!(
        generator.environment()["MQTT_TOPIC"],
        compose.service("data_collector").environment()["MQTT_TOPIC"]
    );
}
