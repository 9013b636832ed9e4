//! Stewards: what they say goes over the catalogue's file, what they announce shows, and all of it is noted.

mod announcements;
mod quality_rules;
mod transport;

use api::ApiKey;
use entity::keys::{NewKey, Role, SensorLimit};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

/// A steward's key, but for what `change` says.
async fn steward(world: &World, change: impl FnOnce(&mut NewKey)) -> ApiKey {
    world
        .key(|key| {
            key.role = Role::Steward;
            "Ada".clone_into(&mut key.name);
            change(key);
        })
        .await
}

/// What a steward's document gives; errors are none of it.
#[track_caller]
fn said<'a>(world: &'a World, key: &'a ApiKey, document: &'a str) -> impl Future<Output = Value> + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let (status, _, mut body) = world.ask_as(key.reveal(), document).await;
        assert!(
            status == StatusCode::OK && body.get("errors").is_none(),
            "{status} {body:#} at {caller}"
        );
        body["data"].take()
    }
}

/// The extensions of the only error that a steward's document gives.
async fn refused(world: &World, key: &ApiKey, document: &str) -> Value {
    let (_, _, mut body) = world.ask_as(key.reveal(), document).await;
    assert_eq!(
        body["errors"].as_array().map(Vec::len),
        Some(1),
        "{document} {body:#}"
    );
    body["errors"][0]["extensions"].take()
}

/// What stewards changed, the last change first.
async fn changes(world: &World, key: &ApiKey) -> Vec<Value> {
    let asked = "{ stewardshipChanges { nodes { dataset steward what before after } } }";
    let mut data = said(world, key, asked).await;
    serde_json::from_value(data["stewardshipChanges"]["nodes"].take()).unwrap()
}

