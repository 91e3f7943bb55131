//! Signing in and out.

/// Texts of the door.
#[derive(Debug)]
pub struct DoorText {
    pub title: &'static str,
    pub badge: &'static str,
    pub badge_hint: &'static str,
    pub pin: &'static str,
    pub pin_hint: &'static str,
    pub enter: &'static str,
    pub scanning_needs_none: &'static str,
    pub wrong: &'static str,
    pub wrong_todo: &'static str,
    pub needs_pin: &'static str,
    pub needs_pin_todo: &'static str,
    pub no_pin: &'static str,
    pub no_pin_todo: &'static str,
    pub wait: fn(span: &str) -> String,
    pub wait_todo: &'static str,
    pub busy: &'static str,
    pub busy_todo: &'static str,
    pub is_signed_in: fn(name: &str, role: &str) -> String,
    pub kiosk: &'static str,
}
