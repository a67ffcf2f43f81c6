//! Where and with what it ran: the head of each report.

use std::process::Command;

const LOCK: &str = include_str!("../Cargo.lock");

/// One paragraph.
pub(crate) fn describe() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok();
    let cpu = cpu.as_deref().and_then(model).unwrap_or("unknown processor").to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let versions = ["lockgraph", "parking_lot", "tracing-mutex", "deloxide"].map(|name| {
        let version = version(LOCK, name).unwrap_or("of unknown version");
        format!("{name} {version}")
    });
    format!(
        "{cpu}, {cores} cores; {}; {}; {}.\n",
        printed("rustc", "--version"),
        versions.join(", "),
        printed("date", "+%F"),
    )
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']))
}

/// The version of a package in a `Cargo.lock`.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let head = format!("name = \"{package}\"\nversion = \"");
    lock.split_once(&head)?.1.split('"').next()
}

fn printed(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    output.map_or_else(
        |_| format!("{program} not found"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_found_in_the_files_that_have_them() {
        let lock = "[[package]]\nname = \"lock_api\"\nversion = \"0.4.14\"\n\n\
                    [[package]]\nname = \"lock\"\nversion = \"1.2.3\"\nsource = \"x\"\n";
        assert_eq!(version(lock, "lock"), Some("1.2.3"));
        assert_eq!(version(lock, "api"), None);
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU: fast\nmodel name\t: Other\n";
        assert_eq!(model(cpuinfo), Some("Some CPU: fast"));
    }
}
