//! Messages and locations as SARIF has them.

use lockgraph::finding::Place;
use serde_json::{Value, json};

use super::whereabouts::Whereabouts;

/// What paths are relative to.
pub(super) const BASE: &str = "%SRCROOT%";

/// A message. In those of SARIF braces are for arguments, and `[text](target)` is a link.
pub(super) fn message(text: &str) -> Value {
    let mut plain = text.replace('{', "{{").replace('}', "}}");
    if plain.contains("](") {
        plain = plain.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    }
    json!({ "text": plain })
}

/// A location: a place with the function that it is in, and what there is to say about it.
///
/// A place outside the repository, in a dependency most often, becomes a part of the message:
/// whoever shows the report has no such file.
pub(super) fn location(
    whereabouts: &Whereabouts<'_>,
    place: Option<&Place>,
    function: Option<&str>,
    text: Option<&str>,
) -> Value {
    let uri = place.and_then(|place| whereabouts.uri(place));
    let outside = place.filter(|_| uri.is_none()).map(|place| {
        let Place { file, line, .. } = place;
        format!("{file}:{line}")
    });
    let text = match (text, outside) {
        (Some(text), Some(outside)) => Some(format!("{text} ({outside})")),
        (text, outside) => text.map(str::to_string).or(outside),
    };
    let physical = uri.zip(place).map(|(uri, place)| {
        let region = (place.line > 0).then(|| {
            let column = Some(place.column).filter(|column| *column > 0);
            json!({ "startLine": place.line, "startColumn": column })
        });
        json!({ "artifactLocation": { "uri": uri, "uriBaseId": BASE }, "region": region })
    });
    let logical = function.map(|name| [json!({ "fullyQualifiedName": name, "kind": "function" })]);
    json!({
        "physicalLocation": physical,
        "logicalLocations": logical,
        "message": text.map(|text| message(&text)),
    })
}

/// A value without the members that are not known: SARIF has no null.
pub(super) fn told(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name, told(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(told).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_neither_arguments_nor_links() {
        for (text, want) in [
            ("plain [x] a\\b", "plain [x] a\\b"),
            ("main::{{closure}} {0}", "main::{{{{closure}}}} {{0}}"),
            ("a\\[b](c)]", "a\\\\\\[b\\](c)\\]"),
        ] {
            assert_eq!(message(text), json!({ "text": want }));
        }
    }
}
