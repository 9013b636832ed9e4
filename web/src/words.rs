//! Numbers, times, sizes and states, as people say them.

mod number;
mod state;
mod time;

pub(crate) use self::number::{bytes, count, percent, value};
pub(crate) use self::state::State;
pub(crate) use self::time::{age, day, every, instant, machine};
