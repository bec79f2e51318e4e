//! The tables of the questions that each object answers.

pub mod hasher;
pub mod room;
