//! SeaORM entities, a file a table.
