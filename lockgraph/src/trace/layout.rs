//! Where the bytes are: the header, the chunk header, the wait slots. All numbers little-endian.
//!
//! | header at | what |
//! |---|---|
//! | 0 | magic, 8 bytes |
//! | 8 | version, u32 |
//! | 12 | level, u8 |
//! | 16 | process number, u32 |
//! | 24 | start, u64, nanoseconds since 1970 |
//! | 32 | why the recording stopped, u32, see [`Stop`] |
//! | 40 | the file's limit, u64 |
//! | 64 | program, then arguments, as many as fit: u16 length and text each; 0xffff ends the list |
//!
//! | chunk header at | what |
//! |---|---|
//! | 0 | magic, u32, written last |
//! | 4 | sort of chunk, u8, see [`Sort`] |
//! | 8 | size with this header, u32 |
//! | 12 | number of the chunk in the file, u32 |
//! | 16 | first thread that owned it, u32 |
//! | 20 | committed length without this header, u32 |

use std::fmt;

/// How much a trace contains.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Level {
    /// Tables, new dependencies, waits and findings: the size follows distinct behaviour.
    Graph = 1,
    /// Every event too: the size follows time.
    Full = 2,
}

impl Level {
    /// The name in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Graph => "graph",
            Level::Full => "full",
        }
    }

    /// The level with this name.
    pub fn from_name(name: &str) -> Option<Level> {
        [Level::Graph, Level::Full].into_iter().find(|level| level.name() == name)
    }
}

/// Bytes 0 to 7 of every trace. No text file begins like this, and a transfer that changes line
/// ends breaks it.
pub(super) const MAGIC: [u8; 8] = *b"\xb1lgt\r\n\x1a\n";
/// The version that this code writes, and the only one that it reads.
pub(super) const VERSION: u32 = 5;
pub(super) const HEADER: usize = 4096;
/// Files grow and are mapped in units of this size, a multiple of every usual page size.
pub(super) const UNIT: usize = 64 * 1024;
pub(super) const CHUNK_HEADER: usize = 64;
pub(super) const CHUNK_MAGIC: u32 = u32::from_le_bytes(*b"LGCH");
/// Where in a chunk its magic and its committed length are.
pub(super) const CHUNK_MAGIC_AT: usize = 0;
pub(super) const COMMITTED_AT: usize = 20;
/// Where in the header the reason to stop is.
pub(super) const STOP_AT: usize = 32;
const PROGRAM_AT: usize = 64;
const TEXTS_END: u16 = u16::MAX;

/// A wait slot: u32 version, u32 length (0: free), then the wait, and in the last word the version
/// again. The two differ while it is written.
pub(super) const SLOT: usize = 512;
pub(super) const SLOT_HEADER: usize = 8;
pub(super) const SLOT_END: usize = SLOT - 4;

/// The bit of an acquisition's flags where the way begins; the mode is below.
pub(super) const HOW_SHIFT: u8 = 2;

const _: () = {
    assert!(HEADER < UNIT && CHUNK_HEADER < UNIT - HEADER);
    assert!((HEADER + CHUNK_HEADER).is_multiple_of(64));
    assert!(COMMITTED_AT.is_multiple_of(4) && STOP_AT.is_multiple_of(4));
};

/// Why a recording stopped before its program did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(super) enum Stop {
    /// The file could not grow.
    Failed = 1,
    /// The limit is reached; nothing more was written.
    Limit = 2,
    /// The share of events is used up; graph, findings and waits went on.
    EventLimit = 3,
}

/// What a chunk contains.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Sort {
    Graph = 1,
    Events = 2,
    Waits = 3,
}

/// The facts in a file's header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) level: Level,
    pub(super) pid: u32,
    pub(super) started_nanos: u64,
    pub(super) stop: u32,
    pub(super) limit: u64,
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
}

