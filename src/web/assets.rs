//! The stylesheet and the script, compiled in, at addresses that change with their content.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use sha2::{Digest, Sha256};

use crate::db::log::hex;

const CSS: &str = include_str!("../../static/guatu.css");
const JS: &str = include_str!("../../static/guatu.js");
const ICON: &str = include_str!("../../static/guatu.svg");

struct Asset {
    name: String,
    kind: &'static str,
    text: &'static str,
}

fn asset_of(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Asset {
    let digest = hex(&Sha256::digest(text.as_bytes())[..6]);
    Asset {
        name: format!("{stem}-{digest}.{ending}"),
        kind,
        text,
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset_of("guatu", "css", "text/css; charset=utf-8", CSS),
        asset_of("guatu", "js", "text/javascript; charset=utf-8", JS),
        asset_of("guatu", "svg", "image/svg+xml", ICON),
    ]
});

fn address(index: usize) -> String {
    ASSETS
        .get(index)
        .map_or_else(String::new, |found| format!("/static/{}", found.name))
}

/// Where the stylesheet is.
pub fn css() -> String {
    address(0)
}

/// Where the script is.
pub fn js() -> String {
    address(1)
}

/// Where the icon is.
pub fn icon() -> String {
    address(2)
}

/// An asset by its name, for ever: another content has another name.
#[get("/static/{name}")]
pub async fn asset(name: web::Path<String>) -> HttpResponse {
    match ASSETS.iter().find(|known| known.name == *name) {
        Some(found) => HttpResponse::Ok()
            .content_type(found.kind)
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(found.text),
        None => super::page::absent(),
    }
}
