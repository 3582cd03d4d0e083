//! Filing reports, and correcting one until it is verified.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::{Frozen, hold, lock, person, still_moves, wrong_state};
use crate::db::{EventKind, Subject, Tx};
use crate::kernel::authz::{self, Action, OwnerScope, Permit, ProjectScope, Target};
use crate::kernel::{Code, Error, Fault, Result, check_version};
use crate::projects::actions::{derive, difference};
use crate::projects::model::ProjectRow;
use crate::projects::parts::store as parts;
use crate::projects::silence::Facts;
use crate::projects::store as projects;
use crate::reports::model::{Figures, Fund, FundRow, NewReport, ReportRow, State, logged, logged_funds};
use crate::reports::store;
use crate::rules::parts::Which;
use crate::rules::periods::{Period, Stage, debts};

/// What filing must know of the projects that are reported.
struct Known {
    projects: BTreeMap<Uuid, ProjectRow>,
    scopes: BTreeMap<Uuid, ProjectScope>,
    facts: Facts,
    frozen: Frozen,
    reports: Vec<ReportRow>,
    regions: BTreeMap<String, Uuid>,
    /// Who answers for a part, by the part.
    holders: BTreeMap<Uuid, OwnerScope>,
    /// The parts of each divided project, as a refusal names them.
    named: BTreeMap<Uuid, String>,
}

async fn known(tx: &mut Tx, reports: &[NewReport]) -> Result<Known> {
    let ids: Vec<Uuid> = reports.iter().map(|one| one.project_id).collect();
    let projects = projects::lock_projects(tx, &ids).await?;
    let heads: Vec<(Uuid, Uuid)> = projects.values().map(|row| (row.id, row.plan_id)).collect();
    let ids: Vec<Uuid> = projects.keys().copied().collect();
    let mut plans: Vec<Uuid> = heads.iter().map(|(_, plan_id)| *plan_id).collect();
    plans.sort_unstable();
    plans.dedup();
    let mut regions = BTreeMap::new();
    let named: BTreeSet<&String> = reports.iter().filter_map(|one| one.region.as_ref()).collect();
    for name in named {
        if let Some(id) = projects::region_named(tx.conn(), name).await? {
            regions.insert(name.clone(), id);
        }
    }
    let held = parts::of_projects(tx.conn(), &ids).await?;
    let holders = parts::holders(tx.conn(), &held).await?;
    let mut named = BTreeMap::new();
    for (project_id, parts_of) in parts::by_project(held) {
        let regions: Vec<Uuid> = parts_of.iter().map(|part| part.region_id).collect();
        named.insert(project_id, parts::told(tx.conn(), &regions).await?);
    }
    Ok(Known {
        holders,
        named,
        scopes: projects::scopes_of(tx.conn(), &ids).await?,
        frozen: hold(tx, &plans).await?,
        facts: Facts::load(tx.conn(), &heads).await?,
        reports: store::of_projects(tx.conn(), &ids).await?,
        projects,
        regions,
    })
}

/// Files each report, or none: the refusals of several are told with their places. What lies before the plan's
/// `reporting_from` is filed without blame.
pub async fn file(tx: &mut Tx, reports: &[NewReport]) -> Result<Vec<ReportRow>> {
    let known = known(tx, reports).await?;
    let mut filed: Vec<(Permit, ReportRow)> = Vec::with_capacity(reports.len());
    let mut refusals: Vec<(usize, Error)> = Vec::new();
    for (index, new) in reports.iter().enumerate() {
        let Some((project, scope)) = known
            .projects
            .get(&new.project_id)
            .zip(known.scopes.get(&new.project_id))
        else {
            refusals.push((index, Error::NotFound));
            continue;
        };
        let today = tx.today(project.plan_id).await?;
        match begin(tx, new, (project, scope), &known, &filed, today) {
            Ok(one) => filed.push(one),
            Err(error) => refusals.push((index, error)),
        }
    }
    Error::of_items(refusals, reports.len())?;
    let mut funds = Vec::new();
    for ((permit, row), new) in filed.iter().zip(reports) {
        funds.extend(fund_rows(row, &new.figures.funds));
        let state = logged(row);
        let body =
            json!({ "changes": difference(&json!({}), &state), "funds": logged_funds(&new.figures.funds) });
        let subject = (Subject::ProgressReport, row.id);
        let kind = EventKind::ReportFiled;
        tx.record_under(permit, row.plan_id, kind, subject, Some(row.project_id), body);
    }
    store::insert(tx, &filed).await?;
    store::insert_funds(tx, &funds).await?;
    let mut changed: Vec<Uuid> = filed.iter().map(|(_, row)| row.project_id).collect();
    changed.sort_unstable();
    changed.dedup();
    derive::refresh(tx, &changed).await?;
    Ok(filed.into_iter().map(|(_, row)| row).collect())
}

