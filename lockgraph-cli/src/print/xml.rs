//! Text in XML 1.0, whatever is in it.

use std::fmt::Write as _;

/// Text between tags.
pub(super) fn content(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            // It may end a `]]>`.
            '>' => written.push_str("&gt;"),
            '\n' | '\t' => written.push(letter),
            letter if is_allowed(letter) => written.push(letter),
            letter => {
                let _ = write!(written, "{}", letter.escape_default());
            }
        }
    }
    written
}

/// Text in double quotes, where readers take line ends for spaces.
pub(super) fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Whether it is a character of XML 1.0, and none that compatibility discourages.
fn is_allowed(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{fdd0}'..='\u{fdef}')
        && u32::from(letter) & 0xfffe != 0xfffe
}
