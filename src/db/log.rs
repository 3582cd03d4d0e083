//! The log: what an event is, how it is chained, and the proof that nobody changed one.
//!
//! The hash of an event covers the hash before it, its head (who, when, what about) and the hash of its body; the
//! hash of the body covers a random salt and the canonical body. So a body can be redacted, which is an event in
//! itself, and the chain still holds. Persons appear by id only.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::schema::{event_bodies, events};
use crate::kernel::{Error, Result};

pub use super::proof::{Finding, Head, Proof, heads, verify};

/// The stream of users, organisations, regions and settings.
pub const REGISTRY: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Plan,
    Programme,
    Initiative,
    ServiceArea,
    Commitment,
    Project,
    ProjectOwner,
    Milestone,
    ChangeRequest,
    Region,
    Organisation,
    User,
    Membership,
    ProjectKind,
    Event,
    ProgressReport,
    ReportFreeze,
    LightOverride,
    Observation,
    CarryOver,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Plan => "plan",
            Subject::Programme => "programme",
            Subject::Initiative => "initiative",
            Subject::ServiceArea => "service_area",
            Subject::Commitment => "commitment",
            Subject::Project => "project",
            Subject::ProjectOwner => "project_owner",
            Subject::Milestone => "milestone",
            Subject::ChangeRequest => "change_request",
            Subject::Region => "region",
            Subject::Organisation => "organisation",
            Subject::User => "user",
            Subject::Membership => "membership",
            Subject::ProjectKind => "project_kind",
            Subject::Event => "event",
            Subject::ProgressReport => "progress_report",
            Subject::ReportFreeze => "report_freeze",
            Subject::LightOverride => "light_override",
            Subject::Observation => "observation",
            Subject::CarryOver => "carry_over",
        }
    }
}

/// What happened. The name and the version of its body's shape are for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    PlanLoaded,
    PlanDayMoved,
    RecordCreated,
    RecordEdited,
    MilestoneReported,
    MilestoneWithdrawn,
    MilestoneVerified,
    MilestoneReturned,
    MilestoneReopened,
    MilestoneEdited,
    EvidenceAdded,
    ProjectEdited,
    OwnerConfirmed,
    OwnerReplaced,
    OwnerClaimed,
    OwnerDisputed,
    DateConfirmed,
    WeightConfirmed,
    ChangeRequested,
    ChangeWithdrawn,
    ChangeApproved,
    ChangeRejected,
    MilestoneCancelled,
    ProjectCancelled,
    ProjectSuspended,
    ProjectResumed,
    ProjectSplit,
    ProjectMerged,
    OwnerAdded,
    OwnerEnded,
    OrganisationCreated,
    OrganisationEdited,
    UserCreated,
    UserEdited,
    UserPasswordReset,
    UserPasswordChanged,
    UserDisabled,
    UserEnabled,
    SessionRevoked,
    MembershipGranted,
    MembershipEnded,
    EventRedacted,
    OwnerAsked,
    ReportFiled,
    ReportCorrected,
    ReportVerified,
    ReportReturned,
    ReportsFrozen,
    ReportsReopened,
    ReportingEdited,
    InvestmentPlanned,
    LightRulesChanged,
    LightsRebuilt,
    LightOverridden,
    LightOverrideEnded,
    DoubtResolved,
    CommitmentAllocated,
    ObservationFiled,
    ObservationConfirmed,
    ObservationReturned,
    CarriedOver,
    CarryOverLinked,
    ProjectDivided,
}

