//! Signing in at an issuer.

use std::collections::BTreeSet;

use api::Options;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::issuer::{Says, path};
use super::{Browser, Issuer, closed, location, set_cookies};
use crate::world::World;

const PENDING: &str = "fieldbook-sign-in";

/// An issuer, and a service where people sign in there.
async fn both(says: Says) -> (Issuer, World) {
    let issuer = Issuer::new(says).await;
    let world = World::with(issuer.options()).await;
    (issuer, world)
}

/// Begins a sign-in, which somebody agrees to; gives where they come back to.
async fn agreed(issuer: &Issuer, browser: &Browser<'_>, next: &str) -> Url {
    let response = browser.get(&format!("/sign-in/oidc?next={next}")).await;
    issuer.authorize(location(&response))
}

#[tokio::test]
async fn whom_the_issuer_vouches_for_is_signed_in_and_goes_on() {
    let (issuer, world) = both(Says::default()).await;
    world.sensors(&["a"]).await;
    let browser = Browser::new(&world);
    let response = browser.get("/sign-in/oidc?next=/sensors/?sensor=a").await;
    let line = set_cookies(response.headers());
    assert!(
        line[0].ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
        "{line:?}"
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    let place = location(&response).to_owned();
    // What only the browser knows is not told to the issuer.
    let pending = browser.cookie(PENDING).unwrap();
    let secret = pending.split('.').next().unwrap();
    assert!(secret.len() >= 43 && !place.contains(secret));
    let back = issuer.authorize(&place);
    assert_eq!(
        back.origin().ascii_serialization(),
        world.base,
        "back to where it came from"
    );
    let response = browser.get(&path(&back)).await;
    assert_eq!(location(&response), "/sensors/?sensor=a");
    assert_eq!(browser.cookie(PENDING), None);
    assert_eq!(
        browser.asker().await,
        json!({
            "kind": "TOKEN", "name": "3f2a", "keyPrefix": null, "role": "reader", "signedIn": true,
            "displayName": "Ada Lovelace",
        })
    );
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::OK);

    // Not beyond the token, which ends in ten minutes.
    let (_, body) = browser.ask("{ service { asker { endsAt } } }").await;
    let ends_at: DateTime<Utc> = body["data"]["service"]["asker"]["endsAt"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(ends_at <= Utc::now() + TimeDelta::minutes(10), "{ends_at}");

    browser.submit("/sign-out", &[]).await;
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn behind_a_proxy_one_comes_back_to_the_public_address() {
    let issuer = Issuer::new(Says::default()).await;
    let world = World::with(Options {
        public_url: Some("https://data.example.org".to_owned()),
        ..issuer.options()
    })
    .await;
    let browser = Browser::new(&world);
    let back = agreed(&issuer, &browser, "/").await;
    assert!(
        back.as_str()
            .starts_with("https://data.example.org/sign-in/callback?"),
        "{back}"
    );
    assert!(browser.cookie("__Host-fieldbook-sign-in").is_some());
    assert_eq!(location(&browser.get(&path(&back)).await), "/");
    assert!(browser.cookie("__Host-fieldbook").is_some());
}

#[tokio::test]
async fn an_issuer_that_takes_secrets_in_forms_alone_gets_it_there() {
    let says = Says {
        secret_in_form: true,
        ..Says::default()
    };
    let (issuer, world) = both(says).await;
    let browser = Browser::new(&world);
    assert_eq!(issuer.sign_in(&browser, "/").await, "/");
}

#[tokio::test]
async fn what_comes_back_must_be_what_this_browser_sent() {
    let (issuer, world) = both(Says::default()).await;
    let expired = "/sign-in?error=expired&next=%2F";
    // Somebody else's link, in a browser that began nothing, or something else.
    let other = Browser::new(&world);
    let theirs = agreed(&issuer, &other, "/").await;
    let browser = Browser::new(&world);
    assert_eq!(location(&browser.get(&path(&theirs)).await), expired);
    let ours = agreed(&issuer, &browser, "/sensors/").await;
    assert_eq!(location(&browser.get(&path(&theirs)).await), expired);
    assert_eq!(browser.cookie("fieldbook"), None);
    assert_eq!(browser.cookie(PENDING), None, "it is used up");
    assert_eq!(location(&browser.get(&path(&ours)).await), expired);
    for state in ["", "x"] {
        let browser = Browser::new(&world);
        agreed(&issuer, &browser, "/").await;
        let answer = browser
            .get(&format!("/sign-in/callback?code=x&state={state}"))
            .await;
        assert_eq!(location(&answer), expired);
    }
    // Another place to go on, written into the cookie.
    let browser = Browser::new(&world);
    let back = agreed(&issuer, &browser, "/").await;
    let pending = browser.cookie(PENDING).unwrap();
    let elsewhere = format!("{}.L3NlbnNvcnMv", pending.rsplit_once('.').unwrap().0);
    browser.set_cookie(PENDING, &elsewhere);
    assert_eq!(location(&browser.get(&path(&back)).await), expired);
}

#[tokio::test]
async fn a_code_is_good_once_and_only_of_our_issuer() {
    let (issuer, world) = both(Says::default()).await;
    let browser = Browser::new(&world);
    let back = agreed(&issuer, &browser, "/").await;
    let pending = browser.cookie(PENDING).unwrap();
    let signed_in = browser.get(&path(&back)).await;
    assert_eq!(location(&signed_in), "/");
    let again = Browser::new(&world);
    again.set_cookie(PENDING, &pending);
    let answer = again.get(&path(&back)).await;
    assert_eq!(location(&answer), "/sign-in?error=refused&next=%2F");
    assert_eq!(again.cookie("fieldbook"), None);

    let browser = Browser::new(&world);
    let back = agreed(&issuer, &browser, "/").await;
    let mixed_up = path(&back).replace("realms%2Fplant", "realms%2Fother");
    assert_ne!(mixed_up, path(&back));
    let answer = browser.get(&mixed_up).await;
    assert_eq!(location(&answer), "/sign-in?error=refused&next=%2F");
}

#[tokio::test]
async fn what_the_id_token_says_must_hold() {
    let (issuer, world) = both(Says::default()).await;
    let now = Utc::now().timestamp();
    for (id_token, error) in [
        (json!({ "nonce": "of another sign-in" }), "refused"),
        (json!({ "nonce": null }), "refused"),
        (json!({ "aud": "another client" }), "refused"),
        (json!({ "aud": ["fieldbook web", "x"], "azp": "x" }), "refused"),
        (json!({ "iss": "https://login.example.org" }), "refused"),
        (json!({ "exp": now - 60 }), "refused"),
        (json!({ "exp": null }), "refused"),
        (json!({ "sub": null }), "refused"),
        (json!({ "sub": "a\u{0}" }), "refused"),
        (json!({ "roles": ["grafana"] }), "no_role"),
        (json!({ "roles": null }), "no_role"),
    ] {
        issuer.say(Says {
            id_token: id_token.clone(),
            ..Says::default()
        });
        let browser = Browser::new(&world);
        let place = issuer.sign_in(&browser, "/sensors/").await;
        assert_eq!(
            place,
            format!("/sign-in?error={error}&next=%2Fsensors%2F"),
            "{id_token}"
        );
        assert_eq!(browser.cookie("fieldbook"), None);
    }
    issuer.say(Says {
        id_token: json!({ "aud": ["fieldbook web", "x"], "azp": "fieldbook web", "roles": ["steward"] }),
        ..Says::default()
    });
    let browser = Browser::new(&world);
    assert_eq!(issuer.sign_in(&browser, "/").await, "/");
    assert_eq!(browser.asker().await["role"], "steward");
}

#[tokio::test]
async fn a_role_may_stand_in_the_access_token_alone() {
    let (issuer, world) = both(Says::default()).await;
    let without = json!({ "roles": null });
    let of = |access_token: Value| Says {
        id_token: without.clone(),
        access_token: Some(access_token),
        ..Says::default()
    };
    for (access_token, place) in [
        (json!({ "roles": ["steward"] }), "/"),
        (
            json!({ "roles": ["steward"], "sub": "somebody else" }),
            "/sign-in?error=no_role&next=%2F",
        ),
        (
            json!({ "roles": ["steward"], "aud": "another service" }),
            "/sign-in?error=no_role&next=%2F",
        ),
    ] {
        issuer.say(of(access_token.clone()));
        let browser = Browser::new(&world);
        assert_eq!(issuer.sign_in(&browser, "/").await, place, "{access_token}");
    }
}

#[tokio::test]
async fn who_does_not_sign_in_there_is_told_so_here() {
    let (issuer, world) = both(Says::default()).await;
    let told: BTreeSet<(&str, &str)> = [
        ("access_denied", "denied"),
        ("server_error", "unavailable"),
        ("invalid_scope", "refused"),
    ]
    .into();
    for (said, error) in told {
        let browser = Browser::new(&world);
        let back = agreed(&issuer, &browser, "/sensors/").await;
        let state = back.query_pairs().find(|(name, _)| name == "state").unwrap().1;
        let answer = browser
            .get(&format!("/sign-in/callback?error={said}&state={state}"))
            .await;
        assert_eq!(
            location(&answer),
            format!("/sign-in?error={error}&next=%2Fsensors%2F")
        );
        assert_eq!(browser.cookie(PENDING), None);
    }
    issuer.say(Says {
        is_away: true,
        ..Says::default()
    });
    let browser = Browser::new(&world);
    let place = issuer.sign_in(&browser, "/").await;
    assert_eq!(place, "/sign-in?error=unavailable&next=%2F");
}

#[tokio::test]
async fn an_issuer_that_does_not_know_us_is_away() {
    let issuer = Issuer::new(Says::default()).await;
    let world = World::with(Options {
        oidc: Some(issuer.oidc(Some("a wrong secret"))),
        ..closed()
    })
    .await;
    let browser = Browser::new(&world);
    let place = issuer.sign_in(&browser, "/").await;
    assert_eq!(place, "/sign-in?error=unavailable&next=%2F");
}

#[tokio::test]
async fn who_signs_in_there_goes_nowhere_else() {
    let (issuer, world) = both(Says::default()).await;
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil",
    ] {
        let browser = Browser::new(&world);
        assert_eq!(issuer.sign_in(&browser, next).await, "/", "{next:?}");
    }
}

#[tokio::test]
async fn without_an_issuer_or_a_client_nobody_signs_in_there() {
    let ways = "{ service { signIn { oidc issuer } } }";
    let issuer = Issuer::new(Says::default()).await;
    let world = World::with(issuer.options()).await;
    let key = world.key(|_| ()).await;
    let (_, _, body) = world.ask_as(key.reveal(), ways).await;
    assert_eq!(
        body["data"]["service"]["signIn"],
        json!({ "oidc": true, "issuer": "127.0.0.1" })
    );
    let without_client = api::OidcOptions::new(&issuer.url, "fieldbook-api", "roles").unwrap();
    for oidc in [None, Some(without_client)] {
        let world = World::with(Options { oidc, ..closed() }).await;
        let browser = Browser::new(&world);
        for path in ["/sign-in/oidc", "/sign-in/oidc?next=/sensors/"] {
            let response = browser.get(path).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
        }
        let callback = browser.get("/sign-in/callback?code=x&state=y").await;
        assert_eq!(location(&callback), "/sign-in?error=expired&next=%2F");
        let key = world.key(|_| ()).await;
        let (_, _, body) = world.ask_as(key.reveal(), ways).await;
        assert_eq!(
            body["data"]["service"]["signIn"],
            json!({ "oidc": false, "issuer": null })
        );
    }
}

#[tokio::test]
async fn sessions_of_an_issuer_that_is_taken_no_more_are_over() {
    let (issuer, world) = both(Says::default()).await;
    let browser = Browser::new(&world);
    issuer.sign_in(&browser, "/").await;
    assert_eq!(browser.get("/sensors/").await.status(), StatusCode::OK);
    let without = World::over(world.db.clone(), closed(), Vec::new()).await;
    let elsewhere = browser.moved_to(&without);
    assert_eq!(
        elsewhere.get("/sensors/").await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_claim_of_datasets_says_what_a_session_opens() {
    let issuer = Issuer::new(Says {
        id_token: json!({ "fieldbook": ["sensors"] }),
        ..Says::default()
    })
    .await;
    let oidc = issuer.oidc(Some("s3cret:+/=")).with_datasets_claim("fieldbook");
    let world = World::with(Options {
        oidc: Some(oidc.unwrap()),
        ..closed()
    })
    .await;
    world.sensors(&["a"]).await;
    let browser = Browser::new(&world);
    issuer.sign_in(&browser, "/").await;
    let (status, body) = browser.ask("{ sensors { nodes { name } } }").await;
    assert_eq!(status, StatusCode::OK, "{body:#}");
    assert_eq!(body["data"]["sensors"]["nodes"], json!([{ "name": "a" }]));
    let (_, body) = browser.ask("{ readings { nodes { value } } }").await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN");
    // And what a token opens; one that says nothing of datasets opens none.
    for (says, code) in [
        (json!({ "fieldbook": "sensors readings" }), None),
        (json!({ "fieldbook": "sensors" }), Some("FORBIDDEN")),
        (json!({}), Some("FORBIDDEN")),
    ] {
        let token = issuer.token(&says);
        let (_, _, body) = world.ask_as(&token, "{ readings { nodes { value } } }").await;
        assert_eq!(
            body["errors"][0]["extensions"]["code"].as_str(),
            code,
            "{says} {body:#}"
        );
    }
}
