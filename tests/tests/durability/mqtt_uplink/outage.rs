//! Broker, hub and answers that go away.

use std::time::Duration;

use tests::{Checker, PATIENCE, Seed};
use tokio::time::sleep;

use super::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_delivers_over_the_vendors_broker() {
    let Some(mut stage) = Stage::set_or_skip("a_site_delivers_over_the_vendors_broker").await else { return };
    stage.hub.begin().await;
    let mut site = stage.start_site().await;
    stage.scanner().await.publish_many(120).await;
    stage.hub.wait_for_movements(120).await;
    Checker::new(&stage.emitted).judge(&mut site, &mut stage.hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_hub_is_away_the_broker_has_nothing_for_it_and_the_site_keeps_it_all() {
    let test = "while_the_hub_is_away_the_broker_has_nothing_for_it_and_the_site_keeps_it_all";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    let mut site = stage.start_site().await;
    stage.scanner().await.publish_many(40).await;
    let status = site
        .wait_for_status("the hub's absence is named", |status| {
            status.feeds["acme"].is_troubled_by("the hub is not at the broker")
        })
        .await;
    assert_eq!(status.feeds["acme"].acked, 0);
    site.restart().await;
    stage.hub.begin().await;
    stage.hub.wait_for_movements(40).await;
    Checker::new(&stage.emitted).judge(&mut site, &mut stage.hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_lost_after_the_commit_are_asked_for_again_and_nothing_is_doubled() {
    let test = "answers_that_are_lost_after_the_commit_are_asked_for_again_and_nothing_is_doubled";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    stage.hub.begin().await;
    stage.vendor.forbid(Some("topic write binwire/+/+/answers")).await;
    let mut site = stage.start_site().await;
    stage.scanner().await.publish_many(30).await;
    let status = site
        .wait_for_status("the silence is named", |status| status.feeds["acme"].is_troubled_by("does not answer"))
        .await;
    assert_eq!(status.feeds["acme"].acked, 0, "the broker's word settles nothing");
    stage.vendor.forbid(None).await;
    site.wait_until_settled(PATIENCE).await;
    let health = stage.hub.health().await;
    assert!(health[0].repeated > 0, "what was sent again is counted as such: {health:?}");
    Checker::new(&stage.emitted).judge(&mut site, &mut stage.hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broker_and_hub_may_be_killed_at_any_moment() {
    let test = "broker_and_hub_may_be_killed_at_any_moment";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    let seed = Seed::of(test);
    let mut random = seed.random(1);
    stage.hub.begin().await;
    let mut site = stage.start_site().await;
    let flow = stage.scanner().await.keep_on(200);
    for _ in 0..12 {
        // Not a wait for anything: the moment itself is what is drawn.
        sleep(Duration::from_millis(random.below(400))).await;
        match random.below(4) {
            0 => {
                stage.hub.kill();
                stage.hub.begin().await;
            }
            1 => {
                site.kill();
                site.start().await;
            }
            _ => {
                stage.vendor.kill();
                stage.vendor.begin().await;
            }
        }
    }
    let mut scanner = flow.stop().await;
    site.wait_until_accepted_part(&scanner.publish().await).await;
    Checker::new(&stage.emitted).judge(&mut site, &mut stage.hub).await.assert_clean();
}
