//! Any text as a site's file: faults with line and column, or a configuration; never a panic.
#![no_main]

use std::path::Path;

use agent::config::{Config, ConfigError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A file named with its whole path would be read.
    if text.contains("_file") {
        return;
    }
    match Config::parse(text, Path::new("/nowhere/agent.toml")) {
        Ok(config) => {
            let _ = config.register.catalog();
        }
        Err(ConfigError::Faults(faults)) => assert!(!faults.to_string().is_empty()),
        Err(ConfigError::Read { .. }) => panic!("nothing is read"),
    }
});
