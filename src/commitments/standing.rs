//! How commitments stand, as facts of the lights of the projects that serve them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::model::{CommitmentRow, ObservationRow};
use super::store;
use crate::kernel::{Error, Result};
use crate::rules::course::{Counted, Observation, steps};
use crate::rules::lights::facts::Commitment;

/// The commitments that each of these projects serves, with their courses. A figure counts from the day of its
/// confirmation on, so that nobody was behind before it was known.
pub async fn served(
    conn: &mut AsyncPgConnection,
    project_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Commitment>>> {
    let links = store::links::served_by(conn, project_ids).await?;
    let ids: BTreeSet<Uuid> = links.iter().map(|(_, commitment)| *commitment).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut served: BTreeMap<Uuid, Vec<Commitment>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(served);
    }
    let mut figures: BTreeMap<Uuid, Vec<ObservationRow>> = BTreeMap::new();
    for row in store::counting(conn, &ids).await? {
        figures.entry(row.commitment_id).or_default().push(row);
    }
    let mut starts: BTreeMap<Uuid, NaiveDate> = BTreeMap::new();
    let mut known: BTreeMap<Uuid, Commitment> = BTreeMap::new();
    for (id, row) in store::by_ids(conn, &ids).await? {
        let plan_id = row.printed.plan_id;
        let starts_on = match starts.get(&plan_id) {
            Some(day) => *day,
            None => store::plan_of(conn, plan_id).await?.1,
        };
        starts.insert(plan_id, starts_on);
        let figures = figures.remove(&id).unwrap_or_default();
        known.insert(id, fact(row, starts_on, figures)?);
    }
    for (project, commitment) in links {
        served
            .entry(project)
            .or_default()
            .extend(known.get(&commitment).cloned());
    }
    Ok(served)
}

fn fact(row: CommitmentRow, plan_starts_on: NaiveDate, figures: Vec<ObservationRow>) -> Result<Commitment> {
    let promise = row.promise(plan_starts_on)?;
    let counted = figures
        .into_iter()
        .map(|figure| {
            Ok(Counted {
                from: figure
                    .confirmed_on
                    .ok_or_else(|| Error::internal("a figure that counts without its day"))?,
                observation: Observation {
                    on: figure.observed_on,
                    value: figure.value,
                },
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Commitment {
        may_turn_red: row.may_turn_red(),
        steps: steps(&promise, &counted),
        code: row.printed.code,
        metric: row.printed.metric,
        unit: row.printed.base_unit,
        due_on: promise.due_on,
        maintained: promise.maintained,
    })
}
