//! Sensors by the words of their descriptions, with PostgreSQL's full text.

use sea_orm::{DatabaseConnection, DbErr, Value};

use super::Sensor;
use crate::Scope;
use crate::scope::Reach;
use crate::sql;

/// What must be in a sensor's name, type, unit, labels or description, in lower case and of letters and digits alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A word that begins so.
    Begins(String),
    /// One of these words; never none.
    OneOf(Vec<String>),
}

/// Sensors that have all of the terms, at most `limit` of them. First come those whose name is `name`, in lower case, then
/// those whose name begins with it, then those that have the words as a whole, then those that have them in their name.
pub async fn find(
    db: &DatabaseConnection,
    scope: &Scope,
    name: &str,
    terms: &[Term],
    limit: u64,
) -> Result<Vec<Sensor>, DbErr> {
    // As a parameter: null for all of them.
    let visible: Option<Vec<i32>> = match scope.reach(None) {
        Reach::Nothing => return Ok(Vec::new()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    if terms.is_empty() || !sql::is_storable(name) {
        return Ok(Vec::new());
    }
    let values: [Value; 6] = [
        query(terms, Term::in_query).into(),
        name.into(),
        query(terms, Term::whole).into(),
        query(terms, Term::in_name).into(),
        visible.into(),
        limit.min(i64::MAX as u64).cast_signed().into(),
    ];
    sql::query(
        db,
        include_str!("search/select_sensors.sql"),
        values,
        Sensor::read,
    )
    .await
}

/// The words that the descriptions have, but for those with digits in them; of very many, those of most sensors.
pub async fn words(db: &DatabaseConnection, scope: &Scope) -> Result<Vec<String>, DbErr> {
    // As a parameter: null for all of them.
    let visible: Option<Vec<i32>> = match scope.reach(None) {
        Reach::Nothing => return Ok(Vec::new()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    let texts = sql::query(
        db,
        include_str!("search/select_words.sql"),
        [visible.into()],
        |row| row.get::<String>(0),
    )
    .await?;
    let words = texts.iter().flat_map(|text| text.split(' '));
    Ok(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

impl Term {
    fn in_query(&self) -> String {
        match self {
            Self::Begins(word) => format!("{}:*", lexeme(word)),
            Self::OneOf(_) => self.whole(),
        }
    }

    fn whole(&self) -> String {
        match self {
            Self::Begins(word) => lexeme(word),
            Self::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| lexeme(word)).collect();
                format!("({})", words.join(" | "))
            }
        }
    }

    fn in_name(&self) -> String {
        match self {
            Self::Begins(word) => format!("{}:*A", lexeme(word)),
            Self::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("{}:A", lexeme(word))).collect();
                format!("({})", words.join(" | "))
            }
        }
    }
}

/// A tsquery of all terms.
fn query(terms: &[Term], written: impl Fn(&Term) -> String) -> String {
    let terms: Vec<String> = terms.iter().map(written).collect();
    terms.join(" & ")
}

/// A word as a tsquery takes it, whatever is in it.
fn lexeme(word: &str) -> String {
    format!("'{}'", word.replace('\\', r"\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_written_so_that_nothing_in_them_is_an_operator() {
        let terms = [
            Term::Begins("1".to_owned()),
            Term::Begins("o'neil\\".to_owned()),
            Term::OneOf(vec!["a".to_owned(), "b | !c".to_owned()]),
        ];
        assert_eq!(
            query(&terms, Term::in_query),
            r"'1':* & 'o''neil\\':* & ('a' | 'b | !c')"
        );
        assert_eq!(
            query(&terms, Term::whole),
            r"'1' & 'o''neil\\' & ('a' | 'b | !c')"
        );
        assert_eq!(
            query(&terms, Term::in_name),
            r"'1':*A & 'o''neil\\':*A & ('a':A | 'b | !c':A)"
        );
    }
}
