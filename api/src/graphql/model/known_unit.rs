//! A unit of the registry.

use async_graphql::{Object, SimpleObject};
use entity::unit::Known;

/// A unit that is understood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownUnit(pub(crate) Known);

/// The way from a unit to another one of its kind: (value × `scale` + `offset`) ÷ `divisor`, exactly.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct UnitConversion {
    /// The UCUM code of the other one.
    ucum: &'static str,
    /// How the other one is written beside a value.
    symbol: &'static str,
    /// What a value is multiplied by.
    scale: f64,
    /// What is added then.
    offset: f64,
    /// What all is divided by.
    divisor: f64,
}

/// A unit that is understood, as `unit` may name it where values are asked for.
#[Object]
impl KnownUnit {
    /// Its code in UCUM, such as `Cel`.
    async fn ucum(&self) -> &str {
        self.0.ucum()
    }

    /// How it is written beside a value, such as `°C`.
    async fn symbol(&self) -> &str {
        self.0.symbol()
    }

    /// Its address in QUDT.
    async fn qudt(&self) -> &str {
        self.0.qudt()
    }

    /// What it measures, in the words of QUDT, such as `Temperature`.
    async fn quantity_kind(&self) -> &str {
        self.0.quantity_kind()
    }

    /// The ways to write it that are understood whatever a sensor's type is, its UCUM code first.
    async fn written(&self) -> Vec<&str> {
        self.0.written()
    }

    /// The unit of an integral of its values over time, as `Aggregate.integral` has it.
    async fn integral(&self) -> String {
        self.0.integral().unit
    }

    /// The ways to the other units of its kind.
    async fn conversions(&self) -> Vec<UnitConversion> {
        let others = self
            .0
            .convertible()
            .into_iter()
            .filter(|ucum| *ucum != self.0.ucum());
        let to = |ucum| {
            let (other, way) = self.0.to(ucum)?;
            Some(UnitConversion {
                ucum: other.ucum(),
                symbol: other.symbol(),
                scale: way.scale(),
                offset: way.offset(),
                divisor: way.divisor(),
            })
        };
        others.filter_map(to).collect()
    }
}
