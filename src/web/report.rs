//! One project's report for one period: what it says beside the last one, filing it, correcting, verifying, returning.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, post, web};
use askama::Template;
use serde_json::{Value, json};
use uuid::Uuid;

use super::page::{Faults, Frame, Paged, page, see_other};
use super::posted::{Posted, plain_figure};
use super::shown::Badge;
use super::visitor::Visitor;
use crate::http::form::Fields;
use crate::http::messages;
use crate::http::request::{State, id_of};
use crate::http::vocabularies::{FUND_SOURCES, label};
use crate::kernel::authz::{self, Action, Reporter, Target};
use crate::kernel::{Error, Result};
use crate::projects::store as projects;
use crate::reports::actions::{file, judge};
use crate::reports::api::body;
use crate::reports::model::{Judgement, NewReport, SOURCES, State as ReportState};
use crate::reports::store;
use crate::rules::periods::Period;
use crate::views::projects as project_views;
use crate::views::reports::{self as views, MoneyView, ReportView};
use crate::views::shown::ProjectView;
use crate::views::window::Window;

const MONEY: [(&str, &str); 4] = [
    ("required", "需求"),
    ("received", "到位"),
    ("paid", "支付"),
    ("done", "完成投资"),
];
const TEXTS: [&str; 7] = [
    "physical_percent",
    "done_text",
    "problems",
    "next_steps",
    "note",
    "statistics_entered_on",
    "region",
];

fn figure<'a>(money: &'a MoneyView, name: &str) -> &'a str {
    let value = match name {
        "required" => &money.required,
        "received" => &money.received,
        "paid" => &money.paid,
        _ => &money.done,
    };
    value.as_deref().unwrap_or_default()
}

/// A figure of money as a field: its name, label, value, and what it was.
struct Sum {
    name: &'static str,
    label: &'static str,
    value: String,
    before: String,
}

