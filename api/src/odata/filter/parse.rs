//! Reading a filter: a recursive descent over OData's grammar, in which every step down and every term is counted.
//!
//! ```text
//! or      = and *( "or" and )
//! and     = unary *( "and" unary )
//! unary   = "not" unary / comparison
//! compare = operand [ operator operand / "in" "(" literal *( "," literal ) ")" ]
//! operand = "(" or ")" / function "(" or *( "," or ) ")" / literal / property
//! ```
//!
//! Written by hand: types are checked on the way, and each error says where it is and what would be accepted.

use chrono::{DateTime, Utc};

use super::function::{Function, NAMES};
use super::scan::{self, Scan};
use super::{Expr, Operator};
use crate::http::Problem;
use crate::odata::limits::ODataLimits;
use crate::odata::model::EntitySet;
use crate::odata::refusal::{absent, over, wrong};
use crate::odata::value::{Kind, Value};

const OPERATORS: [(&str, Operator); 6] = [
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("gt", Operator::Gt),
    ("ge", Operator::Ge),
    ("lt", Operator::Lt),
    ("le", Operator::Le),
];

const ACCEPTED: &str = "comparisons of properties with literals by eq, ne, gt, ge, lt, le and in, connected by and, or, not \
     and parentheses, such as Type eq 'temperature' and Value gt 17.5";

/// Reads the filter that `argument` gives for a set.
pub(crate) fn parse(
    argument: &'static str,
    text: &str,
    set: &'static EntitySet,
    now: DateTime<Utc>,
    limits: &ODataLimits,
) -> Result<Expr, Problem> {
    let mut parser = Parser::new(argument, text, set, now, limits);
    let filter = parser.or()?;
    if !parser.scan.is_at_end() {
        return Err(parser.unexpected("the end"));
    }
    parser.check_bool(&filter)?;
    Ok(filter)
}

/// Reads one literal, such as a part of a key, for a property of this kind.
pub(crate) fn literal(
    argument: &'static str,
    text: &str,
    kind: Kind,
    set: &'static EntitySet,
    now: DateTime<Utc>,
    limits: &ODataLimits,
) -> Result<Value<'static>, Problem> {
    let mut parser = Parser::new(argument, text, set, now, limits);
    let value = parser.literal_only()?;
    if !parser.scan.is_at_end() {
        return Err(parser.unexpected("the end"));
    }
    let value = converted(value, kind);
    if value.kind() == Some(kind) {
        return Ok(value);
    }
    Err(wrong(
        argument,
        format!("{text:?} is not {}", kind.word()),
        format!("{}, such as {}", kind.word(), kind.example()),
    ))
}

