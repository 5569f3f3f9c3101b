//! The alphabet of SSH (RFC 4251, section 5): bytes, numbers of four bytes, strings with their length before them, and large numbers.
//! Whatever is read is a view into what was given; nothing is allocated by what a length claims.

/// Reads from the front. Everything answers `None` where the bytes end too early.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// From the first byte on.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    /// A number of four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    /// Bytes after their length.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    /// A string that is text.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// A string after which nothing comes.
    pub fn last_string(&mut self) -> Option<&'a [u8]> {
        self.string().filter(|_| self.is_at_end())
    }

    /// A large number that is not negative, without leading zeros.
    pub fn number(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            return None;
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        bytes.get(zeros..)
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes one after the other.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One byte.
    #[must_use]
    pub fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// A number of four bytes.
    #[must_use]
    pub fn u32(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Bytes after their length. What no length can say is cut; nothing here comes near to that.
    #[must_use]
    pub fn string(mut self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self = self.u32(length);
        self.0.extend(bytes.iter().take(length as usize));
        self
    }

    /// A large number that is not negative.
    #[must_use]
    pub fn number(self, bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let mut plain = bytes[zeros..].to_vec();
        if plain.first().is_some_and(|first| first & 0x80 != 0) {
            plain.insert(0, 0);
        }
        self.string(&plain)
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = Writer::new()
            .byte(7)
            .u32(9)
            .string(b"text")
            .number(&[0, 0, 0x80, 1])
            .done();
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.byte(), reader.u32()), (Some(7), Some(9)));
        assert_eq!(reader.string(), Some(&b"text"[..]));
        assert_eq!(reader.number(), Some(&[0x80, 1][..]));
        assert!(reader.is_at_end() && reader.byte().is_none());
    }

    #[test]
    fn what_claims_more_than_there_is_is_not_read() {
        for bad in [&[0, 0, 0, 5, 1, 2][..], &[0xff; 4], &[0, 0, 0], &[]] {
            assert_eq!(Reader::new(bad).string(), None, "{bad:?}");
        }
        let negative = Writer::new().string(&[0x80]).done();
        assert_eq!(Reader::new(&negative).number(), None);
        let two = Writer::new().string(b"a").string(b"b").done();
        assert_eq!(Reader::new(&two).last_string(), None);
    }
}
