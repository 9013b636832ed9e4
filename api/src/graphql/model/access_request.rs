//! Requests for datasets that are not open to who asks.

use async_graphql::{Enum, ID, SimpleObject};
use entity::access_requests::{self, RequestState};
use entity::keys::Holder;
use entity::query::Page;

use super::PageInfo;
use crate::access::Access;
use crate::ask::cursor;
use crate::graphql::scalar::DateTime;

/// A request for a dataset that was not open to who asked.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct AccessRequest {
    /// Its id.
    id: ID,
    /// The slug of the dataset.
    dataset: String,
    /// What it is wanted for, in the words of who asks.
    reason: String,
    /// What became of it.
    state: AccessRequestState,
    /// When it was asked.
    created_at: DateTime,
    /// When it was decided or withdrawn; null while it waits.
    decided_at: Option<DateTime>,
    /// Which steward decided: the name of the key, or the subject of the token; null where none did.
    decided_by: Option<String>,
    /// What the steward said about it; null for nothing.
    note: Option<String>,
    /// What people called who asks when they asked.
    asker_name: String,
    /// The beginning of the key that asks; null for somebody who signed in at an issuer.
    asker_key_prefix: Option<String>,
    /// Whether it is the asker's own.
    is_own: bool,
    /// Whether it waits, and the asker may decide about it.
    may_decide: bool,
}

impl AccessRequest {
    /// As this asker sees it, who is `holder`, if anybody.
    pub(crate) fn new(
        request: access_requests::AccessRequest,
        access: &Access,
        holder: Option<&Holder>,
    ) -> Self {
        let waits = request.state == RequestState::Pending;
        Self {
            id: request.id.into(),
            may_decide: waits && access.steward_of(&request.dataset).is_ok(),
            is_own: holder == Some(&request.asker),
            dataset: request.dataset,
            reason: request.reason,
            state: request.state.into(),
            created_at: DateTime(request.created_at),
            decided_at: request.decided_at.map(DateTime),
            decided_by: request.decided_by,
            note: request.note,
            asker_name: request.asker_name,
            asker_key_prefix: request.key_prefix,
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "RequestState")]
pub(crate) enum AccessRequestState {
    /// It waits for a steward.
    Pending,
    /// A steward opened the dataset.
    Granted,
    /// A steward did not.
    Denied,
    /// Who asked took it back.
    Withdrawn,
}

/// A page of requests.
#[derive(Debug, SimpleObject)]
pub(crate) struct AccessRequestConnection {
    /// The requests with their cursors.
    edges: Option<Vec<Option<AccessRequestEdge>>>,
    /// The requests.
    nodes: Vec<AccessRequest>,
    /// Where this page lies.
    page_info: PageInfo,
}

/// A request and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct AccessRequestEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The request.
    node: Option<AccessRequest>,
}

impl AccessRequestConnection {
    pub(crate) fn new(
        page: Page<access_requests::AccessRequest>,
        access: &Access,
        holder: Option<&Holder>,
    ) -> Self {
        let cursors: Vec<String> = page
            .rows
            .iter()
            .map(|request| cursor::of_request(request.key()))
            .collect();
        let page_info = PageInfo {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: cursors.first().cloned(),
            end_cursor: cursors.last().cloned(),
        };
        let requests = page.rows.into_iter();
        let nodes: Vec<AccessRequest> = requests
            .map(|request| AccessRequest::new(request, access, holder))
            .collect();
        let edges = cursors.into_iter().zip(&nodes).map(|(cursor, request)| {
            Some(AccessRequestEdge {
                cursor,
                node: Some(request.clone()),
            })
        });
        Self {
            edges: Some(edges.collect()),
            nodes,
            page_info,
        }
    }
}
