//! `service`.

use api::Options;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::world::{World, open};

#[tokio::test]
async fn the_service_describes_itself() {
    let world = World::with(Options {
        time_zone: "Europe/Berlin".parse().unwrap(),
        ..open()
    })
    .await;
    let before = Utc::now();
    let data = world
        .data(
            "{ service { name version schemaVersion timeZone anonymousAccess now backend { server } \
               limits { first maxPoints requestSeconds } datasets { slug name title description } } }",
        )
        .await;
    let service = &data["service"];
    assert_eq!(service["name"], "Fieldbook");
    assert_eq!(service["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(service["timeZone"], "Europe/Berlin");
    assert_eq!(service["anonymousAccess"], "DATA");
    assert_eq!(
        service["limits"],
        json!({ "first": 10_000, "maxPoints": 10_000, "requestSeconds": 30.0 })
    );
    assert!(
        service["backend"]["server"]
            .as_str()
            .unwrap()
            .starts_with("PostgreSQL ")
    );
    assert!(service["schemaVersion"].is_string());
    assert!(
        service["datasets"]
            .as_array()
            .unwrap()
            .iter()
            .any(|dataset| dataset["slug"] == "readings")
    );
    let now: DateTime<Utc> = service["now"].as_str().unwrap().parse().unwrap();
    assert!(before.timestamp_micros() <= now.timestamp_micros() && now <= Utc::now());
}
