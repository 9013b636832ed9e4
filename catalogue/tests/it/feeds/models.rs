//! Catalogues to draw: a full one as a running plant has it, one of which nothing is known, and a hostile one.

use catalogue::feeds::{Address, DatabaseServer, ObjectStore};
use catalogue::model::{
    Access, Announcement, AnnouncementKind, Basis, BoundingBox, Catalogue, Change, Count, Dataset,
    Deprecation, Dimension, Distribution, Extent, Field, FieldUnit, Freshness, FreshnessStatus, GraphqlField,
    Incident, IncidentKind, Kind, Licence, Measured, Party, Period, Problem, Promise, Range, Reference,
    Release, SemanticVersion, SensorsFresh, Stewardship, Stored, Verdict,
};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// An instant from its text.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Where the full catalogue is.
pub(crate) fn address() -> Address {
    Address::new("https://data.example.org")
        .unwrap()
        .with_database(DatabaseServer {
            host: "db.example.org".to_owned(),
            port: 5432,
            database: "fieldbook".to_owned(),
        })
        .with_store(ObjectStore {
            endpoint: Some("https://s3.example.org".to_owned()),
            bucket: "fieldbook-raw".to_owned(),
        })
}

/// Where the minimal one is: nothing behind the service may be named.
pub(crate) fn bare_address() -> Address {
    Address::new("http://127.0.0.1:8000").unwrap()
}

fn party(name: &str, email: &str) -> Party {
    Party {
        name: name.to_owned(),
        email: Some(email.to_owned()),
        homepage: Some("https://example.org/about".to_owned()),
    }
}

/// A field of which nothing is known but its name and type.
pub(crate) fn field(name: &str, sql_type: &str) -> Field {
    Field {
        name: name.to_owned(),
        description: None,
        sql_type: sql_type.to_owned(),
        graphql: None,
        is_nullable: true,
        is_key: false,
        references: None,
        unit: FieldUnit::None,
        range: None,
        example: None,
        since: None,
        deprecation: None,
    }
}

fn described(name: &str, sql_type: &str, description: &str) -> Field {
    Field {
        description: Some(description.to_owned()),
        is_nullable: false,
        since: Some(SemanticVersion::FIRST),
        ..field(name, sql_type)
    }
}

fn keyed(field: Field) -> Field {
    Field {
        is_key: true,
        ..field
    }
}

fn in_unit(field: Field, unit: FieldUnit) -> Field {
    Field { unit, ..field }
}

fn graphql(field: Field, name: &str, type_: &str) -> Field {
    Field {
        graphql: Some(GraphqlField {
            of: "Reading".to_owned(),
            name: name.to_owned(),
            type_: type_.to_owned(),
        }),
        ..field
    }
}

fn of_sensor() -> Field {
    Field {
        references: Some(Reference {
            table: "sensor".to_owned(),
            column: "id".to_owned(),
        }),
        ..keyed(described("sensor_id", "integer", "The sensor that measured it."))
    }
}

fn seconds() -> FieldUnit {
    FieldUnit::Known {
        declared: "s".to_owned(),
        ucum: "s",
        qudt: "http://qudt.org/vocab/unit/SEC",
        quantity_kind: "Time",
        symbol: "s",
    }
}

fn degrees() -> FieldUnit {
    FieldUnit::Known {
        declared: "deg".to_owned(),
        ucum: "deg",
        qudt: "http://qudt.org/vocab/unit/DEG",
        quantity_kind: "Angle",
        symbol: "°",
    }
}

const fn download(
    slug: &'static str,
    title: &'static str,
    path: &'static str,
    media_type: &'static str,
) -> Distribution {
    Distribution {
        slug,
        title,
        description: "The last rows, or those of any range, as a file.",
        path,
        media_type,
        is_download: true,
    }
}

