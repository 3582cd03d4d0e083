//! A project's planned investment by year and source (分年度投资计划).

use bigdecimal::BigDecimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Error, Result, check_version};
use crate::projects::model::ProjectRow;
use crate::projects::store as projects;
use crate::reports::model::InvestmentRow;
use crate::reports::store;

/// An amount that is planned for a year from a source, in yuan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub year: i32,
    pub source: String,
    pub amount: BigDecimal,
}

fn logged(rows: &[InvestmentRow]) -> Value {
    rows.iter()
        .map(|row| json!({ "year": row.year, "source": row.source, "amount": row.amount.normalized().to_plain_string() }))
        .collect()
}

/// Puts a plan in the place of the project's whole investment plan. The project is another version then.
pub async fn replace(
    tx: &mut Tx,
    project_id: Uuid,
    seen_version: Option<i64>,
    planned: &[Planned],
) -> Result<ProjectRow> {
    let mut row = projects::lock_projects(tx, &[project_id])
        .await?
        .remove(&project_id)
        .ok_or(Error::NotFound)?;
    let scopes = projects::scopes_of(tx.conn(), &[project_id]).await?;
    let scope = scopes.get(&project_id).ok_or(Error::NotFound)?;
    let permit = authz::require(tx.actor(), Action::EditProject, &Target::Project(scope))?;
    check_version(seen_version, row.row_version)?;
    row.still_going()?;
    let before = store::investment(tx.conn(), project_id).await?;
    let mut rows: Vec<InvestmentRow> = planned
        .iter()
        .map(|one| InvestmentRow {
            project_id,
            plan_id: row.plan_id,
            year: one.year,
            source: one.source.clone(),
            amount: one.amount.clone(),
        })
        .collect();
    rows.sort_by(|one, other| (one.year, &one.source).cmp(&(other.year, &other.source)));
    if rows == before {
        return Ok(row);
    }
    store::replace_investment(tx, &permit, project_id, &rows).await?;
    row.row_version += 1;
    row.updated_at = tx.now();
    projects::save_project(tx, &permit, &row).await?;
    let body = json!({ "changes": { "investment_plan": [logged(&before), logged(&rows)] } });
    let subject = (Subject::Project, project_id);
    let kind = EventKind::InvestmentPlanned;
    tx.record_under(&permit, row.plan_id, kind, subject, Some(project_id), body);
    Ok(row)
}
