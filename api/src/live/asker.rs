//! Who asks on a connection that lasts.
//!
//! A request says who asks once, and is answered in a moment. A WebSocket says it in the headers of its upgrade or, from
//! a browser, which can set none, in the payload of `connection_init`; and what was allowed then may be forbidden an
//! hour later, so each operation asks anew, and a long one again from time to time.

use serde_json::Value;

use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// Who asks on a connection.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    access: Access,
}

impl Asker {
    /// Whom the headers of the request name.
    pub(crate) fn of_request(access: Access) -> Self {
        Self { access }
    }

    /// Whom the payload of `connection_init` names, in `authorization` as the header of that name would, or in `apiKey`;
    /// without them, whom the headers named.
    pub(crate) async fn introduce(self, state: &ApiState, payload: &Value) -> Result<Self, ApiError> {
        let mut shown = None;
        for name in ["authorization", "apiKey"] {
            let text = match payload.get(name) {
                None | Some(Value::Null) => continue,
                Some(Value::String(text)) => text,
                Some(_) => {
                    return Err(ApiError::InvalidArgument {
                        argument: format!("payload.{name}"),
                        message: "this is no text".to_owned(),
                        accepted: "a string".to_owned(),
                    });
                }
            };
            if shown.replace(text).is_some() {
                return Err(ApiError::BadCredential(
                    "the payload shows two credentials: show one, in authorization or in apiKey",
                ));
            }
        }
        let access = match shown {
            Some(text) => state.authenticate_text(text, &self.access).await?,
            None => self.access,
        };
        access.catalogue()?;
        Ok(Self { access })
    }

    /// What they may see, as it was when they were last asked.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Asks what they may see by now, for one more request of theirs.
    pub(crate) async fn next(&mut self, state: &ApiState) -> Result<(), ApiError> {
        self.access = state.authenticate_next(&self.access).await?;
        self.access.catalogue()
    }

    /// Asks again what they may see.
    pub(crate) async fn again(&mut self, state: &ApiState) -> Result<&Access, ApiError> {
        self.access = state.authenticate_again(&self.access).await?;
        self.access.catalogue()?;
        Ok(&self.access)
    }
}
