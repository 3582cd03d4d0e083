//! Files of other programs, as leaves that know no domain.

pub mod docx;
