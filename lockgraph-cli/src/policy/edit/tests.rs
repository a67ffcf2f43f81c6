//! What is added and removed, and what stays.

use super::*;
use crate::policy::{Date, FILE};

fn accept(fingerprint: u64, reason: &str) -> Accept {
    let what = Vec::new();
    Accept { fingerprint, reason: reason.into(), expires: None, what, lines: 0..0 }
}

/// An edit of a file with this text, without the file.
fn edit(text: &str) -> Edit {
    let policy = Policy::of_text(text, Path::new(FILE)).unwrap();
    Edit { text: text.into(), policy, is_new: false }
}

fn one(number: u32) -> String {
    format!("[[accept]]\nfingerprint = \"000000000000000{number}\"\nreason = \"r{number}\"\n")
}

#[test]
fn entries_are_added_below_everything() {
    let [one, two] = [1, 2].map(one);
    for (before, after) in [
        ("", one.clone()),
        ("[gate] # mine", format!("[gate] # mine\n\n{one}")),
        ("[limits]\n#budget = 1\n", format!("[limits]\n#budget = 1\n\n{one}")),
        ("[limits]\n\n", format!("[limits]\n\n{one}")),
        ("[limits]\r\nbudget=1\r\n", format!("[limits]\nbudget=1\n\n{one}").replace('\n', "\r\n")),
        (&format!("{two}# end\n[limits]\n"), format!("{two}# end\n[limits]\n\n{one}")),
    ] {
        let mut edit = edit(before);
        edit.accept(&accept(1, "r1")).unwrap();
        assert_eq!(edit.text, after);
        let added = edit.policy().accepted.iter().any(|accept| accept.fingerprint == 1);
        assert!(added, "{after}");
    }
}

#[test]
fn an_entry_is_written_as_it_is_read() {
    let reason = "says \"why\" \\ in\ntwo lines\u{1b}";
    let expires = Date::new(2027, 1, 31);
    let what = vec!["a.rs: A::x".to_owned(), "b\"c".to_owned()];
    let full = Accept { expires, what, ..accept(0xabc, reason) };
    let mut edit = edit("");
    edit.accept(&full).unwrap();
    let read = &edit.policy().accepted[0];
    assert_eq!(Accept { lines: 0..0, ..read.clone() }, full);
    let short = Accept { reason: "why".into(), ..full };
    assert_eq!(
        entry(&short),
        "[[accept]]\nfingerprint = \"0000000000000abc\"\nreason = \"why\"\nexpires = 2027-01-31\n\
         what = [\n    \"a.rs: A::x\",\n    'b\"c',\n]\n"
    );
}

#[test]
fn what_is_accepted_again_is_replaced() {
    let mut edit = edit(&format!("{}\n{}", one(1), one(2)));
    edit.accept(&accept(1, "better")).unwrap();
    assert_eq!(edit.text, format!("{}\n{}", one(2), one(1).replace("r1", "better")));
}

#[test]
fn entries_go_with_the_comments_that_touch_them() {
    let [one, two, three] = [1, 2, 3].map(one);
    for (before, after) in [
        (one.clone(), ""),
        (format!("# top\n\n{one}"), "# top\n"),
        (
            format!("# top\n\n# mine\n{one}# mine too\n\n# other\n[gate]\n"),
            "# top\n\n# other\n[gate]\n",
        ),
        (format!("{one}# of the gate\n[gate]\n"), "# of the gate\n[gate]\n"),
        (format!("[gate]\n{one}[limits]\n"), "[gate]\n[limits]\n"),
        (format!("[gate]\n\n{one}\n[limits]\n"), "[gate]\n\n[limits]\n"),
        (format!("{two}\n{one}\n{three}"), &format!("{two}\n{three}")),
        (format!("{two}\n{three}\n{one}"), &format!("{two}\n{three}")),
        (
            format!("{one}\n{two}\n{three}").replace('\n', "\r\n"),
            &format!("{two}\n{three}").replace('\n', "\r\n"),
        ),
        // Values over several lines, and a comment at the end of the last one.
        (format!("{one}what = [\n  \"a\",\n] # list\n\n[gate]\n"), "[gate]\n"),
    ] {
        let mut edit = edit(&before);
        edit.remove(&[1]).unwrap();
        assert_eq!(edit.text, after, "{before}");
    }
}

#[test]
fn what_was_added_can_be_removed_without_a_trace() {
    for text in [COMMENTED.to_owned(), one(2), "[gate]\n# end\n".to_owned()] {
        let mut edit = edit(&text);
        edit.accept(&accept(1, "r1")).unwrap();
        edit.accept(&accept(3, "r3")).unwrap();
        edit.remove(&[1, 3]).unwrap();
        assert_eq!(edit.text, text);
    }
}

#[test]
fn a_file_is_replaced_in_full_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE);
    let mut new = Edit::of(&file).unwrap();
    assert!(new.is_new());
    new.accept(&accept(1, "r1")).unwrap();
    new.save().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{COMMENTED}\n{}", one(1)));
    // Somebody else was first.
    assert!(
        new.save().unwrap_err().to_string().ends_with(": is there already, and was left as it is")
    );
    let mut changed = Edit::of(&file).unwrap();
    assert!(!changed.is_new());
    changed.remove(&[1]).unwrap();
    // Where the new text should go, something is in the way.
    fs::create_dir(beside(&file)).unwrap();
    let told = changed.save().unwrap_err().to_string();
    assert!(told.contains(": cannot be written; it is as it was: "), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{COMMENTED}\n{}", one(1)));
    fs::remove_dir(beside(&file)).unwrap();
    changed.save().unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), COMMENTED);
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let directory = tempfile::tempdir().unwrap();
    let (file, link) = (directory.path().join("real.toml"), directory.path().join(FILE));
    fs::write(&file, "").unwrap();
    symlink("real.toml", &link).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let mut edit = Edit::of(&link).unwrap();
    edit.accept(&accept(1, "r1")).unwrap();
    edit.save().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(&file).unwrap(), one(1));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    edit.remove(&[1]).unwrap();
    let told = edit.save().unwrap_err().to_string();
    assert!(told.ends_with(": cannot be written; it is as it was: permission denied"), "{told}");
}
