//! The SQL of organisations, their closure and regions.

pub mod loading;

use std::collections::BTreeMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::paging::{Page, PageRequest, decode};
use crate::db::schema::{
    memberships, organisation_closure, organisations, plans, project_owners, project_parts, regions,
};
use crate::kernel::{Error, Permit, Result};
use crate::orgs::model::{
    OrganisationFilter, OrganisationRef, OrganisationRow, OrganisationView, RegionRef, RegionRow, RegionView,
};

diesel::alias!(organisations as parents: Parents, regions as parent_regions: ParentRegions);

/// Pairs of one insert into the closure: PostgreSQL takes 65,535 binds in a statement.
const CHUNK: usize = 10_000;

/// The ids of the organisations with these codes; a code that nobody has is left out.
pub async fn ids_by_codes(conn: &mut AsyncPgConnection, codes: &[String]) -> Result<BTreeMap<String, Uuid>> {
    let pairs: Vec<(String, Uuid)> = organisations::table
        .filter(organisations::code.eq_any(codes))
        .select((organisations::code, organisations::id))
        .load(conn)
        .await?;
    Ok(pairs.into_iter().collect())
}

/// The ids of what is named by id or code; what nobody has is left out.
pub async fn ids_by_references(conn: &mut AsyncPgConnection, names: &[String]) -> Result<Vec<Uuid>> {
    let (ids, codes) = split(names);
    Ok(organisations::table
        .filter(
            organisations::id
                .eq_any(ids)
                .or(organisations::code.eq_any(codes)),
        )
        .select(organisations::id)
        .load(conn)
        .await?)
}

/// The organisation with this id or code.
pub async fn find(conn: &mut AsyncPgConnection, reference: &str) -> Result<Option<OrganisationRow>> {
    let query = organisations::table.select(OrganisationRow::as_select());
    Ok(match Uuid::try_parse(reference) {
        Ok(id) => query.filter(organisations::id.eq(id)).first(conn).await,
        Err(_) => query.filter(organisations::code.eq(reference)).first(conn).await,
    }
    .optional()?)
}

/// The organisation with this id, held until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<OrganisationRow>> {
    Ok(organisations::table
        .find(id)
        .select(OrganisationRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?)
}

