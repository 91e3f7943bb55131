//! A site, its hub and the line between them, ready for one scenario.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use sim::{
    Wan,
    wan::{Answers, Fault},
};
use tests::{
    Checker, Emitted, Hub, PATIENCE, Part, Publisher, Site, checker::Verdict, eventually, site::file::token_of,
};

use tokio::time::{sleep, timeout};

use super::{
    front::{AUTHORITY, Front, Shows},
    network::{Deaf, HUB, Network},
};

/// A trouble that needs a time-out first is named after a second.
const TROUBLE_SHOWN_WITHIN: Duration = Duration::from_secs(10);

/// The item of a record that a hub may be unable to read.
pub(super) const POISON: &str = "POISON-1";

const ITEMS: [&str; 3] = ["M8-BOLT", "SEAL-40", "O-RING"];

/// What stands between site and hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Nothing: the site knows the hub's own address.
    Direct,
    /// The line, with plain HTTP on it.
    Plain,
    /// The line, and TLS in front of the hub, with HTTP/1.1 inside.
    Tls,
    /// The same with HTTP/2 inside.
    Tls2,
    /// TLS, and a name for the hub that the test's name server knows.
    Named,
}

/// Whether something comes true within a bound.
async fn eventually_or(bound: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let so = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(bound, so).await.is_ok()
}

/// Everything that a scenario may reach for.
pub(super) struct Stage {
    pub(super) site: Site,
    pub(super) hub: Hub,
    pub(super) wan: Wan,
    pub(super) front: Option<Front>,
    pub(super) network: Option<Network>,
    pub(super) deaf: Option<Deaf>,
    pub(super) moved: Option<Wan>,
    publisher: Option<Publisher>,
    emitted: Emitted,
}

impl Stage {
    /// A site that has delivered before: there are connections to be broken.
    ///
    /// # Errors
    /// Why it cannot be had here.
    pub(super) async fn set(
        name: &str,
        broker: u16,
        way: Way,
        batch_records: u32,
        request_timeout: Duration,
    ) -> Result<Self, String> {
        let network = if way == Way::Named { Some(Network::make().await?) } else { None };
        let hub = Hub::start(name, "acme").await;
        let front = match way {
            Way::Direct | Way::Plain => None,
            Way::Tls | Way::Named => Some(Front::before(hub.addr(), b"http/1.1").await),
            Way::Tls2 => Some(Front::before(hub.addr(), b"h2").await),
        };
        let wan = Wan::to(front.as_ref().map_or(hub.addr(), Front::addr)).await.unwrap();
        let url = match way {
            Way::Direct => format!("http://{}", hub.addr()),
            Way::Plain => format!("http://{}", wan.addr()),
            Way::Tls | Way::Tls2 => format!("https://{}", wan.addr()),
            Way::Named => format!("https://{HUB}:{}", wan.addr().port()),
        };
        let file = Site::new(name).batch_records(batch_records).connect_timeout_seconds(0.6);
        let ca = file.port("ca.pem");
        std::fs::write(&ca, AUTHORITY).unwrap();
        let (ca, token) = (ca.display().to_string(), token_of(name, "acme"));
        let ca = if front.is_some() { format!("ca = \"{ca}\"\n") } else { String::new() };
        let mut site = file
            .request_timeout_seconds(request_timeout.as_secs_f64())
            .section(format_args!("[[feed]]\nname = \"acme\"\nhub = \"{url}\"\ntoken = \"{token}\"\n{ca}"))
            .items("acme", ITEMS.iter().chain(&[POISON]))
            .broker(broker)
            .station("goods-in")
            .scans_on(&format!("scans/{name}"), "gateway-1", "goods-in")
            .stopped();
        match &network {
            Some(network) => network.within(|| site.begin())?,
            None => site.begin(),
        }
        site.wait_until_up().await;
        let emitted = Emitted::default();
        let mut publisher = Publisher::connect(broker, &format!("scans/{name}"), &ITEMS, 1, &emitted).await;
        // The broker keeps nothing for an agent that has not subscribed yet.
        eventually(PATIENCE, "the agent hears its first scan", async || {
            publisher.try_one().await;
            let heard = eventually_or(Duration::from_millis(500), || site.log().accepted_count() > 0).await;
            heard.then_some(())
        })
        .await;
        let (publisher, moved, deaf) = (Some(publisher), None, None);
        let mut stage = Self { site, hub, wan, front, network, deaf, moved, publisher, emitted };
        stage.scan(5).await;
        stage.site.wait_until_settled(PATIENCE).await;
        Ok(stage)
    }

    /// So many parts are scanned; the agent has them all.
    pub(super) async fn scan(&mut self, count: u64) {
        let last = self.publisher.as_mut().unwrap().publish_many(count).await;
        self.site.wait_until_accepted_part(&last).await;
    }

