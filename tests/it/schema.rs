//! The migrations, the code's view of the tables, and the tables of versions agree.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use guatu::db::local::database::{OWNER, prepare};
use guatu::db::{Versioned, migrate};

use serde_json::json;
use std::collections::BTreeMap;

use crate::support::{HOSPITAL, TestApp, cluster, confirm};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

async fn columns(conn: &mut AsyncPgConnection) -> Vec<Column> {
    diesel::sql_query(
        "SELECT table_name::text, column_name::text, \
                udt_name || CASE is_nullable WHEN 'YES' THEN '?' ELSE '' END AS kind \
           FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) \
          WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND left(table_name, 2) <> '__' \
          ORDER BY table_name, ordinal_position",
    )
    .load(conn)
    .await
    .unwrap()
}

/// `schema.rs` as the database would have it written.
fn written(columns: &[Column], keys: &[(String, String)]) -> String {
    let mut text = "// Generated from the migrations by `cargo test schema` with UPDATE_SCHEMA=1; the same test compares it.\n\n".to_owned();
    let mut tables: Vec<&str> = columns.iter().map(|column| column.table_name.as_str()).collect();
    tables.dedup();
    for table in &tables {
        let mut key: Vec<&str> = keys
            .iter()
            .filter(|(of, _)| of == table)
            .map(|(_, column)| column.as_str())
            .collect();
        if key.is_empty() {
            key = vec!["id", "from_number"];
        }
        text.push_str(&format!(
            "diesel::table! {{\n    {table} ({}) {{\n",
            key.join(", ")
        ));
        for column in columns.iter().filter(|column| column.table_name == *table) {
            let plain = column.kind.trim_end_matches('?');
            let kind = match plain {
                "uuid" => "Uuid",
                "text" => "Text",
                "int4" => "Int4",
                "int8" => "Int8",
                "bool" => "Bool",
                "date" => "Date",
                "timestamptz" => "Timestamptz",
                "bytea" => "Bytea",
                "jsonb" => "Jsonb",
                "numeric" => "Numeric",
                "_text" => "Array<Text>",
                other => panic!("no Diesel type for {other}"),
            };
            let kind = if plain == column.kind {
                kind.to_owned()
            } else {
                format!("Nullable<{kind}>")
            };
            text.push_str(&format!("        {} -> {kind},\n", column.column_name));
        }
        text.push_str("    }\n}\n\n");
    }
    text.push_str("diesel::allow_tables_to_appear_in_same_query!(\n");
    for table in tables {
        text.push_str(&format!("    {table},\n"));
    }
    text.push_str(");\n");
    text
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn schema_rs_is_what_the_migrations_make() {
    let app = TestApp::start().await;
    let mut conn = app.superuser().await;
    let keys: Vec<Key> = diesel::sql_query(
        "SELECT tc.table_name::text, k.column_name::text FROM information_schema.table_constraints tc \
           JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name) \
          WHERE tc.constraint_type = 'PRIMARY KEY' AND tc.table_schema = 'public' \
          ORDER BY 1, k.ordinal_position",
    )
    .load(&mut conn)
    .await
    .unwrap();
    let keys: Vec<(String, String)> = keys
        .into_iter()
        .map(|key| (key.table_name, key.column_name))
        .collect();
    let wanted = written(&columns(&mut conn).await, &keys);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/db/schema.rs");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_versions_has_the_columns_of_its_table_after_its_two_numbers() {
    let app = TestApp::start().await;
    let all = columns(&mut app.superuser().await).await;
    let of = |table: &str| -> Vec<(String, String)> {
        all.iter()
            .filter(|column| column.table_name == table)
            .map(|column| (column.column_name.clone(), column.kind.clone()))
            .collect()
    };
    for table in Versioned::ALL {
        let (rows, versions) = table.tables();
        let kept = of(versions);
        let numbers: Vec<&str> = kept.iter().take(2).map(|(name, _)| name.as_str()).collect();
        assert_eq!(numbers, ["from_number", "to_number"]);
        assert_eq!(kept[2..], of(rows)[..], "{versions}");
    }
}

/// How many migrations there are from the one that is named so on.
fn from(name: &str) -> usize {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    std::fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap() >= name)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_back_and_forth_when_empty_and_refuse_where_rows_would_be_lost() {
    let cluster = cluster();
    let database = format!("redone_{}", std::process::id());
    prepare(cluster, &database)
        .await
        .map_err(|error| error.to_string())
        .unwrap();
    let owner = cluster.url(OWNER, &database);
    let mut conn = AsyncPgConnection::establish(&cluster.admin_url(&database))
        .await
        .unwrap();
    let before: Vec<String> = columns(&mut conn)
        .await
        .into_iter()
        .map(|c| c.table_name + &c.column_name + &c.kind)
        .collect();
    let all = from("");
    assert!(all >= 11, "{all}");
    let undone = migrate::revert(&owner, all).await.unwrap();
    assert_eq!(undone.len(), all);
    assert!(columns(&mut conn).await.is_empty());
    assert_eq!(migrate::run_pending(&owner).await.unwrap().len(), all);
    let after: Vec<String> = columns(&mut conn)
        .await
        .into_iter()
        .map(|c| c.table_name + &c.column_name + &c.kind)
        .collect();
    assert_eq!(after, before);

    // One in the middle while it holds something, then the one before it, which holds the plan.
    let app = TestApp::start().await;
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::new()).await;
    let body = json!({ "kind": "cancel_project", "reason": "合并" });
    planner
        .post_seen(
            &format!("/projects/{HOSPITAL}/change-requests"),
            confirmed.project["version"].as_i64().unwrap(),
            body,
        )
        .await
        .expect(201);
    let owner = cluster.url(OWNER, &app.database);
    let refused = migrate::revert(&owner, from("2026-11-24-000600"))
        .await
        .unwrap_err();
    assert!(
        format!("{refused:?}").contains("change_requests holds rows"),
        "{refused:?}"
    );
    let app = TestApp::start().await;
    let owner = cluster.url(OWNER, &app.database);
    let refused = migrate::revert(&owner, from("2026-11-24-000500"))
        .await
        .unwrap_err();
    assert!(format!("{refused:?}").contains("holds rows"), "{refused:?}");
}
