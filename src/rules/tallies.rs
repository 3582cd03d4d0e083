//! The four rates that every report on projects carries: 开工率, 竣工率, 投资完成率, 资金到位率.
//!
//! Source: the product's law, "Reports that stay true", in the reading that dispatch meetings (项目调度) commonly use;
//! no statute fixes the formulas, so each is said here in full. A rate is null where its denominator is nothing.
//!
//! - 开工率 = projects of construction kinds that have begun ÷ all of them. Begun: implementation, completion or closed.
//! - 竣工率 = those that are closed (accepted and handed over) ÷ all of them. One that is being accepted is not yet.
//! - 投资完成率 = money done to date ÷ planned investment.
//! - 资金到位率 = money received to date ÷ planned investment.
//!
//! Cancelled projects count nowhere; a suspended one counts. The two rates of money take the projects whose planned
//! investment is known, construction or not; one of them that has not reported yet has done and received nothing.

use std::ops::AddAssign;

use bigdecimal::{BigDecimal, Zero};

/// What the rule must know of a project.
#[derive(Debug, Clone, PartialEq)]
pub struct TallyFacts {
    pub construction: bool,
    pub life_cycle: String,
    /// In yuan.
    pub planned: Option<BigDecimal>,
    /// Of the latest report, cumulative.
    pub done: Option<BigDecimal>,
    pub received: Option<BigDecimal>,
}

/// Counts and sums of some projects; they add up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    pub projects: u64,
    pub construction: u64,
    pub begun: u64,
    pub completed: u64,
    /// Projects whose planned investment is known.
    pub with_plan: u64,
    pub planned: BigDecimal,
    pub done: BigDecimal,
    pub received: BigDecimal,
}

impl Tally {
    pub fn of(facts: &TallyFacts) -> Tally {
        let mut tally = Tally::default();
        if facts.life_cycle == "cancelled" {
            return tally;
        }
        tally.projects = 1;
        if facts.construction {
            tally.construction = 1;
            let begun = matches!(
                facts.life_cycle.as_str(),
                "implementation" | "completion" | "closed"
            );
            tally.begun = u64::from(begun);
            tally.completed = u64::from(facts.life_cycle == "closed");
        }
        if let Some(planned) = facts.planned.as_ref().filter(|planned| !planned.is_zero()) {
            tally.with_plan = 1;
            tally.planned = planned.clone();
            tally.done = facts.done.clone().unwrap_or_default();
            tally.received = facts.received.clone().unwrap_or_default();
        }
        tally
    }

    /// 开工率, in per cent.
    pub fn begun_rate(&self) -> Option<BigDecimal> {
        percent(&self.begun.into(), &self.construction.into())
    }

    /// 竣工率
    pub fn completed_rate(&self) -> Option<BigDecimal> {
        percent(&self.completed.into(), &self.construction.into())
    }

    /// 投资完成率
    pub fn done_rate(&self) -> Option<BigDecimal> {
        percent(&self.done, &self.planned)
    }

    /// 资金到位率
    pub fn received_rate(&self) -> Option<BigDecimal> {
        percent(&self.received, &self.planned)
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.projects += other.projects;
        self.construction += other.construction;
        self.begun += other.begun;
        self.completed += other.completed;
        self.with_plan += other.with_plan;
        self.planned += &other.planned;
        self.done += &other.done;
        self.received += &other.received;
    }
}

/// A share in per cent, to two decimals; none of nothing.
pub fn percent(part: &BigDecimal, whole: &BigDecimal) -> Option<BigDecimal> {
    (!whole.is_zero()).then(|| (part * BigDecimal::from(100) / whole).round(2).normalized())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn facts(construction: bool, life_cycle: &str, planned: Option<i64>, done: Option<i64>) -> TallyFacts {
        TallyFacts {
            construction,
            life_cycle: life_cycle.to_owned(),
            planned: planned.map(BigDecimal::from),
            done: done.map(BigDecimal::from),
            received: done.map(|done| BigDecimal::from(2 * done)),
        }
    }

    fn sum(all: &[TallyFacts]) -> Tally {
        let mut tally = Tally::default();
        for one in all {
            tally += &Tally::of(one);
        }
        tally
    }

    fn text(rate: Option<BigDecimal>) -> Option<String> {
        rate.map(|rate| rate.to_plain_string())
    }

    #[test]
    fn each_rate_has_its_own_denominator_and_cancelled_projects_count_nowhere() {
        let tally = sum(&[
            facts(true, "preparation", Some(300), None),
            facts(true, "implementation", Some(100), Some(50)),
            facts(true, "closed", None, Some(70)),
            facts(false, "implementation", Some(200), Some(20)),
            facts(true, "cancelled", Some(999), Some(999)),
        ]);
        assert_eq!((tally.projects, tally.construction, tally.with_plan), (4, 3, 3));
        assert_eq!(text(tally.begun_rate()).as_deref(), Some("66.67"));
        assert_eq!(text(tally.completed_rate()).as_deref(), Some("33.33"));
        // 70 was done where nobody planned a sum: it is held against nothing.
        assert_eq!(text(tally.done_rate()).as_deref(), Some("11.67"));
        assert_eq!(text(tally.received_rate()).as_deref(), Some("23.33"));
    }

    #[test]
    fn nothing_has_no_rate() {
        let tally = sum(&[facts(false, "implementation", None, Some(5))]);
        assert_eq!(tally.begun_rate(), None);
        assert_eq!(tally.done_rate(), None);
    }

    proptest! {
        #[test]
        fn rates_lie_where_they_must_and_rows_add_up_to_the_whole(
            all in prop::collection::vec((any::<bool>(), 0..6_usize, prop::option::of(0..1_000_i64), 0..1_000_i64), 0..20),
            cut in 0..20_usize
        ) {
            const CYCLES: [&str; 6] =
                ["identification", "preparation", "implementation", "completion", "closed", "cancelled"];
            let all: Vec<TallyFacts> = all.into_iter()
                .map(|(construction, cycle, planned, done)| facts(construction, CYCLES[cycle], planned, Some(done)))
                .collect();
            let whole = sum(&all);
            let (one, other) = all.split_at(cut.min(all.len()));
            let mut added = sum(one);
            added += &sum(other);
            prop_assert_eq!(&added, &whole);
            prop_assert!(whole.completed <= whole.begun && whole.begun <= whole.construction);
            if let Some(rate) = whole.begun_rate() {
                prop_assert!(rate >= BigDecimal::zero() && rate <= 100);
            }
        }
    }
}
