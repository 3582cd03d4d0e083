//! Who owes reports, who is in time, and what a project reports next. All of it comes from one function, so that no
//! two places show different numbers. Looked at through a window, it is told of any past day and of any edition of a
//! frozen month.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filters::{ProjectFilter, conditions};
use super::names::{Named, Names, Wanted};
use super::shown::{figure, owners_in};
use super::window::Window;
use crate::db::paging::{self, Page, PageRequest};
use crate::db::schema::project_versions as pv;
use crate::kernel::Result;
use crate::projects::model::OwnerRow;
use crate::projects::parts::PartRow;
use crate::projects::silence::{Facts, Filed};
use crate::rules::periods::{Debt, debts};
use crate::rules::tallies::percent;

/// A period for which a project reports, and its report, where it is there.
#[derive(Debug, Clone)]
pub struct Owing {
    pub project: Named,
    /// The county whose part it is; none: the whole.
    pub part: Option<Named>,
    /// The organisation that answers for it now: for the part, or for the project.
    pub responsible: Option<Named>,
    pub debt: Debt,
    pub report: Option<Filed>,
    /// The day this speaks of.
    pub day: NaiveDate,
}

impl Owing {
    /// Its time is over.
    pub fn is_over(&self) -> bool {
        self.debt.owed_from <= self.day
    }

    pub fn settled(&self) -> bool {
        self.report.as_ref().is_some_and(Filed::settles)
    }

    /// Where it stands among others.
    fn place(&self) -> (NaiveDate, &str, Option<&str>) {
        let part = self.part.as_ref().map(|part| part.code.as_str());
        (self.debt.owed_from, &self.project.code, part)
    }

    /// It is owed today.
    pub fn is_owed(&self) -> bool {
        self.is_over() && !self.settled()
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pv)]
struct Project {
    id: Uuid,
    plan_id: Uuid,
    code: String,
    title: String,
    life_cycle: String,
    suspended_on: Option<NaiveDate>,
    archived_reason: Option<String>,
}

/// The organisation that answers for a project, of its owners: a proposal does not.
pub(super) fn answering(owners: &[OwnerRow]) -> Option<Uuid> {
    owners
        .iter()
        .find(|owner| owner.role == "responsible" && owner.basis != "inferred")
        .map(|owner| owner.organisation_id)
}

/// Every period that has begun and for which a project in sight reports, the earliest owed first. `keep` narrows them
/// before names are looked up.
pub async fn owing(
    conn: &mut AsyncPgConnection,
    window: &Window,
    filter: &ProjectFilter,
    keep: impl Fn(&Debt, NaiveDate) -> bool,
) -> Result<Vec<Owing>> {
    if window.plans.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = pv::table.select(Project::as_select()).into_boxed();
    for condition in conditions(window, filter) {
        select = select.filter(condition);
    }
    let projects: Vec<Project> = select.load(conn).await?;
    let heads: Vec<(Uuid, Uuid)> = projects.iter().map(|one| (one.id, one.plan_id)).collect();
    let numbers: Vec<(Uuid, i64)> = window.plans.iter().map(|one| (one.plan_id, one.number)).collect();
    let facts = Facts::load_at(conn, &numbers, &heads).await?;
    let ids: Vec<Uuid> = projects.iter().map(|one| one.id).collect();
    let owners = owners_in(conn, window, &ids).await?;
    let answers = |id: Uuid| owners.get(&id).and_then(|all| answering(all));
    let mut wanted = Wanted::seen_in(Some(window));
    for project in &projects {
        let parts = facts.parts(project.id);
        wanted.organisations.extend(answers(project.id));
        wanted
            .organisations
            .extend(parts.iter().filter_map(PartRow::answers));
        wanted.regions.extend(parts.iter().map(|part| part.region_id));
    }
    let names = Names::load(conn, &wanted).await?;
    let mut all = Vec::new();
    for project in projects {
        // Nobody answers for it, or nobody works on it: nothing is owed of it, as `silent_from` has it.
        let over = project.life_cycle == "cancelled"
            || project.suspended_on.is_some()
            || project.archived_reason.is_some();
        let own = answers(project.id);
        let (Some(calendar), Some(day)) = (facts.calendar(project.plan_id), window.day_of(project.plan_id))
        else {
            continue;
        };
        if over {
            continue;
        }
        let division = facts.division(project.id);
        for spell in facts.spells(project.id)? {
            for debt in debts(calendar, &spell).take_while(|debt| debt.period.start <= day) {
                if !keep(&debt, day) {
                    continue;
                }
                for which in division.owing(debt.period) {
                    let part = which.and_then(|region| facts.part(project.id, region));
                    let Some(organisation) = part.and_then(PartRow::answers).or(own) else {
                        continue;
                    };
                    all.push(Owing {
                        project: Named {
                            id: project.id,
                            code: project.code.clone(),
                            name: project.title.clone(),
                        },
                        part: names.get(which),
                        responsible: names.get(Some(organisation)),
                        debt,
                        report: facts.report(project.id, which, debt.period).cloned(),
                        day,
                    });
                }
            }
        }
    }
    all.sort_by(|one, other| one.place().cmp(&other.place()));
    Ok(all)
}

