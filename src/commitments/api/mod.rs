//! The JSON door of commitments, their allocations, observations and assessment.

mod allocations;
mod assessment;
mod commitments;
mod judgements;
pub(crate) mod observations;

use utoipa_actix_web::service_config::ServiceConfig;

pub use assessment::asked as assessment_asked;
pub use commitments::{filter_of, words};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(commitments::list)
        .service(commitments::read)
        .service(commitments::edit)
        .service(allocations::read)
        .service(allocations::replace)
        .service(observations::file_many)
        .service(judgements::confirm_many)
        .service(observations::list)
        .service(observations::file)
        .service(observations::read)
        .service(observations::correct)
        .service(judgements::confirm)
        .service(judgements::send_back)
        .service(assessment::read);
}
