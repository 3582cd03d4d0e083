//! Splitting a project as names become known, and merging two that are one. Both keep the history on both sides; the
//! promised quantity stays the same in sum, and nothing that is overdue is lost by it.

use bigdecimal::{BigDecimal, Zero};
use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::create::{self, Begun};
use super::{derive, difference, logged_milestone, logged_owner, logged_project, logged_standing};
use crate::commitments::store::links;
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, Permit, ProjectScope, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::model::{MilestoneRow, OwnerRow, Part, ProjectRow};
use crate::projects::parts::store as parts;
use crate::projects::silence;
use crate::projects::store;
use crate::rules::overdue::{MilestoneState, days_overdue};
use crate::sight;

/// A project with its milestones, all locked, and the permit to reshape it.
struct Side {
    row: ProjectRow,
    milestones: Vec<MilestoneRow>,
    scope: ProjectScope,
    permit: Permit,
}

/// Locks projects in the order of their ids, then their milestones, and asks the right over each.
async fn sides(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Side>> {
    let mut rows = store::lock_projects(tx, ids).await?;
    let scopes = store::scopes_of(tx.conn(), ids).await?;
    let found: Vec<Uuid> = rows.keys().copied().collect();
    let all = store::milestones_of(tx.conn(), &found).await?;
    let milestone_ids: Vec<Uuid> = all.iter().map(|row| row.id).collect();
    let milestones = store::lock_milestones(tx, &milestone_ids).await?;
    let mut sides = Vec::new();
    for id in ids {
        let row = rows.remove(id).ok_or(Error::NotFound)?;
        let scope = scopes.get(id).cloned().ok_or(Error::NotFound)?;
        let permit = authz::require(tx.actor(), Action::ReshapeProject, &Target::Project(&scope))?;
        let mut own: Vec<MilestoneRow> = milestones
            .values()
            .filter(|milestone| milestone.project_id == *id)
            .cloned()
            .collect();
        own.sort_by_key(|milestone| milestone.number);
        sides.push(Side {
            row,
            milestones: own,
            scope,
            permit,
        });
    }
    Ok(sides)
}

impl Side {
    /// Refuses to end a project whose reports, deliveries or open requests would count nowhere any more.
    async fn may_end(&self, tx: &mut Tx) -> Result<()> {
        let mut reports = silence::reports_of(tx.conn(), self.row.id).await?;
        for milestone in &self.milestones {
            if matches!(
                milestone.state()?,
                MilestoneState::Reported | MilestoneState::Verified
            ) {
                reports += 1;
            }
        }
        let delivered = self
            .row
            .quantity_delivered
            .as_ref()
            .is_some_and(|delivered| !delivered.is_zero());
        if reports > 0 || delivered {
            return Err(Error::Conflict(
                Fault::new("", Code::ProjectHasReports).with("reports", reports),
            ));
        }
        if !parts::of_projects(tx.conn(), &[self.row.id]).await?.is_empty() {
            return Err(Error::conflict(Code::ProjectHasParts));
        }
        if store::has_open_change(tx.conn(), self.row.id).await? {
            return Err(Error::conflict(Code::ProjectChangeOpen));
        }
        Ok(())
    }

    /// How many milestones accuse somebody on that day.
    fn overdue(&self, today: NaiveDate) -> usize {
        self.milestones
            .iter()
            .filter(|milestone| days_overdue(milestone.overdue_from, today).is_some())
            .count()
    }

    /// Cancels what is open of its milestones, saying why by `cause`.
    async fn cancel_milestones(&self, tx: &mut Tx, cause: &Value) -> Result<()> {
        let mut saved = Vec::new();
        for before in &self.milestones {
            if !before.state()?.open() {
                continue;
            }
            let mut row = before.clone();
            row.state = MilestoneState::Cancelled.as_str().to_owned();
            row.row_version += 1;
            row.updated_at = tx.now();
            derive::span(&mut row)?;
            let mut body =
                json!({ "changes": difference(&logged_milestone(before), &logged_milestone(&row)) });
            if let (Some(body), Some(cause)) = (body.as_object_mut(), cause.as_object()) {
                body.extend(cause.clone());
            }
            let subject = (Subject::Milestone, row.id);
            let kind = EventKind::MilestoneCancelled;
            tx.record_under(
                &self.permit,
                row.plan_id,
                kind,
                subject,
                Some(row.project_id),
                body,
            );
            saved.push((self.permit.clone(), row));
        }
        store::save_milestones(tx, &saved).await
    }

    /// Keeps what became of the project, with an event on what changed.
    async fn keep(
        &self,
        tx: &mut Tx,
        mut row: ProjectRow,
        kind: EventKind,
        said: Value,
    ) -> Result<ProjectRow> {
        row.row_version += 1;
        row.updated_at = tx.now();
        let mut changes = difference(&logged_project(&self.row), &logged_project(&row));
        let standing = difference(&logged_standing(&self.row), &logged_standing(&row));
        if let (Some(changes), Some(standing)) = (changes.as_object_mut(), standing.as_object()) {
            changes.extend(standing.clone());
        }
        let mut body = json!({ "changes": changes });
        if let (Some(body), Some(said)) = (body.as_object_mut(), said.as_object()) {
            body.extend(said.clone());
        }
        let subject = (Subject::Project, row.id);
        tx.record_under(&self.permit, row.plan_id, kind, subject, Some(row.id), body);
        store::save_project(tx, &self.permit, &row).await?;
        Ok(row)
    }
}

/// What is left of the origin's quantity once the parts are taken away; none where it promises no number. The sum of
/// all stays what it was.
fn rest(origin: &ProjectRow, parts: &[Part], close: Option<bool>) -> Result<(Option<BigDecimal>, bool)> {
    let given: Vec<&BigDecimal> = parts.iter().filter_map(|part| part.quantity.as_ref()).collect();
    let sum: BigDecimal = given.iter().copied().sum();
    let refused = || {
        let whole = origin.quantity.as_ref().map(BigDecimal::normalized);
        let whole = whole.map_or_else(|| "—".to_owned(), |whole| whole.to_plain_string());
        Err(Error::Invalid(vec![
            Fault::new("/parts", Code::SplitQuantity)
                .with("parts", sum.normalized().to_plain_string())
                .with("whole", whole),
        ]))
    };
    let Some(whole) = &origin.quantity else {
        return match given.is_empty() {
            true => Ok((None, close.unwrap_or(false))),
            false => refused(),
        };
    };
    // Works of one thing become projects of their own, and the number stays with the origin.
    if given.is_empty() && close != Some(true) {
        return Ok((None, false));
    }
    let left = whole - &sum;
    let closes = left.is_zero();
    if given.len() < parts.len() || left < BigDecimal::zero() || close.is_some_and(|close| close != closes) {
        return refused();
    }
    Ok((Some(left), closes))
}

/// Splits parts off a project: each a project of its own under the same initiative, with the origin's owners where it
/// names no other, its commitments, and its milestones as they stand, dates, bases and baselines included: what is
/// overdue stays overdue. Reports stay with the origin. What is left of its quantity stays with it as a remainder;
/// where nothing is left it is archived. `close` says so where no quantity does.
pub async fn split(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    parts: &[Part],
    close: Option<bool>,
    reason: &str,
) -> Result<(ProjectRow, Vec<Uuid>)> {
    let origin = sides(tx, &[id]).await?.pop().ok_or(Error::NotFound)?;
    check_version(seen_version, origin.row.row_version)?;
    origin.row.still_going()?;
    let (left, closes) = rest(&origin.row, parts, close)?;
    if closes {
        origin.may_end(tx).await?;
    }
    let delivered = origin.row.quantity_delivered.as_ref();
    if let (Some(left), Some(delivered)) = (&left, delivered)
        && delivered > left
    {
        return Err(Error::Conflict(
            Fault::new("", Code::ProjectHasReports).with("reports", 0),
        ));
    }
    let held = store::owners_of(tx.conn(), &[id]).await?;
    let serves = links::served_by_one(tx.conn(), id).await?;
    let mut made = Vec::new();
    let mut faults = Vec::new();
    let mut begun_parts = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let begun = part_of(tx, &origin, part, index, (&held, &serves), &mut faults).await?;
        begun_parts.push(begun);
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    for begun in begun_parts {
        let permit = create::permit(tx, &begun.project, &begun.owners, origin.scope.issuer_id).await?;
        made.push(create::keep(tx, &permit, begun).await?);
    }
    let mut row = origin.row.clone();
    if closes {
        row.archived_reason = Some(reason.to_owned());
        origin
            .cancel_milestones(tx, &json!({ "split_into": made }))
            .await?;
    } else if let Some(left) = left {
        row.quantity = Some(left);
        row.is_remainder = true;
    }
    let said = json!({ "parts": made, "reason": reason });
    let row = origin.keep(tx, row, EventKind::ProjectSplit, said).await?;
    derive::refresh(tx, &[id]).await?;
    Ok((row, made))
}

async fn part_of(
    tx: &mut Tx,
    origin: &Side,
    part: &Part,
    index: usize,
    (held, serves): (&[OwnerRow], &[Uuid]),
    faults: &mut Vec<Fault>,
) -> Result<Begun> {
    let now = tx.now();
    let at = format!("/parts/{index}");
    let from = &origin.row;
    let code = match from.code.rsplit_once('.') {
        Some((initiative, _)) => format!("{initiative}.{}", part.slug),
        None => part.slug.clone(),
    };
    let region = create::region(tx, part.region.as_deref(), &format!("{at}/region"), faults).await?;
    let mut project = from.clone();
    project.id = Uuid::now_v7();
    project.code = code;
    project.title.clone_from(&part.title);
    project.folded_title = crate::db::bigrams::folded(&part.title);
    project.bigrams = crate::db::bigrams::of(&part.title);
    project.site_region_id = region.or(from.site_region_id);
    project.quantity.clone_from(&part.quantity);
    project.quantity_delivered = None;
    project.is_remainder = false;
    project.open_ended = false;
    project.components.clone_from(&part.components);
    project.description.clone_from(&part.description);
    project.investment_planned = None;
    project.national_code = None;
    (project.latitude, project.longitude) = (None, None);
    project.life_cycle = "identification".to_owned();
    project.suspended_on = None;
    project.suspended_reason = None;
    project.suspension_review_on = None;
    project.seed = json!({});
    project.row_version = 1;
    project.created_at = now;
    project.updated_at = now;
    project.split_from_id = Some(from.id);
    let mut owners = create::owners(
        tx,
        &project,
        &part.owners,
        "confirmed",
        &format!("{at}/owners"),
        faults,
    )
    .await?;
    for owner in held {
        let named = owners.iter().any(|new| {
            new.organisation_id == owner.organisation_id
                || (new.role == owner.role && owner.role != "supporting")
        });
        if !named {
            let of = (project.plan_id, project.id);
            owners.push(OwnerRow::new(
                of,
                &owner.role,
                owner.organisation_id,
                &owner.basis,
                now,
            ));
        }
    }
    let mut milestones = Vec::new();
    for milestone in &origin.milestones {
        if milestone.state()? == MilestoneState::Cancelled {
            continue;
        }
        let step = milestone
            .code
            .strip_prefix(&format!("{}.", from.code))
            .unwrap_or(&milestone.code);
        let mut row = milestone.clone();
        row.id = Uuid::now_v7();
        row.project_id = project.id;
        row.code = format!("{}.{step}", project.code);
        row.state = MilestoneState::Pending.as_str().to_owned();
        row.actual_on = None;
        row.note = None;
        row.evidence = json!([]);
        row.reported_on = None;
        row.reported_at = None;
        row.reported_by_user_id = None;
        row.reported_by_organisation_id = None;
        row.verified_on = None;
        row.verified_at = None;
        row.verified_by_user_id = None;
        row.verified_by_organisation_id = None;
        row.back_reason = None;
        row.seed = json!({});
        row.row_version = 1;
        row.created_at = now;
        row.updated_at = now;
        milestones.push(row);
    }
    Ok(Begun {
        project,
        owners,
        milestones,
        serves: serves.to_vec(),
    })
}

/// The sum of two quantities, where both are there.
fn together(one: &Option<BigDecimal>, other: &Option<BigDecimal>) -> Option<BigDecimal> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}

