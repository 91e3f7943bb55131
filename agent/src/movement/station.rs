//! A station: scans of parts become movements in the station's mode. Command labels change mode and quantity for what
//! comes next, badge and job labels say who and what for; left alone, the station falls back to what its section says.
//!
//! A label may say how many it stands for. That counts where parts come in with their package (receive, put away); a
//! technician who scans the bag of a hundred to take one out of it has taken one, unless a quantity was scanned.
//!
//! ```text
//!             BW:QTY:n               BW:<MODE>
//!   ready ──────────────▶ counted ◀──────────────▶ moded       part → movement, back to ready
//!     ▲                       │                       │
//!     └─── part, BW:CANCEL, idle for a minute ────────┘
//! ```

use std::{str::FromStr, time::Duration};

use gateway_proto::{
    limits::SCAN_LEN_MAX,
    movement::Movement,
    name::{DeviceName, ItemCode, NameError, PlaceName, Text},
    place::Place,
    quantity::Quantity,
    record::{RecordError, UntrustedClock},
    time::WallTime,
};

use super::{
    catalog::Catalog,
    entry::{Entry, Origin},
};
use crate::{
    device::Scan,
    label::{self, Form, Label, LabelRules, site_label::SiteLabelKind},
};

/// How long a mode or quantity waits for its part: a technician called away must not book the next one's part.
const IDLE: Duration = Duration::from_secs(60);

/// How long the symbols of one package label belong together.
const ONE_LABEL: Duration = Duration::from_secs(10);

/// What begins a command label.
pub(crate) const COMMAND: &str = "BW:";

/// A station's state.
#[derive(Debug)]
pub struct Station {
    name: DeviceName,
    /// Where the parts of this station are kept.
    place: Place,
    usual: Mode,
    mode: Mode,
    quantity: Option<Quantity>,
    /// The quantity of a package whose label has it as a symbol of its own, and when it was scanned.
    packed: Option<(Quantity, Duration)>,
    /// When the last part was scanned.
    part_at: Option<Duration>,
    /// Who, by badge, and what for, by job label: for every part until the station is left alone.
    actor: Option<Text>,
    reference: Option<Text>,
    /// What the last part was taken with, in case it is not recorded and comes again.
    last: Option<(Mode, Option<Quantity>)>,
    touched: Duration,
}

/// What a scan at a station does with the part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The station's place → used.
    Use,
    /// Vendor → the station's place, or the dock when that takes no receipts.
    Receive,
    /// Dock → the station's place.
    PutAway,
    /// The station's place → a van or field cabinet.
    Deploy(PlaceName),
    /// The station's place → a machine.
    Install(PlaceName),
    /// Bench → the station's place.
    TestPass,
    /// Bench → quarantine.
    TestFail,
    /// Used → the station's place.
    Return,
    /// The station's place → scrap.
    Scrap,
}

/// What codes mean on this site.
#[derive(Debug, Clone, Copy)]
pub struct Codes<'s> {
    pub catalog: &'s Catalog,
    pub rules: &'s LabelRules,
}

/// What a scan came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Entry(Box<Entry>),
    /// A command was understood; what the station waits for now.
    Set(String),
    Refused(Refusal),
}

/// Why a scan was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "{0:?} is no command; commands are BW:USE, BW:RECEIVE, BW:PUT-AWAY, BW:DEPLOY:PLACE, BW:INSTALL:ASSET, \
         BW:TEST-PASS, BW:TEST-FAIL, BW:RETURN, BW:SCRAP, BW:QTY:NUMBER, BW:CANCEL"
    )]
    Command(String),
    #[error("code is no item code: {0}")]
    Code(#[from] NameError),
    #[error("{0} is no quantity; scan BW:QTY: with a number from 1")]
    Quantity(String),
    #[error("{0} label is no part; scan the part")]
    NotAPart(&'static str),
    #[error("quantity came after its part, which is booked already; scan the quantity first")]
    LateQuantity,
    #[error("label is damaged: {0}; scan it again, or type the code")]
    Damaged(String),
    #[error("{0}; check the station's place and mode")]
    Record(String),
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        Self::Record(error.to_string())
    }
}

impl Station {
    #[must_use]
    pub fn new(name: DeviceName, place: Place, usual: Mode) -> Self {
        Self {
            name,
            place,
            mode: usual.clone(),
            usual,
            quantity: None,
            packed: None,
            part_at: None,
            actor: None,
            reference: None,
            last: None,
            touched: Duration::ZERO,
        }
    }

