//! stub
#[derive(Debug)]
pub struct ObjectStore;
