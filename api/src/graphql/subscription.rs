//! Subscriptions: an operation is opened once, and each event is an execution of its own.
//!
//! The library would keep one context for all events of a subscription: its clock, its budgets and what its loaders
//! remember would be those of the first. So the fields here are those of an ordinary object. Executed with
//! [`Call::Open`], a field checks its arguments and says what is asked for; executed with [`Call::Event`], it shows an
//! event. `live::operation` does the one and then, for each event, the other.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::registry::Registry;
use async_graphql::{Context, Object, OutputType, Response, SubscriptionType};
use futures_util::stream::{self, Stream};

use super::error::ApiError;
use super::model::{CatalogueChangeKind, CatalogueChanges, Reading, ReadingBatch, SensorFilter};
use super::request::ContextExt as _;
use crate::ask::{page, sensors};
use crate::datasets::seen_by;
use crate::live::changes::{Of, Wanted};
use crate::live::feed::{Ask, Choice, Pace};
use crate::live::source::{Subject, Told};

/// Readings in one event, unless a stream asks for another number.
const FIRST: i32 = 1000;

/// What an execution is for.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// To learn what is asked for.
    Open(Asks),
    /// To show an event.
    Event(Arc<Told>),
}

/// What the fields of an operation ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asks(Arc<Mutex<Vec<Subject>>>);

impl Asks {
    fn add(&self, subject: Subject) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(subject);
    }

    pub(crate) fn take(&self) -> Vec<Subject> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Readings as they are loaded, and what changes of the catalogue.
///
/// Over a WebSocket (`graphql-transport-ws`) or as server-sent events (`Accept: text/event-stream`). Each event of readings
/// has `extensions.cursor`: given as `after` to a new subscription, it goes on just there, with nothing missing and nothing
/// twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subscription;

