//! Fieldbook from outside: the binary, MQTT, HTTP, S3, SQL.
//!
//! Each test has a data directory and servers of its own on free ports of the loopback interface. When a test ends, in
//! whatever way, a watchdog ends what it left.

mod acknowledgements;
mod bad_input;
mod balance;
mod chaos;
mod cli;
mod crash;
mod disk;
mod doctor;
mod harness;
mod keys;
mod live;
mod losing_nothing;
mod lost_sessions;
mod page_states;
mod pages;
mod quarantine;
mod raw_message;
mod readers;
mod real_input;
mod replay;
mod retention;
mod shared;
mod sources;
mod up;
mod webhooks;
