//! Hashes that are the same on every machine and in every release, unlike the hashes of the standard library.

/// The state of a hash of no bytes (FNV-1a, 64 bits).
pub const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// The state of a hash after more bytes.
pub fn hashed(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Spreads a hash over all of its bits (the finalizer of MurmurHash3).
pub fn mixed(mut hash: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}