const fn asked(slug: &'static str, title: &'static str, path: &'static str) -> Distribution {
    Distribution {
        slug,
        title,
        description: "Any selection, sorted and paged.",
        path,
        media_type: "application/json",
        is_download: false,
    }
}

fn files_of_readings() -> Vec<Distribution> {
    vec![
        download("csv", "CSV", "/export/readings.csv", "text/csv; charset=utf-8"),
        download(
            "ndjson",
            "NDJSON",
            "/export/readings.ndjson",
            "application/x-ndjson",
        ),
        download(
            "parquet",
            "Parquet",
            "/export/readings.parquet",
            "application/vnd.apache.parquet",
        ),
        download(
            "arrow",
            "Arrow",
            "/export/readings.arrow",
            "application/vnd.apache.arrow.file",
        ),
        asked("graphql", "GraphQL", "/graphql"),
        asked("odata", "OData", "/odata/v4/Readings"),
    ]
}

fn release(version: (u32, u32, u32), released_at: &str, changes: &[(bool, &str, &str)]) -> Release {
    let (major, minor, patch) = version;
    Release {
        version: SemanticVersion { major, minor, patch },
        released_at: at(released_at),
        changes: changes
            .iter()
            .map(|(is_breaking, path, summary)| Change {
                is_breaking: *is_breaking,
                path: (*path).to_owned(),
                summary: (*summary).to_owned(),
            })
            .collect(),
    }
}

fn measured(dimension: Dimension, numerator: u64, denominator: u64, verdict: Verdict) -> Measured {
    #[expect(clippy::cast_precision_loss, reason = "the counts of these tests are small")]
    let value = (denominator > 0).then(|| numerator as f64 / denominator as f64);
    Measured {
        dimension,
        value,
        numerator,
        denominator,
        formula: format!("The share of {} that is as it should be.", dimension.as_str()),
        verdict,
        warn_below: Some(0.99),
        fail_below: Some(0.9),
        from: at("2026-11-25T10:00:00Z"),
        to: at("2026-11-26T10:00:00Z"),
        computed_at: at("2026-11-26T10:00:05Z"),
    }
}

fn fresh() -> Freshness {
    Freshness {
        status: FreshnessStatus::Fresh,
        basis: Basis::EventTime,
        newest_at: Some(at("2026-11-26T10:00:00.5Z")),
        age_seconds: Some(4.5),
        expected_interval_seconds: Some(1.0),
        is_learnt: true,
        late_after_seconds: Some(60.0),
        stale_after_seconds: Some(600.0),
        checked_at: at("2026-11-26T10:00:05Z"),
        changed_at: Some(at("2026-11-20T00:00:00Z")),
        not_stale_share_30d: Some(0.9993),
        sensors: Some(SensorsFresh {
            fresh: 4,
            late: 1,
            ..SensorsFresh::default()
        }),
    }
}

fn stewardship() -> Stewardship {
    Stewardship {
        owner: Some(party("Plant operations", "operations@example.org")),
        contact: Some(party("Data desk", "data@example.org")),
        licence: Some(Licence {
            name: "CC BY 4.0".to_owned(),
            url: "https://creativecommons.org/licenses/by/4.0/".to_owned(),
        }),
        promise: Promise {
            late_after_seconds: Some(60.0),
            stale_after_seconds: Some(600.0),
            completeness: Some(0.99),
            retention_seconds: Some(315_360_000.0),
        },
    }
}

