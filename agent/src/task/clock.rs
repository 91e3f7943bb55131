//! Asks what speaks for the clock, and has marked records put right once it is trusted. Not cancelled in the middle of
//! either. Must not know where the records are.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, mark::Zero};

/// Between two questions: the one wake-up of an idle site that the clock costs, and how long a clock that a server has set
/// right may stay untrusted.
const EVERY: Duration = Duration::from_secs(10);

/// Runs until stopped. `put_right` is handed the beginning of this boot whenever it is known and `is_due` says that there
/// is something to be put right.
pub async fn run<F>(
    clock: Clock,
    is_due: impl Fn() -> bool,
    mut put_right: impl FnMut(Zero) -> F,
    stop: CancellationToken,
) where
    F: Future<Output = ()>,
{
    let mut looks = interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = stop.cancelled() => return,
        }
        clock.ask().await;
        if is_due()
            && let Some(zero) = clock.zero()
        {
            put_right(zero).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use super::*;
    use crate::clock::{ClockConfig, trust::Belief};

    /// Whether the first look puts anything right.
    async fn puts_right(trust: Belief, is_due: bool) -> bool {
        let config = ClockConfig { trust, synchronized_file: "/nonexistent".into() };
        let (stop, done) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
        let (asked, noted) = (stop.clone(), done.clone());
        let is_due = move || {
            // Noticed after this look.
            asked.cancel();
            is_due
        };
        let put_right = move |_| {
            noted.store(true, Ordering::Relaxed);
            std::future::ready(())
        };
        run(Clock::start_with(&config), is_due, put_right, stop).await;
        done.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn records_are_put_right_when_some_are_marked_and_the_clock_is_trusted() {
        assert!(puts_right(Belief::Always, true).await);
        assert!(!puts_right(Belief::Always, false).await);
        assert!(!puts_right(Belief::Never, true).await);
    }
}