/// Merges a project into another of the same plan: its quantity, components, commitments and initiative go over, its
/// owners support the survivor where they own nothing of it yet, its open milestones fall away, and it is archived,
/// pointing to the survivor. Refused where reports, deliveries or something overdue would be lost by it.
pub async fn merge(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    into: Uuid,
    reason: &str,
) -> Result<(ProjectRow, ProjectRow)> {
    if id == into {
        sides(tx, &[id]).await?;
        return Err(Error::invalid("/into", Code::FieldNotAllowed));
    }
    let mut both = sides(tx, &[id, into]).await?;
    let (Some(survivor), Some(merged)) = (both.pop(), both.pop()) else {
        return Err(Error::NotFound);
    };
    check_version(seen_version, merged.row.row_version)?;
    merged.row.still_going()?;
    survivor.row.still_going()?;
    if merged.row.plan_id != survivor.row.plan_id {
        return Err(Error::invalid("/into", Code::FieldNotFound));
    }
    merged.may_end(tx).await?;
    let today = tx.today(merged.row.plan_id).await?;
    let overdue = merged.overdue(today);
    if overdue > 0 {
        return Err(Error::Conflict(
            Fault::new("", Code::MergeOverdue).with("overdue", overdue),
        ));
    }
    let mut kept = survivor.row.clone();
    let units = (&merged.row.unit, &kept.unit);
    if let (Some(from), Some(into)) = units
        && from != into
        && merged.row.quantity.is_some()
        && kept.quantity.is_some()
    {
        return Err(Error::Conflict(
            Fault::new("", Code::MergeUnits)
                .with("from", from)
                .with("into", into),
        ));
    }
    if kept.quantity.is_none() && merged.row.quantity.is_some() {
        kept.unit.clone_from(&merged.row.unit);
    }
    kept.quantity = together(&kept.quantity, &merged.row.quantity);
    kept.open_ended |= merged.row.open_ended;
    for component in &merged.row.components {
        if !kept.components.contains(component) {
            kept.components.push(component.clone());
        }
    }
    for initiative in [Some(merged.row.initiative_id), merged.row.second_initiative_id]
        .into_iter()
        .flatten()
    {
        if kept.initiative_id == initiative || kept.second_initiative_id == Some(initiative) {
            continue;
        }
        if kept.second_initiative_id.is_some() {
            return Err(Error::conflict(Code::MergeInitiatives));
        }
        kept.second_initiative_id = Some(initiative);
    }
    let serves = links::served_by_one(tx.conn(), id).await?;
    let linked: Vec<(Uuid, Uuid)> = serves.iter().map(|one| (into, *one)).collect();
    links::add(tx, &survivor.permit, kept.plan_id, &linked).await?;
    let owners = store::owners_of(tx.conn(), &[id, into]).await?;
    let mut added: Vec<(Permit, OwnerRow)> = Vec::new();
    for owner in owners.iter().filter(|owner| owner.project_id == id) {
        let known = owners
            .iter()
            .filter(|other| other.project_id == into)
            .chain(added.iter().map(|(_, row)| row))
            .any(|other| other.organisation_id == owner.organisation_id);
        if known {
            continue;
        }
        let of = (kept.plan_id, into);
        let row = OwnerRow::new(of, "supporting", owner.organisation_id, &owner.basis, tx.now());
        let subject = (Subject::ProjectOwner, row.id);
        let body = json!({ "state": logged_owner(&row), "merged_from": id });
        let kind = EventKind::OwnerAdded;
        tx.record_under(&survivor.permit, row.plan_id, kind, subject, Some(into), body);
        added.push((survivor.permit.clone(), row));
    }
    store::save_owners(tx, &added).await?;
    merged
        .cancel_milestones(tx, &json!({ "merged_into": into }))
        .await?;
    let mut ended = merged.row.clone();
    ended.archived_reason = Some(reason.to_owned());
    ended.merged_into_id = Some(into);
    let said = json!({ "into": into, "reason": reason });
    let ended = merged.keep(tx, ended, EventKind::ProjectMerged, said).await?;
    let said = json!({ "from": id, "reason": reason, "serves": serves });
    let kept = survivor.keep(tx, kept, EventKind::ProjectMerged, said).await?;
    sight::rebuild(tx, &[into]).await?;
    derive::refresh(tx, &[id, into]).await?;
    Ok((ended, kept))
}
