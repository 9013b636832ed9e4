//! Where the archive lies and who may write there.

use std::fmt;

use crate::key::{KeyError, Prefix};

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Where the archive lies and who may write there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The server, `http://…` or `https://…`; none means AWS's own for the region.
    pub endpoint_url: Option<String>,
    /// The region; servers with none mostly take `us-east-1`.
    pub region: String,
    /// Who.
    pub access_key_id: String,
    /// And the proof of it.
    pub secret_access_key: Secret,
    /// The bucket.
    pub bucket: String,
    /// What stands before every key: `""`, or a path such as `site/a`.
    pub prefix: String,
}

impl Config {
    /// Finds what can be wrong without asking the server.
    pub(crate) fn validate(&self) -> Result<Prefix, ConfigError> {
        if let Some(url) = &self.endpoint_url {
            let host = url
                .strip_prefix("http://")
                .or_else(|| url.strip_prefix("https://"));
            let sound =
                host.is_some_and(|host| !host.is_empty() && !host.starts_with(['/', ':']) && url.is_ascii());
            if !sound || url.contains(char::is_whitespace) {
                return Err(ConfigError::Endpoint { url: url.clone() });
            }
        }
        for (what, value) in [
            ("region", &self.region),
            ("access key id", &self.access_key_id),
            ("secret access key", &self.secret_access_key.0),
            ("bucket", &self.bucket),
        ] {
            // Spaces and line ends at an end come from copying and from files, and make signatures wrong without a word.
            if value.is_empty() || value.trim() != value {
                return Err(ConfigError::Blank { what });
            }
        }
        Prefix::new(&self.prefix).map_err(|source| ConfigError::Prefix { source })
    }

    /// Whether the way to the server is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.endpoint_url
            .as_ref()
            .is_none_or(|url| url.starts_with("https://"))
    }
}

/// A configuration that can't work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not a URL.
    #[error("use the object store's URL {url:?}: it must begin with http:// or https:// and name a host")]
    Endpoint {
        /// What it says.
        url: String,
    },
    /// A needed value is empty or has space around it.
    #[error("use the object store's {what}: it is empty, or has space at an end")]
    Blank {
        /// Which.
        what: &'static str,
    },
    /// Not a prefix.
    #[error("use the object store's prefix")]
    Prefix {
        /// Why.
        #[source]
        source: KeyError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            endpoint_url: Some("http://127.0.0.1:9000".to_owned()),
            region: "us-east-1".to_owned(),
            access_key_id: "AKIA".to_owned(),
            secret_access_key: Secret::new("do-not-print"),
            bucket: "fieldbook".to_owned(),
            prefix: String::new(),
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", config()).contains("do-not-print"));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        assert!(config().validate().is_ok());
        assert!(
            Config {
                endpoint_url: None,
                ..config()
            }
            .validate()
            .is_ok()
        );
        for url in [
            "",
            "127.0.0.1:9000",
            "ftp://host",
            "http://",
            "http://:9000",
            "http://a b",
            "https:///x",
        ] {
            let error = Config {
                endpoint_url: Some(url.to_owned()),
                ..config()
            }
            .validate()
            .unwrap_err();
            assert!(matches!(error, ConfigError::Endpoint { .. }), "{url:?}: {error}");
        }
        let error = Config {
            secret_access_key: Secret::new("s\n"),
            ..config()
        }
        .validate()
        .unwrap_err();
        assert_eq!(
            error,
            ConfigError::Blank {
                what: "secret access key"
            }
        );
        let error = Config {
            bucket: String::new(),
            ..config()
        }
        .validate()
        .unwrap_err();
        assert_eq!(error, ConfigError::Blank { what: "bucket" });
        assert!(
            Config {
                prefix: "/x".to_owned(),
                ..config()
            }
            .validate()
            .is_err()
        );
    }
}
