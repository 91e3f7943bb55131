//! Containers by name: a bin that gets another box of the same kind need not be emptied to be tared.

use std::collections::BTreeMap;

use gateway_proto::name::Text;
use serde::{Deserialize, Serialize};

use super::{Rest, Tare, TareFrom, micrograms};
use crate::device::Mass;

/// Kinds of containers on one site.
pub(super) const CONTAINERS_MAX: usize = 1_000;

/// Specimens until their own spread tells what is usual.
const SPREAD_FROM: u32 = 3;

/// Until then boxes of a kind differ by less than this share of their weight.
const NEW_SHARE: f64 = 0.2;

/// A specimen this many spreads off is another kind, or not empty.
const OUTLIER_SDS: f64 = 5.0;

/// A few specimens may by chance be closer than such boxes are: never less than this share of the weight.
const KIND_SHARE: f64 = 0.01;

/// A kind of container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    pub name: Text,
    /// Mean of the specimens.
    #[serde(with = "micrograms")]
    pub tare: Mass,
    /// Standard deviation between specimens; zero where a single one was weighed.
    #[serde(with = "micrograms")]
    pub spread: Mass,
    /// Specimens weighed; 0 for a tare that was given.
    pub weighed: u32,
}

/// The site's containers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Containers(BTreeMap<Text, Container>);

/// Why a specimen was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerRefusal {
    #[error("weight is not at rest; wait until it is")]
    NotAtRest,
    #[error("container weighs {0}, which is nothing; put it on the scale")]
    Nothing(Mass),
    #[error("container weighs {found}, a {name} weighs {usual}; empty it, or give this kind a name of its own")]
    Outlier { name: Text, found: Mass, usual: Mass },
    #[error("{CONTAINERS_MAX} kinds of containers are known already; remove one that is not in use")]
    Full,
}

impl Container {
    /// A kind whose weight somebody gave.
    #[must_use]
    pub fn given(name: Text, tare: Mass, spread: Mass) -> Self {
        Self { name, tare, spread, weighed: 0 }
    }

    /// Adds an empty specimen of mass `found`.
    ///
    /// # Errors
    /// [`ContainerRefusal`] for one that weighs unlike the others.
    pub fn add(&mut self, found: Mass, division: Mass) -> Result<(), ContainerRefusal> {
        if found <= division {
            return Err(ContainerRefusal::Nothing(found));
        }
        let before = f64::from(self.weighed);
        let (usual, weight) = (self.tare.as_grams(), found.as_grams());
        let allowed = if self.weighed < SPREAD_FROM {
            NEW_SHARE * usual
        } else {
            (OUTLIER_SDS * self.spread.as_grams()).max(KIND_SHARE * usual)
        };
        let off = weight - usual;
        if off.abs() > allowed.max(3.0 * division.as_grams()) {
            let (name, usual) = (self.name.clone(), self.tare);
            return Err(ContainerRefusal::Outlier { name, found, usual });
        }
        // Welford's running mean and sum of squares.
        let after = before + 1.0;
        let spread = self.spread.as_grams();
        let squares = spread * spread * (before - 1.0).max(0.0) + off * off * before / after;
        self.weighed = self.weighed.saturating_add(1);
        self.tare = grams(usual + off / after);
        if self.weighed > 1 {
            self.spread = grams((squares / before).sqrt());
        }
        Ok(())
    }

    /// The tare of a bin in such a container: another specimen differs from the mean by the spread, and the mean is
    /// itself uncertain. A single specimen does not tell how its kind differs: as much as usual, then.
    #[must_use]
    pub fn as_tare(&self) -> Tare {
        let surplus = if self.weighed == 0 { 1.0 } else { (1.0 + 1.0 / f64::from(self.weighed)).sqrt() };
        let spread = match self.spread {
            Mass::ZERO if self.weighed < 2 => KIND_SHARE * self.tare.as_grams(),
            spread => spread.as_grams(),
        };
        let spread = grams(spread * surplus);
        Tare { mass: self.tare, spread, from: TareFrom::Container(self.name.clone()) }
    }
}

impl Containers {
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Container> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Container> {
        self.0.values()
    }

    /// Adds the empty specimen that rests on the scale to its kind, or begins a kind with it.
    ///
    /// # Errors
    /// [`ContainerRefusal`].
    pub fn weigh(&mut self, name: &Text, rest: Option<&Rest>) -> Result<&Container, ContainerRefusal> {
        let rest = rest.ok_or(ContainerRefusal::NotAtRest)?;
        if !self.0.contains_key(name) {
            if rest.gross <= rest.division {
                return Err(ContainerRefusal::Nothing(rest.gross));
            }
            return self.put(Container { weighed: 1, ..Container::given(name.clone(), rest.gross, Mass::ZERO) });
        }
        let container =
            self.0.entry(name.clone()).or_insert_with(|| Container::given(name.clone(), rest.gross, Mass::ZERO));
        container.add(rest.gross, rest.division)?;
        Ok(container)
    }

    /// Sets a kind, in place of one of the same name.
    ///
    /// # Errors
    /// [`ContainerRefusal::Full`].
    pub fn put(&mut self, container: Container) -> Result<&Container, ContainerRefusal> {
        if self.0.len() >= CONTAINERS_MAX && !self.0.contains_key(&container.name) {
            return Err(ContainerRefusal::Full);
        }
        let name = container.name.clone();
        self.0.insert(name.clone(), container.clone());
        Ok(self.0.entry(name).or_insert(container))
    }

    /// Takes a kind out. Bins tared by it keep their tare.
    pub fn remove(&mut self, name: &str) -> Option<Container> {
        self.0.remove(name)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
fn grams(grams: f64) -> Mass {
    Mass::from_micrograms((grams * 1e6).round() as i64)
}
