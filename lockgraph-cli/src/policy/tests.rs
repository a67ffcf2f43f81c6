//! What is wrong with a file, word for word; what is right; what a finding comes to; and edits.

use std::fs;
use std::path::Path;

use lockgraph::finding::{Kind, Verdict};

use super::*;
use crate::staged;

pub(crate) fn read(text: &str) -> Result<Policy, Trouble> {
    Policy::of_text(text, Path::new("lockgraph.toml"))
}

/// Every line that is told of a file, without its name.
#[track_caller]
fn check(text: &str, want: &[&str]) {
    let trouble = read(text).unwrap_err().to_string();
    let got: Vec<&str> =
        trouble.lines().map(|line| line.strip_prefix("lockgraph.toml:").unwrap()).collect();
    assert_eq!(got, want, "{text}");
}

const ACCEPT: &str = "[[accept]]\nfingerprint = \"0123456789abcdef\"\nreason = \"why\"\n";

#[test]
fn keys_that_are_not_known() {
    check("gat.allow = []", &["1:1: `gat` is no table of the settings: did you mean `gate`?"]);
    check("allow = []", &["1:1: `allow` belongs below `[gate]`: move it there"]);
    check(
        "[gate]\nfail_on = \"possible\"\ncrates = []\nqqq = 1\n",
        &[
            "2:1: `fail_on` is no key of `gate`: did you mean `fail-on`?",
            "3:1: `crates` belongs below `[ignore]`: move it there",
            "4:1: `qqq` is no key of `gate`: it is one of `fail-on`, `allow`, `order-file`, \
             `frozen-order`",
        ],
    );
    check(
        &format!("{ACCEPT}expire = 2027-01-31\n"),
        &["4:1: `expire` is no key of `accept`: did you mean `expires`?"],
    );
}

#[test]
fn types_that_are_wrong() {
    check(
        "gate = 1\norder = []\n",
        &[
            "1:8: `gate` is a table, not 1: `[gate]`",
            "2:9: `order` is a table, not a list: `[order]`",
        ],
    );
    check(
        "[gate]\nfail-on = 3\nallow = \"long-hold\"\norder-file = \"\"\nfrozen-order = \"yes\"\n",
        &[
            "2:11: `fail-on` is a text in quotes, not 3: for example `fail-on = \"possible\"`",
            "3:9: `allow` is a list of texts, not a text: for example `allow = [\"long-hold\"]`",
            "4:14: `order-file` is empty: for example `order-file = \"lock-order.json\"`",
            "5:16: `frozen-order` is `true` or `false`, not a text: for example `frozen-order = \
             true`",
        ],
    );
    check(
        "[limits]\nmax-length = 1\nbudget = -1\n[ignore]\ncrates = [\"a\", 1.5]\n",
        &[
            "2:14: `max-length` is a whole number from 2 on, not 1: for example `max-length = 8`",
            "3:10: `budget` is a whole number from 0 on, not -1: for example `budget = 4000000`",
            "5:16: `crates` is a list of texts, not 1.5: for example `crates = [\"tokio\"]`",
        ],
    );
}

#[test]
fn verdicts_and_kinds_that_there_are_not() {
    check(
        "[gate]\nfail-on = \"posible\"\nallow = [\"dead-lock\", \"x\"]\n",
        &[
            "2:11: `posible` is no verdict: did you mean `possible`?",
            "3:10: `dead-lock` is no kind of finding: did you mean `deadlock`?",
            &format!(
                "3:23: `x` is no kind of finding: it is one of `{}`",
                Kind::ALL.map(Kind::name).join("`, `")
            ),
        ],
    );
    check(
        "gate.fail-on = \"excluded\"",
        &["1:16: what is `excluded` cannot deadlock and never fails; the least sure verdict that \
           can is `possible`"],
    );
}

#[test]
fn acceptances_that_say_too_little_or_too_much() {
    check(
        "[[accept]]\n[[accept]]\nfingerprint = \"123\"\nreason = \" \"\nwhat = [1]\n",
        &[
            "1:1: `fingerprint` is missing, which says which finding it is: for example \
             `fingerprint = \"0123456789abcdef\"`",
            "1:1: `reason` is missing, which says why the finding may stay: for example `reason = \
             \"the two threads never run at the same time\"`",
            "3:15: `123` is not 16 hexadecimal digits: copy it from the line `fingerprint:` of \
             the finding",
            "4:10: `reason` is empty: for example `reason = \"the two threads never run at the \
             same time\"`",
            "5:9: `what` is a list of texts, not 1: for example `what = [\"bank/src/lib.rs: \
             Bank::transfer\"]`",
        ],
    );
    check(
        &format!("{ACCEPT}\n{}", ACCEPT.to_uppercase().to_lowercase()),
        &["5:1: `0123456789abcdef` is accepted in line 1 already: keep one of the two"],
    );
    let by_table =
        "this is no list of tables: begin each accepted finding with a line `[[accept]]`";
    check("[accept]\nreason = \"why\"\n", &[&format!("1:1: {by_table}")]);
    check("accept = [{ reason = \"why\" }]\n", &[&format!("1:10: {by_table}")]);
}

