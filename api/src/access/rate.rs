//! How often somebody may ask: by key, by an issuer's subject, or by address.
//!
//! Each asker has a bucket (GCRA) that fills at its pace; a request takes one drop. Buckets are kept for the askers seen
//! last. Whose bucket was dropped meanwhile has a full one again: with so many askers, that is the smaller evil.

use std::net::{IpAddr, Ipv6Addr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::Quota;
use governor::clock::{Clock, MonotonicClock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use lru::LruCache;
use uuid::Uuid;

use crate::graphql::error::ApiError;
use crate::options::Limits;

/// Askers whose buckets are kept.
const ASKERS_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("it is not zero");

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Key(Uuid),
    Subject(String),
    Address(IpAddr),
}

impl Who {
    /// Whoever asks from this address. A household has a whole /64 of IPv6, so its addresses count as one.
    pub(super) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from(network))
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

type Drops<C> = governor::RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

struct Bucket<C: Clock> {
    quota: Quota,
    drops: Drops<C>,
    /// Since the last refusal: there is no drop before.
    empty_until: Option<C::Instant>,
}

/// The buckets of many askers.
pub(super) struct Buckets<C: Clock = MonotonicClock> {
    clock: C,
    buckets: Mutex<LruCache<Who, Bucket<C>>>,
}

impl<C: Clock + Clone> Buckets<C> {
    pub(super) fn new(clock: C) -> Self {
        Self {
            clock,
            buckets: Mutex::new(LruCache::new(ASKERS_MAX)),
        }
    }

    /// Takes a drop from somebody's bucket, or says in how many seconds there is one.
    pub(super) fn take(&self, who: Who, quota: Quota) -> Result<(), ApiError> {
        let new = || Bucket {
            quota,
            drops: Drops::direct_with_clock(quota, self.clock.clone()),
            empty_until: None,
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_mut(who, new);
        if bucket.quota != quota {
            *bucket = new();
        }
        bucket.drops.check().map_err(|until| {
            bucket.empty_until = Some(until.earliest_possible());
            refusal(until.wait_time_from(self.clock.now()))
        })
    }

    /// Refuses whom [`take`](Self::take) would refuse since it did so last; takes nothing.
    pub(super) fn refuse(&self, who: &Who) -> Result<(), ApiError> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match buckets.get(who).and_then(|bucket| bucket.empty_until) {
            Some(until) if now < until => Err(refusal(until.duration_since(now).into())),
            _ => Ok(()),
        }
    }
}

/// Rounded up: who waits that long is not refused again.
fn refusal(wait: Duration) -> ApiError {
    let partial = u64::from(wait.subsec_nanos() > 0);
    ApiError::RateLimited {
        retry_after_seconds: (wait.as_secs() + partial).max(1),
    }
}

/// What one asker may do: so many requests a second, several times as many at once.
pub(super) fn everyday(limits: &Limits) -> Option<Quota> {
    let pace = NonZeroU32::new(limits.requests_per_second_max)?;
    let burst = NonZeroU32::new(limits.requests_burst_max).unwrap_or(NonZeroU32::MIN);
    Some(Quota::per_second(pace).allow_burst(burst))
}

/// What a key with a limit of its own may do.
pub(super) fn of_key(requests_per_minute: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(requests_per_minute).unwrap_or(NonZeroU32::MIN))
}

/// What one address may do wrong.
pub(super) fn failures(limits: &Limits) -> Quota {
    of_key(limits.failures_per_minute_max)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn refused(result: Result<(), ApiError>) -> Option<u64> {
        match result {
            Ok(()) => None,
            Err(ApiError::RateLimited { retry_after_seconds }) => Some(retry_after_seconds),
            Err(other) => panic!("{other}"),
        }
    }

    fn address(text: &str) -> Who {
        Who::at(text.parse().unwrap())
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_pace_holds() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(clock.clone());
        let limits = Limits {
            requests_per_second_max: 2,
            requests_burst_max: 5,
            ..Limits::default()
        };
        let quota = everyday(&limits).unwrap();
        let take = || refused(buckets.take(Who::Key(Uuid::nil()), quota));
        for _ in 0..5 {
            assert_eq!(take(), None);
        }
        assert_eq!(take(), Some(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!((take(), take(), take()), (None, None, Some(1)));
        assert_eq!(refused(buckets.take(Who::Key(Uuid::max()), quota)), None);
    }

    #[test]
    fn who_waits_as_long_as_told_is_let_through() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(clock.clone());
        let quota = of_key(2);
        let take = || refused(buckets.take(address("192.0.2.1"), quota));
        assert_eq!((take(), take()), (None, None));
        let wait = take().unwrap();
        assert_eq!(wait, 30);
        clock.advance(Duration::from_secs(wait));
        assert_eq!(take(), None);
    }

    #[test]
    fn an_empty_bucket_refuses_until_there_is_a_drop() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(clock.clone());
        let who = address("192.0.2.1");
        assert_eq!(refused(buckets.refuse(&who)), None);
        assert_eq!(refused(buckets.take(who.clone(), of_key(1))), None);
        assert_eq!(refused(buckets.refuse(&who)), None, "nobody was refused yet");
        assert_eq!(refused(buckets.take(who.clone(), of_key(1))), Some(60));
        assert_eq!(refused(buckets.refuse(&who)), Some(60));
        clock.advance(Duration::from_mins(1));
        assert_eq!(refused(buckets.refuse(&who)), None);
    }

    #[test]
    fn a_network_of_ipv6_and_an_address_of_ipv4_are_one_asker() {
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.2"), address("192.0.2.1"));
    }

    #[test]
    fn no_pace_is_no_limit_and_memory_is_bounded() {
        let limits = Limits {
            requests_per_second_max: 0,
            ..Limits::default()
        };
        assert_eq!(everyday(&limits), None);
        let buckets = Buckets::new(FakeRelativeClock::default());
        for number in 0..20_000_u128 {
            buckets
                .take(Who::Key(Uuid::from_u128(number)), of_key(1))
                .unwrap();
        }
        assert_eq!(buckets.buckets.lock().unwrap().len(), ASKERS_MAX.get());
    }
}
