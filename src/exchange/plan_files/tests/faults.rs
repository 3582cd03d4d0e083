use super::*;

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
        (
            "plans/p/plan.toml",
            "class = \"basic\"",
            "class = \"basic\"\n[[service_area]]\nnumber = 1\nslug = \"b\"\nname = \"乙\"\nclass = \"life\"",
            18,
            "field.duplicate",
        ),
        (
            BOX_FILE,
            "serves = [\"built\"]",
            "serves = [\"built\", \"p.2-1.built\"]",
            31,
            "field.duplicate",
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
fn a_calendar_names_each_stage_once_and_its_days_are_days() {
    let folder = Folder::new();
    let terms = |frequency: &str, day: i32| {
        format!(
            "\n[[reporting]]\nstage = \"under_way\"\nfrequency = \"{frequency}\"\ndue_day = {day}\n\
             due_month_offset = 0\ngrace_days = 3\n"
        )
    };
    folder.write("plans/p/plan.toml", &format!("{PLAN}{}", terms("monthly", 25)));
    let held = folder.read().unwrap().reporting;
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].due_day, held[0].grace_days), (25, 3));
    let wrong = format!("{PLAN}{}{}", terms("monthly", 25), terms("daily", 32));
    folder.write("plans/p/plan.toml", &wrong);
    assert_eq!(folder.faults().len(), 3, "{:?}", folder.faults());
}
