//! `lockgraph view --serve`: the page from a server on this machine, for what is too much for a file.
//!
//! Only this machine can reach it. Other pages in the same browser could try: they know neither the
//! token in the path nor an answer to a question with another host's name, by which a name of
//! theirs that leads here (DNS rebinding) is known. Every connection has a thread and answers one
//! question within limits of size and time; so many at once, and not one more. Whatever is asked, the
//! server goes on; Ctrl-C ends it.

mod answer;

use std::collections::HashMap;
use std::io::{self, Read as _, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::html::{self, Source};
use super::page;
use crate::args::View;
use crate::check::Checked;
use crate::complain;
use answer::Answer;

/// Connections at once.
const MOST: usize = 32;
/// How long a question may take to come, and how long one write of the answer.
const ASKING: Duration = Duration::from_secs(10);
const ANSWERING: Duration = Duration::from_secs(30);
/// How long a question may be, in bytes.
const LONGEST: usize = 16 << 10;

/// What there is to be had.
struct Site {
    port: u16,
    /// By path.
    files: HashMap<String, File>,
    connections: AtomicUsize,
}

/// Bytes, and what they are.
struct File {
    kind: &'static str,
    bytes: Vec<u8>,
}

/// Serves the page until somebody ends the process. Returns `false` if it cannot begin.
pub(super) fn run(
    arguments: &View,
    checked: &mut Checked,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port))
        .and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    let (port, listener) = match bound {
        Ok(bound) => bound,
        Err(error) => {
            let port = arguments.port;
            complain(&format!("cannot listen on port {port} of this machine: {error}"));
            return Ok(false);
        }
    };
    let token = match token() {
        Ok(token) => token,
        Err(error) => {
            complain(&format!("cannot make a secret for the address: {error}"));
            return Ok(false);
        }
    };
    let site = Arc::new(Site::new(port, &token, checked));
    let address = format!("http://127.0.0.1:{port}/{token}/");
    writeln!(out, "{}", crate::print::text::last_line(checked))?;
    writeln!(out, "serving {address} on this machine alone; Ctrl-C ends it")?;
    out.flush()?;
    if arguments.open {
        // If it cannot be, the address is there to be opened by hand. A browser asks at once, so
        // nobody waits for the opener.
        thread::spawn(move || super::open(address.as_ref()));
    }
    for connection in listener.incoming().flatten() {
        take(connection, &site);
    }
    Ok(true)
}

/// 128 bits, as nobody can guess.
fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Site {
    fn new(port: u16, token: &str, checked: &mut Checked) -> Site {
        let gathered = checked.gathered.take().unwrap_or_default();
        let (page, lanes) = page::served(checked, gathered);
        let text = html::document(&page.title, &super::json(&page), Source::Server);
        let mut files = HashMap::new();
        let html = File { kind: "text/html; charset=utf-8", bytes: text.into_bytes() };
        files.insert(format!("/{token}/"), html);
        for (path, bytes) in lanes {
            let file = File { kind: "application/octet-stream", bytes };
            files.insert(format!("/{token}/{path}"), file);
        }
        Site { port, files, connections: AtomicUsize::new(0) }
    }

    /// Whether a question is meant for us: nobody else is called so.
    fn is_host(&self, name: &[u8]) -> bool {
        let port = self.port;
        let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        ours.iter().any(|host| host.as_bytes().eq_ignore_ascii_case(name))
    }

    fn answer(&self, head: &[u8]) -> Answer<'_> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut question = httparse::Request::new(&mut headers);
        if !matches!(question.parse(head), Ok(httparse::Status::Complete(_))) {
            return Answer::Bad("the request cannot be understood");
        }
        let mut hosts =
            question.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
        let is_ours = hosts.next().is_some_and(|host| self.is_host(host.value));
        if !is_ours || hosts.next().is_some() {
            return Answer::Bad("the request is for another host");
        }
        let with_body = match question.method {
            Some("GET") => true,
            Some("HEAD") => false,
            _ => return Answer::OtherMethod,
        };
        match self.files.get(question.path.unwrap_or_default()) {
            Some(file) => Answer::File { file, with_body },
            None => Answer::Nothing,
        }
    }
}

/// Answers a connection in a thread of its own.
fn take(connection: TcpStream, site: &Arc<Site>) {
    let place = Place::of(site);
    let site = Arc::clone(site);
    let work = move || {
        // A client that goes away is nobody's trouble.
        let _ = match &place {
            Some(_) => talk(&connection, &site),
            None => Answer::Busy.write(&mut &connection),
        };
        let _ = connection.shutdown(Shutdown::Both);
        drop(place);
    };
    // Without a thread for it, the connection is closed.
    let _ = thread::Builder::new().name("answer".into()).spawn(work);
}

/// One of the connections that there may be at once.
struct Place(Arc<Site>);

impl Place {
    fn of(site: &Arc<Site>) -> Option<Place> {
        let place = Place(Arc::clone(site));
        (site.connections.fetch_add(1, Ordering::Relaxed) < MOST).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn talk(mut connection: &TcpStream, site: &Site) -> io::Result<()> {
    connection.set_write_timeout(Some(ANSWERING))?;
    let answer = match head(connection)? {
        Some(head) => site.answer(&head),
        None => Answer::TooLong,
    };
    answer.write(&mut connection)
}

/// Reads up to the end of the headers; what follows is of no interest. `None`: there is no end.
fn head(mut connection: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let end = Instant::now() + ASKING;
    let (mut head, mut part) = (Vec::new(), [0; 2048]);
    while head.len() < LONGEST {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        connection.set_read_timeout(Some(left))?;
        let count = connection.read(&mut part)?;
        head.extend_from_slice(&part[..count]);
        let is_whole = head.windows(4).any(|it| it == b"\r\n\r\n");
        if count == 0 || is_whole {
            return Ok(Some(head));
        }
    }
    Ok(None)
}
