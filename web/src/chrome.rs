//! What stands around every page: who looks at it, where they are, what version answers.

use serde::Deserialize;
use serde_json::Value;

use crate::api::Visitor;
use crate::assets;

/// The frame of a page.
#[derive(Debug, Clone)]
pub(crate) struct Chrome {
    /// The path of the page, for the menu and for coming back after signing in.
    pub(crate) path: String,
    /// Who looks at it, where that is known.
    pub(crate) asker: Option<Asker>,
    /// The version of Fieldbook; empty where it did not say.
    pub(crate) version: String,
    /// Whether data is open to whoever comes.
    pub(crate) is_open: bool,
    /// Where the embedded files are.
    pub(crate) assets: &'static str,
}

/// Who looks at the page.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asker {
    pub(crate) kind: String,
    pub(crate) display_name: Option<String>,
    pub(crate) signed_in: bool,
    pub(crate) role: Option<String>,
}

impl Asker {
    pub(crate) fn is_known(&self) -> bool {
        self.kind != "ANONYMOUS"
    }

    pub(crate) fn is_steward(&self) -> bool {
        matches!(self.role.as_deref(), Some("steward" | "admin"))
    }

    pub(crate) fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or("somebody")
    }
}

#[derive(Deserialize)]
struct Answer {
    service: Service,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    version: String,
    anonymous_access: String,
    asker: Asker,
}

/// An entry of the menu.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: &'static str,
    pub(crate) title: &'static str,
}

/// The menu.
pub(crate) const MENU: &[Entry] = &[
    entry("/datasets", "Datasets"),
    entry("/sensors/", "Sensors"),
    entry("/quality", "Quality"),
    entry("/freshness", "Freshness"),
    entry("/incidents", "Incidents"),
    entry("/lineage", "Lineage"),
    entry("/glossary", "Glossary"),
    entry("/connect", "Connect"),
    entry("/graphql", "Playground"),
];

const fn entry(path: &'static str, title: &'static str) -> Entry {
    Entry { path, title }
}

impl Chrome {
    /// The frame of the page at `path`. Without an answer it is there all the same.
    pub(crate) async fn of(visitor: &Visitor, path: &str) -> Self {
        let answer = visitor
            .ask::<Answer>(include_str!("../queries/chrome.graphql"), Value::Null)
            .await
            .ok();
        let Some(Answer { service }) = answer else {
            return Self::bare(path);
        };
        Self {
            path: path.to_owned(),
            asker: Some(service.asker),
            version: service.version,
            is_open: service.anonymous_access == "DATA",
            assets: assets::base(),
        }
    }

    /// The frame of a page for whom nothing can be asked.
    pub(crate) fn bare(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            asker: None,
            version: String::new(),
            is_open: false,
            assets: assets::base(),
        }
    }

    /// Whether an entry of the menu is where the page is.
    pub(crate) fn is_at(&self, entry: &Entry) -> bool {
        let entry = entry.path.trim_end_matches('/');
        self.path
            .strip_prefix(entry)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(crate) fn is_known(&self) -> bool {
        self.asker.as_ref().is_some_and(Asker::is_known)
    }

    pub(crate) fn is_steward(&self) -> bool {
        self.asker.as_ref().is_some_and(Asker::is_steward)
    }

    /// Whether a program must show a key for what this page shows.
    pub(crate) fn needs_key(&self) -> bool {
        !self.is_open
    }

    /// Whether they signed in with this browser, and may sign out.
    pub(crate) fn is_signed_in(&self) -> bool {
        self.asker.as_ref().is_some_and(|asker| asker.signed_in)
    }

    /// The name of who is signed in.
    pub(crate) fn name(&self) -> &str {
        self.asker.as_ref().map_or("", Asker::name)
    }
}
