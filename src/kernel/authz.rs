//! Who may do what: one `match` says it, and nothing that changes a row runs without the [`Permit`] it gives.
//!
//! What somebody may do comes from the role, where from the organisation, in which plan from the membership. Each
//! membership is judged alone and the rights add up. Seeing is settled before this (`sight`): whoever gets here
//! with a target has it in sight, so a refusal is a 403 and says which right is missing.

use uuid::Uuid;

/// What somebody is in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 经办
    Staff,
    /// 审核
    Reviewer,
    /// 规划主管
    Planner,
    /// 督查
    Supervisor,
    /// 观察
    Observer,
    /// 管理员
    Administrator,
}

impl Role {
    pub const ALL: [Role; 6] = [
        Role::Staff,
        Role::Reviewer,
        Role::Planner,
        Role::Supervisor,
        Role::Observer,
        Role::Administrator,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Staff => "staff",
            Role::Reviewer => "reviewer",
            Role::Planner => "planner",
            Role::Supervisor => "supervisor",
            Role::Observer => "observer",
            Role::Administrator => "administrator",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Every right there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    ReportMilestone,
    WithdrawMilestone,
    VerifyMilestone,
    ReturnMilestone,
    ReopenMilestone,
    EditMilestone,
    /// Of the project that would be, with the owners that it would have.
    CreateProject,
    /// Its facts, its supporting owners, further milestones, suspension.
    EditProject,
    /// Splitting and merging: it moves promises from one project to another.
    ReshapeProject,
    /// Owners, dates and weights.
    Confirm,
    /// 认领 or 异议 of a proposed owner.
    ClaimOwner,
    RequestChange,
    /// Asking that a project be added to a plan.
    RequestProject,
    WithdrawChange,
    /// Approving or rejecting a change request.
    DecideChange,
    /// Loading a plan's files.
    LoadPlan,
    ReadEvents,
    ReadRegistryEvents,
    AdministerOrganisations,
    ReadUsers,
    AdministerUsers,
    AdministerMemberships,
    /// One's own password and sessions, whatever role one has.
    OwnAccount,
    /// A progress report of a project, or the correction of one.
    FileReport,
    VerifyReport,
    ReturnReport,
    /// Sending back a report that was verified.
    ReopenReport,
    /// A month's reports, and letting them move again.
    FreezeReports,
    /// When a plan's projects report.
    EditReporting,
    /// Choosing the rules of a plan's lights, and trying some.
    EditLightRules,
    /// Showing another light than the one that is worked out.
    OverrideLight,
    /// Its owner, its doubts, how it is allocated (任务分解).
    EditCommitment,
    FileObservation,
    /// The second pair of eyes on an observation: confirming it, or sending it back.
    JudgeObservation,
    /// Taking what a plan leaves unfinished into another.
    CarryOver,
}

impl Action {
    pub const ALL: [Action; 35] = [
        Action::ReportMilestone,
        Action::WithdrawMilestone,
        Action::VerifyMilestone,
        Action::ReturnMilestone,
        Action::ReopenMilestone,
        Action::EditMilestone,
        Action::CreateProject,
        Action::EditProject,
        Action::ReshapeProject,
        Action::Confirm,
        Action::ClaimOwner,
        Action::RequestChange,
        Action::RequestProject,
        Action::WithdrawChange,
        Action::DecideChange,
        Action::LoadPlan,
        Action::ReadEvents,
        Action::ReadRegistryEvents,
        Action::AdministerOrganisations,
        Action::ReadUsers,
        Action::AdministerUsers,
        Action::AdministerMemberships,
        Action::OwnAccount,
        Action::FileReport,
        Action::VerifyReport,
        Action::ReturnReport,
        Action::ReopenReport,
        Action::FreezeReports,
        Action::EditReporting,
        Action::EditLightRules,
        Action::OverrideLight,
        Action::EditCommitment,
        Action::FileObservation,
        Action::JudgeObservation,
        Action::CarryOver,
    ];

