//! Settings and orders that cannot be read: the place and the remedy are told, and nothing is built.

use std::fs;

use super::project::Project;
use super::{Outcome, at};

/// The arguments, a file and what is in it, and what is said of that.
type Row = (&'static str, &'static str, &'static str, &'static str);

const ROWS: [Row; 8] = [
    ("test --gate", "lockgraph.toml", "[gate]\nfail-on = \n", "lockgraph.toml:2:11: "),
    ("test --gate", "lockgraph.toml", "[gate]\nfial-on = \"actual\"\n", "lockgraph.toml:2:1: "),
    (
        "test --gate",
        "lockgraph.toml",
        "[gate]\n<<<<<<< HEAD\n=======\n>>>>>>> branch\n",
        "lockgraph.toml:2:1: git could not merge the two versions of the file from this line to \
         line 4: keep what is right of both",
    ),
    (
        "test --gate",
        "lock-order.json",
        "{\n\"version\": 1,\n\"order\": [\n}",
        "lock-order.json:4:1: expected value; mend it by hand, or remove the file and learn \
         anew: `cargo lockgraph learn`",
    ),
    (
        "report --gate",
        "lock-order.json",
        "{\n<<<<<<< HEAD\n=======\n>>>>>>> branch\n}",
        "lock-order.json:2:1: git left a conflict here: keep the lines of both sides and remove \
         the marks, or remove the file and learn anew: `cargo lockgraph learn`",
    ),
    (
        "test --gate",
        "lock-order.json",
        "{\"version\": 9}",
        "lock-order.json: is of version 9, and this lockgraph knows 1: update lockgraph",
    ),
    (
        "test --frozen-order",
        "notes",
        "",
        "lock-order.json: there is no such file, so there is no order that could be frozen: `cargo \
         lockgraph learn` writes it",
    ),
    ("test --frozen-order", "lock-order.json", "[]", "lock-order.json:1:"),
];

pub(super) fn before_anything_is_built() -> Outcome {
    let clinic = Project::bare(&["clinic"])?;
    for (words, file, text, want) in ROWS {
        clinic.write(file, text)?;
        let said = clinic.run(words)?;
        fs::remove_file(clinic.directory.join(file)).map_err(at(file))?;
        said.expect_code(2)?;
        said.expect_error(&[want])?;
        said.require(!clinic.target.exists(), "something was built")?;
    }
    Ok(())
}
