//! What several requests ask for at the same moment, asked of the database once.
//!
//! While some questions are being answered, those that come wait, and go together as soon as there is a place: nobody waits
//! for a clock, and the busier the service is, the more one statement answers. A statement costs the database and the
//! service more than a small row does, so this is what small questions of many clients are worth.
//!
//! Only for questions whose answer is the same for all who ask: what an asker may see belongs into the key, or in front.

use std::collections::HashMap;
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::graphql::error::ApiError;

/// Statements at the same time. More of them answer fewer questions each.
const AT_ONCE: usize = 2;

/// Questions of one statement, at most; the others go with the next.
const TOGETHER_MAX: usize = 1_000;

/// Answers many questions at once; what has no answer is left out.
type Load<K, V> = Box<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, ApiError>> + Send + Sync>;

type Tell<V> = oneshot::Sender<Result<Option<V>, ApiError>>;

/// Questions by `K`, answered by `V`; cheap to clone.
pub(crate) struct Together<K, V>(Arc<Shared<K, V>>);

struct Shared<K, V> {
    load: Load<K, V>,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    /// Who waits for what.
    waiting: HashMap<K, Vec<Tell<V>>>,
    running: usize,
}

impl<K, V> Clone for Together<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Together<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    pub(crate) fn new(
        load: impl Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, ApiError>> + Send + Sync + 'static,
    ) -> Self {
        let state = State {
            waiting: HashMap::new(),
            running: 0,
        };
        Self(Arc::new(Shared {
            load: Box::new(load),
            state: Mutex::new(state),
        }))
    }

    /// The answer to one question; `None` when there is none.
    pub(crate) async fn ask(&self, key: K) -> Result<Option<V>, ApiError> {
        let (tell, told) = oneshot::channel();
        let has_place = {
            let mut state = self.state();
            state.waiting.entry(key).or_default().push(tell);
            let has_place = state.running < AT_ONCE;
            state.running += usize::from(has_place);
            has_place
        };
        if has_place {
            // A task of its own: whoever asked may leave, and the others still wait.
            tokio::spawn(self.clone().work());
        }
        told.await
            .unwrap_or_else(|gone| Err(ApiError::Internal(Arc::new(gone))))
    }

    /// Answers what waits, until nothing does.
    async fn work(self) {
        while let Some(batch) = self.next() {
            let keys = batch.keys().cloned().collect();
            // A bug in there must not leave its place taken for ever.
            let found = AssertUnwindSafe((self.0.load)(keys)).catch_unwind().await;
            let found = found.unwrap_or_else(|_| {
                let error = std::io::Error::other("a question asked together with others panicked");
                Err(ApiError::Internal(Arc::new(error)))
            });
            for (key, tells) in batch {
                let answer = match &found {
                    Ok(found) => Ok(found.get(&key).cloned()),
                    Err(error) => Err(error.clone()),
                };
                for tell in tells {
                    // Some have left meanwhile.
                    let _ = tell.send(answer.clone());
                }
            }
        }
    }

    /// What is to be asked next; the place is free again when there is nothing.
    fn next(&self) -> Option<HashMap<K, Vec<Tell<V>>>> {
        let mut state = self.state();
        state.waiting.retain(|_, tells| {
            tells.retain(|tell| !tell.is_closed());
            !tells.is_empty()
        });
        if state.waiting.is_empty() {
            state.running -= 1;
            return None;
        }
        if state.waiting.len() <= TOGETHER_MAX {
            return Some(std::mem::take(&mut state.waiting));
        }
        let keys: Vec<K> = state.waiting.keys().take(TOGETHER_MAX).cloned().collect();
        Some(
            keys.into_iter()
                .filter_map(|key| state.waiting.remove_entry(&key))
                .collect(),
        )
    }

    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    /// Doubles even numbers, knows no others, and panics at 13; a statement ends when `gate` lets it.
    fn doubler(gate: &Arc<Semaphore>, statements: &Arc<AtomicUsize>) -> Together<u32, u32> {
        let (gate, statements) = (Arc::clone(gate), Arc::clone(statements));
        Together::new(move |keys: Vec<u32>| {
            let gate = Arc::clone(&gate);
            statements.fetch_add(1, Ordering::Relaxed);
            async move {
                gate.acquire().await.unwrap().forget();
                assert!(!keys.contains(&13), "this is the bug");
                let even = keys.into_iter().filter(|key| key % 2 == 0);
                Ok(even.map(|key| (key, key * 2)).collect())
            }
            .boxed()
        })
    }

    #[tokio::test]
    async fn what_waits_goes_together_and_everybody_gets_an_answer_of_their_own() {
        let (gate, statements) = (Arc::new(Semaphore::new(0)), Arc::default());
        let doubler = doubler(&gate, &statements);
        let asking: Vec<_> = (0..3_000)
            .map(|key| {
                let doubler = doubler.clone();
                tokio::spawn(async move { doubler.ask(key % 2_500).await.unwrap() })
            })
            .collect();
        // All have asked before a statement ends.
        while doubler.state().waiting.len() < 2_500 - AT_ONCE {
            tokio::task::yield_now().await;
        }
        gate.add_permits(100);
        for (key, answer) in (0..3_000).zip(join_all(asking).await) {
            let key = key % 2_500;
            assert_eq!(answer.unwrap(), (key % 2 == 0).then_some(key * 2));
        }
        let statements = statements.load(Ordering::Relaxed);
        assert!(statements <= 2 + 2 * 3, "{statements} statements");
        assert_eq!(doubler.state().running, 0);
    }

    #[tokio::test]
    async fn a_question_that_nobody_waits_for_any_more_is_not_asked() {
        let (gate, statements) = (Arc::new(Semaphore::new(0)), Arc::default());
        let doubler = doubler(&gate, &statements);
        let running = join_all((0..2).map(|key| doubler.ask(key)));
        tokio::pin!(running);
        let leaver = doubler.ask(4);
        tokio::select! {
            biased;
            _ = &mut running => panic!("nothing is answered yet"),
            _ = leaver => panic!("nothing is answered yet"),
            () = tokio::task::yield_now() => {}
        }
        gate.add_permits(100);
        assert_eq!(running.await.len(), 2);
        assert_eq!(statements.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn after_a_bug_the_next_question_is_answered() {
        let (gate, statements) = (Arc::new(Semaphore::new(100)), Arc::default());
        let doubler = doubler(&gate, &statements);
        for _ in 0..=AT_ONCE {
            let error = doubler.ask(13).await.unwrap_err();
            assert!(matches!(error, ApiError::Internal(_)), "{error}");
        }
        assert_eq!(doubler.ask(6).await.unwrap(), Some(12));
    }
}
