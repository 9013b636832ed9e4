//! S3, through the client that Fieldbook uses.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use parts::ObjectStore;
use parts::object_store::{Options, REGION};

const BUCKET: &str = "fieldbook";
const KEY: &str = "raw/dt=2026-11-23/hour=10/a.jsonl.zst";

fn client_with(store: &ObjectStore, secret: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new(REGION))
        .endpoint_url(store.endpoint())
        .credentials_provider(Credentials::new(
            store.access_key_id(),
            secret,
            None,
            None,
            "test",
        ))
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}

fn client(store: &ObjectStore) -> Client {
    client_with(store, store.secret_access_key())
}

async fn put(store: &ObjectStore, bytes: &'static [u8]) -> Result<(), String> {
    let put = client(store)
        .put_object()
        .bucket(BUCKET)
        .key(KEY)
        .metadata("sha256", "abc")
        .if_none_match("*");
    let outcome = put.body(ByteStream::from_static(bytes)).send().await;
    outcome
        .map(|_| ())
        .map_err(|error| error.into_service_error().code().unwrap_or_default().to_owned())
}

async fn get(store: &ObjectStore) -> (Vec<u8>, String) {
    let object = client(store)
        .get_object()
        .bucket(BUCKET)
        .key(KEY)
        .send()
        .await
        .unwrap();
    let metadata = object.metadata().unwrap()["sha256"].clone();
    (object.body.collect().await.unwrap().to_vec(), metadata)
}

#[tokio::test]
async fn objects_keep_their_metadata_over_a_restart() {
    let room = super::room();
    let options = Options::new(room.path().join("objects"), BUCKET);
    let first = ObjectStore::start(&options).await.unwrap();
    put(&first, b"bytes").await.unwrap();
    let keys = (
        first.access_key_id().to_owned(),
        first.secret_access_key().to_owned(),
    );
    first.stop().await;

    let second = ObjectStore::start(&options).await.unwrap();
    assert_eq!(
        (second.access_key_id(), second.secret_access_key()),
        (keys.0.as_str(), keys.1.as_str())
    );
    assert_eq!(get(&second).await, (b"bytes".to_vec(), "abc".to_owned()));
    let head = client(&second)
        .head_object()
        .bucket(BUCKET)
        .key(KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(head.metadata().unwrap()["sha256"], "abc");
    assert_eq!(head.content_length(), Some(5));
    let range = client(&second)
        .get_object()
        .bucket(BUCKET)
        .key(KEY)
        .range("bytes=1-2")
        .send()
        .await
        .unwrap();
    assert_eq!(range.body.collect().await.unwrap().to_vec(), b"yt");
    second.stop().await;
}

#[tokio::test]
async fn of_many_uploads_to_one_new_key_one_wins() {
    let room = super::room();
    let store = ObjectStore::start(&Options::new(room.path().join("objects"), BUCKET))
        .await
        .unwrap();
    let uploads: [&'static [u8]; 4] = [b"one", b"two", b"three", b"four"];
    let outcomes = futures_util::future::join_all(uploads.map(|bytes| put(&store, bytes))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let refusals = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(
        refusals.into_iter().all(|code| code == "PreconditionFailed"),
        "{outcomes:?}"
    );
    let winner = outcomes.iter().position(Result::is_ok).unwrap();
    assert_eq!(get(&store).await.0, uploads[winner]);
}

#[tokio::test]
async fn a_bad_upload_does_not_replace_a_good_object() {
    let room = super::room();
    let store = ObjectStore::start(&Options::new(room.path().join("objects"), BUCKET))
        .await
        .unwrap();
    put(&store, b"good").await.unwrap();
    let bad = client(&store)
        .put_object()
        .bucket(BUCKET)
        .key(KEY)
        .content_md5("AAAAAAAAAAAAAAAAAAAAAA==");
    assert!(bad.body(ByteStream::from_static(b"bad")).send().await.is_err());
    assert_eq!(get(&store).await, (b"good".to_vec(), "abc".to_owned()));
}

#[tokio::test]
async fn what_a_crash_left_staged_is_neither_shown_nor_kept() {
    let room = super::room();
    let options = Options::new(room.path().join("objects"), BUCKET);
    ObjectStore::start(&options).await.unwrap().stop().await;
    let staged = options.directory.join("objects/.staging/7");
    std::fs::write(&staged, b"half").unwrap();
    let store = ObjectStore::start(&options).await.unwrap();
    assert!(!staged.exists());
    put(&store, b"whole").await.unwrap();
    let buckets = client(&store).list_buckets().send().await.unwrap();
    let names: Vec<_> = buckets
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, [BUCKET]);
    let objects = client(&store)
        .list_objects_v2()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = objects
        .contents()
        .iter()
        .filter_map(|object| object.key())
        .collect();
    assert_eq!(keys, [KEY]);
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let room = super::room();
    let store = ObjectStore::start(&Options::new(room.path().join("objects"), BUCKET))
        .await
        .unwrap();
    assert!(
        client_with(&store, "wrong")
            .head_bucket()
            .bucket(BUCKET)
            .send()
            .await
            .is_err()
    );
    assert!(!format!("{store:?}").contains(store.secret_access_key()));
}

#[tokio::test]
async fn a_taken_port_gives_way_to_a_free_one() {
    let room = super::room();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = Options::new(room.path().join("objects"), BUCKET);
    options.preferred = taken.local_addr().unwrap();
    let store = ObjectStore::start(&options).await.unwrap();
    put(&store, b"bytes").await.unwrap();
}

#[tokio::test]
async fn one_process_serves_a_directory() {
    let room = super::room();
    let options = Options::new(room.path().join("objects"), BUCKET);
    let _first = ObjectStore::start(&options).await.unwrap();
    let error = super::chain(&ObjectStore::start(&options).await.unwrap_err());
    assert!(error.contains("another process serves it"), "{error}");
}
