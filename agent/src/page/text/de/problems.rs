use crate::page::text::ProblemsText;

pub(super) const PROBLEMS: ProblemsText = ProblemsText {
    about: "Was nicht stimmt, das Schlimmste zuerst, und was zu tun ist.",
    notes: "Gut zu wissen",
    since: "seit",
    at_least_since: "mindestens seit",
    since_unknown: "gerade gesehen",
    todo: "Zu tun:",
    there: "Dorthin",
};
