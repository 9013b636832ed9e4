//! What goes wrong gets its name, its disposition, and a text that says what to do.

use archive::{Config, CorruptObject, Disposition, Secret, Store, StoreError};
use s3s::S3ErrorCode;

use crate::server::{BUCKET, Server, messages, object};

/// The tries of one request that the client makes by itself.
const ATTEMPTS: usize = 3;

#[track_caller]
fn says(error: &StoreError, disposition: Disposition, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.disposition(), disposition, "{text}");
    assert_eq!(error.retryable(), disposition == Disposition::Retry);
    for word in words {
        assert!(text.contains(word), "{word:?} in {text:?}");
    }
}

#[tokio::test]
async fn a_missing_bucket_is_named_and_not_made_by_writing() {
    let server = Server::start().await;
    let store = Store::new(server.config()).unwrap();
    let error = store.put_once(&object(1, &messages(1, 3))).await.unwrap_err();
    assert!(matches!(error, StoreError::NoSuchBucket { .. }), "{error}");
    says(
        &error,
        Disposition::Halt,
        &[BUCKET, "does not exist", "FIELDBOOK_BUCKET"],
    );
    says(&store.check().await.unwrap_err(), Disposition::Halt, &[BUCKET]);
    store.ensure_bucket().await.unwrap();
    store.ensure_bucket().await.unwrap();
    store.check().await.unwrap();
    store.put_once(&object(1, &messages(1, 3))).await.unwrap();
}

