//! A rule set as data: the dimensions that are judged, and their thresholds. A dimension that is left out gives no
//! light.

use bigdecimal::BigDecimal;
use serde::{Deserialize, Serialize};

use super::Light;
use crate::kernel::{Code, Fault};

/// The largest number of months, reports or days that a threshold may have.
pub const MOST_STEPS: u32 = 366;
/// The largest percentage.
pub const MOST_PERCENT: i64 = 100;
/// The most months through whose ends it may be behind before yellow turns red.
pub const MOST_MONTHS: u32 = 24;

/// The rules of a plan's lights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    pub name: String,
    /// Where the rules were published.
    #[serde(default)]
    pub source: String,
    /// For how many days after it caught up a project's light says what it was.
    #[serde(default)]
    pub recovered_within_days: Option<u32>,
    /// Ends of months passed without the start that was due.
    #[serde(default)]
    pub start: Option<Steps>,
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// Money paid, in per cent of what is required: below it.
    #[serde(default)]
    pub investment: Option<Shares>,
    /// Months after the start without entry in statistics.
    #[serde(default)]
    pub statistics: Option<Steps>,
    /// Progress reports owed.
    #[serde(default)]
    pub reporting: Option<Steps>,
    /// Days for which a report has waited for its verification: more than.
    #[serde(default)]
    pub verification: Option<Steps>,
    #[serde(default)]
    pub commitment: Option<Promises>,
}

/// From which number on which light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    #[serde(default)]
    pub yellow: Option<u32>,
    #[serde(default)]
    pub red: Option<u32>,
}

/// Below which percentage which light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    #[serde(default, with = "figure_or_none")]
    #[schema(value_type = Option<String>)]
    pub yellow: Option<BigDecimal>,
    #[serde(default, with = "figure_or_none")]
    #[schema(value_type = Option<String>)]
    pub red: Option<BigDecimal>,
}

/// How progress is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Percentage points behind what is planned: so many or more.
    Points,
    /// Per cent reached of what is planned: less than so many.
    Ratio,
}

impl Measure {
    pub const ALL: [Measure; 2] = [Measure::Points, Measure::Ratio];

    pub fn as_str(self) -> &'static str {
        match self {
            Measure::Points => "points",
            Measure::Ratio => "ratio",
        }
    }

    pub fn parse(text: &str) -> Option<Measure> {
        Measure::ALL.into_iter().find(|measure| measure.as_str() == text)
    }

    /// Whether the second threshold is the graver one.
    fn is_graver(self, yellow: &BigDecimal, red: &BigDecimal) -> bool {
        match self {
            Measure::Points => yellow < red,
            Measure::Ratio => yellow > red,
        }
    }
}

/// Earned progress against planned progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub measure: Measure,
    #[serde(with = "figure")]
    #[schema(value_type = String)]
    pub yellow: BigDecimal,
    /// Whether the threshold itself is yellow.
    pub yellow_included: bool,
    #[serde(with = "figure")]
    #[schema(value_type = String)]
    pub red: BigDecimal,
    pub red_included: bool,
    /// Yellow without a break through the ends of so many months turns red.
    #[serde(default)]
    pub red_after_months: Option<u32>,
    /// What is due within so many days and not reported is yellow.
    #[serde(default)]
    pub due_soon_days: Option<u32>,
}

/// A light that warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    Yellow,
    Red,
}

impl Warning {
    pub fn light(self) -> Light {
        match self {
            Warning::Yellow => Light::Yellow,
            Warning::Red => Light::Red,
        }
    }

    pub fn parse(text: &str) -> Option<Warning> {
        match text {
            "yellow" => Some(Warning::Yellow),
            "red" => Some(Warning::Red),
            _ => None,
        }
    }
}

/// Promised numbers that the project serves; those that are not firm, or in doubt, are yellow at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promises {
    /// How it is measured how far the latest confirmed figure is behind its course: percentage points of the whole way
    /// from start to target, or per cent of the way that it should have gone.
    #[serde(default)]
    pub measure: Option<Measure>,
    #[serde(default, with = "figure_or_none")]
    #[schema(value_type = Option<String>)]
    pub yellow: Option<BigDecimal>,
    #[serde(default, with = "figure_or_none")]
    #[schema(value_type = Option<String>)]
    pub red: Option<BigDecimal>,
    /// What is to be held all the time, and the latest figure does not hold it.
    #[serde(default)]
    pub breached: Option<Warning>,
    /// The due day has passed without it.
    #[serde(default)]
    pub missed: Option<Warning>,
}