struct Parser<'a> {
    argument: &'static str,
    scan: Scan<'a>,
    set: &'static EntitySet,
    now: DateTime<Utc>,
    limits: &'a ODataLimits,
    terms: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(
        argument: &'static str,
        text: &'a str,
        set: &'static EntitySet,
        now: DateTime<Utc>,
        limits: &'a ODataLimits,
    ) -> Self {
        Self {
            argument,
            scan: Scan::new(text),
            set,
            now,
            limits,
            terms: 0,
            depth: 0,
        }
    }

    fn or(&mut self) -> Result<Expr, Problem> {
        self.chain("or", Self::and, Expr::Any)
    }

    fn and(&mut self) -> Result<Expr, Problem> {
        self.chain("and", Self::unary, Expr::All)
    }

    /// Parts with a word between them.
    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Expr, Problem>,
        whole: fn(Vec<Expr>) -> Expr,
    ) -> Result<Expr, Problem> {
        let first = part(self)?;
        if !self.scan.word().eq_ignore_ascii_case(word) {
            return Ok(first);
        }
        self.check_bool(&first)?;
        let mut parts = Vec::new();
        append(&mut parts, first, word);
        while self.scan.take_word(word) {
            let next = part(self)?;
            self.check_bool(&next)?;
            append(&mut parts, next, word);
        }
        Ok(whole(parts))
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        if !self.scan.take_word("not") {
            return self.comparison();
        }
        let part = self.deeper(Self::unary)?;
        self.check_bool(&part)?;
        Ok(Expr::Not(Box::new(part)))
    }

    fn comparison(&mut self) -> Result<Expr, Problem> {
        let left = self.operand()?;
        let word = self.scan.word();
        if word.eq_ignore_ascii_case("in") {
            self.scan.skip(word);
            return self.list(left);
        }
        let Some((_, operator)) = OPERATORS.iter().find(|(each, _)| word.eq_ignore_ascii_case(each)) else {
            if matches!(
                word,
                "add" | "sub" | "mul" | "div" | "divby" | "mod" | "has" | "isof"
            ) {
                return Err(self.not_supported(&format!("the operator {word}")));
            }
            return Ok(left);
        };
        self.scan.skip(word);
        let right = self.operand()?;
        let (left, right) = self.same_kind(left, right)?;
        Ok(Expr::Compare(*operator, Box::new(left), Box::new(right)))
    }

    fn list(&mut self, left: Expr) -> Result<Expr, Problem> {
        if !self.scan.take('(') {
            return Err(self.unexpected("a list in parentheses, such as in ('a','b')"));
        }
        let kind = left.kind();
        let mut values = Vec::new();
        loop {
            let value = self.literal_only()?;
            let value = kind.map_or(value.clone(), |kind| converted(value, kind));
            if let (Some(kind), Some(found)) = (kind, value.kind())
                && kind != found
            {
                return Err(self.wrong(
                    &format!("{} is compared with {}", kind.word(), found.word()),
                    &format!(
                        "a list of values, each {}, such as {}",
                        kind.word(),
                        kind.example()
                    ),
                ));
            }
            values.push(value);
            if self.scan.take(')') {
                break;
            }
            if !self.scan.take(',') {
                return Err(self.unexpected("a comma or a closing parenthesis"));
            }
        }
        Ok(Expr::In(Box::new(left), values))
    }

    fn operand(&mut self) -> Result<Expr, Problem> {
        self.count_term()?;
        if self.scan.take('(') {
            let inside = self.deeper(Self::or)?;
            self.close()?;
            return Ok(inside);
        }
        let word = self.scan.word();
        let mut behind = self.scan;
        behind.skip(word);
        if !word.is_empty() && behind.take('(') {
            return self.call(word, behind);
        }
        if let Some(property) = self.set.property(word) {
            self.scan.skip(word);
            return Ok(Expr::Property(property));
        }
        self.value().map(Expr::Literal)
    }

    /// A function whose opening parenthesis is read.
    fn call(&mut self, name: &str, behind: Scan<'a>) -> Result<Expr, Problem> {
        if name == "now" {
            self.scan = behind;
            self.close()?;
            return Ok(Expr::Literal(Value::Time(self.now)));
        }
        let Some(function) = Function::named(name) else {
            return Err(self.not_supported(&format!("the function {name}")));
        };
        self.scan = behind;
        let takes = function.takes();
        let mut arguments = Vec::with_capacity(takes.len());
        for (at, kind) in takes.iter().enumerate() {
            if at > 0 && !self.scan.take(',') {
                return Err(self.unexpected("a comma and another argument"));
            }
            let argument = self.deeper(Self::or)?;
            if argument.kind().is_some_and(|found| found != *kind) {
                return Err(self.wrong(
                    &format!("{name} is about something else"),
                    &format!("{} as its argument {}", kind.word(), at + 1),
                ));
            }
            arguments.push(argument);
        }
        self.close()?;
        Ok(Expr::Call(function, arguments))
    }

    fn literal_only(&mut self) -> Result<Value<'static>, Problem> {
        self.count_term()?;
        self.value()
    }

    fn value(&mut self) -> Result<Value<'static>, Problem> {
        let word = self.scan.word();
        let mut behind = self.scan;
        behind.skip(word);
        if let Some(text) = behind.quoted() {
            let value = match word {
                "" => Some(Value::Text(text.into())),
                // The way of OData 2 and 3.
                "datetimeoffset" | "datetime" => scan::instant(&text).map(Value::Time),
                "guid" => scan::guid(&text).map(Value::Guid),
                _ => None,
            };
            let Some(value) = value else {
                return Err(self.unexpected("a literal"));
            };
            self.scan = behind;
            return Ok(value);
        }
        let Some(mut value) = scan::literal(word) else {
            return Err(self.unknown(word));
        };
        if let (Value::Time(_), Some(offset)) = (&value, behind.offset_behind_space())
            && let Some(time) = scan::instant(&format!("{word}+{offset}"))
        {
            behind.skip(" ");
            behind.skip(offset);
            value = Value::Time(time);
        }
        self.scan = behind;
        Ok(value)
    }

    /// Both sides of a comparison, where a text stands for a time or a GUID if the other side is one.
    fn same_kind(&self, left: Expr, right: Expr) -> Result<(Expr, Expr), Problem> {
        let convert = |side: Expr, other: Option<Kind>| match (side, other) {
            (Expr::Literal(value), Some(kind)) => Expr::Literal(converted(value, kind)),
            (side, _) => side,
        };
        let (of_left, of_right) = (left.kind(), right.kind());
        let (left, right) = (convert(left, of_right), convert(right, of_left));
        match (left.kind(), right.kind()) {
            (Some(a), Some(b)) if a != b => Err(self.wrong(
                &format!("{} is compared with {}", a.word(), b.word()),
                &format!("{} on both sides, such as {}", a.word(), a.example()),
            )),
            _ => Ok((left, right)),
        }
    }

    fn check_bool(&self, expr: &Expr) -> Result<(), Problem> {
        if expr.kind().is_none_or(|kind| kind == Kind::Bool) {
            return Ok(());
        }
        Err(self.wrong("this is a value, and nothing is said of it", ACCEPTED))
    }

    fn close(&mut self) -> Result<(), Problem> {
        if self.scan.take(')') {
            return Ok(());
        }
        Err(self.unexpected("a closing parenthesis"))
    }

    fn deeper(&mut self, part: fn(&mut Self) -> Result<Expr, Problem>) -> Result<Expr, Problem> {
        if self.depth == self.limits.filter_depth_max {
            return Err(over(
                self.argument,
                self.limits.filter_depth_max as u64,
                None,
                "nest parentheses, functions and negations less deeply",
            ));
        }
        self.depth += 1;
        let part = part(self)?;
        self.depth -= 1;
        Ok(part)
    }

    fn count_term(&mut self) -> Result<(), Problem> {
        self.terms += 1;
        if self.terms > self.limits.filter_terms_max {
            return Err(over(
                self.argument,
                self.limits.filter_terms_max as u64,
                None,
                "so many names, values and functions are not read: ask for less, or in several questions",
            ));
        }
        Ok(())
    }

    fn wrong(&self, message: &str, accepted: &str) -> Problem {
        let message = format!("near character {}: {message}", self.scan.place());
        wrong(self.argument, message, accepted)
    }

    fn unexpected(&self, accepted: &str) -> Problem {
        self.wrong(&format!("{} is unexpected", self.scan.next_shown()), accepted)
    }

    fn unknown(&self, word: &str) -> Problem {
        if word.is_empty() || !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return self.unexpected(ACCEPTED);
        }
        if word.contains('/') {
            return self.not_supported("a path");
        }
        let accepted = format!("one of {}", self.set.names());
        self.wrong(
            &format!("{} is no property of {}", self.scan.next_shown(), self.set.name),
            &accepted,
        )
    }

    fn not_supported(&self, what: &str) -> Problem {
        absent(
            self.argument,
            format!("near character {}: {what} is not supported", self.scan.place()),
            format!("{ACCEPTED}; functions: {}", NAMES.join(", ")),
        )
    }
}

/// Adds a part; one that stood in parentheses and is connected by the same word brings its own parts.
fn append(parts: &mut Vec<Expr>, part: Expr, word: &str) {
    match (part, word) {
        (Expr::All(inner), "and") | (Expr::Any(inner), "or") => parts.extend(inner),
        (part, _) => parts.push(part),
    }
}

/// A text as what it is compared with: some clients write times and GUIDs in quotes.
fn converted(value: Value<'static>, kind: Kind) -> Value<'static> {
    let read = match (&value, kind) {
        (Value::Text(text), Kind::Time) => scan::instant(text).map(Value::Time),
        (Value::Text(text), Kind::Guid) => scan::guid(text).map(Value::Guid),
        _ => None,
    };
    read.unwrap_or(value)
}
