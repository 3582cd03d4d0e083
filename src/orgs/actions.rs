//! What can be done with organisations.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Kind, NewOrganisation, OrganisationPatch, OrganisationRow};
use super::store;
use crate::db::log::REGISTRY;
use crate::db::{EventKind, Subject, Tx, Versioned};
use crate::kernel::authz::{Action, Permit, Target, require};
use crate::kernel::{Code, Error, Fault, Result, check_version};

/// The key of the advisory lock under which the tree changes: two moves at once could close a cycle.
const TREE: i64 = 0x6775_6174_7501;

/// Adds an organisation below another one and returns its id. Only the house itself lays a root.
pub async fn create(tx: &mut Tx, new: NewOrganisation) -> Result<Uuid> {
    tx.hold(TREE).await?;
    let id = Uuid::now_v7();
    let parent = match &new.parent {
        Some(reference) => store::find(tx.conn(), reference).await?,
        None => None,
    };
    let permit = permit_below(tx, id, parent.as_ref(), new.parent.is_some()).await?;
    if parent
        .as_ref()
        .is_some_and(|parent| parent.archived_reason.is_some())
    {
        return Err(Error::Conflict(Fault::new("/parent", Code::OrganisationArchived)));
    }
    let mut faults = Vec::new();
    if new.parent.is_some() && parent.is_none() {
        faults.push(Fault::new("/parent", Code::FieldNotFound));
    }
    if governs(&new.kind)
        && let Some(parent) = &parent
    {
        at_the_head(tx, parent.id).await?;
    }
    let region = store::find_region(tx.conn(), &new.region).await?;
    match (&region, &parent) {
        (None, _) => faults.push(Fault::new("/region", Code::FieldNotFound)),
        (Some(region), Some(parent)) if !within(tx, region.id, parent.region_id).await? => {
            faults.push(Fault::new("/region", Code::OrganisationRegion));
        }
        _ => {}
    }
    if !code_is_sound(&new.code) {
        faults.push(Fault::new("/code", Code::FieldFormat).with("format", "a-z 0-9 . -"));
    }
    if Kind::parse(&new.kind).is_none() {
        faults.push(Fault::new("/kind", Code::FieldNotAllowed).with("allowed", Kind::NAMES.join(", ")));
    }
    check_validity(new.valid_from, new.valid_to, &mut faults);
    let (Some(region), true) = (region, faults.is_empty()) else {
        return Err(Error::Invalid(faults));
    };
    let now = tx.now();
    let row = OrganisationRow {
        id,
        code: new.code,
        name: new.name,
        kind: new.kind,
        parent_id: parent.map(|parent| parent.id),
        region_id: region.id,
        duties: new.duties.unwrap_or_default(),
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        archived_reason: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    store::insert(tx.conn(), &permit, &row).await?;
    record(tx, &permit, EventKind::OrganisationCreated, &row, state(&row));
    // A county government sees what is sited in its region, from its first day.
    crate::sight::rebuild_for_organisations(tx, &[id]).await?;
    Ok(id)
}

/// Changes what `patch` says of the organisation with this id or code; returns its id.
pub async fn edit(tx: &mut Tx, reference: &str, seen: Option<i64>, patch: OrganisationPatch) -> Result<Uuid> {
    if patch.parent.is_some() {
        tx.hold(TREE).await?;
    }
    let found = store::find(tx.conn(), reference).await?.ok_or(Error::NotFound)?;
    let before = store::lock(tx.conn(), found.id).await?.ok_or(Error::NotFound)?;
    let path = store::path_of(tx.conn(), before.id).await?;
    let target = Target::Organisation {
        id: before.id,
        path: &path,
    };
    let permit = require(tx.actor(), Action::AdministerOrganisations, &target)?;
    let parent = match &patch.parent {
        Some(reference) => store::find(tx.conn(), reference).await?,
        None => None,
    };
    if let Some(parent) = &parent
        && Some(parent.id) != before.parent_id
    {
        // Nobody hangs an organisation where he has no say.
        permit_below(tx, before.id, Some(parent), true).await?;
    }
    if governs(&before.kind) && (patch.parent.is_some() || patch.region.is_some()) {
        at_the_head(tx, before.id).await?;
    }
    check_version(seen, before.row_version)?;
    let after = decide(tx, &before, patch, parent.as_ref()).await?;
    if after == before {
        return Ok(before.id);
    }
    apply(tx, &permit, &before, after).await?;
    Ok(before.id)
}

/// The organisation as it shall be: refused where a rule or a reference stands against it.
async fn decide(
    tx: &mut Tx,
    before: &OrganisationRow,
    patch: OrganisationPatch,
    parent: Option<&OrganisationRow>,
) -> Result<OrganisationRow> {
    let mut after = before.clone();
    let mut faults = Vec::new();
    if let Some(parent) = parent {
        let above = store::path_of(tx.conn(), parent.id).await?;
        if above.contains(&before.id) {
            return Err(Error::Conflict(Fault::new("/parent", Code::OrganisationCycle)));
        }
        if parent.archived_reason.is_some() && before.parent_id != Some(parent.id) {
            return Err(Error::Conflict(Fault::new("/parent", Code::OrganisationArchived)));
        }
        after.parent_id = Some(parent.id);
    } else if patch.parent.is_some() {
        faults.push(Fault::new("/parent", Code::FieldNotFound));
    }
    if let Some(reference) = &patch.region {
        match store::find_region(tx.conn(), reference).await? {
            Some(region) => after.region_id = region.id,
            None => faults.push(Fault::new("/region", Code::FieldNotFound)),
        }
    }
    let moves = (after.parent_id, after.region_id) != (before.parent_id, before.region_id);
    if let (true, Some(parent_id)) = (moves, after.parent_id)
        && let Some(above) = store::find(tx.conn(), &parent_id.to_string()).await?
        && !within(tx, after.region_id, above.region_id).await?
    {
        faults.push(Fault::new("/region", Code::OrganisationRegion));
    }
    after.name = patch.name.unwrap_or(after.name);
    after.duties = patch.duties.unwrap_or(after.duties);
    after.valid_from = patch.valid_from.unwrap_or(after.valid_from);
    after.valid_to = patch.valid_to.unwrap_or(after.valid_to);
    after.archived_reason = patch.archived_reason.unwrap_or(after.archived_reason);
    let archives = before.archived_reason.is_none() && after.archived_reason.is_some();
    if archives && store::in_use(tx.conn(), before.id).await? {
        return Err(Error::conflict(Code::OrganisationInUse));
    }
    check_validity(after.valid_from, after.valid_to, &mut faults);
    if faults.is_empty() {
        Ok(after)
    } else {
        Err(Error::Invalid(faults))
    }
}

async fn apply(
    tx: &mut Tx,
    permit: &Permit,
    before: &OrganisationRow,
    mut after: OrganisationRow,
) -> Result<()> {
    after.row_version += 1;
    after.updated_at = tx.now();
    store::update(tx.conn(), permit, &after).await?;
    let moved = after.parent_id != before.parent_id;
    let subtree = store::subtree_of(tx.conn(), after.id).await?;
    if let (true, Some(parent_id)) = (moved, after.parent_id) {
        store::move_below(tx.conn(), permit, &subtree, parent_id).await?;
    }
    let (old, new) = (state(before), state(&after));
    let changed: Map<String, Value> = new
        .iter()
        .filter(|(name, value)| old.get(*name) != Some(value))
        .map(|(name, value)| (name.clone(), json!({ "from": old.get(name), "to": value })))
        .collect();
    let mut body = Map::new();
    body.insert("changed".to_owned(), Value::Object(changed));
    record(tx, permit, EventKind::OrganisationEdited, &after, body);
    if moved || after.region_id != before.region_id {
        // Who may see a project follows from where its owners stand, and the county office from its region.
        let ids: Vec<Uuid> = subtree.iter().map(|(id, _)| *id).collect();
        crate::sight::rebuild_for_organisations(tx, &ids).await?;
    }
    Ok(())
}

/// Whether an organisation of this kind sees a whole region, or everything.
fn governs(kind: &str) -> bool {
    matches!(kind, "city_government" | "county_government")
}

/// A government sees what is sited in its region: where there is one, and over what, is settled by the administrators at
/// the head of the tree alone.
async fn at_the_head(tx: &mut Tx, id: Uuid) -> Result<()> {
    let path = store::path_of(tx.conn(), id).await?;
    let head = path.last().copied().unwrap_or(id);
    let target = Target::Organisation { id, path: &[head] };
    require(tx.actor(), Action::AdministerOrganisations, &target).map(drop)
}

/// Whether a region is another one or lies in it.
async fn within(tx: &mut Tx, region_id: Uuid, outer_id: Uuid) -> Result<bool> {
    let mut at = Some(region_id);
    // Province, city, county, township, village: nobody's regions are deeper than this.
    for _ in 0..8 {
        let Some(id) = at else { break };
        if id == outer_id {
            return Ok(true);
        }
        at = store::find_region(tx.conn(), &id.to_string())
            .await?
            .and_then(|region| region.parent_id);
    }
    Ok(false)
}

/// The right to have an organisation below `parent`. Where the named parent is not there, the asker is judged as if
/// it were his own, so that who has no right learns that first and who has it learns what is wrong.
async fn permit_below(
    tx: &mut Tx,
    id: Uuid,
    parent: Option<&OrganisationRow>,
    named: bool,
) -> Result<Permit> {
    let mut path = vec![id];
    match parent {
        Some(parent) => path.extend(store::path_of(tx.conn(), parent.id).await?),
        None if named => path.extend(tx.actor().memberships().iter().map(|m| m.organisation_id)),
        None => {}
    }
    let target = Target::Organisation { id, path: &path };
    require(tx.actor(), Action::AdministerOrganisations, &target)
}

fn record(tx: &mut Tx, permit: &Permit, kind: EventKind, row: &OrganisationRow, body: Map<String, Value>) {
    let subject = (Subject::Organisation, row.id);
    tx.record_under(permit, REGISTRY, kind, subject, None, Value::Object(body));
    tx.touch(REGISTRY, Versioned::Organisations, row.id);
}

/// What an event says of an organisation.
fn state(row: &OrganisationRow) -> Map<String, Value> {
    let mut state = Map::new();
    for (name, value) in [
        ("code", json!(row.code)),
        ("name", json!(row.name)),
        ("kind", json!(row.kind)),
        ("parent_id", json!(row.parent_id)),
        ("region_id", json!(row.region_id)),
        ("duties", json!(row.duties)),
        ("valid_from", json!(row.valid_from)),
        ("valid_to", json!(row.valid_to)),
        ("archived_reason", json!(row.archived_reason)),
    ] {
        state.insert(name.to_owned(), value);
    }
    state
}

fn check_validity(from: Option<chrono::NaiveDate>, to: Option<chrono::NaiveDate>, faults: &mut Vec<Fault>) {
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        faults.push(
            Fault::new("/valid_to", Code::FieldOutOfRange)
                .with("least", from)
                .with("most", "2199-12-31"),
        );
    }
}

/// As the table's own check has it.
fn code_is_sound(code: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    code.len() <= 80
        && code.bytes().next().is_some_and(plain)
        && code.bytes().all(|c| plain(c) || c == b'.' || c == b'-')
}
