//! Where messages may be posted to.
//!
//! Whoever adds a webhook makes this service send requests. So that nobody reaches through it what only it can reach (the
//! metadata of a cloud's machine, a database's page, another service on this machine), addresses that are not public are
//! refused: when the webhook is added, where the URL names an address, and whenever a message is sent, for the addresses that
//! a name has at that moment. The connection goes to just those addresses, so a name that changes in between gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Bytes of a URL at most.
const URL_BYTES_MAX: usize = 2_048;

/// Which addresses messages may be posted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Those of the public internet.
    #[default]
    Public,
    /// Any, those of this machine and its networks included: for receivers within, where everybody who may add webhooks is
    /// trusted with them.
    Anywhere,
}

/// Why nothing is posted to a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No address of a page.
    #[error(
        "{0:?} is no URL that messages can be posted to: give one such as https://example.org/hooks/fieldbook"
    )]
    Url(String),
    /// Another way than HTTP.
    #[error("a webhook is reached by http or https, not by {0}")]
    Scheme(String),
    /// A name and password would show in lists and logs.
    #[error("a webhook's URL has no user name and password: messages are signed instead")]
    Credentials,
    /// It is too long.
    #[error("a webhook's URL has {URL_BYTES_MAX} bytes at most")]
    Long,
    /// It leads into this machine or its networks.
    #[error(
        "{0} is not a public address: webhooks within a network need --private, and --private-webhooks of the service"
    )]
    NotPublic(String),
}

/// The URL, if messages may be posted there as far as it says itself.
pub fn check_url(text: &str, reach: Reach) -> Result<Url, TargetError> {
    if text.len() > URL_BYTES_MAX {
        return Err(TargetError::Long);
    }
    let mut url = Url::parse(text).map_err(|_| TargetError::Url(text.to_owned()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(TargetError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Credentials);
    }
    let literal = match url.host() {
        None => return Err(TargetError::Url(text.to_owned())),
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let is_local = name == "localhost" || name.ends_with(".localhost");
            if is_local && reach == Reach::Public {
                return Err(TargetError::NotPublic(name.to_owned()));
            }
            None
        }
    };
    if let Some(address) = literal {
        check_address(address, reach)?;
    }
    url.set_fragment(None);
    Ok(url)
}

/// Whether messages may be posted to this address.
pub(super) fn check_address(address: IpAddr, reach: Reach) -> Result<(), TargetError> {
    if reach == Reach::Anywhere || is_public(address) {
        Ok(())
    } else {
        Err(TargetError::NotPublic(address.to_string()))
    }
}

/// Whether an address is one of the public internet. After IANA's registries of special-purpose addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        [0 | 10 | 127 | 224.., ..]
        // Shared by a carrier's customers; of this link, the metadata of clouds among them; private ones.
        | [100, 64..=127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..]
        // Assigned to protocols, for documents, for 6to4 relays, for benchmarks.
        | [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    };
    !is_special
}

/// What begins the addresses of the old internet as mapped ones, and as translated ones; 32 bits follow.
const MAPPED: u128 = 0xffff;
const TRANSLATED: u128 = 0x0064_ff9b << 64;

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let embedded = |shift: u32| {
        let old = u32::try_from((bits >> shift) & u128::from(u32::MAX));
        old.is_ok_and(|old| is_public_v4(Ipv4Addr::from_bits(old)))
    };
    if matches!(bits >> 32, MAPPED | TRANSLATED) {
        return embedded(0);
    }
    match address.segments() {
        // Carried through the old internet, to the address that follows.
        [0x2002, ..] => embedded(80),
        // Protocols (Teredo among them), documents.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // All that is public begins with the bits 001.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_only() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn a_url_is_http_without_credentials_and_not_of_this_machine() {
        for good in [
            "https://example.org/hooks?x=1",
            "http://example.org:8080/",
            "https://1.1.1.1/",
        ] {
            assert_eq!(check_url(good, Reach::Public).unwrap().as_str(), good);
        }
        assert_eq!(
            check_url("https://example.org/a#b", Reach::Public)
                .unwrap()
                .as_str(),
            "https://example.org/a"
        );
        let not_public = |what: &str| TargetError::NotPublic(what.to_owned());
        for (bad, error) in [
            (
                "example.org/hooks",
                TargetError::Url("example.org/hooks".to_owned()),
            ),
            ("https://", TargetError::Url("https://".to_owned())),
            ("", TargetError::Url(String::new())),
            ("ftp://example.org/", TargetError::Scheme("ftp".to_owned())),
            ("file:///etc/passwd", TargetError::Scheme("file".to_owned())),
            ("https://me:secret@example.org/", TargetError::Credentials),
            ("https://me@example.org/", TargetError::Credentials),
            ("http://localhost/", not_public("localhost")),
            ("http://localhost./", not_public("localhost")),
            ("http://a.localhost:80/", not_public("a.localhost")),
            ("http://127.0.0.1:9100/", not_public("127.0.0.1")),
            ("http://127.1/", not_public("127.0.0.1")),
            ("http://2130706433/", not_public("127.0.0.1")),
            ("http://0x7f.0.0.1/", not_public("127.0.0.1")),
            ("http://[::1]/", not_public("::1")),
            ("http://[::ffff:7f00:1]/", not_public("::ffff:127.0.0.1")),
            (
                "http://169.254.169.254/latest/meta-data",
                not_public("169.254.169.254"),
            ),
        ] {
            assert_eq!(check_url(bad, Reach::Public).unwrap_err(), error, "{bad}");
        }
        let long = format!("https://example.org/{}", "a".repeat(URL_BYTES_MAX));
        assert_eq!(check_url(&long, Reach::Public).unwrap_err(), TargetError::Long);
        for within in ["http://127.0.0.1:9100/", "http://localhost/", "http://10.0.0.1/"] {
            assert!(check_url(within, Reach::Anywhere).is_ok(), "{within}");
        }
        assert!(check_url("ftp://10.0.0.1/", Reach::Anywhere).is_err());
    }
}
