//! Refresh tokens: random, kept as hashes, and good for one use each.
//!
//! Every login begins a family. A refresh token says which family it belongs to and carries 256 bits that nobody can guess;
//! only the newest of a family is good. An older one that comes back was stolen, or its successor was: nobody can tell which,
//! so the whole family ends (RFC 9700, section 4.14.2). What is kept of a family is one row, however often it is renewed.
//!
//! An answer can get lost on its way. So the token that was spent last is answered with the same pair again, for
//! [`REPEATED_FOR`] and as long as its successor has not been exchanged. The successor's secret is a keyed hash of the spent
//! one and of random bytes that are kept: the server can compute it again, and nothing stored is a token.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::token::Tokens;
use crate::storage::{Row, Storage, StorageError, Value};
use engineio::Time;
use engineio::{Context, Entropy};

/// How many families that are over are removed each time that one begins or goes on: more than can have been added.
const SWEPT_AT_ONCE: i64 = 16;

/// How long the token that was spent last is answered with the same pair again.
pub const REPEATED_FOR: Duration = Duration::from_secs(30);

const KEY_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const ID_BYTES: usize = 12;
const NONCE_BYTES: usize = 16;

/// Which family a login is: public, and part of its access tokens. Nobody can make a refresh token from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FamilyId(Rc<str>);

impl FamilyId {
    /// Reads an id out of a token.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == ID_BYTES).then(|| Self(text.into()))
    }

    /// The id in 16 URL-safe characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The means to get the next access token: what names the family, and what is good for one use.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Only those who have had a token of the family know it, so that nobody else can end the family.
    key: [u8; KEY_BYTES],
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// The first of a new family.
    fn first(entropy: &mut dyn Entropy) -> Self {
        let mut token = Self { key: [0; KEY_BYTES], secret: [0; SECRET_BYTES] };
        entropy.fill(&mut token.key);
        entropy.fill(&mut token.secret);
        token
    }

    /// The one that takes this one's place: always the same for the same nonce.
    fn next(&self, successors: &SuccessorKey, nonce: &[u8]) -> Self {
        let derivation = Hmac::<Sha256>::new_from_slice(&successors.0).expect("any length will do");
        let derivation = derivation.chain_update(self.key).chain_update(self.secret).chain_update(nonce);
        Self { key: self.key, secret: derivation.finalize().into_bytes().into() }
    }

    /// Reads a token that a client shows.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; KEY_BYTES + SECRET_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let mut token = Self { key: [0; KEY_BYTES], secret: [0; SECRET_BYTES] };
        token.key.copy_from_slice(&bytes[..KEY_BYTES]);
        token.secret.copy_from_slice(&bytes[KEY_BYTES..]);
        Some(token)
    }

    /// The token as its bearer keeps it: 64 URL-safe characters.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.key[..], &self.secret].concat())
    }

    fn family(&self) -> FamilyId {
        FamilyId(URL_SAFE_NO_PAD.encode(&Sha256::digest(self.key)[..ID_BYTES]).into())
    }

    /// What is kept of it. The secret is random, so that there is nothing to guess and no salt is needed.
    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

/// Shows which family it is of, not what it is.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken(redacted, of {})", self.family().as_str())
    }
}

/// How many families there may be, and how long they last.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a family outlives its last renewal.
    pub ttl: Duration,
    /// How many one user can have; a further one ends the one that was renewed longest ago.
    pub per_user: u32,
}

/// The key from which the tokens that take the place of spent ones are derived.
pub struct SuccessorKey([u8; 32]);

impl SuccessorKey {
    /// The key that belongs to the secret of `tokens`.
    pub fn new(tokens: &Tokens) -> Self {
        Self(tokens.derive_key(b"natter: successors of refresh tokens"))
    }
}

/// A family that has begun or gone on.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// Which.
    pub family: FamilyId,
    /// The token to be used next time.
    pub token: RefreshToken,
    /// When that was: earlier than now when the answer is given again.
    pub at: Time,
}

/// Logins that have ended, and whose sockets have to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    /// Whose, as the name is compared.
    pub name_key: String,
    /// Which of that user's.
    pub revoked: Revoked,
}

/// Which logins of a user have ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revoked {
    /// These.
    Families(Vec<FamilyId>),
    /// All, those included that never had a family; the sockets of `caller` go on as sockets of `successor`.
    AllBut {
        /// The family of whoever wanted it.
        caller: Option<FamilyId>,
        /// The family that has begun in its place.
        successor: FamilyId,
    },
}

/// What becomes of a refresh token that somebody shows.
#[derive(Clone, Debug)]
pub enum Exchange {
    /// It was good and is spent now, or it was just spent and the answer is the same again.
    Renewed {
        /// Whose it is, as the name is compared.
        name_key: String,
        /// What takes its place.
        renewed: Renewed,
    },
    /// There is no such family, or it is over.
    Unknown,
    /// It had been spent before, too long ago or with a successor that is spent too. Its family has ended.
    Reused(Revocation),
}

