//! The XML is read back by a parser, and compared with what Jenkins' schema allows.

use roxmltree::{Document, Node};

use super::*;
use crate::staged;

/// Elements, their attributes and what may stand in them: the part of Jenkins' `junit-10.xsd` that
/// is about what we write. A star marks what has to be there.
const SCHEMA: &[(&str, &[&str], &[&str])] = &[
    ("testsuites", &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name*", "tests*", "failures*", "errors*", "skipped", "time", "timestamp", "hostname"],
        &["properties", "testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name*", "time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &["type", "message"], &[]),
    ("error", &["type", "message"], &[]),
    ("skipped", &["type", "message"], &[]),
];

fn printed(findings: &Checked) -> String {
    let mut out = Vec::new();
    checked(&mut out, findings).unwrap();
    String::from_utf8(out).unwrap()
}

fn is_valid(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let (_, attributes, children) = SCHEMA.iter().find(|(known, ..)| *known == name).unwrap();
    for attribute in node.attributes() {
        let is_known = attributes.iter().any(|it| it.trim_end_matches('*') == attribute.name());
        assert!(is_known, "{name} {}", attribute.name());
    }
    for required in attributes.iter().filter_map(|it| it.strip_suffix('*')) {
        assert!(node.has_attribute(required), "{name} without {required}");
    }
    for child in node.children().filter(Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "{:?} in {name}", child.tag_name());
        is_valid(child);
    }
}

/// Of a report: its cases with the element in each, its attribute `message` and its text.
fn cases_of(text: &str) -> Vec<(String, String, String, String)> {
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let root = document.root_element();
    is_valid(root);
    let suite = root.first_element_child().unwrap();
    let cases: Vec<_> = suite.children().filter(Node::is_element).collect();
    let counted = |name: &str| {
        let has = |case: &&Node<'_, '_>| case.children().any(|it| it.has_tag_name(name));
        cases.iter().filter(has).count().to_string()
    };
    assert_eq!(suite.attribute("tests"), Some(cases.len().to_string().as_str()));
    for (attribute, element) in
        [("failures", "failure"), ("skipped", "skipped"), ("errors", "error")]
    {
        assert_eq!(suite.attribute(attribute), Some(counted(element).as_str()), "{text}");
    }
    let case = |case: &Node<'_, '_>| {
        let name = case.attribute("name").unwrap().to_string();
        let child = case.first_element_child();
        let tag = child.map_or("", |child| child.tag_name().name()).to_string();
        let message = child.and_then(|child| child.attribute("message")).unwrap_or_default();
        let text = child.and_then(|child| child.text()).unwrap_or_default();
        (name, tag, message.to_string(), text.to_string())
    };
    cases.iter().map(case).collect()
}

#[test]
fn nothing_found_passes() {
    let cases = cases_of(&printed(&Checked::default()));
    assert_eq!(cases, [("no findings".into(), String::new(), String::new(), String::new())]);
}

#[test]
fn the_gate_decides_what_fails() {
    let [name, other] = [0, 1].map(|at| {
        let finding = &staged::checked().found[at].finding;
        format!("{} {:016x}", finding.kind.name(), finding.fingerprint())
    });
    for (standings, tags) in [
        ([Standing::Unjudged, Standing::Unjudged], ["failure", "failure"]),
        ([Standing::New, Standing::Tolerated], ["failure", ""]),
        ([staged::accepted(), staged::expired()], ["skipped", "failure"]),
    ] {
        let mut findings = Checked { problems: Vec::new(), ..staged::checked() };
        for (found, standing) in findings.found.iter_mut().zip(standings) {
            found.standing = standing;
        }
        let cases = cases_of(&printed(&findings));
        let got: Vec<_> =
            cases.iter().map(|(name, tag, ..)| (name.clone(), tag.as_str())).collect();
        assert_eq!(got, [(name.clone(), tags[0]), (other.clone(), tags[1])]);
    }
}

#[test]
fn a_failure_is_the_report_and_a_skip_its_reason() {
    let mut findings = staged::checked();
    findings.found[1].standing = staged::accepted();
    let cases = cases_of(&printed(&findings));
    assert_eq!(
        cases[0],
        (
            "the traces can be read".into(),
            "error".into(),
            "the file was cut".into(),
            "d.lgt: the file was cut\n".into()
        )
    );
    assert!(cases[1].2.starts_with("error[deadlock]: threads `t1` and `t2`"), "{cases:?}");
    assert!(cases[1].3.contains("\n   = fingerprint: "), "{cases:?}");
    assert!(cases[1].3.contains("\nseen in 4 tests: "), "{cases:?}");
    assert_eq!(cases[2].2, "accepted under another name: \"old\" & <known>");
}

#[test]
fn the_same_kind_and_fingerprint_is_one_case() {
    let nowhere = lockgraph::finding::Finding { steps: Vec::new(), ..staged::cycle() };
    let findings = staged::merged(&[("a.lgt", &[nowhere.clone(), nowhere])]);
    let mut twice = Checked { problems: Vec::new(), ..staged::checked() };
    twice.found[1] = twice.found[0].clone();
    twice.found[1].standing = staged::accepted();
    assert_eq!(cases_of(&printed(&findings)).len(), 1);
    let cases = cases_of(&printed(&twice));
    assert_eq!((cases.len(), cases[0].1.as_str()), (1, "failure"));
}

#[test]
fn any_finding_and_any_name_is_xml() {
    cases_of(&printed(&staged::merged(&[("a.lgt", &staged::every_shape())])));
    assert_eq!(cases_of(&printed(&staged::many(1000))).len(), 1000);
    for name in staged::hostile() {
        let mut findings = staged::with_name(&name);
        let cases = cases_of(&printed(&findings));
        assert_eq!(cases[0].1, "failure");
        let acceptance = crate::gate::Acceptance { reason: name, expires: None, is_moved: false };
        findings.found[0].standing = Standing::Accepted(acceptance);
        assert_eq!(cases_of(&printed(&findings))[0].1, "skipped");
    }
}

#[test]
fn what_xml_cannot_say_is_spelled_out() {
    for (text, want) in [
        ("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"),
        ("]]>", "]]&gt;"),
        ("\n\t\r", "&#10;&#9;\\r"),
        ("\u{0}\u{1b}\u{85}\u{fffe}\u{ffff}", "\\u{0}\\u{1b}\\u{85}\\u{fffe}\\u{ffff}"),
        ("ä🔒", "ä🔒"),
    ] {
        assert_eq!(attribute(text), want);
    }
}
