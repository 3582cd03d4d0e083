//! The course of a promised number: where it should be on a day, where it is, and how it stands.
//!
//! Source: the product's law on commitments. A sum begins at nothing on the plan's first day, a level and a stock at
//! their printed baseline; from there a straight line leads to the target on the day it is due. A figure is held
//! against the line of the day that it speaks of, not of the day on which somebody looks: a statistic of December is
//! not late in March because March has come. Once the due day has passed, it is held against the target. What is to
//! be maintained is held to its target at every observation. A range is met at its nearer end; what is promised
//! exactly is kept by whoever delivers it, and more of what is better breaks nothing. All figures are in base units.

use std::collections::BTreeSet;

use bigdecimal::{BigDecimal, Zero};
use chrono::NaiveDate;

/// What kind of figure is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A state: a rate, a length of life.
    Level,
    /// What comes together over the plan's period; observed as everything since its first day.
    Sum,
    /// What has grown to so much in the end, the baseline included.
    Stock,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

/// How the target is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    AtLeast,
    MoreThan,
    Equal,
    AtMost,
}

/// How a commitment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The due day has passed without it.
    Missed,
    /// Below the line, or below a target that is to be maintained.
    Behind,
    /// No baseline: only the target can be judged, and it is not reached yet.
    NotComparable,
    /// No observation that counts yet.
    NoData,
    OnCourse,
    Met,
}

impl Standing {
    pub const ALL: [Standing; 6] = [
        Standing::Met,
        Standing::OnCourse,
        Standing::Behind,
        Standing::Missed,
        Standing::NoData,
        Standing::NotComparable,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Met => "met",
            Standing::OnCourse => "on_course",
            Standing::Behind => "behind",
            Standing::Missed => "missed",
            Standing::NoData => "no_data",
            Standing::NotComparable => "not_comparable",
        }
    }

    pub fn parse(text: &str) -> Option<Standing> {
        Standing::ALL
            .into_iter()
            .find(|standing| standing.as_str() == text)
    }
}

/// Whether a commitment may turn a light red: only a firm one (确保) binds, 原则上, 力争 and 鼓励 do not; and none of which
/// nobody has settled yet whether it is printed as it was meant.
pub fn may_turn_red(strength: &str, in_doubt: bool) -> bool {
    strength == "firm" && !in_doubt
}

/// What is promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    pub measure: Measure,
    pub better: Better,
    pub operator: Operator,
    pub target_min: BigDecimal,
    /// The upper end of a range.
    pub target_max: Option<BigDecimal>,
    /// The printed figure and the day of which it speaks.
    pub baseline: Option<(NaiveDate, BigDecimal)>,
    /// The plan's first day.
    pub starts_on: NaiveDate,
    pub due_on: NaiveDate,
    pub maintained: bool,
}

/// A figure that counts, and the day of which it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub on: NaiveDate,
    pub value: BigDecimal,
}

/// What the latest figure is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The line of its day: in the course of the plan, and at its middle.
    Line,
    /// The target: at the plan's end.
    Target,
}

/// A commitment's course on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Where it should be on the day that is asked about; none without a baseline.
    pub expected: Option<BigDecimal>,
    pub latest: Option<Observation>,
    /// What the latest figure is held against.
    pub reference: Option<BigDecimal>,
    /// How much the latest figure lacks of it: positive is behind, whichever way is better.
    pub gap: Option<BigDecimal>,
    /// How much of the way from its start to its target it has gone, in per cent to one decimal.
    pub percent: Option<BigDecimal>,
    pub standing: Standing,
    /// The day of the first figure that meets the target.
    pub met_on: Option<NaiveDate>,
    /// Of what is to be maintained: the days whose figures did not hold it.
    pub breaches: Vec<NaiveDate>,
    /// How far it is behind its line; of what is behind it only.
    pub lag: Option<Lag>,
}

/// How far a figure is behind its line. Comparisons are exact; only what is told is rounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// What it lacks.
    pub gap: BigDecimal,
    /// The way from the start to the target; of a flat line the target itself.
    pub whole: BigDecimal,
    /// The part of it that should have been gone.
    pub due: BigDecimal,
}

