//! The catalogue as feeds: what an asker sees of it, in the words of standards.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use catalogue::feeds::{Address, atom, data_package, dcat, odcs, schema_org};
use catalogue::model::{Access as DataAccess, Catalogue, Dataset, Incident};
use entity::incidents::newest_of_each;

use crate::access::Access;
use crate::datasets;
use crate::graphql::error::ApiError;
use crate::http::{Problem, conditional, negotiate, origin};
use crate::state::ApiState;

const JSON_LD: &str = "application/ld+json";
const TURTLE: &str = "text/turtle; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";
const YAML: &str = "application/yaml";
const JSON: &str = "application/json";

/// `/catalogue`: in the form that the client would rather have.
pub(crate) async fn negotiated(
    state: State<ApiState>,
    access: Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut response = if negotiate::prefers_turtle(&headers) {
        turtle(state, access, headers).await?
    } else {
        json_ld(state, access, headers).await?
    };
    response.headers_mut().append(header::VARY, header::ACCEPT.into());
    Ok(response)
}

/// `/catalogue.jsonld`: DCAT-AP with DQV.
pub(crate) async fn json_ld(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    whole(&state, &access, &headers, JSON_LD, dcat::json_ld).await
}

/// `/catalogue.ttl`: the same as Turtle.
pub(crate) async fn turtle(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    whole(&state, &access, &headers, TURTLE, dcat::turtle).await
}

/// `/catalogue.atom`: what has changed of any dataset.
pub(crate) async fn changes(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (mut catalogue, address) = seen(&state, &access, &base(&state, &headers)).await?;
    add_incidents(&state, &access, &mut catalogue.datasets).await?;
    Ok(conditional::document(
        &headers,
        ATOM,
        atom::of_catalogue(&catalogue, &address),
    ))
}

/// A feed of all that an asker sees.
async fn whole(
    state: &ApiState,
    access: &Access,
    headers: &HeaderMap,
    media_type: &'static str,
    draw: fn(&Catalogue, &Address) -> String,
) -> Result<Response, Problem> {
    let (catalogue, address) = seen(state, access, &base(state, headers)).await?;
    Ok(conditional::document(
        headers,
        media_type,
        draw(&catalogue, &address),
    ))
}

/// `/datasets/{slug}`: as schema.org describes datasets.
pub(crate) async fn dataset(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let (catalogue, address) = seen(&state, &access, &base(&state, &headers)).await?;
    let dataset = named(&catalogue, &slug)?;
    let body = schema_org::dataset(&catalogue, dataset, &address).to_string();
    Ok(conditional::document(&headers, JSON_LD, body))
}

/// `/datasets/{slug}/{file}`: its contract, its data package, its versions.
pub(crate) async fn of_dataset(
    State(state): State<ApiState>,
    Extension(access): Extension<Access>,
    headers: HeaderMap,
    Path((slug, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (mut catalogue, address) = seen(&state, &access, &base(&state, &headers)).await?;
    if file == "versions.atom" {
        let own = catalogue
            .datasets
            .iter_mut()
            .filter(|dataset| dataset.slug == slug);
        add_incidents(&state, &access, own).await?;
    }
    let dataset = named(&catalogue, &slug)?;
    let (media_type, body) = match file.as_str() {
        "contract.odcs.yaml" => (YAML, odcs::contract(&catalogue, dataset, &address)),
        "datapackage.json" => (JSON, data_package::descriptor(&catalogue, dataset, &address)),
        "versions.atom" => (ATOM, atom::of_dataset(&catalogue, dataset, &address)),
        _ => {
            return Err(Problem::new(ApiError::NotFound {
                argument: "path",
                message: format!(
                    "there is no {file:?} of a dataset: there are contract.odcs.yaml, datapackage.json and versions.atom"
                ),
            }));
        }
    };
    Ok(conditional::document(&headers, media_type, body))
}

/// What an asker sees of the catalogue, and the addresses below the one by which they came. Examples are data and in no feed.
pub(crate) async fn seen(
    state: &ApiState,
    access: &Access,
    base: &str,
) -> Result<(Catalogue, Address), ApiError> {
    access.catalogue()?;
    let address = address(state, base)?;
    let seen = datasets::seen_by(state, access).await?;
    let datasets = seen.datasets().map(|asked| {
        let mut dataset = asked.described().clone();
        dataset.freshness = asked.freshness();
        dataset.quality = asked.quality().into_owned();
        dataset.access = if seen.is_open_to_anybody(&dataset) {
            DataAccess::Anybody
        } else {
            DataAccess::WithKey
        };
        for field in &mut dataset.fields {
            field.example = None;
        }
        dataset
    });
    let words = seen.words();
    let catalogue = Catalogue {
        title: words.title.clone(),
        description: words.description.clone(),
        publisher: words.publisher.clone(),
        language: words.language.clone(),
        datasets: datasets.collect(),
        computed_at: words.computed_at,
    };
    Ok((catalogue, address))
}

/// Adds to datasets what went wrong with them, as far as an asker may see it.
async fn add_incidents<'d>(
    state: &ApiState,
    access: &Access,
    datasets: impl IntoIterator<Item = &'d mut Dataset>,
) -> Result<(), ApiError> {
    let seen = datasets::seen_by(state, access).await?;
    let open = seen.open(access, "path", None)?;
    let mut datasets: Vec<&mut Dataset> = datasets.into_iter().collect();
    datasets.retain(|dataset| open.contains(&dataset.slug));
    let slugs: Vec<String> = datasets.iter().map(|dataset| dataset.slug.clone()).collect();
    let max = u32::try_from(atom::ENTRIES_MAX).unwrap_or(u32::MAX);
    for (incident, sensor) in newest_of_each(state.db(), access.within(), &slugs, None, max).await? {
        let of = datasets
            .iter_mut()
            .find(|dataset| dataset.slug == incident.of.dataset);
        if let Some(dataset) = of {
            dataset.incidents.push(Incident {
                id: incident.id,
                kind: incident.of.kind,
                sensor,
                started_at: incident.started_at,
                ended_at: incident.ended_at,
                detail: incident.detail,
            });
        }
    }
    Ok(())
}

/// The address by which an asker reaches this service, without a slash at its end.
pub(crate) fn base(state: &ApiState, headers: &HeaderMap) -> String {
    match &state.options().public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => origin::of(headers).unwrap_or_else(|| format!("http://{}", state.options().http)),
    }
}

fn address(state: &ApiState, base: &str) -> Result<Address, ApiError> {
    let address = Address::new(base).map_err(|error| ApiError::BadRequest {
        message: format!("this service is not reached by such a name: {error}"),
    })?;
    Ok(match &state.options().public_database {
        Some(database) => address.with_database(database.clone()),
        None => address,
    })
}

fn named<'c>(catalogue: &'c Catalogue, slug: &str) -> Result<&'c Dataset, ApiError> {
    catalogue.dataset(slug).ok_or_else(|| ApiError::NotFound {
        argument: "path",
        message: format!("there is no dataset {slug:?}"),
    })
}
