//! The cookie of a session: how it is set, and how a bad one is taken.

use api::Options;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{ASKER, Browser, closed, set_cookies, with_form};
use crate::world::{World, open};

#[tokio::test]
async fn over_http_and_https_the_cookie_has_all_that_protects_it() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let response = Browser::new(&world).sign_in(key.reveal(), "/").await;
    let plain = set_cookies(response.headers());
    let [plain] = plain.as_slice() else {
        panic!("{plain:?}")
    };
    let (value, attributes) = plain.split_once("; ").unwrap();
    assert_eq!(value.strip_prefix("fieldbook=").unwrap().len(), 43);
    assert!(
        attributes.starts_with("Path=/; Max-Age=4") && attributes.ends_with("; HttpOnly; SameSite=Lax"),
        "{attributes}"
    );
    assert!(!attributes.contains("Secure") && !attributes.contains("Domain"));

    let public = World::over(
        world.db.clone(),
        Options {
            public_url: Some("https://data.example.org".to_owned()),
            ..closed()
        },
        Vec::new(),
    )
    .await;
    for browser in [
        Browser::new(&world).by_https(),
        Browser::new(&public),
        Browser::new(&public).by_https(),
    ] {
        let response = browser.sign_in(key.reveal(), "/").await;
        let line = &set_cookies(response.headers())[0];
        assert!(line.starts_with("__Host-fieldbook="), "{line}");
        let (_, attributes) = line.split_once("; ").unwrap();
        assert!(
            attributes.starts_with("Path=/; Max-Age=4")
                && attributes.ends_with("; Secure; HttpOnly; SameSite=Lax"),
            "{line}"
        );
        assert_eq!(browser.asker().await["signedIn"], true);
        // Under the other name it is nobody's.
        let stray = Browser::new(&world).by_https();
        stray.set_cookie("fieldbook", &browser.cookie("__Host-fieldbook").unwrap());
        assert_eq!(stray.get("/sensors/").await.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_cookie_of_no_session_is_anonymous_access_and_is_forgotten() {
    let world = World::new().await;
    let long = "x".repeat(2_000);
    let unknown = "A".repeat(43);
    for bad in ["", "x", &long, &unknown, "fb_abcdefgh_x"] {
        let browser = Browser::new(&world);
        browser.set_cookie("fieldbook", bad);
        let response = browser.get("/sensors/").await;
        assert_eq!(response.status(), StatusCode::OK, "{bad}");
        assert_eq!(
            set_cookies(response.headers()),
            ["fieldbook=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"],
            "{bad}"
        );
        assert_eq!(browser.cookie("fieldbook"), None);

        // Who changes something believes to be somebody: that is said.
        browser.set_cookie("fieldbook", bad);
        let (status, body) = browser.ask(ASKER).await;
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED")),
            "{bad}"
        );
        assert_eq!(
            browser.cookie("fieldbook"),
            None,
            "and it is forgotten all the same"
        );

        // Nobody is locked out.
        let key = world.key(|_| ()).await;
        browser.set_cookie("fieldbook", bad);
        browser.sign_in(key.reveal(), "/").await;
        assert_eq!(browser.asker().await["keyPrefix"], key.prefix());
        browser.set_cookie("fieldbook", bad);
        let out = browser.submit("/sign-out", &[]).await;
        assert_eq!(out.status(), StatusCode::SEE_OTHER);
        assert_eq!(browser.cookie("fieldbook"), None);
    }
}

#[tokio::test]
async fn a_session_that_is_over_asks_for_no_password_in_a_window_of_its_own() {
    let world = World::new().await;
    let browser = Browser::new(&world);
    browser.set_cookie("fieldbook", &"A".repeat(43));
    let request = browser
        .request(Method::POST, "/graphql")
        .header("sec-fetch-site", "same-origin")
        .json(&json!({ "query": ASKER }));
    let response = browser.send(request).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let offered: Vec<&str> = response
        .headers()
        .get_all("www-authenticate")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(offered, ["Bearer realm=\"fieldbook\""]);
}

#[tokio::test]
async fn bad_cookies_count_as_no_wrong_keys() {
    let mut options = open();
    options.limits.failures_per_minute_max = 1;
    let world = World::with(options).await;
    for _ in 0..5 {
        let browser = Browser::new(&world);
        browser.set_cookie("fieldbook", &"A".repeat(43));
        assert_eq!(browser.get("/sensors/").await.status(), StatusCode::OK);
    }
    let key = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    assert_eq!(browser.asker().await["signedIn"], true);
}

#[tokio::test]
async fn a_header_goes_before_the_cookie() {
    let world = World::with(closed()).await;
    let (signed_in, shown) = (world.key(|_| ()).await, world.key(|_| ()).await);
    let browser = Browser::new(&world);
    browser.sign_in(signed_in.reveal(), "/").await;
    let request = browser
        .request(Method::POST, "/graphql")
        .bearer_auth(shown.reveal())
        .json(&json!({ "query": ASKER }));
    let body: serde_json::Value = browser.send(request).await.json().await.unwrap();
    let asker = &body["data"]["service"]["asker"];
    assert_eq!(asker["keyPrefix"], shown.prefix());
    assert_eq!(asker["signedIn"], false);
    // A wrong one is refused, whatever the cookie is.
    let request = browser.request(Method::GET, "/sensors/").bearer_auth("fb_wrong");
    assert_eq!(browser.send(request).await.status(), StatusCode::UNAUTHORIZED);
    assert!(browser.cookie("fieldbook").is_some());
}

#[tokio::test]
async fn signing_in_anew_ends_the_session_of_before() {
    let world = World::with(closed()).await;
    let key = world.key(|_| ()).await;
    let browser = Browser::new(&world);
    browser.sign_in(key.reveal(), "/").await;
    let before = browser.moved_to(&world);
    browser.sign_in(key.reveal(), "/").await;
    assert_ne!(browser.cookie("fieldbook"), before.cookie("fieldbook"));
    assert_eq!(before.get("/sensors/").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_form_is_a_form_and_not_large() {
    let world = World::with(closed()).await;
    let browser = Browser::new(&world);
    let request = || {
        browser
            .request(Method::POST, "/sign-in")
            .header("sec-fetch-site", "same-origin")
    };
    let json = request().json(&json!({ "key": "fb_x" }));
    let response = browser.send(json).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = with_form(request(), &[("key", &"x".repeat(20_000))]);
    assert_eq!(browser.send(large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let by_get = browser.get("/sign-out").await;
    assert_eq!(by_get.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(by_get.headers()["allow"], "POST");
}
