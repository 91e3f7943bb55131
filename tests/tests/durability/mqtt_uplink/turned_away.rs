//! A login, a token, a certificate or a rule that does not fit: named, and nothing counts as delivered.

use tests::Checker;

use super::{SITE, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_forbids_publishing_has_delivered_nothing() {
    let Some(mut stage) = Stage::set_or_skip("a_broker_that_forbids_publishing_has_delivered_nothing").await else {
        return;
    };
    stage.hub.begin().await;
    stage.vendor.forbid(Some("topic write binwire/plant-7/+/batches")).await;
    let mut site = stage.start_site().await;
    stage.scanner().await.publish_many(30).await;
    let status = site
        .wait_for_status("the rule is named", |status| {
            status.feeds["acme"]
                .is_troubled_by("the broker does not let this login publish to binwire/plant-7/acme/batches")
        })
        .await;
    assert_eq!((status.feeds["acme"].acked, stage.hub.movement_count().await), (0, 0));
    stage.vendor.forbid(None).await;
    stage.hub.wait_for_movements(30).await;
    Checker::new(&stage.emitted).judge(&mut site, &mut stage.hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_refused_by_name_and_never_shown() {
    let Some(mut stage) = Stage::set_or_skip("a_wrong_token_is_refused_by_name_and_never_shown").await else { return };
    stage.hub.begin().await;
    let token = "token-of-somebody-else";
    let site = stage.site_with_token(token).start().await;
    stage.scanner().await.publish_many(20).await;
    let status = site
        .wait_for_status("the token is named", |status| {
            status.feeds["acme"].is_troubled_by("hub does not accept this feed's token")
        })
        .await;
    assert_eq!((status.feeds["acme"].acked, stage.hub.movement_count().await), (0, 0));
    assert_eq!(site.log().lines_with(token), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_the_broker_does_not_know_is_named() {
    let Some(stage) = Stage::set_or_skip("a_login_that_the_broker_does_not_know_is_named").await else { return };
    let file = tests::Site::new(SITE).section(stage.vendor.feed_section("acme", "nobody", "a-token-of-some-length"));
    let file = file.items("acme", super::ITEMS).broker(stage.sensors.port()).station("goods-in");
    let site = file.scans_on("scans", "gateway-1", "goods-in").start().await;
    stage.scanner().await.publish_many(5).await;
    site.wait_for_status("the login is named", |status| {
        status.feeds["acme"].is_troubled_by("the broker refuses the login")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_with_another_authoritys_certificate_is_not_believed() {
    let test = "a_broker_with_another_authoritys_certificate_is_not_believed";
    let Some(stage) = Stage::set_or_skip(test).await else { return };
    stage.vendor.replace_authority();
    let site = stage.start_site().await;
    stage.scanner().await.publish_many(5).await;
    let status = site
        .wait_for_status("the certificate is named", |status| status.feeds["acme"].is_troubled_by("certificate"))
        .await;
    assert_eq!(status.feeds["acme"].acked, 0);
}
