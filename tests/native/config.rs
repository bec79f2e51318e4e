//! The settings.

use std::time::Duration;

use natter::accounts::password::DEFAULT_ROUNDS;
use natter::config::table::{LOCAL_RUN, Number, SETTINGS, Setting, Value};
use natter::config::{Config, ConfigError};
use natter::ice::Turn;
use proptest::prelude::*;
use socketio_durable::proxy::TrustedProxy;

const FRONTEND_URL: &str = "FRONTEND_URL";
const JWT_SECRET: &str = "JWT_SECRET";
const JWT_SECRET_PREVIOUS: &str = "JWT_SECRET_PREVIOUS";
const TRUSTED_PROXY: &str = "TRUSTED_PROXY";

const SECRET: &str = "wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0PsA";

/// Reads the given settings, with a strong secret unless they have one.
fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::read(|name| {
        let given = settings.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned());
        given.or_else(|| (name == JWT_SECRET).then(|| SECRET.to_owned()))
    })
}

fn numbers() -> impl Iterator<Item = Number> {
    SETTINGS.iter().filter_map(|setting| match setting.value {
        Value::Number(number) => Some(number),
        Value::Text(_) => None,
    })
}

fn problems(settings: &[(&str, &str)]) -> Vec<String> {
    read(settings).expect_err("wrong").problems
}

#[test]
fn only_the_secret_is_required() {
    let config = read(&[]).expect("valid");
    assert_eq!(config.origins.iter().collect::<Vec<_>>(), ["http://localhost:5173"]);
    assert_eq!(config.jwt_ttl, Duration::from_secs(7 * 24 * 3600));
    assert_eq!(config.refresh_ttl, Duration::from_secs(30 * 24 * 3600));
    assert_eq!(config.logins_per_user, 20);
    assert!(config.jwt_secret_previous.is_none());
    assert_eq!(config.history_limit, 50);
    assert_eq!(config.ping_interval, Duration::from_secs(25));
    assert_eq!(config.ping_timeout, Duration::from_secs(20));
    assert_eq!(config.max_payload, 1_000_000);
    assert_eq!(config.connect_timeout, Duration::from_secs(45));
    assert_eq!(config.upgrade_timeout, Duration::from_secs(10));
    assert_eq!(config.password_min_chars, 8);
    assert_eq!(config.password_rounds, DEFAULT_ROUNDS);

    let error = Config::read(|_| None).expect_err("no secret");
    assert_eq!(error.problems.len(), 1);
    assert!(error.to_string().starts_with("JWT_SECRET is missing. "), "{error}");
}

#[test]
fn the_settings_of_the_conformance_suites_are_possible() {
    let config = read(&[
        ("PING_INTERVAL_MS", "300"),
        ("PING_TIMEOUT_MS", "200"),
        ("MAX_PAYLOAD_BYTES", "1000000"),
        ("CONNECT_TIMEOUT_MS", "1000"),
    ])
    .expect("valid");
    assert_eq!(config.ping_interval, Duration::from_millis(300));
    assert_eq!(config.ping_timeout, Duration::from_millis(200));
    assert_eq!(config.connect_timeout, Duration::from_millis(1000));
}

#[test]
fn a_blank_setting_has_its_default_and_space_around_a_number_does_not_matter() {
    let config =
        read(&[(FRONTEND_URL, " "), ("JWT_TTL_SECONDS", ""), ("HISTORY_LIMIT", " 7\n")]).expect("valid");
    assert_eq!(config.origins.iter().collect::<Vec<_>>(), ["http://localhost:5173"]);
    assert_eq!(config.jwt_ttl, Duration::from_secs(7 * 24 * 3600));
    assert_eq!(config.history_limit, 7);
    assert!(problems(&[(JWT_SECRET, "  ")])[0].starts_with("JWT_SECRET is missing. "));
}

#[test]
fn every_number_has_bounds_that_its_message_names() {
    for number in numbers() {
        assert!((number.min..=number.max).contains(&number.default), "{}", number.name);
        // Each bound is valid; two that depend on each other move together.
        for bound in [number.min, number.max].map(|bound| bound.to_string()) {
            let mut settings = vec![(number.name, bound.as_str())];
            if number.name.starts_with("PING_") {
                settings.extend([("PING_INTERVAL_MS", "300000"), ("PING_TIMEOUT_MS", "100")]);
            }
            read(&settings).unwrap_or_else(|error| panic!("{} = {bound}: {error}", number.name));
        }
        let must = format!("must be a whole number of {} from {} to {}", number.unit, number.min, number.max);
        let beyond = [number.min.checked_sub(1), number.max.checked_add(1)];
        for value in beyond.into_iter().flatten().map(|value| value.to_string()) {
            assert_eq!(
                problems(&[(number.name, &value)])[0],
                format!("{} is {value}, but {must}.", number.name)
            );
        }
        for text in ["-1", "+5", "1e3", "1.5", "0x10", "1_000", "seven", "٣", "NaN", "300 000"] {
            let expected = format!("{} {must}, written in digits only.", number.name);
            assert_eq!(problems(&[(number.name, text)]), [expected]);
        }
        let expected = format!("{} is too large: it {must}.", number.name);
        assert_eq!(problems(&[(number.name, "99999999999999999999")]), [expected]);
    }
}

