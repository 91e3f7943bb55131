//! A storeroom with a page: a station and its scanner, bins by hand and on a scale, two vendors, people with badges.

use crate::{Hub, PATIENCE, Site, browser::Tab, eventually, site::file::SiteFile};
use sim::{Scanner, SimScale, Suffix, Tongue};

/// Badges, as the labels name them.
pub const TECHNICIAN: &str = "0042";
pub const STOREKEEPER: &str = "0100";
pub const MANAGER: &str = "0007";

/// The parts manager's PIN.
pub const PIN: &str = "482913";

/// A part that is counted by hand, in bin B-01.
pub const WASHER: &str = "WASHER";

/// A part on the scale, in bin A-01.
pub const BOLT: &str = "M8-BOLT";

/// The bin on the scale, empty, and a piece of what lies in it.
pub const TARE_G: f64 = 210.0;
pub const PIECE_G: f64 = 8.05;

/// The site and the world around it.
pub struct Storeroom {
    pub site: Site,
    pub hub: Hub,
    pub scanner: Scanner,
    pub scale: SimScale,
}

impl Storeroom {
    /// A running site with its people, everything connected.
    pub async fn begin() -> Self {
        Self::with("", |file| file).await
    }

    /// As [`Self::begin`], with more keys of `[page]` and more in the file.
    pub async fn with(page: &str, more: impl FnOnce(SiteFile) -> SiteFile) -> Self {
        let hub = Hub::of(&[("plant-7", "acme"), ("plant-7", "globex")]);
        let file = Site::new("plant-7").feed("acme", hub.addr()).feed("globex", hub.addr()).page(page);
        let scale_port = file.port("scale-1");
        let file = file
            .section(format_args!(
                "[[item]]\ncode = \"{BOLT}\"\nfeed = \"acme\"\npiece_weight_g = {PIECE_G}\npiece_cv = 0.003\n\
                 piece_sample = 100\n\
                 [[bin]]\nname = \"A-01\"\nitem = \"{BOLT}\"\ntare_g = {TARE_G}\n\
                 [[scale]]\nname = \"scale-1\"\nbin = \"A-01\"\nport = \"{}\"\npoll_ms = 100\n\
                 [[station]]\nname = \"store\"\nplace = \"bin:B-01\"\nmode = \"use\"\n\
                 [[station]]\nname = \"goods-in\"\nplace = \"dock\"\nmode = \"receive\"\n",
                scale_port.display()
            ))
            .scanner("scanner-1", "store");
        let file = more(file);
        let scanner = Scanner::plug(&file.port("scanner-1"), Suffix::CrLf).expect("a part of the storeroom");
        let scale = SimScale::plug(&scale_port, Tongue::MtSics).expect("a part of the storeroom");
        scale.put(TARE_G);
        let mut world = Self { site: file.stopped(), hub, scanner, scale };
        world.hub.begin().await;
        world.site.start().await;
        world.people_and_parts().await;
        world.wait_until_connected().await;
        world
    }

    pub async fn wait_until_connected(&self) {
        self.site
            .wait_for_status("scanner and scale are there", |status| {
                ["scanner-1", "scale-1"].iter().all(|name| status.devices[*name].connected)
            })
            .await;
    }

    /// The labels, one after the other, by the station's scanner.
    pub async fn scan(&self, codes: &[&str]) {
        for code in codes {
            self.scanner.scan(code).await.expect("a part of the storeroom");
        }
    }

    /// How many lie where, in the agent's own words.
    pub async fn held(&self, item: &str, place: &str) -> i64 {
        let held: serde_json::Value =
            serde_json::from_str(&self.site.on_hand().await).expect("a part of the storeroom");
        held[item][place].as_i64().unwrap_or(0)
    }

    /// Returns when so many lie there.
    pub async fn wait_for_held(&self, item: &str, place: &str, units: i64) {
        let what = format!("{units} of {item} are at {place}");
        eventually(PATIENCE, &what, async || (self.held(item, place).await == units).then_some(())).await;
    }

    /// Puts so many on the scale.
    pub fn on_scale(&self, pieces: u32) {
        self.scale.put(TARE_G + PIECE_G * f64::from(pieces));
    }

    /// Signs somebody in at a tab, who then is at the start.
    pub async fn sign_in(&self, tab: &Tab, badge: &str, pin: Option<&str>) {
        self.sign_in_with(tab, badge, pin, ["Badge", "PIN", "Sign in"]).await;
    }

    /// As [`Self::sign_in`], in the words of another language: badge, PIN and the button.
    pub async fn sign_in_with(&self, tab: &Tab, badge: &str, pin: Option<&str>, words: [&str; 3]) {
        tab.open(&self.site.page("/door")).await;
        tab.fill("textbox", words[0], badge).await;
        if let Some(pin) = pin {
            tab.fill("textbox", words[1], pin).await;
        }
        tab.click("button", words[2]).await;
        tab.wait_for_path("/").await;
    }

    async fn people_and_parts(&self) {
        self.site.import(
            "items",
            &format!("code,feed,description,site_min,site_max\n{WASHER},acme,Washer 8 mm,20,500\nFILTER,globex,Oil filter,,\n"),
        );
        self.site.import("bins", &format!("name,item,min,max\nB-01,{WASHER},10,200\nC-01,FILTER,2,8\n"));
        self.site.import(
            "operators",
            &format!(
                "badge,name,role\n{TECHNICIAN},Ada Field,technician\n{STOREKEEPER},Sam Store,storekeeper\n\
                 {MANAGER},Pat Parts,parts-manager\n0300,Otto Audit,auditor\n"
            ),
        );
        self.site.import("assets", "name\nPUMP-17\n");
        self.site.set_pin(MANAGER, PIN).await;
    }
}
