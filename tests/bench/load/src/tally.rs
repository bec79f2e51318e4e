//! Counters over all clients.

use std::cell::{Cell, RefCell};
use std::ops::Add;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use crate::Result;

/// The deadline for anything expected. It is generous.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The silence after which a server counts as quiet.
const QUIET: Duration = Duration::from_millis(400);

/// The precision of latencies, in significant digits.
const PRECISION: u8 = 3;

/// Counters of one run.
pub struct Tally {
    /// The start of the measured times in texts.
    pub start: Instant,
    pub frames: Cell<u64>,
    pub bytes: Cell<u64>,
    pub joined: Cell<usize>,
    /// The number of connections that ended unexpectedly.
    pub lost: Cell<usize>,
    pub deliveries: Cell<u64>,
    /// The number of clients that see everyone online.
    pub informed: Cell<usize>,
    pub acknowledgements: Cell<u64>,
    /// Latencies from the planned time of sending, in microseconds.
    pub latencies: RefCell<Histogram<u64>>,
    changed: Notify,
}

impl Tally {
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            frames: Cell::default(),
            bytes: Cell::default(),
            joined: Cell::default(),
            lost: Cell::default(),
            deliveries: Cell::default(),
            informed: Cell::default(),
            acknowledgements: Cell::default(),
            latencies: RefCell::new(histogram()),
            changed: Notify::new(),
        }
    }

    /// Adds one to a counter.
    pub fn count<T: Copy + Add<Output = T> + From<u8>>(&self, cell: &Cell<T>) {
        cell.set(cell.get() + T::from(1));
        self.changed.notify_waiters();
    }

    /// Counts a message that should have been sent at `planned`, in microseconds after the start.
    pub fn deliver(&self, planned: u64) {
        let now = self.start.elapsed().as_micros() as u64;
        self.latencies.borrow_mut().saturating_record(now.saturating_sub(planned));
        self.count(&self.deliveries);
    }

    /// Forgets the messages so far.
    pub fn reset(&self) {
        self.deliveries.set(0);
        self.latencies.borrow_mut().reset();
    }

    /// Waits for `condition`. Resolves to whether it held before the deadline.
    pub async fn until(&self, condition: impl Fn(&Self) -> bool) -> bool {
        let reached = async {
            loop {
                let changed = self.changed.notified();
                if condition(self) {
                    return;
                }
                changed.await;
            }
        };
        timeout(PATIENCE, reached).await.is_ok()
    }

    /// Resolves once the server is quiet.
    pub async fn quiet(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut before = u64::MAX;
        while self.frames.get() != before {
            if Instant::now() > deadline {
                return Err("the server does not come to rest".into());
            }
            before = self.frames.get();
            sleep(QUIET).await;
        }
        Ok(())
    }
}

/// Returns an empty histogram of microseconds.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(PATIENCE.as_micros() as u64 * 2, PRECISION).expect("the bounds are good")
}

/// Returns the quantiles for the table, in milliseconds.
pub fn quantiles(histogram: &Histogram<u64>) -> Value {
    let millis = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    json!({ "p50": millis(0.5), "p99": millis(0.99), "max": histogram.max() as f64 / 1000.0 })
}
