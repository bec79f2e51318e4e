//! STUN and TURN servers and their credentials.

use std::time::Duration;

use engineio::Time;
use natter::accounts::username::Username;
use natter::ice::{
    FAILURE_KEPT_FOR, IceServer, Kept, MAX_KEPT, Settings, is_stun_url, is_turn_url, pseudonym,
    read_cloudflare, shared_secret,
};
use serde_json::{Value, json};

use crate::support::START;
use crate::support::room::tokens;

fn shown(server: &IceServer) -> Value {
    serde_json::to_value(server).unwrap()
}

#[test]
fn credentials_of_a_shared_secret_are_a_name_that_expires_and_its_keyed_hash() {
    let urls = ["turn:turn.example.com:3478".to_owned()];
    // echo -n '1433895918:ann' | openssl dgst -sha1 -hmac 'north' -binary | base64
    let server = shared_secret(&urls, "north", "ann", Time::from_millis(1_433_895_918_999));
    assert_eq!(
        shown(&server),
        json!({
            "urls": ["turn:turn.example.com:3478"],
            "username": "1433895918:ann",
            "credential": "zAlhH20kpuDJR8ZKdq5vyQV+Ung=",
        })
    );
}

#[test]
fn a_turn_server_does_not_learn_the_name_of_a_user() {
    let pseudonym_of = |name: &str| pseudonym(&tokens(), Username::parse(name).expect(name).key());
    assert_eq!(pseudonym_of("a:b@example.com"), pseudonym_of("A:B@example.com"));
    let names = ["a:b@example.com", "John Doe", "😀smile", "Ελένη"];
    for name in names {
        let pseudonym = pseudonym_of(name);
        assert_eq!(pseudonym.len(), 22);
        assert!(
            pseudonym.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{pseudonym}"
        );
        let server = shared_secret(&[], "north", &pseudonym, Time::from_millis(1_433_895_918_999));
        assert_eq!(server.username, Some(format!("1433895918:{pseudonym}")));
    }
}

#[test]
fn there_is_always_stun_and_everything_expires_at_once() {
    let stun = vec!["stun:a.example".to_owned(), "stun:b.example".to_owned()];
    let settings = Settings { stun, turn: None, ttl: Duration::from_secs(60) };
    let servers = settings.servers(Time::from_millis(1000), Vec::new());
    assert_eq!(
        serde_json::to_value(servers).unwrap(),
        json!({
            "iceServers": [{ "urls": ["stun:a.example", "stun:b.example"] }],
            "expiresAt": "1970-01-01T00:01:01.000Z",
        })
    );
}

#[test]
fn of_an_answer_of_the_api_the_turn_servers_are_taken() {
    let answer = json!({ "iceServers": [
        { "urls": ["stun:stun.cloudflare.com:3478"] },
        { "urls": ["turn:turn.cloudflare.com:3478?transport=udp"], "username": "u", "credential": "c" },
        { "urls": "turns:turn.cloudflare.com:443", "username": "u", "credential": "c", "more": 1 },
    ] });
    let servers = read_cloudflare(&answer.to_string()).unwrap();
    let urls: Vec<_> = servers.iter().flat_map(|server| &server.urls).collect();
    assert_eq!(urls, ["turn:turn.cloudflare.com:3478?transport=udp", "turns:turn.cloudflare.com:443"]);
}

#[test]
fn anything_else_is_no_answer() {
    for answer in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "iceServers": [] }),
        json!({ "iceServers": {} }),
        json!({ "iceServers": [{ "urls": ["stun:stun.cloudflare.com"] }] }),
        json!({ "iceServers": [{ "urls": ["turn:t.example"], "username": "u" }] }),
        json!({ "iceServers": [{ "urls": ["https://t.example"], "username": "u", "credential": "c" }] }),
        json!({ "iceServers": [{ "urls": [], "username": "u", "credential": "c" }] }),
        json!({ "iceServers": [{ "urls": 1, "username": "u", "credential": "c" }] }),
    ] {
        assert!(read_cloudflare(&answer.to_string()).is_none(), "{answer}");
    }
    assert!(read_cloudflare("<html>").is_none());
}

#[test]
fn urls_name_their_kind_and_a_host() {
    for url in ["stun:a", "stuns:a.example:5349", "stun:[::1]:3478", "stun:192.0.2.1"] {
        assert!(is_stun_url(url) && !is_turn_url(url), "{url}");
    }
    for url in ["turn:a?transport=udp", "turns:a.example:443?transport=tcp"] {
        assert!(is_turn_url(url) && !is_stun_url(url), "{url}");
    }
    for url in
        ["", "stun:", "turn:", "stun://a", "a.example", "http://a", "turn: a", "turn:a b", "turn:ä", "STUN:"]
    {
        assert!(!is_stun_url(url) && !is_turn_url(url), "{url}");
    }
}

#[test]
fn credentials_are_kept_for_half_of_their_life() {
    let mut kept = Kept::new(Duration::from_secs(600));
    assert_eq!(kept.get_or(START, "ann", || 1), (START, 1));
    let half = START + Duration::from_secs(300);
    let just_before = Time::from_millis(half.as_millis() - 1);
    assert_eq!(kept.get_or(just_before, "ann", || 2), (START, 1));
    assert_eq!(kept.get_or(just_before, "ben", || 3), (just_before, 3));
    assert_eq!(kept.get_or(half, "ann", || 4), (half, 4));
    // After the clock was set back, their age is unknown.
    assert_eq!(kept.get_or(START, "ann", || 5), (START, 5));
}

#[test]
fn a_failure_is_kept_for_a_moment() {
    let mut kept = Kept::new(Duration::from_secs(600));
    kept.get_or(START, "ann", || 1);
    kept.failed(START, "ann", START);
    let later = START + FAILURE_KEPT_FOR;
    assert_eq!(kept.get_or(Time::from_millis(later.as_millis() - 1), "ann", || 2), (START, 1));
    assert_eq!(kept.get_or(later, "ann", || 3), (later, 3));
    // A request made meanwhile has another answer.
    kept.failed(later, "ann", START);
    assert_eq!(kept.get_or(later + FAILURE_KEPT_FOR, "ann", || 4), (later, 3));
}

#[test]
fn kept_credentials_are_bounded() {
    let mut kept = Kept::new(Duration::from_secs(600));
    for number in 0..=MAX_KEPT as u64 {
        kept.get_or(START + Duration::from_millis(number), &format!("user{number}"), || number);
    }
    assert_eq!(kept.len(), MAX_KEPT);
    let now = START + Duration::from_secs(2);
    assert_eq!(kept.get_or(now, "user1", || 0).1, 1);
    assert_eq!(kept.get_or(now, "user0", || 7), (now, 7), "the oldest went");
    kept.get_or(START + Duration::from_secs(900), "somebody", || 8);
    assert_eq!(kept.len(), 1);
}
