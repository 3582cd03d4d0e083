use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use bigdecimal::BigDecimal;
use chrono::NaiveDate;

use super::*;
use crate::rules::overdue::DateBasis;

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

fn wuwei() -> PlanFiles {
    read(&seeds(), "wuwei-145").unwrap_or_else(|faults| {
        let lines: Vec<_> = faults.iter().map(Fault::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

fn number(text: &str) -> BigDecimal {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A small plan in a folder of its own that goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "guatu-plan-files-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = Folder(std::env::temp_dir().join(name));
        folder.write("kinds.toml", KINDS);
        folder.write(
            "regions/r.toml",
            "[[region]]\ncode = \"999900\"\nname = \"甲市\"\n",
        );
        folder.write("organisations/o/all.toml", ORGANISATIONS);
        folder.write("plans/p/plan.toml", PLAN);
        folder.write("plans/p/box.toml", BOX);
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Replaces, in the text of a file, what stands there exactly once.
    fn edit(&self, path: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.0.join(path)).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{old}");
        self.write(path, &text.replace(old, new));
    }

    fn read(&self) -> Result<PlanFiles, Vec<Fault>> {
        read(&self.0, "p")
    }

    fn faults(&self) -> Vec<(String, usize, &'static str)> {
        let faults = self.read().expect_err("the files should have faults");
        faults
            .into_iter()
            .map(|fault| (fault.file, fault.line, fault.code))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

const KINDS: &str = r#"[[kind]]
code = "new_build"
name = "新建"
construction = true
steps = [
  { code = "start", name = "开工", weight = 40, due_percent = 50, evidence = ["施工许可证"] },
  { code = "done", name = "完工", weight = "60.5", due_percent = 100 },
]
[[kind]]
code = "continuing"
name = "持续工作"
continuing = true
steps = [{ code = "review", name = "年度评估", weight = 1, due_percent = 100 }]
"#;

const ORGANISATIONS: &str = r#"[[organisation]]
code = "city"
name = "甲市人民政府"
kind = "city_government"
region = "999900"
[[organisation]]
code = "county"
name = "乙县人民政府"
kind = "county_government"
parent = "city"
region = "999900"
"#;

const PLAN: &str = r#"[plan]
code = "p"
title = "规划"
document_number = "1号"
issuer = "city"
issued_on = 2022-03-18
starts_on = 2021-01-01
ends_on = 2025-12-31
time_zone = "Asia/Shanghai"
regions = ["r"]
organisations = ["o"]
[[service_area]]
number = 1
slug = "area"
name = "领域"
class = "basic"
"#;

const BOX: &str = r#"[programme]
number = 2
title = "专栏"
service_area = "area"
section = "一"
page = 3
as_printed = "专栏2"
[[initiative]]
number = 1
title = "一是"
as_printed = "一是"
[[initiative.commitment]]
slug = "built"
metric = "新建"
unit = "个"
target = 3
due = "period"
measure = "sum"
promised_count = 3
as_printed = "甲等3个"
[[initiative.project]]
slug = "named"
title = "甲"
kind = "new_build"
quantity = 1
unit = "个"
region = "999900"
lead = "city"
responsible = { organisation = "county", basis = "plan" }
due = "2023-Q2"
serves = ["built"]
as_printed = "甲"
[[initiative.project]]
slug = "others"
title = "其余2个"
kind = "new_build"
quantity = 2
unit = "个"
remainder = true
lead = "city"
responsible = "city"
due = "period"
serves = ["p.2-1.built"]
as_printed = "等3个"
"#;

const BOX_FILE: &str = "plans/p/box.toml";

#[test]
fn the_seeds_of_wuwei_have_no_fault_and_cover_every_initiative() {
    let files = wuwei();
    assert_eq!(uncovered(&files), Vec::<&Initiative>::new());
    assert_eq!(files.service_areas.len(), 20);
    let of_class = |class| {
        files
            .service_areas
            .iter()
            .filter(|area| area.class == class)
            .count()
    };
    assert_eq!(
        [ServiceClass::Basic, ServiceClass::Inclusive, ServiceClass::Life].map(of_class),
        [9, 5, 6]
    );
    let of_box = |number: &str| {
        let programme = format!("wuwei-145.{number}");
        (
            files
                .initiatives
                .iter()
                .filter(|one| one.programme == programme)
                .count(),
            files
                .commitments
                .iter()
                .filter(|one| one.programme == programme)
                .count(),
            files
                .projects
                .iter()
                .filter(|one| one.programme == programme)
                .count(),
        )
    };
    assert_eq!(of_box("1"), (0, 25, 0));
    assert_eq!(of_box("5"), (5, 2, 13));
    assert_eq!(of_box("12"), (4, 14, 21));
    assert!(files.plan.reporting_from.is_none());
}

#[test]
fn named_projects_and_remainders_add_up_to_what_is_printed() {
    let files = wuwei();
    let parts = |slug: &str| {
        let code = format!("wuwei-145.12-1.{slug}");
        let serving: Vec<_> = files
            .projects
            .iter()
            .filter(|one| one.serves.contains(&code))
            .collect();
        let (remainders, named): (Vec<_>, Vec<_>) = serving.into_iter().partition(|one| one.remainder);
        (
            named.len(),
            remainders
                .iter()
                .map(|one| one.quantity.clone().unwrap())
                .sum::<BigDecimal>(),
        )
    };
    assert_eq!(parts("kindergartens-improved"), (5, number("8")));
    assert_eq!(parts("kindergartens-built"), (3, number("13")));
}

#[test]
fn printed_figures_keep_their_meaning() {
    let files = wuwei();
    let one = |code: &str| files.commitments.iter().find(|one| one.code == code).unwrap();
    let estates = one("wuwei-145.1.old-estates-renewed");
    assert_eq!(estates.baseline_in_base_units(), Some(number("25100")));
    assert_eq!(estates.target_in_base_units(), number("49600"));
    assert_eq!(
        (estates.unit.as_str(), estates.base_unit.as_str()),
        ("万户", "户")
    );
    assert_eq!(one("wuwei-145.1.childcare-places").baseline, Some(number("0.37")));
    assert_eq!(one("wuwei-145.1.medical-insurance").operator, Operator::MoreThan);
    assert_eq!(one("wuwei-145.1.elderly-facilities-compliance").baseline, None);
    assert_eq!(one("wuwei-145.1.new-urban-jobs").measure, Measure::Sum);
    let streets = one("wuwei-145.12-1.street-kindergartens");
    assert_eq!(
        (streets.due.on, streets.due.precision),
        (day("2022-12-31"), Precision::Year)
    );
    assert_eq!(streets.strength, Strength::Principle);
    let centres = one("wuwei-145.5-1.city-medical-centres-count");
    assert_eq!(
        (&centres.target_min, &centres.target_max),
        (&number("1"), &Some(number("3")))
    );
    assert_eq!(centres.due.basis, DueBasis::Period);
    assert_eq!(one("wuwei-145.12-1.places-added").target_min, number("5800"));
    assert_eq!(
        files
            .commitments
            .iter()
            .filter(|one| one.measure == Measure::Sum && one.initiative.is_none())
            .count(),
        2
    );
    assert!(one("wuwei-145.1.nursing-beds-share").doubt.is_some());
}

#[test]
fn owners_are_inferred_and_the_level_follows_the_responsible_one() {
    let files = wuwei();
    assert!(
        files
            .projects
            .iter()
            .flat_map(|one| &one.owners)
            .all(|owner| owner.basis == OwnerBasis::Inferred)
    );
    let one = |code: &str| files.projects.iter().find(|one| one.code == code).unwrap();
    assert_eq!(
        one("wuwei-145.12-1.liangzhou-no1-kindergarten").level,
        Level::County
    );
    assert_eq!(one("wuwei-145.12-1.experimental-kindergarten").level, Level::City);
}

#[test]
fn a_kinds_steps_are_proposals_but_the_last_has_the_promised_day() {
    let files = wuwei();
    let project = files
        .projects
        .iter()
        .find(|one| one.code.ends_with("liangzhou-no8-kindergarten"))
        .unwrap();
    let steps = milestones(&files.plan, files.kind(&project.kind).unwrap(), project);
    assert_eq!(
        steps[0].code,
        "wuwei-145.12-1.liangzhou-no8-kindergarten.approval"
    );
    assert_eq!(
        steps.iter().map(|step| step.number).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6]
    );
    let (last, before) = steps.split_last().unwrap();
    assert_eq!(
        (last.planned_on, last.basis, last.precision),
        (day("2025-12-31"), DateBasis::Period, Precision::Period)
    );
    assert!(
        before
            .iter()
            .all(|step| step.basis == DateBasis::Template && step.planned_on <= last.planned_on)
    );
    assert!(
        steps
            .windows(2)
            .all(|pair| pair[0].planned_on <= pair[1].planned_on)
    );
    for project in &files.projects {
        let kind = files.kind(&project.kind).unwrap();
        let steps = milestones(&files.plan, kind, project);
        let mut codes: Vec<_> = steps.iter().map(|step| &step.code).collect();
        codes.dedup();
        assert_eq!(codes.len(), steps.len());
        assert_eq!(steps.last().unwrap().planned_on, project.due.on);
    }
}

#[test]
fn standing_work_has_one_review_a_year_and_nothing_else() {
    let files = wuwei();
    let project = files
        .projects
        .iter()
        .find(|one| one.code.ends_with("5-3.primary-care"))
        .unwrap();
    let reviews = milestones(&files.plan, files.kind(&project.kind).unwrap(), project);
    let found: Vec<_> = reviews
        .iter()
        .map(|one| (one.name.as_str(), one.planned_on.to_string(), one.basis))
        .collect();
    let expected = [
        ("2022年度评估", "2022-12-31", DateBasis::Template),
        ("2023年度评估", "2023-12-31", DateBasis::Template),
        ("2024年度评估", "2024-12-31", DateBasis::Template),
        ("2025年度评估", "2025-12-31", DateBasis::Period),
    ];
    assert_eq!(
        found,
        expected.map(|(name, on, basis)| (name, on.to_owned(), basis))
    );
}

#[test]
fn a_small_plan_is_read_whole() {
    let files = Folder::new().read().unwrap();
    assert_eq!(files.projects[0].due.on, day("2023-06-30"));
    assert_eq!(files.projects[0].owners[1].basis, OwnerBasis::Plan);
    assert_eq!(files.projects[0].level, Level::County);
    assert_eq!(files.kinds[0].steps[1].weight, number("60.5"));
    assert_eq!(files.projects[1].serves, ["p.2-1.built"]);
    let steps = milestones(&files.plan, &files.kinds[0], &files.projects[0]);
    assert_eq!(steps[0].planned_on, day("2022-11-30"));
    assert_eq!(
        (steps[1].basis, steps[1].precision),
        (DateBasis::Plan, Precision::Quarter)
    );
}

#[test]
fn milestones_that_a_file_lists_replace_the_kinds() {
    let folder = Folder::new();
    let own = "as_printed = \"甲\"\n[[initiative.project.milestone]]\nslug = \"open\"\nname = \"开园\"\nweight = 2\ndue = \"2023-02\"\n";
    folder.edit(BOX_FILE, "as_printed = \"甲\"\n", own);
    let files = folder.read().unwrap();
    let steps = milestones(&files.plan, &files.kinds[0], &files.projects[0]);
    assert_eq!(steps.len(), 1);
    assert_eq!(
        (steps[0].planned_on, steps[0].basis),
        (day("2023-02-28"), DateBasis::Plan)
    );
    assert_eq!(steps[0].code, "p.2-1.named.open");
}

/// Each edit of the small plan, and the one fault that it must give: file, line, code.
#[test]
fn each_kind_of_fault_names_its_file_and_line() {
    let cases: &[(&str, &str, &str, usize, &str)] = &[
        (BOX_FILE, "title = \"甲\"", "titel = \"甲\"", 23, "field.unknown"),
        (BOX_FILE, "title = \"甲\"\n", "", 21, "field.missing"),
        (BOX_FILE, "title = \"甲\"", "title = 5", 23, "field.type"),
        (BOX_FILE, "title = \"甲\"", "title = \" \"", 23, "field.empty"),
        (
            BOX_FILE,
            "slug = \"named\"",
            "slug = \"Named\"",
            22,
            "field.format",
        ),
        (
            BOX_FILE,
            "slug = \"others\"",
            "slug = \"named\"",
            34,
            "code.duplicate",
        ),
        (
            BOX_FILE,
            "slug = \"others\"",
            "slug = \"built\"",
            34,
            "code.duplicate",
        ),
        (
            BOX_FILE,
            "due = \"2023-Q2\"",
            "due = \"2023-Q5\"",
            30,
            "field.format",
        ),
        (
            BOX_FILE,
            "due = \"2023-Q2\"",
            "due = \"2023-02-30\"",
            30,
            "field.format",
        ),
        (
            BOX_FILE,
            "due = \"2023-Q2\"",
            "due = \"2026\"",
            30,
            "field.out_of_range",
        ),
        (BOX_FILE, "target = 3", "target = -3", 16, "field.out_of_range"),
        (
            BOX_FILE,
            "target = 3",
            "target = 3\ntarget_max = 2",
            17,
            "range.reversed",
        ),
        (BOX_FILE, "target = 3", "target = \"3%\"", 16, "field.format"),
        (
            BOX_FILE,
            "measure = \"sum\"",
            "measure = \"total\"",
            18,
            "field.not_allowed",
        ),
        (
            BOX_FILE,
            "promised_count = 3",
            "promised_count = 4",
            19,
            "count.mismatch",
        ),
        (BOX_FILE, "quantity = 2", "quantity = 1", 19, "count.mismatch"),
        (
            BOX_FILE,
            "lead = \"city\"\nresponsible = {",
            "lead = \"town\"\nresponsible = {",
            28,
            "reference.unknown",
        ),
        (
            BOX_FILE,
            "organisation = \"county\"",
            "organisation = \"town\"",
            29,
            "reference.unknown",
        ),
        (
            BOX_FILE,
            "region = \"999900\"",
            "region = \"999999\"",
            27,
            "reference.unknown",
        ),
        (
            BOX_FILE,
            "kind = \"new_build\"\nquantity = 1",
            "kind = \"new\"\nquantity = 1",
            24,
            "reference.unknown",
        ),
        (
            BOX_FILE,
            "service_area = \"area\"",
            "service_area = \"aera\"",
            4,
            "reference.unknown",
        ),
        (
            BOX_FILE,
            "as_printed = \"甲\"",
            "as_printed = \"甲\"\nsecond_initiative = \"p.9-9\"",
            33,
            "reference.unknown",
        ),
        (
            BOX_FILE,
            "remainder = true",
            "remainder = true\nopen_ended = true",
            40,
            "remainder.open_ended",
        ),
        (BOX_FILE, "page = 3", "page = [", 7, "toml.syntax"),
        ("kinds.toml", "weight = 40", "weight = 0", 6, "field.out_of_range"),
        (
            "kinds.toml",
            "due_percent = 50",
            "due_percent = 100",
            6,
            "steps.order",
        ),
        (
            "kinds.toml",
            "continuing = true",
            "continuing = \"yes\"",
            12,
            "field.type",
        ),
        (
            "organisations/o/all.toml",
            "parent = \"city\"",
            "parent = \"county\"",
            6,
            "parent.circle",
        ),
        (
            "organisations/o/all.toml",
            "kind = \"city_government\"",
            "kind = \"city\"",
            4,
            "field.not_allowed",
        ),
        (
            "plans/p/plan.toml",
            "issued_on = 2022-03-18",
            "issued_on = \"2022-13-18\"",
            6,
            "field.format",
        ),
        (
            "plans/p/plan.toml",
            "time_zone = \"Asia/Shanghai\"",
            "time_zone = \"Shanghai\"",
            9,
            "field.format",
        ),
        (
            "plans/p/plan.toml",
            "class = \"basic\"",
            "class = \"basics\"",
            16,
            "field.not_allowed",
        ),
    ];
    let mut wrong = Vec::new();
    for (file, old, new, line, code) in cases {
        let folder = Folder::new();
        folder.edit(file, old, new);
        let faults = folder.faults();
        if !faults.contains(&(file.to_string(), *line, *code)) {
            wrong.push(format!("{new}: no {code} in {file}:{line} among {faults:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_remainder_without_quantity_is_a_fault() {
    let folder = Folder::new();
    folder.edit(BOX_FILE, "quantity = 2\nunit = \"个\"\n", "");
    assert_eq!(
        folder.faults(),
        [(BOX_FILE.to_owned(), 37, "remainder.quantity_missing")]
    );
}

#[test]
fn a_broken_file_brings_no_faults_of_references_to_what_it_may_define() {
    let folder = Folder::new();
    folder.edit("organisations/o/all.toml", "code = \"city\"", "code = \"city");
    let faults = folder.faults();
    assert!(!faults.is_empty());
    assert!(
        faults
            .iter()
            .all(|(file, _, code)| file == "organisations/o/all.toml" && *code == "toml.syntax"),
        "{faults:?}"
    );
}

#[test]
fn a_missing_plan_is_one_fault_of_its_file() {
    let folder = Folder::new();
    let faults = read(&folder.0, "q").unwrap_err();
    assert!(
        faults
            .iter()
            .any(|one| one.file == "plans/q/plan.toml" && one.code == "file.unreadable"),
        "{faults:?}"
    );
}

#[test]
fn faults_of_all_files_come_at_once_in_their_order() {
    let folder = Folder::new();
    folder.edit("kinds.toml", "weight = 40", "weight = -40");
    folder.edit("organisations/o/all.toml", "name = \"甲市人民政府\"\n", "");
    folder.edit(
        "plans/p/plan.toml",
        "number = 1\n",
        "number = 1\ncolour = \"red\"\n",
    );
    folder.edit(BOX_FILE, "due = \"2023-Q2\"", "due = \"soon\"");
    folder.edit(BOX_FILE, "promised_count = 3", "promised_count = \"many\"");
    folder.edit(
        BOX_FILE,
        "serves = [\"p.2-1.built\"]",
        "serves = [\"p.2-1.bulit\"]",
    );
    let expected = [
        ("kinds.toml", 6, "field.out_of_range"),
        ("organisations/o/all.toml", 1, "field.missing"),
        (BOX_FILE, 19, "field.format"),
        (BOX_FILE, 30, "field.format"),
        (BOX_FILE, 43, "reference.unknown"),
        ("plans/p/plan.toml", 14, "field.unknown"),
    ];
    assert_eq!(
        folder.faults(),
        expected.map(|(file, line, code)| (file.to_owned(), line, code))
    );
}

#[test]
fn a_fault_says_in_words_where_and_what() {
    let folder = Folder::new();
    folder.edit(BOX_FILE, "promised_count = 3", "promised_count = 4");
    let faults = folder.read().unwrap_err();
    let text =
        "plans/p/box.toml:19:1 [count.mismatch] promised_count：写的是 4，而1个点名项目和1个余数的数量合计 3";
    assert_eq!(faults[0].to_string(), text);
}

#[test]
fn an_initiative_without_project_or_commitment_is_uncovered() {
    let folder = Folder::new();
    let more = format!("{BOX}[[initiative]]\nnumber = 2\ntitle = \"二是\"\nas_printed = \"二是\"\n");
    folder.write(BOX_FILE, &more);
    let files = folder.read().unwrap();
    assert_eq!(
        uncovered(&files)
            .iter()
            .map(|one| one.code.as_str())
            .collect::<Vec<_>>(),
        ["p.2-2"]
    );
}

#[test]
fn words_are_serialized_as_the_tables_have_them() {
    fn same<W: Word + serde::Serialize>() {
        for (value, text) in W::ALL {
            assert_eq!(serde_json::to_value(value).unwrap(), *text);
            assert!(W::parse(text) == Some(*value) && value.as_str() == *text);
        }
    }
    same::<OrganisationKind>();
    same::<ServiceClass>();
    same::<Operator>();
    same::<Measure>();
    same::<Better>();
    same::<Nature>();
    same::<Strength>();
    same::<Precision>();
    same::<DueBasis>();
    same::<Level>();
    same::<OwnerRole>();
    same::<OwnerBasis>();
}
