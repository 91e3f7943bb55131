//! Takes pictures of every page at the bin, by day and at night, on a phone and on a desk: what docs/page.md shows.
//!
//! A storeroom is played in which something has happened, and Chromium looks at it. `tests/pictures` builds what is needed and
//! runs this.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};
use tests::{
    Browser, Storeroom,
    browser::{Light, Screen, tab::Picture},
    skip::say,
    storeroom::{MANAGER, PIN, WASHER},
};

/// Small, and still sharp where there are letters.
const QUALITY: u32 = 70;

/// Every page: the picture's name, and its path. What needs a sign-in is taken as the parts manager sees it.
const PAGES: [(&str, &str); 24] = [
    ("start", "/"),
    ("station", "/station/store"),
    ("bins", "/bins"),
    ("bin", "/bins/A-01"),
    ("problems", "/problems"),
    ("door", "/door"),
    ("work", "/work"),
    ("receive", "/work/receive"),
    ("put-away", "/work/put-away"),
    ("transfer", "/work/transfer"),
    ("test", "/work/test"),
    ("deploy", "/work/deploy"),
    ("install", "/work/install"),
    ("return", "/work/return"),
    ("scrap", "/work/scrap"),
    ("count", "/work/count"),
    ("calibrate", "/work/calibrate/A-01"),
    ("manage", "/manage"),
    ("min-max", "/manage/bounds"),
    ("operators", "/manage/operators"),
    ("vendors", "/manage/vendors"),
    ("feeds", "/manage/feeds"),
    ("data", "/manage/data"),
    ("audit", "/manage/audit"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("usage: pictures FOLDER [--png]")?);
    let as_png = arguments.any(|argument| argument == "--png");
    fs::create_dir_all(&folder)?;
    let Some(browser) = Browser::start_or_skip("pictures").await else { bail!("pictures need chromium") };
    let storeroom = lived_in().await;
    let (mut taken, mut bytes) = (0, 0);
    for screen in [Screen::Phone, Screen::Desktop] {
        let tab = browser.tab(screen).await;
        for (name, path) in PAGES {
            // The door as somebody sees it who is outside; behind it everything else.
            if name == "work" {
                storeroom.sign_in(&tab, MANAGER, Some(PIN)).await;
            }
            // First, so that nothing that moves is in the picture.
            tab.light(Light::Light).await;
            tab.open(&storeroom.site.page(path)).await;
            tab.wait_until("the page is live", "document.getElementById('link')?.dataset.state === 'live'").await;
            for light in Light::BOTH {
                tab.light(light).await;
                let (picture, ending) = if as_png { (Picture::Png, "png") } else { (Picture::WebP(QUALITY), "webp") };
                let picture = tab.picture(picture).await;
                bytes += picture.len();
                taken += 1;
                let file = folder.join(format!("{name}-{}-{}.{ending}", screen.word(), light.word()));
                fs::write(&file, picture).with_context(|| format!("write {}", file.display()))?;
            }
        }
    }
    say(&format!("{taken} pictures, {} kB, in {}", bytes / 1000, folder.display()));
    Ok(())
}

/// A storeroom in which something has happened.
async fn lived_in() -> Storeroom {
    let mut storeroom = Storeroom::begin().await;
    storeroom.on_scale(40);
    storeroom.scan(&["BW:RECEIVE", WASHER, "BW:QTY:100", "BW:DONE", "BW:BADGE:0042", WASHER, "BW:QTY:12"]).await;
    storeroom.scan(&["BW:BADGE:0100", "BW:SCRAP", "BW:REASON:bent", WASHER, "BW:DONE", "UNKNOWN-17"]).await;
    storeroom.wait_for_held(WASHER, "bin:B-01", 87).await;
    storeroom.hub.kill();
    storeroom.scan(&[WASHER]).await;
    storeroom.wait_for_held(WASHER, "bin:B-01", 86).await;
    storeroom
}
