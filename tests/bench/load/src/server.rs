//! The server under load: its address and its use of the machine.

use std::time::Duration;

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::Result;

/// A running server.
#[derive(Deserialize)]
pub struct Server {
    /// Host and port.
    pub address: String,
    /// The secret that signs its tokens.
    pub secret: String,
    /// Its processes; their children count too.
    pids: Vec<i32>,
}

impl Server {
    /// Returns the CPU time of the server's processes so far, in user and kernel mode.
    pub fn cpu(&self) -> Result<Duration> {
        self.processes().into_iter().try_fold(Duration::ZERO, |sum, pid| {
            let time = clock_gettime(clock_getcpuclockid(Pid::from_raw(pid))?)?;
            Ok(sum + Duration::from(time))
        })
    }

    /// Returns the resident memory of the server's processes, in bytes.
    pub fn memory(&self) -> Result<u64> {
        self.processes().into_iter().try_fold(0, |sum, pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
            let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
            Ok(sum + kibibytes * 1024)
        })
    }

    fn processes(&self) -> Vec<i32> {
        let mut all = self.pids.clone();
        let mut next = 0;
        while let Some(pid) = all.get(next) {
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            all.extend(
                children.unwrap_or_default().split_whitespace().filter_map(|child| child.parse::<i32>().ok()),
            );
            next += 1;
        }
        all
    }
}
