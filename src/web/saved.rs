//! 常用筛选: a filter that somebody keeps for himself under a name.

use actix_web::{post, web};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Paged, see_other};
use super::posted::Posted;
use super::visitor::Visitor;
use crate::http::request::State;
use crate::kernel::{Error, Result};
use crate::users::actions::saved as actions;
use crate::users::store::saved as store;

/// One that was kept.
pub struct Saved {
    pub name: String,
    pub href: String,
}

/// The path of a page whose filters can be kept.
fn path_of(page: &str) -> Result<&'static str> {
    match page {
        "projects" => Ok("/projects"),
        "overdue" => Ok("/overdue"),
        _ => Err(Error::NotFound),
    }
}

/// What somebody has kept for a page, by name.
pub async fn of(conn: &mut AsyncPgConnection, user_id: Uuid, page: &str) -> Result<Vec<Saved>> {
    let path = path_of(page)?;
    let rows = store::list(conn, user_id, page).await?;
    Ok(rows
        .into_iter()
        .map(|(name, query)| Saved {
            name,
            href: format!("{path}?{query}"),
        })
        .collect())
}

#[post("/saved-filters")]
pub async fn save(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let page = posted.typed("page");
    let path = path_of(&page)?;
    let mut fields = posted.fields(&["name"])?;
    let name = fields.required_text("name", 60);
    let name = fields.finish(name)?;
    // Read and written again: what is kept is a filter, whatever was sent.
    let query = Asked::of(path, &posted.typed("query")).kept();
    state
        .db
        .write(&visitor.origin(), async |tx| {
            actions::keep(tx, visitor.person.user_id, &page, &name, &query).await
        })
        .await?;
    Ok(see_other(&format!("{path}?{query}")))
}

#[post("/saved-filters/remove")]
pub async fn remove(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let page = posted.typed("page");
    let path = path_of(&page)?;
    let name = posted.typed("name");
    state
        .db
        .write(&visitor.origin(), async |tx| {
            actions::forget(tx, visitor.person.user_id, &page, &name).await
        })
        .await?;
    Ok(see_other(path))
}
