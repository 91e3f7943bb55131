//! The page at the bin through a real socket: what it lets in, who it lets in, and that nothing at its door holds up a
//! scan. What each page shows is tested beside it, and in a browser in the package `tests`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "page/attacks.rs"]
mod attacks;
#[path = "page/door.rs"]
mod door;
#[path = "page/live.rs"]
mod live;
#[path = "page/site.rs"]
mod site;
#[path = "page/tls.rs"]
mod tls;
#[path = "page/work.rs"]
mod work;
