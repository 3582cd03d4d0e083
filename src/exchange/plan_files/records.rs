//! One function a kind of record. Each asks for all its fields, so that all faults show, and then gives the record
//! or nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::commitment::commitment;
use super::findings::Class;
use super::model::{
    Commitment, Initiative, KindStep, Organisation, Plan, Programme, Project, ProjectKind, Region,
    ServiceArea,
};
use super::project::project;
use super::table::Table;
use super::words::{OrganisationKind, Word, is_slug};
use crate::rules::lights::ready;
use crate::rules::periods::{Stage, Terms};

/// What a box is read within.
pub(super) struct Surroundings<'a> {
    pub plan_code: &'a str,
    /// First and last day of the plan; None where its file could not be read.
    pub period: Option<(NaiveDate, NaiveDate)>,
    pub organisations: &'a BTreeMap<&'a str, &'a Organisation>,
}

pub(super) fn kinds(table: &Table) -> Vec<ProjectKind> {
    let mut kinds = Vec::new();
    for (position, kind) in (1..).zip(table.tables("kind")) {
        let code = kind.formed_text("code", "小写字母、数字和下划线，字母开头", is_kind_code);
        if let Some(code) = &code {
            kind.define(Class::Kind, "code", code);
        }
        let name = kind.text("name");
        let (construction, continuing) = (kind.flag("construction"), kind.flag("continuing"));
        let steps = steps(&kind);
        if steps.is_empty() {
            kind.fault("steps", "field.missing", "至少要有一步");
        }
        if continuing && steps.len() > 1 {
            kind.fault("steps", "steps.continuing", "持续工作只有一步，每年重复");
        }
        kind.finish();
        if let (Some(code), Some(name)) = (code, name) {
            kinds.push(ProjectKind {
                code,
                name,
                position,
                construction,
                continuing,
                steps,
                place: kind.place(),
            });
        }
    }
    kinds
}

