//! Composes every domain's routes with state and middleware: the one place that knows all doors.

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use std::net::TcpListener;
use std::sync::OnceLock;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi, SecurityRequirement};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};
use utoipa_swagger_ui::SwaggerUi;

use crate::http::demonstration::{Demonstrations, mark};
use crate::http::house;
use crate::http::problem::{Problem, ProblemDocument, ProblemFault};
use crate::http::public;
use crate::http::request::{State, authenticate, guard, trace};
use crate::http::vocabularies;
use crate::kernel::Error;
use crate::rules::overdue::{DateBasis, MilestoneState};
use crate::{carry_overs, commitments, exchange, orgs, plans, projects, reports, users, web as pages};

/// Who runs a server, and where.
pub struct Serving {
    pub server: Server,
    pub address: std::net::SocketAddr,
}

/// Binds the server; it answers once `server` is awaited. The caller handles the signals.
pub fn serve(state: State, listener: TcpListener, workers: usize) -> std::io::Result<Serving> {
    let address = listener.local_addr()?;
    let demonstrations = web::Data::new(Demonstrations::default());
    let server = HttpServer::new(move || {
        let (app, document) = App::new()
            .into_utoipa_app()
            .app_data(web::Data::new(state.clone()))
            .app_data(demonstrations.clone())
            .service(
                scope::scope("/api/v1")
                    .configure(users::open_routes)
                    .service(
                        scope::scope("/public")
                            .configure(public::routes)
                            .default_service(web::to(absent)),
                    )
                    .service(
                        scope::scope("")
                            .configure(routes)
                            .default_service(web::to(absent))
                            .wrap(from_fn(authenticate)),
                    ),
            )
            .split_for_parts();
        let document = finish(document);
        app.service(house::live)
            .service(house::ready)
            .service(SwaggerUi::new("/api/docs/{_:.*}").url("/api/openapi.json", document))
            .service(web::redirect("/api/docs", "/api/docs/"))
            .configure(exchange::assessment::pages)
            .configure(pages::routes)
            .default_service(web::to(absent))
            .wrap(from_fn(pages::kept::keep))
            .wrap(Compress::default())
            .wrap(from_fn(mark))
            .wrap(from_fn(guard))
            .wrap(from_fn(trace))
    })
    .workers(workers)
    .shutdown_timeout(20)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(Serving { server, address })
}

/// Everything that needs a token.
fn routes(config: &mut ServiceConfig) {
    config
        .configure(orgs::routes)
        .configure(users::routes)
        .configure(commitments::api::routes)
        .configure(exchange::assessment::routes)
        .configure(carry_overs::api::routes)
        .configure(plans::api::routes)
        .configure(reports::api::routes)
        .configure(projects::api::routes)
        .configure(house::routes)
        .configure(vocabularies::routes);
}

/// An address that is none, or one that is asked by a method it does not have.
async fn absent(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !request.path().starts_with("/api/") {
        return Ok(pages::page::absent());
    }
    let allow = methods_of(request.path());
    Err(Problem(if allow.is_empty() {
        Error::NotFound
    } else {
        Error::MethodNotAllowed {
            allow: allow.join(", "),
        }
    }))
}

/// The methods of an address, by the document.
fn methods_of(path: &str) -> Vec<&'static str> {
    static KNOWN: OnceLock<Vec<(String, Vec<&'static str>)>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| {
        let document = openapi();
        document
            .paths
            .paths
            .into_iter()
            .map(|(path, item)| {
                let methods = [
                    ("GET", item.get.is_some()),
                    ("POST", item.post.is_some()),
                    ("PUT", item.put.is_some()),
                    ("PATCH", item.patch.is_some()),
                    ("DELETE", item.delete.is_some()),
                ];
                let there = methods
                    .into_iter()
                    .filter_map(|(name, there)| there.then_some(name));
                (path, there.collect())
            })
            .collect()
    });
    let mut methods: Vec<&'static str> = known
        .iter()
        .filter(|(template, _)| fits(template, path))
        .flat_map(|(_, methods)| methods.iter().copied())
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// Whether an address is one of a template, part by part.
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found))
                if wanted == found || (wanted.starts_with('{') && !found.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The document's head, the shape of problems, and how one signs in.
fn finish(mut document: OpenApi) -> OpenApi {
    document.info = Info::new("Guatu 挂图", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(
        "The key projects of a published plan: owners, milestones, what is overdue. Dates are YYYY-MM-DD, instants \
         RFC 3339 in UTC, figures decimal strings. Refusals are RFC 9457 problem documents. Where an installation holds made-up demonstration data, every \
         answer says so: `Guatu-Demonstration: <plan>; today=<day>`."
            .to_owned(),
    );
    let components = document.components.get_or_insert_with(Components::new);
    for (name, schema) in [
        ("DateBasis", <DateBasis as utoipa::PartialSchema>::schema()),
        (
            "MilestoneState",
            <MilestoneState as utoipa::PartialSchema>::schema(),
        ),
        (
            "ProblemDocument",
            <ProblemDocument as utoipa::PartialSchema>::schema(),
        ),
        ("ProblemFault", <ProblemFault as utoipa::PartialSchema>::schema()),
    ] {
        components.schemas.insert(name.to_owned(), schema);
    }
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    document.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    document
}

/// The OpenAPI document, as `/api/openapi.json` answers it.
pub fn openapi() -> OpenApi {
    let (_, document) = App::new()
        .into_utoipa_app()
        .service(
            scope::scope("/api/v1")
                .configure(users::open_routes)
                .service(scope::scope("/public").configure(public::routes))
                .configure(routes),
        )
        .split_for_parts();
    finish(document)
}
