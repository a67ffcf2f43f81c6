//! Numbers and text as bytes: LEB128 and lengths before contents.
//!
//! The encoder counts on when its buffer is full, so that one pass tells either that the bytes
//! are there or how many they would be. The decoder believes nothing: every read is checked, and
//! a list is never longer than the bytes left for it.

/// Writes into a buffer that may be too small.
pub(super) struct Encoder<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(out: &'a mut [u8]) -> Encoder<'a> {
        Encoder { out, len: 0 }
    }

    /// How many bytes it takes. The buffer holds them if this is not more than its length.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        if let Some(place) = self.out.get_mut(self.len) {
            *place = byte;
        }
        self.len += 1;
    }

    #[inline]
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        if let Some(place) = self.out.get_mut(self.len..self.len + bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self.len += bytes.len();
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, some: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            some(self, value);
        }
    }
}

/// Bytes that are no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed(pub(super) &'static str);

/// Reads from bytes that nobody vouches for.
pub(super) struct Decoder<'a> {
    left: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Decoder<'a> {
        Decoder { left: bytes }
    }

    /// How many bytes have not been read.
    pub(super) fn left(&self) -> usize {
        self.left.len()
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.left
    }

    /// Of what was read since it was at `before`, the last byte counts as not read.
    pub(super) fn leave_last_of(&mut self, before: &'a [u8]) {
        let read = before.len() - self.left.len();
        self.left = &before[read.saturating_sub(1)..];
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, left) = self.left.split_first().ok_or(Malformed("a record is cut off"))?;
        self.left = left;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed("a number has more than 64 bits"))
    }

    pub(super) fn number32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.number()?).map_err(|_| Malformed("a number has more than 32 bits"))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.count()?;
        let (bytes, left) = self.left.split_at(len);
        self.left = left;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    /// A list; each item takes at least one byte.
    pub(super) fn list<T>(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.count()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(each(self)?);
        }
        Ok(items)
    }

    pub(super) fn option<T>(
        &mut self,
        some: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.byte()? {
            0 => Ok(None),
            1 => Ok(Some(some(self)?)),
            _ => Err(Malformed("an option is neither there nor not there")),
        }
    }

    /// A length, which the bytes left must justify.
    fn count(&mut self) -> Result<usize, Malformed> {
        let count = self.number()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.left.len() => Ok(count),
            _ => Err(Malformed("a length reaches beyond the end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut buffer = [0; 10];
            let mut encoder = Encoder::new(&mut buffer);
            encoder.number(number);
            let len = encoder.len();
            assert_eq!(Decoder::new(&buffer[..len]).number(), Ok(number));
            assert!(Decoder::new(&buffer[..len - 1]).number().is_err(), "{number} cut off");
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        for bytes in [&[0xff; 11][..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]] {
            assert!(Decoder::new(bytes).number().is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_full_buffer_tells_what_it_would_have_taken() {
        let mut encoder = Encoder::new(&mut []);
        encoder.text("accounts");
        encoder.number(300);
        assert_eq!(encoder.len(), 11);
    }

    #[test]
    fn a_length_beyond_the_end_is_refused_before_anything_is_allocated() {
        let mut buffer = [0; 10];
        let mut encoder = Encoder::new(&mut buffer);
        encoder.number(u64::from(u32::MAX));
        assert!(Decoder::new(&buffer).bytes().is_err());
        assert!(Decoder::new(&buffer).list(Decoder::byte).is_err());
    }
}
