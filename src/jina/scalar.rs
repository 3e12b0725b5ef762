//! The type and value of a scalar in Jina.
//!
//! Jina reads YAML 1.1 with `PyYAML`, except that `on` and `off` are strings (`jina/jaml/helper.py`). Then it calls
//! `parse_arg` (`jina/helper.py`) for every string, which turns `lr: 1e-3` into a number. Jina also changes quoted strings
//! like that. In jinaflow a quoted value stays a string (`jina-export` defect K10).

use super::value::Value;
use crate::yaml::{Data, Dict, Node, Scalar, Style};

/// The value of a node.
pub fn value(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => Value::Str(text.clone().into_owned()),
        Data::Scalar(Scalar { text, style: Style::Plain }) => plain(text),
        Data::List(entries) => Value::List(entries.iter().map(value).collect()),
        Data::Map(pairs) => Value::Map(one_of_equal_keys(pairs.iter().map(|(k, v)| (key(k), value(v))).collect())),
    }
}

/// Merges equal keys. In Python `1`, `1.0` and `true` are the same key: the first one stays, with the last value.
fn one_of_equal_keys(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    if pairs.iter().all(|(key, _)| matches!(key, Value::Str(_))) {
        return pairs;
    }
    let mut dict = Dict::default();
    for (key, value) in pairs {
        let name = match &key {
            Value::Str(text) => format!("text {text}"),
            Value::Bool(b) => i128::from(*b).to_string(),
            // A float without a fraction gets the same digits as the equal integer.
            other => other.to_json().trim_end_matches(".0").to_owned(),
        };
        dict.insert(name, key, value);
    }
    dict.into_pairs()
}

/// The value of a mapping's key: typed by `PyYAML`, but not by `parse_arg`.
fn key(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Plain }) => yaml11(text).unwrap_or_else(|| Value::Str(text.clone().into_owned())),
        _ => value(node),
    }
}

/// The value of a plain scalar.
pub fn plain(text: &str) -> Value {
    yaml11(text).unwrap_or_else(|| retyped(text))
}

/// Types a plain scalar as `PyYAML`'s implicit resolvers do (`yaml/resolver.py`); `None` means a string. Here dates, which
/// Jina cannot export at all, and `=` are strings too.
pub fn yaml11(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => Some(Value::Float(f64::NAN)),
        _ => match text.as_bytes()[0] {
            b'+' | b'-' | b'.' | b'0'..=b'9' => float11(text).map(Value::Float).or_else(|| int11(text)),
            _ => None,
        },
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    }
}

fn all(text: &str, wanted: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(wanted)
}

/// `[-+]?0b[0-1_]+ | [-+]?0[0-7_]+ | [-+]?(0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+ | [-+]?[1-9][0-9_]*(:[0-5]?[0-9])+`
fn int11(text: &str) -> Option<Value> {
    let (negative, body) = sign(text);
    if let Some((head, tail)) = body.split_once(':') {
        let whole = decimal(head).filter(|_| !head.starts_with(['0', '_']))?;
        let total = tail.split(':').try_fold(whole, |total, part| total.checked_mul(60)?.checked_add(sexagesimal(part)?))?;
        return Some(Value::Int(if negative { -total } else { total }));
    }
    let (digits, radix) = if let Some(binary) = body.strip_prefix("0b") {
        (binary, 2)
    } else if let Some(hex) = body.strip_prefix("0x") {
        (hex, 16)
    } else if body.len() > 1 && body.starts_with('0') {
        (&body[1..], 8)
    } else {
        (body, 10)
    };
    let begins = radix != 10 || body.starts_with(|c: char| c.is_ascii_digit());
    let fits = begins && all(digits, |b| b == b'_' || char::from(b).is_digit(radix));
    fits.then(|| integer(&digits.replace('_', ""), radix, negative))?
}

/// The most digits that Python reads as an integer (`sys.get_int_max_str_digits`).
const MOST_DIGITS: usize = 4300;

