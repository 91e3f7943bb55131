//! One page in the browser: opened, read, and worked with as a person does.
//!
//! Everything that a person would wait for is waited for here, with one bound; a step that cannot be done panics and says
//! what is on the page instead.

use std::{path::Path, sync::Arc};

use base64::Engine as _;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    element::{self, Element},
    heard::{Ears, Heard},
    keys::{self, Key},
    screen::{Light, Screen},
    wire::{Refused, Wire},
};
use crate::eventually::{PATIENCE, eventually};

/// Keys that it may take to get anywhere on a page.
const TAB_STOPS_MAX: usize = 300;

/// Times that an element may be replaced by the page while it is being worked with.
const RETRIES: usize = 20;

/// How a picture is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    Png,
    /// Small, for documents. The quality is Chromium's, `0..=100`.
    WebP(u32),
}

/// All that can be seen of a page. Spaces at which no line may break are spaces all the same.
const SEEN: &str = "document.body.innerText.replace(/[\\u00a0\\u202f]/g, ' ')";

/// All that a document shows.
const TEXT: &str = "document.documentElement?.innerText ?? ''";

/// A cookie as the browser keeps it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub path: String,
    pub http_only: bool,
    pub secure: bool,
    #[serde(default)]
    pub same_site: Option<String>,
}

/// A page of a [`super::Browser`]. Dropping it closes it.
#[derive(Debug)]
pub struct Tab {
    wire: Arc<Wire>,
    ears: Ears,
    session: String,
    target: String,
    context: String,
    screen: Screen,
}

impl Tab {
    pub(super) async fn new(
        wire: Arc<Wire>,
        ears: Ears,
        session: String,
        target: String,
        context: String,
        screen: Screen,
    ) -> Self {
        let tab = Self { wire, ears, session, target, context, screen };
        for domain in ["Page", "Runtime", "Log", "Network", "Audits", "DOM"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        for (method, params) in screen.calls() {
            tab.call(method, params).await;
        }
        // Every tab is seen, as on a device of its own: pages may stop what nobody looks at.
        tab.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        tab
    }

    pub(super) fn context(&self) -> &str {
        &self.context
    }

    /// What it is seen on.
    #[must_use]
    pub const fn screen(&self) -> Screen {
        self.screen
    }

    // ---- opening

    /// Opens an address and returns when it and all it needs is there.
    ///
    /// # Panics
    /// When nothing answers there.
    pub async fn open(&self, url: &str) {
        if let Err(error) = self.try_open(url).await {
            panic!("open {url}: {error}");
        }
    }

    /// Opens an address; the error is Chromium's own word.
    pub async fn try_open(&self, url: &str) -> Result<(), String> {
        let answer = self.try_call("Page.navigate", json!({ "url": url })).await.map_err(|refused| refused.0)?;
        if let Some(error) = answer["errorText"].as_str() {
            return Err(error.to_owned());
        }
        self.wait_until(&format!("{url} is loaded"), "document.readyState === 'complete'").await;
        Ok(())
    }

    /// Loads the page once more.
    pub async fn reload(&self) {
        let url: String = self.eval("location.href").await;
        self.open(&url).await;
    }

    /// The address shown.
    pub async fn url(&self) -> String {
        self.eval("location.href").await
    }

    /// Returns when the address has this path, loaded whole.
    pub async fn wait_for_path(&self, path: &str) {
        let condition = format!("location.pathname === {} && document.readyState === 'complete'", json!(path));
        self.wait_until(&format!("the address is {path}"), &condition).await;
    }

    /// Marks the page, for [`Self::wait_for_next_page`].
    pub async fn before_next_page(&self) {
        self.eval::<Value>("window.isThePageBefore = true").await;
    }

    /// Returns when another page is there, loaded whole.
    pub async fn wait_for_next_page(&self) {
        let condition = "!window.isThePageBefore && document.readyState === 'complete'";
        self.wait_until("the next page is there", condition).await;
    }

    /// What the frames show that are in pages of this browser, each as its text.
    pub async fn texts_of_frames(&self) -> Vec<String> {
        let mut texts = Vec::new();
        let tree = self.call("Page.getFrameTree", json!({})).await;
        for frame in tree["frameTree"]["childFrames"].as_array().into_iter().flatten() {
            let world = self.call("Page.createIsolatedWorld", json!({ "frameId": frame["frame"]["id"] })).await;
            let script = json!({ "expression": TEXT, "contextId": world["executionContextId"] });
            texts.push(self.call("Runtime.evaluate", script).await);
        }
        // Those of other web sites are in processes of their own.
        let of_browser = async |method: &str, params: Value| self.wire.call(None, method, params).await;
        let far = of_browser("Target.getTargets", json!({ "filter": [{ "type": "iframe" }] })).await;
        for target in far.expect("a list of targets")["targetInfos"].as_array().into_iter().flatten() {
            let attach = json!({ "targetId": target["targetId"], "flatten": true });
            let session = of_browser("Target.attachToTarget", attach).await.expect("a session");
            let session = session["sessionId"].as_str().expect("a session");
            let text = self.wire.call(Some(session), "Runtime.evaluate", json!({ "expression": TEXT })).await;
            texts.push(text.expect("a text"));
        }
        texts.iter().map(|text| text["result"]["value"].as_str().unwrap_or_default().trim().to_owned()).collect()
    }

    /// All cookies of the page.
    pub async fn cookies(&self) -> Vec<Cookie> {
        let cookies = self.call("Network.getCookies", json!({})).await;
        serde_json::from_value(cookies["cookies"].clone()).expect("cookies")
    }

    /// Puts a cookie into the browser, as somebody would who has found it.
    pub async fn set_cookie(&self, url: &str, cookie: &Cookie) {
        let params = json!({ "url": url, "name": cookie.name, "value": cookie.value, "httpOnly": true,
            "sameSite": "Strict" });
        self.call("Network.setCookie", params).await;
    }

    // ---- what the surroundings are

    /// Goes on on another screen.
    pub async fn screen_is(&self, screen: Screen) {
        for (method, params) in screen.calls() {
            self.call(method, params).await;
        }
    }

    /// By day or at night, and without anything that moves: what is looked at stands still.
    pub async fn light(&self, light: Light) {
        let light = json!({ "name": "prefers-color-scheme", "value": light.word() });
        let still = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        self.call("Emulation.setEmulatedMedia", json!({ "features": [light, still] })).await;
    }

    /// Whether scripts of pages run, from the next one on.
    pub async fn scripts(&self, run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).await;
    }

