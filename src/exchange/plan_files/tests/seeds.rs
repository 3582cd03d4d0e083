use std::path::Path;

use super::*;

fn wuwei() -> PlanFiles {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"), "wuwei-145").unwrap_or_else(|faults| {
        let lines: Vec<_> = faults.iter().map(Fault::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

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
    let of_box = |number: i32| {
        let programme = format!("wuwei-145.{number}");
        let initiatives = files.initiatives.iter().filter(|one| one.programme == programme);
        let commitments = files.commitments.iter().filter(|one| one.programme == programme);
        let projects = files.projects.iter().filter(|one| one.programme == programme);
        (initiatives.count(), commitments.count(), projects.count())
    };
    // As the plan prints them: box 1 the indicators, the others their numbered items.
    let printed = [0, 3, 2, 3, 5, 4, 3, 5, 5, 3, 2, 4, 4, 4, 3, 3, 4, 3, 8, 3, 2];
    assert_eq!(
        (1..=21).map(|number| of_box(number).0).collect::<Vec<_>>(),
        printed
    );
    assert_eq!(of_box(1), (0, 25, 0));
    assert_eq!(of_box(5), (5, 2, 13));
    assert_eq!(of_box(12), (4, 14, 21));
    // The data's own README counts the same.
    let readme = include_str!("../../../../seeds/plans/wuwei-145/README.md");
    for programme in &files.programmes {
        let (initiatives, commitments, projects) = of_box(programme.number);
        let (number, title) = (programme.number, &programme.title);
        let line = format!("| {number} {title} | {initiatives} | {commitments} | {projects} |");
        assert!(readme.contains(&line), "{line}");
    }
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
fn what_stands_in_two_boxes_is_one_project_with_a_second_initiative() {
    let files = wuwei();
    let second = |code: &str| {
        let project = files.projects.iter().find(|one| one.code == code).unwrap();
        project.second_initiative.clone().unwrap()
    };
    assert_eq!(
        second("wuwei-145.10-1.liangzhou-campaign-memorial"),
        "wuwei-145.19-3"
    );
    assert_eq!(second("wuwei-145.10-1.collection-digitisation"), "wuwei-145.19-5");
    assert_eq!(
        files
            .projects
            .iter()
            .filter(|one| one.title.contains("凉州战役纪念馆"))
            .count(),
        1
    );
    // Two honours for one site are two projects.
    assert_eq!(
        files
            .projects
            .iter()
            .filter(|one| one.title.contains("铜奔马"))
            .count(),
        2
    );
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
        (day("2025-12-31"), DateBasis::Period, "period")
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
