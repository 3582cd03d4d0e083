//! The demonstration's accounts: every role for the city, each city department, each county's government, and each county
//! department and institution that owes a project.

use serde::Serialize;

use crate::exchange::plan_files::{Organisation, PlanFiles, Word};
use crate::http::vocabularies::role_label;
use crate::kernel::Role;

/// One account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub role: Role,
    pub organisation: String,
    pub username: String,
    pub display_name: String,
}

/// One account as it is told, once.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    pub role: Role,
    pub organisation: String,
    pub username: String,
    pub password: String,
}

fn account(organisation: &Organisation, role: Role, word: &str) -> Wanted {
    let short = organisation.code.replace('.', "-");
    Wanted {
        role,
        organisation: organisation.code.clone(),
        username: format!("{short}-{}", role.as_str()),
        display_name: format!("{}{word}", organisation.name),
    }
}

/// The accounts for what the files hold: of county departments and institutions, those that owe a project.
pub fn wanted(files: &PlanFiles) -> Vec<Wanted> {
    let mut all = Vec::new();
    let owing = |code: &str| {
        files
            .projects
            .iter()
            .any(|p| p.owners.iter().any(|owner| owner.organisation == code))
    };
    let mut pairs = |organisation: &Organisation| {
        for role in [Role::Staff, Role::Reviewer] {
            all.push(account(organisation, role, role_label(role)));
        }
    };
    let mut roots = Vec::new();
    for organisation in &files.organisations {
        match organisation.kind.as_str() {
            "city_government" => roots.push(organisation),
            "city_department" | "county_government" => pairs(organisation),
            "county_department" | "institution" if owing(&organisation.code) => pairs(organisation),
            _ => {}
        }
    }
    for root in roots {
        for role in Role::ALL {
            all.push(account(root, role, role_label(role)));
        }
    }
    for organisation in files
        .organisations
        .iter()
        .filter(|one| one.kind.as_str() == "county_government")
    {
        for role in [Role::Planner, Role::Supervisor, Role::Administrator] {
            all.push(account(organisation, role, role_label(role)));
        }
    }
    all
}
