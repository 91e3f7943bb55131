//! Any payload, and any sequence of messages, losses and pauses towards a host: what is read is written as the same,
//! and a level is only told while its node is believed.
#![no_main]

use std::collections::BTreeSet;

use agent::device::sparkplug::{Action, Host, HostState, Metric, NodeId, Payload, Publication, Report, Source, Topic};
use libfuzzer_sys::fuzz_target;

const NODES: [&str; 3] = ["a", "b", "stranger"];
const KINDS: [&str; 9] = ["NBIRTH", "NDEATH", "DBIRTH", "DDEATH", "NDATA", "DDATA", "NCMD", "DCMD", "STATE"];

fuzz_target!(|data: &[u8]| {
    decode(data);
    follow(data);
});

fn decode(data: &[u8]) {
    if let Ok(payload) = Payload::decode(data) {
        let again = Payload::decode(&payload.encode()).expect("what was written reads");
        // NaN is not itself, its bytes are.
        assert_eq!(again.encode(), payload.encode());
        let _ = (payload.session(), serde_json::to_string(&payload).expect("a payload has a form in JSON"));
    }
    let _ = HostState::parse(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let topic = text.lines().next().unwrap_or_default();
    let _ = (Topic::parse(topic).is_ok(), Publication::decode(topic, data).is_ok());
}

/// Four bytes say what happens: who speaks and of what, the number of the message, the time that has passed, and how
/// many bytes behind them are its metrics.
fn follow(data: &[u8]) {
    let Ok(mut host) = Host::new("host", if data.len() % 2 == 0 { 2_000 } else { 0 }) else { return };
    for node in &NODES[..2] {
        for (device, metric) in [(None, "w"), (Some("d"), "w"), (Some("e"), "v")] {
            let source = Source::new("g", node, device).expect("plain words");
            host.watch(source, metric).expect("few");
        }
    }
    let mut now_ms = 0;
    let mut online: BTreeSet<Source> = BTreeSet::new();
    believe(&host.handle_connected(now_ms), &mut online);
    let mut rest = data;
    while let [who, seq, pause, len, behind @ ..] = rest {
        let (metrics, behind) = behind.split_at(usize::from(*len).min(behind.len()));
        rest = behind;
        now_ms += u64::from(*pause) * 50;
        believe(&host.handle_timeout(now_ms), &mut online);
        let kind = KINDS[usize::from(who & 15) % KINDS.len()];
        let node = NODES[usize::from(who >> 4 & 3) % NODES.len()];
        let device = if who & 64 == 0 { "d" } else { "e" };
        let topic = match kind {
            "STATE" if who & 64 != 0 => {
                believe(&host.handle_disconnected(), &mut online);
                online.clear();
                host.handle_connected(now_ms);
                continue;
            }
            "STATE" => "spBv1.0/STATE/host".to_owned(),
            _ if kind.starts_with('D') => format!("spBv1.0/g/{kind}/{node}/{device}"),
            _ => format!("spBv1.0/g/{kind}/{node}"),
        };
        let payload = Payload::decode(metrics).map_or_else(
            |_| metrics.to_vec(),
            |mut payload| {
                payload.seq = Some(u64::from(*seq));
                if kind == "NDEATH" {
                    payload = Payload::node_death(0, *seq % 2);
                } else if kind == "NBIRTH" {
                    payload = Payload { ..Payload::node_birth(0, *seq % 2, payload.metrics) };
                } else if payload.metrics.is_empty() {
                    payload.metrics.push(Metric { name: Some("w".into()), ..Metric::default() });
                }
                payload.encode()
            },
        );
        believe(&host.handle(&topic, &payload, who & 128 != 0, now_ms), &mut online);
        let _ = (host.due_ms(), host.counts());
    }
    believe(&host.handle_timeout(now_ms + 1_000_000), &mut online);
}

fn believe(actions: &[Action], online: &mut BTreeSet<Source>) {
    for action in actions {
        match action {
            Action::Online(source) => {
                online.insert(source.clone());
            }
            Action::Offline(source) => {
                online.remove(source);
            }
            Action::Reading { source, report: Report::Current { .. }, .. } => {
                assert!(online.contains(source), "a level of {source}, which is not there");
                let node = Source { node: source.node.clone(), device: None };
                assert!(online.contains(&node), "a level of {source}, whose node is not there");
            }
            Action::RequestRebirth(node) => assert!(is_ours(node), "{node} is nobody's business"),
            Action::Reading { .. } | Action::PublishState | Action::Refused(_) => {}
        }
    }
}

fn is_ours(node: &NodeId) -> bool {
    NODES[..2].contains(&node.node())
}
