//! Finds the files of a plan and reads them in the order in which they depend on one another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::findings::{Class, Findings, Source};
use super::model::{Organisation, Plan, PlanFiles};
use super::records::{self, Boxes, Surroundings};
use super::table::Table;

/// Reads everything below `root` that the plan needs. None where the plan itself could not be read; whatever else is
/// wrong is in the findings, and the files are then incomplete.
pub(super) fn folder(root: &Path, plan: &str, findings: &Findings) -> Option<PlanFiles> {
    let mut kinds = Vec::new();
    with_file(root, Path::new("kinds.toml"), &[Class::Kind], findings, |table| {
        kinds = records::kinds(table);
    });

    let folder = Path::new("plans").join(plan);
    let mut head: Option<(Plan, Vec<_>)> = None;
    let mut reporting = Vec::new();
    let (mut region_files, mut organisation_folders) = (Vec::new(), Vec::new());
    let lost = [Class::ServiceArea, Class::Region, Class::Organisation];
    with_file(root, &folder.join("plan.toml"), &lost, findings, |table| {
        let areas = records::service_areas(table, plan);
        reporting = records::reporting(table);
        if let Some(inner) = table.table("plan") {
            region_files = inner.texts("regions");
            organisation_folders = inner.texts("organisations");
            head = records::plan(&inner, plan).map(|read| (read, areas));
        }
    });

    let mut regions = Vec::new();
    for name in &region_files {
        let path = Path::new("regions").join(format!("{name}.toml"));
        with_file(root, &path, &[Class::Region], findings, |table| {
            regions.extend(records::regions(table))
        });
    }
    let mut organisations: Vec<Organisation> = Vec::new();
    for name in &organisation_folders {
        for path in toml_files(
            root,
            &Path::new("organisations").join(name),
            &[Class::Organisation],
            findings,
        ) {
            with_file(root, &path, &[Class::Organisation], findings, |table| {
                organisations.extend(records::organisations(table));
            });
        }
    }

    let of_boxes = [
        Class::Programme,
        Class::Initiative,
        Class::Commitment,
        Class::Project,
    ];
    let by_code: BTreeMap<_, _> = organisations.iter().map(|one| (one.code.as_str(), one)).collect();
    let surroundings = Surroundings {
        plan_code: plan,
        period: head.as_ref().map(|(read, _)| (read.starts_on, read.ends_on)),
        organisations: &by_code,
    };
    let mut boxes = Boxes::default();
    for path in toml_files(root, &folder, &of_boxes, findings) {
        if path.file_name().is_some_and(|name| name != "plan.toml") {
            with_file(root, &path, &of_boxes, findings, |table| {
                boxes.read(table, &surroundings)
            });
        }
    }

    let (plan, service_areas) = head?;
    Some(PlanFiles {
        regions,
        organisations,
        kinds,
        plan,
        reporting,
        service_areas,
        programmes: boxes.programmes,
        initiatives: boxes.initiatives,
        commitments: boxes.commitments,
        projects: boxes.projects,
    })
}

/// Parses a file and hands its top table to `read`. Of a file that is unreadable or no TOML, all syntax errors are
/// reported and nothing is read; the classes that it may define count as lost.
pub(super) fn with_file(
    root: &Path,
    path: &Path,
    defines: &[Class],
    findings: &Findings,
    read: impl FnOnce(&Table),
) {
    let name = slashed(path);
    let text = match std::fs::read_to_string(root.join(path)) {
        Ok(text) => text,
        Err(error) => {
            findings.fault_of_file(&name, "file.unreadable", format!("读不到这个文件：{error}"));
            findings.lost.borrow_mut().extend(defines);
            return;
        }
    };
    let source = Source { name, text };
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        for error in errors {
            let place = source.place(error.span().map_or(0, |span| span.start));
            findings.fault(
                &place,
                "toml.syntax",
                format!("TOML 语法错误：{}", error.message()),
            );
        }
        findings.lost.borrow_mut().extend(defines);
        return;
    }
    let table = Table::new(&source, findings, document.get_ref(), 0..0);
    read(&table);
    table.finish();
}

/// The TOML files of a folder in the order of their names, as paths below the root.
fn toml_files(root: &Path, folder: &Path, defines: &[Class], findings: &Findings) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) => {
            findings.fault_of_file(
                &slashed(folder),
                "file.unreadable",
                format!("读不到这个文件夹：{error}"),
            );
            findings.lost.borrow_mut().extend(defines);
            return Vec::new();
        }
    };
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok())
        .map(|entry| folder.join(entry.file_name()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn slashed(path: &Path) -> String {
    path.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
