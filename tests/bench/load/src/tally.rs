//! What all clients have got, counted together.

use std::cell::{Cell, RefCell};
use std::ops::Add;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use crate::Result;

/// How long to wait for what has to come. Far more than anything takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long nothing may have come for a server to have nothing left to say.
const QUIET: Duration = Duration::from_millis(400);

/// How precisely latencies are kept, in significant digits.
const PRECISION: u8 = 3;

/// Counters of one run.
pub struct Tally {
    /// From here on times in texts are counted.
    pub start: Instant,
    pub frames: Cell<u64>,
    pub bytes: Cell<u64>,
    pub joined: Cell<usize>,
    /// How many connections ended that should not have.
    pub lost: Cell<usize>,
    pub deliveries: Cell<u64>,
    /// How many clients know that everyone is there.
    pub informed: Cell<usize>,
    pub acknowledgements: Cell<u64>,
    /// From the planned time of sending, in microseconds.
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

    /// One more of what `cell` counts.
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

    /// Resolves once `condition` holds, to whether it did in time.
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

    /// Resolves once the server has nothing left to say.
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

/// An empty histogram of microseconds.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(PATIENCE.as_micros() as u64 * 2, PRECISION).expect("the bounds are good")
}

/// The quantiles that the table shows, in milliseconds.
pub fn quantiles(histogram: &Histogram<u64>) -> Value {
    let millis = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
    json!({ "p50": millis(0.5), "p99": millis(0.99), "max": histogram.max() as f64 / 1000.0 })
}
