//! What only shows when all files are read: references, duplicates, sums, circles, and what is not covered.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::BigDecimal;

use super::Place;
use super::findings::{Class, Findings, Mention};
use super::model::{Initiative, PlanFiles};

/// Reports codes that are defined twice and references to what no file defines. Where a file could not be read,
/// references to what it may define are let pass.
pub(super) fn references(findings: &Findings) {
    let definitions = findings.definitions.borrow().clone();
    let mut first: BTreeMap<(Class, &str), &Mention> = BTreeMap::new();
    for definition in &definitions {
        match first.get(&(space(definition.class), definition.code.as_str())) {
            Some(earlier) => findings.fault(
                &definition.place,
                "code.duplicate",
                format!(
                    "{}代码“{}”重复，已见于 {}:{}",
                    definition.class.name(),
                    definition.code,
                    earlier.place.file,
                    earlier.place.line
                ),
            ),
            None => {
                first.insert((space(definition.class), &definition.code), definition);
            }
        }
    }
    for reference in findings.references.borrow().iter() {
        let found = first.get(&(space(reference.class), reference.code.as_str()));
        let known = found.is_some_and(|definition| definition.class == reference.class);
        if !known && !findings.lost.borrow().contains(&reference.class) {
            let (name, code) = (reference.class.name(), &reference.code);
            findings.fault(
                &reference.place,
                "reference.unknown",
                format!("没有代码为“{code}”的{name}"),
            );
        }
    }
}

/// The space in which codes of a class are unique.
fn space(class: Class) -> Class {
    match class {
        Class::Commitment => Class::Project,
        other => other,
    }
}

/// Holds the count that a commitment states against the quantities of the projects that serve it: those named and
/// the remainder. Where a project that serves it could not be read, nothing is said.
pub(super) fn counts(files: &PlanFiles, findings: &Findings) {
    let lost = findings.lost.borrow().contains(&Class::Project);
    for (code, place) in findings.counts.borrow().iter() {
        let Some(commitment) = files.commitments.iter().find(|one| one.code == *code) else {
            continue;
        };
        let Some(promised) = &commitment.promised_count else {
            continue;
        };
        let serving: Vec<_> = files
            .projects
            .iter()
            .filter(|one| one.serves.contains(code))
            .collect();
        let referring = findings
            .references
            .borrow()
            .iter()
            .filter(|one| one.code == *code)
            .count();
        if lost || referring != serving.len() {
            continue;
        }
        let mut uncounted = serving.iter().filter(|one| one.quantity.is_none()).peekable();
        if uncounted.peek().is_some() {
            // A remainder without quantity was reported where it was read.
            for project in uncounted.filter(|one| !one.remainder) {
                findings.fault(
                    &project.place,
                    "count.quantity_missing",
                    format!("quantity：项目计入“{code}”的数量，必须有数量"),
                );
            }
            continue;
        }
        let sum: BigDecimal = serving.iter().filter_map(|one| one.quantity.as_ref()).sum();
        if sum != *promised {
            let (sum, remainder) = (
                sum.normalized(),
                serving.iter().filter(|one| one.remainder).count(),
            );
            let named = serving.len() - remainder;
            findings.fault(
                place,
                "count.mismatch",
                format!(
                    "promised_count：写的是 {promised}，而{named}个点名项目和{remainder}个余数的数量合计 {}",
                    sum.to_plain_string()
                ),
            );
        }
    }
}

/// Reports organisations and regions that stand above themselves.
pub(super) fn parents(files: &PlanFiles, findings: &Findings) {
    let organisations = files
        .organisations
        .iter()
        .map(|one| (&one.code, &one.parent, &one.place));
    circles("单位", organisations.collect(), findings);
    circles(
        "县区",
        files
            .regions
            .iter()
            .map(|one| (&one.code, &one.parent, &one.place))
            .collect(),
        findings,
    );
}

fn circles(name: &str, nodes: Vec<(&String, &Option<String>, &Place)>, findings: &Findings) {
    let parents: BTreeMap<&str, &str> = nodes
        .iter()
        .filter_map(|(code, parent, _)| Some((code.as_str(), parent.as_deref()?)))
        .collect();
    for (code, _, place) in nodes {
        let mut seen = BTreeSet::new();
        let mut at = code.as_str();
        while let Some(parent) = parents.get(at) {
            if *parent == code {
                findings.fault(
                    place,
                    "parent.circle",
                    format!("parent：{name}“{code}”是自己的上级"),
                );
                break;
            }
            if !seen.insert(*parent) {
                break;
            }
            at = parent;
        }
    }
}

/// The initiatives that have neither a project, be it as their second one, nor a commitment: promises that nobody
/// would follow.
pub fn uncovered(files: &PlanFiles) -> Vec<&Initiative> {
    let mut covered = BTreeSet::new();
    for project in &files.projects {
        covered.insert(project.initiative.as_str());
        covered.extend(project.second_initiative.as_deref());
    }
    covered.extend(
        files
            .commitments
            .iter()
            .filter_map(|one| one.initiative.as_deref()),
    );
    files
        .initiatives
        .iter()
        .filter(|one| !covered.contains(one.code.as_str()))
        .collect()
}
