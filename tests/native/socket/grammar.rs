//! How packets are written, and what is none.

use socketio::{Kind, MAX_ATTACHMENTS, MAX_DEPTH, Packet, Unreadable};

fn packet(kind: Kind, namespace: &str, json: &'static str, attachments: usize) -> Packet<'static> {
    Packet { kind, namespace: namespace.to_owned().into(), json, attachments }
}

fn event(name: &str, ack: Option<u64>) -> Kind {
    Kind::Event { name: name.to_owned(), ack }
}

fn unreadable(name: &str, ack: Option<u64>, reason: Unreadable) -> Kind {
    Kind::Unreadable { name: name.to_owned(), ack, reason }
}

#[test]
fn packets_are_written_as_the_protocol_says() {
    for (text, expected) in [
        ("0", packet(Kind::Connect, "/", "", 0)),
        (r#"0{"token":"123"}"#, packet(Kind::Connect, "/", r#"{"token":"123"}"#, 0)),
        ("0/admin,", packet(Kind::Connect, "/admin", "", 0)),
        ("0/a,{}", packet(Kind::Connect, "/a", "{}", 0)),
        ("1", packet(Kind::Disconnect, "/", "", 0)),
        ("1/admin,", packet(Kind::Disconnect, "/admin", "", 0)),
        (r#"2["hello"]"#, packet(event("hello", None), "/", r#"["hello"]"#, 0)),
        (r#"2["hello",1]"#, packet(event("hello", None), "/", r#"["hello",1]"#, 0)),
        (r#"2/a,456["hello"]"#, packet(event("hello", Some(456)), "/a", r#"["hello"]"#, 0)),
        (r#"20["hello"]"#, packet(event("hello", Some(0)), "/", r#"["hello"]"#, 0)),
        ("2[1]", packet(event("1", None), "/", "[1]", 0)),
        ("2[-1.5e3,{}]", packet(event("-1.5e3", None), "/", "[-1.5e3,{}]", 0)),
        ("3456[]", packet(Kind::Ack { id: 456 }, "/", "[]", 0)),
        (r#"3/admin,456["bar"]"#, packet(Kind::Ack { id: 456 }, "/admin", r#"["bar"]"#, 0)),
        (r#"4{"message":"No"}"#, packet(Kind::ConnectError, "/", r#"{"message":"No"}"#, 0)),
        (r#"4/a,{"message":"No"}"#, packet(Kind::ConnectError, "/a", r#"{"message":"No"}"#, 0)),
        (
            r#"51-["hi",{"_placeholder":true,"num":0}]"#,
            packet(event("hi", None), "/", r#"["hi",{"_placeholder":true,"num":0}]"#, 1),
        ),
        (
            r#"52-/my-ns,7["hi",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
            packet(
                event("hi", Some(7)),
                "/my-ns",
                r#"["hi",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#,
                2,
            ),
        ),
        (
            r#"61-/a,456[{"_placeholder":true,"num":0}]"#,
            packet(Kind::Ack { id: 456 }, "/a", r#"[{"_placeholder":true,"num":0}]"#, 1),
        ),
    ] {
        assert_eq!(Packet::decode(text).as_ref(), Ok(&expected), "{text}");
        assert_eq!(expected.to_string(), text);
    }
}

#[test]
fn what_is_written_in_another_way_means_the_same() {
    for (text, usual) in [
        ("0/admin", "0/admin,"),
        ("1/admin", "1/admin,"),
        ("0/,{}", "0{}"),
        (r#"50-["hello"]"#, r#"2["hello"]"#),
        ("60-1[]", "31[]"),
        (r#"2007["hello"]"#, r#"27["hello"]"#),
        ("2 [\"hello\" ]\n", "2 [\"hello\" ]\n"),
    ] {
        let packet = Packet::decode(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(packet.to_string(), usual);
    }
}

#[test]
fn the_name_of_an_event_is_what_its_json_means() {
    let text = r#"2["h\u00e9\"\ud83c\udf89"]"#;
    assert_eq!(Packet::decode(text).map(|packet| packet.kind), Ok(event("hé\"🎉", None)));
}

#[test]
fn what_breaks_the_grammar_is_refused() {
    for text in [
        // No type, or none that there is.
        "",
        "7",
        "9[]",
        "abc",
        "é",
        " 2[\"a\"]",
        // Escapes that are none, in names and elsewhere.
        "2[\"\\ud83\"]",
        "2[\"\\x\"]",
        "2[\"a\",\"\\ud83\"]",
        // A connection with something else than an object.
        "0[]",
        "0\"token\"",
        "01{}",
        "0null",
        "0{",
        "0{}x",
        "0/a,[]",
        // A goodbye with content.
        "1{}",
        "11",
        // An event without name.
        "2",
        "2[]",
        "2{}",
        "2\"hello\"",
        "2[null]",
        "2[true]",
        "2[{}]",
        "2[[]]",
        "2[\"a\"",
        "2[\"a\",]",
        "2[\"a\"]]",
        "2abc[\"a\"]",
        "2-1[\"a\"]",
        "2/a[\"a\"]",
        // An id that is no safe integer.
        "29007199254740992[\"a\"]",
        "299999999999999999999999999[\"a\"]",
        // An answer without id, or that is no list.
        "3[]",
        "31",
        "31{}",
        "3a[]",
        // A refusal without reason.
        "4",
        "41{}",
        "4{",
        // Attachments without number, or with one that is none.
        "5[\"a\"]",
        "5-[\"a\"]",
        "5a-[\"a\"]",
        "5-1-[\"a\"]",
        "5+1-[\"a\"]",
        "51.5-[\"a\"]",
        "5 1-[\"a\"]",
        "51[\"a\"]",
        "6-1[]",
        "61-[]",
    ] {
        assert!(Packet::decode(text).is_err(), "{text}");
    }
}

#[test]
fn events_that_the_client_raises_by_itself_cannot_be_sent() {
    for name in ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"] {
        assert!(Packet::decode(&format!(r#"2["{name}"]"#)).is_err());
        assert!(Packet::decode(&format!(r#"51-["{name}"]"#)).is_err());
        assert!(Packet::decode(&format!(r#"2["{name}s"]"#)).is_ok());
    }
    // However they are spelt.
    assert!(Packet::decode(r#"2["\u0063onnect"]"#).is_err());
}

#[test]
fn the_greatest_safe_integer_is_an_id() {
    let text = r#"29007199254740991["a"]"#;
    assert_eq!(Packet::decode(text).map(|packet| packet.kind), Ok(event("a", Some((1 << 53) - 1))));
}

#[test]
fn ten_attachments_are_allowed() {
    assert_eq!(MAX_ATTACHMENTS, 10);
    assert_eq!(Packet::decode(r#"510-["a"]"#).map(|packet| packet.attachments), Ok(10));
    assert!(Packet::decode(r#"511-["a"]"#).is_err());
    assert!(Packet::decode(r#"599999999999999999999999-["a"]"#).is_err());
}

fn nested(depth: usize, open: &str, close: &str) -> String {
    // The array of the event is one level itself.
    format!(r#"2["a",{}1{}]"#, open.repeat(depth - 1), close.repeat(depth - 1))
}

#[test]
fn events_can_be_nested_64_levels_deep_and_are_refused_beyond_that() {
    assert_eq!(MAX_DEPTH, 64);
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let decode = |depth| Packet::decode(&nested(depth, open, close)).map(|packet| packet.kind);
        assert_eq!(decode(64), Ok(event("a", None)));
        assert_eq!(decode(65), Ok(unreadable("a", None, Unreadable::TooDeep)));
        // Nothing recurses so deep.
        assert_eq!(decode(1_000_000), Ok(unreadable("a", None, Unreadable::TooDeep)));
    }
    // Brackets inside a string do not nest.
    let brackets = "[{".repeat(1000);
    assert!(Packet::decode(&format!(r#"2["a","{brackets}\"{brackets}\\",[]]"#)).is_ok());
}

#[test]
fn what_breaks_the_grammar_is_no_better_for_being_deep() {
    let deep = "[".repeat(1000);
    for text in [
        format!(r#"2["a",{deep}"#),
        format!(r#"2["a",{deep}{}]]"#, "]".repeat(1000)),
        format!("2[{deep}{}]", "]".repeat(1000)),
        format!(r#"2["connect",{deep}{}]"#, "]".repeat(1000)),
        // Only of an event it is known whom to refuse it to.
        format!(r#"0{{"a":{deep}{}}}"#, "]".repeat(1000)),
        format!("31[{deep}{}]", "]".repeat(1000)),
        format!("4[{deep}{}]", "]".repeat(1000)),
    ] {
        assert!(Packet::decode(&text).is_err(), "{text}");
    }
}

#[test]
fn an_event_whose_name_is_no_text_is_still_framed() {
    for (name, shown) in [
        (r"\ud83d", "\u{fffd}"),
        (r"a\ud83dz", "a\u{fffd}z"),
        (r"\udf89\ud83c", "\u{fffd}\u{fffd}"),
        (r"\ud83c\udf89\ud83c", "🎉\u{fffd}"),
    ] {
        for (text, ack, attachments) in [
            (format!(r#"2["{name}"]"#), None, 0),
            (format!(r#"27["{name}",1]"#), Some(7), 0),
            (format!(r#"52-7["{name}"]"#), Some(7), 2),
        ] {
            let packet = Packet::decode(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(packet.kind, unreadable(shown, ack, Unreadable::Name), "{text}");
            assert_eq!(packet.attachments, attachments);
            assert_eq!(packet.to_string(), text);
        }
    }
}

#[test]
fn strings_that_are_no_text_and_numbers_that_no_type_holds_are_passed_on() {
    for json in [
        r#"["a",{"text":"cut \ud83d"}]"#,
        r#"["a",{"\udf89":1}]"#,
        r#"["a","\ud83d\ud83d"]"#,
        r#"["a",1e999,-1e-999,123456789012345678901234567890]"#,
        r#"["a",{"b":1,"b":2}]"#,
    ] {
        let text = format!("2{json}");
        let packet = Packet::decode(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((packet.kind, packet.json), (event("a", None), json));
    }
    for text in
        [r#"0{"token":"\ud83d"}"#, r#"0{"\ud83d":1e999}"#, r#"4{"\ud83d":1}"#, r#"31["\ud83d",{"\ud83d":1}]"#]
    {
        assert!(Packet::decode(text).is_ok(), "{text}");
    }
}
