//! Documents, headers, forms, options.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{DAY, all_rows, answer, ask, filled, refusal, rows, texts};
use crate::world::World;

#[tokio::test]
async fn the_service_document_names_the_three_sets() {
    let world = World::new().await;
    for path in ["/odata/v4", "/odata/v4/"] {
        let (status, body) = world.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            body["@odata.context"],
            format!("{}/odata/v4/$metadata", world.base)
        );
        assert_eq!(
            body["value"][1],
            json!({ "name": "Readings", "kind": "EntitySet", "url": "Readings" })
        );
        assert_eq!(texts(rows(&body), "name"), ["Sensors", "Readings", "Buckets"]);
    }
}

#[tokio::test]
async fn a_sensor_is_a_flat_row_with_all_that_is_known() {
    let world = World::new().await;
    filled(&world).await;
    let body = answer(&world, "Sensors", &[("$filter", "Name eq 'Sensor 1'")]).await;
    assert_eq!(
        body["@odata.context"],
        format!("{}/odata/v4/$metadata#Sensors", world.base)
    );
    let sensor = &rows(&body)[0];
    let (id, active_since) = (sensor["Id"].clone(), sensor["ActiveSince"].clone());
    assert_eq!(
        *sensor,
        json!({
            "Id": id, "Name": "Sensor 1", "Source": "plant", "Type": "temperature", "Unit": "C", "UnitSymbol": "°C",
            "UnitUcum": "Cel", "UnitQudt": "http://qudt.org/vocab/unit/DEG_C", "QuantityKind": "Temperature",
            "Description": "Main entrance", "Latitude": 10.0, "Longitude": 20.0, "RangeMin": 0.0, "RangeMax": 45.0,
            "Site": "Harbour", "Plant": null, "Customer": null, "Declared": true, "ActiveSince": active_since,
            "ExpectedIntervalSeconds": 60.0,
        })
    );
    // By its key, in both spellings, and value by value.
    let id = id.as_str().unwrap();
    for key in [format!("Sensors({id})"), format!("Sensors(Id={id})")] {
        let body = answer(&world, &key, &[("$select", "Name,Unit")]).await;
        assert_eq!(body["Name"], "Sensor 1");
        assert_eq!(
            body["@odata.context"],
            format!("{}/odata/v4/$metadata#Sensors(Name,Unit)/$entity", world.base)
        );
    }
    let body = answer(&world, &format!("Sensors({id})/Latitude"), &[]).await;
    assert_eq!(body["value"], 10.0);
    let raw = ask(&world, &format!("Sensors({id})/Name/$value"), &[]).await;
    assert_eq!(raw.text().await.unwrap(), "Sensor 1");
    let null = ask(&world, &format!("Sensors({id})/Plant"), &[]).await;
    assert_eq!(null.status(), StatusCode::NO_CONTENT);
    let (status, error) = refusal(&world, "Sensors(00000000-0000-0000-0000-000000000000)", &[]).await;
    assert_eq!(
        (status, &error["code"]),
        (StatusCode::NOT_FOUND, &json!("NOT_FOUND"))
    );
}

#[tokio::test]
async fn a_reading_is_found_by_its_key() {
    let world = World::new().await;
    filled(&world).await;
    let body = answer(
        &world,
        "Readings",
        &[
            ("$filter", DAY),
            ("$top", "1"),
            ("$format", "application/json;odata.metadata=full"),
        ],
    )
    .await;
    let first = &rows(&body)[0];
    assert_eq!(first["@odata.type"], "#Fieldbook.Reading");
    assert_eq!(first["Time@odata.type"], "#DateTimeOffset");
    let address = first["@odata.id"].as_str().unwrap();
    let again = answer(&world, address, &[]).await;
    for name in [
        "SensorId",
        "Time",
        "Sensor",
        "Value",
        "Flag",
        "ReceivedAt",
        "Site",
    ] {
        assert_eq!(again[name], first[name], "{name}");
    }
    assert_eq!(
        (
            &again["Time"],
            &again["Value"],
            &again["Flag"],
            &again["ReceivedAt"]
        ),
        (
            &json!("2026-11-23T10:00:00Z"),
            &json!(0.0),
            &json!("PASS"),
            &json!("2026-11-23T10:00:01Z")
        )
    );
}

