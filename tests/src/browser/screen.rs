//! What a person has in the hand: a phone, a desk's screen; by day and at night.

use serde_json::{Value, json};

/// A screen and how it is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A common phone, held upright, touched with a finger.
    Phone,
    /// The narrowest that WCAG 1.4.10 asks for: 320 px, touched with a finger.
    Narrow,
    /// A laptop with a mouse.
    Desktop,
}

/// The colours a person has asked the system for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Light,
    Dark,
}

const PHONE_AGENT: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/156.0.0.0 Mobile Safari/537.36";

impl Screen {
    /// Width and height in CSS pixels.
    #[must_use]
    pub const fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Narrow => (320, 568),
            Self::Desktop => (1280, 800),
        }
    }

    /// Whether it is touched, not clicked.
    #[must_use]
    pub const fn is_touched(self) -> bool {
        match self {
            Self::Phone | Self::Narrow => true,
            Self::Desktop => false,
        }
    }

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Narrow => "narrow",
            Self::Desktop => "desktop",
        }
    }

    /// The calls that make a tab look like this screen.
    pub(super) fn calls(self) -> Vec<(&'static str, Value)> {
        let (width, height) = self.size();
        let is_touched = self.is_touched();
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_touched });
        let mut calls = vec![
            ("Emulation.setDeviceMetricsOverride", size),
            ("Emulation.setTouchEmulationEnabled", json!({ "enabled": is_touched })),
        ];
        if is_touched {
            let platform = json!({ "platform": "Android", "platformVersion": "10", "architecture": "", "model": "K",
                "mobile": true });
            let agent = json!({ "userAgent": PHONE_AGENT, "userAgentMetadata": platform });
            calls.push(("Emulation.setUserAgentOverride", agent));
        }
        calls
    }
}

impl Light {
    pub const BOTH: [Self; 2] = [Self::Light, Self::Dark];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}