#[test]
fn a_ping_may_not_be_awaited_longer_than_until_the_next() {
    assert_eq!(
        problems(&[("PING_INTERVAL_MS", "5000")]),
        ["PING_TIMEOUT_MS is 20000, but must not be more than PING_INTERVAL_MS, which is 5000."]
    );
    assert!(read(&[("PING_INTERVAL_MS", "5000"), ("PING_TIMEOUT_MS", "5000")]).is_ok());
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let problems = problems(&[
        (FRONTEND_URL, "https://*"),
        (TRUSTED_PROXY, "yes"),
        (JWT_SECRET, "secret"),
        ("HISTORY_LIMIT", "1000"),
        ("PASSWORD_ROUNDS", "1"),
        ("PING_TIMEOUT_MS", "25001"),
    ]);
    let starts = [
        "FRONTEND_URL",
        "TRUSTED_PROXY",
        "JWT_SECRET",
        "HISTORY_LIMIT",
        "PASSWORD_ROUNDS",
        "PING_TIMEOUT_MS",
    ];
    assert_eq!(problems.len(), starts.len());
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start) && problem.ends_with('.'), "{problem}");
    }
}

#[test]
fn a_weak_secret_is_refused_without_saying_what_it_is() {
    for (secret, weakness) in [
        ("hunter2", "JWT_SECRET is shorter than 32 bytes. "),
        ("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "JWT_SECRET repeats itself. "),
        ("your-secret-key-change-in-production", "JWT_SECRET contains a sample value that everybody knows. "),
    ] {
        let error = read(&[(JWT_SECRET, secret)]).expect_err(secret);
        assert!(error.to_string().starts_with(weakness), "{error}");
        assert!(!format!("{error} {error:?}").contains(secret));
    }
}

#[test]
fn the_secret_before_has_to_be_strong_too() {
    let previous = "9fB3kX7qW1zN5vR8tC2yM6pL4hJ0dGsE";
    let config = read(&[(JWT_SECRET_PREVIOUS, previous)]).expect("valid");
    assert!(config.jwt_secret_previous.is_some());
    assert!(!format!("{config:?}").contains(previous));
    let error = read(&[(JWT_SECRET_PREVIOUS, "hunter2")]).expect_err("weak");
    assert!(error.to_string().starts_with("JWT_SECRET_PREVIOUS is shorter than 32 bytes. "), "{error}");
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn a_login_lasts_at_least_as_long_as_its_token() {
    let config = read(&[("JWT_TTL_SECONDS", "7200"), ("REFRESH_TTL_SECONDS", "3600")]).expect("valid");
    assert_eq!(config.refresh_ttl, Duration::from_secs(7200));
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let texts = [FRONTEND_URL, TRUSTED_PROXY, LOCAL_RUN];
    for name in numbers().map(|number| number.name).chain(texts) {
        let error = read(&[(name, SECRET)]).expect_err(name);
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
    }
    let error = read(&[(FRONTEND_URL, "https://user:hunter2@chat.test")]).expect_err("credentials");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(!format!("{:?}", read(&[]).unwrap()).contains(SECRET));
}

#[test]
fn the_trusted_proxy_is_cloudflare_unless_the_server_runs_locally_or_is_told_otherwise() {
    for (settings, expected) in [
        (vec![], TrustedProxy::Cloudflare),
        (vec![(TRUSTED_PROXY, " ")], TrustedProxy::Cloudflare),
        (vec![(TRUSTED_PROXY, "none")], TrustedProxy::None),
        (vec![(TRUSTED_PROXY, " forwarded\n")], TrustedProxy::Forwarded),
        (vec![(LOCAL_RUN, "true")], TrustedProxy::None),
        (vec![(LOCAL_RUN, "true"), (TRUSTED_PROXY, "forwarded")], TrustedProxy::Forwarded),
    ] {
        assert_eq!(read(&settings).expect("valid").trusted_proxy, expected, "{settings:?}");
    }
    assert_eq!(
        problems(&[(TRUSTED_PROXY, "10.0.0.1")]),
        ["TRUSTED_PROXY must be cloudflare, forwarded or none."]
    );
    assert_eq!(problems(&[(LOCAL_RUN, "false")]), ["LOCAL_RUN must be true, or absent."]);
}

#[test]
fn only_a_local_run_admits_the_pages_of_its_machine() {
    let origin = "http://localhost:3000";
    assert_eq!(read(&[]).expect("valid").origins.permission(origin), None);
    assert!(read(&[(LOCAL_RUN, "true")]).expect("valid").origins.permission(origin).is_some());
}

proptest! {
    #[test]
    fn any_settings_are_read_or_refused(setting in prop::sample::select(SETTINGS), value in "\\PC{0,20}") {
        if let Err(error) = read(&[(setting.name(), &value)]) {
            prop_assert!(!error.problems.is_empty());
        }
    }
}

#[test]
fn zero_keeps_everything() {
    let config = read(&[]).unwrap();
    assert_eq!((config.retention_messages, config.retention_age), (None, None));
    let config = read(&[("RETENTION_MESSAGES", "1000"), ("RETENTION_DAYS", "2")]).unwrap();
    assert_eq!(config.retention_messages.map(|most| most.get()), Some(1000));
    assert_eq!(config.retention_age, Some(Duration::from_secs(2 * 24 * 3600)));
}

#[test]
fn turn_credentials_come_from_a_shared_secret_or_from_cloudflare_or_from_nowhere() {
    let ice = |settings: &[(&str, &str)]| read(settings).expect("valid").ice;
    let default = ice(&[]);
    assert_eq!(default.stun, ["stun:stun.cloudflare.com:3478"]);
    assert_eq!((default.turn, default.ttl), (None, Duration::from_secs(3600)));

    let own = ice(&[
        ("STUN_URLS", "stun:a.example , stuns:b.example"),
        ("TURN_URLS", "turn:a.example"),
        ("TURN_SECRET", "north"),
        ("TURN_TTL_SECONDS", "60"),
    ]);
    assert_eq!(own.stun, ["stun:a.example", "stuns:b.example"]);
    assert_eq!(
        own.turn,
        Some(Turn::SharedSecret { urls: vec!["turn:a.example".into()], secret: "north".into() })
    );
    assert!(!format!("{own:?}").contains("north"));

    let cloudflare = ice(&[("TURN_KEY_ID", "abc123"), ("TURN_KEY_API_TOKEN", "t0ken")]);
    let api = "https://rtc.live.cloudflare.com".into();
    assert_eq!(
        cloudflare.turn,
        Some(Turn::Cloudflare { api, key_id: "abc123".into(), api_token: "t0ken".into() })
    );
}

#[test]
fn half_of_a_turn_configuration_is_refused_without_saying_what_is_secret() {
    let own = [("TURN_URLS", "turn:a.example"), ("TURN_SECRET", "qV4xW8sD2")];
    let cloudflare = [("TURN_KEY_ID", "abc123"), ("TURN_KEY_API_TOKEN", "qV4xW8sD2")];
    for pair in [own, cloudflare] {
        for (given, missing) in [(pair[0], pair[1].0), (pair[1], pair[0].0)] {
            assert_eq!(
                problems(&[given]),
                [format!("{} is of no use without {missing}, which is missing.", given.0)]
            );
        }
    }
    for (settings, problem) in [
        ([own, cloudflare].concat(), "TURN_SECRET and TURN_KEY_API_TOKEN are both given"),
        (
            vec![("STUN_URLS", "stun:a.example,turn:b")],
            "STUN_URLS: URL number 2 must be stun: or stuns: and a host.",
        ),
        (
            vec![("TURN_URLS", "qV4xW8sD2"), own[1]],
            "TURN_URLS: URL number 1 must be turn: or turns: and a host.",
        ),
        (vec![("STUN_URLS", ",")], "STUN_URLS names no server."),
        (vec![("TURN_KEY_ID", "a/../b"), cloudflare[1]], "TURN_KEY_ID must be made of letters and digits."),
        (vec![cloudflare[0], ("TURN_KEY_API_TOKEN", "qV4xW8sD2\n\n1")], "TURN_KEY_API_TOKEN has characters"),
        ([cloudflare.to_vec(), vec![("TURN_API_URL", "ftp://a")]].concat(), "TURN_API_URL must begin with"),
    ] {
        let problems = problems(&settings);
        assert!(problems.len() == 1 && problems[0].starts_with(problem), "{problems:?}");
        assert!(!problems[0].contains("qV4xW8sD2"));
    }
}

#[test]
fn a_frontend_that_promises_six_characters_can_be_served() {
    assert_eq!(read(&[("PASSWORD_MIN_LENGTH", "6")]).unwrap().password_min_chars, 6);
    let sentence = "PASSWORD_MIN_LENGTH is 5, but must be a whole number of characters from 6 to 64.";
    assert_eq!(problems(&[("PASSWORD_MIN_LENGTH", "5")]), [sentence]);
}

/// Returns the meaning of a setting, with its bounds if it has any.
fn described(setting: &Setting) -> String {
    let meaning = setting.meaning;
    match setting.value {
        Value::Number(Number { min: 0, max, .. }) => format!("{meaning}: up to {max}"),
        Value::Number(Number { min, max, .. }) => format!("{meaning}: {min} to {max}"),
        Value::Text(_) => meaning.to_owned(),
    }
}

/// Returns the description as the start of a sentence.
fn sentence(setting: &Setting) -> String {
    let description = described(setting);
    description[..1].to_uppercase() + &description[1..]
}

/// Returns the assignments in a file, each with the comment right above it.
fn assignments<'a>(
    text: &'a str,
    assignment: impl Fn(&'a str) -> Option<(&'a str, &'a str)>,
) -> Vec<(&'a str, &'a str, String)> {
    let (mut found, mut comment) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some((name, value)) = assignment(line) {
            found.push((name, value, comment.join(" ")));
            comment.clear();
        } else if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
        } else {
            comment.clear();
        }
    }
    found
}

