//! Samples of an enum in which no arm can be forgotten, for tests that go through all that can be said.

/// `one_of_each! { Refusal: pattern => sample, … }` makes `samples()`: one sample for each pattern. Does not compile when the
/// patterns leave an arm out; panics when a sample is of another.
macro_rules! one_of_each {
    ($of:ty: $($pattern:pat => $sample:expr),* $(,)?) => {
        /// One of each.
        pub(crate) fn samples() -> Vec<$of> {
            /// Knows every one, or does not compile.
            fn is_known(one: &$of) {
                match one {
                    $($pattern => {}),*
                }
            }
            let samples = vec![$({
                let sample = $sample;
                assert!(matches!(sample, $pattern), "{sample:?} is a sample of something else");
                sample
            }),*];
            samples.iter().for_each(is_known);
            samples
        }
    };
}