    /// Takes a scan at `now` (monotonic), stamped `at`. `origin` is what tells its repetition, when the scanner can
    /// repeat.
    pub fn handle_scan(
        &mut self,
        now: Duration,
        at: (WallTime, Option<UntrustedClock>),
        scan: &Scan,
        origin: Option<Origin>,
        codes: Codes<'_>,
    ) -> Heard {
        if now.saturating_sub(self.touched) >= IDLE {
            self.cancel();
            (self.actor, self.reference) = (None, None);
        }
        self.touched = now;
        let code = scan.text();
        let heard = match code.strip_prefix(COMMAND) {
            Some(command) => self.command(command),
            None => self.label(now, at, scan, &code, origin, codes),
        };
        heard.unwrap_or_else(Heard::Refused)
    }

    /// The last part was not recorded: it will be scanned again, in the same mode and quantity.
    pub fn undo(&mut self) {
        if let Some((mode, quantity)) = self.last.take() {
            (self.mode, self.quantity) = (mode, quantity);
        }
    }

    fn command(&mut self, command: &str) -> Result<Heard, Refusal> {
        if command == "CANCEL" {
            self.cancel();
            return Ok(Heard::Set(self.expecting()));
        }
        if let Some(number) = command.strip_prefix("QTY:") {
            let units = number.parse().ok().and_then(|units| Quantity::new(units).ok());
            self.quantity = Some(units.ok_or_else(|| Refusal::Quantity(number.to_owned()))?);
        } else {
            self.mode = command.parse()?;
        }
        Ok(Heard::Set(self.expecting()))
    }

    fn label(
        &mut self,
        now: Duration,
        (at, clock): (WallTime, Option<UntrustedClock>),
        scan: &Scan,
        code: &str,
        origin: Option<Origin>,
        codes: Codes<'_>,
    ) -> Result<Heard, Refusal> {
        // The site knows this very code: no standard knows it better.
        let known = codes.catalog.item(code).cloned();
        let label = label::read(scan, codes.rules, at.year());
        if known.is_none()
            && let Some(heard) = self.no_part(now, &label)?
        {
            return Ok(heard);
        }
        let item = match known.or_else(|| label.items.iter().find_map(|code| codes.catalog.item(code)).cloned()) {
            Some(item) => item,
            None if label.trouble.is_some() && label.items.is_empty() => {
                return Err(Refusal::Damaged(label.trouble.unwrap_or_default()));
            }
            // Nobody knows it yet: it is kept under what the label calls it, or as scanned.
            None => ItemCode::from_str(label.items.first().map_or(code, String::as_str))?,
        };
        let units = |units: u64| Quantity::new(units).map_err(|_| Refusal::Quantity(units.to_string()));
        let said = scan.quantity.map(units).transpose()?;
        let comes_packed = matches!(self.mode, Mode::Receive | Mode::PutAway);
        let beside = self.packed.filter(|(_, at)| now.saturating_sub(*at) < ONE_LABEL).map(|(quantity, _)| quantity);
        let packed = label.quantity.map(units).transpose()?.or(beside).filter(|_| comes_packed);
        let quantity = said.or(self.quantity).or(packed).unwrap_or(Quantity::ONE);
        let (from, to) = self.mode.places(&self.place);
        let mut movement = Movement::new(at, item, quantity, from, to, self.name.clone());
        movement.clock = clock;
        movement.lot = label.lot.and_then(|lot| Text::try_from(lot).ok());
        movement.serial = label.serial.and_then(|serial| Text::try_from(serial).ok());
        // A label that is read wrongly today can be read again tomorrow.
        let says_more = code.len() <= SCAN_LEN_MAX && code != movement.item.as_str();
        movement.code = says_more.then(|| ItemCode::from_str(code).ok()).flatten();
        movement.actor.clone_from(&self.actor);
        movement.reference.clone_from(&self.reference);
        let entry = Entry::movement(movement, origin)?;
        let last = (self.mode.clone(), self.quantity);
        self.cancel();
        self.last = Some(last);
        self.part_at = Some(now);
        Ok(Heard::Entry(Box::new(entry)))
    }

