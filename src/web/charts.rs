//! Pictures drawn on the server: where each mark of a project's timeline stands. The same facts stand in a table
//! beside each.

use chrono::{Datelike, NaiveDate};

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

/// A text of at most so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}
