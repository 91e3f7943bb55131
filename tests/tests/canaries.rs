//! The checker is checked: with a defect planted, the scenarios that pass otherwise must fail, and for the right reason.
//!
//! A canary that stays silent says that the scenario beside it proves nothing.

use tests::{Kind, Seed, broker::Mosquitto, checker::Verdict, skip::say, storm};

/// Runs of a random scenario until the defect must have shown.
const RUNS: u32 = 8;

/// Runs a scenario until the checker finds what it should.
async fn caught(defect: &str, kind: Kind, mut run: impl AsyncFnMut(u32) -> Verdict) {
    for number in 1..=RUNS {
        let verdict = run(number).await;
        if verdict.has(kind) {
            say(&format!("{defect}: caught in run {number}: {verdict}"));
            return;
        }
    }
    panic!("{defect} was not caught in {RUNS} runs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_acknowledges_before_its_commit_is_caught_losing() {
    let test = "an_agent_that_acknowledges_before_its_commit_is_caught_losing";
    if Mosquitto::start_or_skip(test).await.is_none() {
        return;
    }
    let defect = "ack-before-commit";
    caught(defect, Kind::Lost, async |number| {
        let broker = Mosquitto::start_or_skip(test).await.expect("it was there a moment ago");
        let seed = Seed::of(&format!("{test}, run {number}"));
        storm::site_deaths(&seed, &broker, Some(defect), 15).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_acknowledges_before_its_commit_is_caught_losing() {
    let defect = "hub-ack-before-commit";
    caught(defect, Kind::Lost, async |number| {
        let seed = Seed::of(&format!("{defect}, run {number}"));
        storm::hub_deaths(&seed, Some(defect), 2).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_numbers_anew_on_a_retry_is_caught_doubling() {
    let defect = "new-seq-on-retry";
    caught(defect, Kind::Doubled, async |_| storm::lost_replies(Some(defect), 3).await).await;
}
