//! Pictures drawn on the server: where each mark of a project's timeline stands. The same facts stand in a table
//! beside each.

use bigdecimal::BigDecimal;
use chrono::{Datelike, NaiveDate};

use crate::rules::progress::planned_percent;
use crate::views::shown::MilestoneView;

/// A year or half-year on the axis.
pub struct Tick {
    pub x: String,
    pub label: String,
}

/// A milestone on the timeline. Places are in the picture's units.
pub struct Mark {
    pub y: i64,
    pub name: String,
    /// The first baseline.
    pub base: Option<String>,
    pub plan: String,
    /// A date that nobody has confirmed.
    pub guess: bool,
    pub actual: Option<String>,
    /// From the baseline to where it stands now, where they differ.
    pub slip: Option<(String, String)>,
    pub late: bool,
    pub label: String,
}

/// A project's timeline.
pub struct Timeline {
    pub height: i64,
    pub bottom: i64,
    pub ticks: Vec<Tick>,
    pub marks: Vec<Mark>,
    pub today: Option<String>,
}

/// Where names end and days begin, and where days end.
const LEFT: f64 = 220.0;
const RIGHT: f64 = 980.0;
const ROW: i64 = 34;
const TOP: i64 = 34;

/// The picture of a project's milestones; none where there is nothing to draw.
pub fn timeline(milestones: &[MilestoneView], today: NaiveDate) -> Option<Timeline> {
    let shown: Vec<&MilestoneView> = milestones.iter().filter(|one| one.state != "cancelled").collect();
    let days = shown
        .iter()
        .flat_map(|one| [Some(one.planned_on), one.first_baseline_on, one.actual_on])
        .flatten();
    let first = days.clone().min()?.with_day(1)?;
    let last = days.max()?;
    // Today is on the picture where it is near; a plan long over does not shrink to a corner.
    let last = if today > last && (today - last).num_days() < 400 {
        today
    } else {
        last
    };
    let whole = ((last - first).num_days() + 30).max(60) as f64;
    let place = |day: NaiveDate| LEFT + (RIGHT - LEFT) * ((day - first).num_days() as f64) / whole;
    let text = |x: f64| format!("{x:.1}");
    let marks = (0..)
        .zip(&shown)
        .map(|(index, one)| {
            let now = one.actual_on.unwrap_or(one.planned_on);
            let label = match (one.actual_on, one.days_overdue) {
                (Some(actual), _) => format!("实际 {actual}"),
                (None, Some(days)) => format!("逾期 {days} 天"),
                _ => one.planned_on.to_string(),
            };
            Mark {
                y: TOP + ROW * index + ROW / 2,
                name: shortened(&one.name, 14),
                base: one.first_baseline_on.map(|day| text(place(day))),
                plan: text(place(one.planned_on)),
                guess: !matches!(one.date_basis.as_str(), "confirmed" | "plan"),
                actual: one.actual_on.map(|day| text(place(day))),
                slip: one
                    .first_baseline_on
                    .filter(|base| *base != now)
                    .map(|base| (text(place(base)), text(place(now)))),
                late: one.overdue || one.late,
                label,
            }
        })
        .collect::<Vec<_>>();
    let bottom = TOP + ROW * i64::try_from(marks.len()).ok()?;
    let ticks = (first.year()..=last.year() + 1)
        .filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1))
        .filter(|day| *day >= first && place(*day) <= RIGHT)
        .map(|day| Tick {
            x: text(place(day)),
            label: day.year().to_string(),
        })
        .collect();
    Some(Timeline {
        height: bottom + 12,
        bottom,
        ticks,
        marks,
        today: (today >= first && place(today) <= RIGHT).then(|| text(place(today))),
    })
}

/// Planned and earned progress over time, as lines of per cent.
pub struct Curve {
    pub ticks: Vec<Tick>,
    pub planned: String,
    pub earned: String,
    pub today: Option<String>,
    /// Planned by today, in per cent.
    pub planned_now: String,
}

/// The curves of a project: weight due by each day, and weight reported with its actual day and not returned. None
/// where no date binds or nothing has a weight.
pub fn curve(milestones: &[MilestoneView], today: NaiveDate) -> Option<Curve> {
    let shown: Vec<(&MilestoneView, f64)> = milestones
        .iter()
        .filter(|one| one.state != "cancelled")
        .filter_map(|one| Some((one, one.weight.parse().ok()?)))
        .collect();
    let whole: f64 = shown.iter().map(|(_, weight)| weight).sum();
    if shown.len() < 2 || whole <= 0.0 {
        return None;
    }
    let mut due: Vec<(NaiveDate, f64)> = shown
        .iter()
        .map(|(one, weight)| (one.planned_on, *weight))
        .collect();
    let mut done: Vec<(NaiveDate, f64)> = shown
        .iter()
        .filter(|(one, _)| matches!(one.state.as_str(), "reported" | "verified"))
        .filter_map(|(one, weight)| Some((one.actual_on?, *weight)))
        .collect();
    due.sort_by_key(|(day, _)| *day);
    done.sort_by_key(|(day, _)| *day);
    let first = due.iter().chain(&done).map(|(day, _)| *day).min()?.with_day(1)?;
    let last = due
        .iter()
        .chain(&done)
        .map(|(day, _)| *day)
        .max()?
        .max(today.min(due.last()?.0));
    let days = ((last - first).num_days()).max(30) as f64;
    let (left, right, top, bottom) = (40.0, 980.0, 14.0, 150.0);
    let x = |day: NaiveDate| left + (right - left) * ((day - first).num_days() as f64 / days).clamp(0.0, 1.0);
    let y = |part: f64| bottom - (bottom - top) * part / whole;
    let line = |steps: &[(NaiveDate, f64)], until: NaiveDate| {
        let mut sum = 0.0;
        let mut path = format!("M{left:.1} {:.1}", y(0.0));
        for (day, weight) in steps {
            path.push_str(&format!("H{:.1}", x(*day)));
            sum += weight;
            path.push_str(&format!("V{:.1}", y(sum)));
        }
        path.push_str(&format!(
            "H{:.1}",
            x(until.max(steps.last().map_or(first, |step| step.0)))
        ));
        path
    };
    let weights: Vec<(NaiveDate, BigDecimal)> = shown
        .iter()
        .filter_map(|(one, _)| Some((one.planned_on, one.weight.parse().ok()?)))
        .collect();
    Some(Curve {
        ticks: (first.year() + 1..=last.year() + 1)
            .filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1))
            .filter(|day| *day <= last)
            .map(|day| Tick {
                x: format!("{:.1}", x(day)),
                label: day.year().to_string(),
            })
            .collect(),
        planned: line(&due, last),
        earned: line(&done, today.min(last)),
        today: (today >= first && today <= last).then(|| format!("{:.1}", x(today))),
        planned_now: planned_percent(&weights, today)?.to_plain_string(),
    })
}

/// A part of a bar: where it begins and how long it is, in the picture's units.
pub struct Part {
    pub tone: &'static str,
    pub at: String,
    pub long: String,
}

/// Laid end to end over `whole` units of length; what counts nothing has no part.
pub fn parts(counts: &[(&'static str, i64)], most: i64, whole: f64) -> Vec<Part> {
    let mut at = 0.0;
    counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(tone, count)| {
            let long = whole * (*count as f64) / (most.max(1) as f64);
            let part = Part {
                tone,
                at: format!("{at:.2}"),
                long: format!("{long:.2}"),
            };
            at += long;
            part
        })
        .collect()
}

/// A text of at most so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}
