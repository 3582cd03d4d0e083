//! The sheet as it was sent: which lines say something, and where their faults belong.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::commitments::api::observations::observed;
use crate::commitments::model::{Correction, NewObservation, ObservationEdit, Part, SheetLine};
use crate::http::form::Fields;
use crate::http::problem::status_of;
use crate::kernel::{Error, Fault, Result};
use crate::web::page::{Faults, Refused, Told};
use crate::web::posted::{Posted, plain_figure};

/// What is typed into a line.
pub(super) const TYPED: [&str; 3] = ["value", "source", "note"];

/// The end of the names of a line's fields: its commitment, and its part.
pub(super) fn key(commitment_id: Uuid, part: Part) -> String {
    match part {
        Part::Whole => commitment_id.to_string(),
        Part::Region(id) | Part::Organisation(id) => format!("{commitment_id}-{}-{id}", part.field()),
    }
}

/// What a key stands for; one that stands for nothing is the nil id, which no commitment has.
fn meant(key: &str) -> (Uuid, Part) {
    let id = |text: Option<&str>| {
        text.and_then(|text| Uuid::try_parse(text).ok())
            .unwrap_or_default()
    };
    let part = match key.get(36..) {
        None | Some("") => Part::Whole,
        Some(rest) => match rest.strip_prefix("-region-") {
            Some(region) => Part::Region(id(Some(region))),
            None => Part::Organisation(id(rest.strip_prefix("-organisation-"))),
        },
    };
    (id(key.get(..36)), part)
}

/// The lines that say something, each with its key.
pub(super) struct Sheet {
    pub keys: Vec<String>,
    pub lines: Vec<SheetLine>,
}

/// Reads the sheet. Lines that were left blank, and those of what is held that say what they said, are no lines of it.
pub(super) fn read(posted: &Posted) -> Result<Sheet> {
    let mut sheet = Sheet {
        keys: Vec::new(),
        lines: Vec::new(),
    };
    let mut faults = Vec::new();
    for key in posted.named("value-") {
        let seen = posted.one(&format!("seen-{key}")).and_then(seen);
        if says_nothing(posted, key, seen.is_some()) {
            continue;
        }
        match line(posted, key) {
            Ok(new) => {
                sheet.keys.push(key.to_owned());
                sheet.lines.push(match seen {
                    None => SheetLine::New(new),
                    Some((id, version)) => SheetLine::Correction(Correction {
                        id,
                        seen_version: Some(version),
                        edit: ObservationEdit::whole(new),
                    }),
                });
            }
            Err(wrong) => {
                for mut fault in wrong {
                    let nowhere =
                        fault.pointer == "/source" && posted.one(&format!("source-{key}")).is_none();
                    // Of neither the line nor the sheet: asked for once, where it serves every line.
                    fault.pointer = match nowhere {
                        true => "/source".to_owned(),
                        false => format!("/{}", place(&fault.pointer, key, true)),
                    };
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
    }
    match faults.is_empty() {
        true => Ok(sheet),
        false => Err(Error::Malformed(faults)),
    }
}

/// `id:version` of what is held.
fn seen(text: &str) -> Option<(Uuid, i64)> {
    let (id, version) = text.split_once(':')?;
    Some((Uuid::try_parse(id).ok()?, version.parse().ok()?))
}

fn says_nothing(posted: &Posted, key: &str, held: bool) -> bool {
    // A field of one line loses the line ends that a text of the API may have.
    let words = |name: String| {
        posted
            .typed(&name)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let typed = TYPED.map(|name| words(format!("{name}-{key}")));
    let was = match held {
        true => TYPED.map(|name| words(format!("was-{name}-{key}"))),
        false => Default::default(),
    };
    let emptied = held && typed[0].is_empty() && typed[1..] == was[1..];
    typed == was || emptied || typed.iter().all(String::is_empty)
}

fn line(posted: &Posted, key: &str) -> Result<NewObservation, Vec<Fault>> {
    let typed = |name: &str| posted.one(&format!("{name}-{key}"));
    let mut object = Map::new();
    let mut say = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            object.insert(name.to_owned(), json!(text));
        }
    };
    let value = typed("value").map(plain_figure);
    say("observed_on", posted.one("observed_on"));
    say("value", value.as_deref());
    // What stands above the sheet is the source of every line that names none.
    say("source", typed("source").or(posted.one("source")));
    say("note", typed("note"));
    let mut fields = Fields::under("", Value::Object(object)).map_err(|fault| vec![fault])?;
    let new = observed(&mut fields);
    let (commitment_id, part) = meant(key);
    fields.finish_item(NewObservation {
        commitment_id,
        part,
        ..new
    })
}

/// The field of the page on which a fault of a line is told. `day`: it is the day itself that is wrong.
fn place(pointer: &str, key: &str, day: bool) -> String {
    match pointer.trim_start_matches('/') {
        "observed_on" if day => "observed_on".to_owned(),
        name if TYPED.contains(&name) => format!("{name}-{key}"),
        _ => format!("value-{key}"),
    }
}

/// Each refusal of a line beside its field.
pub(super) fn placed(error: Error, keys: &[String]) -> Result<(Faults, StatusCode), Refused> {
    let status = status_of(&error);
    let items = match (error, keys) {
        (Error::Items(items), _) => items,
        // One line alone is refused in its own words.
        (error, [_]) => vec![(0, error)],
        (error, _) => return Faults::of(error),
    };
    let mut all: Vec<Told> = Vec::new();
    for (index, error) in items {
        let key = keys.get(index).map(String::as_str).unwrap_or_default();
        // A day that is taken is so for this line alone.
        let day = !matches!(error, Error::Conflict(_));
        for told in Faults::of(error)?.0.0 {
            let told = Told {
                field: place(&told.field, key, day),
                ..told
            };
            if !all.contains(&told) {
                all.push(told);
            }
        }
    }
    Ok((Faults(all), status))
}
