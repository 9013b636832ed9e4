//! How to get a dataset with the tool at hand: texts to copy, filled in for it. Each is tried by a test where its tool runs.

use std::fmt::Write as _;

use crate::address::encoded;

/// A way to get a dataset.
#[derive(Debug, Clone)]
pub(crate) struct Snippet {
    /// Its name in addresses.
    pub(crate) id: &'static str,
    /// The tool.
    pub(crate) tool: &'static str,
    /// What to do with the text.
    pub(crate) how: &'static str,
    /// The text.
    pub(crate) text: String,
}

/// What there is of a dataset besides GraphQL.
struct Ways {
    /// The export without its extension and with what its query must say, such as `/export/buckets` and `bucket=PT1H`.
    export: Option<(&'static str, &'static str)>,
    /// The entity set, and what it must be filtered by.
    odata: Option<(&'static str, &'static str)>,
    /// A query of GraphQL, and the way to its rows.
    query: (&'static str, &'static str),
    /// The table.
    table: Option<&'static str>,
}

fn ways(slug: &str) -> Ways {
    match slug {
        "readings" => Ways {
            export: Some(("/export/readings", "")),
            odata: Some(("Readings", "")),
            query: (
                "{ readingRows(first: 1000) { sensor time value unit flag } }",
                "readingRows",
            ),
            table: Some("reading"),
        },
        "readings-1m" => buckets(
            "PT1M",
            "{ bucketRowsConnection(bucket: \"PT1M\", first: 1000) { nodes { sensor start avg min max count } } }",
            "reading_1m",
        ),
        "readings-1h" => buckets(
            "PT1H",
            "{ bucketRowsConnection(bucket: \"PT1H\", first: 1000) { nodes { sensor start avg min max count } } }",
            "reading_1h",
        ),
        "readings-1d" => buckets(
            "P1D",
            "{ bucketRowsConnection(bucket: \"P1D\", first: 1000) { nodes { sensor start avg min max count } } }",
            "reading_1d",
        ),
        "sensors" => Ways {
            export: None,
            odata: Some(("Sensors", "")),
            query: (
                "{ sensors(first: 1000) { nodes { name type description unit { symbol } } } }",
                "sensors.nodes",
            ),
            table: Some("sensor"),
        },
        _ => Ways {
            export: None,
            odata: None,
            query: (
                "{ datasets { nodes { slug title freshness { status newestAt } } } }",
                "datasets.nodes",
            ),
            table: None,
        },
    }
}

fn buckets(bucket: &'static str, query: &'static str, table: &'static str) -> Ways {
    let (parameter, filter) = match bucket {
        "PT1M" => ("bucket=PT1M", "Bucket eq 'PT1M'"),
        "PT1H" => ("bucket=PT1H", "Bucket eq 'PT1H'"),
        _ => ("bucket=P1D", "Bucket eq 'P1D'"),
    };
    Ways {
        export: Some(("/export/buckets", parameter)),
        odata: Some(("Buckets", filter)),
        query: (query, "bucketRowsConnection.nodes"),
        table: Some(table),
    }
}

/// The playground with a query for a dataset.
pub(crate) fn playground(slug: &str) -> String {
    format!("/graphql#query={}", encoded(ways(slug).query.0))
}

/// Every way to get a dataset from a service at `base`; with a key where the visitor needs one.
pub(crate) fn snippets(slug: &str, base: &str, with_key: bool) -> Vec<Snippet> {
    let ways = ways(slug);
    let mut all = vec![curl(base, &ways, with_key), python(base, &ways, with_key)];
    if let Some(export) = ways.export {
        all.push(pandas(base, export, with_key));
        all.push(polars(base, export, with_key));
        all.push(duckdb(base, export, with_key));
        all.push(r(base, export, with_key));
        all.push(excel_file(base, export));
    }
    if let Some((set, filter)) = ways.odata {
        all.push(power_bi(base, set, filter));
        all.push(excel(base));
        all.push(tableau(base));
    }
    all.push(grafana(base, &ways));
    all.push(superset(base, with_key));
    if let Some(table) = ways.table {
        all.push(psql(table));
    }
    all
}