/// One report, decided on facts alone.
fn begin(
    tx: &Tx,
    new: &NewReport,
    (project, scope): (&ProjectRow, &ProjectScope),
    known: &Known,
    filed: &[(Permit, ReportRow)],
    today: NaiveDate,
) -> Result<(Permit, ReportRow)> {
    let region_id = new
        .region
        .as_ref()
        .and_then(|name| known.regions.get(name))
        .copied();
    let permit = permit(
        tx,
        known,
        scope,
        (new.region.as_ref().map(|_| region_id), new.period),
    )?;
    let (user_id, organisation_id) = person(tx, &permit)?;
    // What is delivered may still owe its last periods.
    project.still_going()?;
    still_moves(&known.frozen, project.plan_id, new.period)?;
    if new.region.is_some() && region_id.is_none() {
        return Err(Error::invalid("/region", Code::FieldNotFound));
    }
    let same = |row: &&ReportRow| {
        row.project_id == project.id
            && row.region_id == region_id
            && row.frequency == new.period.frequency.as_str()
            && row.period_start == new.period.start
    };
    if known
        .reports
        .iter()
        .chain(filed.iter().map(|(_, row)| row))
        .any(|row| same(&row))
    {
        return Err(Error::Conflict(Fault::new("/period", Code::ReportExists)));
    }
    let named = known.named.get(&project.id).map_or("", String::as_str);
    asked_for(&known.facts, project, (region_id, new.period), today, named)?;
    let (due_on, on_time) = judged(known, project, (region_id, new.period), today)?;
    let earlier = known.reports.iter().chain(filed.iter().map(|(_, row)| row));
    sound(
        &new.figures,
        before(earlier, project.id, region_id, new.period),
        today,
    )?;
    let totals = new.figures.totals()?;
    let now = tx.now();
    let mut row = ReportRow {
        id: Uuid::now_v7(),
        plan_id: project.plan_id,
        project_id: project.id,
        region_id,
        frequency: new.period.frequency.as_str().to_owned(),
        period_start: new.period.start,
        period_end: new.period.end,
        due_on,
        state: State::Submitted.as_str().to_owned(),
        physical_percent: new.figures.physical_percent.clone(),
        required: None,
        received: None,
        paid: None,
        done: None,
        done_text: String::new(),
        problems: None,
        next_steps: None,
        note: None,
        statistics_entered_on: None,
        funds_version: 1,
        first_reported_on: today,
        on_time,
        reported_on: today,
        reported_at: now,
        reported_by_user_id: user_id,
        reported_by_organisation_id: organisation_id,
        verified_on: None,
        verified_at: None,
        verified_by_user_id: None,
        verified_by_organisation_id: None,
        back_reason: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    row.say(&new.figures, totals);
    Ok((permit, row))
}

/// The right to file: over the whole, which covers each part, or over the part of the region that is named. Who answers
/// for some part and names none is told which there are, where the period is theirs; the whole's own are not.
fn permit(
    tx: &Tx,
    known: &Known,
    scope: &ProjectScope,
    (region, period): (Option<Which>, Period),
) -> Result<Permit> {
    let over = |target: &Target<'_>| authz::require(tx.actor(), Action::FileReport, target);
    let whole = over(&Target::Project(scope));
    if whole.is_ok() {
        return whole;
    }
    known
        .facts
        .parts(scope.project_id)
        .iter()
        .filter(|part| match region {
            Some(named) => named == Some(part.region_id),
            None => known.facts.division(scope.project_id).is_of_parts(period),
        })
        .map(|part| Target::ProjectPart {
            project: scope,
            holder: known.holders.get(&part.id),
        })
        .find_map(|target| over(&target).ok())
        .ok_or(Error::Forbidden(Action::FileReport))
}

/// Refuses a report that nobody asks for: of a period that has not begun or of which the plan does not speak, of the whole
/// where the period is the parts', of a region where it is not, or is none of theirs. `named` are the parts as a
/// refusal names them.
pub fn asked_for(
    facts: &Facts,
    project: &ProjectRow,
    (which, period): (Which, Period),
    today: NaiveDate,
    named: &str,
) -> Result<()> {
    let refused = |fault: Fault| Err(Error::Invalid(vec![fault]));
    if period.start > today {
        return refused(Fault::new("/period", Code::ReportPeriodFuture).with("today", today));
    }
    let calendar = facts.calendar(project.plan_id).ok_or(Error::NotFound)?;
    if period.end < calendar.starts_on || period.start > calendar.ends_on {
        let fault = Fault::new("/period", Code::ReportPeriodOutsidePlan);
        return refused(
            fault
                .with("least", calendar.starts_on)
                .with("most", calendar.ends_on),
        );
    }
    let by_parts = facts.division(project.id).is_of_parts(period);
    let code = match (facts.parts(project.id).is_empty(), which) {
        (true, None) => return Ok(()),
        (true, Some(_)) => Code::ReportNoParts,
        (false, Some(region)) if facts.part(project.id, region).is_none() => Code::ReportRegionNotPart,
        (false, None) if by_parts => Code::ReportRegionRequired,
        (false, Some(_)) if !by_parts => Code::ReportWholePeriod,
        (false, _) => return Ok(()),
    };
    refused(Fault::new("/region", code).with("allowed", named))
}

/// When a period's report is due, and whether one that is there today is in time; none for what nobody owes.
fn judged(
    known: &Known,
    project: &ProjectRow,
    (which, period): (Which, Period),
    today: NaiveDate,
) -> Result<(NaiveDate, Option<bool>)> {
    let calendar = known.facts.calendar(project.plan_id).ok_or(Error::NotFound)?;
    let spells = known.facts.spells(project.id)?;
    // The stage in which it stood then, or stands now.
    let stage: Option<Stage> = spells
        .iter()
        .find(|spell| spell.from <= period.start && spell.until.is_none_or(|until| period.start < until))
        .map(|spell| spell.stage)
        .or_else(|| known.facts.stage(&project.kind, &project.life_cycle));
    // A longer period of another stage that is not over would speak for months that nobody has seen yet.
    let own = calendar
        .terms
        .iter()
        .find(|terms| Some(terms.stage) == stage)
        .map(|terms| terms.frequency);
    if let Some(own) = own.filter(|own| *own != period.frequency && period.end >= today) {
        return Err(Error::Invalid(vec![
            Fault::new("/period", Code::ReportFrequency).with("allowed", own.as_str()),
        ]));
    }
    let dated = calendar
        .terms_for(period.frequency, stage)
        .and_then(|terms| terms.due_on(period).zip(terms.in_time_until(period)));
    let Some((due_on, until)) = dated else {
        let allowed: BTreeSet<&str> = calendar
            .terms
            .iter()
            .map(|terms| terms.frequency.as_str())
            .collect();
        let allowed: Vec<&str> = allowed.into_iter().collect();
        return Err(Error::Invalid(vec![
            Fault::new("/period", Code::ReportFrequency).with("allowed", allowed.join(", ")),
        ]));
    };
    // What nobody owed is filed without blame: a period before the owner was confirmed, or forgiven by a suspension.
    let division = known.facts.division(project.id);
    let owed = division.owing(period).contains(&which)
        && spells.iter().any(|spell| {
            debts(calendar, spell)
                .take_while(|debt| debt.period.start <= period.start)
                .any(|debt| debt.period == period)
        });
    Ok((due_on, owed.then_some(today <= until)))
}

/// The report of the same thing for the latest period before.
fn before<'a>(
    reports: impl Iterator<Item = &'a ReportRow>,
    project_id: Uuid,
    region_id: Option<Uuid>,
    period: Period,
) -> Option<&'a ReportRow> {
    reports
        .filter(|row| {
            row.project_id == project_id && row.region_id == region_id && row.period_end < period.end
        })
        .max_by_key(|row| row.period_end)
}

