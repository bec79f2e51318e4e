//! Socket.IO: the grammar of packets, and scripted exchanges.

mod acks;
mod attachments;
mod grammar;
mod joining;
mod namespaces;
mod refusals;
mod rooms;
