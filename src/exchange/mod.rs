//! What comes in and goes out as files. Readers here are pure: they answer the domains' inputs or all the faults of
//! the files, and touch no database.

pub mod plan_files;