impl EventKind {
    pub const ALL: [EventKind; 63] = [
        EventKind::PlanLoaded,
        EventKind::PlanDayMoved,
        EventKind::RecordCreated,
        EventKind::RecordEdited,
        EventKind::MilestoneReported,
        EventKind::MilestoneWithdrawn,
        EventKind::MilestoneVerified,
        EventKind::MilestoneReturned,
        EventKind::MilestoneReopened,
        EventKind::MilestoneEdited,
        EventKind::EvidenceAdded,
        EventKind::ProjectEdited,
        EventKind::OwnerConfirmed,
        EventKind::OwnerReplaced,
        EventKind::OwnerClaimed,
        EventKind::OwnerDisputed,
        EventKind::DateConfirmed,
        EventKind::WeightConfirmed,
        EventKind::ChangeRequested,
        EventKind::ChangeWithdrawn,
        EventKind::ChangeApproved,
        EventKind::ChangeRejected,
        EventKind::MilestoneCancelled,
        EventKind::ProjectCancelled,
        EventKind::ProjectSuspended,
        EventKind::ProjectResumed,
        EventKind::ProjectSplit,
        EventKind::ProjectMerged,
        EventKind::OwnerAdded,
        EventKind::OwnerEnded,
        EventKind::OrganisationCreated,
        EventKind::OrganisationEdited,
        EventKind::UserCreated,
        EventKind::UserEdited,
        EventKind::UserPasswordReset,
        EventKind::UserPasswordChanged,
        EventKind::UserDisabled,
        EventKind::UserEnabled,
        EventKind::SessionRevoked,
        EventKind::MembershipGranted,
        EventKind::MembershipEnded,
        EventKind::EventRedacted,
        EventKind::OwnerAsked,
        EventKind::ReportFiled,
        EventKind::ReportCorrected,
        EventKind::ReportVerified,
        EventKind::ReportReturned,
        EventKind::ReportsFrozen,
        EventKind::ReportsReopened,
        EventKind::ReportingEdited,
        EventKind::InvestmentPlanned,
        EventKind::LightRulesChanged,
        EventKind::LightsRebuilt,
        EventKind::LightOverridden,
        EventKind::LightOverrideEnded,
        EventKind::DoubtResolved,
        EventKind::CommitmentAllocated,
        EventKind::ObservationFiled,
        EventKind::ObservationConfirmed,
        EventKind::ObservationReturned,
        EventKind::CarriedOver,
        EventKind::CarryOverLinked,
        EventKind::ProjectDivided,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::PlanLoaded => "plan.loaded",
            EventKind::PlanDayMoved => "plan.day_moved",
            EventKind::RecordCreated => "record.created",
            EventKind::RecordEdited => "record.edited",
            EventKind::MilestoneReported => "milestone.reported",
            EventKind::MilestoneWithdrawn => "milestone.withdrawn",
            EventKind::MilestoneVerified => "milestone.verified",
            EventKind::MilestoneReturned => "milestone.returned",
            EventKind::MilestoneReopened => "milestone.reopened",
            EventKind::MilestoneEdited => "milestone.edited",
            EventKind::EvidenceAdded => "evidence.added",
            EventKind::ProjectEdited => "project.edited",
            EventKind::OwnerConfirmed => "owner.confirmed",
            EventKind::OwnerReplaced => "owner.replaced",
            EventKind::OwnerClaimed => "owner.claimed",
            EventKind::OwnerDisputed => "owner.disputed",
            EventKind::DateConfirmed => "date.confirmed",
            EventKind::WeightConfirmed => "weight.confirmed",
            EventKind::ChangeRequested => "change.requested",
            EventKind::ChangeWithdrawn => "change.withdrawn",
            EventKind::ChangeApproved => "change.approved",
            EventKind::ChangeRejected => "change.rejected",
            EventKind::MilestoneCancelled => "milestone.cancelled",
            EventKind::ProjectCancelled => "project.cancelled",
            EventKind::ProjectSuspended => "project.suspended",
            EventKind::ProjectResumed => "project.resumed",
            EventKind::ProjectSplit => "project.split",
            EventKind::ProjectMerged => "project.merged",
            EventKind::OwnerAdded => "owner.added",
            EventKind::OwnerEnded => "owner.ended",
            EventKind::OrganisationCreated => "organisation.created",
            EventKind::OrganisationEdited => "organisation.edited",
            EventKind::UserCreated => "user.created",
            EventKind::UserEdited => "user.edited",
            EventKind::UserPasswordReset => "user.password_reset",
            EventKind::UserPasswordChanged => "user.password_changed",
            EventKind::UserDisabled => "user.disabled",
            EventKind::UserEnabled => "user.enabled",
            EventKind::SessionRevoked => "session.revoked",
            EventKind::MembershipGranted => "membership.granted",
            EventKind::MembershipEnded => "membership.ended",
            EventKind::EventRedacted => "event.redacted",
            EventKind::OwnerAsked => "owner.asked",
            EventKind::ReportFiled => "report.filed",
            EventKind::ReportCorrected => "report.corrected",
            EventKind::ReportVerified => "report.verified",
            EventKind::ReportReturned => "report.returned",
            EventKind::ReportsFrozen => "reports.frozen",
            EventKind::ReportsReopened => "reports.reopened",
            EventKind::ReportingEdited => "reporting.edited",
            EventKind::InvestmentPlanned => "investment.planned",
            EventKind::LightRulesChanged => "light_rules.changed",
            EventKind::LightsRebuilt => "lights.rebuilt",
            EventKind::LightOverridden => "light.overridden",
            EventKind::LightOverrideEnded => "light.override_ended",
            EventKind::DoubtResolved => "doubt.resolved",
            EventKind::CommitmentAllocated => "commitment.allocated",
            EventKind::ObservationFiled => "observation.filed",
            EventKind::ObservationConfirmed => "observation.confirmed",
            EventKind::ObservationReturned => "observation.returned",
            EventKind::CarriedOver => "carry_over.recorded",
            EventKind::CarryOverLinked => "carry_over.linked",
            EventKind::ProjectDivided => "project.divided",
        }
    }

    /// The version of the body that is written today. Older ones are read through [`upcast`].
    pub fn schema_version(self) -> i32 {
        match self {
            // 2: the steps of a kind of project say which of them start and finish the work.
            EventKind::RecordCreated | EventKind::RecordEdited => 2,
            _ => 1,
        }
    }
}

