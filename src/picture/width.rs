//! The width of text.

/// The widths of the characters from space to `~` in DejaVu Sans, in hundredths of the font size. Other sans-serif fonts are
/// narrower, so text that fits with these widths fits with any of them.
const WIDTHS: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53, 100,
    68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63,
    55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
];

/// The width of a line in pixels.
pub fn width(line: &str, font_size: i64) -> i64 {
    let hundredths: i64 = line.chars().map(of_character).sum();
    (hundredths * font_size).div_euclid(100) + 1
}

fn of_character(c: char) -> i64 {
    let of_ascii = usize::try_from(u32::from(c)).ok().and_then(|code| WIDTHS.get(code.checked_sub(32)?));
    match (of_ascii, u32::from(c)) {
        (Some(width), _) => i64::from(*width),
        // Latin, Greek and Cyrillic.
        (None, 0..=0x10ff) => 85,
        (None, _) => 105,
    }
}
