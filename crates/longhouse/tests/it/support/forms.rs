//! The forms in which a secret may come to light.

/// Every form in which somebody would recognise a value: as it is, each of its longer lines, escaped, in base64, in hexadecimal.
pub(crate) fn forms(value: &str) -> Vec<String> {
    const RECOGNISABLE: usize = 12;
    let percent = |safe: &[u8]| -> String {
        let encode = |byte: u8| {
            if byte.is_ascii_alphanumeric() || safe.contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        value.bytes().map(encode).collect()
    };
    let quoted = serde_json::to_string(value).unwrap();
    let mut found = vec![
        value.to_owned(),
        percent(b"-_.~"),
        percent(b"-_.~/:?=&+ "),
        percent(b"-_.~ ").replace(' ', "+"),
        quoted.trim_matches('"').to_owned(),
        value.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    found.extend(value.lines().map(str::to_owned));
    // A piece of it may stand at any place of what is encoded, which base64 shows in three ways.
    let middle: String = value.chars().skip(2).take(30).collect();
    for before in ["", "x", "xx"] {
        let encoded = base64(format!("{before}{middle}").as_bytes());
        found.push(encoded[4..encoded.len() - 6].to_owned());
    }
    let pieces: Vec<char> = value.chars().collect();
    if pieces.len() > 1_000 {
        found.extend(
            pieces
                .chunks(997)
                .map(|piece| piece[..17.min(piece.len())].iter().collect()),
        );
    }
    found.retain(|form| form.len() >= RECOGNISABLE);
    found
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in (0..4).rev() {
            let digit = number >> (6 * place) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
    }
    text
}
