//! The agent as it ships, but with the defects that a test may plant compiled in; see `BINWIRE_PLANT`.

fn main() -> std::process::ExitCode {
    agent::cli::main()
}
