//! Schedules, as text.

use crate::explain::staged::{self, moved, mutex, thread};
use crate::finding::{Act, Finding, Kind, Verdict, Wanted, Witness};
use crate::id::Mode;
use crate::report::tests::printed;
use crate::report::{Style, text_width};

/// The schedule of a finding, without its title.
fn schedule(finding: &Finding) -> String {
    let text = printed(finding, Style::Plain);
    let title = "note: how it can happen, step by step; the waits at the end are for ever\n";
    let (_, rest) = text.split_once(title).unwrap_or_else(|| panic!("{text}"));
    let lines = rest.lines().take_while(|line| line.contains(" |"));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

fn check(finding: &Finding, want: &str) {
    let got = schedule(finding);
    assert!(got == want.trim_start_matches('\n'), "got:\n{got}\nwant:{want}");
}

#[test]
fn two_threads_side_by_side() {
    check(
        &staged::scheduled(staged::lock_order_cycle()),
        r#"
   |
   | thread `teller-1`                   | thread `teller-2`
 1 | takes `accounts`  transfer.rs:2:34  |
 2 |                                     | takes `audit`  transfer.rs:8:28
 3 | waits for `audit`  transfer.rs:3:28 |
 4 |                                     | waits for `accounts`
   |                                     |   transfer.rs:10:34
   |
"#,
    );
}

#[test]
fn what_does_not_fit_goes_on_below() {
    check(
        &staged::proved(),
        r#"
   |
   | thread `main`           | thread `teller-1`       | thread `teller-2`
 1 | begins `teller-1`       |                         |
   |   src/main.rs:9:26      |                         |
 2 | begins `teller-2`       |                         |
   |   src/main.rs:14:26     |                         |
 3 |                         | takes the rwlock made   |
   |                         |   at log.rs:7:20 for    |
   |                         |   reading               |
   |                         |   src/main.rs:8:13      |
 4 |                         | gives signal 1          |
 5 |                         |                         | gets signal 1
 6 |                         | takes `accounts`        |
   |                         |   transfer.rs:2:34      |
 7 |                         |                         | takes `audit`
   |                         |                         |   transfer.rs:8:28
 8 |                         | waits for `audit`       |
   |                         |   transfer.rs:3:28      |
 9 |                         |                         | waits for `accounts`
   |                         |                         |   transfer.rs:10:34
   |
"#,
    );
}

#[test]
fn more_threads_than_columns_are_a_list() {
    check(
        &staged::scheduled(staged::ring(5)),
        r#"
     |
   1 | thread `eater-0` | takes `fork-0`  dine.rs:10:9
   2 | thread `eater-1` | takes `fork-1`  dine.rs:11:9
   3 | thread `eater-2` | takes `fork-2`  dine.rs:12:9
   4 | thread `eater-3` | takes `fork-3`  dine.rs:13:9
   5 | thread `eater-4` | takes `fork-4`  dine.rs:14:9
   6 | thread `eater-0` | waits for `fork-1`  dine.rs:1000:9
   7 | thread `eater-1` | waits for `fork-2`  dine.rs:1001:9
   8 | thread `eater-2` | waits for `fork-3`  dine.rs:1002:9
   9 | thread `eater-3` | waits for `fork-4`  dine.rs:1003:9
  10 | thread `eater-4` | waits for `fork-0`  dine.rs:1004:9
     |
"#,
    );
}

#[test]
fn locks_for_readers_and_ends_of_threads() {
    check(
        &staged::scheduled(staged::read_recursion(Verdict::Possible)),
        r#"
  |
  | thread `reader`                       | thread `writer`
1 | takes `cache` for reading             |
  |   cache.rs:2:25                       |
2 | waits to read `cache`  cache.rs:3:25  |
3 |                                       | waits to write `cache`
  |                                       |   cache.rs:7:23
  |
"#,
    );
    check(
        &staged::scheduled(staged::join_while_holding()),
        r#"
  |
  | thread `main`                               | thread `worker`
1 | takes `jobs`  pool.rs:3:21                  |
2 | waits for the end of `worker`  pool.rs:4:12 |
3 |                                             | waits for `jobs`  pool.rs:9:10
  |
"#,
    );
    check(
        &staged::scheduled(staged::initialiser()),
        r#"
  |
  | thread `first`                        | thread `second`
1 | begins to set up the once-cell made   |
  |   at config.rs:3:26                   |
  |   config.rs:8:12                      |
2 |                                       | takes `log`  log.rs:5:17
3 | waits for `log`  config.rs:4:9        |
4 |                                       | waits for the once-cell made at
  |                                       |   config.rs:3:26
  |                                       |   log.rs:6:20
  |
"#,
    );
}

#[test]
fn hostile_names() {
    check(
        &staged::scheduled(staged::hostile()),
        r#"
  |
  | thread `t\u{7}\u{9b}2J`
1 | takes `a\u{1b}[31m\n\u{202e}b`  wide.rs:1:13
2 | waits for `a\u{1b}[31m\n\u{202e}b`  wide.rs:2:5
  |
"#,
    );
}

/// Two threads who do the same over and over before they deadlock.
fn long(rounds: usize) -> Finding {
    let mut finding = staged::scheduled(staged::lock_order_cycle());
    let tellers = [thread(1, "teller-1"), thread(2, "teller-2")];
    let (till, main) = (mutex(7, "till"), thread(0, "main"));
    let mut moves = vec![moved(&main, Act::Begins(tellers[1].clone()), "src/main.rs:9:26")];
    for at in 0..rounds {
        let who = &tellers[at % 2];
        moves.push(moved(who, Act::Takes(till.clone(), Mode::Exclusive), "src/till.rs:3:5"));
        moves.push(moved(who, Act::GivesBack(till.clone()), "src/till.rs:4:1"));
    }
    let mut last = finding.witness.take().unwrap().moves;
    // One more round between the two that count.
    last.insert(1, moved(&tellers[0], Act::Tells(1), ""));
    moves.extend(last);
    finding.witness = Some(Witness { moves, changed_reads: 0 });
    finding
}

#[test]
fn of_a_long_schedule_what_leads_to_the_deadlock_is_shown() {
    check(
        &long(3000),
        r#"
     |
     | thread `teller-1`                   | thread `teller-2`
     | ... 6001 more steps ...
6002 | takes `accounts`  transfer.rs:2:34  |
6003 | gives signal 1                      |
6004 |                                     | takes `audit`  transfer.rs:8:28
6005 | waits for `audit`  transfer.rs:3:28 |
6006 |                                     | waits for `accounts`
     |                                     |   transfer.rs:10:34
     |
"#,
    );
    // So many steps are no trouble.
    assert!(!schedule(&long(12)).contains("more"));
}

/// Each step is shown, or is one of those that are counted.
#[test]
fn no_step_is_left_out_silently() {
    for finding in [long(0), long(12), long(13), long(500), staged::scheduled(staged::ring(300))] {
        let text = schedule(&finding);
        let number = |line: &str| line.split_once(" |")?.0.trim().parse::<usize>().ok();
        let hidden = |line: &str| {
            let rest = line.split_once("... ")?.1;
            rest.split_once(" more step")?.0.parse::<usize>().ok()
        };
        let shown = text.lines().filter_map(number).count();
        let counted: usize = text.lines().filter_map(hidden).sum();
        assert_eq!(shown + counted, finding.witness.unwrap().moves.len(), "{text}");
        assert!(shown <= 2 * super::STEPS, "{text}");
    }
}

#[test]
fn nothing_is_wider_than_a_terminal() {
    let long = |length| "x".repeat(length);
    for (threads, length) in [(1, 500), (2, 30), (2, 96), (3, 40), (4, 9), (4, 60), (9, 90)] {
        let mut finding = staged::scheduled(staged::ring(threads));
        for step in &mut finding.witness.as_mut().unwrap().moves {
            step.thread.name = Some(format!("\u{4e16}{}{}", step.thread.id, long(length)));
            let site = step.site.as_mut().unwrap();
            site.file = format!("src/{}.rs", long(length / 2));
            if let Act::Takes(lock, _) | Act::Wants(Wanted::Lock(lock, _)) = &mut step.act {
                *lock = mutex(lock.id, &format!("{} {}", long(length / 3), long(length)));
            }
        }
        let text = schedule(&finding);
        assert!(text.lines().all(|line| text_width(line) <= super::WIDTH), "{text}");
    }
}

#[test]
fn where_a_thread_stops_is_in_the_colour_of_the_finding() {
    let text = printed(&staged::scheduled(staged::same_code()), Style::Colour);
    let text = text.replace('\x1b', "~");
    assert!(text.contains("~[1;31mwaits for lock 2  bank.rs:10:22~[0m"), "{text}");
    assert!(text.contains("~[1mthread 1~[0m"), "{text}");
}

/// How it can happen comes after where, and before why.
fn whole(finding: &Finding, want: &str) {
    let got = printed(finding, Style::Plain);
    assert!(got == want.trim_start_matches('\n'), "got:\n{got}\nwant:{want}");
}

#[test]
fn a_proved_finding_in_full() {
    whole(
        &staged::scheduled(staged::same_code()),
        r#"
error[lock-order-cycle]: lock 1 (mutex made at bank.rs:5:18) and lock 2 (mutex made at bank.rs:5:18) are taken in both orders, and that can deadlock
note: thread 1 holds lock 1 (mutex made at bank.rs:5:18) and wants lock 2
  --> src/bank.rs:10:22: wants lock 2 here
  ::: src/bank.rs:9:24: lock 1 is taken here
note: thread 2 holds lock 2 (mutex made at bank.rs:5:18) and wants lock 1
  --> src/bank.rs:10:22: wants lock 1 here
  ::: src/bank.rs:9:24: lock 2 is taken here
note: how it can happen, step by step; the waits at the end are for ever
   |
   | thread 1                        | thread 2
 1 | takes lock 1  bank.rs:9:24      |
 2 |                                 | takes lock 2  bank.rs:9:24
 3 | waits for lock 2  bank.rs:10:22 |
 4 |                                 | waits for lock 1  bank.rs:10:22
   |
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
   = seen: in 12 combinations of these steps
   = verdict: proved: the schedule above is made of steps that were seen, every read that was recorded sees in it what it saw, and at its end these threads wait for each other; not `actual`, for it was not seen to happen
   = fingerprint: cf5e928f06533143
"#,
    );
}

#[test]
fn a_feasible_finding_in_full() {
    let mut feasible = staged::scheduled(staged::join_while_holding());
    (feasible.kind, feasible.verdict) = (Kind::JoinWhileHolding, Verdict::Feasible);
    feasible.witness.as_mut().unwrap().changed_reads = 2;
    whole(
        &feasible,
        r#"
warning[join-while-holding]: thread `main` could wait for the end of thread `worker`, which takes `jobs` that thread `main` holds
note: thread `main` holds `jobs` and waits for the end of thread `worker`
 --> src/pool.rs:4:12: waits for the end of thread `worker` here
 ::: src/pool.rs:3:21: `jobs` is taken here
note: thread `worker` wants `jobs`
 --> src/pool.rs:9:10: wants `jobs` here
note: how it can happen, step by step; the waits at the end are for ever
  |
  | thread `main`                               | thread `worker`
1 | takes `jobs`  pool.rs:3:21                  |
2 | waits for the end of `worker`  pool.rs:4:12 |
3 |                                             | waits for `jobs`  pool.rs:9:10
  |
  = note: mutual exclusion:
          nobody but thread `worker` can bring its end about
          while thread `main` has `jobs` (a mutex), nobody else can take it
  = note: hold and wait (easiest to break here):
          thread `main` keeps `jobs`, taken at pool.rs:3:21, while it waits for the end of thread `worker` at pool.rs:4:12
          thread `worker` does not go on while it waits for `jobs` at pool.rs:9:10
  = note: no preemption: only the thread that has a guard can drop it, and the waits at pool.rs:4:12 and pool.rs:9:10 have no time limit
  = note: circular wait:
          thread `main` can wait for thread `worker` to go on
          thread `worker` can wait for thread `main` to drop `jobs`
  = help: drop the guard of `jobs` made at pool.rs:3:21 before the join at pool.rs:4:12
  = seen: in 12 combinations of these steps
  = verdict: feasible: the schedule above is made of steps that were seen, and at its end these threads wait for each other; not `proved`, for 2 reads in it see something else than they did, so their threads might go another way
  = fingerprint: 870fced861a0114a
"#,
    );
}
