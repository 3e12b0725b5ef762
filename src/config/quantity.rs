//! Quantities of Kubernetes: `500m`, `2`, `8Gi`, `1.5G`, `1e3`
//! (`k8s.io/apimachinery/pkg/api/resource/quantity.go`).

/// The number of a quantity, exact enough to compare two quantities; `None` if the text is not a quantity.
pub fn parse(text: &str) -> Option<f64> {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = number.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (mantissa, suffix) = number.split_at(digits);
    let value: f64 = mantissa.parse().ok().filter(|_| mantissa.bytes().any(|b| b.is_ascii_digit()))?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        _ => match suffix.strip_suffix('i').unwrap_or(suffix) {
            name if name.len() == 1 => {
                let power = ["K", "M", "G", "T", "P", "E"].iter().position(|known| *known == name)? + 1;
                let is_binary = suffix.len() == 2;
                // Kilo is `k`; only kibi has a capital letter.
                if power == 1 && !is_binary {
                    return None;
                }
                (if is_binary { 1024f64 } else { 1000f64 }).powi(i32::try_from(power).ok()?)
            }
            _ => {
                let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
                10f64.powi(exponent)
            }
        },
    };
    Some(if text.starts_with('-') { -value * factor } else { value * factor })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn quantities_are_read_as_in_kubernetes() {
        for (text, number) in [
            ("0", 0.0),
            ("500m", 0.5),
            ("2", 2.0),
            ("1.5", 1.5),
            ("1k", 1e3),
            ("1Ki", 1024.0),
            ("2Gi", 2_147_483_648.0),
            ("1e3", 1e3),
            (".5", 0.5),
            ("1E", 1e18),
            ("3M", 3e6),
        ] {
            assert_eq!(parse(text), Some(number), "{text}");
        }
        for text in ["", "G", "1KB", "1K", "1Gb", "one", "1 Gi", "1gi", "1.2.3", "1e", "1i", "e3", "."] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse("1Gi") > parse("1G") && parse("1000m") == parse("1"));
    }
}
