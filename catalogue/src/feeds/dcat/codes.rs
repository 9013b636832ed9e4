//! Codes of the European authority tables and of ADMS: what DCAT-AP wants in the place of words.

/// A code: a concept of a scheme.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    pub(super) scheme: &'static str,
    name: &'static str,
    pub(super) label: &'static str,
}

impl Code {
    const fn new(scheme: &'static str, name: &'static str, label: &'static str) -> Self {
        Self { scheme, name, label }
    }

    pub(super) fn iri(&self) -> String {
        format!("{}/{}", self.scheme, self.name)
    }
}

macro_rules! authority {
    ($table:literal) => {
        concat!("http://publications.europa.eu/resource/authority/", $table)
    };
}

/// The profile that entries follow.
pub(super) const PROFILE: &str = "http://data.europa.eu/r5r/";

/// The scheme of all themes.
pub(super) const THEMES: &str = authority!("data-theme");
pub(super) const ENERGY: Code = Code::new(authority!("data-theme"), "ENER", "Energy");

pub(super) const PUBLIC: Code = Code::new(authority!("access-right"), "PUBLIC", "Public");
pub(super) const RESTRICTED: Code = Code::new(authority!("access-right"), "RESTRICTED", "Restricted");

pub(super) const AVAILABLE: Code = Code::new(authority!("planned-availability"), "AVAILABLE", "Available");

pub(super) const CREATED: Code = Code::new("http://purl.org/adms/changetype", "created", "Created");
pub(super) const UPDATED: Code = Code::new("http://purl.org/adms/changetype", "updated", "Updated");

const FREQUENCY: &str = authority!("frequency");

/// How often items come, by the seconds between two of them: exact codes only, and continuous below a minute.
pub(super) fn frequency(seconds: f64) -> Option<Code> {
    const EXACT: [(f64, &str, &str); 9] = [
        (60.0, "1MIN", "Every minute"),
        (300.0, "5MIN", "Every five minutes"),
        (600.0, "10MIN", "Every ten minutes"),
        (900.0, "15MIN", "Every fifteen minutes"),
        (1_800.0, "30MIN", "Every thirty minutes"),
        (3_600.0, "HOURLY", "Hourly"),
        (43_200.0, "12HRS", "Every twelve hours"),
        (86_400.0, "DAILY", "Daily"),
        (604_800.0, "WEEKLY", "Weekly"),
    ];
    if !(seconds.is_finite() && seconds > 0.0) {
        return None;
    }
    if seconds < 60.0 {
        return Some(Code::new(FREQUENCY, "UPDATE_CONT", "Continuously updated"));
    }
    let exact = EXACT
        .iter()
        .find(|(length, _, _)| (length - seconds).abs() < 1e-9 * length);
    Some(match exact {
        Some((_, code, label)) => Code::new(FREQUENCY, code, label),
        None => Code::new(FREQUENCY, "OTHER", "Other"),
    })
}

/// A language by its tag, with or without a region.
pub(super) fn language(tag: &str) -> Option<Code> {
    const TABLE: &str = authority!("language");
    let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let (code, label) = match primary.as_str() {
        "en" => ("ENG", "English"),
        "de" => ("DEU", "German"),
        "fr" => ("FRA", "French"),
        "it" => ("ITA", "Italian"),
        "es" => ("SPA", "Spanish"),
        "pt" => ("POR", "Portuguese"),
        "nl" => ("NLD", "Dutch"),
        "pl" => ("POL", "Polish"),
        "cs" => ("CES", "Czech"),
        "da" => ("DAN", "Danish"),
        "sv" => ("SWE", "Swedish"),
        "fi" => ("FIN", "Finnish"),
        "nb" | "no" => ("NOR", "Norwegian"),
        _ => return None,
    };
    Some(Code::new(TABLE, code, label))
}

/// The format of a file, by its media type; `None` where the table has none that is certain.
pub(super) fn file_type(media_type: &str) -> Option<Code> {
    const TABLE: &str = authority!("file-type");
    let (code, label) = match media_type {
        "text/csv" => ("CSV", "CSV"),
        "application/json" => ("JSON", "JSON"),
        "application/xml" => ("XML", "XML"),
        "application/vnd.apache.parquet" => ("PARQUET", "Parquet"),
        _ => return None,
    };
    Some(Code::new(TABLE, code, label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_lengths_have_a_frequency_of_their_own() {
        for (seconds, code) in [
            (0.1, "UPDATE_CONT"),
            (59.9, "UPDATE_CONT"),
            (60.0, "1MIN"),
            (61.0, "OTHER"),
            (900.0, "15MIN"),
            (3_600.0, "HOURLY"),
            (86_400.0, "DAILY"),
        ] {
            let found = frequency(seconds).unwrap().iri();
            assert!(found.ends_with(&format!("/{code}")), "{seconds}: {found}");
        }
        for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(frequency(seconds).is_none(), "{seconds}");
        }
    }
}
