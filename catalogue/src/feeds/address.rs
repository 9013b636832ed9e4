//! Where things are: the addresses that feeds give, and the names of things that have no page of their own.
//!
//! A thing without a page (a publisher, a metric) is named by a fragment of a page that there is: of `/` where it belongs
//! to the catalogue, of the dataset's page where it belongs to a dataset.

use std::str::FromStr;

use oxrdf::NamedNode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;
use uuid::Uuid;

/// All but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What may not stand in a path with its query as it is.
const PATH: &AsciiSet = &SEGMENT
    .remove(b'/')
    .remove(b'?')
    .remove(b'=')
    .remove(b'&')
    .remove(b'$')
    .remove(b',')
    .remove(b':')
    .remove(b'+');

/// Where the service is, and what lies behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    base: String,
    database: Option<DatabaseServer>,
    store: Option<ObjectStore>,
}

/// The database, as those reach it who may ask it directly. Never a user, never a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseServer {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The database's name.
    pub database: String,
}

/// The object store, as those reach it who may ask it directly. Never a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectStore {
    /// Where it answers; `None` for Amazon's own.
    pub endpoint: Option<String>,
    /// The bucket.
    pub bucket: String,
}

/// No address of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the public address of the service is http or https with a host, such as https://data.example.org, without user, \
     query and fragment, not {given:?}"
)]
pub struct BadAddress {
    /// What was given in its place, without what stands before an `@`.
    given: String,
}

/// No address of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the public address of the database is host:port/name, such as db.example.org:5432/fieldbook, without user and password"
)]
pub struct BadDatabaseServer;

impl FromStr for DatabaseServer {
    type Err = BadDatabaseServer;

    fn from_str(text: &str) -> Result<Self, BadDatabaseServer> {
        let url = Url::parse(&format!("postgres://{text}")).map_err(|_| BadDatabaseServer)?;
        let database = url.path().strip_prefix('/').filter(|name| !name.is_empty());
        let is_bare = url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        match (url.host_str(), url.port(), database) {
            (Some(host), Some(port), Some(database))
                if is_bare && is_anonymous && !host.is_empty() && !database.contains('/') =>
            {
                Ok(Self {
                    host: host.to_owned(),
                    port,
                    database: database.to_owned(),
                })
            }
            _ => Err(BadDatabaseServer),
        }
    }
}

impl Address {
    /// The addresses of a service that is reached at `base`, such as `https://data.example.org`; it may have a path.
    pub fn new(base: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress {
            given: base.rsplit('@').next().unwrap_or_default().to_owned(),
        };
        let url = Url::parse(base).map_err(|_| bad())?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_bare = url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if !(is_http && is_bare && is_anonymous) {
            return Err(bad());
        }
        let base = url.as_str().trim_end_matches('/').to_owned();
        // What a URL may hold and an IRI may not.
        NamedNode::new(&base).map_err(|_| bad())?;
        Ok(Self {
            base,
            database: None,
            store: None,
        })
    }

    /// The same, with a database that may be named.
    #[must_use]
    pub fn with_database(mut self, database: DatabaseServer) -> Self {
        self.database = Some(database);
        self
    }

    /// The same, with an object store that may be named.
    #[must_use]
    pub fn with_store(mut self, store: ObjectStore) -> Self {
        self.store = Some(store);
        self
    }

    pub(super) fn database(&self) -> Option<&DatabaseServer> {
        self.database.as_ref()
    }

    pub(super) fn store(&self) -> Option<&ObjectStore> {
        self.store.as_ref()
    }

    /// The first page.
    pub fn home(&self) -> String {
        format!("{}/", self.base)
    }

    /// What a path of the service leads to.
    pub fn path(&self, path: &str) -> String {
        let path = path.trim_start_matches('/');
        format!("{}/{}", self.base, utf8_percent_encode(path, PATH))
    }

    /// The catalogue in JSON-LD.
    pub fn catalogue_json_ld(&self) -> String {
        format!("{}/catalogue.jsonld", self.base)
    }

    /// The catalogue in Turtle.
    pub fn catalogue_turtle(&self) -> String {
        format!("{}/catalogue.ttl", self.base)
    }

    /// The releases of all datasets.
    pub fn catalogue_atom(&self) -> String {
        format!("{}/catalogue.atom", self.base)
    }

    /// A dataset: its page, and its name in every feed.
    pub fn dataset(&self, slug: &str) -> String {
        format!("{}/datasets/{}", self.base, utf8_percent_encode(slug, SEGMENT))
    }

    /// A dataset's contract.
    pub fn contract(&self, slug: &str) -> String {
        format!("{}/contract.odcs.yaml", self.dataset(slug))
    }

    /// A dataset's data package.
    pub fn data_package(&self, slug: &str) -> String {
        format!("{}/datapackage.json", self.dataset(slug))
    }

    /// A dataset's releases.
    pub fn versions(&self, slug: &str) -> String {
        format!("{}/versions.atom", self.dataset(slug))
    }

