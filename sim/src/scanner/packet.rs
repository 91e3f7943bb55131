//! SSI packets: length, code, source, status, data, checksum.

const FROM_SCANNER: u8 = 0x00;

/// Header and data. Data that does not fit the length's one byte is the caller's mistake, and seen at the host.
pub(super) fn packet(op: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let len = u8::try_from(4 + data.len()).unwrap_or(u8::MAX);
    [&[len, op, FROM_SCANNER, status], data].concat()
}

/// The whole packet, high byte of the checksum first.
pub(super) fn checked(body: &[u8]) -> Vec<u8> {
    [body, &checksum(body).to_be_bytes()].concat()
}

/// The two's complement of the sum of all bytes, in 16 bits.
pub(super) fn checksum(body: &[u8]) -> u16 {
    body.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_have_the_bytes_of_the_guide() {
        assert_eq!(checked(&packet(0xD0, 0, &[])), [0x04, 0xD0, 0, 0, 0xFF, 0x2C]);
        assert_eq!(checked(&packet(0xD1, 0, &[2])), [0x05, 0xD1, 0, 0, 0x02, 0xFF, 0x28]);
        let read = checked(&packet(0xF3, 0, b"\x03BIN-0042"));
        assert_eq!(read, b"\x0d\xf3\x00\x00\x03BIN-0042\xfd\x31");
        assert_eq!(checksum(&[0x04, 0xD0, 0x04, 0x00]), 0xFF28);
    }
}
