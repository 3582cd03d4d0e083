//! The golden table of rights: for each role and standing, what is allowed over one milestone's project.

use guatu::kernel::authz::{
    Action, Actor, CommitmentScope, Membership, OwnerScope, Person, ProjectScope, Reporter, Role, Target,
    require,
};
use uuid::Uuid;

const CITY: Uuid = Uuid::from_u128(1);
const LEAD: Uuid = Uuid::from_u128(2);
const COUNTY: Uuid = Uuid::from_u128(3);
const BUREAU: Uuid = Uuid::from_u128(4);
const HOSPITAL: Uuid = Uuid::from_u128(5);
const OTHER_COUNTY: Uuid = Uuid::from_u128(6);
const PLAN: Uuid = Uuid::from_u128(9);

const STANDINGS: [(&str, Uuid, &str); 6] = [
    ("issuer", CITY, "city_government"),
    ("lead", LEAD, "city_department"),
    ("county", COUNTY, "county_government"),
    ("bureau above", BUREAU, "county_department"),
    ("responsible", HOSPITAL, "institution"),
    ("other county", OTHER_COUNTY, "county_government"),
];

fn project(confirmed: bool) -> ProjectScope {
    ProjectScope {
        project_id: Uuid::from_u128(7),
        plan_id: PLAN,
        issuer_id: CITY,
        lead: Some(OwnerScope {
            organisation_id: LEAD,
            confirmed,
            path: vec![LEAD, CITY],
        }),
        responsible: Some(OwnerScope {
            organisation_id: HOSPITAL,
            confirmed,
            path: vec![HOSPITAL, BUREAU, COUNTY, CITY],
        }),
    }
}

fn actor(organisation_id: Uuid, kind: &str, role: Role, plan_id: Option<Uuid>) -> Actor {
    Actor::Person(Person {
        user_id: Uuid::from_u128(100),
        session_id: Uuid::from_u128(101),
        must_change_password: false,
        memberships: vec![Membership {
            id: Uuid::from_u128(102),
            organisation_id,
            organisation_kind: kind.to_owned(),
            role,
            plan_id,
        }],
    })
}

/// A commitment that the lead answers for.
fn commitment(confirmed: bool) -> CommitmentScope {
    CommitmentScope {
        commitment_id: Uuid::from_u128(10),
        plan_id: PLAN,
        issuer_id: CITY,
        owner: project(confirmed).lead,
    }
}

/// Who may do what over a milestone that somebody else of the hospital reported.
fn table(confirmed: bool, plan_id: Option<Uuid>) -> String {
    let project = project(confirmed);
    let commitment = commitment(confirmed);
    let reporter = Reporter {
        user_id: Uuid::from_u128(200),
        organisation_id: HOSPITAL,
    };
    let path = [HOSPITAL, BUREAU, COUNTY, CITY];
    let id = Uuid::from_u128(8);
    let mut text = String::new();
    for action in Action::ALL {
        let mut allowed = Vec::new();
        for (standing, organisation, kind) in STANDINGS {
            for role in Role::ALL {
                let actor = actor(organisation, kind, role, plan_id);
                let targets = [
                    Target::Milestone {
                        id,
                        project: &project,
                        reporter: Some(reporter),
                        reporter_path: &path,
                    },
                    Target::Report {
                        id,
                        project: &project,
                        reporter,
                        reporter_path: &path,
                    },
                    Target::Project(&project),
                    Target::Owner {
                        project: &project,
                        organisation_id: Some(HOSPITAL),
                    },
                    Target::Change {
                        project: &project,
                        requester: reporter,
                        requester_path: &path,
                    },
                    Target::Plan {
                        id: PLAN,
                        issuer_id: CITY,
                    },
                    Target::Organisation {
                        id: HOSPITAL,
                        path: &path,
                    },
                    Target::MembershipOf {
                        user_id: Uuid::from_u128(200),
                        path: &path,
                    },
                    Target::Registry,
                    Target::Commitment(&commitment),
                    // The part of the hospital, which filed it.
                    Target::Observation {
                        commitment: &commitment,
                        part: Some(&path),
                        filer: Some(reporter),
                    },
                ];
                if targets
                    .iter()
                    .any(|target| require(&actor, action, target).is_ok())
                {
                    allowed.push(format!("{standing}/{}", role.as_str()));
                }
            }
        }
        text.push_str(&format!("{:<26} {}\n", action.as_str(), allowed.join(", ")));
    }
    text
}

#[test]
fn the_rights_over_a_confirmed_project_are_those_of_the_golden_table() {
    insta::assert_snapshot!("rights_confirmed", table(true, None));
}

#[test]
fn the_rights_over_a_project_with_inferred_owners_are_those_of_the_golden_table() {
    insta::assert_snapshot!("rights_inferred", table(false, None));
}

#[test]
fn a_membership_in_another_plan_gives_nothing_over_this_one() {
    let elsewhere = table(true, Some(Uuid::from_u128(77)));
    let of_the_registry = ["events.", "organisations.", "users.", "memberships."];
    let mut of_the_plan = 0;
    for line in elsewhere.lines().filter(|line| !line.trim().is_empty()) {
        let action = line.split_whitespace().next().unwrap();
        if of_the_registry.iter().any(|first| action.starts_with(first)) {
            continue;
        }
        assert_eq!(line.trim(), action);
        of_the_plan += 1;
    }
    assert!(of_the_plan > 20, "only {of_the_plan} rights were looked at");
}

#[test]
fn nobody_verifies_what_he_reported_nor_gives_himself_a_role() {
    let project = project(true);
    let me = Uuid::from_u128(100);
    let reviewer = actor(LEAD, "city_department", Role::Reviewer, None);
    let mine = Reporter {
        user_id: me,
        organisation_id: HOSPITAL,
    };
    let target = Target::Milestone {
        id: me,
        project: &project,
        reporter: Some(mine),
        reporter_path: &[HOSPITAL],
    };
    assert!(require(&reviewer, Action::VerifyMilestone, &target).is_err());
    let administrator = actor(CITY, "city_government", Role::Administrator, None);
    let own = Target::MembershipOf {
        user_id: me,
        path: &[CITY],
    };
    assert!(require(&administrator, Action::AdministerMemberships, &own).is_err());
}

#[test]
fn a_part_gives_the_right_to_report_it_and_no_other() {
    let project = project(true);
    let above = Uuid::from_u128(20);
    let own = Uuid::from_u128(21);
    for confirmed in [true, false] {
        let holder = OwnerScope {
            organisation_id: own,
            confirmed,
            path: vec![own, above, OTHER_COUNTY, CITY],
        };
        let target = Target::ProjectPart {
            project: &project,
            holder: Some(&holder),
        };
        for (organisation, kind, reports) in [
            (own, "institution", true),
            (above, "county_department", true),
            (OTHER_COUNTY, "county_government", false),
            (Uuid::from_u128(22), "institution", false),
        ] {
            for role in Role::ALL {
                for action in Action::ALL {
                    let may = require(&actor(organisation, kind, role, None), action, &target).is_ok();
                    let wanted = confirmed
                        && reports
                        && action == Action::FileReport
                        && matches!(role, Role::Staff | Role::Reviewer);
                    assert_eq!(
                        may,
                        wanted,
                        "{organisation} {} {}",
                        role.as_str(),
                        action.as_str()
                    );
                }
            }
        }
    }
}
