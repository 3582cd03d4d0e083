//! What is gathered while files are read: faults, and the codes that are defined and referred to.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{Fault, Place};

/// What a code names. Codes of one class are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Region,
    Organisation,
    Kind,
    ServiceArea,
    Programme,
    Initiative,
    /// Commitments and projects share their codes' space, so that a code alone finds either.
    Commitment,
    Project,
}

impl Class {
    /// As a planner calls it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Region => "县区",
            Class::Organisation => "单位",
            Class::Kind => "项目类别",
            Class::ServiceArea => "领域",
            Class::Programme => "专栏",
            Class::Initiative => "专栏分项",
            Class::Commitment => "量化承诺",
            Class::Project => "项目",
        }
    }
}

/// A code where it is defined or referred to.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub class: Class,
    pub code: String,
    pub place: Place,
}

/// What is gathered while the files are read.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub faults: RefCell<Vec<Fault>>,
    pub definitions: RefCell<Vec<Mention>>,
    pub references: RefCell<Vec<Mention>>,
    /// Commitments that state how many projects there are, where they state it.
    pub counts: RefCell<Vec<(String, Place)>>,
    /// Classes of which a definition may be lost in a file that could not be read.
    pub lost: RefCell<BTreeSet<Class>>,
}

impl Findings {
    pub fn fault(&self, place: &Place, code: &'static str, message: String) {
        self.faults.borrow_mut().push(Fault {
            file: place.file.clone(),
            line: place.line,
            column: Some(place.column),
            code,
            message,
        });
    }

    /// A fault of a whole file.
    pub fn fault_of_file(&self, file: &str, code: &'static str, message: String) {
        self.faults.borrow_mut().push(Fault {
            file: file.to_owned(),
            line: 1,
            column: None,
            code,
            message,
        });
    }

    pub fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort();
        faults.dedup();
        faults
    }
}

/// A file's text, with its path below the root.
#[derive(Debug)]
pub(super) struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    /// Line and column of a byte of the text.
    pub fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            file: self.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}
