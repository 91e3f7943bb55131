//! Where new epochs get their names. A name nobody had before: of the system's clock and random source. A simulation names
//! them itself, so that the same seed is the same run to the byte.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
};

use gateway_proto::chain::Epoch;

use super::group::wall_now;

/// A new epoch, and its time in milliseconds since 1970.
type Naming = dyn FnMut() -> io::Result<(Epoch, u64)> + Send;

/// Names epochs.
pub struct Epochs(Box<Naming>);

impl Epochs {
    /// Of the system's clock and random source.
    #[must_use]
    pub fn of_the_system() -> Self {
        Self::named_by(|| {
            let millis = wall_now().millis().max(0).cast_unsigned();
            let mut entropy = [0; 10];
            File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut entropy))?;
            Ok((Epoch::new(millis, entropy), millis))
        })
    }

    /// Named by `naming`, which must not give a name twice: epochs with one name are one epoch to the hub.
    #[must_use]
    pub fn named_by(naming: impl FnMut() -> io::Result<(Epoch, u64)> + Send + 'static) -> Self {
        Self(Box::new(naming))
    }

    pub(super) fn begin(&mut self) -> io::Result<(Epoch, u64)> {
        (self.0)()
    }
}

impl fmt::Debug for Epochs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Epochs")
    }
}
