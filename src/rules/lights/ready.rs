//! Rule sets that come ready-made: published ones of cities, and the default. They are data (`seeds/light-rules`),
//! carried in the program, so that a plan can take one wherever it runs.

use super::rule_set::RuleSet;

const FILES: [(&str, &str); 3] = [
    ("default", include_str!("../../../seeds/light-rules/default.toml")),
    (
        "yinchuan-2025",
        include_str!("../../../seeds/light-rules/yinchuan-2025.toml"),
    ),
    ("wuhan", include_str!("../../../seeds/light-rules/wuhan.toml")),
];

/// The set with which a plan begins that names none.
pub const DEFAULT: &str = "default";

/// Their codes, in the order in which they are offered.
pub fn codes() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(code, _)| code)
}

/// A ready-made set by its code; none where there is no such set. A test reads them all.
pub fn named(code: &str) -> Option<RuleSet> {
    FILES
        .into_iter()
        .find(|(known, _)| *known == code)
        .and_then(|(_, text)| toml::from_str(text).ok())
}