/// The integer with these digits; `None` without digits.
fn integer(digits: &str, radix: u32, negative: bool) -> Option<Value> {
    if let Ok(magnitude) = i128::from_str_radix(digits, radix) {
        return Some(Value::Int(if negative { -magnitude } else { magnitude }));
    }
    // Schoolbook multiplication; each limb has nine decimal digits, the lowest limb is first.
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(radix)?);
        for limb in &mut limbs {
            carry += *limb * u64::from(radix);
            *limb = carry % 1_000_000_000;
            carry /= 1_000_000_000;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut text = String::from(if negative { "-" } else { "" });
    for (place, limb) in limbs.iter().rev().enumerate() {
        text.push_str(&if place == 0 { limb.to_string() } else { format!("{limb:09}") });
    }
    Some(Value::Long(text.into()))
}

fn decimal(text: &str) -> Option<i128> {
    all(text, |b| b.is_ascii_digit() || b == b'_').then(|| text.replace('_', "").parse().ok())?
}

/// `[0-5]?[0-9]`
fn sexagesimal(part: &str) -> Option<i128> {
    match part.as_bytes() {
        [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'] => part.parse().ok(),
        _ => None,
    }
}

/// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? | \.[0-9][0-9_]*([eE][-+][0-9]+)? |
/// [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(inf|Inf|INF)`
fn float11(text: &str) -> Option<f64> {
    let (negative, body) = sign(text);
    let signed = |f: f64| if negative { -f } else { f };
    if matches!(body, ".inf" | ".Inf" | ".INF") {
        return Some(signed(f64::INFINITY));
    }
    let (whole, rest) = body.split_once('.')?;
    if whole.contains(':') {
        let mut parts = whole.split(':');
        let head = parts.next().filter(|head| head.starts_with(|c: char| c.is_ascii_digit()))?;
        let mut total = decimal(head)?;
        for part in parts {
            total = total.checked_mul(60)?.checked_add(sexagesimal(part)?)?;
        }
        let fraction = fraction_digits(rest)?;
        return format!("{total}.{fraction}0").parse().ok().map(signed);
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => {
            let exponent = &rest[at + 1..];
            let (_, digits) = exponent.starts_with(['-', '+']).then(|| sign(exponent))?;
            all(digits, |b| b.is_ascii_digit()).then_some((&rest[..at], exponent))?
        }
        None => (rest, "0"),
    };
    let whole_ok = match whole {
        // `.5` must have no sign, and must begin with a digit after the point.
        "" => body.len() == text.len() && fraction.starts_with(|c: char| c.is_ascii_digit()),
        _ => whole.starts_with(|c: char| c.is_ascii_digit()) && all(whole, |b| b.is_ascii_digit() || b == b'_'),
    };
    let fraction = fraction_digits(fraction).filter(|_| whole_ok)?;
    format!("{}.{fraction}0e{exponent}", if whole.is_empty() { "0".into() } else { whole.replace('_', "") }).parse().ok().map(signed)
}

fn fraction_digits(text: &str) -> Option<String> {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'_').then(|| text.replace('_', ""))
}

/// The value that `parse_arg` gives a string: `"…"` without its quotes, `[a, b]` as a list, `None` if it is empty, then
/// `int()`, `float()`, and `true` and `false` in any case.
pub fn retyped(text: &str) -> Value {
    if text.len() >= 2 && text.starts_with(['\'', '"']) && text.ends_with(['\'', '"']) && !text.contains('\n') {
        return Value::Str(text[1..text.len() - 1].to_owned());
    }
    if text.starts_with('[') && text.ends_with(']') {
        let inner = text.replace(['[', ']'], "");
        let inner = inner.trim();
        return Value::List(if inner.is_empty() { Vec::new() } else { inner.split(',').map(|part| retyped(part.trim())).collect() });
    }
    if text.is_empty() {
        return Value::Null;
    }
    if let Some(int) = int(text) {
        return int;
    }
    if let Some(float) = python_float(text) {
        return Value::Float(float);
    }
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    Value::Str(text.to_owned())
}

