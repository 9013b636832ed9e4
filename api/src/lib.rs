//! GraphQL and REST over the entity queries.