testbed::both! {
    async fn what_a_steward_says_goes_over_the_file_word_by_word_and_back(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let key = steward(&world, |_| ()).await;
        let before = world.data("{ dataset(slug: \"readings\") { title owner { name } version } }").await;
        let document = "mutation { describeDataset(slug: \"readings\", input: { \
                            title: \"What we measure\", keywords: [\"plant\"], \
                            owner: { name: \"Data office\", email: \"data@example.com\" }, \
                            licence: { name: \"CC BY 4.0\", url: \"https://creativecommons.org/licenses/by/4.0/\" } }) \
                        { title keywords owner { name email homepage } licence { name } version \
                          versions { changes { path } } } }";
        let data = said(&world, &key, document).await;
        let dataset = &data["describeDataset"];
        assert_eq!(dataset["title"], json!("What we measure"));
        assert_eq!(dataset["owner"], json!({ "name": "Data office", "email": "data@example.com", "homepage": null }));
        assert_eq!(dataset["licence"]["name"], json!("CC BY 4.0"));
        // Words of the file make room for the steward's; those of the table's comment stay.
        let keywords = dataset["keywords"].as_array().unwrap();
        assert!(keywords.contains(&json!("plant")) && !keywords.contains(&json!("IoT")), "{keywords:?}");
        // Another heading is a patch.
        assert_eq!(before["dataset"]["version"], json!("1.0.0"));
        assert_eq!(dataset["version"], json!("1.0.1"));
        assert_eq!(dataset["versions"][0]["changes"], json!([{ "path": "title" }]));

        // Everybody reads it, and null goes back to the file's word for that field alone.
        let shown = world.data("{ dataset(slug: \"readings\") { title owner { name } } }").await;
        assert_eq!(shown["dataset"], json!({ "title": "What we measure", "owner": { "name": "Data office" } }));
        let document = "mutation { describeDataset(slug: \"readings\", input: { title: null }) { title owner { name } } }";
        let data = said(&world, &key, document).await;
        assert_eq!(data["describeDataset"]["title"], before["dataset"]["title"]);
        assert_eq!(data["describeDataset"]["owner"]["name"], json!("Data office"));

        // Each word is noted; what changes nothing is not.
        said(&world, &key, document).await;
        let noted = changes(&world, &key).await;
        let title = json!({
            "dataset": "readings", "steward": "Ada", "what": "title", "before": "\"What we measure\"", "after": null
        });
        assert_eq!(noted[0], title);
        let mut first: Vec<&str> = noted[1..].iter().map(|change| change["what"].as_str().unwrap()).collect();
        first.sort_unstable();
        assert_eq!(first, ["keywords", "licence", "owner", "title"]);
        let all_back = "mutation { describeDataset(slug: \"readings\", \
                            input: { owner: null, licence: null, keywords: null }) { owner { name } } }";
        let data = said(&world, &key, all_back).await;
        assert_eq!(data["describeDataset"]["owner"], before["dataset"]["owner"]);
    }

    async fn a_promise_is_what_freshness_is_held_against(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let sensors = world.declare(vec![thermometer("a")]).await;
        world.readings(sensors[0], "2026-06-01T00:00:00Z", "1 minute", 1).await;
        let key = steward(&world, |_| ()).await;
        let promise = |input: &str| format!(
            "mutation {{ setPromise(slug: \"readings\", input: {{ {input} }}) \
               {{ promise {{ lateAfterSeconds staleAfterSeconds completeness retentionSeconds }} \
                  freshness {{ lateAfterSeconds staleAfterSeconds }} }} }}"
        );
        let data = said(&world, &key, &promise("lateAfterSeconds: 600, completeness: 0.99")).await;
        let dataset = &data["setPromise"];
        assert_eq!(
            dataset["promise"],
            json!({ "lateAfterSeconds": 600.0, "staleAfterSeconds": null, "completeness": 0.99, "retentionSeconds": null })
        );
        assert_eq!(dataset["freshness"], json!({ "lateAfterSeconds": 600.0, "staleAfterSeconds": 2000.0 }));
        // Sound by itself, and not beside what is promised already.
        let error = refused(&world, &key, &promise("staleAfterSeconds: 60")).await;
        assert_eq!((&error["code"], &error["argument"]), (&json!("INVALID_ARGUMENT"), &json!("input")), "{error}");
        let data = said(&world, &key, &promise("staleAfterSeconds: 60, lateAfterSeconds: 30")).await;
        assert_eq!(data["setPromise"]["freshness"], json!({ "lateAfterSeconds": 90.0, "staleAfterSeconds": 90.0 }));
        let data = said(&world, &key, &promise("staleAfterSeconds: null, lateAfterSeconds: null")).await;
        assert_eq!(data["setPromise"]["promise"]["completeness"], json!(0.99));
        assert_eq!(data["setPromise"]["freshness"]["lateAfterSeconds"], json!(180.0));
    }
}

#[tokio::test]
async fn only_stewards_of_the_whole_dataset_write_and_read_what_was_changed() {
    let world = World::new().await;
    world.declare(vec![thermometer("a")]).await;
    world
        .run("INSERT INTO dataset (slug, visibility) VALUES ('sensors', 'hidden')")
        .await;
    world.renew_catalogue().await;
    let write = "mutation { describeDataset(slug: \"readings\", input: { title: \"Mine\" }) { title } }";
    let hidden = "mutation { describeDataset(slug: \"sensors\", input: { title: \"Mine\" }) { title } }";
    let read = "{ stewardshipChanges(dataset: \"readings\") { nodes { what } } }";
    // Whoever is anonymous may read all data here, and is no steward.
    for document in [write, read] {
        let error = world.error(document).await;
        assert_eq!(error["extensions"]["code"], json!("UNAUTHENTICATED"), "{error}");
    }
    let reader = world.key(|_| ()).await;
    let of_others = steward(&world, |key| key.datasets = Some(vec!["raw-messages".to_owned()])).await;
    let of_some = steward(&world, |key| {
        key.sensors = SensorLimit {
            types: Some(vec!["temperature".to_owned()]),
            ..SensorLimit::default()
        };
    })
    .await;
    for key in [&reader, &of_others, &of_some] {
        for document in [write, read] {
            assert_eq!(
                refused(&world, key, document).await["code"],
                json!("FORBIDDEN"),
                "{document}"
            );
        }
    }
    // What is hidden from a steward is not there for them.
    for (document, argument) in [(hidden, "slug"), (&write.replace("readings", "nothing"), "slug")] {
        let error = refused(&world, &of_others, document).await;
        assert_eq!(
            (&error["code"], &error["argument"]),
            (&json!("NOT_FOUND"), &json!(argument))
        );
    }
    let all = "{ stewardshipChanges { nodes { what } } }";
    let admin = steward(&world, |key| key.role = Role::Admin).await;
    assert_eq!(
        said(&world, &admin, all).await["stewardshipChanges"]["nodes"],
        json!([])
    );
    said(&world, &admin, write).await;
    assert_eq!(
        said(&world, &admin, read).await["stewardshipChanges"]["nodes"],
        json!([{ "what": "title" }])
    );
    assert_eq!(
        said(&world, &of_others, all).await["stewardshipChanges"]["nodes"],
        json!([])
    );
}

