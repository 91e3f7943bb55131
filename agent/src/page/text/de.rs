//! German. People are addressed formally and in short sentences; the words of the trade are those of a German storeroom.

mod audit;
mod bins;
mod door;
mod frame;
mod manage;
mod problems;
mod refusal;
mod say;
mod station;
mod work;

use look::Language;

use super::Text;

pub(super) static TEXT: Text = Text {
    language: Language::German,
    frame: frame::FRAME,
    door: door::DOOR,
    say: say::SAY,
    station: station::STATION,
    bins: bins::BINS,
    work: work::WORK,
    problems: problems::PROBLEMS,
    manage: manage::MANAGE,
};
