//! What a station has to be told of its site: whose code is whose. The one window through which hearing looks at the
//! site's lists, so that it needs to know neither the lists nor where they are kept.

use gateway_proto::{
    name::{ItemCode, PlaceName, Text},
    place::Place,
    quantity::Quantity,
};
use serde::{Deserialize, Serialize};

/// The site's lists, as far as codes lead into them. A site without a list of a kind answers with what it was asked, so
/// that everybody and everything is welcome.
pub trait Codes {
    /// The item a code stands for.
    fn item(&self, code: &str) -> Option<Known>;

    /// The name of whoever carries a badge.
    fn operator(&self, badge: &str) -> Option<Text>;

    /// The machine by its name or by its GIAI.
    fn asset(&self, code: &str) -> Option<PlaceName>;

    /// What is expected under an SSCC, a license plate or an order number and has not come in yet.
    fn expected(&self, code: &str) -> Option<Vec<ExpectedLine>>;

    /// The place by its GRAI.
    fn container(&self, grai: &str) -> Option<Place> {
        let _ = grai;
        None
    }
}

/// An item as a code names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub item: ItemCode,
    /// Base units that one of this code stands for: 12 for the code on a box of twelve. 0 is taken for 1.
    pub factor: u64,
    pub tracking: Tracking,
}

/// What tells one piece of an item from another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    #[default]
    None,
    /// By lot: a movement needs the lot.
    Lot,
    /// Each by itself: a movement is one piece and needs its serial number.
    Serial,
}

/// One line of an expected delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedLine {
    pub item: ItemCode,
    /// Base units.
    pub qty: Quantity,
    pub lot: Option<Text>,
}
