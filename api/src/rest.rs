//! JSON for programs without GraphQL. Names are in snake case; `docs/reference/rest.md` describes them.

pub(crate) mod aggregates;
pub(crate) mod parameters;
pub(crate) mod sensors;
