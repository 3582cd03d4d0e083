//! The frame of a page, the headers that every page carries, and the pages that say what went wrong.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::assets;
use super::visitor::Visitor;
use crate::http::messages;
use crate::http::problem::{faults_of, status_of, title, trace_id};
use crate::kernel::{Code, Error, Fault, Role};

/// Nothing but our own stylesheet, script, pictures and forms; nobody frames us.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A place in the navigation.
pub struct Place {
    pub href: &'static str,
    pub label: &'static str,
    pub current: bool,
}

/// What surrounds a page.
pub struct Frame {
    pub title: String,
    pub css: String,
    pub js: String,
    pub icon: String,
    pub places: Vec<Place>,
    /// Who is signed in, and for whom he works.
    pub name: Option<String>,
    pub works_for: String,
    /// He could act in another of his memberships.
    pub switches: bool,
    pub csrf: String,
    /// What a demonstration's strip says.
    pub demonstration: Option<String>,
    /// What was just done.
    pub done: Option<&'static str>,
}

const PLACES: [(&str, &str); 10] = [
    ("/", "待办"),
    ("/overview", "总览"),
    ("/overdue", "逾期"),
    ("/projects", "项目库"),
    ("/commitments", "指标与承诺"),
    ("/reports", "月报"),
    ("/plans", "规划"),
    ("/changes", "计划调整"),
    ("/log", "日志"),
    ("/admin", "管理"),
];

/// What was done, by the word in the address after a 303. Words of others say nothing.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "reported" => "已上报，等待核验。",
        "withdrawn" => "已撤回，可以重新上报。",
        "verified" => "已核验。",
        "returned" => "已退回，对方会在待办里看到理由。",
        "reopened" => "已重开，须重新上报。",
        "password" => "密码已修改，其他设备上的登录已退出。",
        "confirmed" => "已确认。",
        "sent" => "已请推定的单位认领，对方会在待办里看到。",
        "claimed" => "已认领，等规划主管确认。",
        "disputed" => "已提出异议，等规划主管处理。",
        "asked" => "申请已提交，等规划主管决定。",
        "uploaded" => "文件已上传，上报时会附上。",
        "filed" => "月报已上报，等待核验。",
        "frozen" => "已封存。",
        "unfrozen" => "已解封。",
        "saved" => "已保存。",
        "rules" => "新规则已执行，全部项目的灯已重新计算。",
        "observed" => "已填报，等待他人确认。",
        "sent-back" => "已退回，填报单位会看到理由。",
        "signed-out" => "已退出登录。",
        _ => return None,
    })
}

impl Frame {
    /// The frame for somebody who has signed in. `at` is the place of the navigation that the page belongs to.
    pub fn of(visitor: &Visitor, title: impl Into<String>, at: &str, query: &str) -> Frame {
        let word = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("done="))
            .unwrap_or_default();
        Frame {
            places: PLACES
                .into_iter()
                .filter(|(href, _)| match *href {
                    "/admin" => visitor.administers,
                    "/log" => visitor.administers || visitor.is(Role::Observer),
                    _ => true,
                })
                .map(|(href, label)| Place {
                    href,
                    label,
                    current: href == at,
                })
                .collect(),
            name: Some(visitor.name.clone()),
            works_for: visitor.works_for.clone(),
            switches: visitor.seats.len() > 1,
            csrf: visitor.csrf.clone(),
            demonstration: visitor.demonstration.clone(),
            done: done(word),
            ..Frame::bare(title)
        }
    }

    /// The frame of a page for anybody.
    pub fn bare(title: impl Into<String>) -> Frame {
        Frame {
            title: title.into(),
            css: assets::css(),
            js: assets::js(),
            icon: assets::icon(),
            places: Vec::new(),
            name: None,
            works_for: String::new(),
            switches: false,
            csrf: String::new(),
            demonstration: None,
            done: None,
        }
    }

    pub fn saying(mut self, query: &str) -> Frame {
        let word = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("done="))
            .unwrap_or_default();
        self.done = done(word);
        self
    }
}

/// One fault as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The field's name; empty for the whole form.
    pub field: String,
    /// Of which line of a form with many, where the fault is told apart from it.
    pub about: String,
    pub message: String,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Default)]
pub struct Faults(pub Vec<Told>);

