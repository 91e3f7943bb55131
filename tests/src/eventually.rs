//! Waiting: for a condition, with a bound, in one place.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long anything may take that is bound to happen. Far beyond what it takes, because a machine that builds
/// something else beside the tests is slow, not broken.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// Asks until there is an answer, and hands it back.
///
/// # Panics
/// When `bound` has passed: `what` did not happen.
pub async fn eventually<T>(bound: Duration, what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + bound;
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Some(answer) = condition().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "within {bound:?} it did not happen that {what}");
    }
}
