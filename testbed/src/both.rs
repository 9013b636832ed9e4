//! One test, run on plain PostgreSQL and on TimescaleDB.

/// Makes two tests, `name::postgres` and `name::timescale`, of each function: its argument is a fresh database with
/// Fieldbook's schema, on the one and on the other.
///
/// ```no_run
/// testbed::both! {
///     async fn a_reading_is_found_again(database: testbed::TestDatabase) {
///         let connection = database.connect().await;
/// #       drop(connection);
///     }
/// }
/// ```
#[macro_export]
macro_rules! both {
    ($($rest:tt)*) => { $crate::both_on! { postgres, timescale; $($rest)* } };
}

/// Like [`both`], from databases with nothing in them.
#[macro_export]
macro_rules! both_empty {
    ($($rest:tt)*) => { $crate::both_on! { postgres_empty, timescale_empty; $($rest)* } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! both_on {
    ($postgres:ident, $timescale:ident; $(
        $(#[$attribute:meta])*
        async fn $name:ident($database:ident: $type:ty) $body:block
    )*) => { $(
        $(#[$attribute])*
        async fn $name($database: $type) $body

        mod $name {
            #[tokio::test]
            async fn postgres() {
                super::$name($crate::$postgres().await).await;
            }

            #[tokio::test]
            async fn timescale() {
                super::$name($crate::$timescale().await).await;
            }
        }
    )* };
}