#[tokio::test]
async fn wrong_credentials_are_told_from_trouble() {
    let (server, _store) = Server::with_store().await;
    for config in [
        Config {
            secret_access_key: Secret::new("wrong"),
            ..server.config()
        },
        Config {
            access_key_id: "wrong".to_owned(),
            ..server.config()
        },
    ] {
        let store = Store::new(config).unwrap();
        let error = store.put_once(&object(1, &messages(1, 3))).await.unwrap_err();
        assert!(matches!(error, StoreError::AccessDenied { .. }), "{error}");
        says(
            &error,
            Disposition::Halt,
            &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "s3:PutObject"],
        );
        let error = store.list(None, None).next_page().await.unwrap_err();
        assert!(matches!(error, StoreError::AccessDenied { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_a_reason_to_try_again() {
    let (server, store) = Server::with_store().await;
    let config = server.config();
    drop(server);
    let error = Store::new(config).unwrap().check().await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    says(&error, Disposition::Retry, &["AWS_ENDPOINT_URL_S3"]);
    let _ = store;
}

#[tokio::test]
async fn a_busy_server_is_asked_again_within_and_then_left_to_the_caller() {
    let (server, store) = Server::with_store().await;
    let ours = object(1, &messages(1, 3));
    server.refuse("PutObject", S3ErrorCode::SlowDown);
    assert!(!store.put_once(&ours).await.unwrap().already);
    for _ in 0..ATTEMPTS {
        server.refuse("HeadObject", S3ErrorCode::InternalError);
    }
    let error = store.put_once(&ours).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    says(&error, Disposition::Retry, &[&ours.key().to_string(), "500"]);
    assert_eq!(server.refusals_left(), 0);
}

#[tokio::test]
async fn a_put_that_is_denied_halts() {
    let (server, store) = Server::with_store().await;
    server.refuse("PutObject", S3ErrorCode::AccessDenied);
    let error = store.put_once(&object(1, &messages(1, 3))).await.unwrap_err();
    says(
        &error,
        Disposition::Halt,
        &["store object", "AccessDenied", "s3:PutObject"],
    );
}

#[tokio::test]
async fn an_object_that_the_first_look_missed_is_found_by_the_condition() {
    let (server, store) = Server::with_store().await;
    let ours = messages(1, 3);
    store.put_once(&object(1, &ours)).await.unwrap();
    server.refuse("HeadObject", S3ErrorCode::NoSuchKey);
    assert!(store.put_once(&object(1, &ours)).await.unwrap().already);
    let mut others = ours;
    others[0].payload = b"another".to_vec();
    server.refuse("HeadObject", S3ErrorCode::NoSuchKey);
    let error = store.put_once(&object(1, &others)).await.unwrap_err();
    assert!(matches!(error, StoreError::DifferentObject { .. }), "{error}");
    says(&error, Disposition::Halt, &["not touched", "sha256", "count 3"]);
    assert_eq!(server.refusals_left(), 0);
}

#[tokio::test]
async fn a_server_that_knows_no_conditions_is_written_to_without() {
    let (server, store) = Server::with_store().await;
    server.refuse("PutObject", S3ErrorCode::NotImplemented);
    let ours = object(1, &messages(1, 3));
    assert!(!store.put_once(&ours).await.unwrap().already);
    assert_eq!(server.refusals_left(), 0);
    assert!(store.put_once(&ours).await.unwrap().already);
}

#[tokio::test]
async fn a_concurrent_writer_is_a_reason_to_try_again() {
    let (server, store) = Server::with_store().await;
    let ours = object(1, &messages(1, 3));
    for _ in 0..ATTEMPTS {
        server.refuse("PutObject", S3ErrorCode::OperationAborted);
    }
    says(
        &store.put_once(&ours).await.unwrap_err(),
        Disposition::Retry,
        &["OperationAborted"],
    );
}

#[tokio::test]
async fn an_object_that_lost_its_metadata_is_known_by_its_content_and_gets_it_back() {
    let (server, store) = Server::with_store().await;
    let ours = messages(1, 3);
    let key = store.put_once(&object(1, &ours)).await.unwrap().key;
    server.lose_metadata();
    assert!(matches!(store.head(&key).await, Err(StoreError::Metadata { .. })));
    let mut others = ours.clone();
    others[0].payload = b"another".to_vec();
    let error = store.put_once(&object(1, &others)).await.unwrap_err();
    assert!(matches!(error, StoreError::DifferentObject { .. }), "{error}");
    assert!(store.put_once(&object(1, &ours)).await.unwrap().already);
    assert_eq!(store.head(&key).await.unwrap(), *object(1, &ours).facts());
}

#[tokio::test]
async fn something_else_under_our_key_is_left_alone() {
    let (server, store) = Server::with_store().await;
    let ours = object(1, &messages(1, 3));
    let file = server.file_of(&ours.key().to_string());
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    for content in [
        "",
        "short",
        &"something else, long enough for a tail. ".repeat(100),
    ] {
        std::fs::write(&file, content).unwrap();
        let error = store.put_once(&ours).await.unwrap_err();
        assert!(
            matches!(error, StoreError::DifferentObject { .. }),
            "{} bytes: {error:?}",
            content.len()
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
    }
}

#[tokio::test]
async fn damage_is_named_and_never_read_as_a_message() {
    let (server, store) = Server::with_store().await;
    let ours = object(1, &messages(1, 300));
    let key = store.put_once(&ours).await.unwrap().key;
    let good = std::fs::read(server.file_of(&key)).unwrap();
    let write = |bytes: &[u8]| std::fs::write(server.file_of(&key), bytes).unwrap();

    let mut damaged = good.clone();
    damaged[100] ^= 1;
    write(&damaged);
    let error = store.read_message(&key, 7).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                source: CorruptObject::Frame { .. },
                ..
            }
        ),
        "{error:?}"
    );
    says(&error, Disposition::Halt, &[&key, "damaged"]);

    let mut damaged = good.clone();
    let at = damaged.len() - 1000;
    damaged[at] ^= 1;
    write(&damaged);
    let error = store.read_message(&key, 7).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                source: CorruptObject::IndexChecksum,
                ..
            }
        ),
        "{error:?}"
    );

    write(&good[..good.len() - 1]);
    let error = store.lines(&key).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                source: CorruptObject::NoIndex,
                ..
            }
        ),
        "{error:?}"
    );

    write(&good[1..]);
    let error = store.read_index(&key).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                source: CorruptObject::Contradiction { .. },
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn lines_that_are_not_those_of_the_index_are_found_by_the_hash_of_all() {
    let (server, store) = Server::with_store().await;
    let ours = object(1, &messages(1, 300));
    let key = store.put_once(&ours).await.unwrap().key;
    let mut forged = ours.body().to_vec();
    let (index, end) = (forged.len() - archive::TAIL_BYTES, forged.len() - 12);
    forged[index + 72] ^= 1;
    let crc = crc32c::crc32c(&forged[index..end]);
    forged[end..end + 4].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(server.file_of(&key), forged).unwrap();
    let mut lines = store.lines(&key).await.unwrap();
    assert_eq!(lines.next_frame().await.unwrap().unwrap().len(), 300);
    let error = lines.next_frame().await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                source: CorruptObject::Sha256,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_absent_object_is_not_found() {
    let (_server, store) = Server::with_store().await;
    let key = object(1, &messages(1, 3)).key().to_string();
    for error in [
        store.head(&key).await.unwrap_err(),
        store.read_index(&key).await.unwrap_err(),
        store.read_message(&key, 1).await.unwrap_err(),
        store.lines(&key).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
        says(&error, Disposition::Halt, &[&key, "does not exist"]);
    }
}

#[tokio::test]
async fn encryption_towards_a_server_without_it_is_an_unreachable_server() {
    let server = Server::start().await;
    let url = server.config().endpoint_url.unwrap().replace("http:", "https:");
    let store = Store::new(Config {
        endpoint_url: Some(url),
        ..server.config()
    })
    .unwrap();
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    says(&error, Disposition::Retry, &["AWS_ENDPOINT_URL_S3"]);
}