/// Begins a family for a user. Returns it, and the families that had to end to make room for it.
///
/// # Errors
/// The database fails.
pub fn begin(
    storage: &impl Storage,
    entropy: &mut dyn Entropy,
    now: Time,
    settings: Settings,
    name_key: &str,
) -> Result<(Renewed, Vec<FamilyId>), StorageError> {
    sweep(storage, now)?;
    let token = RefreshToken::first(entropy);
    let family = token.family();
    storage.query(
        "INSERT INTO families (id, name_key, token_hash, expires_at) VALUES (?1, ?2, ?3, ?4)",
        &[
            family.as_str().into(),
            name_key.into(),
            token.hash().as_slice().into(),
            millis(now + settings.ttl),
        ],
    )?;
    // The new one stays whatever the clock says: an older one may be called newer after the clock went back.
    let ended = storage.query(
        "DELETE FROM families WHERE id IN (
             SELECT id FROM families WHERE name_key = ?1 AND id <> ?2 ORDER BY expires_at DESC LIMIT -1 OFFSET ?3
         ) RETURNING id",
        &[name_key.into(), family.as_str().into(), Value::Integer(i64::from(settings.per_user) - 1)],
    )?;
    Ok((Renewed { family, token, at: now }, ended.into_iter().map(id).collect::<Result<_, _>>()?))
}

/// Takes a refresh token in exchange for the next one.
///
/// # Errors
/// The database fails.
pub fn exchange(
    storage: &impl Storage,
    cx: &mut Context<'_>,
    settings: Settings,
    successors: &SuccessorKey,
    token: &RefreshToken,
) -> Result<Exchange, StorageError> {
    sweep(storage, cx.now)?;
    let family = token.family();
    let mut rows = storage.query(
        "SELECT name_key, token_hash, ifnull(spent_hash, x''), ifnull(spent_at, 0), ifnull(nonce, x'')
         FROM families WHERE id = ?1 AND expires_at > ?2",
        &[family.as_str().into(), millis(cx.now)],
    )?;
    let Some(row) = rows.first_mut() else { return Ok(Exchange::Unknown) };
    let (name_key, hash) = (row.text(0)?, row.blob(1)?);
    if hash.ct_eq(&token.hash()).into() {
        let mut nonce = [0; NONCE_BYTES];
        cx.entropy.fill(&mut nonce);
        let next = token.next(successors, &nonce);
        renew(storage, cx.now, settings, (token, &next, &nonce))?;
        return Ok(Exchange::Renewed { name_key, renewed: Renewed { family, token: next, at: cx.now } });
    }
    let (spent, at, nonce) = (row.blob(2)?, row.integer(3)?, row.blob(4)?);
    let at = Time::from_millis(at.unsigned_abs());
    // The clock may have been set back meanwhile.
    let is_recent = cx.now.since(at).max(at.since(cx.now)) < REPEATED_FOR;
    if is_recent && spent.ct_eq(&token.hash()).into() {
        let next = token.next(successors, &nonce);
        // It is another one when `JWT_SECRET` has been replaced in between.
        if hash.ct_eq(&next.hash()).into() {
            return Ok(Exchange::Renewed { name_key, renewed: Renewed { family, token: next, at } });
        }
    }
    end(storage, token)?;
    Ok(Exchange::Reused(Revocation { name_key, revoked: Revoked::Families(vec![family]) }))
}

/// Ends the family of a refresh token, spent or not. Returns what that revokes; nothing, when there is no such family.
///
/// # Errors
/// The database fails.
pub fn end(storage: &impl Storage, token: &RefreshToken) -> Result<Option<Revocation>, StorageError> {
    let family = token.family();
    let mut rows =
        storage.query("DELETE FROM families WHERE id = ?1 RETURNING name_key", &[family.as_str().into()])?;
    let Some(row) = rows.first_mut() else { return Ok(None) };
    Ok(Some(Revocation { name_key: row.text(0)?, revoked: Revoked::Families(vec![family]) }))
}

/// Ends all families of a user, and begins a new one for `caller`, whose own ends too: what was signed for it counts no more.
///
/// # Errors
/// The database fails.
pub fn begin_alone(
    storage: &impl Storage,
    entropy: &mut dyn Entropy,
    now: Time,
    settings: Settings,
    (name_key, caller): (&str, Option<&FamilyId>),
) -> Result<(Renewed, Revocation), StorageError> {
    storage.query("DELETE FROM families WHERE name_key = ?1", &[name_key.into()])?;
    let (renewed, _) = begin(storage, entropy, now, settings, name_key)?;
    let revoked = Revoked::AllBut { caller: caller.cloned(), successor: renewed.family.clone() };
    Ok((renewed, Revocation { name_key: name_key.to_owned(), revoked }))
}

/// Whether a family of this user exists and is not over.
///
/// # Errors
/// The database fails.
pub fn is_alive(
    storage: &impl Storage,
    now: Time,
    family: &FamilyId,
    name_key: &str,
) -> Result<bool, StorageError> {
    let rows = storage.query(
        "SELECT 1 FROM families WHERE id = ?1 AND name_key = ?2 AND expires_at > ?3",
        &[family.as_str().into(), name_key.into(), millis(now)],
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
            spent.family().as_str().into(),
            next.hash().as_slice().into(),
            millis(now + settings.ttl),
            spent.hash().as_slice().into(),
            millis(now),
            nonce.into(),
        ],
    )?;
    Ok(())
}

/// Removes some of the families that are over.
fn sweep(storage: &impl Storage, now: Time) -> Result<(), StorageError> {
    storage.query(
        "DELETE FROM families WHERE id IN (
             SELECT id FROM families WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2
         )",
        &[millis(now), Value::Integer(SWEPT_AT_ONCE)],
    )?;
    Ok(())
}

fn id(mut row: Row) -> Result<FamilyId, StorageError> {
    Ok(FamilyId(row.text(0)?.into()))
}

fn millis(time: Time) -> Value {
    Value::Integer(time.as_millis() as i64)
}
