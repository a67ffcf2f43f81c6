//! `lockgraph view`: the page of a program that really hung, and the server, asked over real
//! connections.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;

use crate::{cli, fixture};

mod opened;

type Test = fn() -> Result<(), String>;

const TESTS: &[(&str, Test)] = &[
    ("page_of_a_killed_run", page_of_a_killed_run),
    ("page_of_reports_and_what_is_broken", page_of_what_is_broken),
    ("page_as_a_format", page_as_a_format),
    ("served_to_who_knows_the_way", served),
    ("served_whoever_else_asks", served_whoever_else_asks),
    ("opened/a_page", opened::a_page),
    ("opened/a_server", opened::a_server),
    ("opened/by_nobody", opened::nobody_opens),
    ("opened/by_nobody_from_a_server", opened::nobody_opens_a_server),
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, test): &(&str, Test)| {
        let test = *test;
        Trial::test(format!("view/{name}"), move || test().map_err(Failed::from))
    };
    TESTS.iter().map(trial).collect()
}

/// Two orders of two locks.
const ABBA: &str = "\
T0|fork(T1)|0\nT0|fork(T2)|0\n\
T1|acq(L1)|11\nT1|acq(L2)|12\nT1|rel(L2)|13\nT1|rel(L1)|14\n\
T2|acq(L2)|21\nT2|acq(L1)|22\nT2|rel(L1)|23\nT2|rel(L2)|24\n";

