//! A cursor from outside: refused, or one that we would have written. The first byte chooses the list.

pub(crate) fn run(data: &[u8]) {
    let Some((list, cursor)) = data.split_first() else {
        return;
    };
    let Ok(cursor) = std::str::from_utf8(cursor) else {
        return;
    };
    if let Some(again) = api::fuzzing::cursor(*list, cursor) {
        assert_eq!(again, cursor, "a cursor has one spelling");
    }
}
