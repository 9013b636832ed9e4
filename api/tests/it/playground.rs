//! The playground is for browsers, and needs nothing from elsewhere.

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};

use crate::world::{World, open};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

#[tokio::test]
async fn a_browser_gets_the_playground_and_programs_do_not() {
    let world = World::without_database(open()).await;
    let request = world.client.get(world.url("/graphql")).header(ACCEPT, BROWSER);
    let page = request.send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    for accept in ["*/*", "application/json"] {
        let request = world.client.get(world.url("/graphql")).header(ACCEPT, accept);
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::BAD_REQUEST,
            "{accept}"
        );
    }
    // A link to a query shows its answer, in a browser too.
    let request = world
        .client
        .get(world.url("/graphql?query={__typename}"))
        .header(ACCEPT, BROWSER);
    assert_eq!(
        request.send().await.unwrap().headers()[CONTENT_TYPE],
        "application/json; charset=utf-8"
    );
}

#[tokio::test]
async fn the_page_loads_its_own_files_only() {
    let world = World::without_database(open()).await;
    let request = world.client.get(world.url("/graphql")).header(ACCEPT, BROWSER);
    let page = request.send().await.unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("script-src 'self';") && !policy.contains("http"),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    let files: Vec<&str> = html
        .split('"')
        .filter(|attribute| attribute.starts_with('/') || attribute.contains("//"))
        .collect();
    assert!(files.len() >= 2, "{html}");
    for file in files.into_iter().chain([
        "/graphql/playground/editor.worker.js",
        "/graphql/playground/json.worker.js",
        "/graphql/playground/graphql.worker.js",
        "/graphql/playground/codicon.ttf",
    ]) {
        let response = world.client.get(world.url(file)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{file}");
        assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
    }
    let (status, _) = world.get("/graphql/playground/nothing.js").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
