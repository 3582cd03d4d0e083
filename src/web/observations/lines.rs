//! The lines of the sheet: what is printed, what is on record, and what was typed.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::sheet;
use crate::commitments::actions::filing::{Filing, Known};
use crate::commitments::model::{ObservationRow, ObservationState, Part};
use crate::kernel::Result;
use crate::plans::model::CommitmentView;
use crate::views::commitments as views;
use crate::views::names::{Names, Wanted};
use crate::views::observations::in_print;
use crate::web::course::{Promised, observed, promised, with_unit};
use crate::web::page::Faults;
use crate::web::posted::Posted;
use crate::web::shown::{Badge, name};
use crate::web::visitor::Visitor;

/// A figure on record.
pub(super) struct Latest {
    pub value: String,
    pub on: String,
    pub badge: Badge,
}

/// What is on record for the period.
pub(super) struct Held {
    pub value: String,
    pub badge: Badge,
    pub back_reason: String,
    /// What it says, where it may still be corrected: `id:version`, and each field with its value.
    pub open: Option<(String, Vec<(&'static str, String)>)>,
}

/// A commitment, or a part of one, as a line of the sheet.
pub(super) struct Row {
    pub key: String,
    pub line: Promised,
    /// Everything since the plan's first day is asked for.
    pub sum: bool,
    /// The county or organisation; empty: the whole.
    pub part: String,
    /// What the part is to deliver, and by when.
    pub task: String,
    /// Where the whole should be on the day.
    pub expected: String,
    pub latest: Option<Latest>,
    pub held: Option<Held>,
    pub value: String,
    pub source: String,
    pub note: String,
}

impl Row {
    pub fn is_open(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.open.is_some())
    }
}

pub(super) struct Group {
    pub title: String,
    pub anchor: Uuid,
    pub rows: Vec<Row>,
}

/// What the lines are made of.
pub(super) struct Facts<'a> {
    pub visitor: &'a Visitor,
    pub filing: &'a Filing,
    pub names: Names,
    /// Of each part the figures that the visitor sees, the latest first.
    pub records: BTreeMap<(Uuid, Part), Vec<ObservationRow>>,
    pub day: NaiveDate,
    pub typed: Option<&'a Posted>,
}

impl Facts<'_> {
    fn rows(&self, known: &views::Known) -> Result<Vec<Row>> {
        let printed = &known.view.printed;
        let parts = self.filing.parts_for(&self.visitor.actor, printed.id);
        let held = self.filing.known(printed.id)?;
        Ok(parts
            .into_iter()
            .map(|part| self.row(known, held, part))
            .collect())
    }

    fn row(&self, known: &views::Known, divided: &Known, part: Part) -> Row {
        let printed = &known.view.printed;
        let told = |value: &BigDecimal| with_unit(&in_print(value, printed), &printed.unit);
        let records = self
            .records
            .get(&(printed.id, part))
            .map_or(&[][..], Vec::as_slice);
        let record = records.iter().find(|one| one.observed_on == self.day);
        let allocation = divided.allocations.iter().find(|one| one.part() == part);
        let key = sheet::key(printed.id, part);
        let typed = |name: &str| {
            let sent = self.typed.filter(|posted| posted.has(&format!("value-{key}")));
            match sent {
                Some(posted) => posted.typed(&format!("{name}-{key}")),
                None => record.map(|one| said(one, printed, name)).unwrap_or_default(),
            }
        };
        let (value, source, note) = (typed("value"), typed("source"), typed("note"));
        Row {
            line: promised(&known.view),
            sum: printed.measure == "sum",
            part: [part.region_id(), part.organisation_id()]
                .into_iter()
                .find_map(|id| self.names.get(id))
                .map(|named| named.name)
                .unwrap_or_default(),
            task: allocation
                .map(|one| format!("{}（{}）", told(&one.quantity), one.due_on))
                .unwrap_or_default(),
            expected: match part {
                Part::Whole => known.promise.expected_on(self.day).as_ref().map(told),
                _ => None,
            }
            .unwrap_or_default(),
            latest: records
                .iter()
                .find(|one| one.observed_on != self.day)
                .map(|one| Latest {
                    value: told(&one.value),
                    on: one.observed_on.to_string(),
                    badge: observed(&one.state),
                }),
            held: record.map(|one| Held {
                value: told(&one.value),
                badge: observed(&one.state),
                back_reason: one.back_reason.clone().unwrap_or_default(),
                open: (one.state != ObservationState::Confirmed.as_str()).then(|| {
                    let was = sheet::TYPED.map(|name| (name, said(one, printed, name)));
                    (format!("{}:{}", one.id, one.row_version), was.to_vec())
                }),
            }),
            key,
            value,
            source,
            note,
        }
    }
}

/// What a figure on record says in a field of the sheet.
fn said(one: &ObservationRow, printed: &CommitmentView, name: &str) -> String {
    match name {
        "value" => in_print(&one.value, printed),
        "source" => one.source.clone(),
        _ => one.note.clone().unwrap_or_default(),
    }
}

pub(super) async fn names(conn: &mut AsyncPgConnection, filing: &Filing) -> Result<Names> {
    let mut wanted = Wanted::default();
    for one in filing.commitments().flat_map(|known| &known.allocations) {
        wanted.regions.extend(one.region_id);
        wanted.organisations.extend(one.organisation_id);
    }
    Names::load(conn, &wanted).await
}

/// The lines by the boxes of the plan, in the order of print.
pub(super) fn grouped(facts: &Facts<'_>, all: &[views::Known]) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for known in all {
        let rows = facts.rows(known)?;
        let anchor = known.view.printed.programme_id;
        match groups.iter_mut().find(|group| group.anchor == anchor) {
            Some(group) => group.rows.extend(rows),
            None => groups.push(Group {
                title: name(&known.view.programme),
                anchor,
                rows,
            }),
        }
    }
    Ok(groups)
}

/// Each fault with the name of its line; one of a line that is not the visitor's to fill in is told of the whole.
pub(super) fn of_lines(faults: Faults, groups: &[Group]) -> Faults {
    let lines = || groups.iter().flat_map(|group| &group.rows);
    let told = faults.0.into_iter().map(|mut told| {
        let open = lines().find(|row| row.is_open() && told.field.ends_with(&row.key));
        match open {
            Some(row) => told.about = format!("{}{}", row.line.metric, row.part),
            None if told.field.contains('-') => told.field.clear(),
            None if told.field == "source" => told.about = "来源".to_owned(),
            None => {}
        }
        told
    });
    Faults(told.collect())
}
