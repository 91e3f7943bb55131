//! The one place that chooses who does the cryptography of TLS.

/// Makes ring the provider of this process. To be called first thing in every `main` and test harness; later calls
/// change nothing.
pub fn install_provider() {
    // Fails only when one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
