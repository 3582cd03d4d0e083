//! Evidence files: what they are and where their contents lie.
//!
//! A file never changes: it is named by the hash of its content. Its type is told by the content, whatever its name says.

pub mod store;

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::AsyncPgConnection;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::Tx;
use crate::db::log::hex;
use crate::db::schema::evidence_files;
use crate::kernel::{Code, Error, Fault, Result};
use crate::projects::model::Evidence;

/// The largest file, in bytes.
pub const MOST: usize = 20 * 1024 * 1024;
/// How a report names a file: this and its id.
pub const PREFIX: &str = "/files/";

/// The types that are taken.
const TYPES: [&str; 5] = [
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
];

/// The type of a content, where it is one that is taken.
pub fn media_type(content: &[u8]) -> Option<&'static str> {
    let found = match infer::get(content)?.mime_type() {
        // Office programs put their parts in different orders; the archive's directory names them all.
        "application/zip" => office_type(content)?,
        other => other,
    };
    TYPES.into_iter().find(|known| *known == found)
}

/// What an archive is by the parts that its directory, at its end, names.
fn office_type(content: &[u8]) -> Option<&'static str> {
    let directory = content.get(content.len().saturating_sub(1024 * 1024)..)?;
    let names = |part: &[u8]| directory.windows(part.len()).any(|window| window == part);
    if !names(b"[Content_Types].xml") {
        return None;
    }
    match (names(b"xl/workbook.xml"), names(b"word/document.xml")) {
        (true, false) => Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (false, true) => Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        _ => None,
    }
}

/// One row of `evidence_files`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = evidence_files, check_for_backend(diesel::pg::Pg))]
#[schema(as = EvidenceFile)]
pub struct FileRow {
    pub id: Uuid,
    #[serde(skip)]
    pub plan_id: Uuid,
    pub project_id: Uuid,
    pub milestone_id: Uuid,
    /// As it was called where it came from.
    pub name: String,
    /// Told by the content.
    pub media_type: String,
    /// In bytes.
    pub size: i32,
    pub sha256: String,
    pub uploaded_by_user_id: Uuid,
    pub uploaded_by_organisation_id: Uuid,
    pub uploaded_at: DateTime<Utc>,
}

/// The hash by which a content is named.
pub fn hash_of(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// Where the contents lie.
#[derive(Debug, Clone)]
pub enum Keeper {
    /// In the database: one thing to back up.
    Database,
    /// In a folder of the operator's, each under its hash.
    Directory(PathBuf),
}

impl Keeper {
    /// Keeps in a folder, which must be there and take a file.
    pub fn directory(dir: &Path) -> Result<Keeper> {
        let probe = dir.join(".guatu-probe");
        std::fs::write(&probe, b"").map_err(|error| {
            Error::internal(format!(
                "the evidence folder {} takes no file: {error}",
                dir.display()
            ))
        })?;
        std::fs::remove_file(&probe).map_err(Error::internal)?;
        Ok(Keeper::Directory(dir.to_owned()))
    }

    fn place(dir: &Path, sha256: &str) -> PathBuf {
        let (first, _) = sha256.split_at_checked(2).unwrap_or((sha256, ""));
        dir.join(first).join(sha256)
    }

    /// Keeps a content. What lies in the folder when the transaction is undone is found there by the next one that
    /// has the same content.
    pub async fn put(&self, tx: &mut Tx, sha256: &str, content: &[u8]) -> Result<()> {
        match self {
            Keeper::Database => store::put_content(tx, sha256, content).await?,
            Keeper::Directory(dir) => {
                let (place, content) = (Keeper::place(dir, sha256), content.to_vec());
                let written = tokio::task::spawn_blocking(move || write_durably(&place, &content)).await;
                written.map_err(Error::internal)?.map_err(Error::internal)?;
            }
        }
        Ok(())
    }

    /// The content of a file: from the folder where one is kept, else from the database, where it was kept before.
    pub async fn get(&self, conn: &mut AsyncPgConnection, sha256: &str) -> Result<Vec<u8>> {
        if let Keeper::Directory(dir) = self
            && let Ok(content) = tokio::fs::read(Keeper::place(dir, sha256)).await
        {
            return Ok(content);
        }
        store::content(conn, sha256)
            .await?
            .ok_or_else(|| Error::internal(format!("the content {sha256} is kept nowhere")))
    }
}

/// Writes beside, then puts in place: a file that is there is whole, and on the disk.
fn write_durably(place: &Path, content: &[u8]) -> std::io::Result<()> {
    if place.exists() {
        return Ok(());
    }
    let folder = place.parent().unwrap_or(place);
    std::fs::create_dir_all(folder)?;
    let beside = folder.join(format!(".{}", Uuid::now_v7()));
    let mut file = std::fs::File::create_new(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&beside, place)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Refuses a report that names a file which is none of its milestone's.
pub fn check_references(evidence: &[Evidence], milestone_id: Uuid, files: &[FileRow]) -> Result<()> {
    let faults: Vec<Fault> = evidence
        .iter()
        .enumerate()
        .filter_map(|(index, one)| Some((index, one.reference.strip_prefix(PREFIX)?)))
        .filter(|(_, id)| {
            let id = Uuid::try_parse(id).ok();
            !files
                .iter()
                .any(|file| file.milestone_id == milestone_id && Some(file.id) == id)
        })
        .map(|(index, _)| Fault::new(format!("/evidence/{index}/reference"), Code::FieldNotFound))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(faults))
    }
}