    /// Something of the catalogue that has no page.
    pub(super) fn of_catalogue(&self, name: &str) -> String {
        format!("{}/#{}", self.base, utf8_percent_encode(name, SEGMENT))
    }

    /// Something of a dataset that has no page.
    pub(super) fn of_dataset(&self, slug: &str, name: &str) -> String {
        format!("{}#{}", self.dataset(slug), utf8_percent_encode(name, SEGMENT))
    }
}

impl ObjectStore {
    /// What the objects under a prefix are called there.
    pub(super) fn location(&self, prefix: &str) -> String {
        const KEY: &AsciiSet = &SEGMENT.remove(b'/').remove(b'=');
        let bucket = utf8_percent_encode(&self.bucket, SEGMENT);
        format!("s3://{bucket}/{}", utf8_percent_encode(prefix, KEY))
    }
}

/// An identity that an address gives, for where a UUID is wanted; the same address always gives the same.
pub(super) fn uuid(address: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, address.as_bytes())
}

/// A text as an address of the web; `None` where it is none.
pub(super) fn web(text: &str) -> Option<&str> {
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host() && NamedNode::new(text).is_ok();
    is_web.then_some(text)
}

/// A text as an address of mail; `None` where it is none that all readers take.
pub(super) fn mailbox(text: &str) -> Option<&str> {
    let sound = |part: &str| {
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        part.chars().all(sound) && part.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let (local, domain) = text.split_once('@')?;
    (sound(local) && sound(domain)).then_some(text)
}

/// Where to write to, as an address.
pub(super) fn mailto(email: &str) -> String {
    const MAILBOX: &AsciiSet = &SEGMENT.remove(b'@').remove(b'+');
    format!("mailto:{}", utf8_percent_encode(email, MAILBOX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_with_a_path_and_without_one_gives_whole_addresses() {
        for (base, wanted) in [
            (
                "https://data.example.org",
                "https://data.example.org/datasets/readings",
            ),
            (
                "https://data.example.org/",
                "https://data.example.org/datasets/readings",
            ),
            (
                "http://[::1]:8000/fieldbook/",
                "http://[::1]:8000/fieldbook/datasets/readings",
            ),
        ] {
            assert_eq!(Address::new(base).unwrap().dataset("readings"), wanted);
        }
    }

    #[test]
    fn what_is_no_public_address_is_refused_and_a_password_is_not_said_back() {
        for base in [
            "",
            "data.example.org",
            "ftp://data.example.org",
            "https://data.example.org/?a=b",
            "https://data.example.org/#a",
            "https://me:secret@data.example.org",
            "mailto:data@example.org",
        ] {
            let error = Address::new(base).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
            assert!(
                error.contains("https://data.example.org, without user"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_database_is_named_without_a_user() {
        let named: DatabaseServer = "db.example.org:5432/fieldbook".parse().unwrap();
        assert_eq!(
            (named.host.as_str(), named.port, named.database.as_str()),
            ("db.example.org", 5432, "fieldbook")
        );
        for text in [
            "",
            "db.example.org",
            "db.example.org/fieldbook",
            "db.example.org:5432",
            "db.example.org:5432/",
            "db.example.org:5432/a/b",
            "db.example.org:5432/a?password=secret",
            "me@db.example.org:5432/fieldbook",
            "me:secret@db.example.org:5432/fieldbook",
            "postgres://db.example.org:5432/fieldbook",
        ] {
            let error = text.parse::<DatabaseServer>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn whatever_a_slug_or_a_path_holds_its_address_is_an_iri() {
        let address = Address::new("https://data.example.org").unwrap();
        for text in ["a b", "<script>", "a/../b", "%zz", "ü\u{202e}\"", "{}|\\^`", "#?"] {
            for iri in [
                address.dataset(text),
                address.of_dataset(text, text),
                address.of_catalogue(text),
                address.path(text),
                mailto(text),
            ] {
                NamedNode::new(&iri).unwrap_or_else(|error| panic!("{iri}: {error}"));
            }
        }
    }

    #[test]
    fn queries_of_paths_stay_queries() {
        let address = Address::new("https://data.example.org").unwrap();
        let path = "/export/buckets.csv?bucket=PT1M&time_zone=Europe/Zurich";
        assert_eq!(address.path(path), format!("https://data.example.org{path}"));
        assert_eq!(
            address.path("/odata/v4/$metadata"),
            "https://data.example.org/odata/v4/$metadata"
        );
    }

    #[test]
    fn addresses_of_mail_are_told_from_other_texts() {
        assert_eq!(
            mailbox("data.desk+1@example.org"),
            Some("data.desk+1@example.org")
        );
        for text in [
            "",
            "@",
            "me",
            "me@",
            "@example.org",
            "me @example.org",
            "a@b@c",
            "<me>@example.org",
        ] {
            assert_eq!(mailbox(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_the_web_are_told_from_other_texts() {
        assert_eq!(web("https://example.org/a"), Some("https://example.org/a"));
        for text in [
            "",
            "example.org",
            "javascript:alert(1)",
            "https://exa mple.org",
            "https://e.org/<a>",
        ] {
            assert_eq!(web(text), None, "{text}");
        }
    }
}