fn is_kind_code(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn steps(kind: &Table) -> Vec<KindStep> {
    let mut steps: Vec<KindStep> = Vec::new();
    let tables = kind.tables("steps");
    let mut before = 0;
    for (number, step) in (1..).zip(&tables) {
        let code = step.slug("code");
        if let Some(code) = &code
            && steps.iter().any(|earlier| earlier.code == *code)
        {
            step.fault("code", "code.duplicate", format!("步骤代码“{code}”重复"));
        }
        let name = step.short_text("name", 90);
        let weight = step.required("weight", |t, key| t.positive(key, 2));
        let due_percent = step.whole("due_percent", 1..101);
        if let Some(percent) = due_percent {
            if percent <= before {
                step.fault("due_percent", "steps.order", format!("应大于上一步的 {before}"));
            }
            if (number as usize == tables.len()) != (percent == 100) {
                step.fault("due_percent", "steps.order", "最后一步为 100，其余各步小于 100");
            }
            before = percent;
        }
        let evidence = step.texts("evidence");
        let marks = step.optional_word("marks");
        step.finish();
        if let (Some(code), Some(name), Some(weight), Some(due_percent)) = (code, name, weight, due_percent) {
            steps.push(KindStep {
                number,
                code,
                name,
                weight,
                due_percent,
                evidence,
                marks,
            });
        }
    }
    steps
}

pub(super) fn regions(table: &Table) -> Vec<Region> {
    let read = |region: &Table| {
        let code = region.formed_text("code", "六位数字", |text| {
            text.len() == 6 && text.chars().all(|c| c.is_ascii_digit())
        });
        if let Some(code) = &code {
            region.define(Class::Region, "code", code);
        }
        let name = region.text("name");
        let parent = region.optional_reference(Class::Region, "parent");
        region.finish();
        Some(Region {
            code: code?,
            name: name?,
            parent,
            place: region.place(),
        })
    };
    table.tables("region").iter().filter_map(read).collect()
}

pub(super) fn organisations(table: &Table) -> Vec<Organisation> {
    let read = |organisation: &Table| {
        let code = organisation.formed_text(
            "code",
            "小写字母、数字、点和连字符，最长80",
            |text| text.len() <= 80 && text.split('.').all(is_slug),
        );
        if let Some(code) = &code {
            organisation.define(Class::Organisation, "code", code);
        }
        let name = organisation.short_text("name", 200);
        let kind = organisation.word::<OrganisationKind>("kind");
        let parent = organisation.optional_reference(Class::Organisation, "parent");
        let region = organisation.reference(Class::Region, "region");
        let duties = organisation.optional_text("duties").unwrap_or_default();
        organisation.finish();
        let place = organisation.place();
        Some(Organisation {
            code: code?,
            name: name?,
            kind: kind?,
            parent,
            region: region?,
            duties,
            place,
        })
    };
    table.tables("organisation").iter().filter_map(read).collect()
}

/// The plan's own table; `folder` is the name of its folder, which is its code.
pub(super) fn plan(table: &Table, folder: &str) -> Option<Plan> {
    let code = table.formed_text(
        "code",
        "与文件夹同名，小写字母、数字和连字符，最长40",
        |text| text == folder && is_slug(text) && text.len() <= 40,
    );
    let (title, document_number) = (table.text("title"), table.text("document_number"));
    let issuer = table.reference(Class::Organisation, "issuer");
    let issued_on = table.date("issued_on");
    let (starts_on, ends_on) = (table.date("starts_on"), table.date("ends_on"));
    if let (Some(starts_on), Some(ends_on)) = (starts_on, ends_on)
        && starts_on > ends_on
    {
        table.fault("ends_on", "range.reversed", "早于 starts_on");
    }
    let time_zone = table.formed_text("time_zone", "IANA 时区名，如 Asia/Shanghai", |text| {
        text.parse::<chrono_tz::Tz>().is_ok()
    });
    let reporting_from = table.optional_date("reporting_from");
    let source = table.optional_text("source").unwrap_or_default();
    let light_rules = table
        .optional_text("light_rules")
        .unwrap_or_else(|| ready::DEFAULT.to_owned());
    if ready::named(&light_rules).is_none() {
        let known: Vec<&str> = ready::codes().collect();
        let message = format!("没有这套规则，可用的有：{}", known.join("、"));
        table.fault("light_rules", "reference.unknown", message);
    }
    table.finish();
    Some(Plan {
        code: code?,
        title: title?,
        document_number: document_number?,
        issuer: issuer?,
        issued_on: issued_on?,
        starts_on: starts_on?,
        ends_on: ends_on?,
        time_zone: time_zone?,
        reporting_from,
        source,
        light_rules,
        place: table.place(),
    })
}

/// When the plan's projects report: a table for each stage.
pub(super) fn reporting(table: &Table) -> Vec<Terms> {
    let mut stages: BTreeSet<Stage> = BTreeSet::new();
    let mut read = |terms: &Table| {
        let stage: Option<Stage> = terms.word("stage");
        if let Some(stage) = stage
            && !stages.insert(stage)
        {
            terms.fault(
                "stage",
                "field.duplicate",
                format!("{} 写了两次", Word::as_str(stage)),
            );
        }
        let frequency = terms.word("frequency");
        let due_day = terms.whole("due_day", 1..32);
        let due_month_offset = terms.whole("due_month_offset", 0..4);
        let grace_days = terms.whole("grace_days", 0..61);
        terms.finish();
        Some(Terms {
            stage: stage?,
            frequency: frequency?,
            due_day: u32::try_from(due_day?).ok()?,
            due_month_offset: u32::try_from(due_month_offset?).ok()?,
            grace_days: u32::try_from(grace_days?).ok()?,
        })
    };
    table.tables("reporting").iter().filter_map(&mut read).collect()
}

pub(super) fn service_areas(table: &Table, plan_code: &str) -> Vec<ServiceArea> {
    let mut numbers = BTreeSet::new();
    let read = |area: &Table| {
        let number = area.whole("number", 1..1000);
        if let Some(number) = number
            && !numbers.insert(number)
        {
            area.fault("number", "field.duplicate", format!("领域序号 {number} 重复"));
        }
        let code = area.slug("slug").map(|slug| format!("{plan_code}.{slug}"));
        if let Some(code) = &code {
            area.define(Class::ServiceArea, "slug", code);
        }
        let (name, class, aliases) = (area.text("name"), area.word("class"), area.texts("aliases"));
        area.finish();
        Some(ServiceArea {
            code: code?,
            number: number?,
            name: name?,
            class: class?,
            aliases,
            place: area.place(),
        })
    };
    table.tables("service_area").iter().filter_map(read).collect()
}

/// What the files of the boxes add up to.
#[derive(Default)]
pub(super) struct Boxes {
    pub programmes: Vec<Programme>,
    pub initiatives: Vec<Initiative>,
    pub commitments: Vec<Commitment>,
    pub projects: Vec<Project>,
}

impl Boxes {
    /// Reads one file: a programme, its own commitments, and its initiatives with theirs.
    pub fn read(&mut self, file: &Table, around: &Surroundings) {
        let programme = file
            .table("programme")
            .and_then(|table| programme(&table, around));
        // Without its programme nothing below has a code; its faults are reported all the same.
        let lost = programme.is_none();
        let programme = programme.unwrap_or_else(|| Programme {
            code: format!("{}.?", around.plan_code),
            number: 0,
            title: String::new(),
            service_area: None,
            section: String::new(),
            page: 1,
            as_printed: String::new(),
            place: file.place(),
        });
        if lost {
            file.findings
                .lost
                .borrow_mut()
                .extend([Class::Initiative, Class::Commitment, Class::Project]);
        }
        let mut position = 0;
        for table in file.tables("commitment") {
            position += 1;
            self.commitments
                .extend(commitment(&table, around, &programme, None, position));
        }
        for table in file.tables("initiative") {
            let number = table.whole("number", 1..1000);
            let code = format!("{}-{}", programme.code, number.unwrap_or_default());
            if number.is_some() {
                table.define(Class::Initiative, "number", &code);
            }
            let (title, as_printed) = (table.text("title"), table.text("as_printed"));
            let continuing = table.flag("continuing");
            for inner in table.tables("commitment") {
                position += 1;
                self.commitments
                    .extend(commitment(&inner, around, &programme, Some(&code), position));
            }
            for inner in table.tables("project") {
                self.projects.extend(project(&inner, around, &programme, &code));
            }
            table.finish();
            if let (Some(number), Some(title), Some(as_printed)) = (number, title, as_printed) {
                let (programme, place) = (programme.code.clone(), table.place());
                self.initiatives.push(Initiative {
                    code,
                    programme,
                    number,
                    title,
                    as_printed,
                    continuing,
                    place,
                });
            }
        }
        if !lost {
            self.programmes.push(programme);
        }
    }
}

fn programme(table: &Table, around: &Surroundings) -> Option<Programme> {
    let number = table.whole("number", 1..1000);
    let code = format!("{}.{}", around.plan_code, number.unwrap_or_default());
    if number.is_some() {
        table.define(Class::Programme, "number", &code);
    }
    let title = table.text("title");
    let service_area = service_area(table, around);
    let (section, page, as_printed) = (
        table.text("section"),
        table.whole("page", 1..10_000),
        table.text("as_printed"),
    );
    table.finish();
    Some(Programme {
        code,
        number: number?,
        title: title?,
        service_area,
        section: section?,
        page: page?,
        as_printed: as_printed?,
        place: table.place(),
    })
}

/// A service area is named by its slug.
pub(super) fn service_area(table: &Table, around: &Surroundings) -> Option<String> {
    let slug = table.optional_text("service_area")?;
    let code = format!("{}.{slug}", around.plan_code);
    table.refer(Class::ServiceArea, "service_area", &code);
    Some(code)
}
