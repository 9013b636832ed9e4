//! What pages of others can't do with a visitor's session.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::{ASKER, Browser, closed, with_form};
use crate::live::socket::Socket;
use crate::world::World;

/// Headers of a request, and whether it is of a page of ours.
fn cases(world: &World) -> Vec<(Vec<(&'static str, String)>, bool)> {
    let ours = world.base.clone();
    let port = ours.rsplit(':').next().unwrap().to_owned();
    let site = |site: &str| ("sec-fetch-site", site.to_owned());
    let origin = |origin: &str| ("origin", origin.to_owned());
    vec![
        (vec![site("same-origin")], true),
        (vec![site("none")], true),
        (vec![site("same-origin"), origin(&ours)], true),
        (vec![origin(&ours)], true),
        (vec![], false),
        (vec![site("cross-site")], false),
        (vec![site("same-site")], false),
        (vec![site("cross-site"), origin(&ours)], false),
        (vec![site("same-site"), origin("http://127.0.0.1:1")], false),
        (vec![origin("https://evil.example")], false),
        (vec![origin("null")], false),
        (vec![origin(&format!("http://localhost:{port}"))], false),
        (vec![origin(&format!("https://127.0.0.1:{port}"))], false),
        (vec![origin("http://127.0.0.1")], false),
    ]
}

fn assert_forbidden(body: &Value) {
    let code = body
        .get("code")
        .unwrap_or(&body["errors"][0]["extensions"]["code"]);
    assert_eq!(code, "FORBIDDEN", "{body:#}");
    assert!(body.to_string().contains("Sec-Fetch-Site"), "{body:#}");
}

#[tokio::test]
async fn only_a_page_of_ours_asks_by_post_in_a_visitor_s_name() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    for (headers, is_ours) in cases(&world) {
        let mut request = browser
            .request(Method::POST, "/graphql")
            .json(&json!({ "query": ASKER }));
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let response = browser.send(request).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        if is_ours {
            assert_eq!(status, StatusCode::OK, "{headers:?} {body:#}");
            assert_eq!(body["data"]["service"]["asker"]["keyPrefix"], key.prefix());
        } else {
            assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?} {body:#}");
            assert_forbidden(&body);
        }
    }
    // A link from elsewhere shows a page as its visitor may see it.
    for headers in [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("origin", "null")],
    ] {
        let mut request = browser.request(Method::GET, "/sensors/");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(browser.send(request).await.status(), StatusCode::OK);
    }
    // A program's key in a header is none that a page of others could have sent.
    let (status, _, _) = world.ask_as(key.reveal(), ASKER).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn only_a_page_of_ours_signs_in_and_out() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    for (headers, is_ours) in cases(&world) {
        let browser = Browser::new(&world);
        let send = async |path: &str| {
            let request = browser.request(Method::POST, path);
            let mut request = with_form(request, &[("key", key.reveal())]);
            for (name, value) in &headers {
                request = request.header(*name, value);
            }
            browser.send(request).await
        };
        let response = send("/sign-in").await;
        if is_ours {
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{headers:?}");
            assert!(browser.cookie("fieldbook").is_some());
        } else {
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
            assert_forbidden(&response.json().await.unwrap());
            assert_eq!(browser.cookie("fieldbook"), None);
            browser.sign_in(key.reveal(), "/").await;
        }
        let response = send("/sign-out").await;
        if is_ours {
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{headers:?}");
            assert_eq!(browser.cookie("fieldbook"), None);
        } else {
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
            assert_eq!(browser.asker().await["signedIn"], true);
        }
    }
}

#[tokio::test]
async fn only_a_page_of_ours_opens_a_connection_that_answers() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    let cookie = format!("fieldbook={}", browser.cookie("fieldbook").unwrap());
    for (headers, is_ours) in cases(&world) {
        let url = world.url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().unwrap();
        let more = request.headers_mut();
        more.insert("cookie", cookie.parse().unwrap());
        more.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        for (name, value) in &headers {
            more.insert(*name, value.parse().unwrap());
        }
        let opened = match tokio_tungstenite::connect_async(request).await {
            Ok(_) => StatusCode::OK,
            Err(Error::Http(response)) => StatusCode::from_u16(response.status().as_u16()).unwrap(),
            Err(error) => panic!("{error}"),
        };
        let expected = if is_ours {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(opened, expected, "a WebSocket with {headers:?}");

        let mut request = browser
            .request(Method::GET, "/graphql?query=%7B__typename%7D")
            .header("accept", "text/event-stream");
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let response = browser.send(request).await;
        assert_eq!(response.status(), expected, "an event stream with {headers:?}");
    }
}

#[tokio::test]
async fn a_socket_of_a_session_ends_with_it() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    let cookie = format!("fieldbook={}", browser.cookie("fieldbook").unwrap());
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let mut socket = Socket::ready_with(&world, &headers).await;
    let answer = socket.ask(ASKER).await.unwrap();
    assert_eq!(answer["data"]["service"]["asker"]["signedIn"], true);
    browser.submit("/sign-out", &[]).await;
    let error = socket.ask(ASKER).await.unwrap_err();
    assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED");
}
