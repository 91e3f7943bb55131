//! A simulated edge node and the host, with a link between them that loses, doubles and reorders.
//!
//! What must hold: once the link has been quiet and the node has spoken again, the host knows the right level or knows
//! that it knows none; and in time it knows.

use std::collections::{BTreeMap, VecDeque};

use super::super::super::payload::{BD_SEQ, REBIRTH};
use super::*;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// The half that a gateway has: values, session and sequence.
struct EdgeNode {
    bd_seq: u8,
    seq: u8,
    level: i32,
    weight: i32,
    has_device: bool,
}

struct Link {
    random: Random,
    is_faulty: bool,
    node: EdgeNode,
    host: Host,
    under_way: VecDeque<(String, Vec<u8>)>,
    believed: BTreeMap<String, Option<String>>,
    now_ms: u64,
}

impl Link {
    fn new(seed: u64, reorder_ms: u64) -> Self {
        let node = EdgeNode { bd_seq: 254, seq: 0, level: 0, weight: 0, has_device: true };
        let mut link = Self {
            random: Random(seed),
            is_faulty: true,
            node,
            host: Site::with_reorder(reorder_ms).host,
            under_way: VecDeque::new(),
            believed: BTreeMap::new(),
            now_ms: 1_000_000,
        };
        let actions = link.host.handle_connected(link.now_ms);
        link.take(actions);
        link
    }

    fn send(&mut self, kind: &str, payload: &Payload) {
        let device = if kind.starts_with('D') { "/d" } else { "" };
        let message = (format!("spBv1.0/g/{kind}/n{device}"), payload.encode());
        if self.is_faulty && self.random.percent(2) {
            return;
        }
        if self.is_faulty && self.random.percent(2) {
            self.under_way.push_back(message.clone());
        }
        self.under_way.push_back(message);
    }

    fn send_next(&mut self, kind: &str, metrics: Vec<Metric>) {
        self.node.seq = self.node.seq.wrapping_add(1);
        let payload = Payload { seq: Some(self.node.seq.into()), ..Payload::new(self.now_ms, metrics) };
        self.send(kind, &payload);
    }

    fn send_births(&mut self) {
        self.node.seq = 0;
        let birth = Payload::node_birth(self.now_ms, self.node.bd_seq, vec![level(self.node.level)]);
        self.send("NBIRTH", &birth);
        if self.node.has_device {
            self.send_next("DBIRTH", vec![weight(self.node.weight.into())]);
        }
    }

    fn send_level(&mut self) {
        self.node.level += 1;
        self.send_next("NDATA", vec![level(self.node.level)]);
    }

    fn send_weight(&mut self) {
        if self.node.has_device {
            self.node.weight += 1;
            self.send_next("DDATA", vec![Metric::of_alias(WEIGHT, WireValue::Double(self.node.weight.into()))]);
        }
    }

    fn toggle_device(&mut self) {
        self.node.has_device = !self.node.has_device;
        if self.node.has_device {
            self.send_next("DBIRTH", vec![weight(self.node.weight.into())]);
        } else {
            self.send_next("DDEATH", vec![]);
        }
    }

    fn restart(&mut self) {
        let will = Payload::node_death(self.now_ms, self.node.bd_seq);
        self.send("NDEATH", &will);
        self.node.bd_seq = self.node.bd_seq.wrapping_add(1);
        self.send_births();
    }

    fn deliver(&mut self) {
        let second = usize::from(self.is_faulty && self.random.percent(5)).min(self.under_way.len().saturating_sub(1));
        if let Some((topic, payload)) = self.under_way.remove(second) {
            let actions = self.host.handle(&topic, &payload, false, self.now_ms);
            self.take(actions);
        }
    }

    fn take(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Reading { source, metric, report } => {
                    let level = match report {
                        Report::Current { value, .. } => value.number().map(|number| number.to_string()),
                        Report::Unknown(_) => None,
                        Report::Historical { .. } => continue,
                    };
                    self.believed.insert(format!("{source} {metric}"), level);
                }
                Action::RequestRebirth(node) => {
                    assert_eq!(node.command_topic(), "spBv1.0/g/NCMD/n");
                    if !self.is_faulty || !self.random.percent(20) {
                        self.send_births();
                    }
                }
                Action::Online(_) | Action::Offline(_) => {}
                Action::PublishState | Action::Refused(_) => panic!("{action:?}"),
            }
        }
    }

    fn step(&mut self) {
        self.now_ms += 50;
        match self.random.below(100) {
            0 => self.restart(),
            1..=2 => self.toggle_device(),
            3..=20 => self.send_level(),
            21..=40 => self.send_weight(),
            _ => self.deliver(),
        }
        let actions = self.host.handle_timeout(self.now_ms);
        self.take(actions);
    }

    /// The link is good for a while, and the node says something.
    fn rest(&mut self, ms: u64) {
        self.is_faulty = false;
        while !self.under_way.is_empty() {
            self.deliver();
        }
        self.send_level();
        self.send_weight();
        for _ in 0..ms / 1_000 {
            self.now_ms += 1_000;
            let actions = self.host.handle_timeout(self.now_ms);
            self.take(actions);
            while !self.under_way.is_empty() {
                self.deliver();
            }
        }
        self.is_faulty = true;
    }

    fn truth(&self) -> [(&'static str, Option<String>); 2] {
        let weight = self.node.has_device.then(|| self.node.weight.to_string());
        [("g/n Level", Some(self.node.level.to_string())), ("g/n/d Weight", weight)]
    }

    fn believes(&self, metric: &str) -> Option<String> {
        self.believed.get(metric).cloned().flatten()
    }
}

#[test]
fn a_level_that_is_believed_is_right_and_in_time_it_is_known() {
    for seed in 0..40 {
        for reorder_ms in [0, Host::REORDER_MS] {
            let mut link = Link::new(seed, reorder_ms);
            link.send_births();
            for step in 0..3_000 {
                link.step();
                if step % 100 == 99 {
                    link.rest(3_000);
                    for (metric, level) in link.truth() {
                        let believed = link.believes(metric);
                        assert!(
                            believed.is_none() || believed == level,
                            "seed {seed} step {step}: {metric} {believed:?}"
                        );
                    }
                }
            }
            link.rest(600_000);
            for (metric, level) in link.truth() {
                assert_eq!(link.believes(metric), level, "seed {seed}: {metric}");
            }
            let counts = link.host.counts();
            assert!(counts.gaps > 0 && counts.late > 0, "seed {seed}: the link was too good: {counts:?}");
        }
    }
}

#[test]
fn the_simulated_node_says_what_each_node_has_to_say() {
    let mut link = Link::new(1, 0);
    link.is_faulty = false;
    link.send_births();
    let (_, birth) = link.under_way.pop_front().unwrap();
    let names: Vec<_> = Payload::decode(&birth).unwrap().metrics.into_iter().filter_map(|metric| metric.name).collect();
    assert_eq!(names, [BD_SEQ, REBIRTH, "Level"]);
}
