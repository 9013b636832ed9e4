//! Numbers of things, as people say them.

/// `1 message`, `2 messages`.
pub(super) fn counted(count: u64, thing: &str) -> String {
    if count == 1 {
        format!("1 {thing}")
    } else {
        format!("{count} {thing}s")
    }
}
