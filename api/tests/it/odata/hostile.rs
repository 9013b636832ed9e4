//! Questions that nobody means well: an answer or a refusal in OData's form, never a failure of ours.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::{ask, filled};
use crate::world::World;

#[tokio::test]
async fn no_filter_makes_the_service_fail() {
    let world = World::new().await;
    filled(&world).await;
    let deep = "(".repeat(5_000);
    let nots = "not ".repeat(2_000);
    for filter in [
        deep.as_str(),
        nots.as_str(),
        "Value eq 1e999",
        "Value eq 99999999999999999999999999",
        "Time lt 9999-12-31T23:59:59.999999Z",
        "Time gt 9999-12-31T23:59:59.999999Z",
        "Time ge 0001-01-01T00:00:00Z",
        "Time lt 0001-01-01T00:00:00Z",
        "Time gt 2026-11-23T10:00:00Z and Time lt 2026-11-23T09:00:00Z",
        "Sensor eq '\u{0}'",
        "contains(Sensor,'\u{0}')",
        "Source in ('\u{0}','a')",
        "Site eq '\u{0}'",
        "Value eq NaN or Value gt INF or Value lt -INF",
        "Value gt 1.7976931348623157e308",
        "Value lt -1.7976931348623157e308",
        "Sensor eq '; DROP TABLE reading; --'",
        "null",
        "not null",
        "null eq null",
        "true",
        "false",
        "''",
        "'",
        "()",
        ")",
        ",",
        "eq",
        "\u{202e}Value gt 1",
        "👻 eq 👻",
    ] {
        for set in ["Sensors", "Readings", "Buckets"] {
            for path in [set.to_owned(), format!("{set}/$count")] {
                let response = ask(&world, &path, &[("$filter", filter)]).await;
                let status = response.status().as_u16();
                assert!(
                    [200, 400, 414, 501].contains(&status),
                    "{path} {filter}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn no_address_makes_the_service_fail() {
    let world = World::new().await;
    filled(&world).await;
    let paths = "(Sensors|Readings|Buckets|[$]metadata|[$]batch|[$]count|[(]|[)]|'|,|=|/|%2F|%27|%00|%FF|%|Id|SensorId|Time|Start|Bucket|\
                 TimeZone|PT1H|UTC|2026-11-23T10:00:00Z|00000000-0000-0000-0000-000000000000|[$]value|Name|[a-z.@!*;~-]){0,8}";
    let options = "([$]filter=|[$]select=|[$]orderby=|[$]top=|[$]skip=|[$]skiptoken=|[$]count=|[$]format=|&|Value|Name|Time|Start| |%20|\
                   gt|eq|and|desc|true|json|1|-1|99999999999999999999|AQ|[*]|,|[(]|[)]|'|%00|%E2%82){0,12}";
    let mut runner = TestRunner::default();
    for _ in 0..400 {
        let path = paths.new_tree(&mut runner).unwrap().current();
        let query = options.new_tree(&mut runner).unwrap().current();
        let Ok(url) = reqwest::Url::parse(&world.url(&format!("/odata/v4/{path}?{query}"))) else {
            continue;
        };
        if !url.path().starts_with("/odata/v4/") {
            continue;
        }
        let response = world.client.get(url.clone()).send().await.unwrap();
        let status = response.status().as_u16();
        assert!(
            [200, 204, 400, 404, 406, 414, 501].contains(&status),
            "{url}: {status}"
        );
        if status >= 400 {
            let body: Value = response.json().await.unwrap();
            assert!(body["error"]["code"].is_string(), "{url}: {body}");
        }
    }
}
