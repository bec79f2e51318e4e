//! How a deadline is met: by the object's one alarm when it is far, by a timer when it is near.
//!
//! An alarm survives everything, lets the object sleep, and costs a row written; a timer is free and precise, and keeps
//! the object from being evicted until it fires. So a timer is for what would not outlive the memory anyway.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use worker::console_error;

use super::platform::{clear_timeout, now, set_timeout};
use engineio::Time;

/// Up to this distance a deadline is met by a timer. An idle object is evicted after 10 s at the earliest.
const NEAR: Duration = Duration::from_secs(10);

/// The same for a heartbeat, which is no reason to stay awake.
const NEAR_HEARTBEAT: Duration = Duration::from_secs(1);

/// The wake-up calls of one object.
pub struct Wake {
    storage: Rc<worker::Storage>,
    state: RefCell<State>,
}

struct State {
    timer: Option<(Time, JsValue)>,
    alarm: Rc<RefCell<Alarm>>,
}

/// The state of the alarm, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alarm {
    /// The object has just woken up and has not looked.
    Unknown,
    /// None is set.
    None,
    /// It goes off then, or somebody is seeing to it.
    At(Time),
}

impl Wake {
    /// The wake-up calls of an object that has just been created.
    pub fn new(state: &worker::State) -> Self {
        let state_of_alarm = State { timer: None, alarm: Rc::new(RefCell::new(Alarm::Unknown)) };
        Self { storage: Rc::new(state.storage()), state: RefCell::new(state_of_alarm) }
    }

    /// The timer has fired.
    pub fn timer_fired(&self) {
        self.state.borrow_mut().timer = None;
    }

    /// The alarm has gone off.
    pub fn alarm_fired(&self) {
        *self.state.borrow().alarm.borrow_mut() = Alarm::None;
    }

    /// Ensures that `on_timer` or the alarm comes by each of these moments; a timer for an earlier moment
    /// that is not wanted any more would only keep the object awake, and is cleared.
    pub fn at(&self, deadline: Option<Time>, heartbeat: Option<Time>, on_timer: &Function) {
        let now = now();
        let mut state = self.state.borrow_mut();
        let (mut timer, mut alarm) = (None, None);
        for (at, near) in [(deadline, NEAR), (heartbeat, NEAR_HEARTBEAT)] {
            let wanted = if at.is_some_and(|at| at.since(now) > near) { &mut alarm } else { &mut timer };
            *wanted = (*wanted).into_iter().chain(at).min();
        }
        if let Some(alarm) = alarm {
            Self::set_alarm(self.storage.clone(), state.alarm.clone(), alarm);
        }
        if state.timer.as_ref().map(|(at, _)| *at) == timer {
            return;
        }
        if let Some((_, before)) = state.timer.take() {
            clear_timeout(&before);
        }
        state.timer = timer.map(|at| (at, set_timeout(on_timer, at.since(now).as_millis() as f64)));
    }

    fn set_alarm(storage: Rc<worker::Storage>, alarm: Rc<RefCell<Alarm>>, deadline: Time) {
        let known = *alarm.borrow();
        if matches!(known, Alarm::At(at) if at <= deadline) {
            return;
        }
        *alarm.borrow_mut() = Alarm::At(deadline);
        wasm_bindgen_futures::spawn_local(async move {
            // Reading is free, writing is not: after waking up, the alarm is mostly the right one already.
            if known == Alarm::Unknown
                && let Ok(Some(millis)) = storage.get_alarm().await
                && let Ok(millis) = u64::try_from(millis)
                && Time::from_millis(millis) <= deadline
                && Time::from_millis(millis) > now()
            {
                return;
            }
            let date = js_sys::Date::new(&JsValue::from_f64(deadline.as_millis() as f64));
            if let Err(error) = storage.set_alarm(worker::ScheduledTime::new(date)).await {
                *alarm.borrow_mut() = Alarm::None;
                console_error!("alarm: {error}");
            }
        });
    }
}
