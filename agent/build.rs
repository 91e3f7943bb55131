//! Notes when the agent is built: no clock that says less is right. `SOURCE_DATE_EPOCH` (seconds since 1970) says it in
//! place of the builder's clock, so that a build can be repeated bit by bit.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.trim().parse::<u64>().ok());
    let seconds = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    println!("cargo:rustc-env=BINWIRE_BUILT_SECONDS={seconds}");
}
