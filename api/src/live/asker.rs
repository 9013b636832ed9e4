//! Who asks on a connection that lasts.
//!
//! A request says who asks once, and is answered in a moment. A WebSocket says it in the headers of its upgrade or, from
//! a browser, which can set none, in the payload of `connection_init`; and what was allowed then may be forbidden an
//! hour later, so it is asked again from time to time.

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
    /// without them, whom the headers named. This version has no keys: what is shown changes nothing, as in headers.
    pub(crate) fn introduce(self, _: &ApiState, payload: &Value) -> Result<Self, ApiError> {
        for name in ["authorization", "apiKey"] {
            let value = payload.get(name).unwrap_or(&Value::Null);
            if !(value.is_string() || value.is_null()) {
                return Err(ApiError::InvalidArgument {
                    argument: format!("payload.{name}"),
                    message: "this is no text".to_owned(),
                    accepted: "a string".to_owned(),
                });
            }
        }
        self.access.catalogue()?;
        Ok(self)
    }

    /// What they may see, as it was when they were last asked.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Asks again what they may see.
    pub(crate) fn again(&mut self, state: &ApiState) -> Result<&Access, ApiError> {
        self.access = state.access();
        self.access.catalogue()?;
        Ok(&self.access)
    }
}
