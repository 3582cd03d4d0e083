//! 常用筛选: a filter that somebody keeps for himself under a name.

use actix_web::{post, web};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::listing::Asked;
use super::page::{Paged, see_other};
use super::posted::Posted;
use super::visitor::Visitor;
use crate::db::schema::saved_filters as t;
use crate::http::request::State;
use crate::kernel::authz::{Action, Target, require};
use crate::kernel::{Code, Error, Fault, Result};

/// So many may one person keep for a page.
const MOST: i64 = 50;

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
    let rows: Vec<(String, String)> = t::table
        .filter(t::user_id.eq(user_id).and(t::page.eq(page)))
        .order(t::name)
        .select((t::name, t::query))
        .load(conn)
        .await?;
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
    let name = fields.filled_text("name", 60);
    let name = fields.required("name", name);
    let name = fields.finish(name)?;
    // Read and written again: what is kept is a filter, whatever was sent.
    let query = Asked::of(path, &posted.typed("query")).kept();
    let user_id = visitor.person.user_id;
    state
        .db
        .write(&visitor.origin(), async |tx| {
            require(tx.actor(), Action::OwnAccount, &Target::Account { user_id })?;
            let others: i64 = t::table
                .filter(
                    t::user_id
                        .eq(user_id)
                        .and(t::page.eq(&page))
                        .and(t::name.ne(&name)),
                )
                .count()
                .get_result(tx.conn())
                .await?;
            if others >= MOST {
                return Err(Error::Conflict(
                    Fault::new("/name", Code::SavedTooMany).with("most", MOST),
                ));
            }
            let now = tx.now();
            diesel::insert_into(t::table)
                .values((
                    t::user_id.eq(user_id),
                    t::page.eq(&page),
                    t::name.eq(&name),
                    t::query.eq(&query),
                    t::saved_at.eq(now),
                ))
                .on_conflict((t::user_id, t::page, t::name))
                .do_update()
                .set((t::query.eq(&query), t::saved_at.eq(now)))
                .execute(tx.conn())
                .await?;
            Ok(())
        })
        .await?;
    Ok(see_other(&format!("{path}?{query}")))
}

#[post("/saved-filters/remove")]
pub async fn remove(state: web::Data<State>, visitor: Visitor, posted: Posted) -> Paged {
    let page = posted.typed("page");
    let path = path_of(&page)?;
    let name = posted.typed("name");
    let user_id = visitor.person.user_id;
    state
        .db
        .write(&visitor.origin(), async |tx| {
            require(tx.actor(), Action::OwnAccount, &Target::Account { user_id })?;
            diesel::delete(t::table.find((user_id, &page, &name)))
                .execute(tx.conn())
                .await?;
            Ok(())
        })
        .await?;
    Ok(see_other(path))
}
