//! The services through which datasets can be asked for.

/// A way to ask Fieldbook, behind which many datasets lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its part of an address; never changes.
    pub slug: &'static str,
    /// A heading.
    pub title: &'static str,
    /// What one can ask it, in a sentence.
    pub description: &'static str,
    /// Its path; what begins with it belongs to it.
    pub path: &'static str,
    /// The path of what describes it to programs.
    pub described_at: Option<&'static str>,
    /// The address of the standard that it follows.
    pub standard: Option<&'static str>,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self {
            slug: "graphql",
            title: "GraphQL",
            description: "Sensors, readings, aggregates and the catalogue in one question, over HTTP and WebSocket.",
            path: "/graphql",
            described_at: Some("/graphql/schema.graphql"),
            standard: Some("https://spec.graphql.org/"),
        },
        Self {
            slug: "odata",
            title: "OData 4.0",
            description: "Sensors, readings and buckets as tables for Excel, Power BI and Tableau.",
            path: "/odata/v4/",
            described_at: Some("/odata/v4/$metadata"),
            standard: Some("https://docs.oasis-open.org/odata/odata/v4.0/"),
        },
        Self {
            slug: "rest",
            title: "REST",
            description: "Sensors with their latest readings and aggregates as JSON.",
            path: "/sensors/",
            described_at: None,
            standard: None,
        },
        Self {
            slug: "export",
            title: "Exports",
            description: "Readings and buckets of any range as whole files: CSV, NDJSON, Parquet and Arrow.",
            path: "/export/",
            described_at: None,
            standard: None,
        },
    ];

    /// The service that this path belongs to.
    pub fn of(path: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|service| path.starts_with(service.path))
    }
}
