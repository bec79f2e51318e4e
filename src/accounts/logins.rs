//! Logins and their refresh tokens, each of which is random, stored as a hash, and good for one use.
//!
//! A refresh token names its login and carries 256 random bits. Only the newest token of a login is valid. If an older one
//! comes back, either it or its successor was stolen. The two cases look the same, so the login ends (RFC 9700, section 4.14.2).
//! A login is one row, however often it is renewed. Its table keeps its first name, `families`.
//!
//! A response can get lost. The most recently spent token therefore yields the same pair again for [`REPEATED_FOR`], until its
//! successor is exchanged. The successor's secret is a keyed hash of the spent token and a stored nonce: the server can
//! recompute it without storing any token.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::login_id::ID_BYTES;
pub use super::login_id::LoginId;
use super::token::Tokens;
use crate::storage::{Row, Storage, StorageError, Value};
use engineio::Time;
use engineio::{Context, Entropy};

/// The most expired logins deleted each time a login begins or is renewed. It exceeds what can be added meanwhile.
const SWEPT_AT_ONCE: i64 = 16;

/// How long the most recently spent token yields the same pair again.
pub const REPEATED_FOR: Duration = Duration::from_secs(30);

const KEY_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const NONCE_BYTES: usize = 16;

/// A credential that renews a login once.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Known only to holders of a token of this login, so that nobody else can end the login.
    key: [u8; KEY_BYTES],
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// Creates the first token of a new login.
    fn first(entropy: &mut dyn Entropy) -> Self {
        let mut token = Self { key: [0; KEY_BYTES], secret: [0; SECRET_BYTES] };
        entropy.fill(&mut token.key);
        entropy.fill(&mut token.secret);
        token
    }

    /// Derives the successor, which is always the same for the same nonce.
    fn next(&self, successors: &SuccessorKey, nonce: &[u8]) -> Self {
        let derivation = Hmac::<Sha256>::new_from_slice(&successors.0).expect("any length will do");
        let derivation = derivation.chain_update(self.key).chain_update(self.secret).chain_update(nonce);
        Self { key: self.key, secret: derivation.finalize().into_bytes().into() }
    }

    /// Reads a token as a client sends it.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; KEY_BYTES + SECRET_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let mut token = Self { key: [0; KEY_BYTES], secret: [0; SECRET_BYTES] };
        token.key.copy_from_slice(&bytes[..KEY_BYTES]);
        token.secret.copy_from_slice(&bytes[KEY_BYTES..]);
        Some(token)
    }

    /// Returns the token as 64 URL-safe characters, for its bearer.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.key[..], &self.secret].concat())
    }

    fn login(&self) -> LoginId {
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&Sha256::digest(self.key)[..ID_BYTES]);
        LoginId::new(id)
    }

    /// Returns the hash to store. The secret is random and cannot be guessed, so no salt is needed.
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

/// Shows the login, not the token.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken(redacted, of {})", self.login().as_str())
    }
}

/// The number and lifetime of logins.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a login outlives its last renewal.
    pub ttl: Duration,
    /// The most logins of one user. A further one ends the one renewed longest ago.
    pub per_user: u32,
}

/// The key that successors of spent tokens are derived with.
pub struct SuccessorKey([u8; 32]);

impl SuccessorKey {
    /// Derives the key from the secret of `tokens`.
    pub fn new(tokens: &Tokens) -> Self {
        Self(tokens.derive_key(b"natter: successors of refresh tokens"))
    }
}

/// A login that has begun or was renewed.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The login.
    pub login: LoginId,
    /// Its next refresh token.
    pub token: RefreshToken,
    /// The time of the renewal. It is in the past if the answer is a repetition.
    pub at: Time,
}

/// Logins that have ended and whose sockets must be disconnected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    /// The user's name key.
    pub name_key: String,
    /// The user's logins that have ended.
    pub revoked: Revoked,
}

/// The logins of a user that have ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revoked {
    /// These.
    Logins(Vec<LoginId>),
    /// Every login, and every token without one. The sockets of `caller` continue as sockets of `successor`.
    AllBut {
        /// The login of the user who asked for it.
        caller: Option<LoginId>,
        /// The login that replaces it.
        successor: LoginId,
    },
}

/// The outcome of presenting a refresh token.
#[derive(Clone, Debug)]
pub enum Exchange {
    /// The token was valid and is now spent, or it was just spent and the answer is repeated.
    Renewed {
        /// The user's name key.
        name_key: String,
        /// The renewed login.
        renewed: Renewed,
    },
    /// The login does not exist or has expired.
    Unknown,
    /// The token was spent too long ago, or its successor is spent too. Its login has ended.
    Reused(Revocation),
}

/// Begins a login for a user. Returns it, and the logins that ended to make room for it.
///
/// # Errors
/// [`StorageError`].
pub fn begin(
    storage: &impl Storage,
    entropy: &mut dyn Entropy,
    now: Time,
    settings: Settings,
    name_key: &str,
) -> Result<(Renewed, Vec<LoginId>), StorageError> {
    sweep(storage, now)?;
    let token = RefreshToken::first(entropy);
    let login = token.login();
    storage.query(
        "INSERT INTO families (id, name_key, token_hash, expires_at) VALUES (?1, ?2, ?3, ?4)",
        &[login.as_str().into(), name_key.into(), token.hash().as_slice().into(), millis(now + settings.ttl)],
    )?;
    // The new login is exempt: after the clock was set back, older ones may expire later.
    let ended = storage.query(
        "DELETE FROM families WHERE id IN (
             SELECT id FROM families WHERE name_key = ?1 AND id <> ?2 ORDER BY expires_at DESC LIMIT -1 OFFSET ?3
         ) RETURNING id",
        &[name_key.into(), login.as_str().into(), Value::Integer(i64::from(settings.per_user) - 1)],
    )?;
    Ok((Renewed { login, token, at: now }, ended.into_iter().map(id).collect::<Result<_, _>>()?))
}

