//! The origins of pages, and the responses to preflights.

use natter::config::Config;
use proptest::prelude::*;
use socketio_durable::preflight::allowed_headers;
use socketio_durable::{Origins, Permission};

fn origins(text: &str) -> Origins {
    Origins::parse("FRONTEND_URL", text).expect(text)
}

/// Returns the messages about a wrong `FRONTEND_URL`.
fn problem(text: &str) -> String {
    let lookup = |name: &str| match name {
        "FRONTEND_URL" => Some(text.to_owned()),
        "JWT_SECRET" => Some("wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0PsA".to_owned()),
        _ => None,
    };
    let problems = Config::read(lookup).expect_err(text).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].clone()
}

#[test]
fn origins_are_brought_into_the_form_that_browsers_send() {
    let given = " https://Chat.Test/, http://localhost:80,https://a.test:443 ,HTTP://127.0.0.1:3000,\
                 https://chat.test,http://[0:0::1]:5173,capacitor://localhost,http://a.test:443,\
                 HTTPS://*.Chat.Test:443/,https://*.chat.test, * ,null,";
    assert_eq!(
        origins(given).iter().collect::<Vec<_>>(),
        [
            "https://chat.test",
            "http://localhost",
            "https://a.test",
            "http://127.0.0.1:3000",
            "http://[::1]:5173",
            "capacitor://localhost",
            "http://a.test:443",
            "https://*.chat.test",
            "*",
            "null",
        ]
    );
}

#[test]
fn what_is_no_origin_is_refused_saying_why() {
    for (given, why) in [
        ("https://a.test,localhost:5173", "origin number 2 lacks a scheme"),
        ("Null", "lacks a scheme"),
        ("://a.test", "malformed scheme"),
        ("1http://a.test", "malformed scheme"),
        ("https://a.test/chat", "has a path"),
        ("https://a.test?x", "has a path"),
        ("https://a.test#x", "has a path"),
        ("https://a.test//", "has a path"),
        ("https://me:pw@a.test", "has a username or password"),
        ("https://", "malformed host"),
        ("https://a b.test", "malformed host"),
        ("https://a.test\r\nX: y", "malformed host"),
        ("https://[::1", "malformed host"),
        ("https://[::g]", "IPv6"),
        ("https://münchen.test", "xn--"),
        ("https://a.test:", "port"),
        ("https://a.test:0", "port"),
        ("https://a.test:65536", "port"),
        ("https://a.test:+80", "port"),
        ("https://a.test:*", "neither alone nor the first label"),
        (",", "names no origin"),
        ("*,**", "origin number 2 has a `*` that is neither alone"),
        ("*.a.test", "neither alone nor the first label"),
        ("*://a.test", "neither alone nor the first label"),
        ("https://*", "neither alone nor the first label"),
        ("https://*:8443", "neither alone nor the first label"),
        ("https://*a.test", "neither alone nor the first label"),
        ("https://x.*.test", "neither alone nor the first label"),
        ("https://*.*.test", "neither alone nor the first label"),
        ("https://a.test*", "neither alone nor the first label"),
        ("https://*.", "malformed host"),
        ("https://*.com", "not followed by a domain"),
        ("http://*.localhost:3000", "not followed by a domain"),
        ("https://*..com", "not followed by a domain"),
        ("https://*.a.test.", "not followed by a domain"),
        ("https://*.a.test/chat", "has a path"),
        ("https://*.me@a.test", "has a username"),
        ("https://*.0.0.1", "before an address"),
        ("https://*.127.0.0.1", "before an address"),
        ("https://*.[::1]", "before an address"),
    ] {
        let problem = problem(given);
        assert!(problem.contains(why), "{given:?}: {problem:?}");
    }
}

#[test]
fn only_the_very_origin_is_allowed() {
    let origins = origins("https://chat.test,http://localhost:5173");
    assert_eq!(origins.permission("https://chat.test"), Some(Permission::Listed));
    assert_eq!(origins.permission("http://localhost:5173"), Some(Permission::Listed));
    for origin in [
        "",
        "null",
        "*",
        "http://chat.test",
        "https://chat.test:8443",
        "https://chat.test.evil.test",
        "https://evil.test/https://chat.test",
        "https://sub.chat.test",
        "https://chat.test/",
        "http://localhost",
        "http://127.0.0.1:5173",
    ] {
        assert_eq!(origins.permission(origin), None, "{origin}");
    }
}

#[test]
fn a_pattern_stands_for_the_hosts_below_a_domain_and_for_nothing_else() {
    let origins = origins("https://*.example.app,http://*.example.test:8080");
    for origin in [
        "https://preview-7.example.app",
        "https://a.b.example.app",
        "https://x_1.example.app",
        "http://a.example.test:8080",
    ] {
        assert_eq!(origins.permission(origin), Some(Permission::Listed), "{origin}");
    }
    for origin in [
        "https://example.app",
        "https://.example.app",
        "https://a..example.app",
        "https://xexample.app",
        "https://a.example.app.evil.test",
        "https://a.example.app.",
        "https://evil.test#.example.app",
        "https://evil.test/.example.app",
        "https://evil.test?.example.app",
        "https://evil.test:80.example.app",
        "https://me@.example.app",
        "https://me@evil.example.app",
        "https://evil.test\\.example.app",
        "https://evil.test%2f.example.app",
        "https://evil.test https://a.example.app",
        "https://A.example.app",
        "https://*.example.app",
        "http://a.example.app",
        "https://a.example.app:8443",
        "https://a.example.app:443",
        "http://a.example.test",
        "http://a.example.test:80",
        "wss://a.example.app",
        "null",
    ] {
        assert_eq!(origins.permission(origin), None, "{origin}");
    }
}

