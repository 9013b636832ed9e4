//! Random questions of a schema: any field, any argument, any value that its type allows, and some that it does not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, InputValueDefinition, Type, TypeKind, TypeSystemDefinition};

struct Argument {
    name: String,
    ty: Type,
}

struct Field {
    name: String,
    arguments: Vec<Argument>,
    ty: String,
}

enum Kind {
    Object(Vec<Field>),
    Input(Vec<Argument>),
    Words(Vec<String>),
}

/// Random questions, the same ones for the same seed.
pub(super) struct Questions {
    types: BTreeMap<String, Kind>,
    state: u64,
}

const TEXTS: &[&str] = &[
    "Sensor 1",
    "plain",
    "temperature",
    "C",
    "site:Harbour",
    "",
    " ",
    "%",
    "'; DROP TABLE reading; --",
    "\\u0000",
    "ü\\\"\\\\",
    "nobody",
    "UTC",
    "Europe/Zurich",
    "PT1H",
    "P1D",
    "P1M",
    "PT0S",
    "P-1D",
    "PT1S",
    "1",
    "-1",
    "2026-01-01",
    "2026-01-01T00:10:00Z",
    "99999-01-01",
    "K",
    "\\uD83D\\uDE00",
];
const TIMES: &[&str] = &[
    "\"2026-01-01\"",
    "\"2026-01-02\"",
    "\"2026-01-01T00:10:00Z\"",
    "\"2026-01-01T00:20:00+05:45\"",
    "\"0001-01-01\"",
    "\"9999-12-31T23:59:59.999999Z\"",
    "0",
    "-62135596800000",
    "9223372036854775807",
    "\"soon\"",
    "1767225600000",
];
const DURATIONS: &[&str] = &[
    "\"PT1M\"",
    "\"PT1H\"",
    "\"P1D\"",
    "\"P1W\"",
    "\"P1M\"",
    "\"PT7S\"",
    "\"P1000Y\"",
    "\"PT0S\"",
    "\"P1MT1S\"",
    "\"\"",
];
const INTEGERS: &[&str] = &[
    "1",
    "2",
    "10",
    "100",
    "0",
    "-1",
    "10000",
    "10001",
    "2147483647",
    "-2147483648",
];
const NUMBERS: &[&str] = &[
    "0", "0.5", "1", "-1", "45", "1e308", "-1e308", "90", "180.5", "1e-320",
];

impl Questions {
    pub(super) fn of(sdl: &str, seed: u64) -> Self {
        let mut types = BTreeMap::new();
        for definition in parse_schema(sdl).unwrap().definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let kind = match definition.node.kind {
                TypeKind::Object(object) => Kind::Object(
                    object
                        .fields
                        .into_iter()
                        .map(|field| Field {
                            name: field.node.name.node.to_string(),
                            arguments: field
                                .node
                                .arguments
                                .into_iter()
                                .map(|each| argument(each.node))
                                .collect(),
                            ty: base(&field.node.ty.node),
                        })
                        .collect(),
                ),
                TypeKind::InputObject(input) => {
                    Kind::Input(input.fields.into_iter().map(|each| argument(each.node)).collect())
                }
                TypeKind::Enum(words) => Kind::Words(
                    words
                        .values
                        .into_iter()
                        .map(|each| each.node.value.node.to_string())
                        .collect(),
                ),
                _ => continue,
            };
            types.insert(definition.node.name.node.to_string(), kind);
        }
        Self {
            types,
            state: seed | 1,
        }
    }

    /// The next one.
    pub(super) fn next(&mut self) -> String {
        let mut out = String::new();
        self.selection("Query", 0, &mut out);
        out
    }

    /// xorshift64*, which is random enough here.
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let random = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(random).unwrap() % bound
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick(&mut self, of: &[&str]) -> String {
        of[self.below(of.len())].to_owned()
    }

    fn selection(&mut self, ty: &str, depth: usize, out: &mut String) {
        let Some(Kind::Object(fields)) = self.types.get(ty) else {
            return;
        };
        let count = fields.len();
        out.push_str(" {");
        let mut selected = 0;
        for _ in 0..=self.below(3) {
            let at = self.below(count);
            let Some(Kind::Object(fields)) = self.types.get(ty) else {
                return;
            };
            let field = &fields[at];
            let is_object = matches!(self.types.get(&field.ty), Some(Kind::Object(_)));
            if is_object && depth >= 5 {
                continue;
            }
            let (name, below) = (field.name.clone(), field.ty.clone());
            let arguments: Vec<(String, Type)> = field
                .arguments
                .iter()
                .map(|each| (each.name.clone(), each.ty.clone()))
                .collect();
            write!(out, " a{selected}: {name}").unwrap();
            selected += 1;
            self.arguments(arguments, out);
            if self.one_in(20) {
                out.push_str(" @include(if: true)");
            }
            if is_object {
                self.selection(&below, depth + 1, out);
            }
        }
        out.push_str(" __typename }");
    }

    fn arguments(&mut self, arguments: Vec<(String, Type)>, out: &mut String) {
        let mut given = Vec::new();
        for (name, ty) in arguments {
            let is_given = if ty.nullable {
                self.one_in(3)
            } else {
                !self.one_in(30)
            };
            if is_given {
                given.push(format!("{name}: {}", self.value(&ty, 0)));
            }
        }
        if !given.is_empty() {
            write!(out, "({})", given.join(", ")).unwrap();
        }
    }

    fn value(&mut self, ty: &Type, depth: usize) -> String {
        if ty.nullable && self.one_in(12) {
            return "null".to_owned();
        }
        if self.one_in(60) {
            return self.pick(&["1", "\"text\"", "true", "[]", "{}", "WORD", "-0.0"]);
        }
        let name = match &ty.base {
            BaseType::List(of) => {
                let items: Vec<_> = (0..self.below(4)).map(|_| self.value(of, depth)).collect();
                return format!("[{}]", items.join(", "));
            }
            BaseType::Named(name) => name.to_string(),
        };
        match name.as_str() {
            "Int" => self.pick(INTEGERS),
            "Float" => self.pick(NUMBERS),
            "Boolean" => self.pick(&["true", "false"]),
            "DateTime" => self.pick(TIMES),
            "Duration" => self.pick(DURATIONS),
            _ => self.named(&name, depth),
        }
    }

    fn named(&mut self, name: &str, depth: usize) -> String {
        match self.types.get(name) {
            Some(Kind::Words(words)) => {
                let words = words.clone();
                words[self.below(words.len())].clone()
            }
            Some(Kind::Input(fields)) => {
                let fields: Vec<(String, Type)> = fields
                    .iter()
                    .map(|each| (each.name.clone(), each.ty.clone()))
                    .collect();
                let mut given = Vec::new();
                for (name, ty) in fields {
                    if !ty.nullable || depth < 3 && self.one_in(4) {
                        given.push(format!("{name}: {}", self.value(&ty, depth + 1)));
                    }
                }
                format!("{{{}}}", given.join(", "))
            }
            _ => format!("\"{}\"", self.pick(TEXTS)),
        }
    }
}

fn argument(definition: InputValueDefinition) -> Argument {
    Argument {
        name: definition.name.node.to_string(),
        ty: definition.ty.node,
    }
}

fn base(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => base(of),
    }
}
