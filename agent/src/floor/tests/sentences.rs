//! What the floor does, one behaviour each.

mod acts;
mod beside;
mod trouble;
mod weighing;
