//! stub
#[derive(Debug)]
pub struct Broker;
