//! The servers of a contract: the API always, database and object store where the operator lets them be named.

use super::super::Address;
use super::document::Server;
use crate::model::{Dataset, Stored};

pub(super) fn of(dataset: &Dataset, address: &Address) -> Vec<Server> {
    let mut servers = Vec::new();
    match &dataset.stored {
        Stored::Table { schema, .. } => servers.extend(address.database().map(|database| Server {
            server: "database",
            kind: "postgres",
            description: "The database itself, for those who may ask it directly.",
            host: Some(database.host.clone()),
            port: Some(database.port),
            database: Some(database.database.clone()),
            schema: Some(schema.clone()),
            ..Server::default()
        })),
        Stored::Objects { prefix, .. } => servers.extend(address.store().map(|store| Server {
            server: "archive",
            kind: "s3",
            description: "The objects themselves, for those who may read the bucket: frames of zstd, a message a line.",
            location: Some(store.location(&format!("{prefix}**/*.jsonl.zst"))),
            endpoint_url: store.endpoint.clone(),
            format: Some("json"),
            delimiter: Some("new_line"),
            ..Server::default()
        })),
    }
    servers.push(Server {
        server: "api",
        kind: "api",
        description: "GraphQL, over HTTP and WebSocket.",
        location: Some(address.path("/graphql")),
        ..Server::default()
    });
    servers
}
