//! The tests that need a database, in one binary.

mod local_cluster;