    /// A part is scanned that the hub may be unable to read.
    pub(super) async fn scan_poison(&mut self) -> Part {
        let part = Part::new(POISON, 1);
        self.publisher.as_mut().unwrap().publish_as(&part, Some("poison")).await;
        self.site.wait_until_accepted_part(&part).await;
        part
    }

    /// Parts are scanned, so many a second, while something goes on.
    pub(super) async fn scanning<T>(&mut self, per_second: u32, doing: impl AsyncFnOnce(&mut Self) -> T) -> T {
        let flow = self.publisher.take().unwrap().keep_on(per_second);
        let done = doing(self).await;
        self.publisher = Some(flow.stop().await);
        self.scan(1).await;
        done
    }

    /// Requests, connections and refusals that the line has seen.
    pub(super) fn attempts(&self) -> u64 {
        self.wan.requests().max(self.wan.connections()) + self.wan.refused()
    }

    /// Plays a fault from now on.
    pub(super) fn play(&self, fault: Fault) {
        self.wan.play(fault, u64::MAX);
    }

    /// Ends the connections there are; new ones pass.
    pub(super) fn cut(&self) {
        self.wan.down();
        self.wan.up();
    }

    /// Shows another certificate from now on, on connections that are new.
    pub(super) fn show(&self, shows: Shows) {
        self.front.as_ref().unwrap().show(shows);
        self.cut();
    }

    /// Answers the name otherwise from now on; connections there were are gone.
    pub(super) fn name(&self, answers: Answers) {
        self.network.as_ref().unwrap().names.set(answers);
        self.cut();
    }

    /// The address of the line's end at another address of this host.
    pub(super) fn beside(&self, last: u8) -> SocketAddr {
        (Ipv4Addr::new(127, 0, 0, last), self.wan.addr().port()).into()
    }

    /// Everything is as it should be again.
    pub(super) async fn mend(&mut self) {
        self.wan.end_play();
        self.wan.lose_replies(0);
        self.wan.portal(0);
        self.wan.rate(0);
        self.wan.lose_packets(0);
        self.wan.delay(Duration::ZERO);
        self.wan.up();
        if let Some(front) = &self.front {
            front.show(Shows::Own);
        }
        if let (Some(network), None) = (&self.network, &self.moved) {
            network.names.set(Answers::At(Ipv4Addr::LOCALHOST));
        }
        if !self.hub.runs() {
            self.hub.begin().await;
        }
    }

    /// How long it takes until nothing waits any more, at most `bound`.
    pub(super) async fn drain(&self, bound: Duration) -> Duration {
        let begun = Instant::now();
        self.site.wait_until_settled(bound).await;
        begun.elapsed()
    }

    /// Returns when the agent's log has a line with this text.
    pub(super) async fn wait_for_line(&self, text: &str, bound: Duration) {
        let what = format!("the log says {text:?}");
        let said = || !self.site.log().lines_with(text).is_empty();
        eventually(bound, &what, async || said().then_some(())).await;
    }

    /// Returns when the feed's trouble has this text in it.
    pub(super) async fn wait_for_trouble(&self, text: &str) {
        let (site, what) = (&self.site, format!("status says {text:?}"));
        let feed = eventually(TROUBLE_SHOWN_WITHIN, &what, async || {
            let feed = site.status().await.feeds["acme"].clone();
            feed.is_troubled_by(text).then_some(feed)
        })
        .await;
        assert!(feed.waiting > 0, "what is in trouble waits");
    }

    /// The oracle's word on the whole.
    pub(super) async fn judge(&mut self, expecting: &[&str]) -> Verdict {
        let mut checker = Checker::new(&self.emitted);
        for text in expecting {
            checker = checker.expecting(text);
        }
        checker.judge(&mut self.site, &mut self.hub).await
    }

    /// The word on a run after which some records are set aside at the site: the hub has all others, each once, and says
    /// itself that it does not have all.
    pub(super) async fn judge_all_but(&mut self, set_aside: u64) -> String {
        let mut there: BTreeMap<Part, u32> = BTreeMap::new();
        for seen in self.hub.movements().await {
            let record: serde_json::Value = serde_json::from_str(seen.record.get()).unwrap();
            let part = Part::new(record["item"].as_str().unwrap(), record["qty"].as_u64().unwrap());
            *there.entry(part).or_default() += 1;
        }
        let meant = self.emitted.meant();
        assert!(there.iter().all(|(part, often)| meant.get(part) == Some(often)), "each once: {there:?}");
        let promised = self.emitted.promised();
        let missing: Vec<_> = promised.keys().filter(|part| !there.contains_key(part)).collect();
        assert_eq!(missing.len() as u64, set_aside, "{missing:?}");
        if meant.contains_key(&Part::new(POISON, 1)) {
            assert_eq!(missing, [&Part::new(POISON, 1)], "the one that cannot be read");
        }
        assert!(self.hub.health().await.iter().all(|feed| feed.chain == "lossy"), "the hub knows of the gap");
        self.site.stop().await;
        self.hub.stop().await;
        format!("{} at the hub, each once, {set_aside} set aside", there.len())
    }
}
