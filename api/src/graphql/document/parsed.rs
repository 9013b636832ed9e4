//! Documents that came lately, as the parser left them: programs and pages send the same ones with other variables, and
//! parsing one takes longer than reading a sensor's latest reading.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::parser::types::ExecutableDocument;
use lru::LruCache;

/// Texts that are remembered. Few programs have more, and what a stranger sends only once goes first.
const DOCUMENTS_MAX: NonZeroUsize = NonZeroUsize::new(128).expect("above zero");

/// The longest of them: trees take many times the memory of their texts.
const BYTES_MAX: usize = 4 << 10;

/// Documents within the limits, by their texts.
pub(crate) struct Parsed(Mutex<LruCache<String, Arc<ExecutableDocument>>>);

impl fmt::Debug for Parsed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parsed").finish_non_exhaustive()
    }
}

impl Default for Parsed {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(DOCUMENTS_MAX)))
    }
}

impl Parsed {
    /// The document of this text, when it came lately.
    pub(super) fn get(&self, text: &str) -> Option<ExecutableDocument> {
        let found = self.lock().get(text).map(Arc::clone)?;
        Some(ExecutableDocument::clone(&found))
    }

    /// Remembers what a text is.
    pub(super) fn insert(&self, text: &str, document: &ExecutableDocument) {
        if text.len() <= BYTES_MAX {
            self.lock().put(text.to_owned(), Arc::new(document.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<String, Arc<ExecutableDocument>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
