//! GraphQL over HTTP: methods, media types, status codes.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, open, with_limits, without_cost};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

async fn json_of(response: Response) -> Value {
    let mut body = response.json().await.unwrap();
    without_cost(&mut body);
    body
}

#[track_caller]
fn assert_refused(body: &Value, code: &str) {
    assert_eq!(body["errors"][0]["extensions"]["code"], code, "{body}");
    assert!(body.get("data").is_none(), "a request error has no data: {body}");
}

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_asked_for() {
    let world = World::without_database(open()).await;
    for (accept, expected) in [
        (None, "application/json; charset=utf-8"),
        (Some("*/*"), "application/json; charset=utf-8"),
        (Some("application/json"), "application/json; charset=utf-8"),
        (Some("text/plain"), "application/json; charset=utf-8"),
        (
            Some(GRAPHQL_RESPONSE),
            "application/graphql-response+json; charset=utf-8",
        ),
    ] {
        let mut request = world
            .client
            .post(world.url("/graphql"))
            .json(&json!({ "query": "{ __typename }" }));
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], expected, "{accept:?}");
        assert_eq!(
            json_of(response).await,
            json!({ "data": { "__typename": "Query" } })
        );
    }
}

#[tokio::test]
async fn a_refused_document_has_status_400_for_those_who_know_the_newer_media_type() {
    let world = World::without_database(open()).await;
    for (accept, expected) in [
        (GRAPHQL_RESPONSE, StatusCode::BAD_REQUEST),
        ("application/json", StatusCode::OK),
    ] {
        for query in [
            "{",
            "{ nothing }",
            "query A { __typename } query B { __typename }",
        ] {
            let request = world.client.post(world.url("/graphql")).header(ACCEPT, accept);
            let response = request.json(&json!({ "query": query })).send().await.unwrap();
            assert_eq!(response.status(), expected, "{query}");
            assert_refused(&json_of(response).await, "BAD_REQUEST");
        }
    }
}

#[tokio::test]
async fn a_get_may_query_and_nothing_else() {
    let world = World::without_database(open()).await;
    let (status, body) = world.get("/graphql?query={__typename}").await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, json!({ "data": { "__typename": "Query" } }))
    );

    let named =
        "/graphql?query=query A { a: __typename } query B { b: __typename }&operationName=B&variables={}";
    let (status, body) = world.get(named).await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, json!({ "data": { "b": "Query" } }))
    );

    let response = world
        .client
        .get(world.url("/graphql?query=mutation{__typename}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[ALLOW], "POST");
    assert_refused(&json_of(response).await, "BAD_REQUEST");

    for path in [
        "/graphql",
        "/graphql?query={x}&query={y}",
        "/graphql?query={x}&variables=1",
        "/graphql?query={x}&variables={",
    ] {
        let (status, body) = world.get(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert_refused(&body, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn other_methods_are_told_which_ones_there_are() {
    let world = World::without_database(open()).await;
    for (path, allowed) in [("/graphql", "GET, POST"), ("/sensors/", "GET, HEAD")] {
        let response = world.client.delete(world.url(path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(response.headers()[ALLOW], allowed);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(json_of(response).await["code"], "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_body_must_be_json_and_say_so() {
    let world = World::without_database(open()).await;
    let body = r#"{"query": "{ __typename }"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
    ] {
        let request = world
            .client
            .post(world.url("/graphql"))
            .header(CONTENT_TYPE, content_type);
        let response = request.body(body).send().await.unwrap();
        assert_eq!(
            response.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
        assert_refused(&json_of(response).await, "BAD_REQUEST");
    }
    let response = world
        .client
        .post(world.url("/graphql"))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let request = world
        .client
        .post(world.url("/graphql"))
        .header(CONTENT_TYPE, "application/json; charset=\"UTF-8\"");
    assert_eq!(request.body(body).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn bodies_of_another_shape_are_refused() {
    let world = World::without_database(open()).await;
    for body in [
        "",
        "{",
        "[]",
        r#"[{"query": "{ __typename }"}]"#,
        "1",
        "{}",
        r#"{"query": null}"#,
        r#"{"query": 1}"#,
        r#"{"query": "{ __typename }", "variables": []}"#,
        r#"{"query": "{ __typename }", "variables": "{}"}"#,
        r#"{"query": "{ __typename }", "operationName": 1}"#,
        r#"{"query": "{ __typename }", "extensions": 1}"#,
    ] {
        let request = world
            .client
            .post(world.url("/graphql"))
            .header(CONTENT_TYPE, "application/json");
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_refused(&json_of(response).await, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_both_numbers() {
    let limits = api::Limits {
        body_bytes_max: 100,
        ..api::Limits::default()
    };
    let world = World::without_database(with_limits(limits)).await;
    let (status, body) = world.post(json!({ "query": "x".repeat(200) })).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_refused(&body, "LIMIT_EXCEEDED");
    assert_eq!(body["errors"][0]["extensions"]["limit"], 100);
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_can_read_it() {
    let world = World::without_database(open()).await;
    let request = world
        .client
        .get(world.url("/graphql/schema.graphql"))
        .header(ACCEPT_ENCODING, "gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    let bytes = response.bytes().await.unwrap();
    assert!(bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() < api::sdl().len() / 2);
}

#[tokio::test]
async fn every_answer_has_an_id_and_headers_that_close_what_it_does_not_need() {
    let world = World::without_database(open()).await;
    for path in ["/", "/graphql?query={__typename}", "/healthz", "/nothing"] {
        let response = world.client.get(world.url(path)).send().await.unwrap();
        let headers = response.headers();
        assert_eq!(headers["x-request-id"].len(), 32, "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_address() {
    let world = World::without_database(open()).await;
    world.get("/healthz").await;
    world.get("/an/address/of/my/own").await;
    let (_, metrics) = world.get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    assert!(
        metrics.contains(r#"fieldbook_http_requests_total{method="GET",route="/healthz",status="200"}"#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"route="none",status="404""#) && !metrics.contains("of/my/own"),
        "{metrics}"
    );
}
