//! The JSON door of progress reports, of who owes them, and of the rates that follow from them.

pub(crate) mod body;
mod investment;
mod owed;
mod plans;
mod reports;
mod steps;
mod tallies;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(reports::list)
        .service(steps::file_many)
        .service(reports::read)
        .service(steps::correct)
        .service(steps::verify)
        .service(steps::send_back)
        .service(reports::next)
        .service(reports::of_project)
        .service(steps::file)
        .service(owed::owed)
        .service(owed::organisations)
        .service(plans::read)
        .service(plans::edit)
        .service(plans::freeze)
        .service(plans::reopen)
        .service(investment::read)
        .service(investment::replace)
        .service(tallies::read);
}
