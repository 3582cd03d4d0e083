//! What comes in and goes out as files: readers that are pure and tell every fault at once, and the loading of what
//! they read through the domains' own stores and actions.

pub mod assessment;
pub mod demonstration;
pub mod load;
pub mod plan_files;
