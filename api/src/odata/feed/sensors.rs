//! The rows of `Sensors`. By name they come page by page from the database; in any other order all of them are sorted here,
//! which their limit allows.

use std::cmp::Ordering;
use std::sync::Arc;

use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::readings::TimeRange;
use entity::query::sensors::{self, Sensor, SensorOrder};

use super::{Collector, Page, PageAsked, Question};
use crate::graphql::error::ApiError;
use crate::http::Problem;
use crate::odata::order;
use crate::odata::refusal::wrong;
use crate::odata::row::{Found, OfSensor};
use crate::odata::token::Token;

pub(super) async fn page(question: &Question<'_>, page: PageAsked) -> Result<Page, Problem> {
    match question.order {
        [] => by_name(question, page, SensorOrder::NameAsc).await,
        [key] if key.property.name == "Name" && key.descending => {
            by_name(question, page, SensorOrder::NameDesc).await
        }
        [key] if key.property.name == "Name" => by_name(question, page, SensorOrder::NameAsc).await,
        _ => sorted(question, page).await,
    }
}

pub(super) async fn count(question: &Question<'_>) -> Result<u64, Problem> {
    if question.filter.is_some() {
        return Ok(question.sensors().await?.len() as u64);
    }
    let count = sensors::count(question.state.db(), question.scope, &question.sensor_filter()).await;
    Ok(count.map_err(ApiError::from)?)
}

async fn by_name(question: &Question<'_>, asked: PageAsked, order: SensorOrder) -> Result<Page, Problem> {
    let (db, scope) = (question.state.db(), question.scope);
    let filter = question.sensor_filter();
    let chunk = u64::from(question.limits().first_max);
    let mut at = match asked.token {
        Some(token) => Some(known(question, token).await?.key(order)),
        None => None,
    };
    let mut collector = Collector::new(&asked);
    let mut scanned = 0;
    loop {
        let limit = match question.filter {
            Some(_) => chunk,
            None => collector.wanted().clamp(1, chunk),
        };
        let request = PageRequest {
            limit,
            at: PageAt::First(at),
        };
        let found = sensors::page(db, scope, &filter, order, &request)
            .await
            .map_err(ApiError::from)?;
        let mut rows = found.rows.into_iter().peekable();
        at = None;
        while let Some(sensor) = rows.next() {
            scanned += 1;
            let next = place(question, &sensor);
            at = Some(sensor.key(order));
            let more = found.has_next || rows.peek().is_some();
            let found = of(Arc::new(sensor));
            let full = question.matches(&found.row()) && collector.take(found);
            if full || scanned >= question.odata().scan_max {
                return Ok(collector.page(more.then_some(next)));
            }
        }
        if !found.has_next {
            return Ok(collector.page(None));
        }
    }
}

/// All that match, sorted; ties by the internal key, so that pages fit together.
async fn sorted(question: &Question<'_>, asked: PageAsked) -> Result<Page, Problem> {
    let mut all = question.sensors().await?;
    let compare =
        |a: &Sensor, b: &Sensor| -> Ordering { order::compare(question.order, a, b).then(a.id.cmp(&b.id)) };
    all.sort_by(|a, b| compare(a, b));
    let begin = match asked.token {
        Some(token) => {
            let last = known(question, token).await?;
            all.partition_point(|sensor| compare(sensor, &last) != Ordering::Greater)
        }
        None => 0,
    };
    let mut collector = Collector::new(&asked);
    let mut rest = all.drain(begin..).peekable();
    while let Some(sensor) = rest.next() {
        let next = place(question, &sensor);
        if collector.take(of(sensor)) {
            let next = rest.peek().map(|_| next);
            return Ok(collector.page(next));
        }
    }
    Ok(collector.page(None))
}

/// The sensor that a token names.
async fn known(question: &Question<'_>, token: Token) -> Result<Sensor, Problem> {
    let found = sensors::by_ids(question.state.db(), question.scope, &[token.sensor]).await;
    let found = found.map_err(ApiError::from)?.pop();
    found.ok_or_else(|| {
        wrong(
            "$skiptoken",
            "the sensor that it goes on behind is not there",
            "the set from its beginning",
        )
    })
}

fn place(question: &Question<'_>, sensor: &Sensor) -> Token {
    let now = question.now();
    Token {
        range: TimeRange { from: now, to: now },
        time: None,
        sensor: sensor.id,
    }
}

fn of(sensor: Arc<Sensor>) -> Found {
    Found {
        sensor,
        of_sensor: OfSensor::Nothing,
    }
}
