//! `cargo lockgraph test --html`: the page of a run, of what was found in it and of nothing.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::finding::list;
use super::process::Said;
use super::project::Project;
use super::{Outcome, at};
use crate::view;

/// The page alone, in a directory that is made for it; and what it is told.
fn page(directory: &Path) -> Result<Value, String> {
    let files: Result<Vec<_>, _> = fs::read_dir(directory).map_err(at("the directory"))?.collect();
    let files = files.map_err(at("its files"))?;
    let [file] = files.as_slice() else { return Err(format!("not one file: {files:?}")) };
    let html = fs::read_to_string(file.path()).map_err(at("the page"))?;
    for foreign in ["<link", "<script src", "<iframe", "<img", "@import"] {
        if html.contains(foreign) {
            return Err(format!("the page is not all in one file: {foreign}"));
        }
    }
    view::data(&html)
}

fn run(stuck: &Project, words: &str, code: i32) -> Result<(Said, Value), String> {
    let directory = stuck.directory.join("pages/here");
    let said = stuck.run(&format!("test --html=pages/here/page.html {words}"));
    let page = page(&directory);
    let _ = fs::remove_dir_all(stuck.directory.join("pages"));
    let said = said?;
    said.expect_code(code)?;
    let page = page.map_err(|wrong| said.wrong(&wrong))?;
    Ok((said, page))
}

/// The finding of the report, with the test that showed it.
pub(super) fn of_a_finding(stuck: &Project) -> Outcome {
    let text = "#[test]\nfn both_orders() {\n    stuck::cross_later();\n}\n";
    stuck.write("tests/orders.rs", text)?;
    let ran = run(stuck, "--test orders", 1);
    fs::remove_file(stuck.directory.join("tests/orders.rs")).map_err(at("remove the test"))?;
    let (said, page) = ran?;
    said.expect_out(&["lockgraph: 1 finding: 1 possible (1 process, "])?;
    let report = fs::read_to_string(stuck.target.join("lockgraph/report.json"));
    let report: Value =
        serde_json::from_str(&report.map_err(at("the report"))?).map_err(at("the report"))?;
    let [finding] = list(&page["findings"]) else {
        return Err(said.wrong(&format!("not one finding: {}", page["findings"])));
    };
    let identity = &report["findings"][0]["fingerprint"];
    let is_it = identity.is_string() && finding["fingerprint"] == *identity;
    said.require(is_it, &format!("it is not {identity}: {finding}"))?;
    let told = [&finding["kind"], &finding["verdict"], &finding["tests"][0]];
    let told = told.map(|value| value.as_str().unwrap_or_default());
    let wanted = ["lock-order-cycle", "possible", "orders both_orders"];
    said.require(told == wanted, &format!("{told:?}"))?;
    said.require(list(&finding["columns"]).len() == 2, "it does not show two threads")?;
    let sources = page["sources"].to_string();
    said.require(sources.contains("*left += *take(&RIGHT);"), "no line of source is in the page")
}

/// A page that says so, with the run.
pub(super) fn of_nothing(stuck: &Project) -> Outcome {
    let (said, page) = run(stuck, "--test late", 0)?;
    said.expect_out(&["lockgraph: no findings (1 process, "])?;
    let is_empty = list(&page["findings"]).is_empty() && page["findings"].is_array();
    said.require(is_empty && list(&page["problems"]).is_empty(), &page.to_string())?;
    let summary = page["summary"].as_str().unwrap_or_default();
    said.require(summary.contains("no findings"), &page.to_string())
}