#[test]
fn days_that_there_are_not() {
    for (expires, want) in [
        ("2027-02-30", "4:11: invalid date, expected day between 01 and 28"),
        ("2027-13-01", "4:11: invalid date, expected month between 01 and 12"),
        ("0000-01-01", "4:11: the calendar begins with the year 1"),
        (
            "\"2027-01-31\"",
            "4:11: `expires` is a day without quotes, not a text: for example `expires = \
             2027-01-31`",
        ),
        (
            "2027-01-31T00:00:00Z",
            "4:11: `expires` is a day without a time, not 2027-01-31T00:00:00Z: for example \
             `expires = 2027-01-31`",
        ),
    ] {
        check(&format!("{ACCEPT}expires = {expires}\n"), &[want]);
    }
}

#[test]
fn names_and_orders_that_contradict_each_other() {
    check(
        "[locks]\nb = \"x\"\na = [\"y\", \"x\"]\nc = []\nd = \"\"\n\"e < f\" = \"z\"\ng = 1\n",
        &[
            "3:11: `x` is `b` already (line 2): a class has one name, remove it here or there",
            "4:5: `c` names no class: list some, or remove it",
            "5:5: `d` is empty: for example `d = \"bank/src/lib.rs: Bank::new.accounts\"`",
            "6:1: `e < f` cannot stand in an order: use a name without `<`",
            "7:5: `g` is a text in quotes, not 1: for example `g = \"bank/src/lib.rs: \
             Bank::new.accounts\"`",
        ],
    );
    check(
        "[order]\ndeclared = [\n  \"a < b\",\n  \"b, a\",\n  \"b < a\",\n]\n",
        &[
            "4:3: `b, a` is no order: write `accounts < audit`, the lock that is taken first on \
             the left, a space on both sides of `<`",
            "5:3: this order goes round in a circle: b < a < b; remove one of these orders",
        ],
    );
}

#[test]
fn what_is_no_toml() {
    check(
        "[gate\n[limits]\nbudget = = 2\n\n[limits]\n",
        &[
            "1:6: unclosed table, expected `]`",
            "3:10: extra `=`, expected nothing",
            "5:2: this is set already: keep one of the two",
        ],
    );
    let conflict = |lines: &str| {
        format!(
            "git could not merge the two versions of the file from {lines}: keep what is right of \
             both (entries of `[[accept]]` can all stay, each once), and remove the lines with \
             `<<<<<<<`, `=======` and `>>>>>>>`"
        )
    };
    let sides = "<<<<<<< HEAD\nfail-on = \"actual\"\n=======\nfail-on = \"proved\"\n>>>>>>> b\n";
    check(
        &format!("[gate]\n{sides}[limits]\n{sides}"),
        &[
            &format!("2:1: {}", conflict("this line to line 6")),
            &format!("8:1: {}", conflict("this line to line 12")),
        ],
    );
    check("[gate]\n<<<<<<< HEAD\n", &[&format!("2:1: {}", conflict("this line on"))]);
    // In a text they are nothing special.
    assert!(read(&ACCEPT.replace("\"why\"", "'''\n<<<<<<< HEAD\n'''")).is_ok());
}

#[test]
fn what_is_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(FILE);
    assert!(Policy::find(directory.path()).unwrap().is_none());
    let told = |want: &str| {
        let trouble = Policy::find(directory.path()).unwrap_err().to_string();
        assert_eq!(trouble, format!("{}{want}", file.display()));
    };
    fs::write(&file, b"# \xc3\xa4\n[gate] # \xff\n").unwrap();
    told(":2:10: this is no UTF-8: save the file in that encoding");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(Policy::find(directory.path()).unwrap_err().to_string().contains(" cannot be read: "));
}

#[test]
fn everything_can_be_set() {
    let policy = read(
        "\u{feff}[gate]\r\nfail-on = \"proved\"\r\nallow = [\"long-hold\", \"stall\"]\n\
         order-file = \"ci/order.json\"\nfrozen-order = true\n\
         [locks]\nb = [\"x\", \"y\"]\na = \"z\"\n\
         [order]\ndeclared = [\"a < b < c\"]\n\
         [ignore]\ncrates = [\"tokio\"]\n\
         [limits]\nmax-length = 0x10\nbudget = 1_000\n\
         [[accept]]\nfingerprint = \"0123456789ABCDEF\"\nreason = \"why\"\nexpires = 2027-01-31\n\
         what = [\n  \"f\",\n]\n",
    )
    .unwrap();
    let gate = Gate {
        fail_on: Verdict::Proved,
        allow: vec![Kind::LongHold, Kind::Stall],
        order_file: "ci/order.json".into(),
        frozen_order: true,
    };
    assert_eq!(policy.gate, gate);
    assert_eq!(policy.limits, Limits { max_length: Some(16), budget: Some(1000) });
    assert_eq!(
        ["x", "y", "z", "a"].map(|class| policy.alias_of(class)),
        [Some("b"), Some("b"), Some("a"), None]
    );
    let declared: Vec<_> = policy.declared().collect();
    assert_eq!(declared, [("x", "c"), ("y", "c"), ("z", "c"), ("z", "x"), ("z", "y")]);
    assert!(policy.is_ignored("tokio-1.54.1/src/lib.rs"));
    let accept = Accept {
        fingerprint: 0x0123_4567_89ab_cdef,
        reason: "why".into(),
        expires: Date::new(2027, 1, 31),
        what: vec!["f".into()],
        lines: 16..23,
    };
    assert_eq!(policy.accepted, [accept]);
}

