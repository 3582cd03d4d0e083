//! The shapes of commitments at work.

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::db::schema::{commitment_allocations, commitment_observations, commitments};
use crate::kernel::{Code, Error, Fault, Patch, Result};
use crate::plans::model::CommitmentView;
use crate::rules::course::{Better, Measure, Operator, Promise, may_turn_red};

/// What a planner has said of a doubt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = commitments, treat_none_as_null = true, check_for_backend(diesel::pg::Pg))]
pub struct DoubtResolution {
    pub doubt_resolution: Option<String>,
    pub doubt_resolved_on: Option<NaiveDate>,
    pub doubt_resolved_by_user_id: Option<Uuid>,
    pub doubt_resolved_by_organisation_id: Option<Uuid>,
}

/// One row of `commitments`, or of its versions.
#[derive(Debug, Clone, Queryable)]
pub struct CommitmentRow {
    pub printed: CommitmentView,
    pub resolution: DoubtResolution,
}

impl CommitmentRow {
    /// Whether it may turn a light red.
    pub fn may_turn_red(&self) -> bool {
        let in_doubt = self.printed.doubt.is_some() && self.resolution.doubt_resolution.is_none();
        may_turn_red(&self.printed.strength, in_doubt)
    }

    /// What is promised, in base units, for the rule of its course. A baseline speaks of its year's last day; without a
    /// year, of the day before the plan began.
    pub fn promise(&self, plan_starts_on: NaiveDate) -> Result<Promise> {
        let printed = &self.printed;
        let broken = |word: &str| Error::internal(format!("{}: {word}", printed.code));
        let base = |value: &BigDecimal| (value * &printed.base_factor).normalized();
        let baseline_on = printed
            .baseline_year
            .and_then(|year| NaiveDate::from_ymd_opt(year, 12, 31))
            .or(plan_starts_on.pred_opt())
            .ok_or_else(|| broken("baseline_year"))?;
        Ok(Promise {
            measure: match printed.measure.as_str() {
                "level" => Measure::Level,
                "sum" => Measure::Sum,
                "stock" => Measure::Stock,
                other => return Err(broken(other)),
            },
            better: match printed.better.as_str() {
                "higher" => Better::Higher,
                "lower" => Better::Lower,
                other => return Err(broken(other)),
            },
            operator: match printed.operator.as_str() {
                "at_least" => Operator::AtLeast,
                "more_than" => Operator::MoreThan,
                "equal" => Operator::Equal,
                "at_most" => Operator::AtMost,
                other => return Err(broken(other)),
            },
            target_min: base(&printed.target_min),
            target_max: printed.target_max.as_ref().map(base),
            baseline: printed.baseline.as_ref().map(|value| (baseline_on, base(value))),
            starts_on: plan_starts_on,
            due_on: printed.due_on,
            maintained: printed.maintained,
        })
    }

    /// A figure as it was sent, in base units: printed ones are multiplied, 2.51 万户 is 25,100 户.
    pub fn in_base_units(&self, pointer: &str, figure: &Figure) -> Result<BigDecimal, Fault> {
        let (printed, base) = (&self.printed.unit, &self.printed.base_unit);
        let value = match figure.unit.as_deref() {
            Some(unit) if unit == base => figure.value.clone(),
            None => &figure.value * &self.printed.base_factor,
            Some(unit) if unit == printed => &figure.value * &self.printed.base_factor,
            Some(_) => {
                let allowed = format!("{printed}, {base}");
                return Err(
                    Fault::new(format!("{pointer}/unit"), Code::FieldNotAllowed).with("allowed", allowed)
                );
            }
        };
        let value = value.round(4).normalized();
        let most = BigDecimal::from(10_000_000_000_000_i64);
        let least = match self.printed.measure.as_str() {
            "sum" => BigDecimal::from(0),
            _ => -most.clone(),
        };
        if value < least || value > most {
            let fault = Fault::new(format!("{pointer}/value"), Code::FieldOutOfRange);
            return Err(fault
                .with("least", least.to_plain_string())
                .with("most", most.to_plain_string()));
        }
        Ok(value)
    }
}

/// A figure as it is sent: in the printed unit, or in the one named, which is the printed or the base unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figure {
    pub value: BigDecimal,
    pub unit: Option<String>,
}

/// The whole of a promise, or the part of a county or an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Part {
    #[default]
    Whole,
    Region(Uuid),
    Organisation(Uuid),
}

impl Part {
    pub fn of(region_id: Option<Uuid>, organisation_id: Option<Uuid>) -> Part {
        match (region_id, organisation_id) {
            (Some(id), _) => Part::Region(id),
            (None, Some(id)) => Part::Organisation(id),
            (None, None) => Part::Whole,
        }
    }

    pub fn region_id(self) -> Option<Uuid> {
        match self {
            Part::Region(id) => Some(id),
            _ => None,
        }
    }

    pub fn organisation_id(self) -> Option<Uuid> {
        match self {
            Part::Organisation(id) => Some(id),
            _ => None,
        }
    }

