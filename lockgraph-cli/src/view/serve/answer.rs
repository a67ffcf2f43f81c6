//! What a client is told.

use std::io::{self, Write};

use super::File;

/// Sent with everything: nobody keeps it, guesses what it is, frames it or is told where it came from.
const ALWAYS: &str = "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: \
                      nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: \
                      no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n";

pub(super) enum Answer<'a> {
    File {
        file: &'a File,
        with_body: bool,
    },
    Nothing,
    Bad(&'static str),
    OtherMethod,
    TooLong,
    /// So many ask at once that this one has to come again.
    Busy,
}

impl Answer<'_> {
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Answer::File { file, with_body } => {
                let body = if *with_body { file.bytes.as_slice() } else { b"" };
                sent(out, "200 OK", (file.kind, file.bytes.len()), body)
            }
            Answer::Nothing => said(out, "404 Not Found", "there is nothing here"),
            Answer::Bad(why) => said(out, "400 Bad Request", why),
            Answer::OtherMethod => {
                said(out, "405 Method Not Allowed\r\nAllow: GET, HEAD", "only GET and HEAD")
            }
            Answer::TooLong => said(out, "431 Request Header Fields Too Large", "too long"),
            Answer::Busy => said(out, "503 Service Unavailable", "too many requests at once"),
        }
    }
}

fn said(out: &mut dyn Write, status: &str, why: &str) -> io::Result<()> {
    let body = format!("{why}\n");
    sent(out, status, ("text/plain; charset=utf-8", body.len()), body.as_bytes())
}

fn sent(
    out: &mut dyn Write,
    status: &str,
    (kind, length): (&str, usize),
    body: &[u8],
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{ALWAYS}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    );
    out.write_all(head.as_bytes())?;
    out.write_all(body)?;
    out.flush()
}