/// A dataset in which all is known but its fields, its distributions and what is particular of its kind.
fn dataset(kind: Kind, slug: &str, name: &str, title: &str, description: &str) -> Dataset {
    Dataset {
        slug: slug.to_owned(),
        name: name.to_owned(),
        kind,
        title: title.to_owned(),
        description: Some(description.to_owned()),
        keywords: vec!["temperature".to_owned(), "time series".to_owned()],
        stored: table(name),
        fields: Vec::new(),
        derived_from: Vec::new(),
        extent: Extent {
            period: Some(Period {
                from: at("2026-10-26T00:00:00Z"),
                to: at("2026-11-26T10:00:00.5Z"),
            }),
            resolution_seconds: Some(1.0),
            bounding_box: Some(BoundingBox {
                south: 46.9,
                west: 7.4,
                north: 47.4,
                east: 8.6,
            }),
            sensors: Some(5),
            quantity_kinds: vec!["Temperature".to_owned()],
            units: vec!["Cel".to_owned()],
            rows: Some(Count {
                value: 12_960_000,
                is_exact: false,
            }),
            bytes: Some(Count {
                value: 1_234_567_890,
                is_exact: true,
            }),
        },
        stewardship: stewardship(),
        access: Access::Anybody,
        deprecation: None,
        distributions: Vec::new(),
        releases: vec![
            release(
                (2, 0, 0),
                "2026-11-20T08:00:00Z",
                &[
                    (true, "reading.quality", "was removed; use flag"),
                    (false, "reading.value", "is said otherwise"),
                ],
            ),
            release((1, 0, 0), "2026-10-26T00:00:00Z", &[]),
        ],
        freshness: fresh(),
        quality: vec![
            measured(Dimension::Completeness, 431_000, 432_000, Verdict::Pass),
            measured(Dimension::Timeliness, 430_000, 432_000, Verdict::Pass),
            measured(Dimension::Validity, 424_000, 432_000, Verdict::Warn),
            measured(Dimension::Uniqueness, 432_000, 432_000, Verdict::Pass),
            measured(Dimension::Conformity, 300, 432_000, Verdict::Fail),
            measured(Dimension::Coverage, 5, 5, Verdict::Pass),
            measured(Dimension::Plausibility, 0, 0, Verdict::NotApplicable),
            measured(Dimension::Consistency, 432_000, 432_000, Verdict::Pass),
        ],
        announcements: announcements(slug),
        incidents: incidents(),
        problems: Vec::new(),
    }
}

fn announcements(slug: &str) -> Vec<Announcement> {
    let works = Announcement {
        id: Uuid::from_u128(1),
        dataset: slug.to_owned(),
        kind: AnnouncementKind::PlannedOutage,
        title: "New pumps".to_owned(),
        text: "Nothing is measured meanwhile.".to_owned(),
        starts_at: at("2026-12-01T06:00:00Z"),
        ends_at: Some(at("2026-12-01T18:00:00Z")),
        created_at: at("2026-11-21T08:00:00Z"),
        changed_at: at("2026-11-22T08:00:00Z"),
        withdrawn_at: None,
    };
    let withdrawn = Announcement {
        id: Uuid::from_u128(2),
        kind: AnnouncementKind::KnownError,
        title: "Wrong by a degree".to_owned(),
        text: String::new(),
        starts_at: at("2026-11-01T00:00:00Z"),
        ends_at: None,
        withdrawn_at: Some(at("2026-11-22T09:00:00Z")),
        changed_at: at("2026-11-22T09:00:00Z"),
        ..works.clone()
    };
    vec![works, withdrawn]
}

fn incidents() -> Vec<Incident> {
    let late = Incident {
        id: Uuid::from_u128(3),
        kind: IncidentKind::Late,
        sensor: None,
        started_at: at("2026-11-25T10:00:00Z"),
        ended_at: Some(at("2026-11-25T10:05:00Z")),
        detail: "4 of 5 sensors are fresh.".to_owned(),
    };
    let open = Incident {
        id: Uuid::from_u128(4),
        kind: IncidentKind::Stale,
        sensor: Some("Sensor 1".to_owned()),
        started_at: at("2026-11-25T11:00:00Z"),
        ended_at: None,
        ..late.clone()
    };
    vec![open, late]
}

fn table(name: &str) -> Stored {
    Stored::Table {
        schema: "public".to_owned(),
        name: name.to_owned(),
        is_view: false,
        is_hypertable: true,
    }
}

