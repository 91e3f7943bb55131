//! Movements that another system states: a storeroom app, an ERP's connector, a gateway's script. Any MQTT message whose
//! payload is an object that says what moved, its fields named in the site's config.
//!
//! Owns the mapping from named fields to a [`Stated`] movement, and from the sender's word for what was done to the places
//! it goes between. Must not know whether the item is one of the site's, what lies where, or who is subscribed.

use std::{borrow::Cow, collections::BTreeMap, str::FromStr};

use gateway_proto::{
    movement::Act,
    name::{ItemCode, NameError, PlaceName},
    place::{Place, PlaceError},
    quantity::{Quantity, QuantityError},
    time::WallTime,
};

use super::{
    decimal::Decimal,
    document::{Document, Members, Value},
    json::JsonError,
    reading::Stated,
};

/// Which field means what: each a dotted path (`data.qty`). `item` is needed, all else may be unnamed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MovementFields {
    /// The item's code, or any code that stands for it.
    pub item: Option<String>,
    /// How many; one when it is unnamed or absent.
    pub quantity: Option<String>,
    /// The sender's own id of the movement, by which a repeated message is told.
    pub id: Option<String>,
    /// The sender's word for what was done, one of the keys of `kinds`.
    pub kind: Option<String>,
    /// The name of a bin: what `bin` stands for in `kinds`.
    pub bin: Option<String>,
    /// A place: what `from` stands for in `kinds`.
    pub from: Option<String>,
    /// A place: what `to` stands for in `kinds`.
    pub to: Option<String>,
    /// When it happened (RFC 3339); the time of receipt when it is unnamed or absent.
    pub at: Option<String>,
    /// The device or station that the sender had it from; the sensor itself otherwise.
    pub device: Option<String>,
    pub actor: Option<String>,
    pub lot: Option<String>,
    pub serial: Option<String>,
    pub reference: Option<String>,
    pub reason: Option<String>,
}

/// Why fields and kinds make no dialect: the key, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MovementFieldsError {
    #[error("no item field is named; name the one with the item's code")]
    NoItem,
    #[error("several kinds are given, and no field that says which; name kind, or give one kind alone")]
    NoKind,
    #[error(
        "a kind field is named and no kinds are given; say what each word means: kinds = {{ used = \"bin > used\" }}"
    )]
    NoKinds,
    #[error("{word}: {ends:?} is not FROM > TO, each a place or one of bin, from and to")]
    NotEnds { word: String, ends: String },
    #[error("{word}: {source}")]
    NotAPlace { word: String, source: PlaceError },
    #[error("{word}: goes through {field}, for which no field is named")]
    Unnamed { word: String, field: &'static str },
    #[error("{word}: nothing may go from {from} to {to}")]
    Forbidden { word: String, from: Place, to: Place },
}

/// Why a payload states no movement. Names the field as configured, never quotes the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MovementMessageError {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("field {field} is none of the words in kinds")]
    UnknownKind { field: String },
    #[error("field {field} names no place")]
    NotAPlace { field: String },
    #[error("field {field} is no quantity")]
    Quantity { field: String, source: QuantityError },
    #[error("field {field} is not as such a text must be: {rule}")]
    Name { field: String, rule: String },
    #[error("field {field} is no time as in 2026-11-21T05:00:00Z")]
    NotATime { field: String },
    #[error("nothing may go between these two places")]
    Forbidden,
}

/// What another system's messages mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementDialect {
    fields: MovementFields,
    item: String,
    ways: Ways,
}

/// How a message says from where to where.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ways {
    /// Always this.
    One(Way),
    /// By the word in a field.
    ByKind { field: String, kinds: BTreeMap<String, Way> },
}

/// From where to where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    from: End,
    to: End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Place(Place),
    /// The bin that this field names.
    Bin(String),
    /// The place that this field names.
    Field(String),
}

impl MovementDialect {
    /// `kinds`: from each of the sender's words to `FROM > TO`. Without any, the fields `from` and `to` say it.
    ///
    /// # Errors
    /// [`MovementFieldsError`] when a message of these fields could not say what moved, or from where to where.
    pub fn new(fields: MovementFields, kinds: BTreeMap<String, String>) -> Result<Self, MovementFieldsError> {
        let item = fields.item.clone().ok_or(MovementFieldsError::NoItem)?;
        let mut read = BTreeMap::new();
        for (word, ends) in &kinds {
            read.insert(word.clone(), Way::read(word, ends, &fields)?);
        }
        let ways = match (fields.kind.clone(), read.len()) {
            (Some(_), 0) => return Err(MovementFieldsError::NoKinds),
            (Some(field), _) => Ways::ByKind { field, kinds: read },
            (None, 0) => Ways::One(Way::read("fields", "from > to", &fields)?),
            (None, 1) => Ways::One(read.into_values().next().ok_or(MovementFieldsError::NoKind)?),
            (None, _) => return Err(MovementFieldsError::NoKind),
        };
        Ok(Self { fields, item, ways })
    }

