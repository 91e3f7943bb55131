//! A mass as a number of micrograms in what is kept on disk.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::device::Mass;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(in crate::movement) fn serialize<S: Serializer>(mass: &Mass, serializer: S) -> Result<S::Ok, S::Error> {
    mass.micrograms().serialize(serializer)
}

pub(in crate::movement) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mass, D::Error> {
    i64::deserialize(deserializer).map(Mass::from_micrograms)
}

/// The same for a mass that may be missing.
pub(in crate::movement) mod option {
    use super::{Deserialize, Deserializer, Mass, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(in crate::movement) fn serialize<S: Serializer>(mass: &Option<Mass>, serializer: S) -> Result<S::Ok, S::Error> {
        mass.map(Mass::micrograms).serialize(serializer)
    }

    pub(in crate::movement) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Mass>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Mass::from_micrograms))
    }
}
