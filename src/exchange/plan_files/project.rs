//! Reads a project, with what only projects and commitments have: owners, promised days, milestones of their own.

use chrono::{Datelike, NaiveDate};

use super::findings::Class;
use super::model::{Due, ListedMilestone, Organisation, Owner, Programme, Project};
use super::records::{Surroundings, service_area};
use super::table::Table;
use super::words::{DueBasis, Level, OrganisationKind, OwnerBasis, OwnerRole, Precision};
use crate::rules::templates::end_of_month;

pub(super) fn project(
    table: &Table,
    around: &Surroundings,
    programme: &Programme,
    initiative: &str,
) -> Option<Project> {
    let code = table.slug("slug").map(|slug| format!("{initiative}.{slug}"));
    if let Some(code) = &code {
        table.define(Class::Project, "slug", code);
    }
    let (title, kind) = (
        table.short_text("title", 200),
        table.reference(Class::Kind, "kind"),
    );
    let second_initiative = table.optional_reference(Class::Initiative, "second_initiative");
    if second_initiative.as_deref() == Some(initiative) {
        table.fault("second_initiative", "reference.same", "与所在的分项相同");
    }
    let service_area = service_area(table, around).or_else(|| programme.service_area.clone());
    let region = table.optional_reference(Class::Region, "region");
    let (quantity, unit) = (table.positive("quantity", 4), table.optional_text("unit"));
    if quantity.is_some() != unit.is_some() {
        table.fault("quantity", "field.missing", "quantity 与 unit 应当同时写");
    }
    let (remainder, open_ended) = (table.flag("remainder"), table.flag("open_ended"));
    if remainder && quantity.is_none() {
        table.fault(
            "remainder",
            "remainder.quantity_missing",
            "未点名的余数必须有 quantity",
        );
    }
    if remainder && open_ended {
        table.fault(
            "open_ended",
            "remainder.open_ended",
            "有余数就有总数，不能又是没有总数的“等”",
        );
    }
    let components = table.texts("components");
    let description = table.optional_text("description").unwrap_or_default();
    let (as_printed, doubt) = (table.text("as_printed"), table.optional_text("doubt"));
    let due_on = due(table, around);
    let investment_planned = table.decimal("investment_planned", 2);
    let national_code = national_code(table);
    let public = !table.flag("hidden");
    let owners = owners(table);
    let level = table
        .optional_word::<Level>("level")
        .unwrap_or_else(|| level(&owners, around));
    let serves = table.references(Class::Commitment, "serves", |text| match text.contains('.') {
        true => text,
        false => format!("{initiative}.{text}"),
    });
    let mut own: Vec<ListedMilestone> = Vec::new();
    for inner in table.tables("milestone") {
        let Some(milestone) = listed(&inner, around) else {
            continue;
        };
        if own.iter().any(|earlier| earlier.code == milestone.code) {
            inner.fault(
                "slug",
                "code.duplicate",
                format!("里程碑代码“{}”重复", milestone.code),
            );
        }
        own.push(milestone);
    }
    table.finish();
    Some(Project {
        code: code?,
        programme: programme.code.clone(),
        initiative: initiative.to_owned(),
        second_initiative,
        service_area,
        title: title?,
        kind: kind?,
        region,
        level,
        quantity,
        unit,
        remainder,
        open_ended,
        components,
        description,
        as_printed: as_printed?,
        doubt,
        due: due_on?,
        investment_planned,
        national_code,
        public,
        owners,
        serves,
        listed: own,
        place: table.place(),
    })
}

/// A lead and a responsible organisation, which must be there, and the supporting ones.
fn owners(table: &Table) -> Vec<Owner> {
    for key in ["lead", "responsible"] {
        if table.value(key).is_none() {
            table.fault(key, "field.missing", "缺少这个字段");
        }
    }
    let mut owners: Vec<_> = owner(table, "lead", OwnerRole::Lead).into_iter().collect();
    owners.extend(owner(table, "responsible", OwnerRole::Responsible));
    for organisation in table.references(Class::Organisation, "supporting", |text| text) {
        owners.push(Owner {
            role: OwnerRole::Supporting,
            organisation,
            basis: OwnerBasis::Inferred,
        });
    }
    owners
}

