//! The SQL of plans and what they print.

pub mod demonstration;
pub mod printed;
pub mod reporting;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::schema::{
    commitments, initiatives, milestone_templates, plans, programmes, project_kinds, service_areas,
};
use crate::kernel::Result;
use crate::plans::model::{
    CommitmentView, InitiativeView, KindView, PlanView, ProgrammeView, ServiceAreaView, StepRecord,
};

/// What a list of printed things is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Within {
    pub plans: Vec<Uuid>,
    pub programmes: Vec<Uuid>,
    pub initiatives: Vec<Uuid>,
}

pub async fn plans(conn: &mut AsyncPgConnection) -> Result<Vec<PlanView>> {
    Ok(plans::table
        .order(plans::code)
        .select(PlanView::as_select())
        .load(conn)
        .await?)
}

pub async fn plan(conn: &mut AsyncPgConnection, reference: &str) -> Result<PlanView> {
    let query = plans::table.select(PlanView::as_select()).into_boxed();
    let query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(plans::id.eq(id)),
        Err(_) => query.filter(plans::code.eq(reference.to_owned())),
    };
    Ok(query.first(conn).await?)
}

pub async fn service_areas(conn: &mut AsyncPgConnection, plan_id: Uuid) -> Result<Vec<ServiceAreaView>> {
    Ok(service_areas::table
        .filter(service_areas::plan_id.eq(plan_id))
        .order(service_areas::number)
        .select(ServiceAreaView::as_select())
        .load(conn)
        .await?)
}

/// Programmes in the order of their numbers.
pub async fn programmes(conn: &mut AsyncPgConnection, within: &Within) -> Result<Vec<ProgrammeView>> {
    let mut query = programmes::table
        .order((programmes::plan_id, programmes::number))
        .select(ProgrammeView::as_select())
        .into_boxed();
    if !within.plans.is_empty() {
        query = query.filter(programmes::plan_id.eq_any(within.plans.clone()));
    }
    if !within.programmes.is_empty() {
        query = query.filter(programmes::id.eq_any(within.programmes.clone()));
    }
    Ok(query.load(conn).await?)
}

pub async fn programme(conn: &mut AsyncPgConnection, reference: &str) -> Result<ProgrammeView> {
    let query = programmes::table.select(ProgrammeView::as_select()).into_boxed();
    let query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(programmes::id.eq(id)),
        Err(_) => query.filter(programmes::code.eq(reference.to_owned())),
    };
    Ok(query.first(conn).await?)
}

/// Initiatives in the order of print.
pub async fn initiatives(conn: &mut AsyncPgConnection, within: &Within) -> Result<Vec<InitiativeView>> {
    let mut query = initiatives::table
        .inner_join(programmes::table.on(programmes::id.eq(initiatives::programme_id)))
        .order((initiatives::plan_id, programmes::number, initiatives::number))
        .select(InitiativeView::as_select())
        .into_boxed();
    if !within.plans.is_empty() {
        query = query.filter(initiatives::plan_id.eq_any(within.plans.clone()));
    }
    if !within.programmes.is_empty() {
        query = query.filter(initiatives::programme_id.eq_any(within.programmes.clone()));
    }
    Ok(query.load(conn).await?)
}

pub async fn initiative(conn: &mut AsyncPgConnection, reference: &str) -> Result<InitiativeView> {
    let query = initiatives::table
        .select(InitiativeView::as_select())
        .into_boxed();
    let query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(initiatives::id.eq(id)),
        Err(_) => query.filter(initiatives::code.eq(reference.to_owned())),
    };
    Ok(query.first(conn).await?)
}

/// Commitments in the order of print.
pub async fn commitments(conn: &mut AsyncPgConnection, within: &Within) -> Result<Vec<CommitmentView>> {
    let mut query = commitments::table
        .inner_join(programmes::table.on(programmes::id.eq(commitments::programme_id)))
        .order((
            commitments::plan_id,
            programmes::number,
            commitments::position,
            commitments::id,
        ))
        .select(CommitmentView::as_select())
        .into_boxed();
    if !within.plans.is_empty() {
        query = query.filter(commitments::plan_id.eq_any(within.plans.clone()));
    }
    if !within.programmes.is_empty() {
        query = query.filter(commitments::programme_id.eq_any(within.programmes.clone()));
    }
    if !within.initiatives.is_empty() {
        query = query.filter(
            commitments::initiative_id.is_not_null().and(
                commitments::initiative_id
                    .assume_not_null()
                    .eq_any(within.initiatives.clone()),
            ),
        );
    }
    Ok(query.load(conn).await?)
}

pub async fn commitment(conn: &mut AsyncPgConnection, reference: &str) -> Result<CommitmentView> {
    let query = commitments::table
        .select(CommitmentView::as_select())
        .into_boxed();
    let query = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(commitments::id.eq(id)),
        Err(_) => query.filter(commitments::code.eq(reference.to_owned())),
    };
    Ok(query.first(conn).await?)
}

pub async fn kinds(conn: &mut AsyncPgConnection) -> Result<Vec<KindView>> {
    let rows: Vec<(String, String, bool, bool)> = project_kinds::table
        .order(project_kinds::position)
        .select((
            project_kinds::code,
            project_kinds::name,
            project_kinds::construction,
            project_kinds::continuing,
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(code, name, construction, continuing)| KindView {
            code,
            name,
            construction,
            continuing,
        })
        .collect())
}

/// Whether projects of a kind are standing work, and the steps they usually take; none where there is no such kind.
pub async fn template(conn: &mut AsyncPgConnection, kind: &str) -> Result<Option<(bool, Vec<StepRecord>)>> {
    let continuing: Option<bool> = project_kinds::table
        .find(kind)
        .select(project_kinds::continuing)
        .first(conn)
        .await
        .optional()?;
    let Some(continuing) = continuing else {
        return Ok(None);
    };
    let steps = milestone_templates::table
        .filter(milestone_templates::kind.eq(kind))
        .order(milestone_templates::number)
        .select(StepRecord::as_select())
        .load(conn)
        .await?;
    Ok(Some((continuing, steps)))
}
