//! Passwords: how one is hashed (argon2id, 19 MiB, two passes: OWASP's least), how many at once, and which are taken.
//!
//! Hashing is meant to be dear. One is hashed at a time in a process, on a thread for such work; a few wait, the rest
//! is told to come again. No network may fill the queue alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use rand::RngExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

use crate::kernel::{Code, Error, Fault, Result};

/// The fewest characters of a password that somebody chooses.
pub const LEAST: usize = 10;
/// The most characters that are looked at.
pub const MOST: usize = 200;

/// How many may be in the queue, the one at work among them.
const QUEUE: usize = 17;
/// How many of those from one network.
const QUEUE_OF_NETWORK: usize = 8;
const WAIT: Duration = Duration::from_secs(3);

/// Letters and digits that nobody mistakes for one another.
const READABLE: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Passwords of [`LEAST`] characters or more that everybody tries first, in lower case.
const COMMON: [&str; 24] = [
    "0123456789",
    "1234567890",
    "12345678910",
    "1234567890a",
    "0987654321",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "1qaz@wsx3edc",
    "a123456789",
    "aa123456789",
    "abc1234567",
    "abcd123456",
    "abcd1234567",
    "asdfghjkl1",
    "iloveyou520",
    "password01",
    "password12",
    "password123",
    "p@ssw0rd123",
    "passw0rd123",
    "qwerty1234",
    "qwerty12345",
    "qwertyuiop",
    "woaini1314520",
];

/// The queue before the one place where passwords are hashed.
pub struct Passwords {
    place: Arc<Semaphore>,
    waiting: Arc<Mutex<HashMap<String, usize>>>,
    /// The hash of no password, so that somebody unknown costs what somebody known costs.
    nobody: String,
}

/// The place where passwords are hashed, held by one at a time.
pub struct Slot {
    permit: Arc<OwnedSemaphorePermit>,
    _queued: Queued,
}

/// One who stands in the queue of a network, or works.
struct Queued {
    waiting: Arc<Mutex<HashMap<String, usize>>>,
    network: String,
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = waiting.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.network);
            }
        }
    }
}

impl Passwords {
    /// Hashes once, to have what an unknown user is compared with.
    pub fn new() -> Result<Passwords> {
        Ok(Passwords {
            place: Arc::new(Semaphore::new(1)),
            waiting: Arc::default(),
            nobody: hash(&given())?,
        })
    }

    pub fn nobody(&self) -> &str {
        &self.nobody
    }

    /// Waits for the place; refused where the queue is full or the wait gets long.
    pub async fn slot(&self, network: &str) -> Result<Slot> {
        let busy = || Error::TooManyRequests {
            code: Code::AuthBusy,
            seconds: 1,
        };
        let queued = self.queue(network).ok_or_else(busy)?;
        match tokio::time::timeout(WAIT, self.place.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Slot {
                permit: Arc::new(permit),
                _queued: queued,
            }),
            _ => Err(busy()),
        }
    }

    fn queue(&self, network: &str) -> Option<Queued> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = waiting.values().sum();
        let here = waiting.get(network).copied().unwrap_or_default();
        if all >= QUEUE || here >= QUEUE_OF_NETWORK {
            return None;
        }
        waiting.insert(network.to_owned(), here + 1);
        Some(Queued {
            waiting: self.waiting.clone(),
            network: network.to_owned(),
        })
    }
}

impl Slot {
    pub async fn verify(&self, password: String, stored: String) -> Result<bool> {
        self.work(move || verify(&password, &stored)).await
    }

    pub async fn hash(&self, password: String) -> Result<String> {
        self.work(move || hash(&password)).await
    }

    /// The thread keeps the place until it is done, even where nobody waits for it any more.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let permit = self.permit.clone();
        tokio::task::spawn_blocking(move || {
            let _held = permit;
            work()
        })
        .await
        .map_err(Error::internal)?
    }
}

fn argon2id() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The same text typed on another keyboard is the same password.
fn composed(password: &str) -> String {
    password.nfc().collect()
}