impl Faults {
    /// The faults of a refusal that somebody can mend; any other goes on as an error of its own.
    pub fn of(error: Error) -> Result<(Faults, StatusCode), Refused> {
        match error {
            Error::Malformed(_)
            | Error::Invalid(_)
            | Error::Conflict(_)
            | Error::Stale { .. }
            | Error::Items(_)
            | Error::TooManyRequests { .. }
            | Error::Forbidden(_) => {
                let told = faults_of(&error).iter().map(tell).collect();
                Ok((Faults(told), status_of(&error)))
            }
            other => Err(Refused::Error(other)),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    pub fn on(&self, field: impl AsRef<str>) -> Option<&str> {
        self.0
            .iter()
            .find(|told| told.field == field.as_ref())
            .map(|told| told.message.as_str())
    }
}

fn tell(fault: &Fault) -> Told {
    let message = match fault.code {
        // A clerk has no use for the names of headers.
        Code::Stale => "内容已被他人修改：下面是最新内容，请核对后再提交。".to_owned(),
        Code::FieldFormat if fault.param("format") == Some("YYYY-MM-DD") => {
            "日期格式不对，请写成 2024-06-30 这样。".to_owned()
        }
        _ => messages::text(fault),
    };
    Told {
        about: String::new(),
        field: fault.pointer.trim_start_matches(['/', '?']).to_owned(),
        message,
    }
}

/// Why a page is not shown.
#[derive(Debug)]
pub enum Refused {
    /// Sign in first, then come back here.
    SignIn {
        next: String,
    },
    /// The password must be changed first.
    Password,
    /// The form does not prove that it is ours.
    Form,
    Error(Error),
}

pub type Paged = Result<HttpResponse, Refused>;

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Error(error)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    heading: String,
    detail: String,
    trace_id: String,
}

fn error_page(status: StatusCode, heading: &str, detail: &str) -> HttpResponse {
    let page = ErrorPage {
        frame: Frame::bare(heading),
        status: status.as_u16(),
        heading: heading.to_owned(),
        detail: detail.to_owned(),
        trace_id: trace_id(),
    };
    match page.render() {
        Ok(text) => html(status, text, "private, no-store"),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// An address that is none.
pub fn absent() -> HttpResponse {
    error_page(
        StatusCode::NOT_FOUND,
        "没有找到",
        "没有这个页面，或不在您的查看范围内。请核对地址，或回到首页。",
    )
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self {
            Refused::SignIn { .. } | Refused::Password => StatusCode::SEE_OTHER,
            Refused::Form => StatusCode::FORBIDDEN,
            Refused::Error(error) => status_of(error),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Refused::SignIn { next } if next == "/" => see_other("/sign-in"),
            Refused::SignIn { next } => see_other(&format!("/sign-in?next={}", super::posted::encoded(next))),
            Refused::Password => see_other("/password"),
            Refused::Form => error_page(
                StatusCode::FORBIDDEN,
                "表单已过期",
                "这张表单不是从本站当前登录的页面提交的，没有做任何改动。请返回上一页，刷新后再提交。",
            ),
            Refused::Error(Error::NotFound) => absent(),
            Refused::Error(error) => {
                if let Error::Internal(cause) = error {
                    tracing::error!(trace_id = trace_id(), ?cause, "internal error");
                }
                let status = status_of(error);
                let detail: Vec<String> = faults_of(error).iter().map(|fault| tell(fault).message).collect();
                error_page(status, title(status), &detail.join(" "))
            }
        }
    }
}

/// Goes on elsewhere, by GET.
pub fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .finish()
}

fn html(status: StatusCode, text: String, kept: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::VARY, "Cookie, Accept-Encoding"))
        .body(text)
}

/// A page for one person.
pub fn page(status: StatusCode, template: &impl Template) -> Paged {
    let text = template.render().map_err(Error::internal)?;
    Ok(html(status, text, "private, no-store"))
}

/// A page for everybody, which a shared cache may keep for a minute.
pub fn public(template: &impl Template) -> Paged {
    let text = template.render().map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .insert_header((header::VARY, "Accept-Encoding"))
        .body(text))
}

/// Moves the faults of a list's items to the rows of the form that they came from: `/items/1/amount` to `/rows/3/amount`,
/// where `from` is `/items/`, `to` is `/rows/` and `places` are the rows of the items. A fault of an item as a whole stands
/// at `whole`.
pub fn in_place(error: Error, (from, to): (&str, &str), places: &[usize], whole: &str) -> Error {
    let moved = |mut fault: Fault| {
        let place = fault.pointer.strip_prefix(from).and_then(|rest| {
            let (index, field) = rest.split_once('/').unwrap_or((rest, whole));
            Some((places.get(index.parse::<usize>().ok()?)?, field.to_owned()))
        });
        if let Some((place, field)) = place {
            fault.pointer = format!("{to}{place}/{field}");
        }
        fault
    };
    match error {
        Error::Malformed(faults) => Error::Malformed(faults.into_iter().map(moved).collect()),
        Error::Invalid(faults) => Error::Invalid(faults.into_iter().map(moved).collect()),
        other => other,
    }
}
