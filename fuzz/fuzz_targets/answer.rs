//! Any bytes as the answer of a hub or of a receiver of alarms: only a 200 in the shape of an ack is an ack, and what is shown
//! of a strange answer is short.
#![no_main]

use agent::{
    receiver::Answer,
    uplink::{reply, webhook},
};
use gateway_proto::delivery::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((status, body)) = data.split_first_chunk::<2>() else { return };
    let status = u16::from_le_bytes(*status) % 700;
    match reply::read(status, None, body) {
        Reply::Ack(ack) => {
            assert_eq!(status, 200);
            let json = serde_json::to_vec(&ack).expect("an ack is JSON");
            assert!(matches!(reply::read(200, None, &json), Reply::Ack(again) if again == ack));
        }
        Reply::Rejected { .. } => assert!((400..600).contains(&status)),
        Reply::Nothing { detail, .. } => assert!(detail.chars().count() < 2_000),
    }
    if webhook::read(status, None, body) == Answer::Taken {
        assert!((200..300).contains(&status));
    }
});
