//! From a topic to the sensors that it concerns: a bridge that goes takes all of its devices along.

use std::collections::HashMap;

/// Which sensors a topic concerns.
#[derive(Debug, Default)]
pub(super) struct Routes {
    sensors: HashMap<String, Vec<usize>>,
}

impl Routes {
    pub(super) fn add(&mut self, topics: &[String], sensor: usize) {
        for topic in topics {
            let sensors = self.sensors.entry(topic.clone()).or_default();
            if !sensors.contains(&sensor) {
                sensors.push(sensor);
            }
        }
    }

    pub(super) fn topics(&self) -> Vec<String> {
        self.sensors.keys().cloned().collect()
    }

    pub(super) fn of(&self, topic: &str) -> Vec<usize> {
        self.sensors.get(topic).cloned().unwrap_or_default()
    }
}