    /// The right's name, as a 403 tells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::ReportMilestone => "milestone.report",
            Action::WithdrawMilestone => "milestone.withdraw",
            Action::VerifyMilestone => "milestone.verify",
            Action::ReturnMilestone => "milestone.return",
            Action::ReopenMilestone => "milestone.reopen",
            Action::EditMilestone => "milestone.edit",
            Action::CreateProject => "project.create",
            Action::EditProject => "project.edit",
            Action::ReshapeProject => "project.reshape",
            Action::Confirm => "confirm",
            Action::ClaimOwner => "owner.claim",
            Action::RequestChange => "change.request",
            Action::RequestProject => "project.request",
            Action::WithdrawChange => "change.withdraw",
            Action::DecideChange => "change.decide",
            Action::LoadPlan => "plan.load",
            Action::ReadEvents => "events.read",
            Action::ReadRegistryEvents => "events.read_registry",
            Action::AdministerOrganisations => "organisations.administer",
            Action::ReadUsers => "users.read",
            Action::AdministerUsers => "users.administer",
            Action::AdministerMemberships => "memberships.administer",
            Action::OwnAccount => "account.own",
            Action::FileReport => "report.file",
            Action::VerifyReport => "report.verify",
            Action::ReturnReport => "report.return",
            Action::ReopenReport => "report.reopen",
            Action::FreezeReports => "reports.freeze",
            Action::EditReporting => "reporting.edit",
            Action::EditLightRules => "light_rules.edit",
            Action::OverrideLight => "light.override",
            Action::EditCommitment => "commitment.edit",
            Action::FileObservation => "observation.file",
            Action::JudgeObservation => "observation.judge",
            Action::CarryOver => "plan.carry_over",
        }
    }
}

/// One role of one user in one organisation, as it is at the moment of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// The organisation's kind, as stored.
    pub organisation_kind: String,
    pub role: Role,
    /// None: in every plan.
    pub plan_id: Option<Uuid>,
}

impl Membership {
    /// A county department, township or institution reports for the organisations below it too; a government does not.
    pub fn reports_for_those_below(&self) -> bool {
        matches!(
            self.organisation_kind.as_str(),
            "county_department" | "township" | "institution"
        )
    }
}

/// Who acts: a signed-in person, or the house itself (loading files, jobs).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Person(Person),
    System,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user_id: Uuid,
    pub session_id: Uuid,
    pub must_change_password: bool,
    pub memberships: Vec<Membership>,
}

impl Actor {
    pub fn user_id(&self) -> Option<Uuid> {
        match self {
            Actor::Person(person) => Some(person.user_id),
            Actor::System => None,
        }
    }

    pub fn memberships(&self) -> &[Membership] {
        match self {
            Actor::Person(person) => &person.memberships,
            Actor::System => &[],
        }
    }
}

/// An owner of a project and the organisations above it, itself first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnerScope {
    pub organisation_id: Uuid,
    pub confirmed: bool,
    pub path: Vec<Uuid>,
}

/// What the rules must know of a project to judge a right over it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectScope {
    pub project_id: Uuid,
    pub plan_id: Uuid,
    /// The organisation that issued the plan: its planners and supervisors reach the whole of it.
    pub issuer_id: Uuid,
    pub lead: Option<OwnerScope>,
    pub responsible: Option<OwnerScope>,
}

/// What the rules must know of a commitment to judge a right over it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitmentScope {
    pub commitment_id: Uuid,
    pub plan_id: Uuid,
    pub issuer_id: Uuid,
    /// Who answers for the figure.
    pub owner: Option<OwnerScope>,
}

/// Who reported a milestone or a period, and for which organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reporter {
    pub user_id: Uuid,
    pub organisation_id: Uuid,
}

/// What a right is asked over.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    Project(&'a ProjectScope),
    /// A county's part of a project, with the organisation that answers for the part, where one is named.
    ProjectPart {
        project: &'a ProjectScope,
        holder: Option<&'a OwnerScope>,
    },
    /// A milestone by its id, its project, and who reported it, where somebody did; of a reporting organisation
    /// the organisations above it, itself first.
    Milestone {
        id: Uuid,
        project: &'a ProjectScope,
        reporter: Option<Reporter>,
        reporter_path: &'a [Uuid],
    },
    /// A progress report, judged as a milestone is.
    Report {
        id: Uuid,
        project: &'a ProjectScope,
        reporter: Reporter,
        reporter_path: &'a [Uuid],
    },
    /// An owner of a project in one role; none where nobody is proposed.
    Owner {
        project: &'a ProjectScope,
        organisation_id: Option<Uuid>,
    },
    /// A change request on a project (one that is asked for stands under the request's id, with the owners that it would
    /// have), who asked for it, and the organisations above his, itself first.
    Change {
        project: &'a ProjectScope,
        requester: Reporter,
        requester_path: &'a [Uuid],
    },
    Commitment(&'a CommitmentScope),
    /// An observation that is filed, or would be: of an allocation's part the organisations that hold it and those above
    /// them, the holder first; where it is there already, who filed it.
    Observation {
        commitment: &'a CommitmentScope,
        part: Option<&'a [Uuid]>,
        filer: Option<Reporter>,
    },
    Plan {
        id: Uuid,
        issuer_id: Uuid,
    },
    /// An organisation, or a user or a membership in it: the organisations above it, itself first.
    Organisation {
        id: Uuid,
        path: &'a [Uuid],
    },
    /// A membership that an administrator would give or end, and whose it is.
    MembershipOf {
        user_id: Uuid,
        path: &'a [Uuid],
    },
    /// The account of a user, apart from any organisation.
    Account {
        user_id: Uuid,
    },
    Registry,
}

