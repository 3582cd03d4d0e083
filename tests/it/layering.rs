//! Each room knows only those below it: the imports of every file are held against the floors.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up. A file may import rooms of its own floor's number or less.
fn floor(path: &str) -> Option<u32> {
    let room = |name: &str| path == name || path.starts_with(&format!("{name}::"));
    let domains = [
        "orgs",
        "users",
        "plans",
        "projects",
        "commitments",
        "reports",
        "carry_overs",
    ];
    if let Some(domain) = domains.iter().position(|domain| room(domain)) {
        let inner = path.split("::").nth(1).unwrap_or("");
        let domain = u32::try_from(domain).unwrap();
        return Some(match inner {
            "api" | "pages" => 60,
            "actions" | "command" => 40 + domain,
            // What an actor is asked for in a door, and what domains show of themselves.
            _ => 30 + domain,
        });
    }
    Some(match path.split("::").next()? {
        "kernel" => 0,
        "db" => 10,
        "rules" | "sight" | "formats" => 20,
        "views" => 50,
        "http" => 55,
        "web" => 60,
        "exchange" | "jobs" => 70,
        "app" | "config" => 80,
        "cli" => 90,
        _ => return None,
    })
}

fn files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

fn module_of(root: &Path, file: &Path) -> String {
    let module = file
        .strip_prefix(root)
        .unwrap()
        .with_extension("")
        .to_string_lossy()
        .replace('/', "::");
    module.trim_end_matches("::mod").to_owned()
}

#[test]
fn no_room_knows_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for file in all {
        let module = module_of(&root, &file);
        // The root of a domain names its own routes; `http::house` shows what belongs to no domain.
        let own = match module.as_str() {
            "lib" | "main" | "orgs" | "users" | "plans" | "commitments" | "projects" | "reports"
            | "carry_overs" | "http::house" => continue,
            _ => floor(&module),
        };
        let Some(own) = own else { continue };
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Some(import) = line.trim().strip_prefix("use crate::") else {
                continue;
            };
            let import = import.trim_end_matches(';').replace("::{", "::");
            looked_at += 1;
            if floor(&import).is_some_and(|other| other > own) {
                wrong.push(format!("{module} ({own}) imports {import}"));
            }
        }
    }
    assert!(looked_at > 100, "only {looked_at} imports were looked at");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rooms in which SQL stands: stores, what everybody reads, sight, and the database's own.
fn holds_sql(module: &str) -> bool {
    let rooms: Vec<&str> = module.split("::").collect();
    ["db", "views", "sight"].contains(&rooms[0]) || rooms.contains(&"store")
}

#[test]
fn sql_stands_in_stores_views_sight_and_the_database_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&root, &mut all);
    let (mut wrong, mut held) = (Vec::new(), 0);
    for file in all {
        let text = fs::read_to_string(&file).unwrap();
        // No query runs without the one, and no statement of text without the other.
        if !["RunQueryDsl", "sql_query", "batch_execute"]
            .iter()
            .any(|word| text.contains(word))
        {
            continue;
        }
        let module = module_of(&root, &file);
        match holds_sql(&module) {
            true => held += 1,
            false => wrong.push(module),
        }
    }
    assert!(held > 20, "only {held} files were seen to hold SQL");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
