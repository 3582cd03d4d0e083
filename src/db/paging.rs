//! Keyset pages. A cursor holds the sort values of the last row, sealed with the question it belongs to, so that it
//! is refused with other filters and tells nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::kernel::{Code, Error, Result};

pub const DEFAULT_LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 200;

/// What page of a list is asked for. `limit` is 1 to [`MAX_LIMIT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: i64,
    pub cursor: Option<String>,
}

/// One page of rows and the cursor of the next.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next_cursor: Option<String>,
    pub limit: i64,
    pub total: Option<i64>,
}

fn seal(question: &str, payload: &[u8]) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update((question.len() as u64).to_be_bytes());
    hash.update(question.as_bytes());
    hash.update(payload);
    let mut short = [0; 8];
    short.copy_from_slice(&hash.finalize()[..8]);
    short
}

/// A cursor for the row with these sort values, in the list that `question` asks for.
pub fn encode<K: Serialize>(question: &str, key: &K) -> Result<String> {
    let payload = serde_json::to_vec(key).map_err(Error::internal)?;
    let mut bytes = seal(question, &payload).to_vec();
    bytes.extend(payload);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The sort values in a cursor; refused where it belongs to another question.
pub fn decode<K: DeserializeOwned>(question: &str, cursor: &str) -> Result<K> {
    let refused = || Error::malformed("?cursor", Code::CursorInvalid);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    let (mark, payload) = bytes.split_at_checked(8).ok_or_else(refused)?;
    if mark != seal(question, payload) {
        return Err(refused());
    }
    serde_json::from_slice(payload).map_err(|_| refused())
}

impl<T> Page<T> {
    /// Makes a page of the rows of a query that asked for one more than `limit`.
    pub fn cut<K: Serialize>(
        mut rows: Vec<T>,
        request: &PageRequest,
        question: &str,
        key: impl Fn(&T) -> K,
    ) -> Result<Page<T>> {
        let limit = usize::try_from(request.limit).map_err(Error::internal)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if more => Some(encode(question, &key(last))?),
            _ => None,
        };
        Ok(Page {
            rows,
            next_cursor,
            limit: request.limit,
            total: None,
        })
    }

    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(each).collect(),
            next_cursor: self.next_cursor,
            limit: self.limit,
            total: self.total,
        }
    }
}
