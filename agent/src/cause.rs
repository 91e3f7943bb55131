//! An error with its causes: one by one, or as one line for people.

use std::{error::Error, io, iter::successors};

/// The error and everything that caused it, outermost first. Looks into I/O errors, whose `source` leaves out the very
/// error that they carry.
pub(crate) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |&error: &&'e (dyn Error + 'static)| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(carried) => Some(carried as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// `write ledger: database or disk is full`
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The last cause alone: `Connection refused (os error 111)`
pub(crate) fn root(mut error: &dyn Error) -> String {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no such thing")]
    struct Inner;

    #[test]
    fn causes_are_found_inside_an_io_error() {
        let error = io::Error::other(io::Error::other(Inner));
        assert!(causes(&error).any(|cause| cause.is::<Inner>()));
        assert_eq!(causes(&error).count(), 3);
    }
}
