//! What an export may be asked, and what is refused.

use api::{Anonymous, Limits, Options};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{RANGE, alike, fill, lines, text};
use crate::world::{World, open, with_limits};

/// Whether a filter lets a row through.
type Wanted = fn(&Value) -> bool;

#[tokio::test]
async fn filters_choose_as_they_do_elsewhere() {
    let world = World::new().await;
    fill(&world).await;
    let all = lines(&world, &format!("readings.ndjson?{RANGE}&labels=site,customer")).await;
    let filters: [(&str, Wanted); 8] = [
        ("flag=fail&flag=SUSPECT", |row| {
            row["flag"] == "FAIL" || row["flag"] == "SUSPECT"
        }),
        (
            "sensor=registered&sensor=%F0%9F%8C%A1%EF%B8%8F%20%E6%B8%A9%E5%BA%A6",
            |row| row["sensor"] == "registered" || row["sensor"] == "🌡️ 温度",
        ),
        ("type=temperature", |row| row["type"] == "temperature"),
        ("label=site:Harbour", |row| row["site"] == "Harbour"),
        ("label=customer", |row| !row["customer"].is_null()),
        ("source=plant", |_| true),
        ("source=elsewhere", |_| false),
        ("sensor=registered&type=temperature", |_| false),
    ];
    for (filter, is_wanted) in filters {
        let found = lines(
            &world,
            &format!("readings.ndjson?{RANGE}&labels=site,customer&{filter}"),
        )
        .await;
        let expected: Vec<_> = all.iter().filter(|row| is_wanted(row)).cloned().collect();
        assert_eq!(found, expected, "{filter}");
    }
    let half = lines(
        &world,
        "readings.ndjson?from=2026-03-29T00:00:00Z&to=2026-03-29T12:00:00Z&labels=site,customer",
    )
    .await;
    let expected: Vec<_> = all
        .iter()
        .filter(|row| row["time"].as_str().unwrap() >= "2026-03-29")
        .cloned()
        .collect();
    assert!(!half.is_empty() && half.len() < all.len());
    assert_eq!(half, expected);
}

#[tokio::test]
async fn buckets_are_those_of_the_flat_rows() {
    let world = World::new().await;
    fill(&world).await;
    let ours = lines(
        &world,
        &format!("buckets.ndjson?{RANGE}&bucket=P1D&time_zone=Europe/Zurich&labels=site"),
    )
    .await;
    let columns = "sensor source type unit site start end timeZone count countSuspect countFail avg min max sum first last \
                   stddev complete";
    let data = world
        .data(&format!(
            "{{ bucketRows(from: \"2026-03-28T12:00:00Z\", to: \"2026-03-29T12:00:00Z\", bucket: \"P1D\", \
             timeZone: \"Europe/Zurich\") {{ {columns} }} }}"
        ))
        .await;
    let theirs = data["bucketRows"].as_array().unwrap();
    assert_eq!(ours.len(), 16, "two days of eight sensors");
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        for (name, theirs) in theirs.as_object().unwrap() {
            let name = match name.as_str() {
                "timeZone" => "time_zone",
                "countSuspect" => "count_suspect",
                "countFail" => "count_fail",
                name => name,
            };
            let ours = &ours[name];
            assert!(alike(ours, theirs), "{name} is {ours}, not {theirs}");
        }
    }
}

#[tokio::test]
async fn an_empty_range_keeps_its_shape() {
    let world = World::new().await;
    fill(&world).await;
    let range = "from=1990-01-01&to=2020-01-01";
    assert_eq!(
        text(&world, &format!("/export/readings.csv?{range}&labels=site")).await,
        "time,value,flag,sensor,source,type,unit,site\r\n"
    );
    assert_eq!(
        text(&world, &format!("/export/readings.ndjson?{range}")).await,
        ""
    );
    assert_eq!(
        text(&world, &format!("/export/buckets.csv?{range}&bucket=P1M")).await,
        "start,end,time_zone,count,count_suspect,count_fail,avg,min,max,sum,first,last,stddev,complete,sensor,source,type,\
         unit\r\n"
    );
    // Neither sensors nor readings.
    let empty = World::new().await;
    assert_eq!(
        text(&empty, "/export/readings.csv").await,
        "time,value,flag,sensor,source,type,unit\r\n"
    );
}

#[tokio::test]
async fn a_file_says_what_it_is() {
    let world = World::new().await;
    for (name, content_type) in [
        ("readings.csv", "text/csv; charset=utf-8; header=present"),
        ("buckets.ndjson", "application/x-ndjson"),
        ("readings.parquet", "application/vnd.apache.parquet"),
        ("buckets.arrow", "application/vnd.apache.arrow.file"),
    ] {
        let url = world.url(&format!("/export/{name}?{RANGE}"));
        let response = world.client.get(url).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], content_type);
        let (table, format) = name.split_once('.').unwrap();
        assert_eq!(
            response.headers()["content-disposition"],
            format!("attachment; filename=\"{table}_2026-03-28T120000Z_2026-03-29T120000Z.{format}\"")
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    world.sensors(&["a"]).await;
    for (path, status, code) in [
        ("readings.csv?sensr=a", 400, "INVALID_ARGUMENT"),
        ("readings.csv?sensor=b", 404, "NOT_FOUND"),
        ("readings.csv?bucket=PT1H", 400, "INVALID_ARGUMENT"),
        ("readings.csv?flag=good", 400, "INVALID_ARGUMENT"),
        (
            "readings.csv?from=2026-01-02&to=2026-01-01",
            400,
            "INVALID_ARGUMENT",
        ),
        ("readings.csv?from=x", 400, "INVALID_ARGUMENT"),
        ("readings.csv?sensor=a%00", 400, "INVALID_ARGUMENT"),
        ("readings.csv?labels=time", 400, "INVALID_ARGUMENT"),
        ("buckets.csv?bucket=1h", 400, "INVALID_ARGUMENT"),
        ("buckets.csv?time_zone=Mars/Olympus", 400, "INVALID_ARGUMENT"),
        ("readings.xlsx", 404, "NOT_FOUND"),
        ("sensors.csv", 404, "NOT_FOUND"),
        ("readings", 404, "NOT_FOUND"),
    ] {
        let (found, body) = world.get(&format!("/export/{path}")).await;
        assert_eq!(
            (found.as_u16(), &body["code"]),
            (status, &json!(code)),
            "{path}: {body}"
        );
    }
    let response = world
        .client
        .post(world.url("/export/readings.csv"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn more_sensors_than_the_limit_are_refused_with_both_numbers() {
    let limits = Limits {
        export_sensors_max: 2,
        ..Limits::default()
    };
    let world = World::with(with_limits(limits)).await;
    world.sensors(&["a", "b", "c"]).await;
    let (status, body) = world.get("/export/readings.csv").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        (&body["code"], &body["limit"], &body["asked"]),
        (&json!("LIMIT_EXCEEDED"), &json!(2), &json!(3))
    );
    text(&world, "/export/readings.csv?sensor=a&sensor=c").await;
}

#[tokio::test]
async fn who_may_not_see_readings_gets_none() {
    for anonymous in [Anonymous::None, Anonymous::Catalogue] {
        let world = World::without_database(Options { anonymous, ..open() }).await;
        for path in [
            "/export/readings.csv",
            "/export/buckets.parquet?nonsense",
            "/export/nothing",
        ] {
            let (status, body) = world.get(path).await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED")),
                "{path}"
            );
        }
    }
    let away = World::without_database(open()).await;
    let (status, _) = away.get("/export/readings.csv").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}
