# just check: what CI asks before the tests
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test -q
    if command -v cargo-deny >/dev/null; then cargo deny check; fi
