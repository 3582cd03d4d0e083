//! The facets of change requests: those of their projects count requests; one for a project that is not there yet counts
//! where it names something.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::{Dimension, Facets, Key, Tally, beside, known_projects, named, of_project};
use crate::kernel::Result;
use crate::views::changes::{ChangeQuery, Head, Proposed, heads, named_by};
use crate::views::window::Window;

const OF_CHANGES: [Dimension; 8] = [
    Dimension::Programme,
    Dimension::ServiceArea,
    Dimension::Region,
    Dimension::Lead,
    Dimension::Responsible,
    Dimension::Status,
    // Of the request itself.
    Dimension::Kind,
    Dimension::State,
];

/// The facets of a list of change requests: `kind` and `state` are the request's own.
pub async fn changes(conn: &mut AsyncPgConnection, window: &Window, query: &ChangeQuery) -> Result<Facets> {
    let mut sets: BTreeMap<Dimension, Vec<Head>> = BTreeMap::new();
    for dimension in OF_CHANGES {
        let mut lifted = query.clone();
        match dimension {
            Dimension::Kind => lifted.kinds.clear(),
            Dimension::State => lifted.states.clear(),
            other => other.lift(&mut lifted.filter),
        }
        sets.insert(dimension, heads(conn, window, &lifted).await?);
    }
    let heads: Vec<Head> = sets.values().flatten().cloned().collect();
    let proposed = named_by(conn, &heads).await?;
    let of_projects = heads.iter().filter(|row| row.initiative_id.is_none());
    let ids: BTreeSet<Uuid> = of_projects.filter_map(|row| row.project_id).collect();
    let known = known_projects(conn, window, &ids).await?;
    let beside = beside(conn, window, &ids).await?;
    let mut tallies = BTreeMap::new();
    for (dimension, rows) in &sets {
        let mut tally = Tally::default();
        for row in rows {
            tally.add(match dimension {
                Dimension::Kind => Some(Key::Word(row.kind.clone())),
                Dimension::State => Some(Key::Word(row.state.clone())),
                other => match proposed.get(&row.id) {
                    Some(named) => of_proposed(named, *other),
                    None => row
                        .project_id
                        .and_then(|id| known.get(&id))
                        .and_then(|project| of_project(project, *other, &beside, window)),
                },
            });
        }
        tallies.insert(*dimension, tally);
    }
    named(conn, window, tallies).await
}

/// The value of a project that is asked for in a dimension.
fn of_proposed(named: &Proposed, dimension: Dimension) -> Option<Key> {
    let id = match dimension {
        Dimension::Programme => named.programme_id,
        Dimension::ServiceArea => named.service_area_id,
        Dimension::Region => named.region_id,
        Dimension::Lead => named.lead_id,
        Dimension::Responsible => named.responsible_id,
        _ => None,
    };
    id.map(Key::Id)
}
