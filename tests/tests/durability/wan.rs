//! Every way in which the line to the hub, and what stands on it, fails.
//!
//! One module a subject: [`scenarios`] the table and what holds for each of its lines; [`herd`] many sites at once. Below
//! them: [`stage`] a site, its hub and the line between them; [`front`] TLS in front of the hub; [`network`] a host whose
//! names the test gives.

#[path = "wan/front.rs"]
mod front;
#[path = "wan/herd.rs"]
mod herd;
#[path = "wan/network.rs"]
mod network;
#[path = "wan/scenarios.rs"]
mod scenarios;
#[path = "wan/stage.rs"]
mod stage;
