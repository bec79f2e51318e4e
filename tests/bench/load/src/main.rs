//! The load generator of the benchmark. The argument is JSON, [`Options`]; the result is one line of JSON.
//!
//! It uses one thread, so that on two cores the server has one to itself. In open loop, latencies count from the planned moment
//! of sending, so that a server gains nothing from making the sender wait.

mod client;
mod fan_out;
mod http;
mod idle;
mod login;
mod polling;
mod question;
mod server;
mod storm;
mod tally;
mod token;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::Deserialize;

use server::Server;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The scenario and its parameters.
#[derive(Deserialize)]
pub struct Options {
    scenario: Scenario,
    server: Server,
    /// The number of clients.
    #[serde(default)]
    clients: usize,
    /// The phases of a fan-out.
    #[serde(default)]
    phases: Vec<Phase>,
    /// The length of each phase, in seconds.
    #[serde(default)]
    seconds: f64,
    /// The number of repetitions in closed loop.
    #[serde(default)]
    times: usize,
}

/// One rate and size of messages.
#[derive(Deserialize)]
struct Phase {
    /// The length of a text, in bytes.
    bytes: usize,
    /// The deliveries per second to all clients together.
    deliveries_per_second: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scenario {
    FanOut,
    Send,
    History,
    Wake,
    Storm,
    Idle,
    Polling,
    Login,
}

fn main() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    let argument = std::env::args().nth(1).ok_or("the argument is JSON: what to do")?;
    let options: Options = serde_json::from_str(&argument)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = tokio::task::LocalSet::new().block_on(&runtime, async {
        match options.scenario {
            Scenario::FanOut => fan_out::run(&options).await,
            Scenario::Send => question::send(&options).await,
            Scenario::History => question::history(&options).await,
            Scenario::Wake => question::wake(&options).await,
            Scenario::Storm => storm::run(&options).await,
            Scenario::Idle => idle::run(&options).await,
            Scenario::Polling => polling::run(&options).await,
            Scenario::Login => login::run(&options).await,
        }
    })?;
    println!("{result}");
    Ok(())
}
