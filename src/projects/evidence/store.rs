//! The SQL of evidence files and of the contents that the database keeps.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::FileRow;
use crate::db::Tx;
use crate::db::schema::{evidence_contents, evidence_files};
use crate::kernel::authz::{Action, Permit};
use crate::kernel::{Error, Result};

/// The files of milestones, in the order in which they came.
pub async fn of_milestones(conn: &mut AsyncPgConnection, ids: &[Uuid]) -> Result<Vec<FileRow>> {
    Ok(evidence_files::table
        .filter(evidence_files::milestone_id.eq_any(ids))
        .order(evidence_files::id)
        .select(FileRow::as_select())
        .load(conn)
        .await?)
}

/// A file by its id; whether its project is in sight is for the asker to find out.
pub async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> Result<FileRow> {
    Ok(evidence_files::table
        .find(id)
        .select(FileRow::as_select())
        .first(conn)
        .await?)
}

/// Adds a file under a permit to report its milestone.
pub async fn insert(tx: &mut Tx, permit: &Permit, row: &FileRow) -> Result<()> {
    if permit.action() != Action::ReportMilestone || permit.target_id() != row.milestone_id {
        return Err(Error::internal("a permit does not cover this file"));
    }
    diesel::insert_into(evidence_files::table)
        .values(row)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Keeps a content under its hash; one that is there stays.
pub(super) async fn put_content(tx: &mut Tx, sha256: &str, content: &[u8]) -> Result<()> {
    diesel::insert_into(evidence_contents::table)
        .values((
            evidence_contents::sha256.eq(sha256),
            evidence_contents::content.eq(content),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The content under a hash, where the database keeps it.
pub(super) async fn content(conn: &mut AsyncPgConnection, sha256: &str) -> Result<Option<Vec<u8>>> {
    Ok(evidence_contents::table
        .find(sha256)
        .select(evidence_contents::content)
        .first(conn)
        .await
        .optional()?)
}
