//! What stands around every page, and what the script says.

/// Texts of the frame.
#[derive(Debug)]
pub struct FrameText {
    pub home: &'static str,
    pub bins: &'static str,
    pub work: &'static str,
    pub problems: &'static str,
    pub manage: &'static str,
    /// Names the list of ways for whoever hears it.
    pub ways: &'static str,
    pub skip: &'static str,
    pub sign_in: &'static str,
    pub sign_out: &'static str,
    pub signed_in_as: fn(&str) -> String,
    /// A display that may only look.
    pub only_looking: &'static str,
    pub language: &'static str,
    pub change_language: &'static str,
    pub stations: &'static str,
    pub no_stations: &'static str,
    pub all_well: &'static str,
    pub problem_count: fn(count: usize, number: &str) -> String,
    pub not_there: &'static str,
    pub not_there_todo: &'static str,
    pub not_allowed: &'static str,
    pub not_allowed_todo: fn(role: &str) -> String,
    pub to_home: &'static str,
    /// Said by the script; `{age}` and `{time}` stand for what it knows.
    pub live: &'static str,
    pub not_live: &'static str,
    pub connecting: &'static str,
    pub away: &'static str,
    pub old: &'static str,
    pub not_sent: &'static str,
    pub sending: &'static str,
    pub technician: &'static str,
    pub storekeeper: &'static str,
    pub parts_manager: &'static str,
    pub auditor: &'static str,
    pub admin: &'static str,
}