/// Refused for what this argument is, and told what would be accepted.
async fn assert_refused(world: &World, key: &ApiKey, document: &str, argument: &str, accepted: &str) {
    let error = refused(world, key, document).await;
    assert_eq!(
        (&error["code"], &error["argument"]),
        (&json!("INVALID_ARGUMENT"), &json!(argument)),
        "{error}"
    );
    assert!(error["accepted"].as_str().unwrap().contains(accepted), "{error}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let key = steward(&world, |_| ()).await;
    let long = "x".repeat(10_001);
    let describe = |input: &str| {
        format!("mutation {{ describeDataset(slug: \"readings\", input: {{ {input} }}) {{ title }} }}")
    };
    let promise = |input: &str| {
        format!("mutation {{ setPromise(slug: \"readings\", input: {{ {input} }}) {{ title }} }}")
    };
    let cases = [
        (describe("title: \" \""), "input.title", "one line"),
        (describe("title: \"a\\nb\""), "input.title", "one line"),
        (
            describe(&format!("title: {:?}", &long[..201])),
            "input.title",
            "200 characters",
        ),
        (
            describe(&format!("description: {long:?}")),
            "input.description",
            "10,000",
        ),
        (
            describe("description: \"a\\u0000b\""),
            "input.description",
            "U+0000",
        ),
        (describe("keywords: [\"\"]"), "input.keywords", "50 words"),
        (
            describe(&format!("keywords: [{}]", "\"a\" ".repeat(51))),
            "input.keywords",
            "50 words",
        ),
        (describe("owner: { name: \"\" }"), "input.owner.name", "one line"),
        (
            describe("contact: { name: \"x\", email: \"nobody\" }"),
            "input.contact.email",
            "data@example.com",
        ),
        (
            describe("owner: { name: \"x\", homepage: \"ftp://x\" }"),
            "input.owner.homepage",
            "https://",
        ),
        (
            describe("licence: { name: \"x\", url: \"javascript:alert(1)\" }"),
            "input.licence.url",
            "https://",
        ),
        (
            promise("lateAfterSeconds: 0"),
            "input.lateAfterSeconds",
            "above 0",
        ),
        (promise("completeness: 99"), "input.completeness", "from 0 to 1"),
        (
            promise("lateAfterSeconds: 9, staleAfterSeconds: 3"),
            "input",
            "staleAfterSeconds",
        ),
    ];
    for (document, argument, accepted) in &cases {
        assert_refused(&world, &key, document, argument, accepted).await;
    }
    assert_eq!(changes(&world, &key).await, Vec::<Value>::new());
}

#[tokio::test]
async fn of_two_stewards_at_once_both_are_noted_and_each_word_is_the_last_one() {
    let world = World::new().await;
    let (ada, bob) = (
        steward(&world, |_| ()).await,
        steward(&world, |key| "Bob".clone_into(&mut key.name)).await,
    );
    let write = |word: &str, value: &str| {
        format!(
            "mutation {{ describeDataset(slug: \"readings\", input: {{ {word}: {value:?} }}) {{ title }} }}"
        )
    };
    let titles: Vec<String> = (0..6).map(|i| write("title", &format!("T{i}"))).collect();
    let descriptions: Vec<String> = (0..6).map(|i| write("description", &format!("D{i}"))).collect();
    let all = titles
        .iter()
        .map(|document| said(&world, &ada, document))
        .chain(descriptions.iter().map(|document| said(&world, &bob, document)));
    futures_util::future::join_all(all).await;
    let noted = changes(&world, &ada).await;
    assert_eq!(noted.len(), 12);
    let shown = world
        .data("{ dataset(slug: \"readings\") { title description } }")
        .await;
    for (word, who) in [("title", "Ada"), ("description", "Bob")] {
        let of: Vec<&Value> = noted.iter().filter(|change| change["what"] == word).collect();
        assert!(of.iter().all(|change| change["steward"] == who), "{of:?}");
        // Each found what the one before it had said.
        for pair in of.windows(2) {
            assert_eq!(pair[0]["before"], pair[1]["after"]);
        }
        let last: String = serde_json::from_str(of[0]["after"].as_str().unwrap()).unwrap();
        assert_eq!(shown["dataset"][word], json!(last));
    }
}

#[tokio::test]
async fn changes_come_in_pages() {
    let world = World::new().await;
    let key = steward(&world, |_| ()).await;
    for title in ["a", "b", "c"] {
        let document = format!(
            "mutation {{ describeDataset(slug: \"readings\", input: {{ title: {title:?} }}) {{ title }} }}"
        );
        said(&world, &key, &document).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let asked = format!(
            "{{ stewardshipChanges(first: 2 {after}) {{ nodes {{ after }} edges {{ cursor node {{ what }} }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let data = said(&world, &key, &asked).await;
        let page = &data["stewardshipChanges"];
        seen.extend(
            page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| change["after"].clone()),
        );
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!("after: {}", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen, ["\"c\"", "\"b\"", "\"a\""]);
    let error = refused(
        &world,
        &key,
        "{ stewardshipChanges(after: \"x\") { nodes { what } } }",
    )
    .await;
    assert_eq!(error["argument"], json!("after"));
}

#[tokio::test]
async fn what_no_longer_fits_beside_the_file_shows_as_a_problem() {
    let world = World::new().await;
    let key = steward(&world, |_| ()).await;
    // As another version of the program, or another file, may have left it.
    world
        .run(
            "INSERT INTO stewardship (dataset, said, changed_at) VALUES \
             ('readings', '{\"late_after_seconds\": 9, \"stale_after_seconds\": 3, \"title\": \"T\"}', now()), \
             ('sensors', '{\"colour\": \"green\"}', now())",
        )
        .await;
    world.renew_catalogue().await;
    let of = |data: &Value| -> Vec<String> {
        let problems = data["dataset"]["problems"].as_array().unwrap().iter();
        problems
            .map(|problem| problem["message"].as_str().unwrap().to_owned())
            .collect()
    };
    let readings = world
        .data("{ dataset(slug: \"readings\") { title promise { lateAfterSeconds } problems { message } } }")
        .await;
    assert_eq!(readings["dataset"]["title"], json!("T"));
    assert_eq!(readings["dataset"]["promise"]["lateAfterSeconds"], json!(null));
    assert!(
        of(&readings)
            .iter()
            .any(|problem| problem.contains("is less than")),
        "{readings}"
    );
    let sensors = world
        .data("{ dataset(slug: \"sensors\") { problems { message } } }")
        .await;
    assert!(
        of(&sensors)
            .iter()
            .any(|problem| problem.contains("unknown field `colour`")),
        "{sensors}"
    );
    // A steward mends it.
    let document = "mutation { setPromise(slug: \"readings\", input: { lateAfterSeconds: null }) { problems { message } } }";
    let data = said(&world, &key, document).await;
    assert_eq!(data["setPromise"]["problems"], json!([]));
}
