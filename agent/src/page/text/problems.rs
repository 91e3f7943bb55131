//! What stands around the list of problems. The words of each problem are
//! [`status::problems::words`](crate::status::problems::words), which `status` says too.

/// Texts of the list of problems.
#[derive(Debug)]
pub struct ProblemsText {
    pub about: &'static str,
    /// Over those that call for nobody.
    pub notes: &'static str,
    pub since: &'static str,
    /// It may have begun before.
    pub at_least_since: &'static str,
    pub since_unknown: &'static str,
    pub todo: &'static str,
    pub there: &'static str,
}
