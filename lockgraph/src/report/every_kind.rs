//! The report of one finding of every kind, in full: `kinds/KIND.txt`. With `LOCKGRAPH_BLESS` in the
//! environment they are written instead, to be looked at and committed.

use std::fs;
use std::path::PathBuf;

use super::tests::printed;
use crate::explain::staged_kinds::of_kind;
use crate::finding::Kind;
use crate::report::Style;

#[test]
fn every_kind_has_its_report() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/report/kinds");
    for kind in Kind::ALL {
        let (file, got) = (directory.join(kind.name()), printed(&of_kind(kind), Style::Plain));
        let file = file.with_extension("txt");
        if std::env::var_os("LOCKGRAPH_BLESS").is_some() {
            fs::write(&file, &got).unwrap();
        }
        let want = fs::read_to_string(&file).unwrap_or_default();
        assert!(got == want, "{}: got:\n{got}\nwant:\n{want}", file.display());
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), Kind::ALL.len());
}