fn file(base: &str, (path, parameter): (&str, &str), extension: &str) -> String {
    let mark = if parameter.is_empty() { "" } else { "?" };
    format!("{base}{path}.{extension}{mark}{parameter}")
}

/// JSON within single quotes of a shell.
fn quoted(query: &str) -> String {
    let body = serde_json::json!({ "query": query }).to_string();
    body.replace('\'', "'\\''")
}

fn curl(base: &str, ways: &Ways, with_key: bool) -> Snippet {
    let key = if with_key {
        " \\\n  -H \"Authorization: Bearer $FIELDBOOK_KEY\""
    } else {
        ""
    };
    let mut text = format!(
        "curl -s {base}/graphql -H 'Content-Type: application/json'{key} \\\n  -d '{}'",
        quoted(ways.query.0)
    );
    if let Some(export) = ways.export {
        let _ = write!(
            text,
            "\n\n# All of it as a file, however large\ncurl -s -o {slug}.csv{key} '{}'",
            file(base, export, "csv"),
            slug = export.0.rsplit('/').next().unwrap_or("data"),
        );
    }
    Snippet {
        id: "curl",
        tool: "curl",
        how: "In a terminal.",
        text,
    }
}

fn python(base: &str, ways: &Ways, with_key: bool) -> Snippet {
    let (query, rows) = ways.query;
    let headers = if with_key {
        ",\n    headers={\"Authorization\": \"Bearer \" + os.environ[\"FIELDBOOK_KEY\"]}"
    } else {
        ""
    };
    let os = if with_key { "import os\n" } else { "" };
    let path = format!("[\"{}\"]", rows.replace('.', "\"][\""));
    let text = format!(
        "{os}import pandas as pd\nimport requests\n\nquery = \"\"\"\n{query}\n\"\"\"\nanswer = requests.post(\n    \"{base}/graphql\",\n    json={{\"query\": query}}{headers},\n    timeout=60,\n).json()\nframe = pd.DataFrame(answer[\"data\"]{path})\nprint(frame)"
    );
    Snippet {
        id: "python",
        tool: "Python",
        how: "With pandas and requests, by GraphQL.",
        text,
    }
}

fn pandas(base: &str, export: (&str, &str), with_key: bool) -> Snippet {
    let url = file(base, export, "parquet");
    let text = if with_key {
        format!(
            "import os\nimport pandas as pd\n\nframe = pd.read_parquet(\n    \"{url}\",\n    storage_options={{\"Authorization\": \"Bearer \" + os.environ[\"FIELDBOOK_KEY\"]}},\n)\nprint(frame)"
        )
    } else {
        format!("import pandas as pd\n\nframe = pd.read_parquet(\"{url}\")\nprint(frame)")
    };
    Snippet {
        id: "pandas",
        tool: "pandas",
        how: "The whole table with its types, as Parquet (needs pyarrow).",
        text,
    }
}

fn polars(base: &str, export: (&str, &str), with_key: bool) -> Snippet {
    let url = file(base, export, "parquet");
    let (import, headers) = if with_key {
        (
            "import os\n",
            ", headers={\"Authorization\": \"Bearer \" + os.environ[\"FIELDBOOK_KEY\"]}",
        )
    } else {
        ("", "")
    };
    Snippet {
        id: "polars",
        tool: "polars",
        how: "The whole table with its types, as Parquet.",
        text: format!(
            "import io\n{import}import polars as pl\nimport requests\n\nanswer = requests.get(\"{url}\"{headers}, timeout=600)\nanswer.raise_for_status()\nframe = pl.read_parquet(io.BytesIO(answer.content))\nprint(frame)"
        ),
    }
}