impl Lag {
    /// Whether it lacks so many percentage points of the whole way, or more.
    pub fn is_points(&self, limit: &BigDecimal) -> bool {
        &self.gap * BigDecimal::from(100) >= limit * &self.whole
    }

    /// Whether it has gone less than so many per cent of the way that it should have gone.
    pub fn is_below(&self, limit: &BigDecimal) -> bool {
        // Nothing was due, and it is behind all the same: it went back.
        self.due.is_zero() || (&self.due - &self.gap) * BigDecimal::from(100) < limit * &self.due
    }

    /// Percentage points of the whole way, to be told.
    pub fn points(&self) -> BigDecimal {
        match self.whole.is_zero() {
            true => BigDecimal::from(100),
            false => &self.gap * BigDecimal::from(100) / &self.whole,
        }
    }

    /// Per cent of the way that it should have gone, to be told.
    pub fn reached(&self) -> BigDecimal {
        match self.due.is_zero() {
            true => BigDecimal::zero(),
            false => (&self.due - &self.gap) * BigDecimal::from(100) / &self.due,
        }
    }
}

/// A figure, and the day from which on it counts: that of its confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub from: NaiveDate,
    pub observation: Observation,
}

/// From which day on which course, until the next step, or for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub from: NaiveDate,
    pub course: Course,
}

impl Promise {
    /// The end of the target that comes first.
    pub fn goal(&self) -> &BigDecimal {
        match self.better {
            Better::Higher => &self.target_min,
            Better::Lower => self.target_max.as_ref().unwrap_or(&self.target_min),
        }
    }

    /// Whether a figure meets the target.
    pub fn is_met_by(&self, value: &BigDecimal) -> bool {
        match (self.operator, self.better) {
            (Operator::MoreThan, _) => value > self.goal(),
            (Operator::AtLeast, _) | (Operator::Equal, Better::Higher) => value >= self.goal(),
            (Operator::AtMost, _) | (Operator::Equal, Better::Lower) => value <= self.goal(),
        }
    }

    /// Where the line begins.
    pub fn start(&self) -> Option<(NaiveDate, BigDecimal)> {
        match self.measure {
            Measure::Sum => Some((self.starts_on, BigDecimal::zero())),
            Measure::Level | Measure::Stock => self.baseline.clone(),
        }
    }

    /// Where it should be on a day.
    pub fn expected_on(&self, day: NaiveDate) -> Option<BigDecimal> {
        let goal = self.goal();
        if self.maintained || day >= self.due_on {
            return Some(goal.clone());
        }
        let (from, start) = self.start()?;
        // A baseline that was there already asks for no more than the target.
        if self.measure != Measure::Sum && self.is_met_by(&start) {
            return Some(goal.clone());
        }
        if day <= from {
            return Some(start);
        }
        let gone = BigDecimal::from((day - from).num_days());
        let whole = BigDecimal::from((self.due_on - from).num_days());
        let way = goal - &start;
        Some((start + way * gone / whole).round(4).normalized())
    }

    /// Whether no line leads to the target: it is to be held, or was reached before the plan began.
    fn is_flat(&self) -> bool {
        let met = |(_, start): (NaiveDate, BigDecimal)| self.is_met_by(&start);
        self.maintained || (self.measure != Measure::Sum && self.start().is_none_or(met))
    }

    fn lag(&self, reference: &BigDecimal, gap: &BigDecimal) -> Lag {
        let base = match self.start() {
            Some((_, start)) if !self.is_flat() => start,
            _ => BigDecimal::zero(),
        };
        Lag {
            gap: gap.clone(),
            whole: (self.goal() - &base).abs(),
            due: (reference - &base).abs(),
        }
    }

