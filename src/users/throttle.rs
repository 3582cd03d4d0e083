//! The delay that grows with wrong passwords, by account and network together: who guesses delays his own network,
//! never somebody elsewhere.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::db::log::hex;

/// So many failures are free; the next attempt waits.
pub const FREE: i32 = 5;
/// The longest wait, in seconds.
pub const LONGEST: i64 = 15 * 60;
/// After so many hours without a failure all is forgotten.
pub const FORGOTTEN_HOURS: i64 = 24;

/// How long after the last of so many failures the next attempt is refused, in seconds: 1, 2, 4 … up to [`LONGEST`].
pub fn delay(failures: i32) -> i64 {
    if failures < FREE {
        return 0;
    }
    let doublings = u32::try_from(failures - FREE).unwrap_or(u32::MAX).min(20);
    (1_i64 << doublings).min(LONGEST)
}

/// How many seconds are left to wait, rounded up; none where an attempt may be made now.
pub fn wait(failures: i32, last_failed_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<u64> {
    let since = now - last_failed_at;
    if since >= TimeDelta::hours(FORGOTTEN_HOURS) {
        return None;
    }
    let left = TimeDelta::seconds(delay(failures)) - since;
    let seconds = (left.num_milliseconds() + 999).div_euclid(1000);
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

/// The network of an address: /24 of IPv4, /64 of IPv6; an IPv4 address in IPv6 clothes is one of IPv4.
pub fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// A user name as it is looked up.
pub fn folded(username: &str) -> String {
    username.trim().to_lowercase()
}

/// The account under which failures are counted: a hash, for people type their passwords into the wrong field.
pub fn account_of(username: &str) -> String {
    hex(&Sha256::digest(folded(username).as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn the_delay_doubles_after_five_failures_up_to_a_quarter_of_an_hour() {
        let delays: Vec<i64> = (0..=16).map(delay).collect();
        assert_eq!(
            delays,
            [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
        );
        assert_eq!(delay(i32::MAX), LONGEST);
    }

    #[test]
    fn what_is_left_to_wait_is_rounded_up_and_ends() {
        let last = Utc.with_ymd_and_hms(2026, 3, 1, 8, 0, 0).unwrap();
        assert_eq!(wait(4, last, last), None);
        assert_eq!(wait(7, last, last), Some(4));
        assert_eq!(wait(7, last, last + TimeDelta::milliseconds(3_500)), Some(1));
        assert_eq!(wait(7, last, last + TimeDelta::seconds(4)), None);
        assert_eq!(wait(99, last, last + TimeDelta::hours(24)), None);
    }

    #[test]
    fn a_clock_that_went_back_does_not_open_the_door() {
        let last = Utc.with_ymd_and_hms(2026, 3, 1, 8, 0, 0).unwrap();
        assert_eq!(wait(5, last, last - TimeDelta::seconds(2)), Some(3));
    }

    #[test]
    fn neighbours_share_a_network() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("10.1.2.3"), "10.1.2.0/24");
        assert_eq!(network("::ffff:10.1.2.200"), "10.1.2.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }

    #[test]
    fn an_account_is_the_same_however_it_is_typed_and_is_not_readable() {
        assert_eq!(account_of(" Zhang.San "), account_of("zhang.san"));
        assert!(!account_of("zhang.san").contains("zhang"));
    }
}
