//! What is asked for that is not there yet: a milestone, a project; and what a project is to cover.

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::Patch;
use crate::projects::model::{NamedOwner, NewProject, ProjectRow};

/// A milestone that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStep {
    /// The last part of its code; one is made where none is given.
    pub slug: Option<String>,
    pub name: String,
    pub planned_on: NaiveDate,
    pub weight: BigDecimal,
    pub evidence_wanted: Vec<String>,
    /// The milestone before which it stands; none: after all others.
    pub before: Option<Uuid>,
}

/// What a project covers. Its kind is not of it: milestones, marks and rates follow from that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub title: String,
    pub components: Vec<String>,
    pub site_region_id: Option<Uuid>,
}

impl Scope {
    pub fn of(project: &ProjectRow) -> Scope {
        Scope {
            title: project.title.clone(),
            components: project.components.clone(),
            site_region_id: project.site_region_id,
        }
    }
}

/// What of it is to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeEdit {
    pub title: Option<String>,
    pub components: Option<Vec<String>>,
    pub site_region_id: Patch<Uuid>,
}

impl ScopeEdit {
    /// What leads from one to the other.
    pub fn between(was: &Scope, wanted: &Scope) -> ScopeEdit {
        ScopeEdit {
            title: (was.title != wanted.title).then(|| wanted.title.clone()),
            components: (was.components != wanted.components).then(|| wanted.components.clone()),
            site_region_id: match wanted.site_region_id {
                same if same == was.site_region_id => Patch::Keep,
                Some(region) => Patch::Set(region),
                None => Patch::Clear,
            },
        }
    }

    /// What a project covers afterwards.
    pub fn on(&self, scope: &Scope) -> Scope {
        Scope {
            title: self.title.clone().unwrap_or_else(|| scope.title.clone()),
            components: self
                .components
                .clone()
                .unwrap_or_else(|| scope.components.clone()),
            site_region_id: self.site_region_id.clone().apply(scope.site_region_id),
        }
    }

    /// What of `was` it would replace that is no longer so, with what it was and is.
    pub fn moved(&self, was: &Scope, is: &Scope) -> Option<(String, String)> {
        let region = |scope: &Scope| scope.site_region_id.map_or("—".to_owned(), |id| id.to_string());
        if self.title.is_some() && was.title != is.title {
            Some((was.title.clone(), is.title.clone()))
        } else if self.components.is_some() && was.components != is.components {
            Some((was.components.join("、"), is.components.join("、")))
        } else if self.site_region_id != Patch::Keep && was.site_region_id != is.site_region_id {
            Some((region(was), region(is)))
        } else {
            None
        }
    }
}

/// A project that is asked for, as it is kept: what it refers to by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// By id, or by code where it was not looked up yet; so are all others.
    pub initiative: String,
    pub title: String,
    pub kind: String,
    pub region: Option<String>,
    pub responsible_level: String,
    pub quantity: Option<BigDecimal>,
    pub unit: Option<String>,
    pub components: Vec<String>,
    pub description: String,
    pub due_on: NaiveDate,
    pub due_precision: String,
    pub investment_planned: Option<BigDecimal>,
    pub national_code: Option<String>,
    pub owners: Vec<NamedOwner>,
    pub commitments: Vec<String>,
}

impl Proposal {
    /// The project as a planner would add it: nothing of it is printed, and its owners are settled by the approval.
    pub fn project(&self, slug: &str) -> NewProject {
        NewProject {
            initiative: self.initiative.clone(),
            second_initiative: None,
            slug: slug.to_owned(),
            title: self.title.clone(),
            kind: self.kind.clone(),
            region: self.region.clone(),
            responsible_level: self.responsible_level.clone(),
            quantity: self.quantity.clone(),
            unit: self.unit.clone(),
            is_remainder: false,
            open_ended: false,
            components: self.components.clone(),
            description: self.description.clone(),
            as_printed: String::new(),
            doubt: None,
            due_on: self.due_on,
            due_precision: self.due_precision.clone(),
            due_basis: "period".to_owned(),
            investment_planned: self.investment_planned.clone(),
            national_code: self.national_code.clone(),
            is_public: true,
            owners: self.owners.clone(),
            owners_confirmed: true,
            commitments: self.commitments.clone(),
        }
    }
}

/// The last part of a code that nobody chose.
pub fn made_slug() -> String {
    let id = Uuid::new_v4().simple().to_string();
    format!("added-{}", &id[..8])
}

/// One row of `change_request_owners`.
#[derive(Debug, Clone, PartialEq, Eq, diesel::Queryable, diesel::Insertable)]
#[diesel(table_name = crate::db::schema::change_request_owners)]
pub struct NamedRow {
    pub request_id: Uuid,
    pub role: String,
    pub organisation_id: Uuid,
}