/// The same for somebody who only needs that it stays as it is.
pub async fn lock_shared(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Option<OrganisationRow>> {
    Ok(organisations::table
        .find(id)
        .select(OrganisationRow::as_select())
        .for_share()
        .first(conn)
        .await
        .optional()?)
}

/// The organisation itself, then those above it, upwards. Empty where there is none.
pub async fn path_of(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Vec<Uuid>> {
    Ok(organisation_closure::table
        .filter(organisation_closure::descendant_id.eq(id))
        .order(organisation_closure::depth)
        .select(organisation_closure::ancestor_id)
        .load(conn)
        .await?)
}

/// The organisation itself and everything below it, with its depth below.
pub async fn subtree_of(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Vec<(Uuid, i32)>> {
    Ok(organisation_closure::table
        .filter(organisation_closure::ancestor_id.eq(id))
        .order((organisation_closure::depth, organisation_closure::descendant_id))
        .select((organisation_closure::descendant_id, organisation_closure::depth))
        .load(conn)
        .await?)
}

/// The region with this id or code.
pub async fn find_region(conn: &mut AsyncPgConnection, reference: &str) -> Result<Option<RegionRow>> {
    let query = regions::table.select(RegionRow::as_select());
    Ok(match Uuid::try_parse(reference) {
        Ok(id) => query.filter(regions::id.eq(id)).first(conn).await,
        Err(_) => query.filter(regions::code.eq(reference)).first(conn).await,
    }
    .optional()?)
}

type Joined = (OrganisationRow, String, String, Option<(Uuid, String, String)>);

fn view((row, region_code, region_name, parent): Joined) -> Result<OrganisationView> {
    let region = RegionRef {
        code: region_code,
        name: region_name,
    };
    let parent = parent.map(|(id, code, name)| OrganisationRef { id, code, name });
    OrganisationView::of(row, region, parent)
}

/// The organisation with this id or code, as it is shown.
pub async fn view_of(conn: &mut AsyncPgConnection, reference: &str) -> Result<Option<OrganisationView>> {
    let query = organisations::table
        .inner_join(regions::table.on(regions::id.eq(organisations::region_id)))
        .left_join(
            parents.on(parents
                .field(organisations::id)
                .nullable()
                .eq(organisations::parent_id)),
        )
        .select((
            OrganisationRow::as_select(),
            regions::code,
            regions::name,
            parents
                .fields((organisations::id, organisations::code, organisations::name))
                .nullable(),
        ));
    let found: Option<Joined> = match Uuid::try_parse(reference) {
        Ok(id) => query.filter(organisations::id.eq(id)).first(conn).await,
        Err(_) => query.filter(organisations::code.eq(reference)).first(conn).await,
    }
    .optional()?;
    found.map(view).transpose()
}

/// A page of organisations in the order of their codes.
pub async fn list(
    conn: &mut AsyncPgConnection,
    filter: &OrganisationFilter,
    page: &PageRequest,
) -> Result<Page<OrganisationView>> {
    let question = format!("organisations {filter:?}");
    let (region_ids, region_codes) = split(&filter.regions);
    let parent_ids = ids_by_references(conn, &filter.parents).await?;
    let build = || {
        let mut query = organisations::table
            .inner_join(regions::table.on(regions::id.eq(organisations::region_id)))
            .left_join(
                parents.on(parents
                    .field(organisations::id)
                    .nullable()
                    .eq(organisations::parent_id)),
            )
            .into_boxed();
        if !filter.kinds.is_empty() {
            let kinds: Vec<&str> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
            query = query.filter(organisations::kind.eq_any(kinds));
        }
        if !filter.regions.is_empty() {
            query = query.filter(
                regions::id
                    .eq_any(region_ids.clone())
                    .or(regions::code.eq_any(region_codes.clone())),
            );
        }
        if !filter.parents.is_empty() {
            query = query.filter(organisations::parent_id.eq_any(parent_ids.clone()));
        }
        match filter.archived {
            Some(true) => query = query.filter(organisations::archived_reason.is_not_null()),
            Some(false) => query = query.filter(organisations::archived_reason.is_null()),
            None => {}
        }
        if let Some(q) = &filter.q {
            query = query.filter(organisations::name.ilike(containing(q)));
        }
        query
    };
    let mut query = build();
    if let Some(cursor) = &page.cursor {
        query = query.filter(organisations::code.gt(decode::<String>(&question, cursor)?));
    }
    let rows: Vec<Joined> = query
        .order(organisations::code)
        .limit(page.limit + 1)
        .select((
            OrganisationRow::as_select(),
            regions::code,
            regions::name,
            parents
                .fields((organisations::id, organisations::code, organisations::name))
                .nullable(),
        ))
        .load(conn)
        .await?;
    let rows = rows.into_iter().map(view).collect::<Result<Vec<_>>>()?;
    let mut cut = Page::cut(rows, page, &question, |row| row.code.clone())?;
    if filter.total {
        cut.total = Some(build().count().get_result(conn).await?);
    }
    Ok(cut)
}

/// A page of regions in the order of their codes.
pub async fn list_regions(
    conn: &mut AsyncPgConnection,
    parent_codes: &[String],
    page: &PageRequest,
) -> Result<Page<RegionView>> {
    let question = format!("regions {parent_codes:?}");
    let parent_code = parent_regions.field(regions::code);
    let mut query = regions::table
        .left_join(
            parent_regions.on(parent_regions
                .field(regions::id)
                .nullable()
                .eq(regions::parent_id)),
        )
        .into_boxed();
    if !parent_codes.is_empty() {
        query = query.filter(parent_code.eq_any(parent_codes));
    }
    if let Some(cursor) = &page.cursor {
        query = query.filter(regions::code.gt(decode::<String>(&question, cursor)?));
    }
    let rows: Vec<(RegionRow, Option<String>)> = query
        .order(regions::code)
        .limit(page.limit + 1)
        .select((RegionRow::as_select(), parent_code.nullable()))
        .load(conn)
        .await?;
    let page = Page::cut(rows, page, &question, |(row, _)| row.code.clone())?;
    Ok(page.map(|(row, parent_code)| RegionView {
        id: row.id,
        code: row.code,
        name: row.name,
        parent_code,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    }))
}

/// Whether something stands on the organisation: one below it in use, a living membership, a project, a plan.
pub async fn in_use(conn: &mut AsyncPgConnection, id: Uuid) -> Result<bool> {
    let below = organisations::table
        .filter(organisations::parent_id.eq(id))
        .filter(organisations::archived_reason.is_null());
    let members = memberships::table
        .filter(memberships::organisation_id.eq(id))
        .filter(memberships::ended_at.is_null());
    let owned = project_owners::table
        .filter(project_owners::organisation_id.eq(id))
        .filter(project_owners::removed.eq(false));
    let parts = project_parts::table
        .filter(project_parts::organisation_id.eq(id))
        .filter(project_parts::removed.eq(false));
    let issued = plans::table.filter(plans::issuer_id.eq(id));
    Ok(diesel::select(
        exists(below)
            .or(exists(members))
            .or(exists(owned))
            .or(exists(parts))
            .or(exists(issued)),
    )
    .get_result(conn)
    .await?)
}

/// Inserts an organisation and its closure, below its parent.
pub async fn insert(conn: &mut AsyncPgConnection, _permit: &Permit, row: &OrganisationRow) -> Result<()> {
    diesel::insert_into(organisations::table)
        .values(row)
        .execute(conn)
        .await?;
    let mut pairs = vec![(row.id, row.id, 0)];
    if let Some(parent_id) = row.parent_id {
        for (ancestor, depth) in ancestors_of(conn, parent_id).await? {
            pairs.push((ancestor, row.id, depth + 1));
        }
    }
    insert_pairs(conn, &pairs).await
}

/// Writes everything of an organisation but its id, code, kind and birth; the version must have risen.
pub async fn update(conn: &mut AsyncPgConnection, _permit: &Permit, row: &OrganisationRow) -> Result<()> {
    let changed = diesel::update(organisations::table.find(row.id))
        .set((
            organisations::name.eq(&row.name),
            organisations::parent_id.eq(row.parent_id),
            organisations::region_id.eq(row.region_id),
            organisations::duties.eq(&row.duties),
            organisations::valid_from.eq(row.valid_from),
            organisations::valid_to.eq(row.valid_to),
            organisations::archived_reason.eq(&row.archived_reason),
            organisations::row_version.eq(row.row_version),
            organisations::updated_at.eq(row.updated_at),
        ))
        .execute(conn)
        .await?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}

/// Hangs an organisation with everything below it under another one. The caller has refused a cycle.
pub async fn move_below(
    conn: &mut AsyncPgConnection,
    _permit: &Permit,
    subtree: &[(Uuid, i32)],
    parent_id: Uuid,
) -> Result<()> {
    let ids: Vec<Uuid> = subtree.iter().map(|(id, _)| *id).collect();
    diesel::delete(
        organisation_closure::table
            .filter(organisation_closure::descendant_id.eq_any(&ids))
            .filter(organisation_closure::ancestor_id.ne_all(&ids)),
    )
    .execute(conn)
    .await?;
    let mut pairs = Vec::new();
    for (ancestor, above) in ancestors_of(conn, parent_id).await? {
        pairs.extend(
            subtree
                .iter()
                .map(|(id, below)| (ancestor, *id, above + 1 + below)),
        );
    }
    insert_pairs(conn, &pairs).await
}

async fn ancestors_of(conn: &mut AsyncPgConnection, id: Uuid) -> Result<Vec<(Uuid, i32)>> {
    Ok(organisation_closure::table
        .filter(organisation_closure::descendant_id.eq(id))
        .select((organisation_closure::ancestor_id, organisation_closure::depth))
        .load(conn)
        .await?)
}

async fn insert_pairs(conn: &mut AsyncPgConnection, pairs: &[(Uuid, Uuid, i32)]) -> Result<()> {
    for chunk in pairs.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(ancestor, descendant, depth)| {
                (
                    organisation_closure::ancestor_id.eq(ancestor),
                    organisation_closure::descendant_id.eq(descendant),
                    organisation_closure::depth.eq(depth),
                )
            })
            .collect();
        diesel::insert_into(organisation_closure::table)
            .values(rows)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// References told apart: ids and codes.
fn split(names: &[String]) -> (Vec<Uuid>, Vec<String>) {
    let mut ids = Vec::new();
    let mut codes = Vec::new();
    for name in names {
        match Uuid::try_parse(name) {
            Ok(id) => ids.push(id),
            Err(_) => codes.push(name.clone()),
        }
    }
    (ids, codes)
}

/// The LIKE pattern of texts that contain `q` as it stands.
pub fn containing(q: &str) -> String {
    let mut pattern = String::from("%");
    for c in q.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The names of organisations, in the order of their codes.
pub async fn names(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>> {
    Ok(organisations::table
        .filter(organisations::id.eq_any(ids))
        .order(organisations::code)
        .select((organisations::id, organisations::name))
        .load(conn)
        .await?)
}
