//! What holds for all decoders: they agree with the published vectors, and no line noise breaks them.

mod noise;
mod vectors;