impl RuleSet {
    /// What is wrong with it, each with a pointer to the field. Empty: it can be used.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (name, steps) in [
            ("start", &self.start),
            ("statistics", &self.statistics),
            ("reporting", &self.reporting),
            ("verification", &self.verification),
        ] {
            if let Some(steps) = steps {
                steps.check(name, &mut faults);
            }
        }
        if let Some(schedule) = &self.schedule {
            schedule.check(&mut faults);
        }
        if let Some(shares) = &self.investment {
            shares.check(&mut faults);
        }
        if let Some(promises) = &self.commitment {
            promises.check(&mut faults);
        }
        if let Some(days) = self.recovered_within_days {
            within("/recovered_within_days", days, MOST_STEPS, &mut faults);
        }
        if self.name.trim().is_empty() {
            faults.push(Fault::new("/name", Code::FieldEmpty));
        }
        let judges = self.start.is_some()
            || self.schedule.is_some()
            || self.investment.is_some()
            || self.statistics.is_some()
            || self.reporting.is_some()
            || self.verification.is_some()
            || self.commitment.is_some();
        if !judges {
            faults.push(Fault::new("", Code::LightRulesEmpty));
        }
        faults
    }
}

fn within(pointer: &str, number: u32, most: u32, faults: &mut Vec<Fault>) {
    if number < 1 || number > most {
        faults.push(
            Fault::new(pointer, Code::FieldOutOfRange)
                .with("least", 1)
                .with("most", most),
        );
    }
}

fn percent(pointer: &str, figure: &BigDecimal, faults: &mut Vec<Fault>) {
    let fine = *figure > 0 && *figure <= MOST_PERCENT && figure.normalized().fractional_digit_count() <= 2;
    if !fine {
        faults.push(
            Fault::new(pointer, Code::FieldOutOfRange)
                .with("least", "0.01")
                .with("most", MOST_PERCENT),
        );
    }
}

impl Steps {
    fn check(&self, name: &str, faults: &mut Vec<Fault>) {
        for (field, number) in [("yellow", self.yellow), ("red", self.red)] {
            if let Some(number) = number {
                within(&format!("/{name}/{field}"), number, MOST_STEPS, faults);
            }
        }
        match (self.yellow, self.red) {
            (None, None) => faults.push(Fault::new(format!("/{name}"), Code::LightRulesEmpty)),
            (Some(yellow), Some(red)) if red <= yellow => {
                faults.push(Fault::new(format!("/{name}/red"), Code::LightRulesOrder));
            }
            _ => {}
        }
    }
}

impl Shares {
    fn check(&self, faults: &mut Vec<Fault>) {
        for (field, figure) in [("yellow", &self.yellow), ("red", &self.red)] {
            if let Some(figure) = figure {
                percent(&format!("/investment/{field}"), figure, faults);
            }
        }
        match (&self.yellow, &self.red) {
            (None, None) => faults.push(Fault::new("/investment", Code::LightRulesEmpty)),
            (Some(yellow), Some(red)) if red >= yellow => {
                faults.push(Fault::new("/investment/red", Code::LightRulesOrder));
            }
            _ => {}
        }
    }
}

impl Schedule {
    fn check(&self, faults: &mut Vec<Fault>) {
        percent("/schedule/yellow", &self.yellow, faults);
        percent("/schedule/red", &self.red, faults);
        if !self.measure.is_graver(&self.yellow, &self.red) {
            faults.push(Fault::new("/schedule/red", Code::LightRulesOrder));
        }
        if let Some(months) = self.red_after_months {
            within("/schedule/red_after_months", months, MOST_MONTHS, faults);
        }
        if let Some(days) = self.due_soon_days {
            within("/schedule/due_soon_days", days, MOST_STEPS, faults);
        }
    }
}

impl Promises {
    fn check(&self, faults: &mut Vec<Fault>) {
        for (field, limit) in [("yellow", &self.yellow), ("red", &self.red)] {
            if let Some(limit) = limit {
                percent(&format!("/commitment/{field}"), limit, faults);
            }
        }
        let limited = self.yellow.is_some() || self.red.is_some();
        match self.measure {
            None if limited => faults.push(Fault::new("/commitment/measure", Code::FieldMissing)),
            Some(_) if !limited => faults.push(Fault::new("/commitment/yellow", Code::FieldMissing)),
            None if self.breached.is_none() && self.missed.is_none() => {
                faults.push(Fault::new("/commitment", Code::LightRulesEmpty));
            }
            None => {}
            Some(measure) => {
                if let (Some(yellow), Some(red)) = (&self.yellow, &self.red)
                    && !measure.is_graver(yellow, red)
                {
                    faults.push(Fault::new("/commitment/red", Code::LightRulesOrder));
                }
            }
        }
    }
}

/// A figure as a decimal string.
mod figure {
    use std::str::FromStr;

    use bigdecimal::BigDecimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(figure: &BigDecimal, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&figure.normalized().to_plain_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BigDecimal, D::Error> {
        let text = String::deserialize(from)?;
        BigDecimal::from_str(&text).map_err(D::Error::custom)
    }
}

/// The same where there may be none.
mod figure_or_none {
    use std::str::FromStr;

    use bigdecimal::BigDecimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(figure: &Option<BigDecimal>, to: S) -> Result<S::Ok, S::Error> {
        match figure {
            Some(figure) => super::figure::serialize(figure, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BigDecimal>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| BigDecimal::from_str(&text).map_err(D::Error::custom))
            .transpose()
    }
}
