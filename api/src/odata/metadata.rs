//! `$metadata`: the service described in CSDL XML 4.0, from the tables of [`model`](super::model).
//!
//! Descriptions carry meaning and unit of each property. Annotations of the Capabilities vocabulary say what can be asked,
//! so that clients that read them do not send what would be refused.

use std::io;
use std::sync::LazyLock;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::filter::FUNCTIONS;
use super::model::{EntitySet, NAMESPACE, Property, Role, SETS};
use super::value::Edm;

const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";
const CONTAINER: &str = "Container";

/// The vocabularies, and the names by which annotations call them.
const VOCABULARIES: [(&str, &str, &str); 2] = [
    (
        "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml",
        "Org.OData.Core.V1",
        "Core",
    ),
    (
        "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml",
        "Org.OData.Capabilities.V1",
        "Capabilities",
    ),
];

type Xml = Writer<Vec<u8>>;

/// The document; it is the same for everybody.
pub(crate) static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut xml = Writer::new(Vec::new());
    document(&mut xml).expect("writing into memory does not fail");
    String::from_utf8(xml.into_inner()).expect("all that was written is UTF-8")
});

fn document(xml: &mut Xml) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let attributes = [("Version", "4.0"), ("xmlns:edmx", EDMX)];
    xml.create_element("edmx:Edmx")
        .with_attributes(attributes)
        .write_inner_content(|xml| {
            for (uri, namespace, alias) in VOCABULARIES {
                xml.create_element("edmx:Reference")
                    .with_attribute(("Uri", uri))
                    .write_inner_content(|xml| {
                        xml.create_element("edmx:Include")
                            .with_attributes([("Namespace", namespace), ("Alias", alias)])
                            .write_empty()?;
                        Ok(())
                    })?;
            }
            xml.create_element("edmx:DataServices")
                .write_inner_content(schema)?;
            Ok(())
        })?;
    Ok(())
}

fn schema(xml: &mut Xml) -> io::Result<()> {
    xml.create_element("Schema")
        .with_attributes([("xmlns", EDM), ("Namespace", NAMESPACE)])
        .write_inner_content(|xml| {
            for set in &SETS {
                entity_type(xml, set)?;
            }
            xml.create_element("EntityContainer")
                .with_attribute(("Name", CONTAINER))
                .write_inner_content(container)?;
            Ok(())
        })?;
    Ok(())
}

fn entity_type(xml: &mut Xml, set: &EntitySet) -> io::Result<()> {
    xml.create_element("EntityType")
        .with_attribute(("Name", set.entity))
        .write_inner_content(|xml| {
            xml.create_element("Key").write_inner_content(|xml| {
                for key in set.keys {
                    xml.create_element("PropertyRef")
                        .with_attribute(("Name", *key))
                        .write_empty()?;
                }
                Ok(())
            })?;
            for each in set.properties {
                property(xml, each)?;
            }
            text(xml, "Core.Description", set.entity_description)
        })?;
    Ok(())
}

fn property(xml: &mut Xml, property: &Property) -> io::Result<()> {
    let type_of = format!("Edm.{}", property.edm.name());
    let mut element = xml
        .create_element("Property")
        .with_attributes([("Name", property.name), ("Type", type_of.as_str())]);
    if !property.nullable {
        element = element.with_attribute(("Nullable", "false"));
    }
    if property.edm == Edm::DateTimeOffset {
        element = element.with_attribute(("Precision", "6"));
    }
    element.write_inner_content(|xml| text(xml, "Core.Description", property.description))?;
    Ok(())
}

fn container(xml: &mut Xml) -> io::Result<()> {
    for set in &SETS {
        let entity = format!("{NAMESPACE}.{}", set.entity);
        xml.create_element("EntitySet")
            .with_attributes([("Name", set.name), ("EntityType", entity.as_str())])
            .write_inner_content(|xml| {
                text(xml, "Core.Description", set.description)?;
                capabilities(xml, set)
            })?;
    }
    enum_member(
        xml,
        "Capabilities.ConformanceLevel",
        "Org.OData.Capabilities.V1.ConformanceLevelType/Minimal",
    )?;
    boolean(xml, "Capabilities.BatchSupported", false)?;
    boolean(xml, "Capabilities.AsynchronousRequestsSupported", false)?;
    strings(xml, "Capabilities.FilterFunctions", &FUNCTIONS)?;
    strings(xml, "Capabilities.SupportedFormats", &["application/json"])
}