#[tokio::test]
async fn the_form_is_the_one_that_was_asked_for() {
    let world = World::new().await;
    filled(&world).await;
    for (accept, format, wanted) in [
        ("application/json;odata.metadata=none", None, "none"),
        ("application/json", None, "minimal"),
        ("application/atom+xml", Some("json"), "minimal"),
        ("*/*", Some("application/json;odata.metadata=full"), "full"),
    ] {
        let request = world
            .client
            .get(world.url("/odata/v4/Sensors"))
            .header("Accept", accept);
        let options: Vec<_> = format.map(|format| ("$format", format)).into_iter().collect();
        let response = request.query(&options).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{accept}");
        assert_eq!(
            response.headers()["content-type"],
            format!("application/json;odata.metadata={wanted};charset=utf-8")
        );
        assert_eq!(response.headers()["odata-version"], "4.0");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body.get("@odata.context").is_some(), wanted != "none");
    }
    let atom = world
        .client
        .get(world.url("/odata/v4/Sensors"))
        .header("Accept", "application/atom+xml");
    assert_eq!(atom.send().await.unwrap().status(), StatusCode::NOT_ACCEPTABLE);
    let old = world
        .client
        .get(world.url("/odata/v4/Sensors"))
        .header("OData-MaxVersion", "3.0");
    assert_eq!(old.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn options_work_with_and_without_the_dollar_sign() {
    let world = World::new().await;
    filled(&world).await;
    let body = answer(
        &world,
        "Sensors",
        &[
            ("orderby", "Name desc"),
            ("select", "Name"),
            ("top", "1"),
            ("count", "true"),
        ],
    )
    .await;
    assert_eq!(body["@odata.count"], 3);
    assert_eq!(body["value"], json!([{ "Name": "Späher" }]));
    assert!(
        body.get("@odata.nextLink").is_none(),
        "all of $top is there: {body}"
    );
}

#[tokio::test]
async fn sensors_are_sorted_by_anything_with_nulls_first() {
    let world = World::new().await;
    filled(&world).await;
    for (order, wanted) in [
        ("Type", ["Späher", "O'Neill, 2", "Sensor 1"]),
        ("Type desc", ["Sensor 1", "O'Neill, 2", "Späher"]),
        ("Declared desc,Name desc", ["Sensor 1", "O'Neill, 2", "Späher"]),
        ("Site desc,Name", ["Sensor 1", "O'Neill, 2", "Späher"]),
    ] {
        for page in [1, 2, 10] {
            let found = all_rows(&world, "Sensors", &[("$orderby", order)], page).await;
            assert_eq!(texts(&found, "Name"), wanted, "{order} by pages of {page}");
        }
    }
}

#[tokio::test]
async fn what_this_service_has_not_is_said() {
    let world = World::new().await;
    filled(&world).await;
    for (path, option, status) in [
        ("Sensors", ("$expand", "Readings"), 501),
        ("Readings", ("$apply", "aggregate(Value with sum as Sum)"), 501),
        ("Sensors", ("$search", "boiler"), 501),
        ("Readings", ("$orderby", "Value desc"), 501),
        ("Readings", ("$orderby", "Time,Sensor"), 501),
        ("Readings", ("$filter", "Value mul 2 gt 3"), 501),
        ("Buckets", ("$filter", "Bucket ne 'PT1H'"), 501),
        ("Buckets", ("$filter", "Bucket in ('PT1H','P1D')"), 501),
        ("Buckets", ("$filter", "Bucket eq 'an hour'"), 400),
        ("Buckets", ("$filter", "TimeZone eq 'Mars/Olympus'"), 400),
        ("Sensors", ("$select", "Nmae"), 400),
        ("Sensors", ("$orderby", "Name up"), 400),
        ("Sensors", ("$top", "-1"), 400),
        ("Sensors", ("$count", "yes"), 400),
        ("Sensors", ("$filter", "Name eq 5"), 400),
        ("Sensors", ("fliter", "Name eq 'a'"), 400),
        ("Sensors", ("$format", "atom"), 406),
        ("Sensors", ("$skiptoken", "AAAA"), 400),
        ("Sensors/$count", ("$top", "1"), 400),
        ("Readings(1)", ("$select", "Value"), 400),
        ("Sensor", ("$top", "1"), 404),
        ("Sensors/Name", ("$format", "json"), 404),
        ("Sensors/$ref", ("$format", "json"), 501),
    ] {
        let (found, error) = refusal(&world, path, &[option]).await;
        assert_eq!(found.as_u16(), status, "{path} {option:?}: {error:#}");
        let message = error["message"].as_str().unwrap();
        assert!(message.len() > 20 && message.len() < 1_500, "{message}");
    }
    let twice = [("$top", "1"), ("$top", "2")];
    assert_eq!(
        refusal(&world, "Sensors", &twice).await.0,
        StatusCode::BAD_REQUEST
    );

    let batch = world
        .client
        .post(world.url("/odata/v4/$batch"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(batch.status(), StatusCode::NOT_IMPLEMENTED);
    for method in [
        reqwest::Method::POST,
        reqwest::Method::PATCH,
        reqwest::Method::DELETE,
    ] {
        let response = world
            .client
            .request(method, world.url("/odata/v4/Sensors"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET, HEAD");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "BAD_REQUEST");
    }
}

#[tokio::test]
async fn counts_are_exact_or_refused() {
    let world = World::new().await;
    filled(&world).await;
    for (path, filter, wanted) in [
        ("Sensors/$count", "", "3"),
        ("Sensors/$count", "Declared", "2"),
        ("Readings/$count", DAY, "185"),
        (
            "Readings/$count",
            &format!("{DAY} and Type eq 'temperature'"),
            "120",
        ),
        (
            "Readings/$count",
            &format!("({DAY}) and (Value lt 2 or Sensor eq 'Späher')"),
            "9",
        ),
        (
            "Buckets/$count",
            "Start ge 2026-11-23T00:00:00Z and Start lt 2026-11-24T00:00:00Z",
            "4",
        ),
    ] {
        let response = ask(&world, path, &[("$filter", filter)]).await;
        assert_eq!(response.headers()["content-type"], "text/plain;charset=utf-8");
        assert_eq!(response.text().await.unwrap(), wanted, "{path} {filter}");
    }
}
