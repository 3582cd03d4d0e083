//! Progress by weight. Source: planned progress is the weight due by a day, earned progress the weight of what is
//! reported and not returned; both of all that is not cancelled.

use bigdecimal::{BigDecimal, Zero};
use chrono::NaiveDate;

/// The share of the weights that is due by `day`, in per cent to two decimals; none without weights.
pub fn planned_percent(weights: &[(NaiveDate, BigDecimal)], day: NaiveDate) -> Option<BigDecimal> {
    let whole: BigDecimal = weights.iter().map(|(_, weight)| weight).sum();
    if whole.is_zero() {
        return None;
    }
    let due: BigDecimal = weights
        .iter()
        .filter(|(planned_on, _)| *planned_on <= day)
        .map(|(_, weight)| weight)
        .sum();
    Some((due * BigDecimal::from(100) / whole).round(2).normalized())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_today_is_planned_for_today_and_nothing_has_no_share() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let weights = [
            (day("2024-01-31"), BigDecimal::from(1)),
            (day("2024-06-30"), BigDecimal::from(2)),
        ];
        let at = |text| planned_percent(&weights, day(text)).map(|share| share.to_plain_string());
        assert_eq!(at("2024-01-30").unwrap(), "0");
        assert_eq!(at("2024-01-31").unwrap(), "33.33");
        assert_eq!(at("2024-12-31").unwrap(), "100");
        assert_eq!(planned_percent(&[], day("2024-01-31")), None);
    }
}
