//! Organisations 单位 and regions 县区: who there is, and below whom.
//!
//! In the real world a tree: the city government, its departments and the county governments, below those the county
//! departments, townships and institutions. Whoever stands above sees what those below deliver, so the tree decides
//! rights; moving an organisation moves what people may see.
//!
//! Invariants: the closure holds each organisation with itself and with everything above it, and changes in the
//! transaction of the move; there is no cycle; one change of the tree runs at a time. A code never changes. Nothing
//! is deleted: an organisation is archived with a reason, and only where nothing stands on it any more. Roots are
//! laid by the house itself (the loading of a plan's files), never by a person: an administrator acts below himself.

pub mod actions;
pub mod api;
pub mod model;
pub mod store;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes of this domain, all for those who have signed in.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(api::list)
        .service(api::read)
        .service(api::create)
        .service(api::edit)
        .service(api::list_regions);
}
