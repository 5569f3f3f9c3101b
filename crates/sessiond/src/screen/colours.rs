//! Colours that a program gave to the palette, to the text, the ground and the cursor, in the notation of X11.

use std::collections::BTreeMap;

/// Red, green and blue.
pub(crate) type Rgb = (u8, u8, u8);

/// What was set: 0 to 255 for the palette, then [`TEXT`], [`TEXT`] + 1 for the ground and [`TEXT`] + 2 for the cursor.
pub(crate) type Palette = BTreeMap<u16, Rgb>;

/// The number of the text's colour.
pub(crate) const TEXT: u16 = 256;

/// The number behind the last one.
pub(crate) const END: u16 = TEXT + 3;

/// `rgb:r/g/b` and `#rgb`, each colour with one to four hexadecimal digits.
pub(super) fn parse(text: &str) -> Option<Rgb> {
    let text = text.to_ascii_lowercase();
    if let Some(parts) = text.strip_prefix("rgb:") {
        let parts: Vec<&str> = parts.split('/').collect();
        let [r, g, b] = parts[..] else { return None };
        if r.len() != g.len() || g.len() != b.len() {
            return None;
        }
        return Some((scaled(r)?, scaled(g)?, scaled(b)?));
    }
    let digits = text.strip_prefix('#').filter(|digits| digits.is_ascii())?;
    let length = digits.len() / 3;
    if digits.len() % 3 != 0 {
        return None;
    }
    let (r, rest) = digits.split_at(length);
    let (g, b) = rest.split_at(length);
    Some((leading(r)?, leading(g)?, leading(b)?))
}

/// A part of the whole, rounded.
fn scaled(digits: &str) -> Option<u8> {
    let value = number(digits)?;
    let most = (1_u32 << (4 * digits.len())) - 1;
    u8::try_from((value * 255 + most / 2) / most).ok()
}

/// The most significant eight bits.
fn leading(digits: &str) -> Option<u8> {
    let value = number(digits)?;
    let value = match digits.len() {
        1 => value << 4,
        2 => value,
        3 => value >> 4,
        _ => value >> 8,
    };
    u8::try_from(value).ok()
}

fn number(digits: &str) -> Option<u32> {
    if !(1..=4).contains(&digits.len()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}
