//! Whole reports, as text.

use super::*;
use crate::explain::staged::{self, mutex, place};
use crate::id::Mode;

/// The source files of the staged findings.
fn source(file: &str) -> Option<String> {
    let text = match file {
        "src/transfer.rs" => TRANSFER,
        "src/one.rs" => ONE,
        "src/cache.rs" => CACHE,
        "src/wide.rs" => WIDE,
        _ => return None,
    };
    Some(text.to_string())
}

const TRANSFER: &str = "\
fn pay(bank: &Bank) {
    let accounts = bank.accounts.lock().unwrap();
    let audit = bank.audit.lock().unwrap();
    audit.push(accounts.total());
}

fn check(bank: &Bank) {
    let audit = bank.audit.lock().unwrap();
    audit.check();
    for account in bank.accounts.lock().unwrap().iter() {
";

const ONE: &str = "\
fn main() {
    let n = map.lock().unwrap().len() + map.lock().unwrap().capacity();
";

const CACHE: &str = "\
fn get(cache: &Cache) {
    let first = cache.0.read().unwrap();
    let again = cache.0.read().unwrap();
    cache.0.write().unwrap();
}
fn put(cache: &Cache) {
    let new = cache.0.write().unwrap();
";

const WIDE: &str = "\tlet \u{4e16}\u{754c} = a.lock(); // \u{202e}\x1b[2J\n\t\tb.lock();\n";

pub(super) fn printed(finding: &Finding, style: Style) -> String {
    let mut out = Vec::new();
    print(&mut out, finding, style, &source).unwrap();
    String::from_utf8(out).unwrap()
}

fn check(finding: &Finding, want: &str) {
    let got = printed(finding, Style::Plain);
    assert!(got == want.trim_start_matches('\n'), "got:\n{got}\nwant:{want}");
}

#[test]
fn deadlock() {
    check(
        &staged::deadlock(),
        r#"
error[deadlock]: threads `teller-1` and `teller-2` wait for each other for ever
note: thread `teller-1` holds `accounts` and waits for `audit`
  --> src/transfer.rs:3:28
   |
 2 |     let accounts = bank.accounts.lock().unwrap();
   |                                  ---- `accounts` was taken here
 3 |     let audit = bank.audit.lock().unwrap();
   |                            ^^^^ is stuck here, waiting for `audit`
   |
   = also holds: the rwlock made at log.rs:7:20, taken at src/main.rs:8:13
   = stack: bank::transfer at src/transfer.rs:3:28
            bank::main::{closure#0} at src/main.rs:9:26
note: thread `teller-2` holds `audit` and waits for `accounts`
  --> src/transfer.rs:10:34
   |
 8 |     let audit = bank.audit.lock().unwrap();
   |                            ---- `audit` was taken here
 9 |     audit.check();
10 |     for account in bank.accounts.lock().unwrap().iter() {
   |                                  ^^^^ is stuck here, waiting for `accounts`
   |
   = note: mutual exclusion:
           while thread `teller-2` has `audit` (a mutex), nobody else can take it
           while thread `teller-1` has `accounts` (a mutex), nobody else can take it
   = note: hold and wait:
           thread `teller-1` keeps `accounts`, taken at transfer.rs:2:34, while it waits for `audit` at transfer.rs:3:28
           thread `teller-2` keeps `audit`, taken at transfer.rs:8:28, while it waits for `accounts` at transfer.rs:10:34
   = note: no preemption: only the thread that has a guard can drop it, and the waits at transfer.rs:3:28 and transfer.rs:10:34 have no time limit
   = note: circular wait (easiest to break here):
           thread `teller-1` waits for thread `teller-2` to drop `audit`
           thread `teller-2` waits for thread `teller-1` to drop `accounts`
   = help: take `accounts` before `audit` at transfer.rs:8:28, as transfer.rs:2:34 does
   = help: or use `try_lock_for` (parking_lot) or `try_lock` at transfer.rs:10:34, and on failure drop the guard of `audit` and begin again
   = help: or drop the guard of `audit` made at transfer.rs:8:28 before waiting at transfer.rs:10:34
   = verdict: actual: it happened: each of these threads was blocked, and only another of them could have freed it
   = fingerprint: e2bf102c0b82bfff
"#,
    );
}

#[test]
fn a_cycle_by_the_same_code_without_its_source() {
    check(
        &staged::same_code(),
        r#"
warning[lock-order-cycle]: lock 1 (mutex made at bank.rs:5:18) and lock 2 (mutex made at bank.rs:5:18) are taken in both orders
note: thread 1 holds lock 1 (mutex made at bank.rs:5:18) and wants lock 2
  --> src/bank.rs:10:22: wants lock 2 here
  ::: src/bank.rs:9:24: lock 1 is taken here
note: thread 2 holds lock 2 (mutex made at bank.rs:5:18) and wants lock 1
  --> src/bank.rs:10:22: wants lock 1 here
  ::: src/bank.rs:9:24: lock 2 is taken here
   = note: mutual exclusion:
           while thread 2 has lock 2, nobody else can take it
           while thread 1 has lock 1, nobody else can take it
   = note: hold and wait:
           thread 1 keeps lock 1, taken at bank.rs:9:24, while it waits for lock 2 at bank.rs:10:22
           thread 2 keeps lock 2, taken at bank.rs:9:24, while it waits for lock 1 at bank.rs:10:22
   = note: no preemption: only the thread that has a guard can drop it, and the waits at bank.rs:10:22 have no time limit
   = note: circular wait (easiest to break here):
           thread 1 can wait for thread 2 to drop lock 2
           thread 2 can wait for thread 1 to drop lock 1
   = help: put the locks in an order that does not depend on the caller before bank.rs:9:24 takes the first: by a key of what they guard, or by address
   = help: or use `try_lock_for` (parking_lot) or `try_lock` at bank.rs:10:22, and on failure drop both and begin again
   = verdict: possible: each step was seen, on different threads, with no lock that keeps them apart and no spawn, join or message that puts one after the other; not `actual`, for that takes threads that were seen waiting for each other
   = fingerprint: cf5e928f06533143
"#,
    );
}

#[test]
fn self_deadlock_on_one_line() {
    check(
        &staged::self_deadlock(),
        r#"
error[self-deadlock]: thread `main` waits for `map`, which it holds itself
note: thread `main` holds `map` and waits for `map`
 --> src/one.rs:2:45
  |
2 |     let n = map.lock().unwrap().len() + map.lock().unwrap().capacity();
  |                 ----                        ^^^^ is stuck here, waiting for `map`
  |                 |
  |                 the guard of `map` made here still lives
  |
  = note: mutual exclusion: `map` (a mutex) cannot be taken twice, not even by its holder
  = note: hold and wait (easiest to break here): thread `main` keeps `map`, taken at one.rs:2:17, while it waits for `map` at one.rs:2:45
  = note: no preemption: only the thread that has a guard can drop it, and the wait at one.rs:2:45 has no time limit
  = note: circular wait: thread `main` waits for itself
  = help: drop the guard of `map` made at one.rs:2:17 before taking it again at one.rs:2:45: a temporary lives to the end of its statement
  = help: or pass the guard to the code at one.rs:2:45
  = help: or use a reentrant mutex, if the value may be seen half changed
  = verdict: actual: it happened: the thread was blocked, and only that thread could have freed it
  = fingerprint: b3ac86a2ba554feb
"#,
    );
}

#[test]
fn read_recursion() {
    check(
        &staged::read_recursion(Verdict::Possible),
        r#"
warning[read-recursion]: thread `reader` reads `cache` twice, and hangs if thread `writer` comes in between
note: thread `reader` holds `cache` for reading and wants to read `cache`
 --> src/cache.rs:3:25
  |
2 |     let first = cache.0.read().unwrap();
  |                         ---- `cache` is taken for reading here
3 |     let again = cache.0.read().unwrap();
  |                         ^^^^ wants to read `cache` here
  |
note: thread `writer` wants to write `cache`
 --> src/cache.rs:7:23
  |
7 |     let new = cache.0.write().unwrap();
  |                       ^^^^^ wants to write `cache` here
  |
  = note: mutual exclusion:
          readers of `cache` queue behind writers that wait, so the wish of thread `writer` to write shuts thread `reader` out
          thread `reader` takes `cache` (an rwlock) for reading, which keeps thread `writer` from writing
  = note: hold and wait (easiest to break here):
          thread `reader` keeps `cache`, taken at cache.rs:2:25, while it waits to read `cache` at cache.rs:3:25
          thread `writer` keeps its place in the queue of `cache` at cache.rs:7:23
  = note: no preemption: only the thread that has a guard can drop it, and the waits at cache.rs:3:25 and cache.rs:7:23 have no time limit
  = note: circular wait:
          thread `reader` can wait for thread `writer` to go on
          thread `writer` can wait for thread `reader` to drop `cache`
  = help: drop the guard of `cache` made at cache.rs:2:25 before reading at cache.rs:3:25
  = help: or hand the guard on to the code at cache.rs:3:25
  = help: or use `read_recursive()` at cache.rs:3:25 (parking_lot), which overtakes writers that wait
  = verdict: possible: each step was seen, on different threads, with no lock that keeps them apart and no spawn, join or message that puts one after the other; not `actual`, for that takes threads that were seen waiting for each other
  = fingerprint: 8df922d6924b1394
"#,
    );
}

#[test]
fn lock_upgrade() {
    check(
        &staged::lock_upgrade(),
        r#"
error[lock-upgrade]: thread `main` waits to write `cache` while it still holds it for reading
note: thread `main` holds `cache` for reading and waits to write `cache`
 --> src/cache.rs:4:13
  |
2 |     let first = cache.0.read().unwrap();
  |                         ---- `cache` was taken for reading here
3 |     let again = cache.0.read().unwrap();
4 |     cache.0.write().unwrap();
  |             ^^^^^ is stuck here, waiting to write `cache`
  |
  = note: mutual exclusion: thread `main` holds `cache` (an rwlock) for reading, which keeps the thread itself from writing
  = note: hold and wait (easiest to break here): thread `main` keeps `cache`, taken at cache.rs:2:25, while it waits to write `cache` at cache.rs:4:13
  = note: no preemption: only the thread that has a guard can drop it, and the wait at cache.rs:4:13 has no time limit
  = note: circular wait: thread `main` waits for itself
  = help: drop the guard of `cache` made at cache.rs:2:25 before writing at cache.rs:4:13, and look again at what was read, for another writer may have come in between
  = help: or take `cache` with `upgradable_read()` at cache.rs:2:25 (parking_lot) and upgrade that guard
  = help: or write from the start
  = verdict: actual: it happened: the thread was blocked, and only that thread could have freed it
  = fingerprint: efdecf60d5eef8e1
"#,
    );
}

#[test]
fn orphaned_lock() {
    check(
        &staged::orphaned_lock(),
        r#"
error[orphaned-lock]: thread `main` waits for `queue`, which thread `worker` took and will never give back
note: thread `main` waits for `queue`
 --> src/gone.rs:6:11: is stuck here, waiting for `queue`
note: thread `worker` is gone, or leaked its guard, and left `queue` taken
 --> src/gone.rs:2:29: `queue` was taken here
  = note: mutual exclusion: while thread `worker` has `queue` (a mutex), nobody else can take it
  = note: hold and wait (easiest to break here):
          thread `main` does not go on while it waits for `queue` at gone.rs:6:11
          thread `worker` took `queue` at gone.rs:2:29 and never gave it back
  = note: no preemption: only the thread that has a guard can drop it, and the wait at gone.rs:6:11 has no time limit
  = note: circular wait: the waiting ends at thread `worker`, which will not act any more
  = help: let thread `worker` drop the guard of `queue` at gone.rs:2:29 before it ends: a guard given to `mem::forget`, leaked or kept in a cycle of `Rc` never gives the lock back
  = verdict: actual: it happened: whoever took the lock is gone, so nobody will ever release it
  = fingerprint: f5741cba7fcfe07b
"#,
    );
}

#[test]
fn join_while_holding() {
    check(
        &staged::join_while_holding(),
        r#"
error[deadlock]: thread `main` waits for the end of thread `worker`, which waits for `jobs` that thread `main` holds
note: thread `main` holds `jobs` and waits for the end of thread `worker`
 --> src/pool.rs:4:12: is stuck here, waiting for the end of thread `worker`
 ::: src/pool.rs:3:21: `jobs` was taken here
note: thread `worker` waits for `jobs`
 --> src/pool.rs:9:10: is stuck here, waiting for `jobs`
  = note: mutual exclusion:
          nobody but thread `worker` can bring its end about
          while thread `main` has `jobs` (a mutex), nobody else can take it
  = note: hold and wait (easiest to break here):
          thread `main` keeps `jobs`, taken at pool.rs:3:21, while it waits for the end of thread `worker` at pool.rs:4:12
          thread `worker` does not go on while it waits for `jobs` at pool.rs:9:10
  = note: no preemption: only the thread that has a guard can drop it, and the waits at pool.rs:4:12 and pool.rs:9:10 have no time limit
  = note: circular wait:
          thread `main` waits for thread `worker` to go on
          thread `worker` waits for thread `main` to drop `jobs`
  = help: drop the guard of `jobs` made at pool.rs:3:21 before the join at pool.rs:4:12
  = verdict: actual: it happened: each of these threads was blocked, and only another of them could have freed it
  = fingerprint: 392be3e84ef81bf7
"#,
    );
}

#[test]
fn an_initialiser_that_takes_a_lock() {
    check(
        &staged::initialiser(),
        r#"
warning[lock-order-cycle]: the once-cell made at config.rs:3:26 and `log` are taken in both orders
note: thread `first` runs the initialiser of the once-cell made at config.rs:3:26 and wants `log`
 --> src/config.rs:4:9: wants `log` here
 ::: src/config.rs:8:12: the initialiser of the once-cell made at config.rs:3:26 is begun here
note: thread `second` holds `log` and wants the once-cell made at config.rs:3:26
 --> src/log.rs:6:20: wants the once-cell made at config.rs:3:26 here
 ::: src/log.rs:5:17: `log` is taken here
  = note: mutual exclusion:
          while thread `second` has `log` (a mutex), nobody else can take it
          only one thread may initialise the once-cell made at config.rs:3:26, and thread `first` is at it
  = note: hold and wait:
          thread `first` is in the initialiser of the once-cell made at config.rs:3:26, begun at config.rs:8:12, while it waits for `log` at config.rs:4:9
          thread `second` keeps `log`, taken at log.rs:5:17, while it waits for the once-cell made at config.rs:3:26 at log.rs:6:20
  = note: no preemption: only the thread that has a guard can drop it, and the waits at config.rs:4:9 and log.rs:6:20 have no time limit
  = note: circular wait (easiest to break here):
          thread `first` can wait for thread `second` to drop `log`
          thread `second` can wait for thread `first` to drop the once-cell made at config.rs:3:26
  = help: initialise the once-cell made at config.rs:3:26 before taking `log` at log.rs:5:17, for instance at the start of the program
  = help: or take no lock in the initialiser of the once-cell made at config.rs:3:26
  = verdict: possible: each step was seen, on different threads, with no lock that keeps them apart and no spawn, join or message that puts one after the other; not `actual`, for that takes threads that were seen waiting for each other
  = fingerprint: b4ddcb768c16462a
"#,
    );
}

#[test]
fn excluded() {
    check(
        &staged::excluded(),
        r#"
note[lock-order-cycle]: `accounts` and `audit` are taken in both orders, but that cannot deadlock
note: thread `teller-1` holds `accounts` and wants `audit`
  --> src/transfer.rs:3:28
   |
 2 |     let accounts = bank.accounts.lock().unwrap();
   |                                  ---- `accounts` is taken here
 3 |     let audit = bank.audit.lock().unwrap();
   |                            ^^^^ wants `audit` here
   |
   = also holds: the rwlock made at log.rs:7:20, taken at src/main.rs:8:13
   = stack: bank::transfer at src/transfer.rs:3:28
            bank::main::{closure#0} at src/main.rs:9:26
note: thread `teller-2` holds `audit` and wants `accounts`
  --> src/transfer.rs:10:34
   |
 8 |     let audit = bank.audit.lock().unwrap();
   |                            ---- `audit` is taken here
 9 |     audit.check();
10 |     for account in bank.accounts.lock().unwrap().iter() {
   |                                  ^^^^ wants `accounts` here
   |
   = verdict: excluded: the mutex made at gate.rs:3:5 is held around more than one of the steps, so only one thread at a time is in
   = fingerprint: 06dbfb4594705037
"#,
    );
}

#[test]
fn hostile_names_and_wide_characters() {
    check(
        &staged::hostile(),
        r#"
error[self-deadlock]: thread `t\u{7}\u{9b}2J` waits for `a\u{1b}[31m\n\u{202e}b`, which it holds itself
note: thread `t\u{7}\u{9b}2J` holds `a\u{1b}[31m\n\u{202e}b` and waits for `a\u{1b}[31m\n\u{202e}b`
 --> src/wide.rs:2:5
  |
1 |     let 世界 = a.lock(); // ��[2J
  |                  ---- `a\u{1b}[31m\n\u{202e}b` was taken here
2 |         b.lock();
  |           ^^^^ is stuck here, waiting for `a\u{1b}[31m\n\u{202e}b`
  |
  = stack: evil\r\u{1b}]0;title\u{7} at src/\u{1b}[2J.rs:1:1
  = note: mutual exclusion: `a\u{1b}[31m\n\u{202e}b` (a mutex) cannot be taken twice, not even by its holder
  = note: hold and wait (easiest to break here): thread `t\u{7}\u{9b}2J` keeps `a\u{1b}[31m\n\u{202e}b`, taken at wide.rs:1:13, while it waits for `a\u{1b}[31m\n\u{202e}b` at wide.rs:2:5
  = note: no preemption: only the thread that has a guard can drop it, and the wait at wide.rs:2:5 has no time limit
  = note: circular wait: thread `t\u{7}\u{9b}2J` waits for itself
  = help: drop the guard of `a\u{1b}[31m\n\u{202e}b` made at wide.rs:1:13 before taking it again at wide.rs:2:5
  = help: or pass the guard to the code at wide.rs:2:5
  = help: or use a reentrant mutex, if the value may be seen half changed
  = verdict: actual: it happened: the thread was blocked, and only that thread could have freed it
  = fingerprint: b0dcaff097001cec
"#,
    );
}

/// `~` stands for the escape character.
#[test]
fn colours() {
    let got = printed(&staged::self_deadlock(), Style::Colour).replace('\x1b', "~");
    let want = r#"
~[1;31merror[self-deadlock]~[0m~[1m: thread `main` waits for `map`, which it holds itself~[0m
~[1;32mnote~[0m~[1m: thread `main` holds `map` and waits for `map`~[0m
~[1;34m --> ~[0msrc/one.rs:2:45
~[1;34m  |~[0m
~[1;34m2 |~[0m     let n = map.lock().unwrap().len() + map.lock().unwrap().capacity();
~[1;34m  |~[0m ~[1;34m                ----                        ~[0m~[1;31m^^^^~[0m~[1;31m is stuck here, waiting for `map`~[0m
~[1;34m  |~[0m ~[1;34m                |~[0m
~[1;34m  |~[0m                 ~[1;34mthe guard of `map` made here still lives~[0m
~[1;34m  |~[0m
"#;
    assert!(got.starts_with(want.trim_start()), "{got}");
    let plain = printed(&staged::self_deadlock(), Style::Plain);
    let mut stripped = got;
    for code in ["1;31", "1;33", "1;32", "1;36", "1;34", "1", "0"] {
        stripped = stripped.replace(&format!("~[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_long_cycle_is_cut_in_the_middle() {
    for (steps, cut) in [(12, None), (13, Some("... 1 more ...")), (300, Some("... 288 more ..."))]
    {
        let text = printed(&staged::ring(steps), Style::Plain);
        let titles = text.lines().filter(|line| line.starts_with("note: thread `eater-")).count();
        assert_eq!(titles, 12, "{steps}");
        assert_eq!(
            text.lines().find(|line| line.ends_with("more ...") && line.starts_with('.')),
            cut
        );
        assert!(text.len() < 8000, "{steps} steps make {} bytes", text.len());
    }
}

#[test]
fn one_line_each() {
    for (finding, want) in [
        (
            staged::deadlock(),
            "error[deadlock]: threads `teller-1` and `teller-2` wait for each other for ever \
             (transfer.rs:3:28, transfer.rs:10:34)",
        ),
        (
            staged::same_code(),
            "warning[lock-order-cycle]: lock 1 (mutex made at bank.rs:5:18) and lock 2 (mutex \
             made at bank.rs:5:18) are taken in both orders (bank.rs:10:22)",
        ),
    ] {
        assert_eq!(one_line(&finding), want);
    }
    assert!(one_line(&staged::ring(300)).ends_with("dine.rs:1005:9, ...)"));
    assert_eq!(
        headline(&staged::self_deadlock()),
        "self-deadlock: thread `main` waits for `map`, which it holds itself"
    );
}

#[test]
fn the_last_line() {
    for (actual, stalled, possible, want) in [
        (0, 0, 0, "no findings"),
        (1, 0, 0, "1 finding: 1 actual"),
        (1, 0, 1, "2 findings: 1 actual, 1 possible"),
        (0, 0, 7, "7 findings: 7 possible"),
        (0, 1, 2, "3 findings: 1 stalled, 2 possible"),
    ] {
        let count = |verdict| match verdict {
            Verdict::Actual => actual,
            Verdict::Stalled => stalled,
            Verdict::Proved | Verdict::Feasible => 0,
            Verdict::Possible => possible,
            Verdict::Excluded => 99,
        };
        assert_eq!(summary(count), want);
    }
}

#[test]
fn the_middle_line_is_printed_and_more_are_hinted_at() {
    let mut finding = staged::self_deadlock();
    for (taken, wanted, want) in [
        (8, 9, " 8 |     let audit"),
        (2, 10, "...\n"),
        (2, 4, " 3 |     let audit"),
        (10, 8, " 9 |     audit.check"),
    ] {
        let at = |line: u32| place(&format!("src/transfer.rs:{line}:5"));
        finding.steps[0].site = Some(at(wanted));
        finding.steps[0].blocks =
            staged::holds(&mutex(1, "map"), Mode::Exclusive, &format!("src/transfer.rs:{taken}:5"));
        let text = printed(&finding, Style::Plain);
        assert!(text.contains(want.trim_start()), "{taken} {wanted}: {text}");
    }
}

/// Two marks further apart than a screen is wide.
#[test]
fn a_very_long_line_is_printed_for_each_mark() {
    let mut finding = staged::self_deadlock();
    let long = format!("a.lock(){}b.lock()", " ".repeat(3000));
    finding.steps[0].blocks = staged::holds(&mutex(1, "map"), Mode::Exclusive, "src/long.rs:1:3");
    finding.steps[0].site = Some(place("src/long.rs:1:3011"));
    let mut out = Vec::new();
    print(&mut out, &finding, Style::Plain, &|_| Some(long.clone())).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\n  |   ---- the guard of `map` made here still lives\n"), "{text}");
    assert!(text.contains("^^^^ is stuck here"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("1 |")).count(), 2, "{text}");
}
