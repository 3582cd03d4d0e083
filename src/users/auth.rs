//! Signing in: what needs the key of the tokens, the place where passwords are hashed, and transactions around both.
//! No transaction is open while a password is hashed.

use std::sync::Arc;

use uuid::Uuid;

use super::actions::sessions::{self, Opened, Refreshed};
use super::model::{Credentials, TokenPair};
use super::passwords::{self, Passwords, Slot};
use super::throttle;
use super::tokens::{ACCESS_SECONDS, Tokens, hash_of};
use super::{actions::accounts::Given, store};
use crate::db::{Database, Door, Origin};
use crate::kernel::authz::{Actor, Person};
use crate::kernel::{Code, Error, Result};

/// Where an attempt to prove a password comes from.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// As [`throttle::network_of`] says it.
    pub network: String,
    pub trace_id: String,
    pub door: Door,
}

impl Attempt {
    /// What is written before anybody is known, the house itself writes.
    fn origin(&self) -> Origin {
        Origin {
            actor: Actor::System,
            door: self.door,
            trace_id: self.trace_id.clone(),
        }
    }
}

/// Everything that proves who somebody is. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    inner: Arc<Inner>,
}

struct Inner {
    tokens: Tokens,
    passwords: Passwords,
    behind_proxy: bool,
}

impl Auth {
    /// `key` signs the access tokens: secret, of at least [`super::tokens::LEAST_KEY`] bytes. `behind_proxy`: the
    /// last entry of `X-Forwarded-For` is the peer, written there by a proxy of the operator's. Hashes a password
    /// once, some tens of milliseconds.
    pub fn new(key: &[u8], behind_proxy: bool) -> Result<Auth> {
        let inner = Inner {
            tokens: Tokens::new(key)?,
            passwords: Passwords::new()?,
            behind_proxy,
        };
        Ok(Auth {
            inner: Arc::new(inner),
        })
    }

    pub fn behind_proxy(&self) -> bool {
        self.inner.behind_proxy
    }

    /// Whoever shows this access token, with the rights that he has at this moment.
    pub async fn person_of(&self, db: &Database, token: &str) -> Result<Person> {
        let claims = self.inner.tokens.read(db.clock.now(), token)?;
        let person = standing(db, claims.sid, Door::Api).await?;
        match person.user_id == claims.sub {
            true => Ok(person),
            false => Err(Error::Unauthenticated(Code::AuthSessionEnded)),
        }
    }

    /// Whoever shows the secret of a session of the pages, with the rights that he has at this moment.
    pub async fn visitor_of(&self, db: &Database, secret: &str) -> Result<Person> {
        let hash = hash_of(secret);
        let session_id = db
            .read(async |conn| store::sessions::session_of_token(conn, &hash).await)
            .await?
            .ok_or(Error::Unauthenticated(Code::AuthSessionEnded))?;
        standing(db, session_id, Door::Page).await
    }

    /// Opens a session by user name and password. Unknown, disabled and mistaken get the same answer for the same
    /// work, and wait alike after failures.
    pub async fn sign_in(
        &self,
        db: &Database,
        attempt: &Attempt,
        username: &str,
        password: String,
    ) -> Result<TokenPair> {
        let opened = self.open(db, attempt, username, password).await?;
        self.pair(db, opened)
    }

    /// The same for whichever door the attempt came by.
    pub async fn open(
        &self,
        db: &Database,
        attempt: &Attempt,
        username: &str,
        password: String,
    ) -> Result<Opened> {
        let account = throttle::account_of(username);
        let slot = self.admit(db, attempt, &account).await?;
        let username = throttle::folded(username);
        let known = db
            .read(async |conn| store::accounts::credentials(conn, &username).await)
            .await?;
        let stored = known
            .as_ref()
            .map_or(self.inner.passwords.nobody(), |k| &k.password_hash);
        let right = slot.verify(password, stored.to_owned()).await?;
        let Some(known) = known.filter(|known| right && known.disabled_at.is_none()) else {
            self.failed(db, attempt, &account).await?;
            return Err(Error::Unauthenticated(Code::AuthCredentialsWrong));
        };
        drop(slot);
        db.write(&attempt.origin(), async |tx| {
            let opened = sessions::open(tx, &known, attempt.door).await?;
            store::sessions::clear_failures(tx.conn(), &account, Some(&attempt.network)).await?;
            Ok(opened)
        })
        .await
    }

    /// The next pair of tokens for a refresh token.
    pub async fn refresh(&self, db: &Database, attempt: &Attempt, token: &str) -> Result<TokenPair> {
        let refreshed = db
            .write(&attempt.origin(), async |tx| sessions::refresh(tx, token).await)
            .await?;
        match refreshed {
            Refreshed::Next(opened) => self.pair(db, opened),
            Refreshed::Reused => Err(Error::Unauthenticated(Code::AuthRefreshReused)),
        }
    }

