//! Sparkplug: single payloads, and a host that hears births, data and deaths in any order and state.

use std::collections::BTreeSet;

use agent::device::sparkplug::{
    Action, DataType, Host, Metric, NodeId, Payload, Publication, Quality, Report, Source, WireValue,
};

use crate::storm::{Random, frames, storm};

const NODES: [&str; 4] = ["a", "b", "c", "stranger"];
const DEVICES: [&str; 3] = ["d", "e", "unwatched"];
const KINDS: [&str; 12] =
    ["NBIRTH", "NDEATH", "DBIRTH", "DBIRTH", "DDEATH", "NDATA", "NDATA", "DDATA", "DDATA", "DDATA", "NCMD", "DCMD"];
const WEIGHT: u64 = 7;

/// A host and what it has said of whom.
struct Site {
    host: Host,
    now_ms: u64,
    /// The number each node gives its next message.
    seq: [u8; NODES.len()],
    online: BTreeSet<Source>,
}

#[test]
fn no_payload_breaks_and_no_level_is_told_of_a_node_that_is_not_there() {
    let good: Vec<Box<[u8]>> = (0..6).map(|number| payload(number, 1).encode().into()).collect();
    let topics = frames([
        "spBv1.0/g/NDATA/a",
        "spBv1.0/g/DDATA/a/d",
        "spBv1.0/STATE/host",
        "STATE/host",
        "spBv1.0/g/NBIRTH/a/d",
        "spAv1.0/g/NDATA/a",
    ]);
    let mut sites = [Site::new(0), Site::new(Host::REORDER_MS)];
    let (mut frame, mut topic) = (Vec::new(), Vec::new());
    storm("sparkplug", |round, random| {
        random.bend(&good, &mut frame);
        let at = random.below(sites.len());
        let site = &mut sites[at];
        match random.below(4) {
            0 => {
                random.bend(&topics, &mut topic);
                let topic = String::from_utf8_lossy(&topic);
                if let Ok(publication) = Publication::decode(&topic, &frame) {
                    serde_json::to_string(&publication).unwrap();
                }
                if let Ok(payload) = Payload::decode(&frame) {
                    // As bytes, since NaN is not itself.
                    let written = payload.encode();
                    assert_eq!(Payload::decode(&written).unwrap().encode(), written);
                }
                site.hear(&topic, &frame, random.once_in(8));
            }
            1 => site.message(&frame, random),
            _ => {
                let payload = payload(random.below(6), random.byte());
                site.message_of(payload, random);
            }
        }
        if round % 64 == 0 {
            site.assert_followed();
        }
    });
}

impl Site {
    fn new(reorder_ms: u64) -> Self {
        let mut host = Host::new("host", reorder_ms).unwrap();
        for node in &NODES[..3] {
            host.watch(Source::new("g", node, None).unwrap(), "w").unwrap();
            for device in &DEVICES[..2] {
                host.watch(Source::new("g", node, Some(device)).unwrap(), "w").unwrap();
                host.watch(Source::new("g", node, Some(device)).unwrap(), "v").unwrap();
            }
        }
        let mut site = Self { host, now_ms: 0, seq: [0; NODES.len()], online: BTreeSet::new() };
        let actions = site.host.handle_connected(0);
        site.believe(&actions);
        site
    }

    /// A message that can be read, mostly with the number that is due.
    fn message_of(&mut self, mut payload: Payload, random: &mut Random) {
        let (node, kind) = (random.below(NODES.len()), random.one_of(&KINDS));
        let seq = &mut self.seq[node];
        match kind {
            "NBIRTH" => {
                payload = Payload::node_birth(self.now_ms, random.byte() % 2, payload.metrics);
                *seq = 1;
            }
            "NDEATH" => payload = Payload::node_death(self.now_ms, random.byte() % 2),
            "NCMD" | "DCMD" => {}
            _ => {
                let skipped = if random.once_in(8) { random.one_of(&[1, 2, 255, 128]) } else { 0_u8 };
                payload.seq = Some(u64::from(seq.wrapping_add(skipped)));
                *seq = if random.once_in(2) { seq.wrapping_add(1) } else { seq.wrapping_add(skipped).wrapping_add(1) };
            }
        }
        self.speak(kind, node, &payload.encode(), random);
    }

    fn message(&mut self, bytes: &[u8], random: &mut Random) {
        let (node, kind) = (random.below(NODES.len()), random.one_of(&KINDS));
        self.speak(kind, node, bytes, random);
    }