impl Target<'_> {
    fn id(&self) -> Uuid {
        match self {
            Target::Project(scope)
            | Target::ProjectPart { project: scope, .. }
            | Target::Owner { project: scope, .. }
            | Target::Change { project: scope, .. } => scope.project_id,
            Target::Commitment(scope)
            | Target::Observation {
                commitment: scope, ..
            } => scope.commitment_id,
            Target::Milestone { id, .. }
            | Target::Report { id, .. }
            | Target::Plan { id, .. }
            | Target::Organisation { id, .. } => *id,
            Target::MembershipOf { user_id, .. } | Target::Account { user_id } => *user_id,
            Target::Registry => Uuid::nil(),
        }
    }

    fn plan_id(&self) -> Option<Uuid> {
        match self {
            Target::Project(scope)
            | Target::ProjectPart { project: scope, .. }
            | Target::Milestone { project: scope, .. }
            | Target::Report { project: scope, .. }
            | Target::Owner { project: scope, .. }
            | Target::Change { project: scope, .. } => Some(scope.plan_id),
            Target::Commitment(scope)
            | Target::Observation {
                commitment: scope, ..
            } => Some(scope.plan_id),
            Target::Plan { id, .. } => Some(*id),
            _ => None,
        }
    }
}

/// The proof that a right was asked for and given: only [`require`] makes one, for one action on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    action: Action,
    target_id: Uuid,
    membership_id: Option<Uuid>,
    organisation_id: Option<Uuid>,
}

impl Permit {
    pub fn action(&self) -> Action {
        self.action
    }

    pub fn target_id(&self) -> Uuid {
        self.target_id
    }

    /// The membership by which the actor acts; none for the house itself.
    pub fn membership_id(&self) -> Option<Uuid> {
        self.membership_id
    }

    /// The organisation for which the actor acts.
    pub fn organisation_id(&self) -> Option<Uuid> {
        self.organisation_id
    }
}

/// Gives the permit for `action` on `target`, or says which right is missing.
pub fn require(actor: &Actor, action: Action, target: &Target<'_>) -> super::Result<Permit> {
    let permit = |membership: Option<&Membership>| Permit {
        action,
        target_id: target.id(),
        membership_id: membership.map(|m| m.id),
        organisation_id: membership.map(|m| m.organisation_id),
    };
    match actor {
        Actor::System => Ok(permit(None)),
        // No role gives or takes this: somebody without any membership changes his password too.
        Actor::Person(person) if action == Action::OwnAccount => match target {
            Target::Account { user_id } if *user_id == person.user_id => Ok(permit(None)),
            _ => Err(super::Error::Forbidden(action)),
        },
        Actor::Person(person) => person
            .memberships
            .iter()
            .find(|m| {
                let in_plan =
                    m.plan_id.is_none() || target.plan_id().is_none() || m.plan_id == target.plan_id();
                in_plan && allows(person, m, action, target)
            })
            .map(|m| permit(Some(m)))
            .ok_or(super::Error::Forbidden(action)),
    }
}

