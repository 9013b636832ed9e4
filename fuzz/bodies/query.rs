//! A query string of an address, as GraphQL and REST read it, up to the measured document: a refusal or a question.

pub(crate) fn run(data: &[u8]) {
    if let Ok(query) = std::str::from_utf8(data) {
        api::fuzzing::address(query);
        api::fuzzing::document(query);
    }
}
