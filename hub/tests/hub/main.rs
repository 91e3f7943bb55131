//! The hub as others meet it: a real server on a free port, a real store in a folder of its own, real requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod ahead;
mod bodies;
mod checkpoints;
mod clocks;
mod forward;
mod intake;
mod isolation;
mod live;
mod noise;
mod operator;
mod page;
mod planning;
mod process;
mod reads;
mod support;
mod terms;
mod tls;
