//! The deployable Worker: what `natter` exports to JavaScript, linked.
//!
//! It is a crate of its own because link-time optimisation needs a library that is a `cdylib` and nothing else, while the native
//! tests need `natter` as an ordinary library.

#[cfg(target_arch = "wasm32")]
use natter as _;
