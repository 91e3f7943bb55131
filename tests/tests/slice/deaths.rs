//! SIGKILL at random moments, again and again, and replies that never come.

use tests::{Seed, broker::Mosquitto, skip::say, storm};

/// Deaths of one plant. A plant that has died so often is given up for a new one, with a seed of its own: a ledger that
/// grew for ten thousand deaths would make the later ones ever slower, and no harder.
const PLANT_KILLS: u32 = 100;

/// Plants with `BINWIRE_LONG`.
const PLANTS_LONG: u32 = 100;

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
async fn a_plant_in_which_anything_is_killed_at_any_time_loses_and_doubles_nothing() {
    let test = "a_plant_in_which_anything_is_killed_at_any_time_loses_and_doubles_nothing";
    let first = Seed::of(test).number();
    let plants = if std::env::var_os("BINWIRE_LONG").is_some() { PLANTS_LONG } else { 1 };
    for plant in 0..plants {
        let Some(mut broker) = Mosquitto::start_or_skip(test).await else { return };
        let seed = Seed::numbered(first + u64::from(plant));
        let begun = std::time::Instant::now();
        let verdict = storm::plant_deaths(&seed, &mut broker, PLANT_KILLS).await;
        let (number, took) = (seed.number(), begun.elapsed().as_secs());
        say(&format!(
            "{test}: seed {number}, {PLANT_KILLS} kills in {took} s, plant {} of {plants}, {verdict}",
            plant + 1
        ));
        verdict.assert_clean();
        assert!(verdict.accepted > 500, "the readings flowed: {verdict}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_reply_is_lost_is_sent_again_and_counted_once() {
    let verdict = storm::lost_replies(None, 6).await;
    say(&format!("6 lost replies: {verdict}"));
    verdict.assert_clean();
}