/// Python's `int(text)`: allows blanks around the number, a sign, and single underscores between digits.
fn int(text: &str) -> Option<Value> {
    let (negative, body) = sign(text.trim());
    integer(&grouped_digits(body)?, 10, negative)
}

/// Python's `int(text)`, for numbers of up to 128 bits.
pub fn python_int(text: &str) -> Option<i128> {
    match int(text)? {
        Value::Int(number) => Some(number),
        _ => None,
    }
}

/// Python's `float(text)`: like [`python_int`], but also allows a fraction, an exponent, `inf`, `infinity` and `nan`.
pub fn python_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let (negative, body) = sign(text);
    let magnitude = if body.eq_ignore_ascii_case("inf") || body.eq_ignore_ascii_case("infinity") {
        f64::INFINITY
    } else if body.eq_ignore_ascii_case("nan") {
        f64::NAN
    } else {
        let (mantissa, exponent) = match body.find(['e', 'E']) {
            Some(at) => (&body[..at], Some(&body[at + 1..])),
            None => (body, None),
        };
        // An integer that `int()` refuses stays a string.
        if exponent.is_none() && !mantissa.contains('.') {
            return None;
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = if whole.is_empty() { String::new() } else { grouped_digits(whole)? };
        let fraction = if fraction.is_empty() { String::new() } else { grouped_digits(fraction)? };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match exponent {
            None => "0".to_owned(),
            Some(e) => {
                let (negative, digits) = sign(e);
                format!("{}{}", if negative { "-" } else { "" }, grouped_digits(digits)?)
            }
        };
        format!("0{whole}.{fraction}0e{exponent}").parse().ok()?
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Removes single underscores between digits; `None` if there is anything else.
fn grouped_digits(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('_').collect();
    groups.iter().all(|group| all(group, |b| b.is_ascii_digit())).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_typed_as_jina_types_them() {
        for (text, expected) in [
            ("yes", "True"),
            ("NO", "False"),
            ("on", "'on'"),
            ("y", "'y'"),
            ("tRuE", "True"),
            ("~", "None"),
            ("", "None"),
            ("0123", "83"),
            ("089", "89"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("0o17", "'0o17'"),
            ("1_000", "1000"),
            ("-5", "-5"),
            ("+5", "5"),
            ("12:30:45", "45045"),
            ("190:20:30.15", "685230.15"),
            ("1:99", "'1:99'"),
            ("1e3", "1000.0"),
            ("1e-7", "1e-07"),
            ("1.0e-8", "1e-08"),
            ("1.0e20", "1e+20"),
            ("1.10", "1.1"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            (".inf", "inf"),
            ("-.INF", "-inf"),
            (".nan", "nan"),
            ("nan", "nan"),
            ("Infinity", "inf"),
            ("2024-01-01", "'2024-01-01'"),
            ("=", "'='"),
            ("1.2.3", "'1.2.3'"),
            ("10m", "'10m'"),
            ("1__0", "10"),
            ("-", "'-'"),
            ("+", "'+'"),
            (".", "'.'"),
            ("0.", "0.0"),
            ("0_7", "7"),
            ("99999999999999999999999999999999999999999999", "99999999999999999999999999999999999999999999"),
            ("-170141183460469231731687303715884105729", "-170141183460469231731687303715884105729"),
            ("0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "22300745198530623141535718272648361505980415"),
            ("0b", "'0b'"),
            ("0x_", "'0x_'"),
            ("_1", "'_1'"),
        ] {
            assert_eq!(plain(text).to_repr(), expected, "{text}");
        }
    }

    #[test]
    fn retyping_follows_parse_arg() {
        for (text, expected) in [
            ("0123", "123"),
            (" 42 ", "42"),
            ("1_0.5e1_0", "105000000000.0"),
            ("1__0", "'1__0'"),
            ("'q'", "'q'"),
            ("\"5\"", "'5'"),
            ("[a, 1, [2]]", "['a', 1, 2]"),
            ("[]", "[]"),
            ("+inf", "inf"),
            ("e5", "'e5'"),
            ("x", "'x'"),
        ] {
            assert_eq!(retyped(text).to_repr(), expected, "{text}");
        }
    }
}
