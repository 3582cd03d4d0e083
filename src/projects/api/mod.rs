//! The JSON door of projects, milestones, confirmations and change requests.

mod after;
pub(crate) mod changes;
mod comparison;
mod confirmations;
pub(crate) mod create;
pub(crate) mod evidence;
pub(crate) mod filters;
pub(crate) mod light_rules;
pub(crate) mod lights;
pub(crate) mod lineage;
pub(crate) mod milestones;
mod owners;
pub(crate) mod parts;
pub(crate) mod projects;
mod standing;
mod steps;
mod summary;
mod supporting;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(projects::list)
        .service(projects::read)
        .service(projects::edit)
        .service(create::create_project)
        .service(create::create_milestone)
        .service(standing::suspend)
        .service(standing::resume)
        .service(lineage::split)
        .service(lineage::merge)
        .service(supporting::add)
        .service(supporting::end)
        .service(parts::read)
        .service(parts::divide)
        .service(projects::milestones)
        .service(projects::history)
        .service(milestones::list)
        .service(steps::report_many)
        .service(milestones::read)
        .service(milestones::edit)
        .service(milestones::history)
        .service(steps::report)
        .service(steps::withdraw)
        .service(steps::verify)
        .service(steps::send_back)
        .service(steps::reopen)
        .service(evidence::add)
        .service(evidence::list)
        .service(evidence::read_content)
        .service(confirmations::list)
        .service(confirmations::confirm)
        .service(owners::claim_owner)
        .service(owners::dispute_owner)
        .service(owners::ask_owner)
        .service(changes::lists::list)
        .service(changes::lists::ledger)
        .service(changes::lists::most_moved)
        .service(comparison::compare)
        .service(changes::lists::read)
        .service(changes::asking::of_milestone)
        .service(changes::asking::of_project)
        .service(changes::asking::of_initiative)
        .service(changes::steps::withdraw)
        .service(changes::steps::approve)
        .service(changes::steps::reject)
        .service(lights::read)
        .service(lights::override_light)
        .service(lights::end_override)
        .service(light_rules::ready_made)
        .service(light_rules::list)
        .service(light_rules::preview)
        .service(light_rules::change)
        .service(summary::read);
}
