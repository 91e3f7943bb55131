//! What reports over MQTT: which broker and topic, and whose weights or scans they are.

use gateway_proto::name::{DeviceName, PlaceName};
use settings::{At, Section};

use super::{
    super::{Reports, SensorConfig},
    Reader,
    dialects::{Sensed, Sort},
};
use crate::device::{dialect::Dialect, topic::TopicName};

impl Reader<'_, '_> {
    pub(super) fn sensor(&mut self, section: &mut Section<'_, '_>) -> Option<SensorConfig> {
        let name = self.device(section);
        let broker = self.needed::<DeviceName>(section, "broker");
        let topic = section.needed(self.notes, "topic").and_then(|at| self.topic(at));
        let bin = self.optional::<PlaceName>(section, "bin");
        let station = self.optional::<DeviceName>(section, "station");
        let feedback_topic = section.text(self.notes, "feedback_topic").and_then(|at| self.topic(at));
        let settle_readings = self.settle_readings(section);
        if let Some(broker) = broker.as_ref().filter(|at| !self.names.brokers.contains_key(&at.value)) {
            self.notes.note_at(broker, format_args!("there is no [[broker]] {}", broker.value));
        }
        let sensed = self.dialect(section, topic.as_ref());
        if let Some(sensed) = &sensed {
            self.check_reports(section, sensed);
            if let (Some(broker), Some(topic)) = (&broker, &topic) {
                self.check_things(broker, topic, sensed);
                self.names.feedbacks.extend(feedback_topic.clone().map(|at| (broker.value.clone(), at)));
            }
        }
        let name = name?;
        let reports = match (bin, station) {
            (Some(bin), None) => {
                if sensed.as_ref().is_none_or(|sensed| sensed.sort == Sort::Weights) {
                    self.weighs(&bin, &name);
                }
                Some(Reports::Bin(bin.value))
            }
            (None, Some(station)) => {
                if !self.names.stations.contains_key(&station.value) {
                    self.notes.note_at(&station, format_args!("there is no [[station]] {}", station.value));
                }
                Some(Reports::Station(station.value))
            }
            (None, None) if sensed.as_ref().is_some_and(|sensed| sensed.sort == Sort::Movements) => {
                Some(Reports::Movements)
            }
            (bin, _) => {
                // One that is there and could not be read has been noted.
                if bin.is_some() || !(section.has("bin") || section.has("station")) {
                    section.note(self.notes, "bin", "give either bin or station");
                }
                None
            }
        };
        Some(SensorConfig {
            name,
            broker: broker?.value,
            dialect: sensed?.dialect,
            reports: reports?,
            settle_readings,
            feedback_topic: feedback_topic.map(|at| at.value),
        })
    }

    fn topic(&mut self, at: At<String>) -> Option<At<String>> {
        match TopicName::parse(&at.value) {
            Ok(_) => Some(at),
            Err(error) => {
                self.notes.note_at(&at, format_args!("must be one topic: {error}"));
                None
            }
        }
    }

    /// Weights belong to a bin, scans to a station, and each has keys that mean nothing to the other.
    fn check_reports(&mut self, section: &Section<'_, '_>, sensed: &Sensed) {
        let wrong: &[(&str, &str)] = match sensed.sort {
            Sort::Scans => &[
                ("bin", "cannot be: this sensor reports scans; give the station where they are made"),
                ("settle_readings", "is not used by a sensor that reports scans; leave it out"),
            ],
            Sort::Weights => &[
                ("station", "cannot be: this sensor reports weights; give the bin that it weighs"),
                (
                    "feedback_topic",
                    "is not used by a sensor that reports weights: only scans are answered; leave it out",
                ),
            ],
            Sort::Movements => &[
                ("bin", "cannot be: movements say themselves which bin; leave it out"),
                ("station", "cannot be: movements say themselves who and where; leave it out"),
                ("settle_readings", "is not used by a sensor that reports movements; leave it out"),
            ],
        };
        // Both are there: that is a fault of its own.
        let is_one = section.has("bin") != section.has("station");
        for (key, rule) in wrong.iter().filter(|(key, _)| section.has(key)) {
            if is_one || !matches!(*key, "bin" | "station") {
                section.note(self.notes, key, rule);
            }
        }
    }

    /// A thing that two sensors report would count twice.
    fn check_things(&mut self, broker: &At<DeviceName>, topic: &At<String>, sensed: &Sensed) {
        for thing in &sensed.things {
            let key = format!("{} {} {thing}", sensed.word, topic.value);
            if !self.names.things.insert((broker.value.clone(), key)) {
                let rule = format_args!(
                    "{} has another sensor on it already that reports {thing}; leave one of them out",
                    broker.value
                );
                self.notes.note_at(topic, rule);
            }
        }
        let subscribed = sensed.dialect.topics().into_iter().map(|topic| (broker.value.clone(), topic));
        self.names.subscribed.extend(subscribed);
        let is_sparkplug = matches!(sensed.dialect, Dialect::Sparkplug(_));
        if self.names.brokers.get(&broker.value).is_some_and(|host| *host != is_sparkplug) {
            let rule = "Sparkplug sensors hang on a [[broker]] with sparkplug_host, and nothing else does: it begins each \
                        session anew; give the same host a second [[broker]]";
            self.notes.note_at(broker, rule);
        }
    }

    /// What is said where a sensor is listened to would come back as that sensor's word.
    pub(super) fn check_feedbacks(&mut self) {
        for (broker, at) in std::mem::take(&mut self.names.feedbacks) {
            if self.names.subscribed.contains(&(broker, at.value.clone())) {
                let rule = "is a topic that a sensor reports on, so it would hear itself; give it a topic of its own";
                self.notes.note_at(&at, rule);
            }
        }
    }
}
