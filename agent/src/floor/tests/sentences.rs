//! What the floor does, one behaviour each.

mod acts;
mod beside;
mod calibrating;
mod carried;
mod counting;
mod looking;
mod stated;
mod weighing;