    fn speak(&mut self, kind: &str, node: usize, bytes: &[u8], random: &mut Random) {
        self.now_ms += random.next() % 1_000;
        if random.once_in(64) {
            let actions = self.host.handle_disconnected();
            self.believe(&actions);
            self.online.clear();
            let actions = self.host.handle_connected(self.now_ms);
            self.believe(&actions);
        }
        let actions = self.host.handle_timeout(self.now_ms);
        self.believe(&actions);
        let device = if kind.starts_with('D') { format!("/{}", random.one_of(&DEVICES)) } else { String::new() };
        self.hear(&format!("spBv1.0/g/{kind}/{}{device}", NODES[node]), bytes, random.once_in(32));
    }

    fn hear(&mut self, topic: &str, payload: &[u8], retained: bool) {
        let actions = self.host.handle(topic, payload, retained, self.now_ms);
        self.believe(&actions);
        let _ = (self.host.due_ms(), self.host.counts());
    }

    fn believe(&mut self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Online(source) => drop(self.online.insert(source.clone())),
                Action::Offline(source) => drop(self.online.remove(source)),
                Action::Reading { source, report: Report::Current { .. }, .. } => {
                    let node = Source { node: source.node.clone(), device: None };
                    for source in [source, &node] {
                        assert!(self.online.contains(source), "a level, and {source} is not there");
                    }
                }
                Action::RequestRebirth(node) => assert_ne!(node.node(), NODES[3], "nobody's business"),
                Action::Reading { .. } | Action::PublishState | Action::Refused(_) => {}
            }
        }
    }

    /// After a birth a level is told, whatever came before.
    fn assert_followed(&mut self) {
        self.now_ms += 1;
        let level =
            |value| Metric { alias: Some(WEIGHT), ..Metric::new("w", DataType::Double, WireValue::Double(value)) };
        let birth = Payload::node_birth(self.now_ms, 0, vec![level(1.0)]);
        let device_birth = Payload { seq: Some(1), ..Payload::new(self.now_ms, vec![level(2.0)]) };
        let data = Payload {
            seq: Some(2),
            ..Payload::new(self.now_ms, vec![Metric::of_alias(WEIGHT, WireValue::Double(3.5))])
        };
        let node = NodeId::new("g", NODES[0]).unwrap();
        let source = Source { node, device: Some(DEVICES[0].to_owned()) };
        for (topic, payload) in
            [("spBv1.0/g/NBIRTH/a", birth), ("spBv1.0/g/DBIRTH/a/d", device_birth), ("spBv1.0/g/DDATA/a/d", data)]
        {
            let actions = self.host.handle(topic, &payload.encode(), false, self.now_ms);
            self.believe(&actions);
            let is_told = |action: &Action| matches!(action, Action::Reading { report: Report::Current { .. }, .. });
            assert!(actions.iter().any(is_told), "{source} stayed lost: {topic} led to {actions:?}");
        }
        self.seq[0] = 3;
    }
}

/// What nodes say, one way or another.
fn payload(which: usize, value: u8) -> Payload {
    let named = |name: &str, datatype, wire| Metric::new(name, datatype, wire);
    let number = i32::from(value.cast_signed());
    let metrics = match which {
        0 => vec![Metric {
            alias: Some(WEIGHT),
            ..named("w", DataType::Double, WireValue::Double(f64::from(value) / 8.0))
        }],
        1 => vec![Metric::of_alias(WEIGHT, WireValue::Float(f32::from(value)))],
        2 => vec![
            named("w", DataType::Int32, WireValue::Int(number.cast_unsigned())),
            Metric { is_historical: true, alias: Some(2), ..named("v", DataType::UInt64, WireValue::Long(u64::MAX)) },
        ],
        3 => vec![
            Metric { is_null: true, wire: None, ..named("w", DataType::Int8, WireValue::Int(0)) },
            Metric { quality: Quality::Stale, ..named("v", DataType::Int64, WireValue::Long(u64::from(value))) },
            Metric::of_alias(u64::from(value % 4), WireValue::Text("x".into())),
        ],
        4 => vec![
            named("a", DataType::DataSet, WireValue::DataSet(vec![value; 9])),
            named("b", DataType::Template, WireValue::Template(vec![value; 3])),
            named("v", DataType::String, WireValue::Text("12.5".into())),
            named("w", DataType::Boolean, WireValue::Flag(true)),
        ],
        _ => Payload::rebirth(1).metrics,
    };
    Payload { uuid: (which == 4).then(|| "u".to_owned()), ..Payload::new(1_780_000_000_000, metrics) }
}
