//! Private ids: the proof that a client was in a stream.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::accounts::logins::LoginId;
use crate::accounts::token::Tokens;

const SID_BYTES: usize = 15;
const UUID_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

/// Makes and checks private ids: the beginning of a stream, signed together with the user's name. A client that shows one was in
/// that stream, and missed nothing older.
pub struct PrivateIds {
    key: Hmac<Sha256>,
}

/// The beginning of a stream.
pub struct Begun {
    /// The socket id.
    pub sid: String,
    /// The newest entry of the log at that time.
    pub newest: Uuid,
    /// The login of the client.
    pub login: Option<LoginId>,
}

impl PrivateIds {
    /// Derives the key from the secret that signs tokens.
    pub fn new(tokens: &Tokens) -> Self {
        let key = tokens.derive_key(b"natter: private ids of sessions");
        Self { key: Hmac::new_from_slice(&key).expect("any length will do") }
    }

    /// Makes the private id of a stream. `None` if the socket id is not one of this server's.
    pub fn make(&self, sid: &str, newest: Uuid, login: Option<&LoginId>, name_key: &str) -> Option<String> {
        let sid = URL_SAFE_NO_PAD.decode(sid).ok().filter(|sid| sid.len() == SID_BYTES)?;
        let mut bytes = sid;
        bytes.extend(newest.as_bytes());
        if let Some(login) = login {
            bytes.extend(URL_SAFE_NO_PAD.decode(login.as_str()).ok()?);
        }
        let mac = self.mac(&bytes, name_key);
        bytes.extend(mac);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Returns the beginning of the stream that a private id of this user names. `None` if the id is not genuine.
    pub fn check(&self, private_id: &str, name_key: &str) -> Option<Begun> {
        let bytes = URL_SAFE_NO_PAD.decode(private_id).ok()?;
        let (signed, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        if !bool::from(self.mac(signed, name_key).ct_eq(mac)) {
            return None;
        }
        let (sid, rest) = signed.split_at_checked(SID_BYTES)?;
        let (newest, login) = rest.split_at_checked(UUID_BYTES)?;
        // Early versions left the login out.
        let login = match login {
            [] => None,
            login => Some(LoginId::parse(&URL_SAFE_NO_PAD.encode(login))?),
        };
        Some(Begun { sid: URL_SAFE_NO_PAD.encode(sid), newest: Uuid::from_slice(newest).ok()?, login })
    }

    fn mac(&self, signed: &[u8], name_key: &str) -> [u8; MAC_BYTES] {
        let mut mac = self.key.clone();
        mac.update(signed);
        mac.update(name_key.as_bytes());
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&mac.finalize().into_bytes()[..MAC_BYTES]);
        short
    }
}
