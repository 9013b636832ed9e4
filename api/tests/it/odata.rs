//! `/odata/v4/`: what Excel, Power BI and Tableau ask.

mod access;
mod buckets;
mod clients;
mod filters;
mod hostile;
mod paging;
mod protocol;

use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::world::{World, thermometer};

/// The times of the tests' readings, closed and long over.
const DAY: &str = "Time ge 2026-11-23T00:00:00Z and Time lt 2026-11-24T00:00:00Z";

/// Two declared thermometers, a sensor that registered itself, and readings of each.
async fn filled(world: &World) -> Vec<i32> {
    let mut second = thermometer("O'Neill, 2");
    second.kind = Some("pressure".into());
    second.labels = [("plant".to_owned(), "North".to_owned())].into();
    let mut sensors = world.declare(vec![thermometer("Sensor 1"), second]).await;
    sensors.extend(world.sensors(&["Späher"]).await);
    for (sensor, count) in sensors.iter().zip([120, 60, 5]) {
        world
            .readings(*sensor, "2026-11-23T10:00:00Z", "1 minute", count)
            .await;
    }
    sensors
}

/// What an address with these options answers.
async fn ask(world: &World, path: &str, options: &[(&str, &str)]) -> Response {
    let request = world.client.get(world.url(&format!("/odata/v4/{path}")));
    request.query(options).send().await.unwrap()
}

#[track_caller]
fn rows(body: &Value) -> &Vec<Value> {
    let rows = body["value"].as_array();
    rows.unwrap_or_else(|| panic!("no rows in {body:#}"))
}

/// The body of an answer that must be one.
async fn answer(world: &World, path: &str, options: &[(&str, &str)]) -> Value {
    let response = ask(world, path, options).await;
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path} {options:?}: {body:#}");
    body
}

/// Every row of a feed, page by page, as a client follows it.
async fn all_rows(world: &World, path: &str, options: &[(&str, &str)], page: u32) -> Vec<Value> {
    let mut url = reqwest::Url::parse_with_params(&world.url(&format!("/odata/v4/{path}")), options).unwrap();
    let mut found = Vec::new();
    for _ in 0..1_000 {
        let request = world
            .client
            .get(url)
            .header("Prefer", format!("odata.maxpagesize={page}"));
        let response = request.send().await.unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body:#}");
        found.extend(rows(&body).iter().cloned());
        match body["@odata.nextLink"].as_str() {
            Some(next) => url = next.parse().unwrap(),
            None => return found,
        }
    }
    panic!("a feed without end");
}

/// The status and the error of a question that is refused; its body has OData's form.
async fn refusal(world: &World, path: &str, options: &[(&str, &str)]) -> (StatusCode, Value) {
    let response = ask(world, path, options).await;
    let status = response.status();
    let headers: HeaderMap = response.headers().clone();
    let mut body: Value = response.json().await.unwrap();
    assert!(!status.is_success(), "{path} {options:?}: {body:#}");
    assert_eq!(headers["odata-version"], "4.0");
    let error = body["error"].take();
    assert!(
        error["code"].is_string() && error["message"].is_string(),
        "{error:#}"
    );
    (status, error)
}

fn texts<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}
