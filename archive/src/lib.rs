//! The raw archive on S3: keys, lines, frames, and reading one message back.