/// A source with its four fields.
struct Source {
    index: usize,
    label: String,
    /// The input's name, the field's name in faults, the column's label, the value.
    fields: Vec<(String, String, &'static str, String)>,
}

/// What the form holds: what was typed, what is there, or what was last.
struct Form {
    physical_percent: String,
    done_text: String,
    problems: String,
    next_steps: String,
    note: String,
    statistics_entered_on: String,
    sums: Vec<Sum>,
    sources: Vec<Source>,
    /// Some source has a figure: the part is shown unfolded.
    by_source: bool,
}

fn form(held: Option<&ReportView>, before: Option<&ReportView>, typed: Option<&Posted>) -> Form {
    // A correction begins with what is there, a new report with the last values: money and progress go on from them,
    // words do not.
    let from = held.or(before);
    let text = |name: &str, value: Option<String>| match typed {
        Some(posted) => posted.typed(name),
        None => value.unwrap_or_default(),
    };
    let own = |read: fn(&ReportView) -> Option<String>| held.and_then(read);
    let sources: Vec<Source> = FUND_SOURCES
        .iter()
        .enumerate()
        .map(|(index, (source, label))| {
            let fund = from.and_then(|report| report.funds.iter().find(|fund| fund.source == *source));
            let fields = MONEY
                .into_iter()
                .map(|(name, label)| {
                    let input = format!("{source}-{name}");
                    let value = text(&input, fund.map(|fund| figure(&fund.money, name).to_owned()));
                    (input, format!("funds/{index}/{name}"), label, value)
                })
                .collect();
            Source {
                index,
                label: (*label).to_owned(),
                fields,
            }
        })
        .collect();
    Form {
        physical_percent: text(
            "physical_percent",
            from.map(|report| report.physical_percent.clone()),
        ),
        done_text: text("done_text", own(|report| Some(report.done_text.clone()))),
        problems: text("problems", own(|report| report.problems.clone())),
        next_steps: text("next_steps", own(|report| report.next_steps.clone())),
        note: text("note", own(|report| report.note.clone())),
        statistics_entered_on: text(
            "statistics_entered_on",
            from.and_then(|report| report.statistics_entered_on)
                .map(|day| day.to_string()),
        ),
        sums: MONEY
            .into_iter()
            .map(|(name, label)| Sum {
                name,
                label,
                value: text(name, from.map(|report| figure(&report.money, name).to_owned())),
                before: before
                    .map(|report| figure(&report.money, name).to_owned())
                    .unwrap_or_default(),
            })
            .collect(),
        by_source: sources
            .iter()
            .flat_map(|source| &source.fields)
            .any(|(.., value)| !value.is_empty()),
        sources,
    }
}

/// A report as somebody reads it.
struct Shown {
    period: String,
    badge: Badge,
    rows: Vec<(String, String)>,
    money: Vec<(String, String, String, String, String)>,
    reported: String,
    verified: Option<String>,
    back_reason: Option<String>,
    warnings: Vec<String>,
    region: Option<String>,
}

fn badge(state: &str) -> Badge {
    let tone = match state {
        "verified" => "done",
        "submitted" => "wait",
        _ => "back",
    };
    Badge {
        tone,
        text: label("report_states", state).to_owned(),
    }
}

fn read(report: &ReportView) -> Shown {
    let name = super::shown::name;
    let mut rows = vec![
        ("形象进度".to_owned(), format!("{}%", report.physical_percent)),
        ("本期完成".to_owned(), report.done_text.clone()),
    ];
    for (title, text) in [
        ("存在问题", &report.problems),
        ("下步安排", &report.next_steps),
        ("备注", &report.note),
    ] {
        if let Some(text) = text {
            rows.push((title.to_owned(), text.clone()));
        }
    }
    if let Some(day) = report.statistics_entered_on {
        rows.push(("入统日期".to_owned(), day.to_string()));
    }
    let line = |title: &str, money: &MoneyView| {
        let cell = |name| figure(money, name).to_owned();
        (
            title.to_owned(),
            cell("required"),
            cell("received"),
            cell("paid"),
            cell("done"),
        )
    };
    let mut money: Vec<_> = report
        .funds
        .iter()
        .map(|fund| line(label("fund_sources", &fund.source), &fund.money))
        .collect();
    money.push(line("合计", &report.money));
    let in_time = match report.on_time {
        Some(true) => "，按时",
        Some(false) => "，迟报",
        None => "，补报",
    };
    Shown {
        period: report.period.clone(),
        badge: badge(&report.state),
        rows,
        money,
        reported: format!("{} {}{in_time}", name(&report.reported_by), report.reported_on),
        verified: report
            .verified_on
            .map(|on| format!("{} {on}", name(&report.verified_by))),
        back_reason: report.back_reason.clone(),
        warnings: report
            .warnings
            .iter()
            .map(|one| messages::text(&one.fault))
            .collect(),
        region: report.region.as_ref().map(|region| region.name.clone()),
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    faults: Faults,
    project: ProjectView,
    period: String,
    today: String,
    held: Option<Shown>,
    parts: Vec<Shown>,
    before: Option<Shown>,
    /// The report's own id and version, where it is there.
    id: Option<Uuid>,
    version: i64,
    frozen: Option<i32>,
    /// What may be filed or corrected.
    form: Option<Form>,
    verifies: bool,
    returns: bool,
    /// Why nothing can be filed here.
    closed: Option<&'static str>,
    reason: String,
}

fn period_of(text: &str) -> Result<Period> {
    Period::parse(text).ok_or(Error::NotFound)
}

async fn shown(
    state: &State,
    visitor: &Visitor,
    (reference, period, query): (&str, Period, &str),
    (status, faults, typed): (StatusCode, Faults, Option<&Posted>),
) -> Paged {
    let found = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let row = project_views::find(conn, &window, reference).await?;
            let project = project_views::read(conn, &window, reference).await?;
            let reports = views::of_project(conn, &window, project.id).await?;
            let label = period.label();
            let held = reports
                .iter()
                .find(|one| one.region.is_none() && one.period == label);
            let before = reports
                .iter()
                .find(|one| one.region.is_none() && one.period_end < period.end);
            let parts = reports
                .iter()
                .filter(|one| one.region.is_some() && one.period == label);
            let scopes = projects::scopes_of(conn, &[project.id]).await?;
            let scope = scopes.get(&project.id).ok_or(Error::NotFound)?;
            let months = store::frozen(conn, &[row.plan_id]).await?;
            let frozen = months.get(&(row.plan_id, period.last_month())).copied();
            let files = authz::require(&visitor.actor, Action::FileReport, &Target::Project(scope)).is_ok();
            let closed = if frozen.is_some() {
                Some("这一期所在的月份已封存，不能改动；确需更正，请规划主管说明理由后解封。")
            } else if row.is_over() {
                Some("项目已取消或归档。")
            } else if period.start > project.day {
                Some("这一期还没有开始。")
            } else if held.is_some_and(|one| one.state == "verified") {
                Some("这一期已核验；要改，请规划主管退回。")
            } else {
                None
            };
            let mut judged = (false, false);
            if let Some(one) = held.filter(|_| frozen.is_none() && !row.is_over()) {
                let reporter = Reporter {
                    user_id: one.reported_by_user_id,
                    organisation_id: one.reported_by.as_ref().map(|by| by.id).unwrap_or_default(),
                };
                let paths = projects::paths_of(conn, &[reporter.organisation_id]).await?;
                let target = Target::Report {
                    id: one.id,
                    project: scope,
                    reporter,
                    reporter_path: paths.get(&reporter.organisation_id).map_or(&[], Vec::as_slice),
                };
                let stands = ReportState::parse(&one.state).unwrap_or(ReportState::Returned);
                let may = |judgement: Judgement| {
                    let action = judge::action(&judgement, stands);
                    authz::require(&visitor.actor, action, &target).is_ok()
                };
                judged = (
                    stands == ReportState::Submitted && may(Judgement::Verify { note: None }),
                    stands != ReportState::Returned
                        && may(Judgement::Return {
                            reason: String::new(),
                        }),
                );
            }
            Ok(ReportPage {
                frame: Frame::of(
                    visitor,
                    format!("{label} 月报：{}", project.title),
                    "/reports",
                    query,
                ),
                faults: faults.clone(),
                today: project.day.to_string(),
                held: held.map(read),
                parts: parts.map(read).collect(),
                before: before.map(read),
                id: held.map(|one| one.id),
                version: held.map_or(0, |one| one.version),
                form: (files && closed.is_none()).then(|| {
                    form(
                        held,
                        before,
                        typed.filter(|posted| posted.one("judged").is_none()),
                    )
                }),
                closed: closed.filter(|_| files),
                frozen,
                verifies: judged.0,
                returns: judged.1,
                reason: typed.map(|posted| posted.typed("reason")).unwrap_or_default(),
                period: label,
                project,
            })
        })
        .await?;
    page(status, &found)
}