/// Exchanges a refresh token for its successor.
///
/// # Errors
/// [`StorageError`].
pub fn exchange(
    storage: &impl Storage,
    cx: &mut Context<'_>,
    settings: Settings,
    successors: &SuccessorKey,
    token: &RefreshToken,
) -> Result<Exchange, StorageError> {
    sweep(storage, cx.now)?;
    let login = token.login();
    let mut rows = storage.query(
        "SELECT name_key, token_hash, ifnull(spent_hash, x''), ifnull(spent_at, 0), ifnull(nonce, x'')
         FROM families WHERE id = ?1 AND expires_at > ?2",
        &[login.as_str().into(), millis(cx.now)],
    )?;
    let Some(row) = rows.first_mut() else { return Ok(Exchange::Unknown) };
    let (name_key, hash) = (row.text(0)?, row.blob(1)?);
    if hash.ct_eq(&token.hash()).into() {
        let mut nonce = [0; NONCE_BYTES];
        cx.entropy.fill(&mut nonce);
        let next = token.next(successors, &nonce);
        renew(storage, cx.now, settings, (token, &next, &nonce))?;
        return Ok(Exchange::Renewed { name_key, renewed: Renewed { login, token: next, at: cx.now } });
    }
    let (spent, at, nonce) = (row.blob(2)?, row.integer(3)?, row.blob(4)?);
    let at = Time::from_millis(at.unsigned_abs());
    // The clock may have been set back since.
    let is_recent = cx.now.since(at).max(at.since(cx.now)) < REPEATED_FOR;
    if is_recent && spent.ct_eq(&token.hash()).into() {
        let next = token.next(successors, &nonce);
        // The successor differs if `JWT_SECRET` has been replaced since.
        if hash.ct_eq(&next.hash()).into() {
            return Ok(Exchange::Renewed { name_key, renewed: Renewed { login, token: next, at } });
        }
    }
    end(storage, token)?;
    Ok(Exchange::Reused(Revocation { name_key, revoked: Revoked::Logins(vec![login]) }))
}

/// Ends the login of a refresh token, spent or not. Returns `None` if there is no such login.
///
/// # Errors
/// [`StorageError`].
pub fn end(storage: &impl Storage, token: &RefreshToken) -> Result<Option<Revocation>, StorageError> {
    let login = token.login();
    let mut rows =
        storage.query("DELETE FROM families WHERE id = ?1 RETURNING name_key", &[login.as_str().into()])?;
    let Some(row) = rows.first_mut() else { return Ok(None) };
    Ok(Some(Revocation { name_key: row.text(0)?, revoked: Revoked::Logins(vec![login]) }))
}

/// Ends all logins of a user and begins a new one in place of `caller`, so that tokens issued before are no longer valid.
///
/// # Errors
/// [`StorageError`].
pub fn begin_alone(
    storage: &impl Storage,
    entropy: &mut dyn Entropy,
    now: Time,
    settings: Settings,
    (name_key, caller): (&str, Option<&LoginId>),
) -> Result<(Renewed, Revocation), StorageError> {
    storage.query("DELETE FROM families WHERE name_key = ?1", &[name_key.into()])?;
    let (renewed, _) = begin(storage, entropy, now, settings, name_key)?;
    let revoked = Revoked::AllBut { caller: caller.cloned(), successor: renewed.login.clone() };
    Ok((renewed, Revocation { name_key: name_key.to_owned(), revoked }))
}

/// Returns whether this user has the login and it has not expired.
///
/// # Errors
/// [`StorageError`].
pub fn is_alive(
    storage: &impl Storage,
    now: Time,
    login: &LoginId,
    name_key: &str,
) -> Result<bool, StorageError> {
    let rows = storage.query(
        "SELECT 1 FROM families WHERE id = ?1 AND name_key = ?2 AND expires_at > ?3",
        &[login.as_str().into(), name_key.into(), millis(now)],
    )?;
    Ok(!rows.is_empty())
}

fn renew(
    storage: &impl Storage,
    now: Time,
    settings: Settings,
    (spent, next, nonce): (&RefreshToken, &RefreshToken, &[u8]),
) -> Result<(), StorageError> {
    storage.query(
        "UPDATE families SET token_hash = ?2, expires_at = ?3, spent_hash = ?4, spent_at = ?5, nonce = ?6
         WHERE id = ?1",
        &[
            spent.login().as_str().into(),
            next.hash().as_slice().into(),
            millis(now + settings.ttl),
            spent.hash().as_slice().into(),
            millis(now),
            nonce.into(),
        ],
    )?;
    Ok(())
}

/// Deletes some of the expired logins.
fn sweep(storage: &impl Storage, now: Time) -> Result<(), StorageError> {
    storage.query(
        "DELETE FROM families WHERE id IN (
             SELECT id FROM families WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2
         )",
        &[millis(now), Value::Integer(SWEPT_AT_ONCE)],
    )?;
    Ok(())
}

fn id(mut row: Row) -> Result<LoginId, StorageError> {
    Ok(LoginId::stored(row.text(0)?))
}

fn millis(time: Time) -> Value {
    Value::Integer(time.as_millis() as i64)
}
