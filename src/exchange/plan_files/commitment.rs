//! Reads a commitment: a promised number or rate.

use bigdecimal::BigDecimal;

use super::findings::Class;
use super::model::{Commitment, Programme};
use super::project::{due, owner};
use super::records::Surroundings;
use super::table::Table;
use super::words::{Better, Operator, OwnerRole, Strength};

/// A commitment of an initiative, or of the programme itself where there is none; `position` counts through the
/// programme.
pub(super) fn commitment(
    table: &Table,
    around: &Surroundings,
    programme: &Programme,
    initiative: Option<&str>,
    position: i32,
) -> Option<Commitment> {
    let code = table
        .slug("slug")
        .map(|slug| format!("{}.{slug}", initiative.unwrap_or(&programme.code)));
    if let Some(code) = &code {
        table.define(Class::Commitment, "slug", code);
    }
    let (metric, category, unit) = (
        table.text("metric"),
        table.optional_text("category"),
        table.text("unit"),
    );
    let base_unit = table.optional_text("base_unit");
    let base_factor = table.positive("base_factor", 4);
    if base_unit.is_some() != base_factor.is_some() {
        table.fault(
            "base_unit",
            "field.missing",
            "base_unit 与 base_factor 应当同时写",
        );
    }
    let operator = table.optional_word("operator").unwrap_or(Operator::AtLeast);
    let target_min = table.required("target", |t, key| t.decimal(key, 4));
    let target_max = table.decimal("target_max", 4);
    if let (Some(min), Some(max)) = (&target_min, &target_max)
        && max < min
    {
        table.fault(
            "target_max",
            "range.reversed",
            format!("{max} 小于 target 的 {min}"),
        );
    }
    let baseline = table.decimal("baseline", 4);
    let baseline_year = table.optional_whole("baseline_year", 1949..2200);
    let due = due(table, around);
    let measure = table.word("measure");
    let natural = if operator == Operator::AtMost {
        Better::Lower
    } else {
        Better::Higher
    };
    let better = table.optional_word("better").unwrap_or(natural);
    let maintained = table.flag("maintained");
    let nature = table.optional_word("nature");
    let strength = table.optional_word("strength").unwrap_or(Strength::Firm);
    let allocation = table.optional_text("allocation");
    let as_printed = table.text("as_printed");
    let page = table.optional_whole("page", 1..10_000).unwrap_or(programme.page);
    let (definition, doubt) = (table.optional_text("definition"), table.optional_text("doubt"));
    let owner = owner(table, "owner", OwnerRole::Lead);
    let promised_count = table.positive("promised_count", 4);
    table.finish();
    let code = code?;
    if promised_count.is_some() {
        table
            .findings
            .counts
            .borrow_mut()
            .push((code.clone(), table.place_of("promised_count")));
    }
    let unit = unit?;
    Some(Commitment {
        code,
        programme: programme.code.clone(),
        initiative: initiative.map(str::to_owned),
        position,
        metric: metric?,
        category,
        base_unit: base_unit.unwrap_or_else(|| unit.clone()),
        base_factor: base_factor.unwrap_or_else(|| BigDecimal::from(1)),
        unit,
        operator,
        target_min: target_min?,
        target_max,
        baseline,
        baseline_year,
        due: due?,
        measure: measure?,
        better,
        maintained,
        nature,
        strength,
        allocation,
        as_printed: as_printed?,
        page,
        definition,
        doubt,
        owner,
        promised_count,
        place: table.place(),
    })
}
