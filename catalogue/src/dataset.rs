//! The datasets: a slug for addresses, a name as in the schema, and words for people.

/// Something Fieldbook keeps and describes as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dataset {
    /// Its part of an address; never changes.
    pub slug: &'static str,
    /// What one item of it is called in code, tables and documents.
    pub name: &'static str,
    /// A heading.
    pub title: &'static str,
    /// What one item of it is, in a sentence.
    pub description: &'static str,
}

/// Every dataset, in the order in which a message passes through them.
pub const DATASETS: &[Dataset] = &[
    Dataset {
        slug: "raw-messages",
        name: "raw_message",
        title: "Raw messages",
        description: "Every message as it was received, byte for byte, in compressed objects on S3.",
    },
    Dataset {
        slug: "readings",
        name: "reading",
        title: "Readings",
        description: "One value of one sensor at one time, decoded from a raw message, with a quality flag.",
    },
    Dataset {
        slug: "sensors",
        name: "sensor",
        title: "Sensors",
        description: "What measures: type, unit, place, range of sound values and labels.",
    },
    Dataset {
        slug: "quarantined-messages",
        name: "quarantined_message",
        title: "Quarantined messages",
        description: "Messages, or readings of them, that could not be used, each with its bytes and the reason.",
    },
    Dataset {
        slug: "reading-conflicts",
        name: "reading_conflict",
        title: "Conflicting readings",
        description: "Second values for a sensor and time that already had another one.",
    },
];

impl Dataset {
    /// The dataset with this slug.
    pub fn by_slug(slug: &str) -> Option<&'static Self> {
        DATASETS.iter().find(|dataset| dataset.slug == slug)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn slugs_and_names_are_unique_and_fit_into_addresses() {
        let mut seen = HashSet::new();
        for dataset in DATASETS {
            assert!(
                seen.insert(dataset.slug) && seen.insert(dataset.name),
                "{} twice",
                dataset.slug
            );
            assert!(
                dataset.slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                dataset.slug
            );
        }
    }

    #[test]
    fn a_dataset_is_found_by_its_slug() {
        assert_eq!(
            Dataset::by_slug("readings").map(|dataset| dataset.name),
            Some("reading")
        );
        assert_eq!(Dataset::by_slug("nothing"), None);
    }
}
