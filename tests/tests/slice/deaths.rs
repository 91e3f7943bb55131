//! SIGKILL at random moments, again and again, and replies that never come.

use tests::{Seed, broker::Mosquitto, skip::say, storm};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let test = "a_site_that_is_killed_again_and_again_loses_and_doubles_nothing";
    let Some(broker) = Mosquitto::start_or_skip(test).await else { return };
    let (seed, kills) = (Seed::of(test), 150);
    let verdict = storm::site_deaths(&seed, &broker, None, kills).await;
    say(&format!("{test}: seed {}, {kills} kills, {verdict}", seed.number()));
    verdict.assert_clean();
    assert!(verdict.accepted > 500, "the readings flowed: {verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_is_killed_again_and_again_keeps_what_it_acknowledged() {
    let test = "a_hub_that_is_killed_again_and_again_keeps_what_it_acknowledged";
    let (seed, kills) = (Seed::of(test), 60);
    let verdict = storm::hub_deaths(&seed, None, kills).await;
    say(&format!("{test}: seed {}, {kills} kills, {verdict}", seed.number()));
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_reply_is_lost_is_sent_again_and_counted_once() {
    let verdict = storm::lost_replies(None, 6).await;
    say(&format!("6 lost replies: {verdict}"));
    verdict.assert_clean();
}
