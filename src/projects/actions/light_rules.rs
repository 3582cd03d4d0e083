//! The rules of a plan's lights: chosen by its planner, after a look at what would change colour.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{derive, light_spans};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Actor, Permit, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::plans::model::PlanView;
use crate::projects::lights::model::{InForce, RuleSetRow, SpanRow};
use crate::projects::lights::store;
use crate::projects::store as projects;
use crate::rules::lights::{Light, RuleSet, ready};

/// A project whose light would be another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turned {
    pub project_id: Uuid,
    pub from: Light,
    pub to: Light,
    /// As it would be stored.
    pub reasons: Value,
}

/// What would change colour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// How many of each light would be of each: those that stay as they are too.
    pub counts: BTreeMap<(Light, Light), i64>,
    pub turned: Vec<Turned>,
}

fn logged(version: i32, rules: &RuleSet) -> Result<Value> {
    let rules = serde_json::to_value(rules).map_err(Error::internal)?;
    Ok(json!({ "version": version, "rules": rules }))
}

async fn add(
    tx: &mut Tx,
    permit: &Permit,
    plan_id: Uuid,
    rules: &RuleSet,
    reason: &str,
) -> Result<RuleSetRow> {
    let before = store::in_force(tx.conn(), plan_id).await?;
    let row = RuleSetRow {
        id: Uuid::now_v7(),
        plan_id,
        version: before.version + 1,
        rules: serde_json::to_value(rules).map_err(Error::internal)?,
        reason: reason.to_owned(),
        made_on: tx.today(plan_id).await?,
        made_at: tx.now(),
        made_by_user_id: tx.actor().user_id(),
        made_by_organisation_id: permit.organisation_id(),
    };
    store::insert_rules(tx, permit, &row).await?;
    let was = match before.version {
        0 => Value::Null,
        version => logged(version, &before.rules)?,
    };
    let body = json!({ "changes": { "light_rules": [was, logged(row.version, rules)?] }, "reason": reason });
    let subject = (Subject::Plan, plan_id);
    tx.record_under(permit, plan_id, EventKind::LightRulesChanged, subject, None, body);
    Ok(row)
}

/// Gives a plan that has no rules yet the ready-made set of this code, or the default, as its first version.
pub async fn begin(tx: &mut Tx, permit: &Permit, plan_id: Uuid, code: Option<&str>) -> Result<()> {
    light_spans::hold(tx, plan_id).await?;
    if store::in_force(tx.conn(), plan_id).await?.version > 0 {
        return Ok(());
    }
    let code = code.unwrap_or(ready::DEFAULT);
    let rules = ready::named(code).ok_or_else(|| Error::invalid("/light_rules", Code::FieldNotFound))?;
    add(tx, permit, plan_id, &rules, "载入规划时的规则").await?;
    Ok(())
}

/// Puts rules in force, and works out the lights of the whole plan by them.
pub async fn change(
    tx: &mut Tx,
    plan: &PlanView,
    seen_version: Option<i64>,
    rules: &RuleSet,
    reason: &str,
) -> Result<RuleSetRow> {
    let permit = permit(tx.actor(), plan)?;
    light_spans::hold(tx, plan.id).await?;
    let before = store::in_force(tx.conn(), plan.id).await?;
    check_version(seen_version, i64::from(before.version))?;
    if before.rules == *rules {
        return Err(Error::conflict(Code::LightRulesSame));
    }
    sound(rules)?;
    let row = add(tx, &permit, plan.id, rules, reason).await?;
    light_spans::follow_plan(tx, plan.id).await?;
    Ok(row)
}

/// The right to choose a plan's rules, or to try some.
pub fn permit(actor: &Actor, plan: &PlanView) -> Result<Permit> {
    let target = Target::Plan {
        id: plan.id,
        issuer_id: plan.issuer_id,
    };
    authz::require(actor, Action::EditLightRules, &target)
}

/// Refuses rules that cannot be used, with every fault.
fn sound(rules: &RuleSet) -> Result<()> {
    let faults = rules.faults();
    if faults.is_empty() {
        return Ok(());
    }
    let under = |mut fault: Fault| {
        fault.pointer = format!("/rules{}", fault.pointer);
        fault
    };
    Err(Error::Invalid(faults.into_iter().map(under).collect()))
}

/// What would change colour on `day` under these rules. Changes nothing. `seen` are the projects to look at, all in
/// the asker's sight.
pub async fn preview(
    conn: &mut AsyncPgConnection,
    actor: &Actor,
    plan: &PlanView,
    rules: &RuleSet,
    (day, seen): (chrono::NaiveDate, &[Uuid]),
) -> Result<Preview> {
    permit(actor, plan)?;
    sound(rules)?;
    let before = store::in_force(conn, plan.id).await?;
    let after = InForce {
        version: before.version + 1,
        rules: rules.clone(),
    };
    let mut found = Preview::default();
    for ids in seen.chunks(light_spans::BATCH) {
        let rows = projects::projects_by_id(conn, ids).await?.into_values().collect();
        for known in derive::gather(conn, rows).await? {
            let (was, _) = on(light_spans::worked_out(&known, &before)?, day)?;
            let (light, reasons) = on(light_spans::worked_out(&known, &after)?, day)?;
            *found.counts.entry((was, light)).or_default() += 1;
            if was != light {
                found.turned.push(Turned {
                    project_id: known.project.id,
                    from: was,
                    to: light,
                    reasons,
                });
            }
        }
    }
    found.turned.sort_by_key(|one| (one.to, one.from, one.project_id));
    found.turned.reverse();
    Ok(found)
}

/// The light of a day, and its reasons.
fn on(spans: Vec<SpanRow>, day: chrono::NaiveDate) -> Result<(Light, Value)> {
    let broken = || Error::internal("a timeline that does not cover a day");
    let span = spans
        .into_iter()
        .find(|span| span.holds_on(day))
        .ok_or_else(broken)?;
    Ok((Light::parse(&span.light).ok_or_else(broken)?, span.reasons))
}