/// Hashes a password on this very thread, some tens of milliseconds long: not on one that serves requests.
pub fn hash(password: &str) -> Result<String> {
    argon2id()?
        .hash_password(composed(password).as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(error.to_string()))
}

fn verify(password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored).map_err(|error| Error::internal(error.to_string()))?;
    Ok(argon2id()?
        .verify_password(composed(password).as_bytes(), &stored)
        .is_ok())
}

/// A random password that can be read out: four groups of four, 79 bits.
pub fn given() -> String {
    let mut random = rand::rng();
    let groups: Vec<String> = (0..4)
        .map(|_| {
            (0..4)
                .map(|_| char::from(READABLE[random.random_range(0..READABLE.len())]))
                .collect()
        })
        .collect();
    groups.join("-")
}

/// What is wrong with a password that somebody chose for himself.
pub fn faults(new: &str, old: &str, username: &str) -> Vec<Fault> {
    let fault = |code| Fault::new("/new_password", code);
    let mut faults = Vec::new();
    let lower = composed(new).to_lowercase();
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if new.chars().count() < LEAST {
        faults.push(fault(Code::FieldTooShort).with("least", LEAST));
    }
    if composed(new) == composed(old) {
        faults.push(fault(Code::PasswordSameAsBefore));
    }
    if lower.contains(&username.to_lowercase()) {
        faults.push(fault(Code::PasswordContainsUsername));
    }
    if COMMON.contains(&lower.as_str()) || distinct.len() < 4 {
        faults.push(fault(Code::PasswordTooCommon));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(new: &str) -> Vec<Code> {
        faults(new, "old-password-1", "zhang.san")
            .into_iter()
            .map(|fault| fault.code)
            .collect()
    }

    #[test]
    fn a_long_unusual_password_is_taken() {
        assert_eq!(codes("korrekt pferd batterie"), []);
        assert_eq!(codes("石羊河畔的清晨有微风"), []);
    }

    #[test]
    fn every_fault_of_a_password_is_told_at_once() {
        assert_eq!(codes("aaa"), [Code::FieldTooShort, Code::PasswordTooCommon]);
        assert_eq!(codes("old-password-1"), [Code::PasswordSameAsBefore]);
        assert_eq!(codes("x-Zhang.San-99"), [Code::PasswordContainsUsername]);
        assert_eq!(codes("Password123"), [Code::PasswordTooCommon]);
        assert_eq!(codes("ababababababab"), [Code::PasswordTooCommon]);
    }

    #[test]
    fn a_given_password_can_be_read_out_and_is_never_the_same() {
        let one = given();
        assert_eq!(one.len(), 19);
        assert!(
            one.split('-')
                .all(|group| group.len() == 4 && group.bytes().all(|c| READABLE.contains(&c)))
        );
        assert_ne!(one, given());
        assert!(faults(&one, "", "zhang.san").is_empty());
    }

    #[test]
    fn a_hash_knows_its_password_however_it_was_composed() {
        let stored = hash("caf\u{e9}-caf\u{e9}").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("cafe\u{301}-cafe\u{301}", &stored).unwrap());
        assert!(!verify("cafe-cafe", &stored).unwrap());
    }

    #[tokio::test]
    async fn one_network_cannot_fill_the_queue() {
        let passwords = Passwords::new().unwrap();
        let busy: Vec<Queued> = (0..QUEUE_OF_NETWORK)
            .map(|_| passwords.queue("10.0.0.0/24").unwrap())
            .collect();
        assert!(passwords.queue("10.0.0.0/24").is_none());
        assert!(passwords.slot("10.0.1.0/24").await.is_ok());
        let others: Vec<Queued> = (0..QUEUE - QUEUE_OF_NETWORK)
            .map(|n| passwords.queue(&format!("10.1.{n}.0/24")).unwrap())
            .collect();
        assert!(matches!(
            passwords.slot("10.9.9.0/24").await,
            Err(Error::TooManyRequests {
                code: Code::AuthBusy,
                ..
            })
        ));
        drop((busy, others));
        assert!(passwords.slot("10.0.0.0/24").await.is_ok());
    }
}