#[test]
fn the_documented_settings_are_those_of_the_table() {
    let page = include_str!("../../docs/configuration.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| name | default | meaning |"));
    let rows: Vec<_> = rows.skip(2).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), SETTINGS.len());
    for (row, setting) in rows.iter().zip(SETTINGS) {
        let default = match setting.value {
            Value::Number(number) => number.default.to_string(),
            Value::Text(text) if text.default.is_empty() => "–".to_owned(),
            Value::Text(text) => format!("`{}`", text.default),
        };
        let start = format!("| `{}` | {default} | {}", setting.name(), described(setting));
        assert!(row.starts_with(&start), "{row}\ndoes not start with\n{start}");
        assert_eq!(setting.is_secret(), row.contains("never in `[vars]`"), "{row}");
    }
}

#[test]
fn wrangler_toml_lists_the_settings_of_the_table() {
    let file = include_str!("../../wrangler.toml");
    let (_, vars) = file.split_once("[vars]\n").expect("settings");
    let (vars, secrets) = vars.split_once("\n\n").expect("secrets");
    let listed = assignments(vars, |line| line.split_once(" = "));
    let settings: Vec<_> = SETTINGS.iter().filter(|setting| !setting.is_secret()).collect();
    assert_eq!(listed.iter().map(|it| it.0).collect::<Vec<_>>(), names(&settings));
    for ((name, value, comment), setting) in listed.iter().zip(settings) {
        let (start, default) = match setting.value {
            Value::Number(number) => (format!("{}, by default {}.", sentence(setting), number.default), ""),
            Value::Text(text) => (format!("{}.", sentence(setting)), text.default),
        };
        assert!(comment.starts_with(&start), "{name}: {comment}\ndoes not start with\n{start}");
        assert!(comment.contains(default) || value.contains(default), "{name}: {comment}");
        let value = value.trim_matches('"');
        assert!(value.is_empty() || value == default, "{name} = {value}");
    }
    for setting in SETTINGS.iter().filter(|setting| setting.is_secret()) {
        let name = setting.name();
        assert!(secrets.contains(name) || vars.contains(&format!("wrangler secret put {name}")), "{name}");
    }
}

