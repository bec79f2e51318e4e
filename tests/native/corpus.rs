//! The corpus of the fuzz targets: written by hand, and found by libFuzzer (see `npm run fuzz`).

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

#[test]
fn engine_packets_hold() {
    replay("engine_packet", fuzz::engine_packet);
}

#[test]
fn engine_payloads_hold() {
    replay("engine_payload", fuzz::engine_payload);
}

#[test]
fn socket_packets_hold() {
    replay("socket_packet", fuzz::socket_packet);
}

#[test]
fn operations_hold() {
    replay("operations", fuzz::operations);
}

#[track_caller]
fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).expect("a corpus");
    let paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    let holds = |path: &Path| {
        let input = fs::read(path).expect("a file");
        catch_unwind(|| body(&input)).is_ok()
    };
    let fallen: Vec<_> = paths.into_iter().filter(|path| !holds(path)).collect();
    assert!(fallen.is_empty(), "{fallen:#?}");
}