    /// What a label that names no part does: a badge, a job, an action, a bare quantity.
    fn no_part(&mut self, now: Duration, label: &Label) -> Result<Option<Heard>, Refusal> {
        let text = |value: &str| Text::from_str(value).map_err(|error| Refusal::Record(error.to_string()));
        match &label.form {
            Form::Site(SiteLabelKind::Badge, value) => self.actor = Some(text(value)?),
            Form::Site(SiteLabelKind::Job | SiteLabelKind::Order, value) => self.reference = Some(text(value)?),
            Form::Site(SiteLabelKind::Action, value) => return self.command(value).map(Some),
            Form::Site(kind @ (SiteLabelKind::Bin | SiteLabelKind::Place | SiteLabelKind::Asset), _) => {
                return Err(Refusal::NotAPart(kind.name()));
            }
            Form::DataIdentifier if label.items.is_empty() && label.quantity.is_some() => {
                // Labels have the part first; for that part it is too late, and the next one is another.
                if self.part_at.is_some_and(|at| now.saturating_sub(at) < ONE_LABEL) {
                    return Err(Refusal::LateQuantity);
                }
                let units = label.quantity.unwrap_or_default();
                let quantity = Quantity::new(units).map_err(|_| Refusal::Quantity(units.to_string()))?;
                self.packed = Some((quantity, now));
            }
            // A pallet, a second symbol of a package, an order: in order, and no part.
            Form::Gs1 | Form::DigitalLink | Form::Iso15434 | Form::DataIdentifier | Form::Hibc | Form::Lcsc
                if label.items.is_empty() && label.trouble.is_none() =>
            {
                return Err(Refusal::NotAPart(label.form.name()));
            }
            Form::Site(SiteLabelKind::Item, _)
            | Form::Plain
            | Form::Gtin
            | Form::Gs1
            | Form::DigitalLink
            | Form::Iso15434
            | Form::DataIdentifier
            | Form::Hibc
            | Form::Lcsc => return Ok(None),
        }
        Ok(Some(Heard::Set(self.expecting())))
    }

    fn cancel(&mut self) {
        self.mode = self.usual.clone();
        self.quantity = None;
        self.packed = None;
        self.last = None;
    }

    fn expecting(&self) -> String {
        let quantity = self.quantity.or(self.packed.map(|(quantity, _)| quantity)).map_or(1, Quantity::units);
        format!("{}, {quantity}: scan the part", self.mode)
    }
}

impl Mode {
    /// From where to where a part goes at a station that keeps its parts at `place`.
    #[must_use]
    pub fn places(&self, place: &Place) -> (Place, Place) {
        let place = place.clone();
        match self {
            Self::Use => (place, Place::Used),
            Self::Receive if matches!(place, Place::Bin(_)) => (Place::Vendor, place),
            Self::Receive => (Place::Vendor, Place::Dock),
            Self::PutAway => (Place::Dock, place),
            Self::Deploy(to) => (place, Place::Field(to.clone())),
            Self::Install(to) => (place, Place::Asset(to.clone())),
            Self::TestPass => (Place::Bench, place),
            Self::TestFail => (Place::Bench, Place::Quarantine),
            Self::Return => (Place::Used, place),
            Self::Scrap => (place, Place::Scrap),
        }
    }
}

impl FromStr for Mode {
    type Err = Refusal;

    /// As on a command label, in either case: `USE`, `deploy:van-3`.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let (word, place) = text.split_once(':').map_or((text, None), |(word, place)| (word, Some(place)));
        let unknown = || Refusal::Command(text.to_owned());
        let place = place.map(str::parse::<PlaceName>).transpose().map_err(|_| unknown())?;
        Ok(match (word.to_ascii_uppercase().as_str(), place) {
            ("USE", None) => Self::Use,
            ("RECEIVE", None) => Self::Receive,
            ("PUT-AWAY", None) => Self::PutAway,
            ("DEPLOY", Some(place)) => Self::Deploy(place),
            ("INSTALL", Some(place)) => Self::Install(place),
            ("TEST-PASS", None) => Self::TestPass,
            ("TEST-FAIL", None) => Self::TestFail,
            ("RETURN", None) => Self::Return,
            ("SCRAP", None) => Self::Scrap,
            _ => return Err(unknown()),
        })
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Use => f.write_str("use"),
            Self::Receive => f.write_str("receive"),
            Self::PutAway => f.write_str("put away"),
            Self::Deploy(place) => write!(f, "deploy to {place}"),
            Self::Install(place) => write!(f, "install on {place}"),
            Self::TestPass => f.write_str("test passed"),
            Self::TestFail => f.write_str("test failed"),
            Self::Return => f.write_str("return"),
            Self::Scrap => f.write_str("scrap"),
        }
    }
}

#[cfg(test)]
mod tests;
