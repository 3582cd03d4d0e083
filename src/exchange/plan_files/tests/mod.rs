mod faults;
mod seeds;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use bigdecimal::BigDecimal;
use chrono::NaiveDate;

use super::*;
use crate::rules::overdue::DateBasis;

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
fn a_small_plan_is_read_whole() {
    let files = Folder::new().read().unwrap();
    assert_eq!(files.projects[0].due.on, day("2023-06-30"));
    assert_eq!(files.projects[0].owners[1].basis, OwnerBasis::Plan);
    assert_eq!(files.projects[0].level, Level::County);
    assert_eq!(files.kinds[0].steps[1].weight, number("60.5"));
    assert_eq!(files.projects[1].serves, ["p.2-1.built"]);
    let steps = milestones(&files.plan, &files.kinds[0], &files.projects[0]);
    assert_eq!(steps[0].planned_on, day("2022-11-30"));
    assert_eq!((steps[1].basis, steps[1].precision), (DateBasis::Plan, "quarter"));
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
