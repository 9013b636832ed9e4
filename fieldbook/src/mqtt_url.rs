//! A broker's address as a URL: `mqtt://user:password@host:1883`, `mqtts://…` with TLS.

use std::str::FromStr;
use std::sync::Arc;

use archive::Secret;
use ingestor::receiver::BrokerAddress;
use rumqttc::v5::MqttOptions;
use rumqttc::{TlsConfiguration, Transport};

/// Where a broker is, and who we are there.
#[derive(Debug, Clone)]
pub(crate) struct MqttUrl {
    host: String,
    port: u16,
    tls: bool,
    login: Option<(String, Secret)>,
}

/// Why a text is not such a URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MqttUrlError {
    #[error("{0:?} is not a broker's URL: mqtt://host:1883 is expected, or mqtts://user:password@host:8883")]
    Malformed(String),
    #[error("load the system's certificates for TLS")]
    Certificates(#[source] std::io::Error),
}

impl FromStr for MqttUrl {
    type Err = MqttUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The text may hold a password: the error shows none of it.
        let malformed = || MqttUrlError::Malformed(text.rsplit('@').next().unwrap_or_default().to_owned());
        let url = url::Url::parse(text).map_err(|_| malformed())?;
        let (tls, default_port) = match url.scheme() {
            "mqtt" | "tcp" => (false, 1883),
            "mqtts" | "ssl" => (true, 8883),
            _ => return Err(malformed()),
        };
        let decode = |part: &str| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(malformed)?;
        let login = (!url.username().is_empty()).then(|| {
            (
                decode(url.username()),
                Secret::new(decode(url.password().unwrap_or_default())),
            )
        });
        // An IPv6 address is written in brackets in a URL and without them elsewhere.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            host,
            port: url.port().unwrap_or(default_port),
            tls,
            login,
        })
    }
}

impl MqttUrl {
    /// The broker of a host, by name or address: without TLS, as nobody.
    pub(crate) fn plain(host: String, port: u16) -> Self {
        Self {
            host,
            port,
            tls: false,
            login: None,
        }
    }

    /// As the ingestor wants it.
    pub(crate) fn broker(&self) -> Result<BrokerAddress, MqttUrlError> {
        Ok(BrokerAddress {
            host: self.host.clone(),
            port: self.port,
            tls: self.tls.then(tls_config).transpose()?,
            login: self.login.clone(),
        })
    }

    /// As a client of our own wants it.
    pub(crate) fn options(&self, client_id: &str) -> Result<MqttOptions, MqttUrlError> {
        let mut options = MqttOptions::new(client_id, &self.host, self.port);
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password.expose());
        }
        if self.tls {
            options.set_transport(Transport::tls_with_config(
                TlsConfiguration::Rustls(tls_config()?),
            ));
        }
        Ok(options)
    }
}

impl std::fmt::Display for MqttUrl {
    /// Without user and password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        write!(formatter, "{scheme}://{host}:{}", self.port)
    }
}

/// Checked against the system's certificates.
fn tls_config() -> Result<Arc<rustls::ClientConfig>, MqttUrlError> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let cause = found.errors.into_iter().next().map_or_else(
            || "none is installed: apt-get install ca-certificates".to_owned(),
            |error| error.to_string(),
        );
        return Err(MqttUrlError::Certificates(std::io::Error::other(cause)));
    }
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_host_port_and_login() {
        let url: MqttUrl = "mqtt://plant%20a:hun%3Ater@broker.example:1884"
            .parse()
            .expect("a URL");
        assert_eq!(
            (url.host.as_str(), url.port, url.tls),
            ("broker.example", 1884, false)
        );
        let (user, password) = url.login.as_ref().expect("a login");
        assert_eq!((user.as_str(), password.expose()), ("plant a", "hun:ter"));
        assert_eq!(url.to_string(), "mqtt://broker.example:1884");
        assert!(!format!("{url:?}").contains("ter"), "{url:?}");
    }

    #[test]
    fn the_port_has_a_default_for_each_scheme() {
        let port = |text: &str| text.parse::<MqttUrl>().expect("a URL").port;
        assert_eq!((port("mqtt://a"), port("mqtts://a")), (1883, 8883));
        assert_eq!("mqtt://[::1]:5".parse::<MqttUrl>().expect("a URL").host, "::1");
    }

    #[test]
    fn other_texts_are_refused_without_showing_a_password() {
        for text in ["", "localhost:1883", "http://a", "mqtt://", "user:secret@host"] {
            let error = text.parse::<MqttUrl>().expect_err(text).to_string();
            assert!(
                error.contains("mqtt://host:1883") && !error.contains("secret@"),
                "{error}"
            );
        }
    }
}
