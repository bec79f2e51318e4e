//! The headers of a proxy.

use socketio_durable::proxy::TrustedProxy::{self, Cloudflare, Forwarded, None as Nobody};

const HEADERS: [(&str, &str); 4] = [
    ("CF-Connecting-IP", "192.0.2.1"),
    ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "chat.example"),
];

fn lookup<'a>(headers: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| headers.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
}

fn address(proxy: TrustedProxy, headers: &[(&str, &str)]) -> Option<String> {
    proxy.client_address(lookup(headers)).map(|address| address.to_string())
}

#[test]
fn only_the_headers_of_the_trusted_proxy_are_believed() {
    let target = "http://10.0.0.5:8787";
    for (proxy, client, own) in [
        (Nobody, None, target),
        (Cloudflare, Some("192.0.2.1"), target),
        (Forwarded, Some("198.51.100.7"), "https://chat.example"),
    ] {
        assert_eq!(address(proxy, &HEADERS).as_deref(), client, "{proxy:?}");
        assert_eq!(proxy.own_origin(target, lookup(&HEADERS)), own, "{proxy:?}");
    }
    for proxy in [Nobody, Cloudflare, Forwarded] {
        assert_eq!(address(proxy, &[]), None, "{proxy:?}");
        assert_eq!(proxy.own_origin(target, lookup(&[])), target, "{proxy:?}");
    }
}

#[test]
fn the_address_is_the_last_that_was_added_however_it_is_written() {
    for (given, expected) in [
        ("198.51.100.7", Some("198.51.100.7")),
        (" 203.0.113.9 ,198.51.100.7 ", Some("198.51.100.7")),
        ("198.51.100.7:4711", Some("198.51.100.7")),
        ("2001:db8:0:1::7", Some("2001:db8:0:1::/64")),
        ("[2001:db8:0:1::7]", Some("2001:db8:0:1::/64")),
        ("[2001:db8:0:1::7]:4711", Some("2001:db8:0:1::/64")),
        ("198.51.100.7,", None),
        ("198.51.100.7, unknown", None),
        ("", None),
    ] {
        assert_eq!(address(Forwarded, &[("X-Forwarded-For", given)]).as_deref(), expected, "{given}");
    }
}

#[test]
fn the_own_origin_takes_from_the_request_what_the_proxy_leaves_out_or_garbles() {
    let target = "http://chat.example:8787";
    for (proto, host, expected) in [
        (Some("https"), None, "https://chat.example:8787"),
        (Some("HTTPS"), Some("Chat.Example:443"), "https://chat.example"),
        (Some("wss"), Some("chat.example"), "https://chat.example"),
        (Some("http, https"), Some("evil.test, chat.example"), "https://chat.example"),
        (None, Some("other.example"), "http://other.example"),
        (Some("ftp"), Some("other.example"), "http://other.example"),
        (Some("https"), Some("evil.test/chat.example"), target),
        (Some("https"), Some("me@chat.example"), target),
        (Some("https"), Some(""), target),
    ] {
        let headers = [("X-Forwarded-Proto", proto), ("X-Forwarded-Host", host)];
        let given = headers.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect::<Vec<_>>();
        assert_eq!(Forwarded.own_origin(target, lookup(&given)), expected, "{given:?}");
    }
}