    /// How much of the way a figure has gone.
    fn percent(&self, value: &BigDecimal) -> Option<BigDecimal> {
        let hundred = BigDecimal::from(100);
        // Less of a sum is better: how far it has come is no achievement.
        if self.measure == Measure::Sum && self.better == Better::Lower {
            return None;
        }
        let goal = self.goal();
        let share =
            |part: BigDecimal, whole: BigDecimal| Some((part * &hundred / whole).round(1).normalized());
        match self.start() {
            Some((_, start)) if !self.maintained && !self.is_met_by(&start) && *goal != start => {
                share(value - &start, goal - &start)
            }
            _ if self.is_met_by(value) => Some(hundred),
            Some(_) if self.better == Better::Higher && *goal > BigDecimal::zero() => {
                share(value.clone(), goal.clone())
            }
            _ => None,
        }
    }
}

/// The course of a promise on `day`, by the figures that count. Later figures than `day` are not looked at, nor what
/// was before the plan began. `observations` need no order.
pub fn course(promise: &Promise, observations: &[Observation], day: NaiveDate, against: Against) -> Course {
    let mut known: Vec<&Observation> = observations
        .iter()
        .filter(|one| one.on >= promise.starts_on && one.on <= day)
        .collect();
    known.sort_by_key(|one| one.on);
    let over = day > promise.due_on;
    // Once its day has passed a promise is judged by what stood by that day; what came later is told as `met_on` only.
    let latest = known
        .iter()
        .rev()
        .find(|one| !over || one.on <= promise.due_on)
        .copied();
    let reference = latest.and_then(|latest| match against {
        Against::Line if !over => promise.expected_on(latest.on),
        _ => Some(promise.goal().clone()),
    });
    let gap = latest.zip(reference.as_ref()).map(|(latest, reference)| {
        match promise.better {
            Better::Higher => reference - &latest.value,
            Better::Lower => &latest.value - reference,
        }
        .normalized()
    });
    let breaches: Vec<NaiveDate> = known
        .iter()
        .filter(|one| promise.maintained && one.on <= promise.due_on && !promise.is_met_by(&one.value))
        .map(|one| one.on)
        .collect();
    // A ceiling on a sum is kept only once the sum is complete.
    let open_to_the_end =
        promise.maintained || (promise.measure == Measure::Sum && promise.better == Better::Lower);
    let standing = match (latest, &gap) {
        (None, _) => Standing::NoData,
        (Some(latest), gap) => {
            let met = promise.is_met_by(&latest.value);
            match gap {
                _ if met && over && breaches.is_empty() => Standing::Met,
                _ if met && !open_to_the_end => Standing::Met,
                _ if over => Standing::Missed,
                None => Standing::NotComparable,
                Some(gap) if *gap > BigDecimal::zero() => Standing::Behind,
                Some(_) => Standing::OnCourse,
            }
        }
    };
    let lag = reference
        .as_ref()
        .zip(gap.as_ref())
        .filter(|_| standing == Standing::Behind)
        .map(|(reference, gap)| promise.lag(reference, gap));
    Course {
        lag,
        expected: promise.expected_on(day),
        reference,
        gap,
        percent: latest.and_then(|latest| promise.percent(&latest.value)),
        standing,
        met_on: known
            .iter()
            .find(|one| promise.is_met_by(&one.value))
            .map(|one| one.on),
        breaches,
        latest: latest.cloned(),
    }
}

/// The courses of a promise day after day, if nothing more happens: another one as a figure begins to count, and once the
/// due day has passed. On each day what [`course`] says by what counted on it; but for `expected`, which is the first
/// day's.
pub fn steps(promise: &Promise, figures: &[Counted]) -> Vec<Step> {
    let mut days: BTreeSet<NaiveDate> = figures
        .iter()
        .map(|one| one.from.max(one.observation.on))
        .collect();
    days.extend(promise.due_on.succ_opt());
    days.into_iter()
        .map(|day| {
            let counting: Vec<Observation> = figures
                .iter()
                .filter(|one| one.from <= day)
                .map(|one| one.observation.clone())
                .collect();
            Step {
                from: day,
                course: course(promise, &counting, day, Against::Line),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
