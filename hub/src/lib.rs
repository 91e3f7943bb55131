//! The vendor's server. It takes the feeds of many sites, proves them complete, keeps them, and shows them live.
//!
//! ```text
//! cli           parse, load the configuration, start logging, run
//! serve         build the parts, start them, stop them in order
//! tls           the certificate it shows; sockets and connections are `listener`'s
//! intake        what every door does with a batch        mqtt   the door at a broker
//! http          intake, reads, live feed, sign-in        page · view · words   what people and programs are shown
//! planner       demand, forecast and plan when asked   demand · outlook · restock   what they are made of, pure
//! terms         what planners say in a folder: agreement, item terms, events, sources, orders
//! history · report   a planner's own files in, a report out
//! store         the only SQL: one thread that writes, several that look
//! alarm · watch what of a feed a person must know
//! cursor        where a reader stands        token · feed   who and what
//! config        the operator's file, every fault at once
//! gateway-proto the language of site and vendor
//! ```
//!
//! A batch goes `listener → http::intake → store::writer`, is committed, and only then answered. A movement is seen by
//! `store → http::live → page`. Nothing that a viewer gets names, counts or hints at a feed that it may not see; that is
//! why there is no position across feeds (see `cursor`).
//!
//! In process, for a demo or a test: [`config::HubConfig`] and [`serve::Hub::start`].

mod clock;
pub mod feed;
pub mod token;

pub mod config;

mod alarm;
mod cursor;
mod planted;
pub mod store;

mod demand;
mod history;
mod outlook;
mod planner;
mod report;
mod restock;
mod terms;

mod page;
mod view;
mod words;

mod intake;

mod http;
mod mqtt;

mod watch;

pub mod tls;

pub mod serve;

pub mod cli;
