//! What kind of values a column has, past the names that a database gives its types.

/// What kind of values a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    Timestamp,
    Date,
    Time,
    Integer,
    Number,
    Boolean,
    Object,
    Array,
    Uuid,
    Binary,
    Text,
}

impl Logical {
    /// Of a type of PostgreSQL, as `format_type` says it. What is none of the others is text.
    pub(super) fn of(sql_type: &str) -> Self {
        let sql_type = sql_type.trim().to_ascii_lowercase();
        if sql_type.ends_with("[]") {
            return Self::Array;
        }
        let name = sql_type.split('(').next().unwrap_or_default().trim();
        match name.split(' ').next().unwrap_or_default() {
            "timestamp" | "timestamptz" => Self::Timestamp,
            "date" => Self::Date,
            "time" | "timetz" => Self::Time,
            "smallint" | "integer" | "bigint" | "int" | "int2" | "int4" | "int8" => Self::Integer,
            "double" | "real" | "numeric" | "decimal" | "float4" | "float8" => Self::Number,
            "boolean" | "bool" => Self::Boolean,
            "json" | "jsonb" => Self::Object,
            "uuid" => Self::Uuid,
            "bytea" => Self::Binary,
            _ => Self::Text,
        }
    }

    /// In the words of ODCS.
    pub(super) fn odcs(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Date => "date",
            Self::Time => "time",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Uuid | Self::Binary | Self::Text => "string",
        }
    }

    /// In the words of Table Schema: type and, for texts, format.
    pub(super) fn table_schema(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Timestamp => ("datetime", None),
            Self::Uuid => ("string", Some("uuid")),
            Self::Binary => ("string", Some("binary")),
            other => (other.odcs(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_postgresql_are_understood_with_their_lengths_and_zones() {
        for (sql_type, logical) in [
            ("timestamp with time zone", Logical::Timestamp),
            ("timestamp(3) without time zone", Logical::Timestamp),
            ("time without time zone", Logical::Time),
            ("double precision", Logical::Number),
            ("numeric(10,2)", Logical::Number),
            ("smallint", Logical::Integer),
            ("character varying(20)", Logical::Text),
            ("text[]", Logical::Array),
            ("jsonb", Logical::Object),
            ("uuid", Logical::Uuid),
            ("bytea", Logical::Binary),
            ("interval", Logical::Text),
            ("", Logical::Text),
        ] {
            assert_eq!(Logical::of(sql_type), logical, "{sql_type}");
        }
    }
}