#[get("/projects/{project}/reports/{period}")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Paged {
    let (project, period) = path.into_inner();
    let of = (project.as_str(), period_of(&period)?, request.query_string());
    shown(&state, &visitor, of, (StatusCode::OK, Faults::default(), None)).await
}

/// The form as the body that the API takes. Money may be typed with separators of thousands.
fn body_of(posted: &Posted) -> Value {
    let mut object = serde_json::Map::new();
    for name in TEXTS {
        if let Some(text) = posted.one(name) {
            object.insert(name.to_owned(), json!(text));
        }
    }
    for (name, _) in MONEY {
        if let Some(text) = posted.one(name) {
            object.insert(name.to_owned(), json!(plain_figure(text)));
        }
    }
    // Every source in its place, so that a fault's place is the field's.
    let mut any = false;
    let funds: Vec<Value> = SOURCES
        .iter()
        .map(|source| {
            let mut fund = serde_json::Map::new();
            fund.insert("source".to_owned(), json!(source));
            for (name, _) in MONEY {
                if let Some(text) = posted.one(&format!("{source}-{name}")) {
                    any = true;
                    fund.insert(name.to_owned(), json!(plain_figure(text)));
                }
            }
            Value::Object(fund)
        })
        .collect();
    if any {
        object.insert("funds".to_owned(), Value::Array(funds));
    }
    Value::Object(object)
}

/// Files the report, or corrects the one that is there.
#[post("/projects/{project}/reports/{period}")]
pub async fn save(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<(String, String)>,
    posted: Posted,
) -> Paged {
    let (project, text) = path.into_inner();
    let period = period_of(&text)?;
    let mut fields = Fields::of(body_of(&posted))?;
    let region = fields.filled_text("region", 100);
    let said = body::figures(&mut fields);
    let held = posted.one("report").and_then(|id| Uuid::try_parse(id).ok());
    let done = match fields.finish(said) {
        Err(error) => Err(error),
        Ok(figures) => {
            state
                .db
                .write(&visitor.origin(), async |tx| match held {
                    Some(id) => file::correct(tx, id, posted.seen_version(), &figures)
                        .await
                        .map(drop),
                    None => {
                        let new = NewReport {
                            project_id: projects::project_id(tx.conn(), &project).await?,
                            region: region.clone(),
                            period,
                            figures: figures.clone(),
                        };
                        file::file(tx, &[new]).await.map(drop)
                    }
                })
                .await
        }
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "/projects/{project}/reports/{text}?done=filed"
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let of = (project.as_str(), period, "");
            shown(&state, &visitor, of, (status, faults, Some(&posted))).await
        }
    }
}

async fn judged(
    (state, visitor): (&State, &Visitor),
    id: &str,
    posted: &Posted,
    judgement: Result<Judgement>,
    word: &str,
) -> Paged {
    let id = id_of(id)?;
    // Where it is shown again; what is not in sight is not there.
    let (project, period) = state
        .db
        .read(async |conn| {
            let window = Window::open(conn, &state.db.clock, &visitor.actor, &[], None).await?;
            let report = views::read(conn, &window, id).await?;
            let project = report.project.map(|project| project.code).unwrap_or_default();
            Ok((project, report.period))
        })
        .await?;
    let done = match judgement {
        Ok(judgement) => state
            .db
            .write(&visitor.origin(), async |tx| {
                judge::judge(tx, id, posted.seen_version(), &judgement).await
            })
            .await
            .map(drop),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(see_other(&format!(
            "/projects/{project}/reports/{period}?done={word}"
        ))),
        Err(error) => {
            let (faults, status) = Faults::of(error)?;
            let of = (project.as_str(), period_of(&period)?, "");
            shown(state, visitor, of, (status, faults, Some(posted))).await
        }
    }
}

#[post("/progress-reports/{id}/verify")]
pub async fn verify(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let judgement = Ok(Judgement::Verify { note: None });
    judged((&state, &visitor), &path, &posted, judgement, "verified").await
}

#[post("/progress-reports/{id}/return")]
pub async fn send_back(
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
    posted: Posted,
) -> Paged {
    let mut fields = posted.fields(&["reason"])?;
    let reason = fields.required_text("reason", 2_000);
    let judgement = fields.finish(Judgement::Return { reason });
    judged((&state, &visitor), &path, &posted, judgement, "returned").await
}
