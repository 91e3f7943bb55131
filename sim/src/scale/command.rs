//! Commands that end with a line end.
//!
//! Owns the collecting. CR ends a command, an LF behind it is nothing, and LF alone ends one too; empty commands are
//! nothing. What is longer than any command is cut.

/// Longer than any command.
const COMMAND_LEN_MAX: usize = 64;

/// The command that is coming in.
#[derive(Debug, Default)]
pub(super) struct Command(Vec<u8>);

impl Command {
    /// The whole command when this byte has ended one. Bytes that are not ASCII become U+FFFD: unknown anywhere.
    pub(super) fn push(&mut self, byte: u8) -> Option<String> {
        match byte {
            b'\r' | b'\n' => {
                let command = std::mem::take(&mut self.0);
                (!command.is_empty()).then(|| String::from_utf8_lossy(&command).into_owned())
            }
            _ => {
                if self.0.len() < COMMAND_LEN_MAX {
                    self.0.push(byte);
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_line_end_ends_a_command_once() {
        let mut command = Command::default();
        let heard: Vec<String> = b"SI\r\n\r\nS\rZ\n\n".iter().filter_map(|byte| command.push(*byte)).collect();
        assert_eq!(heard, ["SI", "S", "Z"]);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let mut command = Command::default();
        let heard = [b'x'; 1000].iter().chain(b"\r").find_map(|byte| command.push(*byte));
        assert_eq!(heard.map(|heard| heard.len()), Some(COMMAND_LEN_MAX));
    }
}
