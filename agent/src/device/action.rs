//! Actions: what a press on a wireless button stands for.
//!
//! Owns the site's translation from a button's word (`single`, `long_push`) to the code that a scan of a label would
//! have given, so that a button beside a bin is a scanner with one label. Must not know which dialect the word came in.

use std::collections::BTreeMap;

use super::reading::Scan;

/// `actions = { single = "BIN-07" }`: at least one action, each with its code.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Actions(BTreeMap<String, String>);

/// Why a table holds no actions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionsError {
    #[error("no action is named; name the button's words and their codes, as in {{ single = \"BIN-07\" }}")]
    Empty,
    #[error("an action has no name")]
    NoName,
    #[error("action {action} has no code")]
    NoCode { action: String },
}

impl Actions {
    /// # Errors
    /// When there is none, or one without a name or a code.
    pub fn new(actions: BTreeMap<String, String>) -> Result<Self, ActionsError> {
        if actions.is_empty() {
            return Err(ActionsError::Empty);
        }
        for (action, code) in &actions {
            if action.is_empty() {
                return Err(ActionsError::NoName);
            }
            if code.is_empty() {
                return Err(ActionsError::NoCode { action: action.clone() });
            }
        }
        Ok(Self(actions))
    }

    /// The scan an action stands for; `None` for one that the site did not name: a button has more words than uses.
    #[must_use]
    pub fn scan(&self, action: &str) -> Option<Scan> {
        self.0.get(action).map(|code| Scan::from_frame(code.as_bytes()))
    }
}

impl TryFrom<BTreeMap<String, String>> for Actions {
    type Error = ActionsError;

    fn try_from(actions: BTreeMap<String, String>) -> Result<Self, ActionsError> {
        Self::new(actions)
    }
}

impl From<Actions> for BTreeMap<String, String> {
    fn from(actions: Actions) -> Self {
        actions.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(pairs: &[(&str, &str)]) -> Result<Actions, ActionsError> {
        Actions::new(pairs.iter().map(|(action, code)| ((*action).to_owned(), (*code).to_owned())).collect())
    }

    #[test]
    fn an_action_is_the_scan_of_its_code_and_an_unnamed_one_is_nothing() {
        let actions = actions(&[("single", "BIN-07"), ("double", "BIN-08")]).unwrap();
        assert_eq!(actions.scan("single"), Some(Scan::from_frame(b"BIN-07")));
        assert_eq!(actions.scan("double").map(|scan| scan.text()), Some("BIN-08".to_owned()));
        assert_eq!((actions.scan("hold"), actions.scan(""), actions.scan("Single")), (None, None, None));
    }

    #[test]
    fn a_table_that_could_never_scan_is_refused() {
        assert_eq!(actions(&[]), Err(ActionsError::Empty));
        assert_eq!(actions(&[("", "A")]), Err(ActionsError::NoName));
        assert_eq!(actions(&[("single", "")]), Err(ActionsError::NoCode { action: "single".into() }));
        let read: Result<Actions, _> = serde_json::from_str(r#"{"single":""}"#);
        assert!(read.is_err_and(|error| error.to_string().contains("action single has no code")));
    }
}
