//! Quantities of Kubernetes, such as `500m` and `4Gi`, read and written as `k8s.io/apimachinery/pkg/api/resource/quantity.go` does.
//!
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, AddAssign, Mul};

/// An amount. Amounts are equal if their numbers are equal, however they are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quantity {
    /// The number in billionths, the smallest part that Kubernetes keeps.
    nano: i128,
    format: Format,
}

/// How an amount is written. A sum has the format of its first summand that is not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Format {
    /// `500m`, `2`, `3G`.
    #[default]
    Decimal,
    /// `3e9`.
    Exponent,
    /// `4Gi`.
    Binary,
}

/// The billionths of 1.
const ONE: i128 = 1_000_000_000;

/// The suffixes of the decimal format, each with its power of 10.
const DECIMAL: [(&str, i32); 10] =
    [("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9)];

/// The suffixes of the binary format, each with its power of 2.
const BINARY: [(&str, u32); 6] = [("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];

/// The digits of a fraction of a binary amount that are read one by one. The others only round it up.
const FRACTION: usize = 18;

impl Quantity {
    /// Reads a quantity. Amounts below a billionth are rounded up, and binary amounts above 2⁶³-1 are cut, as Kubernetes does.
    /// `None` for a string that is not a quantity, and for a decimal amount that is larger than any cluster.
    pub fn read(text: &str) -> Option<Self> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        if text.is_empty() {
            return None;
        }
        let (whole, rest) = digits(rest);
        let (part, suffix) = rest.strip_prefix('.').map_or(("", rest), digits);
        // Kubernetes reads a suffix alone as 0, except where it leaves its fast path.
        let is_suffix = whole.is_empty() && part.is_empty();
        if let Some((_, power)) = BINARY.iter().find(|(known, _)| *known == suffix) {
            if is_suffix && *power >= 50 {
                return None;
            }
            let nano = binary(whole, part, *power)?;
            // A part of a byte is written with a decimal suffix.
            let format = if nano < ONE { Format::Decimal } else { Format::Binary };
            return Some(Self { nano: sign * nano, format });
        }
        let known = DECIMAL.iter().find(|(known, _)| *known == suffix).map(|(_, power)| (*power, Format::Decimal));
        let (power, format) = match known {
            Some(known) => known,
            None => (suffix.strip_prefix(['e', 'E'])?.parse().ok()?, Format::Exponent),
        };
        if is_suffix && power < -9 {
            return None;
        }
        Some(Self { nano: sign * decimal(whole, part, power)?, format })
    }

    /// A whole amount.
    pub fn whole(amount: u64) -> Self {
        Self { nano: i128::from(amount) * ONE, format: Format::Decimal }
    }

    /// Whether the amount is 0.
    pub fn is_zero(self) -> bool {
        self.nano == 0
    }
}

/// The leading digits of a string, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Digits as a number; no digit is 0.
fn number(digits: &str) -> Option<i128> {
    match digits.trim_start_matches('0') {
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}

fn has_any(digits: &str) -> bool {
    digits.bytes().any(|digit| digit != b'0')
}

/// `whole.part` times a power of 10, in billionths, rounded up.
fn decimal(whole: &str, part: &str, power: i32) -> Option<i128> {
    let all = format!("{whole}{part}");
    let shift = i64::from(power) + 9 - i64::try_from(part.len()).ok()?;
    if !has_any(&all) {
        return Some(0);
    }
    match usize::try_from(shift.unsigned_abs()) {
        Ok(zeros) if shift >= 0 => number(&all)?.checked_mul(10_i128.checked_pow(u32::try_from(zeros).ok()?)?),
        Ok(dropped) => {
            let (kept, dropped) = all.split_at(all.len().saturating_sub(dropped));
            number(kept)?.checked_add(i128::from(has_any(dropped)))
        }
        Err(_) => None,
    }
}

/// `whole.part` times a power of 2, in billionths, rounded up and cut.
fn binary(whole: &str, part: &str, power: u32) -> Option<i128> {
    let most = i128::from(i64::MAX) * ONE;
    let Some(whole) = number(whole).and_then(|whole| whole.checked_mul(1 << power)).filter(|whole| *whole <= i128::from(i64::MAX)) else {
        return Some(most);
    };
    let (near, far) = part.split_at(part.len().min(FRACTION));
    let divisor = 10_i128.pow(u32::try_from(near.len()).ok()?);
    // At most 10¹⁸ × 2⁶⁰, which leaves a factor of 100.
    let product = number(near)? << power;
    let rest = |product: i128| product / divisor * ONE + (product % divisor * ONE + divisor - 1) / divisor;
    let nano = whole * ONE + rest(product) + i128::from(has_any(far));
    Some(nano.min(most))
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl Hash for Quantity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.nano.hash(state);
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let format = if self.is_zero() { other.format } else { self.format };
        Self { nano: self.nano.saturating_add(other.nano), format }
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for Quantity {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self { nano: self.nano.saturating_mul(i128::from(times)), ..self }
    }
}

/// The canonical form of Kubernetes: no fraction, and the largest suffix.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_divisible = |by: i128| self.nano % by == 0;
        if self.is_zero() {
            return write!(f, "0");
        }
        if self.format == Format::Binary && self.nano.abs() >= 1024 * ONE && is_divisible(ONE) {
            let whole = self.nano / ONE;
            return match BINARY.iter().find(|(_, power)| whole % (1_i128 << power) == 0) {
                Some((suffix, power)) => write!(f, "{}{suffix}", whole / (1_i128 << power)),
                None => write!(f, "{whole}"),
            };
        }
        let (suffix, power, size) = DECIMAL
            .iter()
            .map(|(suffix, power)| (*suffix, *power, 10_i128.pow(u32::try_from(power + 9).unwrap_or_default())))
            .find(|(_, _, size)| is_divisible(*size))
            .unwrap_or(("n", -9, 1));
        match self.format {
            Format::Exponent if power != 0 => write!(f, "{}e{power}", self.nano / size),
            _ => write!(f, "{}{suffix}", self.nano / size),
        }
    }
}

impl serde::Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_amounts_are_equal_however_they_are_written() {
        for (one, other) in [
            ("1", "1000m"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("1Gi", "1024Mi"),
            ("1G", "1000M"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("1e-3", "1m"),
            ("1500Mi", "1572864000"),
            ("1.5Gi", "1536Mi"),
        ] {
            assert_eq!(Quantity::read(one), Quantity::read(other), "{one} {other}");
            assert!(Quantity::read(one).is_some(), "{one}");
        }
        for wrong in ["", "1.2.3", "1 Gi", "1GB", "1K", "1e99", "x", "1e", "1e3m", "--1"] {
            assert_eq!(Quantity::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sum_is_written_like_its_first_summand() {
        let read = |text: &str| Quantity::read(text).unwrap_or_default();
        assert_eq!((read("1Gi") + read("1G")).to_string(), "2073741824");
        assert_eq!((Quantity::default() + read("4096Mi")).to_string(), "4Gi");
        assert_eq!((read("500m") * 3 + read("1")).to_string(), "2500m");
        assert_eq!((read("1e3") * 2).to_string(), "2e3");
    }
}
