//! What is on a page, as assistive technology has it: by role and name from Chromium's accessibility tree.
//!
//! What cannot be found here cannot be found by a screen reader either, so finding is already a test.

use serde_json::{Value, json};

use super::{tab::Tab, wire::Refused};

/// One element at one moment. The page may replace it: then its methods are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    node: i64,
    /// As in ARIA: `button`, `link`, `textbox`, `heading`, `alert` …
    pub role: String,
    /// Its accessible name.
    pub name: String,
}

/// Roles of what can be typed in.
const FIELDS: [&str; 4] = ["textbox", "combobox", "spinbutton", "searchbox"];

/// Elements with this role whose name contains `name`.
pub(super) async fn find_all(tab: &Tab, role: &str, name: &str) -> Vec<Element> {
    find_all_under(tab, "document", role, name).await
}

/// As [`find_all`], within what a CSS selector names.
pub(super) async fn find_all_in(tab: &Tab, within: &str, role: &str, name: &str) -> Vec<Element> {
    find_all_under(tab, &format!("document.querySelector({})", json!(within)), role, name).await
}

async fn find_all_under(tab: &Tab, root: &str, role: &str, name: &str) -> Vec<Element> {
    let Ok(document) = tab.try_call("Runtime.evaluate", json!({ "expression": root })).await else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let one = [role];
    for role in if role == "field" { &FIELDS[..] } else { &one } {
        let query = json!({ "objectId": document["result"]["objectId"], "role": role });
        let Ok(tree) = tab.try_call("Accessibility.queryAXTree", query).await else { return Vec::new() };
        let nodes = tree["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        found.extend(nodes.iter().filter_map(Element::of).filter(|element| element.name.contains(name)));
    }
    found
}

/// What has the focus; `None` when nothing has.
pub(super) async fn focused(tab: &Tab) -> Option<Element> {
    let script = "document.activeElement === document.body ? null : document.activeElement";
    let active = tab.try_call("Runtime.evaluate", json!({ "expression": script })).await.ok()?;
    let object = active["result"].get("objectId")?;
    let query = json!({ "objectId": object, "fetchRelatives": false });
    let tree = tab.try_call("Accessibility.getPartialAXTree", query).await.ok()?;
    Element::of(tree["nodes"].get(0)?)
}

/// Whether what has the focus looks different from what has not.
pub(super) async fn shows_focus(tab: &Tab) -> bool {
    let script = "(() => {
        const focused = document.activeElement;
        const look = (e) => { const s = getComputedStyle(e); return [s.outlineStyle !== 'none' && s.outlineWidth,
            s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor].join() };
        const now = look(focused);
        focused.blur();
        const then = look(focused);
        focused.focus({ focusVisible: true, preventScroll: true });
        return now !== then;
    })()";
    tab.eval(script).await
}

impl Element {
    fn of(node: &Value) -> Option<Self> {
        if node["ignored"] == true {
            return None;
        }
        // Spaces at which no line may break are spaces all the same.
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().replace(['\u{a0}', '\u{202f}'], " ");
        Some(Self { node: node["backendDOMNodeId"].as_i64()?, role: text(&node["role"]), name: text(&node["name"]) })
    }

    pub(super) async fn click(&self, tab: &Tab) -> Result<(), Refused> {
        tab.try_call("DOM.scrollIntoViewIfNeeded", self.params()).await?;
        let quads = tab.try_call("DOM.getContentQuads", self.params()).await?;
        let corner = |at: usize| quads["quads"][0][at].as_f64();
        let [Some(left), Some(top), Some(right), Some(bottom)] = [corner(0), corner(1), corner(4), corner(5)] else {
            return Err(Refused(format!("{self:?} has no place on the page")));
        };
        let (x, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        if tab.screen().is_touched() {
            let finger = json!([{ "x": x, "y": y }]);
            tab.try_call("Input.dispatchTouchEvent", json!({ "type": "touchStart", "touchPoints": finger })).await?;
            tab.try_call("Input.dispatchTouchEvent", json!({ "type": "touchEnd", "touchPoints": [] })).await?;
        } else {
            for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
                let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
                tab.try_call("Input.dispatchMouseEvent", event).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn focus(&self, tab: &Tab) -> Result<(), Refused> {
        tab.try_call("DOM.focus", self.params()).await.map(drop)
    }

    pub(super) async fn fill(&self, tab: &Tab, text: &str) -> Result<(), Refused> {
        self.focus(tab).await?;
        self.call(tab, "function() { this.select?.() }", json!([])).await?;
        if text.is_empty() {
            let key = json!({ "type": "keyDown", "key": "Delete", "code": "Delete", "windowsVirtualKeyCode": 46 });
            return tab.try_call("Input.dispatchKeyEvent", key).await.map(drop);
        }
        tab.try_call("Input.insertText", json!({ "text": text })).await.map(drop)
    }

    pub(super) async fn choose(&self, tab: &Tab, option: &str) -> Result<(), Refused> {
        let choose = "function(wanted) {
            const option = [...this.options].find((option) => option.text.includes(wanted));
            if (!option) throw new Error(`no ${wanted} in ${[...this.options].map((option) => option.text)}`);
            this.value = option.value;
            for (const name of ['input', 'change']) this.dispatchEvent(new Event(name, { bubbles: true }));
        }";
        self.call(tab, choose, json!([{ "value": option }])).await.map(drop)
    }

    /// What it says.
    pub async fn text(&self, tab: &Tab) -> Result<String, Refused> {
        let said = self.call(tab, "function() { return this.innerText }", json!([])).await?;
        Ok(said.as_str().unwrap_or_default().to_owned())
    }

    /// The value of one of its attributes.
    pub async fn attribute(&self, tab: &Tab, name: &str) -> Result<Option<String>, Refused> {
        let read = "function(name) { return this.getAttribute(name) }";
        let value = self.call(tab, read, json!([{ "value": name }])).await?;
        Ok(value.as_str().map(str::to_owned))
    }

    async fn call(&self, tab: &Tab, function: &str, arguments: Value) -> Result<Value, Refused> {
        let object = tab.try_call("DOM.resolveNode", self.params()).await?;
        let call = json!({ "objectId": object["object"]["objectId"], "functionDeclaration": function,
            "arguments": arguments, "returnByValue": true });
        let answer = tab.try_call("Runtime.callFunctionOn", call).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(Refused(thrown["exception"]["description"].to_string())),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    fn params(&self) -> Value {
        json!({ "backendNodeId": self.node })
    }
}
