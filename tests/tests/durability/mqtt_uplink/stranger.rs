//! Somebody else with a login at the same broker: what they may not do by its rules, and what they cannot do without any.

use std::{collections::BTreeSet, time::Duration};

use gateway_proto::mqtt::{PROOF, ProofKey, Proven};
use rumqttc::v5::{
    Event,
    mqttbytes::{
        QoS,
        v5::{Packet, PubAckReason, PublishProperties},
    },
};
use tests::{Checker, site::file::token_of};
use tokio::time::timeout;

use super::{FEED, SITE, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_brokers_rules_keep_a_stranger_out_of_a_feeds_topics() {
    let test = "the_brokers_rules_keep_a_stranger_out_of_a_feeds_topics";
    let Some(stage) = Stage::set_or_skip(test).await else { return };
    let (client, mut events) = stage.vendor.stranger();
    let topics = ["binwire/plant-7/acme/answers", "binwire/plant-7/acme/batches"];
    for topic in topics {
        client.try_publish(topic, QoS::AtLeastOnce, false, "{}").unwrap();
    }
    let mut refused = 0;
    while refused < topics.len() {
        let event = timeout(Duration::from_secs(20), events.poll()).await.expect("an answer of the broker").unwrap();
        if let Event::Incoming(Packet::PubAck(ack)) = event {
            assert_eq!(ack.reason, PubAckReason::NotAuthorized);
            refused += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_broker_has_no_rules_a_stranger_who_hears_everything_can_acknowledge_nothing() {
    let test = "where_a_broker_has_no_rules_a_stranger_who_hears_everything_can_acknowledge_nothing";
    let Some(mut stage) = Stage::set_or_skip(test).await else { return };
    stage.vendor.open_to_strangers().await;
    let (client, mut events) = stage.vendor.stranger();
    client.try_subscribe("binwire/#", QoS::AtLeastOnce).unwrap();
    while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
    let site = stage.start_site().await;
    let epoch = site.status().await.feeds[FEED].epoch.clone();
    stage.scanner().await.publish_many(30).await;
    // Takes the hub's part: hears each batch and answers it at once, an ack of everything, in several dresses.
    let (mut forged, mut seen) = (0, BTreeSet::new());
    let token = token_of(SITE, FEED);
    while forged < 5 {
        let event = timeout(Duration::from_secs(30), events.poll()).await.expect("batches").unwrap();
        let Event::Incoming(Packet::Publish(batch)) = event else { continue };
        if !batch.topic.ends_with(b"/batches") {
            continue;
        }
        assert!(!format!("{batch:?}").contains(&token), "the token does not travel");
        let sent = batch.properties.unwrap();
        let correlation = sent.correlation_data.clone().unwrap();
        assert!(seen.insert(correlation.to_vec()), "each attempt has its own");
        let payload = format!(r#"{{"status":200,"body":{{"epoch":"{epoch}","through":30,"refused":[],"window":8}}}}"#);
        let id = correlation.as_ref().try_into().unwrap();
        let of_stranger = ProofKey::of("token-of-a-stranger").prove(Proven::Answer, &id, payload.as_bytes());
        let of_batch = sent.user_properties[0].1.clone();
        for proof in [None, Some(of_stranger), Some(of_batch)] {
            let properties = PublishProperties {
                correlation_data: Some(correlation.clone()),
                user_properties: proof.map(|proof| (PROOF.to_owned(), proof)).into_iter().collect(),
                ..PublishProperties::default()
            };
            let topic = "binwire/plant-7/acme/answers";
            client.try_publish_with_properties(topic, QoS::AtLeastOnce, false, payload.clone(), properties).unwrap();
        }
        forged += 1;
    }
    let poller = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    // The last forgeries are looked at, and given up, before the feed is.
    let status = site
        .wait_for_status("the hub's silence is named", |status| {
            status.feeds[FEED].is_troubled_by("the broker has the batch and the hub does not answer")
        })
        .await;
    assert_eq!((status.feeds[FEED].acked, status.feeds[FEED].waiting), (0, 30));
    poller.abort();
    let mut site = site;
    stage.hub.begin().await;
    stage.hub.wait_for_movements(30).await;
    Checker::new(&stage.emitted).judge(&mut site, &mut stage.hub).await.assert_clean();
}