/// A report that is owed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OwedPeriod {
    pub period: String,
    /// The county whose part it is; null: the whole.
    pub region: Option<Named>,
    /// Who answers for the part, or for the project.
    pub responsible: Option<Named>,
    pub due_on: NaiveDate,
    /// The first day on which it was owed: due day and grace had passed.
    pub since: NaiveDate,
    pub days: i64,
    /// It was there and was sent back.
    pub returned: bool,
}

/// A silent project: what it owes, and who answers for it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SilentProject {
    pub project: Named,
    /// Of the first that is owed.
    pub responsible: Option<Named>,
    pub silent_since: NaiveDate,
    pub owed: Vec<OwedPeriod>,
}

#[derive(Serialize, Deserialize)]
struct Key {
    day: NaiveDate,
    id: Uuid,
}

/// A page of silent projects, the longest silent first. The filter must ask for silent ones.
pub async fn silent(
    conn: &mut AsyncPgConnection,
    window: &Window,
    filter: &ProjectFilter,
    page: &PageRequest,
    question: &str,
    total: bool,
) -> Result<Page<SilentProject>> {
    let filter = ProjectFilter {
        silent: Some(true),
        ..filter.clone()
    };
    let mut select = pv::table
        .filter(pv::silent_from.is_not_null())
        .order((pv::silent_from, pv::id))
        .select((pv::silent_from.assume_not_null(), pv::id))
        .limit(page.limit + 1)
        .into_boxed();
    let mut count = pv::table.count().into_boxed();
    for condition in conditions(window, &filter) {
        select = select.filter(condition);
    }
    if let Some(cursor) = &page.cursor {
        let key: Key = paging::decode(question, cursor)?;
        let from = pv::silent_from.assume_not_null();
        select = select.filter(from.gt(key.day).or(from.eq(key.day).and(pv::id.gt(key.id))));
    }
    let found: Vec<(NaiveDate, Uuid)> = select.load(conn).await?;
    let cut = Page::cut(found, page, question, |(day, id)| Key { day: *day, id: *id })?;
    let total = match total {
        false => None,
        true => {
            for condition in conditions(window, &filter) {
                count = count.filter(condition);
            }
            Some(count.get_result(conn).await?)
        }
    };
    let ids: Vec<Uuid> = cut.rows.iter().map(|(_, id)| *id).collect();
    let mut by_project: BTreeMap<Uuid, Vec<Owing>> = BTreeMap::new();
    if !ids.is_empty() {
        let of = ProjectFilter {
            projects: ids,
            ..ProjectFilter::default()
        };
        for one in owing(conn, window, &of, |debt, day| debt.owed_from <= day).await? {
            if one.is_owed() {
                by_project.entry(one.project.id).or_default().push(one);
            }
        }
    }
    let rows = cut
        .rows
        .iter()
        .filter_map(|(silent_since, id)| {
            let owed = by_project.remove(id)?;
            let first = owed.as_slice().first()?;
            Some(SilentProject {
                project: first.project.clone(),
                responsible: first.responsible.clone(),
                silent_since: *silent_since,
                owed: owed.iter().map(owed_period).collect(),
            })
        })
        .collect();
    Ok(Page {
        rows,
        next_cursor: cut.next_cursor,
        limit: cut.limit,
        total,
    })
}

