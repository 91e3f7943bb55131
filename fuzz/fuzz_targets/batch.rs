//! Any bytes as a batch: what is read travels on as the same, its records stand in what was sent, and what the hub would
//! append is what the chain proves.
#![no_main]

use std::convert::Infallible;

use gateway_proto::{
    batch::{Batch, Load},
    intake::{Decision, decide},
    record::Record,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let batch = match Batch::parse(data) {
        Ok(batch) => batch,
        Err(error) => return assert!((1..2_000).contains(&error.to_string().chars().count())),
    };
    let json = batch.to_json().expect("what was read can be written");
    assert_eq!(Batch::parse(json.as_bytes()).expect("what was written can be read"), batch);
    if let Load::Records(records) = &batch.load {
        let text = std::str::from_utf8(data).expect("JSON is UTF-8");
        for record in records {
            assert!(text.contains(record.as_str()));
            if let Ok(record) = Record::parse(record.as_str()) {
                let _ = record.to_text();
            }
        }
    }
    let decided = decide::<Infallible>(&batch, None, |_| Ok(None));
    if let Ok(Decision::Append(fresh)) = decided {
        assert_eq!(fresh.last().map(|last| last.link), Some(batch.head));
    }
});