#[test]
fn the_example_of_local_settings_has_the_settings_of_the_table() {
    let file = include_str!("../../.dev.vars.example");
    let listed = assignments(file, |line| {
        let (name, value) = line.strip_prefix("# ")?.split_once("=\"")?;
        Some((name, value.strip_suffix('"')?))
    });
    // Local runs read no other secret, and TURN servers need one.
    let is_local = |setting: &Setting| {
        setting.name() == JWT_SECRET || !setting.is_secret() && !setting.name().starts_with("TURN_")
    };
    let settings: Vec<_> = SETTINGS.iter().filter(|setting| is_local(setting)).collect();
    assert_eq!(listed.iter().map(|it| it.0).collect::<Vec<_>>(), names(&settings));
    for ((name, value, comment), setting) in listed.iter().zip(settings) {
        let start = format!("{}.", sentence(setting));
        assert!(comment.starts_with(&start), "{name}: {comment}\ndoes not start with\n{start}");
        let default = match setting.value {
            Value::Number(number) => number.default.to_string(),
            Value::Text(text) if text.name == TRUSTED_PROXY => "none".to_owned(),
            Value::Text(text) => text.default.to_owned(),
        };
        assert_eq!(*value, default, "{name}");
    }
}

fn names<'a>(settings: &[&'a Setting]) -> Vec<&'a str> {
    settings.iter().map(|setting| setting.name()).collect()
}