/// Readings as they are loaded, and what changes of the catalogue.
///
/// Over a WebSocket (`graphql-transport-ws`) or as server-sent events (`Accept: text/event-stream`). Each event of readings
/// has `extensions.cursor`: given as `after` to a new subscription, it goes on just there, with nothing missing and nothing
/// twice.
#[Object]
impl Subscription {
    /// Readings as they are loaded, some 1,000 an event at most, those of one journal in the order of their messages. A
    /// subscriber that is too slow to take them is not waited for: the subscription ends with `LIMIT_EXCEEDED` and a
    /// cursor.
    async fn reading_added(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Names or ids of sensors. Default: all that the asker may see, those that register later included."
        )]
        sensors: Option<Vec<String>>,
        #[graphql(desc = "Begin behind this cursor of an earlier event. Default: begin now.")] after: Option<
            String,
        >,
    ) -> Result<Vec<Reading>, ApiError> {
        match ctx.data_unchecked::<Call>() {
            Call::Open(asks) => {
                let first = page::rows("first", FIRST, ctx.limits())?;
                asks.add(Subject::Readings(Ask {
                    choice: choice(ctx, sensors, None).await?,
                    after,
                    pace: Pace::OrEnd,
                    first: usize::try_from(first).unwrap_or(usize::MAX),
                }));
                Ok(Vec::new())
            }
            Call::Event(told) => {
                let readings = told.readings().into_iter().flat_map(|event| &event.readings);
                Ok(readings.cloned().map(Reading::from).collect())
            }
        }
    }

    /// Readings as they are loaded, in batches that say how far they go. The first batch comes at once, without readings,
    /// and says where the stream begins; so does one now and then when there is nothing else to say. A subscriber that
    /// is slow gets what it missed from the database, and is told what is too much for that.
    async fn reading_stream(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Names or ids of sensors. Default: all that the asker may see, those that register later included."
        )]
        sensors: Option<Vec<String>>,
        #[graphql(
            desc = "Which sensors, as they are declared when a reading comes. Default: any. Not together with `sensors`."
        )]
        filter: Option<SensorFilter>,
        #[graphql(desc = "Begin behind this cursor of an earlier batch. Default: begin now.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "Readings of a batch at most, from 1 to 10,000; a message with more stays in one piece.",
            default_with = "Some(FIRST)"
        )]
        first: Option<i32>,
    ) -> Result<ReadingBatch, ApiError> {
        match ctx.data_unchecked::<Call>() {
            Call::Open(asks) => {
                let first = page::rows("first", first.unwrap_or(FIRST), ctx.limits())?;
                asks.add(Subject::Readings(Ask {
                    choice: choice(ctx, sensors, filter).await?,
                    after,
                    pace: Pace::OrCatchUp,
                    first: usize::try_from(first).unwrap_or(usize::MAX),
                }));
                Ok(ReadingBatch::default())
            }
            Call::Event(told) => Ok(told.readings().map(ReadingBatch::from).unwrap_or_default()),
        }
    }

    /// What changes of the freshness of datasets and sensors, and of the quality of datasets, as it is found out, every 15
    /// seconds. The first event comes at once, without changes, and says as of when the comparison begins. Whoever takes
    /// events too slowly is told what is different from the last one that they took. What could not be found out is no change.
    async fn catalogue_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Slugs of datasets. Default: all that there are for the asker, those that come later included."
        )]
        datasets: Option<Vec<String>>,
        #[graphql(desc = "Changes of one of these kinds. Default: of both.")] kinds: Option<
            Vec<CatalogueChangeKind>,
        >,
    ) -> Result<CatalogueChanges, ApiError> {
        match ctx.data_unchecked::<Call>() {
            Call::Open(asks) => {
                if let Some(slugs) = &datasets {
                    let seen = seen_by(ctx.state(), &ctx.asked().access).await?;
                    let is_there =
                        |slug: &&String| seen.datasets().any(|dataset| dataset.described().slug == **slug);
                    if let Some(slug) = slugs.iter().find(|slug| !is_there(slug)) {
                        return Err(ApiError::NotFound {
                            argument: "datasets",
                            message: format!("there is no dataset {slug:?}"),
                        });
                    }
                }
                let of = match kinds {
                    None => vec![Of::Freshness, Of::Quality],
                    Some(kinds) => kinds.into_iter().map(Into::into).collect(),
                };
                asks.add(Subject::Changes(Wanted { datasets, of }));
                Ok(CatalogueChanges::empty(ctx.asked().at))
            }
            Call::Event(told) => Ok(match told.changes() {
                Some(changed) => CatalogueChanges::from(changed),
                None => CatalogueChanges::empty(ctx.asked().at),
            }),
        }
    }
}

async fn choice(
    ctx: &Context<'_>,
    names: Option<Vec<String>>,
    filter: Option<SensorFilter>,
) -> Result<Choice, ApiError> {
    let scope = ctx.scope()?;
    let limits = ctx.limits();
    match (names, filter) {
        (Some(_), Some(_)) => Err(ApiError::InvalidArgument {
            argument: "filter".to_owned(),
            message: "sensors are named and filtered at once".to_owned(),
            accepted: "sensors or filter, not both".to_owned(),
        }),
        (Some(names), None) => {
            let found = sensors::by_names(ctx.db(), scope, "sensors", &names, limits).await?;
            Ok(Choice::Sensors(found.iter().map(|sensor| sensor.id).collect()))
        }
        (None, Some(filter)) => {
            let filter = filter.check("filter", limits)?;
            // One that matches too many is refused now, and not in the middle of the stream.
            sensors::matching(ctx.db(), scope, "filter", &filter, limits).await?;
            Ok(Choice::Matching(Box::new(filter)))
        }
        (None, None) => Ok(Choice::All),
    }
}

/// In the schema it is the root of subscriptions; the library runs none of them.
impl SubscriptionType for Subscription {
    fn type_name() -> Cow<'static, str> {
        <Self as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Self as OutputType>::create_type_info(registry)
    }

    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        Some(Box::pin(stream::empty()))
    }
}