/// The table of rights. Source: the product's law on roles; `docs/ARCHITECTURE.md` retells it.
fn allows(person: &Person, m: &Membership, action: Action, target: &Target<'_>) -> bool {
    use Action as A;
    use Role as R;
    match (action, m.role, target) {
        (A::ReportMilestone, R::Staff | R::Reviewer, Target::Milestone { project, .. }) => {
            may_report(m, project)
        }
        (A::WithdrawMilestone, R::Staff | R::Reviewer, Target::Milestone { reporter, .. }) => {
            reporter.is_some_and(|r| r.user_id == person.user_id && r.organisation_id == m.organisation_id)
        }
        (
            A::VerifyMilestone,
            R::Reviewer | R::Planner,
            Target::Milestone {
                project, reporter, ..
            },
        ) => reporter.is_some_and(|r| may_verify(person, m, project, r)),
        (
            A::ReturnMilestone,
            R::Reviewer | R::Planner,
            Target::Milestone {
                project,
                reporter,
                reporter_path,
                ..
            },
        ) => reporter.is_some_and(|r| may_return(person, m, project, r, reporter_path)),
        (A::FileReport, R::Staff | R::Reviewer, Target::Project(project)) => may_report(m, project),
        // Whoever answers for a part reports that part, and nothing else of the project.
        (A::FileReport, R::Staff | R::Reviewer, Target::ProjectPart { project, holder }) => {
            may_report(m, project) || holder.is_some_and(|holder| delivers(m, holder))
        }
        (
            A::VerifyReport,
            R::Reviewer | R::Planner,
            Target::Report {
                project, reporter, ..
            },
        ) => may_verify(person, m, project, *reporter),
        (
            A::ReturnReport,
            R::Reviewer | R::Planner,
            Target::Report {
                project,
                reporter,
                reporter_path,
                ..
            },
        ) => may_return(person, m, project, *reporter, reporter_path),
        (A::ReopenReport, R::Planner, Target::Report { project, .. }) => plans_for(m, project),
        (A::FreezeReports | A::EditReporting, R::Planner, Target::Plan { issuer_id, .. }) => {
            m.organisation_id == *issuer_id
        }
        (A::ReopenMilestone | A::EditMilestone, R::Planner, Target::Milestone { project, .. }) => {
            plans_for(m, project)
        }
        (A::CreateProject | A::EditProject | A::Confirm, R::Planner, Target::Project(project)) => {
            plans_for(m, project)
        }
        // Only the issuer's planners: who answers for a promise does not move it away himself.
        (A::ReshapeProject, R::Planner, Target::Project(project)) => m.organisation_id == project.issuer_id,
        (A::ClaimOwner, R::Reviewer, Target::Owner { organisation_id, .. }) => {
            *organisation_id == Some(m.organisation_id)
        }
        (A::RequestChange, R::Reviewer, Target::Project(project)) => answers_for(m, project),
        (A::RequestChange, R::Planner, Target::Project(project)) => plans_for(m, project),
        // It takes nothing from anybody: whoever decides judges where it belongs.
        (A::RequestProject, R::Reviewer | R::Planner, Target::Plan { .. }) => true,
        (A::WithdrawChange, R::Reviewer | R::Planner, Target::Change { requester, .. }) => {
            requester.user_id == person.user_id && requester.organisation_id == m.organisation_id
        }
        // Another person than who asked; below the issuer, one that stands above who asked.
        (
            A::DecideChange,
            R::Planner,
            Target::Change {
                project,
                requester,
                requester_path,
            },
        ) => {
            requester.user_id != person.user_id
                && plans_for(m, project)
                && (m.organisation_id == project.issuer_id
                    || requester_path
                        .iter()
                        .skip(1)
                        .any(|above| *above == m.organisation_id))
        }
        (A::LoadPlan | A::CarryOver | A::EditLightRules, R::Planner, Target::Plan { issuer_id, .. }) => {
            m.organisation_id == *issuer_id
        }
        // A promise is the plan's: only its issuer's planners settle who answers for it, and for how much.
        (A::EditCommitment, R::Planner, Target::Commitment(scope)) => m.organisation_id == scope.issuer_id,
        (A::FileObservation, R::Staff | R::Reviewer, Target::Observation { commitment, part, .. }) => {
            may_file(m, commitment, *part)
        }
        (
            A::JudgeObservation,
            R::Reviewer | R::Planner,
            Target::Observation {
                commitment, filer, ..
            },
        ) => filer.is_some_and(|filer| may_judge(person, m, commitment, filer)),
        (A::OverrideLight, R::Supervisor, Target::Project(project)) => supervises(m, project),
        (A::ReadEvents, _, Target::Registry | Target::Plan { .. } | Target::Project(_)) => true,
        (A::ReadUsers, R::Administrator, Target::Registry) => true,
        // The registry's log is about every organisation: for those at the head of the tree.
        (A::ReadRegistryEvents, R::Administrator, Target::Registry) => {
            m.organisation_kind == "city_government"
        }
        (A::AdministerOrganisations, R::Administrator, Target::Organisation { path, .. }) => {
            path.contains(&m.organisation_id)
        }
        (A::ReadUsers | A::AdministerUsers, R::Administrator, Target::Organisation { path, .. }) => {
            path.contains(&m.organisation_id)
        }
        // Nobody gives himself another role.
        (A::AdministerMemberships, R::Administrator, Target::MembershipOf { user_id, path }) => {
            *user_id != person.user_id && path.contains(&m.organisation_id)
        }
        _ => false,
    }
}

/// The confirmed responsible organisation reports; so does a county department, township or institution for the
/// responsible ones below it. A county government reads and reviews what lies below it, and reports its own only.
fn may_report(m: &Membership, project: &ProjectScope) -> bool {
    project
        .responsible
        .as_ref()
        .is_some_and(|owner| delivers(m, owner))
}