/// The lines of the commented file, each setting with or without its `#`.
fn commented(is_set: impl Fn(&str) -> bool) -> String {
    let set = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') && is_set(setting) => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    };
    COMMENTED.lines().map(|line| set(line) + "\n").collect()
}

#[test]
fn the_commented_file_says_nothing_and_has_every_key() {
    let (nothing, default) = (read(COMMENTED).unwrap(), Policy::default());
    assert_eq!(nothing.gate, default.gate);
    assert_eq!(nothing.limits, default.limits);
    assert_eq!((nothing.accepted.len(), nothing.declared().count()), (0, 0));
    let everything = commented(|_| true);
    let all = read(&everything).unwrap();
    assert_eq!(all.gate, default.gate);
    assert_eq!(all.limits.budget, Some(lockgraph::predict::Limits::default().budget));
    let tree: toml::Table = toml::from_str(&everything).unwrap();
    for key in &keys::KEYS {
        let table = &tree[key.table];
        let table = table.as_array().map_or(table, |entries| &entries[0]);
        assert!(table.get(key.name).is_some(), "{} is not there", key.name);
        let one = commented(|setting| setting.starts_with(&format!("{} = ", key.name)));
        assert!(one != COMMENTED, "{} is no line of its own", key.name);
        let example = format!("[{}]\n{} = {}\n", key.table, key.name, key.example);
        assert!(key.table == "accept" || read(&example).is_ok(), "{example}");
    }
}

#[test]
fn what_a_finding_comes_to() {
    const POSSIBLE: (Kind, Verdict) = (Kind::LockOrderCycle, Verdict::Possible);
    const FEASIBLE: (Kind, Verdict) = (Kind::LockOrderCycle, Verdict::Feasible);
    const EXCLUDED: (Kind, Verdict) = (Kind::LockOrderCycle, Verdict::Excluded);
    let (day, after) = ("2027-01-31", "2027-02-01");
    let fingerprint = staged::cycle().fingerprint();
    let forever = ACCEPT.replace("0123456789abcdef", &format!("{fingerprint:016x}"));
    let until = format!("{forever}expires = {day}\n");
    let allowed = format!("gate.allow = [\"lock-order-cycle\"]\n{until}");
    let acceptance = |expires: Option<&str>| {
        let expires = expires.map(str::to_owned);
        Acceptance { reason: "why".into(), expires, is_moved: false }
    };
    let level = "gate.fail-on = \"feasible\"";
    for (settings, (kind, verdict), today, want) in [
        ("", POSSIBLE, day, Standing::New),
        ("", EXCLUDED, day, Standing::Tolerated),
        (level, POSSIBLE, day, Standing::Tolerated),
        // It was seen, whatever may come of it.
        (level, (Kind::RankViolation, Verdict::Possible), day, Standing::New),
        (level, FEASIBLE, day, Standing::New),
        ("gate.allow = [\"stall\"]", (Kind::Stall, Verdict::Stalled), day, Standing::Tolerated),
        (&forever, POSSIBLE, "9999-12-31", Standing::Accepted(acceptance(None))),
        // The verdict is no part of the fingerprint, the kind is.
        (&forever, FEASIBLE, day, Standing::Accepted(acceptance(None))),
        (&forever, (Kind::Deadlock, Verdict::Actual), day, Standing::New),
        (&until, POSSIBLE, day, Standing::Accepted(acceptance(Some(day)))),
        (&until, POSSIBLE, after, Standing::Expired(acceptance(Some(day)))),
        (&allowed, POSSIBLE, after, Standing::Tolerated),
    ] {
        let finding = Finding { kind, verdict, ..staged::cycle() };
        let got = read(settings).unwrap().judge(&finding, Date::parse(today).unwrap());
        assert_eq!(got, want, "{settings} {today}");
    }
}

#[test]
fn what_was_accepted_and_is_not_found_any_more_is_stale() {
    let other = ACCEPT.replace("0123", "ffff");
    let policy = read(&format!("{ACCEPT}\n{other}")).unwrap();
    let stale = policy.stale(&[0x0123_4567_89ab_cdef, 7]);
    assert_eq!(stale.iter().map(|accept| accept.lines.start).collect::<Vec<_>>(), [5]);
}
