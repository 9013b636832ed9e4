//! `sensor`: one sensor by name or id.

use async_graphql::{Context, ID, Object};

use crate::ask::named::Wanted;
use crate::graphql::batch::LatestKey;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::Sensor;
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct SensorQuery;

#[Object]
impl SensorQuery {
    /// One sensor, by its name or its id; null when there is none.
    async fn sensor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name, exactly as in its messages.")] name: Option<String>,
        #[graphql(desc = "The source whose sensor it is; needed when several sources use the name.")] source: Option<
            String,
        >,
        #[graphql(desc = "Its id, instead of the name.")] id: Option<ID>,
    ) -> Nullable<Sensor> {
        let found: Result<Option<Sensor>, ApiError> = async {
            let scope = ctx.sensor_scope()?;
            let (argument, wanted) = match (name, id) {
                (Some(name), None) => ("name", name),
                (None, Some(id)) => ("id", sensor_id(&id)?),
                _ => {
                    return Err(ApiError::InvalidArgument {
                        argument: "name".to_owned(),
                        message: "one sensor has one name or one id".to_owned(),
                        accepted: "either name or id".to_owned(),
                    });
                }
            };
            let wanted = Wanted {
                argument,
                name: &wanted,
                source: source.as_deref(),
                // Who may see sensors may not see readings for that.
                with_latest: ctx.scope().is_ok() && ctx.look_ahead().field("latest").exists(),
            };
            let Some((sensor, latest)) = ctx.state().named().one(scope, wanted, ctx.limits()).await? else {
                return Ok(None);
            };
            if let Some(latest) = latest {
                // The loader has the reading when the field asks for it.
                ctx.loaders().feed_one(LatestKey(sensor.id), latest).await;
            }
            Ok(Some(Sensor(sensor)))
        }
        .await;
        found.transpose()
    }
}

/// The id of a sensor as the database's text writes it.
fn sensor_id(id: &ID) -> Result<String, ApiError> {
    match uuid::Uuid::try_parse(id) {
        Ok(uuid) => Ok(uuid.to_string()),
        Err(_) => Err(ApiError::InvalidArgument {
            argument: "id".to_owned(),
            message: "this is no id of a sensor".to_owned(),
            accepted: "the id of a sensor, a UUID such as 6f1c1f0a-9a52-5c0e-8f27-2f6b9d3d7c11".to_owned(),
        }),
    }
}