fn delivers(m: &Membership, owner: &OwnerScope) -> bool {
    owner.confirmed
        && (owner.organisation_id == m.organisation_id
            || (m.reports_for_those_below() && owner.path.contains(&m.organisation_id)))
}

/// Another person than the reporter, in an organisation that is neither the reporter's nor below it: the lead's
/// reviewer; or, where the lead itself reported or none is confirmed, a planner over the project.
fn may_verify(person: &Person, m: &Membership, project: &ProjectScope, reporter: Reporter) -> bool {
    if reporter.user_id == person.user_id || reporter.organisation_id == m.organisation_id {
        return false;
    }
    let lead = project.lead.as_ref().filter(|lead| lead.confirmed);
    // The lead is the reporter's own organisation or below it: its word would verify itself.
    let lead_is_reporters = lead.is_some_and(|lead| lead.path.contains(&reporter.organisation_id));
    match m.role {
        Role::Reviewer => {
            !lead_is_reporters && lead.is_some_and(|lead| lead.organisation_id == m.organisation_id)
        }
        Role::Planner => {
            // A planner's office below the reporter's organisation cannot judge it.
            let below_reporter = [&project.lead, &project.responsible]
                .into_iter()
                .flatten()
                .any(|owner| {
                    let own = owner.path.iter().position(|id| *id == m.organisation_id);
                    let reporters = owner.path.iter().position(|id| *id == reporter.organisation_id);
                    matches!((own, reporters), (Some(own), Some(reporters)) if own < reporters)
                });
            (lead.is_none() || lead_is_reporters) && !below_reporter && plans_for(m, project)
        }
        _ => false,
    }
}

/// Whoever may verify may send back; so may a reviewer above the reporter's organisation, who is not the reporter.
fn may_return(
    person: &Person,
    m: &Membership,
    project: &ProjectScope,
    reporter: Reporter,
    reporter_path: &[Uuid],
) -> bool {
    may_verify(person, m, project, reporter)
        || (m.role == Role::Reviewer
            && reporter.user_id != person.user_id
            && reporter_path
                .iter()
                .skip(1)
                .any(|above| *above == m.organisation_id))
}

/// The confirmed owner of a commitment files its figures. Whoever holds a part of it, by an allocation, files that part's;
/// a county department, township or institution for those below it too.
fn may_file(m: &Membership, commitment: &CommitmentScope, part: Option<&[Uuid]>) -> bool {
    let owner = commitment.owner.as_ref().filter(|owner| owner.confirmed);
    let holds = |path: &[Uuid]| {
        path.first() == Some(&m.organisation_id)
            || (m.reports_for_those_below() && path.contains(&m.organisation_id))
    };
    owner.is_some_and(|owner| owner.organisation_id == m.organisation_id) || part.is_some_and(holds)
}

/// Another person than the filer: a planner of the issuer; or, of what another organisation filed that does not stand above
/// it, the confirmed owner's reviewer.
fn may_judge(person: &Person, m: &Membership, commitment: &CommitmentScope, filer: Reporter) -> bool {
    if filer.user_id == person.user_id {
        return false;
    }
    match m.role {
        Role::Planner => m.organisation_id == commitment.issuer_id,
        Role::Reviewer => commitment.owner.as_ref().is_some_and(|owner| {
            owner.confirmed
                && owner.organisation_id == m.organisation_id
                && !owner.path.contains(&filer.organisation_id)
        }),
        _ => false,
    }
}

/// A confirmed owner that leads or delivers, or an organisation above it.
fn answers_for(m: &Membership, project: &ProjectScope) -> bool {
    [&project.lead, &project.responsible]
        .into_iter()
        .flatten()
        .any(|owner| owner.confirmed && owner.path.contains(&m.organisation_id))
}

/// A planner of the issuer plans the whole plan; one below it, what a confirmed owner in his subtree leads or delivers.
fn plans_for(m: &Membership, project: &ProjectScope) -> bool {
    m.organisation_id == project.issuer_id || answers_for(m, project)
}

/// A supervisor of the issuer supervises the whole plan; one below it, what a confirmed owner below his organisation
/// leads or delivers. Nobody supervises what his own organisation leads or delivers.
fn supervises(m: &Membership, project: &ProjectScope) -> bool {
    let owners = || [&project.lead, &project.responsible].into_iter().flatten();
    m.organisation_id == project.issuer_id
        || (owners().any(|owner| owner.confirmed && owner.path.contains(&m.organisation_id))
            && owners().all(|owner| owner.organisation_id != m.organisation_id))
}