fn raw_messages() -> Dataset {
    Dataset {
        stored: Stored::Objects {
            prefix: "raw/".to_owned(),
            manifest: "segment".to_owned(),
        },
        fields: vec![
            keyed(described("seq", "bigint", "Its position in its journal.")),
            described("topic", "text", "The MQTT topic."),
            described("received_at", "timestamp with time zone", "When it was received."),
            described("payload", "bytea", "Its bytes."),
        ],
        distributions: vec![asked("graphql", "GraphQL", "/graphql")],
        access: Access::WithKey,
        freshness: Freshness {
            basis: Basis::ReceivedAt,
            ..fresh()
        },
        ..dataset(
            Kind::Raw,
            "raw-messages",
            "raw_message",
            "Raw messages",
            "Every message as it was received, byte for byte, in compressed objects on S3.",
        )
    }
}

fn readings() -> Dataset {
    let value = in_unit(
        described("value", "double precision", "What was measured."),
        FieldUnit::OfSensor,
    );
    Dataset {
        fields: vec![
            of_sensor(),
            graphql(
                keyed(described(
                    "time",
                    "timestamp with time zone",
                    "When it was measured, by the sensor's clock.",
                )),
                "time",
                "DateTime!",
            ),
            Field {
                example: Some("21.5".to_owned()),
                ..graphql(value, "value", "Float!")
            },
            described(
                "flag",
                "smallint",
                "What the check of its range found, as QARTOD numbers it.",
            ),
            graphql(
                described(
                    "received_at",
                    "timestamp with time zone",
                    "When Fieldbook received it.",
                ),
                "receivedAt",
                "DateTime!",
            ),
            Field {
                deprecation: Some(Deprecation {
                    reason: "Use received_at.".to_owned(),
                    removed_on: NaiveDate::from_ymd_opt(2027, 6, 1),
                }),
                ..in_unit(
                    described("latency", "real", "How long it took to come."),
                    seconds(),
                )
            },
        ],
        derived_from: vec!["raw-messages".to_owned()],
        distributions: files_of_readings(),
        ..dataset(
            Kind::Readings,
            "readings",
            "reading",
            "Readings",
            "One value of one sensor at one time, decoded from a raw message, with a quality flag.",
        )
    }
}

fn rollup(slug: &str, name: &str, title: &str, seconds: f64, csv: &'static str) -> Dataset {
    let whole = dataset(
        Kind::Rollup,
        slug,
        name,
        title,
        "What the readings of a sensor amount to in a bucket of time: count, extremes and what means are made of.",
    );
    Dataset {
        fields: vec![
            of_sensor(),
            keyed(described(
                "bucket",
                "timestamp with time zone",
                "Where the bucket begins.",
            )),
            Field {
                range: Some(Range {
                    min: Some(0.0),
                    max: None,
                }),
                ..described("count", "bigint", "How many readings count.")
            },
            in_unit(
                described("sum", "double precision", "Their sum."),
                FieldUnit::OfSensor,
            ),
        ],
        derived_from: vec!["readings".to_owned()],
        extent: Extent {
            resolution_seconds: Some(seconds),
            ..whole.extent
        },
        freshness: Freshness {
            basis: Basis::Watermark,
            ..fresh()
        },
        distributions: vec![
            download("csv", "CSV", csv, "text/csv"),
            asked("odata", "OData", "/odata/v4/Buckets"),
        ],
        ..whole
    }
}

