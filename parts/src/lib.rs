//! Private parts for one machine: a broker, a database and an object store.