    /// Reads one payload.
    ///
    /// # Errors
    /// Names the field that is missing or wrong. Such a message would be wrong again, whenever it came.
    pub fn read(&self, payload: &[u8]) -> Result<Stated, MovementMessageError> {
        let document = Document::parse(payload)?;
        let members = document.members().ok_or(JsonError::NotAnObject)?;
        let fields = &self.fields;
        let needed = |field: &str| -> Result<Cow<'_, str>, MovementMessageError> {
            text(&members, field)?.ok_or_else(|| JsonError::missing(field).into())
        };
        let item: ItemCode = named(&self.item, &needed(&self.item)?)?;
        let way = match &self.ways {
            Ways::One(way) => way,
            Ways::ByKind { field, kinds } => kinds
                .get(needed(field)?.as_ref())
                .ok_or_else(|| MovementMessageError::UnknownKind { field: field.clone() })?,
        };
        let end = |end: &End| match end {
            End::Place(place) => Ok(place.clone()),
            End::Bin(field) => Ok(Place::Bin(named(field, &needed(field)?)?)),
            End::Field(field) => {
                needed(field)?.parse().map_err(|_| MovementMessageError::NotAPlace { field: field.clone() })
            }
        };
        let (from, to) = (end(&way.from)?, end(&way.to)?);
        Act::between(&from, &to).ok_or(MovementMessageError::Forbidden)?;
        Ok(Stated {
            id: optional(&members, fields.id.as_deref())?,
            item,
            qty: quantity(&members, fields.quantity.as_deref())?,
            from,
            to,
            at: time(&members, fields.at.as_deref())?,
            by: checked(&members, fields.device.as_deref())?,
            actor: checked(&members, fields.actor.as_deref())?,
            lot: checked(&members, fields.lot.as_deref())?,
            serial: checked(&members, fields.serial.as_deref())?,
            reference: checked(&members, fields.reference.as_deref())?,
            reason: checked(&members, fields.reason.as_deref())?,
        })
    }
}

impl Way {
    fn read(word: &str, ends: &str, fields: &MovementFields) -> Result<Self, MovementFieldsError> {
        let not_ends = || MovementFieldsError::NotEnds { word: word.to_owned(), ends: ends.to_owned() };
        let (from, to) = ends.split_once('>').ok_or_else(not_ends)?;
        let (from, to) = (End::read(word, from.trim(), fields)?, End::read(word, to.trim(), fields)?);
        // What a field will name is not known yet.
        if let (Some(from), Some(to)) = (from.example(), to.example())
            && Act::between(&from, &to).is_none()
        {
            return Err(MovementFieldsError::Forbidden { word: word.to_owned(), from, to });
        }
        Ok(Self { from, to })
    }
}

impl End {
    fn read(word: &str, end: &str, fields: &MovementFields) -> Result<Self, MovementFieldsError> {
        let field = |named: &Option<String>, field| {
            named.clone().ok_or_else(|| MovementFieldsError::Unnamed { word: word.to_owned(), field })
        };
        Ok(match end {
            "bin" => Self::Bin(field(&fields.bin, "bin")?),
            "from" => Self::Field(field(&fields.from, "from")?),
            "to" => Self::Field(field(&fields.to, "to")?),
            place => {
                let wrong = |source| MovementFieldsError::NotAPlace { word: word.to_owned(), source };
                Self::Place(place.parse().map_err(wrong)?)
            }
        })
    }

    /// A place such as it will be, as far as that is known.
    fn example(&self) -> Option<Place> {
        match self {
            Self::Place(place) => Some(place.clone()),
            Self::Bin(_) => PlaceName::from_str("A-01").ok().map(Place::Bin),
            Self::Field(_) => None,
        }
    }
}

/// The text of a field; `None` when it is absent, `null` or empty. Numbers are taken by their digits: codes of digits are
/// often sent so.
fn text<'a>(members: &Members<'a>, field: &str) -> Result<Option<Cow<'a, str>>, MovementMessageError> {
    match members.at(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Text(text) | Value::Number(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Value::Flag(_) | Value::Other) => Err(JsonError::NotText { field: field.to_owned() }.into()),
    }
}

fn optional(members: &Members<'_>, field: Option<&str>) -> Result<Option<String>, MovementMessageError> {
    field.map_or(Ok(None), |field| Ok(text(members, field)?.map(Cow::into_owned)))
}

fn named<T: FromStr<Err = NameError>>(field: &str, text: &str) -> Result<T, MovementMessageError> {
    text.parse().map_err(|source| MovementMessageError::Name { field: field.to_owned(), rule: rule(&source) })
}

fn checked<T: FromStr<Err = NameError>>(
    members: &Members<'_>,
    field: Option<&str>,
) -> Result<Option<T>, MovementMessageError> {
    let Some(field) = field else { return Ok(None) };
    text(members, field)?.map(|text| named(field, &text)).transpose()
}

fn quantity(members: &Members<'_>, field: Option<&str>) -> Result<Quantity, MovementMessageError> {
    let Some(field) = field else { return Ok(Quantity::ONE) };
    let Some(digits) = text(members, field)? else { return Ok(Quantity::ONE) };
    let whole = Decimal::parse_scientific(digits.trim()).ok().and_then(Decimal::whole);
    let units = whole.and_then(|whole| u64::try_from(whole).ok());
    let units = units.ok_or_else(|| JsonError::NotACount { field: field.to_owned() })?;
    Quantity::new(units).map_err(|source| MovementMessageError::Quantity { field: field.to_owned(), source })
}

fn time(members: &Members<'_>, field: Option<&str>) -> Result<Option<WallTime>, MovementMessageError> {
    let Some(field) = field else { return Ok(None) };
    let Some(text) = text(members, field)? else { return Ok(None) };
    let time = WallTime::parse(&text);
    time.map(Some).ok_or_else(|| MovementMessageError::NotATime { field: field.to_owned() })
}

/// The rule alone: the name error's own text may hold a character of the payload.
fn rule(error: &NameError) -> String {
    match error {
        NameError::Empty { kind } => format!("{kind} is empty"),
        NameError::TooLong { kind, max, .. } => format!("{kind} may have {max} bytes"),
        NameError::Character { kind, allowed, .. } => format!("{kind} may have {allowed}"),
    }
}

#[cfg(test)]
mod tests;
