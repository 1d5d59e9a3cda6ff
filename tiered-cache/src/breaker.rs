//! The circuit breaker: a remote that fails is not asked for a while.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::config::ReadConfig;
use crate::remote::{RemoteError, RemoteErrorKind};

/// Counts failures in a row. After so many it opens: questions fail at once, until a pause is over;
/// then one is let through, and decides.
#[derive(Debug)]
pub(crate) struct Breaker {
    failures: u32,
    pause: Duration,
    pause_max: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failed: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    why: RemoteError,
    probing: bool,
}

/// The right to ask. Whoever drops it without a result has not learned anything.
#[must_use]
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
    told: bool,
}

impl Breaker {
    pub(crate) fn new(config: &ReadConfig) -> Self {
        Self {
            failures: config.breaker_failures,
            pause: config.breaker_pause,
            pause_max: config.breaker_pause_max,
            state: Mutex::default(),
        }
    }

    /// Whether the remote may be asked; the error is the last one that it gave.
    pub(crate) fn allow(&self) -> Result<Permit<'_>, RemoteError> {
        let mut state = self.state.lock();
        let probe = match &mut state.open {
            None => false,
            Some(open) if open.probing || Instant::now() < open.until => {
                return Err(open.why.clone());
            }
            Some(open) => {
                open.probing = true;
                true
            }
        };
        Ok(Permit {
            breaker: self,
            probe,
            told: false,
        })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state.lock().open.is_some()
    }
}

impl Permit<'_> {
    /// Tells how it went.
    pub(crate) fn tell(mut self, error: Option<&RemoteError>) {
        self.told = true;
        let mut state = self.breaker.state.lock();
        let Some(error) = error.filter(|error| error.kind() != RemoteErrorKind::Key) else {
            *state = State::default();
            return;
        };
        state.failed = state.failed.saturating_add(1);
        let pause = match &state.open {
            Some(open) if self.probe => (open.pause * 2).min(self.breaker.pause_max),
            // Those who were under way when it opened do not make it longer.
            Some(_) => return,
            None if state.failed >= self.breaker.failures => self.breaker.pause,
            None => return,
        };
        state.open = Some(Open {
            until: Instant::now() + pause,
            pause,
            why: error.clone(),
            probing: false,
        });
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.probe
            && !self.told
            && let Some(open) = &mut self.breaker.state.lock().open
        {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_probes_and_closes() {
        let breaker = Breaker::new(&ReadConfig {
            breaker_failures: 2,
            breaker_pause: Duration::ZERO,
            breaker_pause_max: Duration::from_secs(60),
            ..ReadConfig::default()
        });
        let down = RemoteError::new(RemoteErrorKind::Unavailable, "down");
        let key = RemoteError::new(RemoteErrorKind::Key, "WRONGTYPE");
        breaker.allow().unwrap().tell(Some(&down));
        breaker.allow().unwrap().tell(Some(&key));
        breaker.allow().unwrap().tell(Some(&down));
        assert!(!breaker.is_open(), "a key's error is an answer");
        breaker.allow().unwrap().tell(Some(&down));
        assert!(breaker.is_open());
        let probe = breaker.allow().unwrap();
        assert_eq!(
            breaker.allow().err(),
            Some(down.clone()),
            "one probe at a time"
        );
        drop(probe);
        breaker.allow().unwrap().tell(None);
        assert!(!breaker.is_open() && breaker.allow().is_ok());
    }

    #[test]
    fn while_it_is_open_nobody_asks() {
        let breaker = Breaker::new(&ReadConfig {
            breaker_failures: 1,
            breaker_pause: Duration::from_secs(60),
            ..ReadConfig::default()
        });
        let late = breaker.allow().unwrap();
        let down = RemoteError::new(RemoteErrorKind::Timeout, "slow");
        breaker.allow().unwrap().tell(Some(&down));
        late.tell(Some(&down));
        assert_eq!(breaker.allow().err(), Some(down));
    }
}
