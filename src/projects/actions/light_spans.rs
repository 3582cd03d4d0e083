//! The spans of lights, kept after their facts and rules: the only place that writes them.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::derive::Known;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Target};
use crate::kernel::{Error, Result};
use crate::plans::model::PlanView;
use crate::projects::lights::model::{InForce, SpanRow};
use crate::projects::lights::{facts, store};
use crate::projects::store as projects;
use crate::rules::lights::timeline;

/// How many projects are worked out at once.
pub(super) const BATCH: usize = 1_000;

/// Holds whoever makes the first spans of a project while a plan's rules change, and the other way round: neither
/// would see what the other is about to write.
pub(super) async fn hold(tx: &mut Tx, plan_id: Uuid) -> Result<()> {
    let (_, low) = plan_id.as_u64_pair();
    // Of its own: plans' ids and other keys never meet by more than chance, and then one only waits.
    tx.hold((low ^ 0x6c69_6768_7473).cast_signed()).await
}

/// The spans of a project under these rules.
pub(super) fn worked_out(known: &Known, rules: &InForce) -> Result<Vec<SpanRow>> {
    let milestones: Vec<_> = known.milestones.iter().collect();
    let owners: Vec<_> = known.owners.iter().collect();
    let facts = facts::of(
        &known.project,
        &milestones,
        &owners,
        &known.payments,
        &known.commitments,
    )?;
    let steps = timeline(&facts, &rules.rules);
    SpanRow::of((known.project.plan_id, known.project.id), &steps, rules.version)
}

/// Brings the spans of these projects after their facts and the rules in force. Their rows are locked.
/// Answers how many of them had other spans.
pub(super) async fn follow(tx: &mut Tx, known: &[Known]) -> Result<usize> {
    let ids: Vec<Uuid> = known.iter().map(|one| one.project.id).collect();
    let mut held = store::spans_of(tx.conn(), &ids).await?;
    let mut rules: BTreeMap<Uuid, InForce> = BTreeMap::new();
    for one in known {
        let plan_id = one.project.plan_id;
        if !held.contains_key(&one.project.id) && !rules.contains_key(&plan_id) {
            hold(tx, plan_id).await?;
        }
        if let std::collections::btree_map::Entry::Vacant(place) = rules.entry(plan_id) {
            place.insert(store::in_force(tx.conn(), plan_id).await?);
        }
    }
    let (mut gone, mut new, mut changed) = (Vec::new(), Vec::new(), 0);
    for one in known {
        let in_force = rules
            .get(&one.project.plan_id)
            .ok_or_else(|| Error::internal("a plan without light rules"))?;
        let mut wanted = worked_out(one, in_force)?;
        let mut before = held.remove(&one.project.id).unwrap_or_default();
        // What says the same stays as it is, and keeps its version.
        before.retain(|old| match wanted.iter().position(|new| new.says(old)) {
            Some(place) => {
                wanted.swap_remove(place);
                false
            }
            None => true,
        });
        changed += usize::from(!before.is_empty() || !wanted.is_empty());
        gone.extend(before);
        new.extend(wanted);
    }
    store::replace_spans(tx, &gone, &new).await?;
    Ok(changed)
}

/// The projects of a plan in the order of their ids, archived ones too: read by id, they have a light.
pub(super) async fn projects_of(tx: &mut Tx, plan_id: Uuid) -> Result<Vec<Uuid>> {
    let all = projects::of_plan(tx.conn(), plan_id).await?;
    Ok(all.into_iter().map(|row| row.id).collect())
}

/// Brings the spans of every project of a plan after, in sets of statements.
pub(super) async fn follow_plan(tx: &mut Tx, plan_id: Uuid) -> Result<usize> {
    let mut changed = 0;
    for ids in projects_of(tx, plan_id).await?.chunks(BATCH) {
        let known = super::derive::known(tx, ids).await?;
        changed += follow(tx, &known).await?;
    }
    Ok(changed)
}

/// What a rebuild found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Projects whose spans were not what their facts and rules give.
    pub projects: usize,
    /// Spans without a version of now, and versions of now without a span.
    pub versions: usize,
}

/// Compares the stored spans of a plan with what its facts and rules give, and rebuilds those that differ: after a
/// migration, or where somebody wrote the tables by hand.
pub async fn rebuild(tx: &mut Tx, plan: &PlanView) -> Result<Rebuilt> {
    let target = Target::Plan {
        id: plan.id,
        issuer_id: plan.issuer_id,
    };
    let permit = authz::require(tx.actor(), Action::LoadPlan, &target)?;
    super::light_rules::begin(tx, &permit, plan.id, None).await?;
    hold(tx, plan.id).await?;
    // First, for what is replaced now has its versions with the commit only.
    let versions = store::keep_versions(tx, plan.id).await?;
    let projects = follow_plan(tx, plan.id).await?;
    let rebuilt = Rebuilt { projects, versions };
    if rebuilt != Rebuilt::default() {
        let body = json!({ "projects": projects, "versions": versions });
        let subject = (Subject::Plan, plan.id);
        tx.record_under(&permit, plan.id, EventKind::LightsRebuilt, subject, None, body);
    }
    Ok(rebuilt)
}