    /// Whether there is a network at all.
    pub async fn network(&self, there: bool) {
        let conditions = json!({ "offline": !there, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.call("Network.emulateNetworkConditions", conditions).await;
    }

    /// The languages that the browser asks for, best first.
    pub async fn languages(&self, languages: &str) {
        let headers = json!({ "headers": { "Accept-Language": languages } });
        self.call("Network.setExtraHTTPHeaders", headers).await;
    }

    /// Runs a script before any of the page's own, from the next page on.
    pub async fn before_each_page(&self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Says yes when a page asks for the camera.
    pub async fn allow_camera(&self, origin: &str) {
        let granted = json!({ "origin": origin, "permissions": ["videoCapture"], "browserContextId": self.context });
        let granted = self.wire.call(None, "Browser.grantPermissions", granted).await;
        granted.unwrap_or_else(|refused| panic!("allow the camera: {}", refused.0));
    }

    // ---- reading

    /// The text that a person can see, all of it.
    pub async fn text(&self) -> String {
        self.eval(SEEN).await
    }

    /// Returns when a text can be seen.
    ///
    /// # Panics
    /// When it never comes; says what can be seen instead.
    pub async fn wait_for_text(&self, text: &str) {
        let condition = format!("{SEEN}.includes({})", json!(text));
        self.wait_until(&format!("{text:?} is on the page"), &condition).await;
    }

    /// Returns when a text can be seen no more.
    pub async fn wait_until_gone(&self, text: &str) {
        let condition = format!("!{SEEN}.includes({})", json!(text));
        self.wait_until(&format!("{text:?} is gone from the page"), &condition).await;
    }

    /// Returns when an expression of the page is true.
    ///
    /// # Panics
    /// When it never is.
    pub async fn wait_until(&self, what: &str, condition: &str) {
        let is_so = format!("Boolean({condition})");
        let look = async || (self.try_eval(&is_so).await == Some(true)).then_some(());
        // The bound is ours, so that what is on the page instead can be told.
        let waited = tokio::time::timeout(PATIENCE, eventually(PATIENCE * 2, what, look)).await;
        if waited.is_err() {
            panic!("it did not happen that {what}; {}", self.situation().await);
        }
    }

    /// What a script on the page answers.
    ///
    /// # Panics
    /// When it throws, or answers something else than is asked for.
    pub async fn eval<T: DeserializeOwned>(&self, script: &str) -> T {
        match self.evaluate(script).await {
            Ok(value) => serde_json::from_value(value.clone())
                .unwrap_or_else(|error| panic!("{script} answers {value}: {error}")),
            Err(error) => panic!("{script}: {error}"),
        }
    }

    /// As [`Self::eval`]; `None` when there is no answer, as while a page is changed for the next.
    pub async fn try_eval<T: DeserializeOwned>(&self, script: &str) -> Option<T> {
        serde_json::from_value(self.evaluate(script).await.ok()?).ok()
    }

    async fn evaluate(&self, script: &str) -> Result<Value, String> {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let answer = self.try_call("Runtime.evaluate", params).await.map_err(|refused| refused.0)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    // ---- elements

    /// Returns when there is exactly one such element, by role and by a part of its accessible name. With an exact name
    /// beside longer ones it is the exact one.
    ///
    /// # Panics
    /// When there is none, or more than one, for too long.
    pub async fn find(&self, role: &str, name: &str) -> Element {
        let what = format!("there is one {role} {name:?}");
        let look = eventually(PATIENCE * 2, &what, async || self.try_find(role, name).await);
        match tokio::time::timeout(PATIENCE, look).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen that {what}; {}", self.situation().await),
        }
    }

    /// The one such element there is now.
    pub async fn try_find(&self, role: &str, name: &str) -> Option<Element> {
        let mut found = self.find_all(role, name).await;
        if found.len() > 1 {
            found.retain(|element| element.name == name);
        }
        (found.len() == 1).then(|| found.remove(0))
    }

    /// All such elements there are now.
    pub async fn find_all(&self, role: &str, name: &str) -> Vec<Element> {
        element::find_all(self, role, name).await
    }

    /// Clicks an element, or touches it, wherever it is on the page. What lies over it gets the click instead.
    pub async fn click(&self, role: &str, name: &str) {
        self.with(role, name, async |element| element.click(self).await).await;
    }

    /// Clicks the first of several such elements.
    pub async fn click_first(&self, role: &str, name: &str) {
        self.wait_until_any(role, name).await;
        let mut refused = None;
        for _ in 0..RETRIES {
            let found = self.find_all(role, name).await;
            let Some(first) = found.first() else { continue };
            match first.click(self).await {
                Ok(()) => return,
                Err(error) => refused = Some(error),
            }
        }
        panic!("{role} {name:?} cannot be clicked: {refused:?}; {}", self.situation().await);
    }

    /// Clicks an element within the one that a CSS selector names: where a page has two of one name, in two forms.
    pub async fn click_in(&self, within: &str, role: &str, name: &str) {
        self.with_in(within, role, name, async |element| element.click(self).await).await;
    }

    async fn with_in(
        &self,
        within: &str,
        role: &str,
        name: &str,
        mut act: impl AsyncFnMut(&Element) -> Result<(), Refused>,
    ) {
        let mut refused = None;
        for _ in 0..RETRIES {
            self.wait_until_any(role, name).await;
            let found = element::find_all_in(self, within, role, name).await;
            let exact: Vec<_> = found.iter().filter(|element| found.len() == 1 || element.name == name).collect();
            let [one] = exact[..] else { continue };
            match act(one).await {
                Ok(()) => return,
                Err(error) => refused = Some(error),
            }
        }
        panic!("{role} {name:?} in {within} cannot be worked with: {refused:?}; {}", self.situation().await);
    }

    async fn wait_until_any(&self, role: &str, name: &str) {
        let what = format!("there is a {role} {name:?}");
        let look = async || (!self.find_all(role, name).await.is_empty()).then_some(());
        if tokio::time::timeout(PATIENCE, eventually(PATIENCE * 2, &what, look)).await.is_err() {
            panic!("it did not happen that {what}; {}", self.situation().await);
        }
    }

    /// Empties a field and types into it. The role `field` is any that can be typed in.
    pub async fn fill(&self, role: &str, name: &str, text: &str) {
        self.with(role, name, async |element| element.fill(self, text).await).await;
    }

    /// As [`Self::fill`], within the element that a CSS selector names.
    pub async fn fill_in(&self, within: &str, role: &str, name: &str, text: &str) {
        self.with_in(within, role, name, async |element| element.fill(self, text).await).await;
    }

    /// Chooses from a list, by what the option says.
    pub async fn choose(&self, name: &str, option: &str) {
        self.with("combobox", name, async |element| element.choose(self, option).await).await;
    }

    /// What an element says.
    pub async fn text_of(&self, role: &str, name: &str) -> String {
        let mut text = String::new();
        self.with(role, name, async |element| element.text(self).await.map(|said| text = said)).await;
        text
    }

    /// Does something with an element; once more where the page has replaced it meanwhile.
    async fn with(&self, role: &str, name: &str, mut act: impl AsyncFnMut(&Element) -> Result<(), Refused>) {
        let mut refused = None;
        for _ in 0..RETRIES {
            let element = self.find(role, name).await;
            match act(&element).await {
                Ok(()) => return,
                Err(error) => refused = Some(error),
            }
        }
        panic!("{role} {name:?} cannot be worked with: {refused:?}; {}", self.situation().await);
    }

    // ---- keys

    /// Presses a key.
    pub async fn press(&self, key: Key) {
        self.strokes(key.strokes()).await;
    }

    /// Types, letter by letter, into whatever has the focus: as fast as a scanner that is a keyboard.
    pub async fn type_keys(&self, text: &str) {
        for letter in text.chars() {
            self.strokes(keys::letter(letter)).await;
        }
    }

    async fn strokes(&self, strokes: [Value; 2]) {
        for stroke in strokes {
            self.call("Input.dispatchKeyEvent", stroke).await;
        }
    }

    /// Goes on with the tab key until such an element has the focus. Every stop on the way must be visible.
    ///
    /// # Panics
    /// When the keyboard does not get there, or a stop shows no focus.
    pub async fn tab_to(&self, role: &str, name: &str) {
        let mut stops = Vec::new();
        for _ in 0..TAB_STOPS_MAX {
            self.press(Key::Tab).await;
            let Some(stop) = element::focused(self).await else { continue };
            assert!(
                element::shows_focus(self).await,
                "{} {:?} does not show that it has the focus",
                stop.role,
                stop.name
            );
            if stop.role == role && stop.name.contains(name) {
                return;
            }
            stops.push(format!("{} {:?}", stop.role, stop.name));
        }
        panic!("no {role} {name:?} by keyboard; stops: {stops:#?}");
    }

    /// As [`Self::tab_to`], from where the focus is: nothing is pressed when it is there already.
    pub async fn tab_to_or_stay(&self, role: &str, name: &str) {
        let here = element::focused(self).await;
        if !here.is_some_and(|here| here.role == role && here.name.contains(name)) {
            self.tab_to(role, name).await;
        }
    }

    // ---- heard and seen

    /// What the browser has heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.ears.of(&self.session)
    }

    /// Forgets what it has heard: what comes now is another matter.
    pub fn forget(&self) {
        self.ears.forget(&self.session);
    }

    /// # Panics
    /// When the browser complained of anything.
    pub fn assert_no_complaints(&self) {
        let complaints = self.heard().complaints;
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    }

    /// CSS pixels that stick out to the right: above 0 a person has to scroll sideways.
    pub async fn sideways(&self) -> i64 {
        self.eval("document.documentElement.scrollWidth - document.documentElement.clientWidth").await
    }

    /// What reaches furthest to the right, for whoever looks into it.
    pub async fn what_sticks_out(&self) -> String {
        let script = "[...document.querySelectorAll('body *')].map((e) => [e.getBoundingClientRect().right, e])
            .filter(([right]) => right > document.documentElement.clientWidth + 1).sort(([a], [b]) => b - a).slice(0, 3)
            .map(([right, e]) => `${e.tagName}#${e.id}.${e.className} to ${Math.round(right)}`).join(', ')";
        self.eval(script).await
    }

    /// The whole page as a picture.
    pub async fn picture(&self, picture: Picture) -> Vec<u8> {
        let mut params = match picture {
            Picture::Png => json!({ "format": "png" }),
            Picture::WebP(quality) => json!({ "format": "webp", "quality": quality }),
        };
        params["captureBeyondViewport"] = true.into();
        let height: u32 = self.eval("Math.ceil(document.documentElement.scrollHeight)").await;
        let (width, least) = self.screen.size();
        params["clip"] = json!({ "x": 0, "y": 0, "width": width, "height": height.max(least), "scale": 1 });
        let taken = self.call("Page.captureScreenshot", params).await;
        let text = taken["data"].as_str().expect("a picture");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    /// Writes a picture for whoever looks into something.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub async fn picture_to(&self, path: &Path) {
        std::fs::write(path, self.picture(Picture::Png).await).expect("write the picture");
    }

    async fn situation(&self) -> String {
        let text: Option<String> = self.try_eval("location.href + '\\n' + document.body.innerText").await;
        format!("the page is {}\ncomplaints: {:#?}", text.unwrap_or_default(), self.heard().complaints)
    }

    // ---- the line

    /// # Panics
    /// When Chromium refuses.
    pub(super) async fn call(&self, method: &str, params: Value) -> Value {
        self.try_call(method, params).await.unwrap_or_else(|refused| panic!("{method}: {}", refused.0))
    }

    pub(super) async fn try_call(&self, method: &str, params: Value) -> Result<Value, Refused> {
        self.wire.call(Some(&self.session), method, params).await
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.wire.tell("Target.closeTarget", json!({ "targetId": self.target }));
    }
}