fn duckdb(base: &str, export: (&str, &str), with_key: bool) -> Snippet {
    let url = file(base, export, "parquet");
    let text = if with_key {
        format!(
            "curl -s -H \"Authorization: Bearer $FIELDBOOK_KEY\" -o data.parquet '{url}'\nduckdb -c \"SELECT * FROM 'data.parquet' LIMIT 10\""
        )
    } else {
        format!("curl -s -o data.parquet '{url}'\nduckdb -c \"SELECT * FROM 'data.parquet' LIMIT 10\"")
    };
    Snippet {
        id: "duckdb",
        tool: "DuckDB",
        how: "In a terminal.",
        text,
    }
}

fn r(base: &str, export: (&str, &str), with_key: bool) -> Snippet {
    let url = file(base, export, "csv");
    let text = if with_key {
        format!(
            "key <- Sys.getenv(\"FIELDBOOK_KEY\")\nsource <- url(\"{url}\", headers = c(Authorization = paste(\"Bearer\", key)))\nframe <- read.csv(source)\nhead(frame)"
        )
    } else {
        format!("frame <- read.csv(\"{url}\")\nhead(frame)")
    };
    Snippet {
        id: "r",
        tool: "R",
        how: "Without packages.",
        text,
    }
}

fn excel_file(base: &str, export: (&str, &str)) -> Snippet {
    Snippet {
        id: "csv",
        tool: "A file",
        how: "Open the address in a browser. Add from= and to= for another time than the default.",
        text: format!(
            "{}\n{}\n{}",
            file(base, export, "csv"),
            file(base, export, "ndjson"),
            file(base, export, "parquet")
        ),
    }
}

fn power_bi(base: &str, set: &str, filter: &str) -> Snippet {
    let narrowed = match filter.split_once(" eq ") {
        Some((column, value)) => format!(
            ",\n    Narrowed = Table.SelectRows(Table, each [{column}] = \"{}\")\nin\n    Narrowed",
            value.trim_matches('\'')
        ),
        None => "\nin\n    Table".to_owned(),
    };
    Snippet {
        id: "power-bi",
        tool: "Power BI",
        how: "Get data → Blank query → Advanced editor. As credentials choose Basic with any user and your key as the password, or Anonymous where the service is open.",
        text: format!(
            "let\n    Service = OData.Feed(\"{base}/odata/v4/\", null, [Implementation = \"2.0\"]),\n    Table = Service{{[Name = \"{set}\", Signature = \"table\"]}}[Data]{narrowed}"
        ),
    }
}

fn excel(base: &str) -> Snippet {
    Snippet {
        id: "excel",
        tool: "Excel",
        how: "Data → Get Data → From Other Sources → From OData Feed; give this address.",
        text: format!("{base}/odata/v4/"),
    }
}

fn tableau(base: &str) -> Snippet {
    Snippet {
        id: "tableau",
        tool: "Tableau",
        how: "Connect → To a Server → OData; give this address, any user name and your key as the password.",
        text: format!("{base}/odata/v4/"),
    }
}

fn grafana(base: &str, ways: &Ways) -> Snippet {
    let (query, rows) = ways.query;
    Snippet {
        id: "grafana",
        tool: "Grafana",
        how: "With the Infinity data source: type GraphQL, method POST, this address, query and root. The key goes into the data source as a bearer token.",
        text: format!("URL    {base}/graphql\nQuery  {query}\nRoot   data.{rows}"),
    }
}

fn superset(base: &str, with_key: bool) -> Snippet {
    let key = if with_key { ":KEY@" } else { "" };
    let text = match base.split_once("://") {
        Some(("http", host)) => format!("graphql://{key}{host}/graphql?is_https=0"),
        Some((_, host)) => format!("graphql://{key}{host}/graphql"),
        None => format!("graphql://{key}{base}/graphql"),
    };
    Snippet {
        id: "superset",
        tool: "Superset",
        how: "Install sqlalchemy-graphqlapi beside Superset, and add a database of this address; its tables are readingRowsConnection and bucketRowsConnection.",
        text,
    }
}

fn psql(table: &str) -> Snippet {
    Snippet {
        id: "psql",
        tool: "psql",
        how: "With a read-only role that the operator gives you.",
        text: format!("psql \"$DATABASE_URL\" -c 'SELECT * FROM {table} LIMIT 10'"),
    }
}