fn sensors() -> Dataset {
    let bounds = |limit: f64| {
        Some(Range {
            min: Some(-limit),
            max: Some(limit),
        })
    };
    let latitude = described("lat", "double precision", "Its latitude, in WGS 84.");
    let longitude = described("lng", "double precision", "Its longitude, in WGS 84.");
    let interval = described(
        "interval_seconds",
        "double precision",
        "The seconds between two readings.",
    );
    Dataset {
        fields: vec![
            keyed(described("id", "integer", "Its number in this database.")),
            described("uuid", "uuid", "Its public identity."),
            described("name", "text", "Its name within its source."),
            Field {
                range: bounds(90.0),
                ..in_unit(latitude, degrees())
            },
            Field {
                range: bounds(180.0),
                ..in_unit(longitude, degrees())
            },
            in_unit(interval, seconds()),
            described("labels", "jsonb", "Site, plant and whatever else it was given."),
            described("aliases", "text[]", "What it was called before."),
            in_unit(
                described("drift", "real", "How far its clock goes wrong."),
                FieldUnit::Unmapped("furlongs per fortnight".to_owned()),
            ),
        ],
        stored: Stored::Table {
            schema: "public".to_owned(),
            name: "sensor".to_owned(),
            is_view: false,
            is_hypertable: false,
        },
        extent: Extent {
            period: None,
            resolution_seconds: None,
            rows: Some(Count {
                value: 5,
                is_exact: true,
            }),
            ..dataset(Kind::Sensors, "", "", "", "").extent
        },
        distributions: vec![download("json", "JSON", "/sensors/", "application/json")],
        problems: vec![
            Problem::UnknownUnit {
                field: "drift".to_owned(),
                unit: "furlongs per fortnight".to_owned(),
            },
            Problem::UnmappedUnits {
                units: vec!["Grad".to_owned()],
                sensors: 2,
            },
        ],
        ..dataset(
            Kind::Sensors,
            "sensors",
            "sensor",
            "Sensors",
            "What measures: type, unit, place, range of sound values and labels.",
        )
    }
}

fn quarantine() -> Dataset {
    Dataset {
        fields: vec![
            keyed(described("id", "bigint", "Its number.")),
            described("reason", "text", "Why it could not be used."),
            described("received_at", "timestamp with time zone", "When it was received."),
        ],
        derived_from: vec!["raw-messages".to_owned()],
        distributions: vec![asked("graphql", "GraphQL", "/graphql")],
        access: Access::WithKey,
        freshness: Freshness {
            status: FreshnessStatus::NoExpectation,
            basis: Basis::ReceivedAt,
            ..fresh()
        },
        quality: Vec::new(),
        ..dataset(
            Kind::Quarantine,
            "quarantined-messages",
            "quarantined_message",
            "Quarantined messages",
            "Messages, or readings of them, that could not be used, each with its bytes and the reason.",
        )
    }
}

/// What a plant with five sensors has, all of it described.
pub(crate) fn full() -> Catalogue {
    Catalogue {
        title: "Plant data".to_owned(),
        description: "What the sensors of the plant said, since when, how fresh and how good it is."
            .to_owned(),
        publisher: party("Example Energy", "publisher@example.org"),
        language: "en".to_owned(),
        datasets: vec![
            raw_messages(),
            readings(),
            rollup(
                "readings-1m",
                "reading_1m",
                "Readings by minute",
                60.0,
                "/export/buckets.csv?bucket=PT1M",
            ),
            rollup(
                "readings-1h",
                "reading_1h",
                "Readings by hour",
                3_600.0,
                "/export/buckets.csv?bucket=PT1H",
            ),
            rollup(
                "readings-1d",
                "reading_1d",
                "Readings by day",
                86_400.0,
                "/export/buckets.csv?bucket=P1D",
            ),
            sensors(),
            quarantine(),
        ],
        computed_at: at("2026-11-26T10:00:05.25Z"),
    }
}

