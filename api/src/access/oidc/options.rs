//! Which issuer, and how its tokens are read.

use url::{Host, Url};

/// The issuer whose tokens are taken. What it says was checked when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcOptions {
    issuer: Url,
    as_written: String,
    audience: String,
    roles_claim: String,
}

/// Why an issuer can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcOptionsError {
    /// No address.
    #[error(
        "the OIDC issuer {0:?} is no address: give its URL, such as https://login.example.org/realms/plant"
    )]
    Issuer(String),
    /// Keys fetched without TLS could be anybody's.
    #[error("the OIDC issuer {0:?} is not reached by https: only one on this machine may be reached by http")]
    Insecure(String),
    /// Nothing that a token could be for.
    #[error(
        "the OIDC audience is empty: give what the issuer writes into aud for Fieldbook, such as fieldbook"
    )]
    Audience,
    /// Nothing where roles could stand.
    #[error("the OIDC claim of roles is empty: give its name, such as roles or realm_access.roles")]
    RolesClaim,
}

impl OidcOptions {
    /// Where roles stand unless somebody says otherwise.
    pub const ROLES_CLAIM: &'static str = "roles";

    /// An issuer, what it calls Fieldbook (`aud`), and where in its tokens the roles stand.
    pub fn new(issuer: &str, audience: &str, roles_claim: &str) -> Result<Self, OidcOptionsError> {
        let url = Url::parse(issuer)
            .ok()
            .filter(|url| url.has_host() && url.query().is_none() && url.fragment().is_none())
            .ok_or_else(|| OidcOptionsError::Issuer(issuer.to_owned()))?;
        if !is_secure(&url) {
            return Err(OidcOptionsError::Insecure(issuer.to_owned()));
        }
        if audience.trim().is_empty() {
            return Err(OidcOptionsError::Audience);
        }
        if roles_claim.trim().is_empty() {
            return Err(OidcOptionsError::RolesClaim);
        }
        Ok(Self {
            issuer: url,
            as_written: issuer.to_owned(),
            audience: audience.to_owned(),
            roles_claim: roles_claim.to_owned(),
        })
    }

    /// Its address.
    pub(super) fn issuer(&self) -> &Url {
        &self.issuer
    }

    /// Its address as it stands in `iss`, compared character by character.
    pub(super) fn issuer_as_written(&self) -> &str {
        &self.as_written
    }

    /// What tokens must be for.
    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    /// Where the roles stand.
    pub(super) fn roles_claim(&self) -> &str {
        &self.roles_claim
    }
}

/// Whether what an address answers is its owner's word.
pub(super) fn is_secure(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_https_address_or_on_this_machine() {
        for good in [
            "https://login.example.org/realms/plant",
            "https://login.example.org",
            "http://127.0.0.1:8080/",
            "http://localhost/x",
            "http://[::1]:9",
        ] {
            assert!(OidcOptions::new(good, "a", "roles").is_ok(), "{good}");
        }
        for (bad, error) in [
            (
                "login.example.org",
                OidcOptionsError::Issuer("login.example.org".into()),
            ),
            (
                "https://x/?a=b",
                OidcOptionsError::Issuer("https://x/?a=b".into()),
            ),
            (
                "http://login.example.org",
                OidcOptionsError::Insecure("http://login.example.org".into()),
            ),
            (
                "ftp://127.0.0.1",
                OidcOptionsError::Insecure("ftp://127.0.0.1".into()),
            ),
        ] {
            assert_eq!(OidcOptions::new(bad, "a", "roles"), Err(error));
        }
        assert_eq!(
            OidcOptions::new("https://x", " ", "roles"),
            Err(OidcOptionsError::Audience)
        );
        assert_eq!(
            OidcOptions::new("https://x", "a", ""),
            Err(OidcOptionsError::RolesClaim)
        );
    }
}
