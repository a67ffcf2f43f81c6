//! The page as one file of HTML, which asks for nothing else and lets nothing else in.
//!
//! What comes from a program is in one place, the JSON, where no letter is left that means anything
//! to HTML. The policy names the script and the style by their hashes, so nothing else runs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The frame, with what is put into it between double braces.
const FRAME: &str = include_str!("../../viewer/frame.html");
const SCRIPT: &str = include_str!("../../viewer/dist/report.js");
const STYLE: &str = include_str!("../../viewer/dist/report.css");

/// Whether the page may ask the server that it comes from for more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    File,
    Server,
}

/// The page with this title that is told `data`, which is JSON.
pub(super) fn document(title: &str, data: &str, source: Source) -> String {
    // A browser reads both ends of a line as one, and hashes what it has read.
    let [script, style] = [SCRIPT, STYLE].map(|text| text.replace("\r\n", "\n"));
    let policy = policy(&script, &style, source);
    let (title, data) = (encoded(title), harmless(data));
    filled(FRAME, &|name| match name {
        "CSP" => &policy,
        "TITLE" => &title,
        "CSS" => &style,
        "DATA" => &data,
        "JS" => &script,
        _ => "",
    })
}

/// What the page may load: itself.
pub(super) fn policy(script: &str, style: &str, source: Source) -> String {
    let [script, style] = [script, style].map(hash);
    let more = match source {
        Source::File => "",
        Source::Server => "; connect-src 'self'",
    };
    format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src \
         data: blob:; base-uri 'none'; form-action 'none'{more}"
    )
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// The frame with its places filled, in one pass: what is put in is not looked through.
fn filled<'a>(frame: &'a str, value: &dyn Fn(&str) -> &'a str) -> String {
    let mut parts = frame.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        filled.push_str(value(name));
        filled.push_str(rest);
    }
    filled
}

/// The same JSON without a letter that HTML could end the script at. In JSON they occur in strings
/// alone.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            letter => text.push(letter),
        }
    }
    text
}

/// Text that is nothing but text in HTML.
fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '&' => written.push_str("&amp;"),
            '"' => written.push_str("&quot;"),
            letter => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
        let (_, rest) = text.split_once(begin).expect("it begins");
        rest.split_once(end).expect("it ends").0
    }

    #[test]
    fn the_policy_names_what_is_in_the_page() {
        let page = document("t", "{}", Source::File);
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        assert!(!policy.contains("connect-src") && !policy.contains("unsafe"), "{policy}");
        let script = between(&page, "<script>", "</script>");
        let style = between(&page, "<style>", "</style>");
        assert!(policy.contains(&format!("script-src 'sha256-{}';", hash(script))), "{policy}");
        assert!(policy.contains(&format!("style-src 'sha256-{}';", hash(style))), "{policy}");
        let served = document("t", "{}", Source::Server);
        assert!(served.contains("; connect-src 'self'\""));
    }

    /// The hash of the empty text, as everybody knows it.
    #[test]
    fn a_hash_is_what_browsers_make() {
        assert_eq!(hash(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn what_is_put_in_is_not_looked_through() {
        let page = document("{{JS}} </title><b>\"&", "{\"a\":\"{{CSS}}\"}", Source::File);
        assert_eq!(
            between(&page, "<title>", "</title>"),
            "{{JS}} &lt;/title&gt;&lt;b&gt;&quot;&amp;"
        );
        assert_eq!(between(&page, "id=\"page\">", "</script>"), "{\"a\":\"{{CSS}}\"}");
    }

    #[test]
    fn data_cannot_end_the_script() {
        for text in crate::staged::hostile() {
            let json = serde_json::to_string(&[&text]).unwrap();
            let written = harmless(&json);
            let is_harmless = |it: char| !"<>&\u{2028}\u{2029}".contains(it);
            assert!(written.chars().all(is_harmless), "{written}");
            assert_eq!(serde_json::from_str::<[String; 1]>(&written).unwrap(), [text]);
        }
    }
}
