//! A broker's address as a URL: `mqtt://user:password@host:1883`, `mqtts://…` with TLS.

use std::str::FromStr;
use std::sync::Arc;

use archive::Secret;
use ingestor::receiver::{BrokerAddress, Protocol};
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
    #[error(
        "a broker's URL with a password needs a user before it: mqtts://user:password@host:8883 is expected"
    )]
    NoUser,
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
        // MQTT's strings are UTF-8 without NUL, with a length of 16 bits (MQTT 5, section 1.5.4).
        let decode = |part: &str| {
            let text = percent_encoding::percent_decode_str(part).decode_utf8().ok()?;
            let legal = !text.contains('\0') && u16::try_from(text.len()).is_ok();
            legal.then(|| text.into_owned())
        };
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(malformed)?;
        let user = decode(url.username()).ok_or_else(malformed)?;
        let password = decode(url.password().unwrap_or_default()).ok_or_else(malformed)?;
        if user.is_empty() && !password.is_empty() {
            // It would be left out, and the broker would refuse us for no visible reason.
            return Err(MqttUrlError::NoUser);
        }
        let login = (!user.is_empty()).then(|| (user, Secret::new(password)));
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

    /// Whether it says who we are.
    pub(crate) fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// Whether it is encrypted.
    pub(crate) fn is_tls(&self) -> bool {
        self.tls
    }

    /// As the ingestor wants it.
    pub(crate) fn broker(&self) -> Result<BrokerAddress, MqttUrlError> {
        Ok(self.broker_with(self.tls.then(tls_config).transpose()?))
    }

    /// The same with certificates of one's own, or none.
    pub(crate) fn broker_with(&self, tls: Option<Arc<rustls::ClientConfig>>) -> BrokerAddress {
        BrokerAddress {
            protocol: Protocol::default(),
            host: self.host.clone(),
            port: self.port,
            tls,
            login: self.login.clone(),
        }
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
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(system_roots()?)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The certificates that this system trusts.
pub(crate) fn system_roots() -> Result<rustls::RootCertStore, MqttUrlError> {
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
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn a_login_that_mqtt_cannot_say_is_refused_and_not_changed() {
        for text in [
            "mqtt://%ff:a@host",
            "mqtt://a:%ff@host",
            "mqtt://a%00:b@host",
            &format!("mqtt://{}@host", "u".repeat(65_536)),
        ] {
            assert!(
                matches!(text.parse::<MqttUrl>(), Err(MqttUrlError::Malformed(_))),
                "{text}"
            );
        }
        let error = "mqtt://:secret@host".parse::<MqttUrl>().expect_err("no user");
        assert!(
            matches!(error, MqttUrlError::NoUser) && !error.to_string().contains("secret"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn any_login_comes_back_and_is_never_shown(
            user in "[^\\x00]{1,20}", password in "[^\\x00]{0,20}", port in 1_u16.., tls: bool,
        ) {
            let encoded = |text: &str| {
                percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
            };
            let scheme = if tls { "mqtts" } else { "mqtt" };
            let text = format!("{scheme}://{}:{}@host:{port}", encoded(&user), encoded(&password));
            let url: MqttUrl = text.parse().expect("a URL");
            prop_assert_eq!((url.host.as_str(), url.port, url.tls), ("host", port, tls));
            let (found, secret) = url.login.as_ref().expect("a login");
            prop_assert_eq!((found, secret.expose()), (&user, password.as_str()));
            let shown = url.to_string();
            prop_assert_eq!(&shown, &format!("{scheme}://host:{port}"));
            prop_assert_eq!(shown.parse::<MqttUrl>().expect("a URL").to_string(), shown);
        }

        #[test]
        fn any_text_is_a_url_or_refused(text in "(mqtt|mqtts|tcp|http)?(://)?\\PC{0,30}") {
            if let Ok(url) = text.parse::<MqttUrl>() {
                prop_assert!(!url.host.is_empty());
                let again: MqttUrl = url.to_string().parse().expect("what is shown is a URL");
                prop_assert_eq!((again.host, again.port, again.tls), (url.host, url.port, url.tls));
            }
        }
    }
}
