//! A published plan as a folder of TOML files that a planner reads beside the printed text.
//!
//! `kinds.toml` holds the kinds of project with their steps, `regions/` and `organisations/` the registry,
//! `plans/<code>/plan.toml` the plan and its service areas, and every other file of that folder one programme (a box)
//! with its initiatives, commitments and projects in the order of the print. Nothing here knows a city.
//!
//! [`read`] answers either the whole plan, in which every code is unique and every reference resolves, or every fault
//! of every file at once, each with file, line and column. No floats: a number stands exactly as it is printed.

mod check;
mod commitment;
mod findings;
mod milestones;
mod model;
mod project;
mod read;
mod records;
pub mod scenario;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

pub use check::uncovered;
pub use milestones::milestones;
pub use model::{
    Commitment, Due, Initiative, KindStep, ListedMilestone, Organisation, Owner, Plan, PlanFiles, Programme,
    Project, ProjectKind, Region, ServiceArea,
};
pub use words::{
    Better, DueBasis, Level, Measure, Nature, Operator, OrganisationKind, OwnerBasis, OwnerRole, Precision,
    ServiceClass, Strength, Word,
};

/// Where something stands in the files: the path below the seeds' root, and line and column from 1, the column in
/// characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

/// One thing that is wrong in the files. Programs match on `code`; planners read `message`, in Chinese, with the
/// names of fields as the file has them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Fault {
    pub file: String,
    /// From 1; where a whole file is at fault, 1.
    pub line: usize,
    pub column: Option<usize>,
    pub code: &'static str,
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, " [{}] {}", self.code, self.message)
    }
}

/// Reads the plan `plan` below `root`, the folder of the seeds. The faults come in the order of file and line.
pub fn read(root: &Path, plan: &str) -> Result<PlanFiles, Vec<Fault>> {
    let findings = findings::Findings::default();
    let files = read::folder(root, plan, &findings);
    if let Some(files) = &files {
        check::counts(files, &findings);
        check::parents(files, &findings);
    }
    check::references(&findings);
    let faults = findings.into_faults();
    match files {
        Some(files) if faults.is_empty() => Ok(files),
        _ => Err(faults),
    }
}
