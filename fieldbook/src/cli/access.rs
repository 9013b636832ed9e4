//! Who may ask the API.

use std::fmt;

use clap::{Args, ValueEnum};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnonymousArg {
    /// Nothing.
    None,
    /// What the service and its datasets are.
    Catalogue,
    /// Everything.
    Data,
}

/// Only from the environment: a command line is seen by every user of the machine.
#[derive(Clone)]
pub(crate) struct ClientSecret(pub(crate) Option<String>);

impl Default for ClientSecret {
    fn default() -> Self {
        let secret = std::env::var_os("FIELDBOOK_OIDC_CLIENT_SECRET");
        // One that is no text is none that the issuer knows, and it says so.
        Self(secret.map(|secret| secret.to_string_lossy().into_owned()))
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_some() {
            "ClientSecret(…)"
        } else {
            "ClientSecret(none)"
        })
    }
}

/// Who may ask besides those with a key, and how often.
#[derive(Debug, Clone, Args)]
pub(crate) struct AccessArgs {
    /// Take tokens of this OpenID Connect issuer, too, such as `https://login.example.org/realms/plant`
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_ISSUER",
        value_name = "URL",
        requires = "oidc_audience"
    )]
    pub(crate) oidc_issuer: Option<String>,
    /// What the issuer's tokens for Fieldbook have as their audience (aud)
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_AUDIENCE",
        value_name = "NAME",
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_audience: Option<String>,
    /// The claim that holds the roles, or the path to it, such as `realm_access.roles`
    #[arg(long, env = "FIELDBOOK_OIDC_ROLES_CLAIM", value_name = "CLAIM", default_value = api::OidcOptions::ROLES_CLAIM)]
    pub(crate) oidc_roles_claim: String,
    /// The claim that holds the datasets that a token opens, or the path to it; stewards open others [default: a token opens all]
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_DATASETS_CLAIM",
        value_name = "CLAIM",
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_datasets_claim: Option<String>,
    /// What the issuer calls Fieldbook as a client: people sign in there by browser then [its secret, if it has one: the variable
    /// `FIELDBOOK_OIDC_CLIENT_SECRET`]
    #[arg(
        long,
        env = "FIELDBOOK_OIDC_CLIENT_ID",
        value_name = "NAME",
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_client_id: Option<String>,
    #[arg(skip)]
    pub(crate) oidc_client_secret: ClientSecret,
    /// What is asked of the issuer when somebody signs in there, openid among it
    #[arg(long, env = "FIELDBOOK_OIDC_SCOPES", value_name = "WORDS", default_value = api::OidcClient::SCOPES)]
    pub(crate) oidc_scopes: String,
    /// Requests a second of each key, subject or, beyond loopback, address; four times as many at once; 0: any number
    #[arg(
        long,
        env = "FIELDBOOK_REQUESTS_PER_SECOND",
        value_name = "N",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub(crate) requests_per_second: u32,
}
