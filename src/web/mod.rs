//! The pages 网页: server-rendered Chinese HTML over the same actions, views and sight as the API.
//!
//! `page` is the frame and what every answer carries, `visitor` who asks (by cookie, never by token), `posted` a form
//! with its proof that it is ours; the rest is a page each. A form answers 303; where something is wrong it is shown
//! again with what was typed and each fault beside its field. No page needs a script.

mod acting;
mod admin;
mod assessment;
pub mod assets;
pub mod bench;
mod carry_overs;
mod changes;
mod charts;
mod commitment;
mod commitments;
mod compare;
pub mod course;
pub mod investment;
pub mod kept;
mod ledger;
mod light_form;
mod lights;
mod listing;
mod log;
mod manage;
mod milestone;
mod observations;
mod organisations;
mod overdue;
mod overview;
pub mod page;
mod plan;
pub mod posted;
pub mod project;
mod project_light;
mod project_parts;
mod projects;
mod propose;
mod public;
mod report;
mod reports;
mod saved;
mod shown;
mod sign_in;
mod todo;
pub mod visitor;

use actix_web::web::ServiceConfig;

/// Every form that changes something: method and path. A test holds each against its CSRF token.
pub const FORMS: &[&str] = &[
    "/sign-in",
    "/sign-out",
    "/password",
    "/acting",
    "/milestones/report",
    "/milestones/{id}/report",
    "/milestones/{id}/withdraw",
    "/milestones/{id}/verify",
    "/milestones/{id}/return",
    "/milestones/{id}/reopen",
    "/milestones/{id}/evidence",
    "/milestones/{id}/postpone",
    "/projects/{project}/owners/{role}/claim",
    "/projects/{project}/owners/{role}/dispute",
    "/plans/{plan}/{number}/confirm",
    "/plans/{plan}/{number}/ask",
    "/milestones/{id}/change",
    "/plans/{plan}/{number}/new",
    "/plans/{plan}/{number}/request",
    "/projects/{project}/edit",
    "/projects/{project}/milestones",
    "/projects/{project}/suspend",
    "/projects/{project}/resume",
    "/projects/{project}/supporting",
    "/projects/{project}/supporting/{id}/end",
    "/projects/{project}/change",
    "/projects/{project}/split",
    "/projects/{project}/merge",
    "/changes/{id}/approve",
    "/changes/{id}/reject",
    "/changes/{id}/withdraw",
    "/plans/{plan}/lights",
    "/projects/{project}/light-overrides",
    "/projects/{project}/light-overrides/{id}/end",
    "/saved-filters",
    "/saved-filters/remove",
    "/admin/users",
    "/admin/users/{id}/reset",
    "/admin/users/{id}/disable",
    "/admin/users/{id}/grant",
    "/admin/users/{id}/end",
    "/admin/organisations",
    "/admin/organisations/{id}",
    "/log/verify",
    "/reports/freeze",
    "/reports/reopen",
    "/reports/calendar",
    "/projects/{project}/investment",
    "/projects/{project}/reports/{period}",
    "/projects/{project}/reports/{period}/{region}",
    "/projects/{project}/parts",
    "/projects/{project}/serves",
    "/progress-reports/{id}/verify",
    "/progress-reports/{id}/return",
    "/plans/{plan}/observations",
    "/plans/{plan}/observations/waiting",
    "/commitments/{commitment}/observations",
    "/commitments/{commitment}/owner",
    "/commitments/{commitment}/doubt",
    "/commitments/{commitment}/allocations",
    "/observations/{id}/confirm",
    "/observations/{id}/return",
    "/observations/{id}/correct",
    "/plans/{plan}/carry-overs",
    "/plans/{plan}/carry-overs/{id}/link",
];

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(assets::asset)
        .service(sign_in::form)
        .service(sign_in::enter)
        .service(sign_in::leave)
        .service(sign_in::password_form)
        .service(sign_in::change_password)
        .service(acting::form)
        .service(acting::choose)
        .service(todo::show)
        .service(todo::report_many)
        .app_data(milestone::limits())
        .service(milestone::show)
        .service(milestone::upload)
        .service(milestone::show_file)
        .service(milestone::report)
        .service(milestone::withdraw)
        .service(milestone::verify)
        .service(milestone::send_back)
        .service(milestone::reopen)
        .configure(manage::routes)
        .service(projects::list)
        .service(project::show)
        .service(overdue::show)
        .service(overview::show)
        .service(compare::show)
        .service(commitments::show)
        .service(commitment::show)
        .service(commitment::observe::file)
        .service(commitment::settle::confirm_owner)
        .service(commitment::settle::resolve_doubt)
        .service(commitment::settle::divide)
        .service(commitment::observe::confirm)
        .service(commitment::observe::send_back)
        .service(commitment::observe::correct)
        .service(observations::show)
        .service(observations::file)
        .service(observations::waiting::show)
        .service(observations::waiting::confirm)
        .service(assessment::show)
        .service(carry_overs::show)
        .service(carry_overs::carry)
        .service(carry_overs::link)
        .service(plan::list)
        .service(plan::show)
        .service(lights::show)
        .service(lights::choose)
        .service(lights::override_light)
        .service(lights::end_override)
        .service(plan::show_box)
        .service(bench::confirm_form)
        .service(bench::confirm_ticked)
        .service(bench::ask_ticked)
        .service(propose::blank)
        .service(propose::ask)
        .service(changes::list)
        .service(changes::approve)
        .service(changes::reject)
        .service(changes::withdraw)
        .service(changes::postpone)
        .service(changes::ask)
        .service(changes::say)
        .service(public::front)
        .service(public::show_box)
        .service(public::show_project)
        .service(saved::save)
        .service(saved::remove)
        .service(admin::show)
        .service(admin::create)
        .service(organisations::list)
        .service(organisations::create)
        .service(organisations::show)
        .service(organisations::edit)
        .service(log::show)
        .service(log::verify)
        .service(log::kept_heads)
        .service(admin::show_user)
        .service(admin::reset)
        .service(admin::disable)
        .service(admin::grant)
        .service(admin::end)
        .service(investment::show)
        .service(investment::replace)
        .service(reports::show)
        .service(reports::steps::freeze_month)
        .service(reports::steps::reopen_month)
        .service(reports::steps::set_calendar)
        .service(report::show)
        .service(report::show_part)
        .service(report::steps::save)
        .service(report::steps::save_part)
        .service(report::steps::verify)
        .service(report::steps::send_back);
}
