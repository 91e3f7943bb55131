//! When a site asks its hub what it has beside the site's ledger.

use std::time::Duration;

use super::{Reply, Shipment, ShipmentKind};

/// How long a question that a hub did not answer rests: one that does not know it is not asked with every batch.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(600);

/// What became of the question.
#[derive(Debug, Default)]
pub(super) struct Question {
    asked: Option<Asked>,
    /// The last acknowledgement of a shipment that carried it said nothing to it.
    is_left: bool,
}

#[derive(Debug)]
struct Asked {
    at: Duration,
    /// The shipment that carries it.
    with: u64,
}

impl Question {
    /// Whether it goes along with a shipment. Once said it is on its way.
    pub(super) fn goes_with(&mut self, now: Duration, shipment: &Shipment) -> bool {
        let is_due = self.asked.as_ref().is_none_or(|asked| now.saturating_sub(asked.at) >= ASK_AGAIN);
        let goes = is_due && shipment.kind == ShipmentKind::Records;
        if goes {
            self.asked = Some(Asked { at: now, with: shipment.id });
        }
        goes
    }

    /// Takes the reply to a shipment: where it carried the question and came to nothing, the question is due again.
    pub(super) fn handle_reply(&mut self, shipment: u64, reply: &Reply) {
        if self.asked.as_ref().is_none_or(|asked| asked.with != shipment) {
            return;
        }
        match reply {
            Reply::Ack(ack) => self.is_left = ack.forward.is_none(),
            Reply::Rejected { .. } | Reply::Nothing { .. } => self.asked = None,
        }
    }

    /// Whether the hub takes records and says nothing to it.
    pub(super) const fn is_left(&self) -> bool {
        self.is_left
    }
}
