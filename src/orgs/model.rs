//! What an organisation and a region are, as rows, inputs and views.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::schema::{organisations, regions};
use crate::kernel::{Error, Result};

/// What an organisation is in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 市政府
    CityGovernment,
    /// 市级部门
    CityDepartment,
    /// 县区政府
    CountyGovernment,
    /// 县区部门
    CountyDepartment,
    /// 乡镇、街道
    Township,
    /// 医院、学校等单位
    Institution,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::CityGovernment,
        Kind::CityDepartment,
        Kind::CountyGovernment,
        Kind::CountyDepartment,
        Kind::Township,
        Kind::Institution,
    ];
    pub const NAMES: [&'static str; 6] = [
        "city_government",
        "city_department",
        "county_government",
        "county_department",
        "township",
        "institution",
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::CityGovernment => "city_government",
            Kind::CityDepartment => "city_department",
            Kind::CountyGovernment => "county_government",
            Kind::CountyDepartment => "county_department",
            Kind::Township => "township",
            Kind::Institution => "institution",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One row of `organisations`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = organisations, check_for_backend(diesel::pg::Pg))]
pub struct OrganisationRow {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub parent_id: Option<Uuid>,
    pub region_id: Uuid,
    pub duties: String,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub archived_reason: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// One row of `regions`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = regions, check_for_backend(diesel::pg::Pg))]
pub struct RegionRow {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub parent_id: Option<Uuid>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub position: i32,
}

/// A new organisation. References are an id or a code.
#[derive(Debug, Clone, PartialEq, Eq, Default, ToSchema)]
#[schema(as = OrganisationCreate)]
pub struct NewOrganisation {
    /// The same in every installation; never changes. Lower-case letters, digits, `.` and `-`.
    pub code: String,
    pub name: String,
    #[schema(value_type = Kind)]
    pub kind: String,
    /// The organisation above it, by id or code. A person must name one; only the loading of files lays a root.
    pub parent: Option<String>,
    /// Its region, by id or code (GB/T 2260).
    pub region: String,
    pub duties: Option<String>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

/// What a change of an organisation says: absent keeps, null clears where that may be.
#[derive(Debug, Clone, PartialEq, Eq, Default, ToSchema)]
#[schema(as = OrganisationPatch)]
pub struct OrganisationPatch {
    pub name: Option<String>,
    pub duties: Option<String>,
    /// The organisation above it, by id or code.
    pub parent: Option<String>,
    /// Its region, by id or code.
    pub region: Option<String>,
    /// Null clears it.
    #[schema(value_type = Option<NaiveDate>)]
    pub valid_from: Change<NaiveDate>,
    /// Null clears it.
    #[schema(value_type = Option<NaiveDate>)]
    pub valid_to: Change<NaiveDate>,
    /// Archives it, with the reason; null takes it back into use.
    #[schema(value_type = Option<String>)]
    pub archived_reason: Change<String>,
}

/// A change of a field that may be empty: none keeps it, `Some(None)` clears it.
pub type Change<T> = Option<Option<T>>;

/// Which organisations are asked for. Empty lists ask for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganisationFilter {
    pub kinds: Vec<Kind>,
    /// Region codes or ids.
    pub regions: Vec<String>,
    /// Directly below these, by id or code.
    pub parents: Vec<String>,
    pub archived: Option<bool>,
    /// Part of a name.
    pub q: Option<String>,
    pub total: bool,
}

/// An organisation as it is named beside something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganisationRef {
    pub id: Uuid,
    pub code: String,
    pub name: String,
}

/// A region as it is named beside something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RegionRef {
    /// GB/T 2260
    pub code: String,
    pub name: String,
}

/// An organisation 单位.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub struct OrganisationView {
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub kind: Kind,
    /// The organisation above it; null for a root.
    pub parent: Option<OrganisationRef>,
    pub region: RegionRef,
    pub duties: String,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    /// Why it is out of use; null while it is in use.
    pub archived_reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(rename = "version")]
    pub row_version: i64,
}

/// A region 县区.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Region)]
pub struct RegionView {
    pub id: Uuid,
    /// GB/T 2260
    pub code: String,
    pub name: String,
    /// The code of the region it belongs to.
    pub parent_code: Option<String>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

impl OrganisationView {
    pub fn of(row: OrganisationRow, region: RegionRef, parent: Option<OrganisationRef>) -> Result<Self> {
        let kind = Kind::parse(&row.kind)
            .ok_or_else(|| Error::internal(format!("organisation kind {}", row.kind)))?;
        Ok(OrganisationView {
            id: row.id,
            code: row.code,
            name: row.name,
            kind,
            parent,
            region,
            duties: row.duties,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            archived_reason: row.archived_reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
            row_version: row.row_version,
        })
    }
}