/// `key = "organisation"`, which is inferred, or `key = { organisation = "…", basis = "plan" }`.
pub(super) fn owner(table: &Table, key: &'static str, role: OwnerRole) -> Option<Owner> {
    let value = table.value(key)?;
    if value.get_ref().is_str() {
        let organisation = table.optional_reference(Class::Organisation, key)?;
        return Some(Owner {
            role,
            organisation,
            basis: OwnerBasis::Inferred,
        });
    }
    let inner = table.inner(value, key)?;
    let organisation = inner.reference(Class::Organisation, "organisation");
    let basis = inner.optional_word("basis").unwrap_or(OwnerBasis::Inferred);
    inner.finish();
    Some(Owner {
        role,
        organisation: organisation?,
        basis,
    })
}

/// County where the responsible organisation is a county government or stands below one, else city.
fn level(owners: &[Owner], around: &Surroundings) -> Level {
    let responsible = owners.iter().find(|owner| owner.role == OwnerRole::Responsible);
    let mut at: Option<&Organisation> =
        responsible.and_then(|owner| around.organisations.get(owner.organisation.as_str()).copied());
    // Bounded, for the parents may still turn out to form a circle.
    for _ in 0..=around.organisations.len() {
        let Some(organisation) = at else {
            return Level::City;
        };
        if matches!(
            organisation.kind,
            OrganisationKind::CountyGovernment | OrganisationKind::CountyDepartment
        ) {
            return Level::County;
        }
        at = organisation
            .parent
            .as_deref()
            .and_then(|parent| around.organisations.get(parent).copied());
    }
    Level::City
}

fn national_code(table: &Table) -> Option<String> {
    let code = table.optional_text("national_code")?;
    let parts: Vec<_> = code.split('-').collect();
    let well_formed = parts.iter().map(|part| part.len()).eq([4, 6, 2, 2, 6])
        && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit()));
    if !well_formed {
        table.fault(
            "national_code",
            "field.format",
            format!("“{code}”不是国家项目代码（GB/T 40058-2021）"),
        );
    }
    Some(code)
}

fn listed(table: &Table, around: &Surroundings) -> Option<ListedMilestone> {
    let (code, name) = (table.slug("slug"), table.short_text("name", 100));
    let weight = table.required("weight", |t, key| t.positive(key, 2));
    let due = due(table, around);
    let evidence = table.texts("evidence");
    let marks = table.optional_word("marks");
    table.finish();
    Some(ListedMilestone {
        code: code?,
        name: name?,
        weight: weight?,
        due: due?,
        evidence,
        marks,
    })
}

/// A promised day: `"2022"`, `"2022-Q2"`, `"2022-06"`, `"2022-06-30"`, or `"period"` where the text gives none. Each
/// is the last day that the words allow, and lies in the plan's period.
pub(super) fn due(table: &Table, around: &Surroundings) -> Option<Due> {
    let written = table.text("due")?;
    if written == "period" {
        let (_, on) = around.period.unwrap_or_default();
        return Some(Due {
            on,
            precision: Precision::Period,
            basis: DueBasis::Period,
        });
    }
    let Some((on, precision)) = last_day(&written) else {
        table.fault(
            "due",
            "field.format",
            format!("“{written}”不是日期，应如 2022、2022-Q2、2022-06、2022-06-30 或 period"),
        );
        return None;
    };
    if let Some((starts_on, ends_on)) = around.period
        && !(starts_on..=ends_on).contains(&on)
    {
        table.fault(
            "due",
            "field.out_of_range",
            format!("{on} 不在规划期 {starts_on} 至 {ends_on} 之内"),
        );
    }
    Some(Due {
        on,
        precision,
        basis: DueBasis::Plan,
    })
}

fn last_day(written: &str) -> Option<(NaiveDate, Precision)> {
    if !written.is_ascii() || !written.get(..4)?.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let year: i32 = written[..4].parse().ok()?;
    let month_end = |month: u32| end_of_month(NaiveDate::from_ymd_opt(year, month, 1)?);
    match (written.len(), written.get(4..)?) {
        (4, _) => Some((month_end(12)?, Precision::Year)),
        (7, rest) if rest.starts_with("-Q") => {
            let quarter: u32 = rest[2..]
                .parse()
                .ok()
                .filter(|quarter| (1..=4).contains(quarter))?;
            Some((month_end(quarter * 3)?, Precision::Quarter))
        }
        (7, rest) => Some((
            month_end(rest.strip_prefix('-')?.parse().ok()?)?,
            Precision::Month,
        )),
        (10, _) => NaiveDate::parse_from_str(written, "%Y-%m-%d")
            .ok()
            .filter(|day| day.year() == year)
            .map(|day| (day, Precision::Day)),
        _ => None,
    }
}