    /// Takes a password that somebody chose, for the old one. A wrong old one counts as a failure to sign in: a
    /// stolen access token must not be a way to guess passwords.
    pub async fn change_password(
        &self,
        db: &Database,
        attempt: &Attempt,
        person: &Person,
        old: String,
        new: String,
    ) -> Result<()> {
        let known = self.known(db, person.user_id).await?;
        let faults = passwords::faults(&new, &old, &known.username);
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let account = throttle::account_of(&known.username);
        let slot = self.admit(db, attempt, &account).await?;
        if !slot.verify(old, known.password_hash.clone()).await? {
            self.failed(db, attempt, &account).await?;
            return Err(Error::invalid("/old_password", Code::AuthCredentialsWrong));
        }
        let password_hash = slot.hash(new).await?;
        drop(slot);
        let origin = Origin {
            actor: Actor::Person(person.clone()),
            ..attempt.origin()
        };
        db.write(&origin, async |tx| {
            sessions::change_password(tx, person, &known, &password_hash).await?;
            store::sessions::clear_failures(tx.conn(), &account, Some(&attempt.network)).await
        })
        .await
    }

    /// A password for somebody else, and its hash. Only for whoever has been found to be an administrator.
    pub async fn given_password(&self, attempt: &Attempt) -> Result<(String, Given)> {
        let password = passwords::given();
        let slot = self.inner.passwords.slot(&attempt.network).await?;
        let password_hash = slot.hash(password.clone()).await?;
        let given = Given {
            password_hash,
            must_change: true,
        };
        Ok((password, given))
    }

    /// The place where passwords are hashed, unless the account must still wait. It is asked before the queue, to
    /// keep the queue short, and after, for those before in the queue may have failed.
    async fn admit(&self, db: &Database, attempt: &Attempt, account: &str) -> Result<Slot> {
        refuse_early(db, attempt, account).await?;
        let slot = self.inner.passwords.slot(&attempt.network).await?;
        refuse_early(db, attempt, account).await?;
        Ok(slot)
    }

    async fn failed(&self, db: &Database, attempt: &Attempt, account: &str) -> Result<()> {
        db.write(&attempt.origin(), async |tx| {
            let now = tx.now();
            store::sessions::count_failure(tx.conn(), account, &attempt.network, now).await
        })
        .await
    }

    async fn known(&self, db: &Database, user_id: Uuid) -> Result<Credentials> {
        db.read(async |conn| store::accounts::credentials_of(conn, user_id).await)
            .await?
            .ok_or(Error::Unauthenticated(Code::AuthSessionEnded))
    }

    fn pair(&self, db: &Database, opened: Opened) -> Result<TokenPair> {
        let Opened {
            session,
            refresh_token,
            must_change_password,
        } = opened;
        Ok(TokenPair {
            access_token: self
                .inner
                .tokens
                .issue(db.clock.now(), session.user_id, session.id)?,
            token_type: "Bearer",
            expires_in: ACCESS_SECONDS,
            refresh_token,
            refresh_expires_at: session.expires_at,
            must_change_password,
        })
    }
}

/// Whose session it is, if it stands and was opened by this door.
async fn standing(db: &Database, session_id: Uuid, door: Door) -> Result<Person> {
    let ended = || Error::Unauthenticated(Code::AuthSessionEnded);
    let rows = db
        .read(async |conn| store::sessions::rights(conn, session_id).await)
        .await?;
    let (session, disabled_at, must_change_password, ..) = rows.first().ok_or_else(ended)?;
    let stands =
        session.revoked_at.is_none() && session.expires_at > db.clock.now() && session.door == door.as_str();
    if !stands || disabled_at.is_some() {
        return Err(ended());
    }
    let (user_id, session_id, must_change_password) = (session.user_id, session.id, *must_change_password);
    let memberships = rows
        .into_iter()
        .filter_map(|(.., membership, kind)| membership.zip(kind))
        .map(|(row, organisation_kind)| row.judged(organisation_kind))
        .collect::<Result<Vec<_>>>()?;
    Ok(Person {
        user_id,
        session_id,
        must_change_password,
        memberships,
    })
}

async fn refuse_early(db: &Database, attempt: &Attempt, account: &str) -> Result<()> {
    let failed = db
        .read(async |conn| store::sessions::failures(conn, account, &attempt.network).await)
        .await?;
    match failed.and_then(|(failures, last)| throttle::wait(failures, last, db.clock.now())) {
        Some(seconds) => Err(Error::TooManyRequests {
            code: Code::AuthTooManyAttempts,
            seconds,
        }),
        None => Ok(()),
    }
}