    /// The field that names it.
    pub fn field(self) -> &'static str {
        match self {
            Part::Region(_) => "region",
            _ => "organisation",
        }
    }
}

/// What a planner settles of a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitmentEdit {
    /// Whoever is named is the confirmed owner; naming the proposed one confirms it.
    pub owner_id: Option<Uuid>,
    pub doubt_resolution: Option<String>,
}

/// A part of an allocation, as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAllocation {
    pub part: Part,
    pub figure: Figure,
    /// None: the commitment's.
    pub due_on: Option<NaiveDate>,
}

/// An observation, as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObservation {
    pub commitment_id: Uuid,
    pub part: Part,
    /// The last day of the period.
    pub observed_on: NaiveDate,
    pub figure: Figure,
    pub source: String,
    pub note: Option<String>,
}

/// What is corrected of an observation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObservationEdit {
    pub observed_on: Option<NaiveDate>,
    pub figure: Option<Figure>,
    pub source: Option<String>,
    pub note: Patch<String>,
}

impl ObservationEdit {
    /// Puts all that a form says in the place of what is there.
    pub fn whole(new: NewObservation) -> ObservationEdit {
        ObservationEdit {
            observed_on: Some(new.observed_on),
            figure: Some(new.figure),
            source: Some(new.source),
            note: new.note.map_or(Patch::Clear, Patch::Set),
        }
    }
}

/// The correction of an observation that waits or was sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    pub id: Uuid,
    pub seen_version: Option<i64>,
    pub edit: ObservationEdit,
}

/// A line of a sheet of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetLine {
    New(NewObservation),
    Correction(Correction),
}

/// Where an observation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObservationState {
    Filed,
    Confirmed,
    Returned,
}

impl ObservationState {
    pub const ALL: [ObservationState; 3] = [
        ObservationState::Filed,
        ObservationState::Confirmed,
        ObservationState::Returned,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ObservationState::Filed => "filed",
            ObservationState::Confirmed => "confirmed",
            ObservationState::Returned => "returned",
        }
    }

    pub fn parse(text: &str) -> Option<ObservationState> {
        ObservationState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// One row of `commitment_observations`, or of its versions.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = commitment_observations, treat_none_as_null = true)]
pub struct ObservationRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub commitment_id: Uuid,
    pub region_id: Option<Uuid>,
    pub organisation_id: Option<Uuid>,
    pub counted_from: Option<NaiveDate>,
    pub observed_on: NaiveDate,
    pub value: BigDecimal,
    pub source: String,
    pub note: Option<String>,
    pub state: String,
    pub filed_on: NaiveDate,
    pub filed_at: DateTime<Utc>,
    pub filed_by_user_id: Uuid,
    pub filed_by_organisation_id: Uuid,
    pub confirmed_on: Option<NaiveDate>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub confirmed_by_user_id: Option<Uuid>,
    pub confirmed_by_organisation_id: Option<Uuid>,
    pub back_reason: Option<String>,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ObservationRow {
    pub fn state(&self) -> Result<ObservationState> {
        ObservationState::parse(&self.state).ok_or_else(|| Error::internal(format!("state {}", self.state)))
    }

    /// Not of a county's or an organisation's part.
    pub fn is_of_the_whole(&self) -> bool {
        self.region_id.is_none() && self.organisation_id.is_none()
    }

    pub fn part(&self) -> Part {
        Part::of(self.region_id, self.organisation_id)
    }

    /// As the log keeps it. Persons by id only.
    pub fn logged(&self) -> Value {
        json!({
            "commitment_id": self.commitment_id, "region_id": self.region_id,
            "organisation_id": self.organisation_id, "counted_from": self.counted_from,
            "observed_on": self.observed_on, "value": self.value.normalized().to_plain_string(),
            "source": self.source, "note": self.note, "state": self.state,
            "filed_by_user_id": self.filed_by_user_id, "filed_by_organisation_id": self.filed_by_organisation_id,
            "confirmed_by_user_id": self.confirmed_by_user_id,
            "confirmed_by_organisation_id": self.confirmed_by_organisation_id, "back_reason": self.back_reason,
        })
    }
}

/// One row of `commitment_allocations`, or of its versions.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = commitment_allocations, treat_none_as_null = true)]
pub struct AllocationRow {
    pub id: Uuid,
    pub plan_id: Uuid,
    pub commitment_id: Uuid,
    pub region_id: Option<Uuid>,
    pub organisation_id: Option<Uuid>,
    pub quantity: BigDecimal,
    pub due_on: NaiveDate,
    pub removed: bool,
    pub row_version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl AllocationRow {
    pub fn part(&self) -> Part {
        Part::of(self.region_id, self.organisation_id)
    }

    /// As the log keeps it.
    pub fn logged(&self) -> Value {
        json!({ "region_id": self.region_id, "organisation_id": self.organisation_id,
            "quantity": self.quantity.normalized().to_plain_string(), "due_on": self.due_on })
    }
}
