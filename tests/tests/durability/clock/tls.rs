//! Certificates, when the clock is wrong.

use sim::{Scanner, Suffix};
use tests::{
    Checker, Emitted, Hub, PATIENCE, Site,
    site::{file::token_of, status::Status},
};

use super::{
    items,
    machine::{Certificate, DAY, Front, Machine, YEAR, now},
    scan, site,
};

/// A site whose hub is behind TLS, and everything around it.
struct Line {
    machine: Machine,
    emitted: Emitted,
    hub: Hub,
    front: Front,
    site: Site,
    scanner: Scanner,
    items: Vec<String>,
    scanned: usize,
}

impl Line {
    /// The clock is so many seconds beside what is right. `None` after saying that `test` is skipped.
    async fn start(test: &str, trust: &str, clock: i64, of: impl FnOnce(&Machine) -> Certificate) -> Option<Self> {
        let machine = Machine::new(test)?;
        let (emitted, hub, items) = (Emitted::default(), Hub::start("plant-7", "acme").await, items(40));
        let shown = of(&machine);
        let front = Front::before(hub.addr(), &shown).await;
        let (token, ca) = (token_of("plant-7", "acme"), shown.pem.display());
        let file = site(&machine, trust, &items).section(format_args!(
            "[[feed]]\nname = \"acme\"\nhub = \"https://{}\"\ntoken = \"{token}\"\nca = \"{ca}\"\n",
            front.addr()
        ));
        let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::CrLf).unwrap();
        machine.set(clock);
        let site = file.start().await;
        site.wait_for_status("the scanner is there", |status| status.devices["scanner-1"].connected).await;
        Some(Self { machine, emitted, hub, front, site, scanner, items, scanned: 0 })
    }

    async fn scan(&mut self, count: usize) {
        for item in &self.items[self.scanned..self.scanned + count] {
            scan(&self.scanner, &self.emitted, item).await;
        }
        self.scanned += count;
        self.site.wait_until_accepted(self.scanned).await;
    }

    /// Returns once the feed is in trouble because of a certificate, with so many movements kept, and maybe more records.
    async fn wait_for_a_refused_certificate(&self, waiting: u64) -> Status {
        let is_it = |status: &Status| {
            let feed = &status.feeds["acme"];
            feed.is_troubled_by("certificate") && feed.waiting >= waiting
        };
        self.site.wait_for_status("the certificate is named", is_it).await
    }

    async fn judge(mut self) {
        self.site.wait_until_settled(PATIENCE).await;
        self.hub.wait_for_movements(self.scanned).await;
        Checker::new(&self.emitted).judge(&mut self.site, &mut self.hub).await.assert_clean();
    }
}

/// Seconds since 1970 that this build of the agent takes for certainly past.
fn built() -> i64 {
    let config = agent::clock::ClockConfig { synchronized_file: "/nonexistent".into(), trust: Default::default() };
    agent::clock::Clock::start_with(&config).built().millis() / 1_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_boots_in_1970_delivers_over_tls() {
    let valid = |machine: &Machine| machine.certificate("hub", built() - 7 * DAY, 3_650);
    let test = "TLS in 1970";
    let Some(mut line) = Line::start(test, "auto", 600 - now(), valid).await else { return };
    line.scan(10).await;
    line.hub.wait_for_movements(10).await;
    let status = line.site.status().await;
    assert!(!status.clock.trusted, "{status:?}");
    line.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_ended_before_the_build_is_refused_in_1970_though_it_was_valid_then() {
    let ended = |machine: &Machine| machine.certificate("ended", built() - 30 * DAY, 23);
    let test = "TLS in 1970 with an old certificate";
    let Some(mut line) = Line::start(test, "auto", 600 - now(), ended).await else { return };
    line.scan(5).await;
    line.wait_for_a_refused_certificate(5).await;
    assert_eq!(line.hub.movement_count().await, 0);
    // In 1970 the agent would take it if it asked the clock alone; only the floor tells it.
    line.machine.set_to(built() - 20 * DAY);
    line.scan(5).await;
    line.wait_for_a_refused_certificate(10).await;
    assert_eq!(line.hub.movement_count().await, 0);
    let status = line.site.status().await;
    assert!(status.problems.iter().any(|problem| problem.contains("clock: ")), "{:?}", status.problems);
    line.site.stop().await;
    // Nothing was lost by it: with a certificate that is valid all of it goes.
    let valid = line.machine.certificate("hub", built() - 7 * DAY, 3_650);
    let config = std::fs::read_to_string(line.site.config()).unwrap();
    std::fs::write(line.site.config(), config.replace("ended.pem", "hub.pem")).unwrap();
    line.front.show(&valid);
    line.site.start().await;
    line.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_years_ahead_parts_are_taken_and_kept_and_go_once_the_clock_is_right() {
    let valid = |machine: &Machine| machine.certificate("hub", now() - 7 * DAY, 365);
    let test = "TLS ten years ahead";
    let Some(mut line) = Line::start(test, "always", 0, valid).await else { return };
    line.scan(5).await;
    line.hub.wait_for_movements(5).await;
    line.site.stop().await;
    // The same as `auto` from here on, whatever this machine's own hardware clock says.
    let config = std::fs::read_to_string(line.site.config()).unwrap();
    std::fs::write(line.site.config(), config.replace("\"always\"", "\"never\"")).unwrap();
    line.machine.set(10 * YEAR);
    line.front.cut();
    line.site.start().await;
    line.site.wait_for_status("the scanner is back", |status| status.devices["scanner-1"].connected).await;
    line.scan(5).await;
    let status = line.wait_for_a_refused_certificate(5).await;
    assert!(!status.clock.trusted && status.names("clock: it is 203"), "{:?}", status.problems);
    assert_eq!(line.hub.movement_count().await, 5);
    line.machine.set(0);
    line.machine.synchronized();
    line.judge().await;
}
