use crate::page::text::ProblemsText;

pub(super) const PROBLEMS: ProblemsText = ProblemsText {
    about: "What is wrong, worst first, and what to do.",
    notes: "Worth knowing",
    since: "since",
    at_least_since: "at least since",
    since_unknown: "just seen",
    todo: "To do:",
    there: "Go there",
};