/// Brings a stored body to the shape of today, and says which version that is. Each step takes one version to the next.
/// `tests/it/golden` keeps a body of each kind and version.
pub fn upcast(kind: &str, version: i32, mut body: Value) -> Result<(i32, Value)> {
    let known = EventKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let Some(known) = known.filter(|known| (1..=known.schema_version()).contains(&version)) else {
        return Err(Error::internal(format!(
            "no reading of event {kind} version {version}"
        )));
    };
    if let (EventKind::RecordCreated | EventKind::RecordEdited, 1) = (known, version)
        && let Some(Value::Array(state)) = body.get_mut("state")
    {
        // Only kinds of project write a list; what their steps mark was not told then.
        state.push(Value::Null);
    }
    Ok((known.schema_version(), body))
}

/// An event that waits in a [`super::Tx`] for its number.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub stream_id: Uuid,
    pub kind: EventKind,
    pub subject: Subject,
    pub subject_id: Uuid,
    pub project_id: Option<Uuid>,
    pub membership_id: Option<Uuid>,
    pub body: Value,
}

/// One row of `events`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = events, check_for_backend(diesel::pg::Pg))]
pub struct EventRow {
    pub stream_id: Uuid,
    pub number: i64,
    pub id: Uuid,
    pub recorded_at: DateTime<Utc>,
    pub day: NaiveDate,
    pub kind: String,
    pub schema_version: i32,
    pub subject_kind: String,
    pub subject_id: Uuid,
    pub project_id: Option<Uuid>,
    pub actor_user_id: Option<Uuid>,
    pub actor_membership_id: Option<Uuid>,
    pub door: String,
    pub trace_id: String,
    pub previous_hash: Vec<u8>,
    pub body_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// One row of `event_bodies`; salt and body are gone where it was redacted.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = event_bodies, check_for_backend(diesel::pg::Pg))]
pub struct BodyRow {
    pub event_id: Uuid,
    pub salt: Option<Vec<u8>>,
    pub body: Option<Value>,
    /// The event that says so.
    pub redacted_by_event_id: Option<Uuid>,
}

/// SHA-256 over the salt and the body with its keys in order. Bodies hold no floating numbers (figures are
/// strings), so what comes back from the database is what was hashed.
pub fn body_hash(salt: &[u8], body: &Value) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(salt);
    let mut text = String::new();
    canonical(body, &mut text);
    hash.update(text.as_bytes());
    hash.finalize().to_vec()
}

/// JSON with the keys of every object in order and no white space.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

impl EventRow {
    /// SHA-256 over the hash before it and everything in its head, each part with its length before it.
    pub fn chain_hash(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        let optional = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        part(&self.previous_hash);
        part(self.stream_id.as_bytes());
        part(&self.number.to_be_bytes());
        part(self.id.as_bytes());
        part(&self.recorded_at.timestamp_micros().to_be_bytes());
        part(self.day.to_string().as_bytes());
        part(self.kind.as_bytes());
        part(&self.schema_version.to_be_bytes());
        part(self.subject_kind.as_bytes());
        part(self.subject_id.as_bytes());
        part(optional(self.project_id).as_bytes());
        part(optional(self.actor_user_id).as_bytes());
        part(optional(self.actor_membership_id).as_bytes());
        part(self.door.as_bytes());
        part(self.trace_id.as_bytes());
        part(&self.body_hash);
        hash.finalize().to_vec()
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
