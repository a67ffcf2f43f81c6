//! Every log is valid by the official schema, and within GitHub's limits.

use std::sync::OnceLock;

use lockgraph::finding::{Finding, Verdict};

use super::*;
use crate::staged;

const SCHEMA: &str = include_str!("../../../../fixtures/schema/sarif-2.1.0.json");

fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    })
}

/// The members of a list; none if there is no list.
fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What is printed, which is valid.
fn printed(findings: &Checked) -> Value {
    let mut out = Vec::new();
    checked(&mut out, findings).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    let errors = validator().iter_errors(&value);
    let errors: Vec<String> =
        errors.map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert_eq!(errors, Vec::<String>::new());
    for result in list(&value, "/runs/0/results") {
        within_limits(result);
    }
    value
}

/// What GitHub shows of a result, and a `ruleIndex` that leads to the rule.
fn within_limits(result: &Value) {
    let flows = list(result, "/codeFlows/0/threadFlows").iter();
    let locations: usize = flows.map(|flow| list(flow, "/locations").len()).sum();
    assert!(locations <= 1000, "{locations}");
    let others = list(result, "/locations").len() + list(result, "/relatedLocations").len();
    assert!(others <= 100, "{others}");
    let index = result["ruleIndex"].as_u64().unwrap();
    assert_eq!(result["ruleId"], Kind::ALL[index as usize].name());
}

fn check(value: &Value, wants: &[(&str, Value)]) {
    for (pointer, want) in wants {
        assert_eq!(value.pointer(pointer).unwrap_or(&Value::Null), want, "{pointer} in {value:#}");
    }
}

#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let mut value = printed(&staged::checked());
    value["runs"][0]["results"][0]["level"] = "grave".into();
    assert!(!validator().is_valid(&value));
    let mut value = printed(&staged::checked());
    let place = &mut value["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    place["artifactLocation"]["uri"] = "a b".into();
    assert!(!validator().is_valid(&value));
}

#[test]
fn a_log_has_a_rule_for_every_kind() {
    let value = printed(&Checked::default());
    check(
        &value,
        &[
            ("/version", "2.1.0".into()),
            ("/runs/0/results", json!([])),
            ("/runs/0/tool/driver/name", "lockgraph".into()),
            ("/runs/0/tool/driver/rules/0/id", "deadlock".into()),
            ("/runs/0/invocations/0/executionSuccessful", true.into()),
        ],
    );
    let rules = list(&value, "/runs/0/tool/driver/rules");
    let ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids, Kind::ALL.map(Kind::name));
    for rule in rules {
        let full = rule["fullDescription"]["text"].as_str().unwrap();
        assert!(
            full.len() <= 1024
                && full.starts_with(rule["shortDescription"]["text"].as_str().unwrap())
        );
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("\n### Ways out\n\n- "));
    }
}

#[test]
fn a_finding_is_a_result_with_a_thread_flow_a_thread() {
    let value = printed(&staged::checked());
    let result = &value["runs"][0]["results"][0];
    let place = "/locations/0/physicalLocation";
    let flow = "/codeFlows/0/threadFlows";
    let at = "location/physicalLocation/region/startLine";
    check(
        result,
        &[
            ("/ruleId", "deadlock".into()),
            ("/level", "error".into()),
            ("/properties/verdict", "actual".into()),
            ("/suppressions", Value::Null),
            ("/baselineState", Value::Null),
            (&format!("{place}/artifactLocation/uri"), "src/a.rs".into()),
            (&format!("{place}/artifactLocation/uriBaseId"), "%SRCROOT%".into()),
            (&format!("{place}/region"), json!({ "startLine": 11, "startColumn": 7 })),
            (
                "/partialFingerprints",
                json!({ "lockgraphFingerprint/v1": format!("{:016x}", staged::deadlock().fingerprint()) }),
            ),
            (&format!("{flow}/0/id"), "1 thread `t1`".into()),
            (&format!("{flow}/1/id"), "2 thread `t2`".into()),
            (&format!("{flow}/2"), Value::Null),
            (&format!("{flow}/1/locations/1/{at}"), 10.into()),
            (
                &format!("{flow}/1/locations/1/location/message/text"),
                "`lock-2` was taken here".into(),
            ),
            (&format!("{flow}/1/locations/2/{at}"), 12.into()),
            (
                &format!("{flow}/1/locations/2/location/message/text"),
                "is stuck here, waiting for `lock-1`".into(),
            ),
            (&format!("{flow}/1/locations/3"), Value::Null),
            (
                &format!(
                    "{flow}/1/locations/2/stack/frames/0/location/logicalLocations/0/fullyQualifiedName"
                ),
                "a::b".into(),
            ),
            ("/relatedLocations/0/id", 1.into()),
            ("/relatedLocations/0/message/text", "`lock-1` was taken here".into()),
        ],
    );
    check(
        &value["runs"][0],
        &[
            ("/results/1/level", "warning".into()),
            ("/invocations/0/executionSuccessful", false.into()),
            (
                "/invocations/0/toolExecutionNotifications/0/message/text",
                "d.lgt: byte 4096: the file was cut".into(),
            ),
        ],
    );
}

#[test]
fn what_is_accepted_is_suppressed_and_all_else_is_said_not_to_be() {
    let mut findings = staged::checked();
    findings.found[0].standing = staged::accepted();
    findings.found[1].standing = Standing::New;
    let accepted = json!([{
        "kind": "external", "status": "accepted", "justification": "\"old\" & <known>",
    }]);
    check(
        &printed(&findings)["runs"][0]["results"],
        &[
            ("/0/level", "note".into()),
            ("/0/suppressions", accepted),
            ("/1/level", "error".into()),
            ("/1/suppressions", json!([])),
        ],
    );
}

#[test]
fn any_finding_is_valid() {
    printed(&staged::merged(&[("a.lgt", &staged::every_shape())]));
    printed(&staged::merged(&[("a.lgt", &[staged::proved()])]));
    for kind in Kind::ALL {
        let of_kind = Verdict::ALL.map(|verdict| staged::named(kind, verdict));
        printed(&staged::merged(&[("a.lgt", &of_kind)]));
    }
    for name in staged::hostile() {
        printed(&staged::with_name(&name));
    }
    assert_eq!(list(&printed(&staged::many(1000)), "/runs/0/results").len(), 1000);
}

#[test]
fn long_circles_are_cut_which_is_told() {
    let mut step = staged::cycle().steps.remove(0);
    step.also_holds = vec![step.also_holds[0].clone(); 50];
    step.stack = vec![step.stack[0].clone(); 50];
    let steps = (0..300).map(|number| {
        let mut step = step.clone();
        step.site.as_mut().unwrap().line = 1000 + number;
        step
    });
    let long = Finding { steps: steps.collect(), ..staged::cycle() };
    let value = printed(&staged::merged(&[("a.lgt", &[long])]));
    let flow = &value["runs"][0]["results"][0]["codeFlows"][0];
    check(
        flow,
        &[
            ("/message/text", "What each thread of the circle does; 200 more are left out.".into()),
            (
                "/threadFlows/0/locations/9/stack/message/text",
                "The stack at that moment; 18 more frames are left out.".into(),
            ),
        ],
    );
    assert_eq!(list(flow, "/threadFlows").len(), 100);
}

#[test]
fn no_more_results_than_github_takes() {
    let mut out = Vec::new();
    first(&mut out, &staged::many(5), 3).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(list(&value, "/runs/0/results").len(), 3);
    let notice = "/runs/0/invocations/0/toolExecutionNotifications/0/message/text";
    check(&value, &[(notice, "2 findings left out, the least sure".into())]);
}
