//! JSON whose structs are objects.

use serde::Deserialize;
use serde_json::value::RawValue;
use socketio::json;

#[derive(Deserialize, PartialEq, Debug)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Dot(Point),
    Line { from: Point, to: Option<Point> },
    Nothing,
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    json::from_str(json).ok()
}

#[test]
fn a_struct_is_an_object() {
    assert_eq!(read(r#" {"y":2,"x":1,"z":[]} "#), Some(Point { x: 1, y: 2 }));
    assert_eq!(read::<Point>("[1,2]"), None);
    assert_eq!(read::<Point>("null"), None);
    assert_eq!(read::<Point>(r#"{"x":1,"y":2} 3"#), None);
}

#[test]
fn a_struct_in_a_list_or_an_option_is_an_object() {
    assert_eq!(read(r#"[{"x":1,"y":2},null]"#), Some(vec![Some(Point { x: 1, y: 2 }), None]));
    assert_eq!(read::<Vec<Point>>("[[1,2]]"), None);
    assert_eq!(read::<Option<Point>>("[1,2]"), None);
}

#[test]
fn a_struct_in_an_enum_is_an_object() {
    assert_eq!(read(r#"{"dot":{"x":1,"y":2}}"#), Some(Shape::Dot(Point { x: 1, y: 2 })));
    assert_eq!(
        read(r#"{"line":{"from":{"x":1,"y":2},"to":null}}"#),
        Some(Shape::Line { from: Point { x: 1, y: 2 }, to: None })
    );
    assert_eq!(read(r#""nothing""#), Some(Shape::Nothing));
    assert_eq!(read::<Shape>(r#"{"dot":[1,2]}"#), None);
    assert_eq!(read::<Shape>(r#"{"line":[{"x":1,"y":2},null]}"#), None);
    assert_eq!(read::<Shape>(r#"{"line":{"from":[1,2],"to":null}}"#), None);
}

#[test]
fn a_field_can_be_kept_as_it_was_written() {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        payload: Option<&'a RawValue>,
    }

    let event: Event<'_> = read(r#"{"payload":[1, 2]}"#).unwrap();
    assert_eq!(event.payload.map(RawValue::get), Some("[1, 2]"));
}
