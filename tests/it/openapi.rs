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