/// A table that was found, and nobody said anything of it or of the catalogue.
pub(crate) fn minimal() -> Catalogue {
    let nothing = Party {
        name: "Fieldbook".to_owned(),
        email: None,
        homepage: None,
    };
    let bare = Dataset {
        keywords: Vec::new(),
        description: None,
        extent: Extent::default(),
        stewardship: Stewardship::default(),
        access: Access::WithKey,
        releases: Vec::new(),
        freshness: Freshness::unknown(Basis::EventTime, at("2026-11-26T10:00:05Z")),
        quality: Vec::new(),
        announcements: Vec::new(),
        incidents: Vec::new(),
        problems: vec![Problem::NoDescription, Problem::NoOwner],
        ..dataset(Kind::Table, "weather", "weather", "weather", "")
    };
    let without_fields = Dataset {
        slug: "empty".to_owned(),
        name: "empty".to_owned(),
        title: "empty".to_owned(),
        stored: table("empty"),
        ..bare.clone()
    };
    Catalogue {
        title: "Fieldbook".to_owned(),
        description: "What Fieldbook keeps.".to_owned(),
        publisher: nothing,
        language: "en".to_owned(),
        datasets: vec![
            Dataset {
                fields: vec![
                    field("at", "timestamp with time zone"),
                    field("wind", "double precision"),
                ],
                ..bare
            },
            without_fields,
        ],
        computed_at: at("2026-11-26T10:00:05Z"),
    }
}

/// Texts that a careless writer breaks on, or a careless reader takes for something else.
pub(crate) const HOSTILE: [&str; 22] = [
    "\"quotes\" and 'quotes' and \\ and \\n",
    "</script><script>alert(1)</script><!-- & --> ]]>",
    "lines\none after another\r\nand a return\ralone\n",
    "\u{202e}right to left \u{5d0}\u{5d1}\u{5d2} \u{627}\u{644}",
    "emoji 🌡️ \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "controls \u{1}\u{7}\u{8}\u{b}\u{c}\u{1b}\u{7f} and \u{80}\u{85}\u{9f}",
    "no characters \u{fffe}\u{ffff} \u{feff} \u{2028}\u{2029}",
    "  spaces around  ",
    "\ttab first",
    "no",
    "null",
    "~",
    "2026-11-26",
    "12:30:45",
    "1_000",
    "0x1F",
    "1e3",
    "- a list: {of: [things]} # and a comment",
    "<<: *anchor &anchor !tag %directive @at `tick`",
    "key: value",
    "---",
    "\u{a0}\u{3000}",
];

/// The full catalogue with hostile texts wherever people may write.
pub(crate) fn hostile() -> Catalogue {
    let long = "ä".repeat(500);
    let mut texts = HOSTILE
        .iter()
        .copied()
        .chain(std::iter::once(long.as_str()))
        .cycle();
    let mut text = || texts.next().unwrap().to_owned();
    let mut catalogue = full();
    catalogue.title = text();
    catalogue.description = text();
    catalogue.publisher.name = text();
    catalogue.publisher.email = Some(text());
    catalogue.publisher.homepage = Some(text());
    for dataset in &mut catalogue.datasets {
        // A blank title gives way to the name, which is tested elsewhere.
        dataset.title = format!("t{}", text());
        dataset.description = Some(format!("d{}", text()));
        dataset.keywords = vec![text(), text(), text()];
        for field in &mut dataset.fields {
            field.description = Some(text());
            field.example = Some(text());
        }
        for release in &mut dataset.releases {
            for change in &mut release.changes {
                change.summary = text();
                change.path = text();
            }
        }
        for measured in &mut dataset.quality {
            measured.formula = text();
        }
        for announcement in &mut dataset.announcements {
            announcement.title = text();
            announcement.text = text();
        }
        for incident in &mut dataset.incidents {
            incident.sensor = Some(text());
            incident.detail = text();
        }
        let stewardship = &mut dataset.stewardship;
        for party in [&mut stewardship.owner, &mut stewardship.contact]
            .into_iter()
            .flatten()
        {
            party.name = text();
            party.email = Some(text());
            party.homepage = Some(text());
        }
        if let Some(licence) = &mut stewardship.licence {
            licence.name = text();
            licence.url = text();
        }
    }
    catalogue
}