pub(super) fn owed_period(one: &Owing) -> OwedPeriod {
    OwedPeriod {
        period: one.debt.period.label(),
        region: one.part.clone(),
        responsible: one.responsible.clone(),
        due_on: one.debt.due_on,
        since: one.debt.owed_from,
        days: (one.day - one.debt.owed_from).num_days() + 1,
        returned: one.report.is_some(),
    }
}

/// How reports of an organisation's projects came in.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Punctuality {
    /// Who answers for the projects now.
    pub organisation: Option<Named>,
    /// Reports whose time is over.
    pub due: u64,
    /// Of these, first there in time.
    pub on_time: u64,
    /// There, but late.
    pub late: u64,
    /// Not there, or sent back.
    pub owed: u64,
    /// 按时率: in time ÷ due, per cent as a decimal string; null where nothing was due.
    pub rate: Option<String>,
}

/// Punctuality by organisation, in the order of their codes, and of all together.
pub fn punctuality(all: &[Owing]) -> (Vec<Punctuality>, Punctuality) {
    let mut by_organisation: BTreeMap<String, Punctuality> = BTreeMap::new();
    let fresh = |organisation: Option<Named>| Punctuality {
        organisation,
        due: 0,
        on_time: 0,
        late: 0,
        owed: 0,
        rate: None,
    };
    let mut whole = fresh(None);
    for one in all.iter().filter(|one| one.is_over()) {
        let code = one.responsible.as_ref().map(|named| named.code.clone());
        let row = by_organisation
            .entry(code.unwrap_or_default())
            .or_insert_with(|| fresh(one.responsible.clone()));
        for row in [row, &mut whole] {
            row.due += 1;
            match &one.report {
                Some(report) if report.on_time == Some(true) => row.on_time += 1,
                Some(report) if report.settles() => row.late += 1,
                _ => {}
            }
            row.owed += u64::from(one.is_owed());
        }
    }
    let rated = |mut row: Punctuality| {
        row.rate = percent(&row.on_time.into(), &row.due.into()).as_ref().map(figure);
        row
    };
    (by_organisation.into_values().map(rated).collect(), rated(whole))
}

/// What a project reports next, each part of it for itself: the earliest period that is owed, or the one that runs.
pub async fn next_of_each(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_id: Uuid,
) -> Result<Vec<Owing>> {
    let of = ProjectFilter {
        projects: vec![project_id],
        ..ProjectFilter::any()
    };
    let all = owing(conn, window, &of, |_, _| true).await?;
    let mut seen: BTreeSet<Option<Uuid>> = BTreeSet::new();
    let unsettled = all.into_iter().filter(|one| !one.settled());
    Ok(unsettled
        .filter(|one| seen.insert(one.part.as_ref().map(|part| part.id)))
        .collect())
}

/// The first of these, or that of the part in one region.
pub async fn next_of(
    conn: &mut AsyncPgConnection,
    window: &Window,
    project_id: Uuid,
    region_id: Option<Uuid>,
) -> Result<Option<Owing>> {
    let each = next_of_each(conn, window, project_id).await?;
    let part = |one: &Owing| one.part.as_ref().map(|part| part.id);
    Ok(each
        .into_iter()
        .find(|one| region_id.is_none() || part(one) == region_id))
}

/// The months for which somebody in sight reports, the latest first.
pub fn months(all: &[Owing]) -> Vec<NaiveDate> {
    let months: BTreeSet<NaiveDate> = all.iter().map(|one| one.debt.period.last_month()).collect();
    months.into_iter().rev().collect()
}
