//! 评估表: the mid-term and the final assessment of a plan, to be looked at, printed, or taken away as Word.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, get, web};
use askama::Template;

use super::course::{Promised, promised, remark};
use super::listing::Asked;
use super::page::{Frame, Paged, page};
use super::visitor::Visitor;
use crate::commitments::api::assessment_asked;
use crate::http::request::State;
use crate::http::vocabularies::label;
use crate::plans::model::PlanView;
use crate::rules::course::Standing;
use crate::views::assessment::{self as views, Stage, StandingCounts};

struct Row {
    number: usize,
    line: Promised,
    remark: String,
}

struct Group {
    title: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "assessment.html")]
struct Assessment {
    frame: Frame,
    plan: PlanView,
    title: &'static str,
    stage: &'static str,
    last: bool,
    stages: Vec<(&'static str, &'static str)>,
    day: String,
    as_of: String,
    word: String,
    all: Vec<(&'static str, i64)>,
    binding: Vec<(&'static str, i64)>,
    groups: Vec<Group>,
}

/// 已达到 3, 符合进度 10 …, in the order of the words; what nobody stands at is left out.
fn counted(counts: &StandingCounts) -> Vec<(&'static str, i64)> {
    Standing::ALL
        .into_iter()
        .filter_map(|standing| {
            let count = counts.by_standing.get(standing.as_str())?;
            (*count > 0).then(|| (label("standings", standing.as_str()), *count))
        })
        .collect()
}

#[get("/plans/{plan}/assessment")]
pub async fn show(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Paged {
    let asked = Asked::of("/plans", request.query_string());
    let (stage, as_of) = assessment_asked(asked.query(&[]))?;
    let found = state
        .db
        .read(async |conn| views::read(conn, (&state.db.clock, &visitor.actor), &path, stage, as_of).await)
        .await?;
    let mut groups: Vec<Group> = Vec::new();
    let mut last = None;
    for (index, one) in found.rows.iter().enumerate() {
        let programme = one.commitment.printed.programme_id;
        if last != Some(programme) {
            last = Some(programme);
            let title = one.commitment.programme.as_ref();
            groups.push(Group {
                title: title.map(|programme| programme.name.clone()).unwrap_or_default(),
                rows: Vec::new(),
            });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(Row {
                number: index + 1,
                line: promised(&one.commitment),
                remark: remark(&one.commitment, &one.carry_overs),
            });
        }
    }
    let as_of = as_of.map(|day| day.to_string()).unwrap_or_default();
    let day = match as_of.is_empty() {
        true => String::new(),
        false => format!("&as_of={as_of}"),
    };
    let title = label("assessment_stages", found.stage);
    let shown = Assessment {
        frame: Frame::of(&visitor, title, "/commitments", request.query_string()),
        title,
        stage: found.stage,
        last: stage == Stage::Final,
        stages: Stage::ALL
            .into_iter()
            .map(|stage| (stage.as_str(), label("assessment_stages", stage.as_str())))
            .collect(),
        day: found.day.to_string(),
        word: format!(
            "/plans/{}/assessment.docx?stage={}{day}",
            found.plan.code, found.stage
        ),
        as_of,
        all: counted(&found.all),
        binding: counted(&found.binding),
        groups,
        plan: found.plan,
    };
    page(StatusCode::OK, &shown)
}