/// Refuses figures that cannot be. Physical progress may go back, where a note says why.
fn sound(figures: &Figures, before: Option<&ReportRow>, today: NaiveDate) -> Result<()> {
    let mut faults = Vec::new();
    if let Some(before) = before.filter(|before| figures.physical_percent < before.physical_percent)
        && figures.note.is_none()
    {
        let was = before.physical_percent.normalized().to_plain_string();
        faults.push(Fault::new("/note", Code::ReportFalls).with("before", was));
    }
    if figures.statistics_entered_on.is_some_and(|day| day > today) {
        faults.push(
            Fault::new("/statistics_entered_on", Code::FieldOutOfRange)
                .with("least", "1900-01-01")
                .with("most", today),
        );
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(faults))
    }
}

fn fund_rows(row: &ReportRow, funds: &[Fund]) -> Vec<FundRow> {
    funds
        .iter()
        .map(|fund| FundRow {
            report_id: row.id,
            given_in_version: row.funds_version,
            source: fund.source.clone(),
            required: fund.money.required.clone(),
            received: fund.money.received.clone(),
            paid: fund.money.paid.clone(),
            done: fund.money.done.clone(),
        })
        .collect()
}

/// Files a report again, with other figures: as long as it is not verified.
pub async fn correct(
    tx: &mut Tx,
    id: Uuid,
    seen_version: Option<i64>,
    figures: &Figures,
) -> Result<ReportRow> {
    let (held, project, scope) = lock(tx, id).await?;
    let mut own = parts::of_projects(tx.conn(), &[held.project_id]).await?;
    own.retain(|part| Some(part.region_id) == held.region_id);
    let holders = parts::holders(tx.conn(), &own).await?;
    let target = match held.region_id {
        None => Target::Project(&scope),
        Some(_) => Target::ProjectPart {
            project: &scope,
            holder: holders.values().next(),
        },
    };
    let permit = authz::require(tx.actor(), Action::FileReport, &target)?;
    let (user_id, organisation_id) = person(tx, &permit)?;
    check_version(seen_version, held.row_version)?;
    project.still_going()?;
    let frozen = hold(tx, &[held.plan_id]).await?;
    let period = held.period()?;
    still_moves(&frozen, held.plan_id, period)?;
    if held.state()? == State::Verified {
        return Err(wrong_state(&held));
    }
    let today = tx.today(held.plan_id).await?;
    let others = store::of_projects(tx.conn(), &[held.project_id]).await?;
    sound(
        figures,
        before(others.iter(), held.project_id, held.region_id, period),
        today,
    )?;
    let totals = figures.totals()?;
    let mut row = held.clone();
    row.row_version += 1;
    row.updated_at = tx.now();
    row.say(figures, totals);
    row.state = State::Submitted.as_str().to_owned();
    row.back_reason = None;
    row.reported_on = today;
    row.reported_at = tx.now();
    row.reported_by_user_id = user_id;
    row.reported_by_organisation_id = organisation_id;
    let body = json!({ "changes": difference(&logged(&held), &logged(&row)), "funds": logged_funds(&figures.funds) });
    let subject = (Subject::ProgressReport, row.id);
    let kind = EventKind::ReportCorrected;
    tx.record_under(&permit, row.plan_id, kind, subject, Some(row.project_id), body);
    store::save(tx, &permit, &row).await?;
    store::insert_funds(tx, &fund_rows(&row, &figures.funds)).await?;
    derive::refresh(tx, &[row.project_id]).await?;
    Ok(row)
}