/// What can be asked of a set, and what not.
fn capabilities(xml: &mut Xml, set: &EntitySet) -> io::Result<()> {
    boolean(xml, "Capabilities.TopSupported", true)?;
    boolean(xml, "Capabilities.SkipSupported", true)?;
    restriction(xml, "Count", "Countable", true)?;
    record(xml, "Capabilities.FilterRestrictions", |xml| {
        value(xml, "Filterable", true)?;
        let alone: Vec<_> = set
            .properties
            .iter()
            .filter(|property| property.role == Role::Cut)
            .collect();
        if alone.is_empty() {
            return Ok(());
        }
        collection_value(xml, "FilterExpressionRestrictions", |xml| {
            for property in alone {
                xml.create_element("Record").write_inner_content(|xml| {
                    for (name, kind, text) in [
                        ("Property", "PropertyPath", property.name),
                        ("AllowedExpressions", "String", "SingleValue"),
                    ] {
                        xml.create_element("PropertyValue")
                            .with_attributes([("Property", name), (kind, text)])
                            .write_empty()?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })
    })?;
    record(xml, "Capabilities.SortRestrictions", |xml| {
        value(xml, "Sortable", true)?;
        let others = set.properties.iter().filter(|property| !set.sorts(property));
        collection_value(xml, "NonSortableProperties", |xml| {
            for other in others {
                xml.create_element("PropertyPath")
                    .write_text_content(BytesText::new(other.name))?;
            }
            Ok(())
        })
    })?;
    for (term, property) in [
        ("Expand", "Expandable"),
        ("Search", "Searchable"),
        ("Insert", "Insertable"),
        ("Update", "Updatable"),
        ("Delete", "Deletable"),
    ] {
        restriction(xml, term, property, false)?;
    }
    Ok(())
}

fn restriction(xml: &mut Xml, term: &str, property: &str, is: bool) -> io::Result<()> {
    record(xml, &format!("Capabilities.{term}Restrictions"), |xml| {
        value(xml, property, is)
    })
}

fn value(xml: &mut Xml, property: &str, is: bool) -> io::Result<()> {
    xml.create_element("PropertyValue")
        .with_attributes([("Property", property), ("Bool", word(is))])
        .write_empty()?;
    Ok(())
}

fn collection_value(
    xml: &mut Xml,
    property: &str,
    inside: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element("PropertyValue")
        .with_attribute(("Property", property))
        .write_inner_content(|xml| {
            xml.create_element("Collection").write_inner_content(inside)?;
            Ok(())
        })?;
    Ok(())
}

fn record(xml: &mut Xml, term: &str, inside: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
    xml.create_element("Annotation")
        .with_attribute(("Term", term))
        .write_inner_content(|xml| {
            xml.create_element("Record").write_inner_content(inside)?;
            Ok(())
        })?;
    Ok(())
}

fn text(xml: &mut Xml, term: &str, text: &str) -> io::Result<()> {
    annotation(xml, term, ("String", text))
}

fn boolean(xml: &mut Xml, term: &str, is: bool) -> io::Result<()> {
    annotation(xml, term, ("Bool", word(is)))
}

fn enum_member(xml: &mut Xml, term: &str, member: &str) -> io::Result<()> {
    annotation(xml, term, ("EnumMember", member))
}

fn annotation(xml: &mut Xml, term: &str, value: (&str, &str)) -> io::Result<()> {
    xml.create_element("Annotation")
        .with_attributes([("Term", term), value])
        .write_empty()?;
    Ok(())
}

fn strings(xml: &mut Xml, term: &str, strings: &[&str]) -> io::Result<()> {
    xml.create_element("Annotation")
        .with_attribute(("Term", term))
        .write_inner_content(|xml| {
            xml.create_element("Collection").write_inner_content(|xml| {
                for string in strings {
                    xml.create_element("String")
                        .write_text_content(BytesText::new(string))?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
    Ok(())
}

fn word(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}