impl Header {
    /// The header's bytes. Arguments that do not fit are left out.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(MAGIC);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend([self.level as u8, 0, 0, 0]);
        bytes.extend(self.pid.to_le_bytes());
        bytes.resize(24, 0);
        bytes.extend(self.started_nanos.to_le_bytes());
        bytes.extend(self.stop.to_le_bytes());
        bytes.resize(40, 0);
        bytes.extend(self.limit.to_le_bytes());
        bytes.resize(PROGRAM_AT, 0);
        for text in std::iter::once(&self.program).chain(&self.arguments) {
            // Two bytes stay for the end mark.
            let room = (HEADER - bytes.len()).saturating_sub(4);
            let text = cut(text, room);
            if room == 0 {
                break;
            }
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend(TEXTS_END.to_le_bytes());
        bytes.resize(HEADER, 0);
        bytes
    }

    /// The facts, or what is wrong with them. The magic and the version have been looked at.
    pub(super) fn from_bytes(bytes: &[u8; HEADER]) -> Result<Header, &'static str> {
        let level = match bytes[12] {
            1 => Level::Graph,
            2 => Level::Full,
            _ => return Err("the header names no level that there is"),
        };
        let mut texts = texts(&bytes[PROGRAM_AT..]).into_iter();
        Ok(Header {
            version: u32_at(bytes, 8),
            level,
            pid: u32_at(bytes, 16),
            started_nanos: u64_at(bytes, 24),
            stop: u32_at(bytes, STOP_AT),
            limit: u64_at(bytes, 40),
            program: texts.next().unwrap_or_default(),
            arguments: texts.collect(),
        })
    }
}

fn cut(text: &str, room: usize) -> &str {
    let mut end = text.len().min(room);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn texts(mut bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let len = usize::from(u16::from_le_bytes(*len));
        let Some((text, rest)) = rest.split_at_checked(len) else { break };
        texts.push(String::from_utf8_lossy(text).into_owned());
        bytes = rest;
    }
    texts
}

/// The facts in a chunk's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ChunkHeader {
    pub(super) sort: u8,
    pub(super) size: u32,
    pub(super) number: u32,
    pub(super) owner: u32,
    pub(super) committed: u32,
}

impl ChunkHeader {
    /// The header's bytes, but for the magic, which is stored last.
    pub(super) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[4] = self.sort;
        bytes[8..12].copy_from_slice(&self.size.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.number.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.owner.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.committed.to_le_bytes());
        bytes
    }

    /// The facts; `bytes` has at least [`CHUNK_HEADER`] of them. The magic has been looked at.
    pub(super) fn from_bytes(bytes: &[u8]) -> ChunkHeader {
        ChunkHeader {
            sort: bytes[4],
            size: u32_at(bytes, 8),
            number: u32_at(bytes, 12),
            owner: u32_at(bytes, 16),
            committed: u32_at(bytes, COMMITTED_AT),
        }
    }
}

/// The number at `at`, which lies inside; 0 if it does not.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u32::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b))
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(program: &str, arguments: &[&str]) -> Header {
        Header {
            version: VERSION,
            level: Level::Full,
            pid: 4711,
            started_nanos: u64::MAX - 1,
            stop: Stop::Limit as u32,
            limit: 1 << 40,
            program: program.to_string(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
        }
    }

    fn back(header: &Header) -> Header {
        let bytes: [u8; HEADER] = header.to_bytes().try_into().expect("a header has its size");
        assert_eq!(bytes[..8], MAGIC);
        Header::from_bytes(&bytes).expect("a header that we wrote")
    }

    #[test]
    fn a_header_comes_back() {
        for header in [header("", &[]), header("bank", &["--accounts", "", "\u{e4}\u{f6}"])] {
            assert_eq!(back(&header), header);
        }
    }

    #[test]
    fn long_arguments_are_cut_at_a_character() {
        let long = "\u{e4}".repeat(10_000);
        let read = back(&header("bank", &["first", &long, "lost"]));
        assert_eq!(read.arguments[0], "first");
        assert!(read.arguments[1].len() > 3900 && long.starts_with(&read.arguments[1]));
        assert_eq!(read.arguments.len(), 2);
    }
}