#[test]
fn anyone_may_read_but_only_listed_origins_with_credentials() {
    let mixed = origins("https://chat.test,*");
    assert_eq!(mixed.permission("https://chat.test"), Some(Permission::Listed));
    for origin in ["https://evil.test", "http://localhost:3000", "null", "file://"] {
        assert_eq!(mixed.permission(origin), Some(Permission::Anyone), "{origin}");
    }
    // Every site can create a frame whose origin is `null`.
    let opaque = origins("null,https://chat.test");
    assert_eq!(opaque.permission("null"), Some(Permission::Anyone));
    assert_eq!(opaque.permission("https://evil.test"), None);
}

#[test]
fn a_loopback_origin_is_a_page_of_this_machine_on_any_port() {
    let origins = origins("https://chat.test").with_loopback(true);
    for origin in [
        "http://localhost",
        "http://localhost:3000",
        "https://localhost:3000",
        "http://app.localhost:8080",
        "http://127.0.0.1",
        "http://127.0.0.1:65535",
        "http://127.1.2.3:80",
        "http://[::1]",
        "https://[::1]:4200",
    ] {
        assert_eq!(origins.permission(origin), Some(Permission::Listed), "{origin}");
    }
    for origin in [
        "null",
        "http://",
        "localhost:3000",
        "http://localhost.evil.test",
        "http://evil.test/localhost",
        "http://evil.test#.localhost",
        "http://xlocalhost",
        "http://.localhost",
        "http://localhost:",
        "http://localhost:0",
        "http://localhost:80.evil.test",
        "http://localhost:3000@evil.test",
        "http://LOCALHOST",
        "http://127.0.0.1.evil.test",
        "http://127.1",
        "http://128.0.0.1",
        "http://0.0.0.0:3000",
        "http://[::2]",
        "http://[::1",
        "http://[::1].evil.test",
        "http://192.168.0.2:3000",
        "file://localhost",
        "capacitor://localhost",
    ] {
        assert_eq!(origins.permission(origin), None, "{origin}");
    }
}

#[test]
fn other_peoples_pages_are_told_from_own_ones_and_from_what_is_no_page() {
    let origins = origins("https://chat.test");
    let own = "https://natter.test";
    for origin in [None, Some("https://chat.test"), Some(own)] {
        assert!(origins.admits(origin, own), "{origin:?}");
    }
    for origin in
        ["null", "", "http://natter.test", "https://natter.test:8443", "https://natter.test.evil.test"]
    {
        assert!(!origins.admits(Some(origin), own), "{origin}");
    }
}

#[test]
fn a_preflight_gets_the_headers_it_asks_for_if_they_are_names_of_headers() {
    for (requested, allowed) in [
        ("x-my-header", "x-my-header"),
        ("authorization,content-type,x-my-header", "authorization, content-type, x-my-header"),
        (" Content-Type ,\tX!#$%&'*+.^_`|~1 ", "Content-Type, X!#$%&'*+.^_`|~1"),
    ] {
        assert_eq!(allowed_headers(Some(requested)), allowed);
    }
    let too_many = vec!["x"; 65].join(",");
    let too_long = "x".repeat(2049);
    for requested in
        ["", ",", "a,,b", "a b", "a: b", "a\r\nSet-Cookie: evil", "ä", "\"a\"", "a;b", &too_many, &too_long]
    {
        assert_eq!(allowed_headers(Some(requested)), "Content-Type, Authorization", "{requested:?}");
    }
    assert_eq!(allowed_headers(None), "Content-Type, Authorization");
    assert_eq!(allowed_headers(Some(&vec!["x"; 64].join(","))).matches('x').count(), 64);
}

proptest! {
    #[test]
    fn any_text_is_origins_or_a_sentence_and_origins_stay_what_they_are(text in prop_oneof![
        "\\PC{0,60}",
        "[a-zA-Z]{1,6}://(\\*\\.)?[a-zA-Z0-9.:\\[\\]-]{0,20}(:[0-9]{0,6})?/?(,[a-z]{1,5}://[a-z.]{1,8})?",
    ]) {
        if let Ok(origins) = Origins::parse("FRONTEND_URL", &text) {
            let again = Origins::parse("FRONTEND_URL", &origins.iter().collect::<Vec<_>>().join(",")).expect("normalised");
            let plain = |origin: &&str| !origin.contains('*');
            prop_assert!(origins.iter().filter(|origin| plain(&&**origin)).all(|origin| again.permission(&origin).is_some()));
            prop_assert_eq!(again, origins);
        }
    }

    #[test]
    fn a_pattern_admits_no_origin_whose_host_lies_elsewhere(origin in "https?://[a-z.@#/?:\\\\%*-]{0,20}(\\.example\\.app)?(:[0-9]{1,3})?") {
        if origins("https://*.example.app").permission(&origin).is_some() {
            let host = origin.strip_prefix("https://").expect("the scheme");
            prop_assert!(host.ends_with(".example.app") && host.bytes().all(|b| b.is_ascii_lowercase() || b"-.".contains(&b)));
        }
    }

    #[test]
    fn what_a_preflight_is_answered_is_a_list_of_names(requested in "\\PC{0,40}|[a-z, ]{0,40}") {
        let allowed = allowed_headers(Some(&requested));
        prop_assert!(allowed.is_ascii() && !allowed.contains(|c: char| c.is_control()));
    }
}