fn shown<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn require(holds: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn abba() -> Result<TempDir, String> {
    let directory = shown(TempDir::new())?;
    shown(fs::write(directory.path().join("abba.std"), ABBA))?;
    Ok(directory)
}

/// What the page in a file of HTML is told.
pub(crate) fn data(html: &str) -> Result<Value, String> {
    let (_, rest) = html.split_once("id=\"page\">").ok_or("there is no data")?;
    let (json, _) = rest.split_once("</script>").ok_or("the data has no end")?;
    shown(serde_json::from_str(json))
}

fn view(arguments: &[&OsStr], code: i32) -> Result<cli::Said, String> {
    let said = cli::run(&[&[OsStr::new("view")], arguments].concat())?;
    said.expect_code(code)?;
    Ok(said)
}

/// Five philosophers, recorded in full and killed where they hang.
fn page_of_a_killed_run() -> Result<(), String> {
    let directory = shown(TempDir::new())?;
    shown(fixture::hang_and_kill("philosophers", directory.path(), "full"))?;
    let page = directory.path().join("there/page.html");
    view(&[directory.path().as_os_str(), OsStr::new("-o"), page.as_os_str()], 0)?;
    let html = shown(fs::read_to_string(&page))?;
    let page = data(&html)?;
    let told = page.to_string();
    for word in ["Aristotle", "Socrates", "fork 1", "fork 5"] {
        require(told.contains(word), format!("{word} is missing"))?;
    }
    let finding = &page["findings"][0];
    require(finding["kind"] == "deadlock" && finding["verdict"] == "actual", finding.to_string())?;
    let counts = ["columns", "circle/nodes", "circle/edges", "snapshot/stuck"]
        .map(|path| finding.pointer(&format!("/{path}")).and_then(Value::as_array).map(Vec::len));
    // The main thread waits for the philosophers, and is stuck with them.
    require(counts == [Some(5), Some(10), Some(10), Some(6)], format!("{counts:?}"))?;
    let run = &page["runs"][0];
    require(run["events"].as_u64() > Some(0), "the run has no events")?;
    let policy = "content=\"default-src 'none'; script-src 'sha256-";
    require(html.contains(policy) && !html.contains("connect-src"), "it may ask for more")?;
    let sources = page["sources"].to_string();
    require(sources.contains(".lock()"), "no line of source is in the page")
}

/// What can be read is on the page, and what cannot is told on both.
fn page_of_what_is_broken() -> Result<(), String> {
    let directory = abba()?;
    let file = |name: &str| directory.path().join(name);
    let checked = cli::run(&[
        OsStr::new("check"),
        OsStr::new("--format"),
        OsStr::new(&format!("json={}", file("report.json").display())),
        file("abba.std").as_os_str(),
    ])?;
    checked.expect_code(1)?;
    shown(fs::write(file("torn.std"), "no trace"))?;
    let (report, torn) = (file("report.json"), file("torn.std"));
    let page = file("page.html");
    let said =
        view(&[report.as_os_str(), torn.as_os_str(), OsStr::new("-o"), page.as_os_str()], 2)?;
    require(said.stderr.contains("torn.std"), said.stderr)?;
    let page = data(&shown(fs::read_to_string(&page))?)?;
    let problem = page["problems"][0].as_str().unwrap_or_default();
    require(problem.contains("torn.std"), format!("{:#}", page["problems"]))?;
    require(page["findings"][0]["kind"] == "lock-order-cycle", "the finding is missing")
}

/// The page is one of the forms of a report, and the exit code stays the command's.
fn page_as_a_format() -> Result<(), String> {
    let directory = abba()?;
    let page = directory.path().join("page.html");
    let said = cli::run(&[
        OsStr::new("check"),
        OsStr::new("--format"),
        OsStr::new(&format!("html={}", page.display())),
        directory.path().join("abba.std").as_os_str(),
    ])?;
    said.expect_code(1)?;
    let page = data(&shown(fs::read_to_string(&page))?)?;
    require(page["findings"].as_array().map(Vec::len) == Some(1), "it has not one finding")
}

/// A server, until it is dropped.
struct Server {
    child: Child,
    port: u16,
    /// With the token, and slashes at both ends.
    path: String,
}

impl Server {
    fn of(trace: &Path) -> Result<Server, String> {
        Server::begin(cli::lockgraph().arg("view"), trace)
    }

    /// What `command` begins, with the arguments that it has.
    fn begin(command: &mut Command, trace: &Path) -> Result<Server, String> {
        command.arg("--serve").arg(trace).stdout(Stdio::piped());
        let mut child = shown(command.spawn())?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let address = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, rest) = line.split_once("http://127.0.0.1:")?;
            let (port, rest) = rest.split_once('/')?;
            let (token, _) = rest.split_once('/')?;
            Some((port.parse().ok()?, format!("/{token}/")))
        });
        let Some((port, path)) = address else {
            let _ = child.kill();
            return Err("it does not say where it serves".into());
        };
        Ok(Server { child, port, path })
    }

    fn connect(&self) -> Result<TcpStream, String> {
        let stream = shown(TcpStream::connect(("127.0.0.1", self.port)))?;
        shown(stream.set_read_timeout(Some(Duration::from_secs(60))))?;
        Ok(stream)
    }

    /// The answer to these bytes.
    fn said(&self, bytes: &[u8]) -> Result<String, String> {
        let mut stream = self.connect()?;
        // Who is not listened to may not get all of it through.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn ask(&self, method: &str, path: &str, host: &str) -> Result<String, String> {
        self.said(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The page, and the bytes that it fetches; its head alone to who asks for that.
fn served() -> Result<(), String> {
    let directory = abba()?;
    let server = Server::of(&directory.path().join("abba.std"))?;
    let answer = server.ask("GET", &server.path, &server.host())?;
    require(answer.starts_with("HTTP/1.1 200 OK\r\n"), &*answer)?;
    for header in ["Cache-Control: no-store", "X-Content-Type-Options: nosniff"] {
        require(answer.contains(&format!("\r\n{header}\r\n")), format!("{header} is missing"))?;
    }
    require(answer.contains("connect-src 'self'"), "it may not fetch")?;
    let page = data(&answer)?;
    let lanes = page.pointer("/runs/0/lanes").and_then(Value::as_array).ok_or("no lanes")?;
    require(lanes.len() == 3, format!("{lanes:?}"))?;
    for lane in lanes {
        let url = lane["url"].as_str().ok_or("a lane has no address")?;
        let path = format!("{}{url}", server.path);
        let answer = server.ask("GET", &path, &format!("localhost:{}", server.port))?;
        require(answer.starts_with("HTTP/1.1 200 OK\r\n"), &*answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
        require(!body.is_empty(), format!("{path} is empty"))?;
        let alone = server.ask("HEAD", &path, &server.host())?;
        require(alone.trim_end() == head, alone)?;
    }
    Ok(())
}

/// Whatever is asked, by whoever: no page, and the server goes on.
fn served_whoever_else_asks() -> Result<(), String> {
    let directory = abba()?;
    let server = Server::of(&directory.path().join("abba.std"))?;
    let (path, host) = (server.path.as_str(), server.host());
    // Some who never say anything are in nobody's way.
    let silent: Result<Vec<TcpStream>, String> = (0..5).map(|_| server.connect()).collect();
    let other_port = format!("127.0.0.1:{}", server.port ^ 1);
    for (method, path, host, code) in [
        ("GET", "/", host.as_str(), 404),
        ("GET", "/../etc/passwd", &host, 404),
        ("GET", &format!("{path}lane/9/9"), &host, 404),
        ("GET", path.trim_end_matches('/'), &host, 404),
        ("GET", path, "evil.example", 400),
        ("GET", path, &other_port, 400),
        ("POST", path, &host, 405),
        ("DELETE", path, &host, 405),
    ] {
        let answer = server.ask(method, path, host)?;
        let is_so = answer.starts_with(&format!("HTTP/1.1 {code} "));
        require(is_so && !answer.contains("<html"), format!("{method} {path} {host}: {answer}"))?;
    }
    let endless = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 100_000]].concat();
    for (bytes, code) in [
        (&b"nonsense\r\n\r\n"[..], "400"),
        (b"\0\xff\r\n\r\n", "400"),
        (format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes(), "400"),
        (&endless, ""),
    ] {
        let answer = server.said(bytes)?;
        let start = format!("HTTP/1.1 {code}");
        require(answer.starts_with(&start) || code.is_empty(), format!("{bytes:?}: {answer}"))?;
    }
    drop(silent?);
    let answer = server.ask("GET", path, &host)?;
    require(answer.starts_with("HTTP/1.1 200 OK\r\n"), answer)
}
