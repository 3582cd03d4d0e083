//! Who may file which figures, and of which days: for whoever files them, and for pages that offer it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::commitments::model::{AllocationRow, CommitmentRow, Part};
use crate::commitments::store;
use crate::kernel::authz::{self, Action, CommitmentScope, OwnerScope, Permit, Target};
use crate::kernel::{Actor, Code, Error, Fault, Result};

/// What is known of a commitment while its figures are filed.
pub struct Known {
    pub row: CommitmentRow,
    /// How it is divided, in the order in which the parts were made.
    pub allocations: Vec<AllocationRow>,
    pub starts_on: NaiveDate,
    pub today: NaiveDate,
    scope: CommitmentScope,
}

impl Known {
    pub fn holds(&self, part: Part) -> bool {
        self.allocations.iter().any(|one| one.part() == part)
    }

    /// Refuses a day that no figure can speak of yet, or that was before the plan.
    pub fn dated(&self, day: NaiveDate) -> Result<()> {
        if day > self.today {
            let fault = Fault::new("/observed_on", Code::ObservationInFuture).with("today", self.today);
            return Err(Error::Invalid(vec![fault]));
        }
        if day < self.starts_on {
            let fault =
                Fault::new("/observed_on", Code::ObservationBeforePlan).with("starts_on", self.starts_on);
            return Err(Error::Invalid(vec![fault]));
        }
        Ok(())
    }
}

/// What is known of several commitments, and who holds their parts.
pub struct Filing {
    known: BTreeMap<Uuid, Known>,
    holders: BTreeMap<Part, Vec<Uuid>>,
}

impl Filing {
    /// `days` are the todays of their plans.
    pub async fn load(
        conn: &mut AsyncPgConnection,
        rows: BTreeMap<Uuid, CommitmentRow>,
        days: &BTreeMap<Uuid, NaiveDate>,
    ) -> Result<Filing> {
        let ids: Vec<Uuid> = rows.keys().copied().collect();
        let mut scopes = store::scopes_of(conn, rows.values()).await?;
        let mut divided: BTreeMap<Uuid, Vec<AllocationRow>> = BTreeMap::new();
        let mut parts: BTreeSet<Part> = BTreeSet::new();
        for one in store::allocations_of(conn, &ids).await? {
            parts.insert(one.part());
            divided.entry(one.commitment_id).or_default().push(one);
        }
        let mut starts: BTreeMap<Uuid, NaiveDate> = BTreeMap::new();
        for plan_id in days.keys() {
            starts.insert(*plan_id, store::plan_of(conn, *plan_id).await?.1);
        }
        let known = rows
            .into_iter()
            .map(|(id, row)| {
                let plan_id = row.printed.plan_id;
                let known = Known {
                    allocations: divided.remove(&id).unwrap_or_default(),
                    starts_on: *starts.get(&plan_id).ok_or(Error::NotFound)?,
                    today: *days.get(&plan_id).ok_or(Error::NotFound)?,
                    scope: scopes.remove(&id).ok_or(Error::NotFound)?,
                    row,
                };
                Ok((id, known))
            })
            .collect::<Result<_>>()?;
        let holders = store::holders_of(conn, &parts).await?;
        Ok(Filing { known, holders })
    }

    pub fn known(&self, commitment_id: Uuid) -> Result<&Known> {
        self.known.get(&commitment_id).ok_or(Error::NotFound)
    }

    pub fn commitments(&self) -> impl Iterator<Item = &Known> {
        self.known.values()
    }

    /// The permit to file a figure of this part. Where only the owner's confirmation is missing, that is said.
    pub fn permit(&self, actor: &Actor, commitment_id: Uuid, part: Part) -> Result<Permit> {
        let known = self.known(commitment_id)?;
        let holder = self.holders.get(&part).filter(|_| known.holds(part));
        let ask = |scope: &CommitmentScope| {
            let target = Target::Observation {
                commitment: scope,
                part: holder.map(Vec::as_slice),
                filer: None,
            };
            authz::require(actor, Action::FileObservation, &target)
        };
        let asked = ask(&known.scope);
        let proposed = known.scope.owner.as_ref().filter(|owner| !owner.confirmed);
        if let (Err(_), Some(owner)) = (&asked, proposed) {
            let if_confirmed = CommitmentScope {
                owner: Some(OwnerScope {
                    confirmed: true,
                    ..owner.clone()
                }),
                ..known.scope.clone()
            };
            if ask(&if_confirmed).is_ok() {
                return Err(Error::conflict(Code::CommitmentOwnerUnconfirmed));
            }
        }
        asked
    }

    /// The parts of a commitment that somebody may file for, the whole first.
    pub fn parts_for(&self, actor: &Actor, commitment_id: Uuid) -> Vec<Part> {
        let Ok(known) = self.known(commitment_id) else {
            return Vec::new();
        };
        [Part::Whole]
            .into_iter()
            .chain(known.allocations.iter().map(AllocationRow::part))
            .filter(|part| self.permit(actor, commitment_id, *part).is_ok())
            .collect()
    }
}
