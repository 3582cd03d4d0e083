//! The assessment of a plan as a Word document: the same figures as the page and the API, in the unit as printed.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::commitments::api::assessment_asked;
use crate::formats::docx::{self, Block, Cell, Column, Document};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::refusals::ReadRefusals;
use crate::http::request::{SignedIn, State, query};
use crate::http::vocabularies::label;
use crate::kernel::{Actor, Result};
use crate::views::assessment::{self as views, AssessmentRow, AssessmentView, StandingCounts};
use crate::web::course::{promised, remark};
use crate::web::page::Refused;
use crate::web::visitor::Visitor;

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// The door for programs.
pub fn routes(config: &mut ServiceConfig) {
    config.service(download);
}

/// The door for people.
pub fn pages(config: &mut web::ServiceConfig) {
    config.service(page);
}

/// 共 25 项：已达到 3 项，符合进度 10 项…
pub fn counted(counts: &StandingCounts) -> String {
    let told: Vec<String> = crate::rules::course::Standing::ALL
        .iter()
        .filter_map(|standing| {
            let count = counts.by_standing.get(standing.as_str())?;
            (*count > 0).then(|| format!("{} {count} 项", label("standings", standing.as_str())))
        })
        .collect();
    match told.is_empty() {
        true => "共 0 项".to_owned(),
        false => format!("共 {} 项：{}", counts.total, told.join("，")),
    }
}

/// What the document is called.
fn title(found: &AssessmentView) -> String {
    let plan = found.plan.title.trim_matches(['《', '》']);
    format!("《{plan}》{}表", label("assessment_stages", found.stage))
}

fn row(number: usize, one: &AssessmentRow) -> Vec<Cell> {
    let line = promised(&one.commitment);
    let dated = |value: &str, day: &str| match day.is_empty() || value.is_empty() {
        true => value.to_owned(),
        false => format!("{value}（{day}）"),
    };
    let strong = line.binding || one.commitment.course.standing == "missed";
    let cell = |text: String| Cell { text, bold: false };
    vec![
        cell(number.to_string()),
        Cell {
            text: line.metric.clone(),
            bold: line.binding,
        },
        cell(line.nature.clone()),
        cell(dated(&line.baseline, &line.baseline_year)),
        cell(format!("{}（{}）", line.target, line.due)),
        cell(dated(&line.latest, &line.observed_on)),
        cell(line.reference.clone()),
        cell(line.percent.clone()),
        Cell {
            text: line.badge.text.clone(),
            bold: strong,
        },
        cell(line.owner.name.clone()),
        cell(remark(&one.commitment, &one.carry_overs)),
    ]
}

fn columns(stage: &str) -> Vec<Column> {
    let column = |title: &'static str, width: usize, figures: bool| Column {
        title,
        width,
        figures,
    };
    let reference = match stage {
        "final" => "目标数",
        _ => "同期应达",
    };
    vec![
        column("序号", 2, true),
        column("指标或承诺", 9, false),
        column("性质", 3, false),
        column("基数", 5, true),
        column("目标", 7, true),
        column("最近数（所属期末）", 6, true),
        column(reference, 5, true),
        column("完成进度", 4, true),
        column("结论", 4, false),
        column("负责单位", 5, false),
        column("备注", 12, false),
    ]
}

/// The document of an assessment.
pub fn document(found: &AssessmentView) -> Document {
    let mut tables: Vec<Block> = Vec::new();
    let mut last = None;
    for (index, one) in found.rows.iter().enumerate() {
        let programme = one.commitment.printed.programme_id;
        if last != Some(programme) {
            last = Some(programme);
            tables.push(Block {
                heading: one
                    .commitment
                    .programme
                    .as_ref()
                    .map(|programme| programme.name.clone())
                    .unwrap_or_default(),
                columns: columns(found.stage),
                rows: Vec::new(),
            });
        }
        if let Some(block) = tables.last_mut() {
            block.rows.push(row(index + 1, one));
        }
    }
    Document {
        title: title(found),
        notice: found
            .plan
            .is_demonstration
            .then(|| "演示数据：进展为虚构，不是真实情况。".to_owned()),
        paragraphs: vec![
            format!("文号：{}。截至 {}。", found.plan.document_number, found.day),
            format!("{}。", counted(&found.all)),
            format!("其中约束性指标{}。", counted(&found.binding)),
            "最近数只取已确认的数；累计指标从规划期首日起累计。“同期应达”按基数到目标的直线在所属期末推算，到期以后和终期评估以目标衡量。"
                .to_owned(),
        ],
        tables,
        landscape: true,
    }
}

fn answered(found: &AssessmentView) -> Result<HttpResponse> {
    let bytes = docx::write(&document(found))?;
    let name = format!("{}（{}）.docx", title(found), found.day);
    let name = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
    Ok(HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{name}"),
        ))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}

async fn made(request: &HttpRequest, state: &State, actor: &Actor, plan: &str) -> Result<HttpResponse> {
    let (stage, as_of) = assessment_asked(query(request))?;
    let found = state
        .db
        .read(async |conn| views::read(conn, (&state.db.clock, actor), plan, stage, as_of).await)
        .await?;
    answered(&found)
}

/// The assessment as a Word document.
#[utoipa::path(tag = "plans", params(("plan" = String, Path, description = "Id or code."),
    ("stage" = Option<String>, Query, description = "`mid_term` or `final`"),
    ("as_of" = Option<chrono::NaiveDate>, Query)),
    responses((status = 200, description = "The document", body = Vec<u8>,
            content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json"), ReadRefusals))]
#[get("/plans/{plan}/assessment.docx")]
pub async fn download(
    request: HttpRequest,
    who: SignedIn,
    state: web::Data<State>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(made(&request, &state, &who.0, &path).await?)
}

/// The same from the page.
#[get("/plans/{plan}/assessment.docx")]
pub async fn page(
    request: HttpRequest,
    state: web::Data<State>,
    visitor: Visitor,
    path: web::Path<String>,
) -> Result<HttpResponse, Refused> {
    Ok(made(&request, &state, &visitor.actor, &path).await?)
}
