//! The documents that list something list all of it.

use std::path::Path;

use guatu::kernel::Role;
use serde_json::Value;

use crate::support::TestApp;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn tables() -> Vec<String> {
    let schema = read("src/db/schema.rs");
    let mut lines = schema.lines();
    let mut tables = Vec::new();
    while lines.any(|line| line.starts_with("diesel::table!")) {
        let head = lines.next().unwrap().trim();
        tables.push(head.split(' ').next().unwrap().to_owned());
    }
    assert!(tables.len() > 25, "{tables:?}");
    tables
}

#[test]
fn every_table_stands_in_the_glossary_and_in_the_retention_list() {
    let (glossary, retention) = (read("docs/GLOSSARY.md"), read("docs/RETENTION.md"));
    for table in tables() {
        let named = format!("`{table}`");
        assert!(glossary.contains(&named), "GLOSSARY.md lacks {named}");
        assert!(retention.contains(&named), "RETENTION.md lacks {named}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_of_the_vocabularies_stands_in_the_glossary() {
    let app = TestApp::start().await;
    let all = app
        .person("wuwei", Role::Observer)
        .await
        .get("/vocabularies")
        .await
        .expect(200);
    let glossary = read("docs/GLOSSARY.md");
    for (name, words) in all.as_object().unwrap() {
        for word in words.as_array().unwrap() {
            let code = word["code"].as_str().unwrap();
            assert!(
                glossary.contains(&format!("`{code}`")),
                "GLOSSARY.md lacks `{code}` of {name}"
            );
            assert!(!word["label"].as_str().unwrap().is_empty(), "{name}.{code}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_that_a_column_is_held_to_stands_in_the_vocabularies() {
    let app = TestApp::start().await;
    let all = app
        .person("wuwei", Role::Observer)
        .await
        .get("/vocabularies")
        .await
        .expect(200);
    let mut known: Vec<&str> = Vec::new();
    for words in all.as_object().unwrap().values() {
        known.extend(
            words
                .as_array()
                .unwrap()
                .iter()
                .map(|word: &Value| word["code"].as_str().unwrap()),
        );
    }
    let url = crate::support::cluster().admin_url(&app.database);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    // What the log's streams and the pages are called inside is no word of the API.
    let rows = client
        .query(
            "SELECT c.conname::text, m[1] FROM pg_constraint c,
                    LATERAL regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''::text', 'g') m
              WHERE c.contype = 'c' AND pg_get_constraintdef(c.oid) LIKE '%= ANY (ARRAY[%' 
                AND c.conname NOT IN ('streams_kind_check', 'saved_filters_page_check')",
            &[],
        )
        .await
        .unwrap();
    assert!(rows.len() > 50, "{}", rows.len());
    for row in rows {
        let (constraint, word): (String, String) = (row.get(0), row.get(1));
        assert!(
            known.contains(&word.as_str()),
            "{constraint} allows {word}, which has no label"
        );
    }
}

#[test]
fn every_dependency_has_its_line_and_no_line_is_left_over() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let mut wanted: Vec<String> = Vec::new();
    for section in ["dependencies", "dev-dependencies"] {
        wanted.extend(manifest[section].as_table().unwrap().keys().cloned());
    }
    wanted.sort_unstable();
    let document = read("docs/DEPENDENCIES.md");
    let listed: Vec<String> = document
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split("**").next())
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, wanted);
}

#[test]
fn no_document_points_at_a_file_that_is_not_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut looked_at = 0;
    for document in [
        "README.md",
        "README.zh-CN.md",
        "CONTRIBUTING.md",
        "docs/ARCHITECTURE.md",
        "docs/ADDING-AN-ENDPOINT.md",
        "docs/PERFORMANCE.md",
        "docs/RETENTION.md",
    ] {
        let folder = root.join(document).parent().unwrap().to_owned();
        let text = read(document);
        assert!(!text.contains("shared/"), "{document} refers outside the project");
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|link| !link.contains("://"))
        {
            assert!(folder.join(link).exists(), "{document}: {link}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 8);
}
