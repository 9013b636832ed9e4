//! Which issuer, how its tokens are read, and what Fieldbook is to it.

use std::fmt;

use url::{Host, Url};

/// The issuer whose tokens are taken. What it says was checked when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcOptions {
    issuer: Url,
    as_written: String,
    audience: String,
    roles_claim: String,
    datasets_claim: Option<String>,
    client: Option<OidcClient>,
}

/// What Fieldbook is to an issuer, where people sign in there by browser.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcClient {
    id: String,
    /// Without one Fieldbook is a public client, which PKCE protects alone.
    secret: Option<String>,
    scopes: String,
}

impl fmt::Debug for OidcClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OidcClient")
            .field("id", &self.id)
            .field("secret", &self.secret.as_ref().map(|_| "…"))
            .field("scopes", &self.scopes)
            .finish()
    }
}

impl OidcClient {
    /// What is asked for unless somebody says otherwise.
    pub const SCOPES: &'static str = "openid profile email";

    /// A client by the id, the secret if there is one, and the scopes that it asks for, `openid` among them.
    pub fn new(id: &str, secret: Option<&str>, scopes: &str) -> Result<Self, OidcOptionsError> {
        if id.trim().is_empty() {
            return Err(OidcOptionsError::ClientId);
        }
        let scopes: Vec<&str> = scopes.split_ascii_whitespace().collect();
        if !scopes.contains(&"openid") {
            return Err(OidcOptionsError::Scopes);
        }
        Ok(Self {
            id: id.to_owned(),
            secret: secret.filter(|secret| !secret.is_empty()).map(ToOwned::to_owned),
            scopes: scopes.join(" "),
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    pub(super) fn scopes(&self) -> &str {
        &self.scopes
    }
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
    /// Nothing where datasets could stand.
    #[error(
        "the OIDC claim of datasets is empty: give its name, such as fieldbook_datasets, or leave it out"
    )]
    DatasetsClaim,
    /// Nothing that the issuer could know Fieldbook by.
    #[error("the OIDC client id is empty: give what the issuer calls Fieldbook as a client")]
    ClientId,
    /// Without it an issuer says nothing of who signs in.
    #[error("the OIDC scopes lack openid: give words such as openid profile email")]
    Scopes,
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
            datasets_claim: None,
            client: None,
        })
    }

    /// The same, where tokens open only the datasets that this claim names, a list or words in a text.
    pub fn with_datasets_claim(self, claim: &str) -> Result<Self, OidcOptionsError> {
        if claim.trim().is_empty() {
            return Err(OidcOptionsError::DatasetsClaim);
        }
        Ok(Self {
            datasets_claim: Some(claim.to_owned()),
            ..self
        })
    }

    /// The same, where people sign in at the issuer by browser.
    #[must_use]
    pub fn with_client(self, client: OidcClient) -> Self {
        Self {
            client: Some(client),
            ..self
        }
    }

    /// What Fieldbook is to the issuer, where people sign in there.
    pub(super) fn client(&self) -> Option<&OidcClient> {
        self.client.as_ref()
    }

    /// Where the datasets stand that a token opens; without it, a token opens all.
    pub(super) fn datasets_claim(&self) -> Option<&str> {
        self.datasets_claim.as_deref()
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
        let options = OidcOptions::new("https://x", "a", "roles").unwrap();
        assert_eq!(
            options.with_datasets_claim(" "),
            Err(OidcOptionsError::DatasetsClaim)
        );
    }

    #[test]
    fn a_client_asks_for_openid_and_shows_no_secret() {
        let client = OidcClient::new("fieldbook", Some("hunter2"), " profile  openid").unwrap();
        assert_eq!(client.scopes(), "profile openid");
        let options = OidcOptions::new("https://x", "a", "roles")
            .unwrap()
            .with_client(client);
        assert!(!format!("{options:?}").contains("hunter2"), "{options:?}");
        assert_eq!(OidcClient::new("a", Some(""), "openid").unwrap().secret(), None);
        assert_eq!(
            OidcClient::new(" ", None, "openid"),
            Err(OidcOptionsError::ClientId)
        );
        assert_eq!(
            OidcClient::new("a", None, "profile openid2"),
            Err(OidcOptionsError::Scopes)
        );
    }
}
