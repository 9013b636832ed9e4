//! What is said on a connection, as text.

use serde_json::{Map, Value, json};

use crate::http::parameters::{self, Parameters, Refusal};

/// What a client says.
#[derive(Debug)]
pub(super) enum Said {
    Init {
        payload: Value,
    },
    Ping {
        payload: Option<Value>,
    },
    Pong,
    Subscribe {
        id: String,
        /// What is asked; or what is wrong with it, which concerns this operation alone.
        parameters: Result<Parameters, Refusal>,
    },
    Complete {
        id: String,
    },
}

/// Reads a message; the error says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Said, String> {
    let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
        return Err("it is no JSON object".to_owned());
    };
    let Some(Value::String(kind)) = message.remove("type") else {
        return Err("it has no type".to_owned());
    };
    match kind.as_str() {
        "connection_init" => Ok(Said::Init {
            payload: object(&mut message)?.map_or(Value::Null, Value::Object),
        }),
        "ping" => Ok(Said::Ping {
            payload: object(&mut message)?.map(Value::Object),
        }),
        "pong" => object(&mut message).map(|_| Said::Pong),
        "subscribe" => {
            let id = id(&mut message)?;
            let payload = object(&mut message)?.ok_or("subscribe has no payload")?;
            if !matches!(payload.get("query"), Some(Value::String(_))) {
                return Err("the payload of subscribe has no query".to_owned());
            }
            Ok(Said::Subscribe {
                id,
                parameters: parameters::of_object(payload),
            })
        }
        "complete" => Ok(Said::Complete {
            id: id(&mut message)?,
        }),
        _ => Err("its type is none that a client sends".to_owned()),
    }
}

fn id(message: &mut Map<String, Value>) -> Result<String, String> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err("it has no id".to_owned()),
    }
}

fn object(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, String> {
    match message.remove("payload") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err("its payload is no object".to_owned()),
    }
}

pub(super) fn acknowledged() -> String {
    json!({ "type": "connection_ack" }).to_string()
}

pub(super) fn pong(payload: Option<Value>) -> String {
    match payload {
        Some(payload) => json!({ "type": "pong", "payload": payload }),
        None => json!({ "type": "pong" }),
    }
    .to_string()
}

/// `payload` is JSON already.
pub(super) fn next(id: &str, payload: &str) -> String {
    let id = Value::from(id);
    format!("{{\"id\":{id},\"type\":\"next\",\"payload\":{payload}}}")
}

/// `errors` is JSON already.
pub(super) fn error(id: &str, errors: &str) -> String {
    let id = Value::from(id);
    format!("{{\"id\":{id},\"type\":\"error\",\"payload\":{errors}}}")
}

pub(super) fn complete(id: &str) -> String {
    json!({ "id": id, "type": "complete" }).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_none_of_the_protocol_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type": 1}"#,
            r#"{"type": "start"}"#,
            r#"{"type": "connection_ack"}"#,
            r#"{"type": "connection_init", "payload": "x"}"#,
            r#"{"type": "subscribe", "payload": {"query": "{a}"}}"#,
            r#"{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}"#,
            r#"{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}"#,
            r#"{"type": "subscribe", "id": "1"}"#,
            r#"{"type": "subscribe", "id": "1", "payload": {}}"#,
            r#"{"type": "complete"}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_of_any_characters_come_back_as_they_are() {
        let id = "\"\\\u{1}ü";
        for text in [next(id, "{}"), error(id, "[]"), complete(id)] {
            let message: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(message["id"], id);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_message_or_refused(text in "\\PC{0,80}", kind in "[a-z_]{0,20}") {
            let _ = read(&text);
            let _ = read(&format!("{{\"type\":\"{kind}\",\"id\":\"1\",\"payload\":{text}}}"));
        }
    }
}
