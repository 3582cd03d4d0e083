//! The OpenAPI document is the contract: it changes on purpose only.

use serde_json::Value;

fn document() -> Value {
    serde_json::to_value(guatu::app::openapi()).unwrap()
}

/// Every operation with the statuses it may answer.
fn operations(document: &Value) -> String {
    let mut lines = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(responses) = operation["responses"].as_object() else {
                continue;
            };
            let mut statuses: Vec<&str> = responses.keys().map(String::as_str).collect();
            statuses.sort_unstable();
            lines.push(format!(
                "{:<6} {path} {}",
                method.to_uppercase(),
                statuses.join(" ")
            ));
        }
    }
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn the_operations_and_their_statuses_are_those_of_the_snapshot() {
    insta::assert_snapshot!("operations", operations(&document()));
}

fn references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                into.push(reference);
            }
            map.values().for_each(|inner| references(inner, into));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, into)),
        _ => {}
    }
}

#[test]
fn every_reference_of_the_document_resolves() {
    let document = document();
    let mut all = Vec::new();
    references(&document, &mut all);
    assert!(all.len() > 50);
    for reference in all {
        let pointer = reference.trim_start_matches('#');
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} stands for nothing"
        );
    }
}

/// The document keeps one shape under a name: a second one of the same name would silently take its place.
#[test]
fn no_two_shapes_of_the_document_have_one_name() {
    fn files(dir: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => files(&path, into),
                false => into.push(path),
            }
        }
    }
    let mut all = Vec::new();
    files(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut all,
    );
    let mut seen = std::collections::BTreeMap::new();
    for file in all
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
    {
        let text = std::fs::read_to_string(file).unwrap();
        for part in text.split("#[derive(").skip(1) {
            let Some((head, rest)) = part
                .split_once("\npub struct ")
                .or_else(|| part.split_once("\npub enum "))
            else {
                continue;
            };
            if !head.split(']').next().unwrap().contains("ToSchema") || head.contains("schema(as") {
                continue;
            }
            let name: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if let Some(other) = seen.insert(name.clone(), file.clone()) {
                panic!("{name} stands in {} and in {}", other.display(), file.display());
            }
        }
    }
    assert!(seen.len() > 80, "only {} shapes were looked at", seen.len());
}
