//! Random well-formed programs: locks are given back in order, a channel is closed by its one sender
//! after the last message, a thread is joined once.
//!
//! A thread is a few *phrases*, each with operations that belong together; some phrases stand inside
//! of others, so that waits happen under locks.

use crate::scenario::Dice;

/// At most so many threads, and operations in all.
const THREADS: usize = 4;
const OPERATIONS: usize = 12;

/// What the phrases of one program are about. The rest of a program is locks.
#[derive(Clone, Copy, PartialEq)]
enum Theme {
    Locks,
    Condvar,
    Channels,
    Semaphores,
    Barrier,
    Events,
    Tokens,
    Mixed,
}

const THEMES: [Theme; 8] = [
    Theme::Locks,
    Theme::Condvar,
    Theme::Channels,
    Theme::Semaphores,
    Theme::Barrier,
    Theme::Events,
    Theme::Tokens,
    Theme::Mixed,
];

/// A program in the interpreter's notation.
pub(crate) fn program(dice: &mut Dice) -> String {
    let theme = THEMES[dice.below(THEMES.len())];
    let count = 2 + dice.below(THREADS - 1);
    let mut left = OPERATIONS;
    let spawns = dice.below(4) == 0;
    let mut threads = vec![Vec::new(); count];
    if spawns {
        threads[0].push(format!("spawn(T{count})"));
        left -= 1;
    }
    for (at, thread) in threads.iter_mut().enumerate() {
        let share = (left / (count - at)).max(1);
        let mut room = share;
        while room > 0 {
            let phrase = phrase(theme, at, count, room, dice);
            room -= phrase.len().min(room);
            thread.extend(phrase);
            if dice.below(4) == 0 {
                break;
            }
        }
        left -= share - room;
    }
    if spawns && left > 0 && dice.below(2) == 0 {
        threads[0].push(format!("join(T{count})"));
    }
    text(&threads, dice)
}

fn text(threads: &[Vec<String>], dice: &mut Dice) -> String {
    let room = ["0", "1", "1", "2", "inf"][dice.below(5)];
    let permits = [0, 1, 1, 2][dice.below(4)];
    let parties = 2 + dice.below(2);
    let mut text = format!(
        "@c:chan({room})\n@d:chan(1)\n@s:sem({permits})\n@t:sem(1)\n@b:barrier({parties})\n"
    );
    for (at, thread) in threads.iter().enumerate() {
        text.push_str(&format!("T{}: {}\n", at + 1, thread.join(" ")));
    }
    text
}

fn words(phrase: &str) -> Vec<String> {
    phrase.split_whitespace().map(str::to_string).collect()
}

/// Some operations of the thread `at` of `count`, not many more than have room.
fn phrase(theme: Theme, at: usize, count: usize, room: usize, dice: &mut Dice) -> Vec<String> {
    if room >= 3 && dice.below(2) == 0 {
        let inner = if room >= 5 && dice.below(2) == 0 {
            section(simple(theme, at, count, dice), dice)
        } else {
            simple(theme, at, count, dice)
        };
        return section(inner, dice);
    }
    let pick = if theme == Theme::Mixed { THEMES[dice.below(6)] } else { theme };
    if pick == Theme::Condvar && room >= 3 {
        let phrases = [
            "lock(m) wait(v,m) unlock(m)",
            "lock(m) wait_until(v,m,f) unlock(m)",
            "lock(m) set(f) notify(v) unlock(m)",
            "lock(m) set(f) notify_all(v) unlock(m)",
            "set(f) notify(v)",
            "lock(m) clear(f) unlock(m)",
        ];
        return words(phrases[dice.below(phrases.len())]);
    }
    simple(theme, at, count, dice)
}

/// `inner` while holding a lock, or inside of an initialisation.
fn section(inner: Vec<String>, dice: &mut Dice) -> Vec<String> {
    let lock = ["A", "B"][dice.below(2)];
    let (before, after) = match dice.below(8) {
        0 => ("rlock(R)".to_string(), "unlock(R)".to_string()),
        1 => ("wlock(R)".to_string(), "unlock(R)".to_string()),
        2 => ("once(o)".to_string(), "end(o)".to_string()),
        3 => (format!("trylock({lock})"), format!("unlock({lock})")),
        _ => (format!("lock({lock})"), format!("unlock({lock})")),
    };
    // An initialiser that runs itself panics instead of waiting.
    let is_once = |word: &String| word.starts_with("once(");
    if before.starts_with("once(") && inner.iter().any(is_once) {
        return inner;
    }
    let mut phrase = vec![before];
    phrase.extend(inner);
    phrase.push(after);
    phrase
}

/// One or two operations that a section can have inside.
fn simple(theme: Theme, at: usize, count: usize, dice: &mut Dice) -> Vec<String> {
    let other = 1 + (at + 1 + dice.below(count - 1)) % count;
    let phrases: &[&str] = match theme {
        Theme::Locks => {
            &["lock(A) unlock(A)", "lock(B) unlock(B)", "rlock(R) unlock(R)", "wlock(R) unlock(R)"]
        }
        Theme::Condvar => &["notify(v)", "notify_all(v)", "set(f)"],
        Theme::Channels if at == 0 => &["send(c)", "send(c)", "try_send(c)", "recv(d)"],
        Theme::Channels => {
            &["recv(c)", "recv(c)", "try_recv(c)", "send(d)", "sel(recv(c)|send(d))"]
        }
        Theme::Semaphores => &[
            "sem_acquire(s,1)",
            "sem_release(s,1)",
            "sem_acquire(t,1)",
            "sem_release(t,1)",
            "sem_try(s,1)",
        ],
        Theme::Barrier => &["meet(b)", "lock(A) unlock(A)"],
        Theme::Events => &["raise(e)", "await_event(e)", "lower(e)"],
        Theme::Tokens => {
            return if dice.below(2) == 0 {
                words("park")
            } else {
                vec![format!("unpark(T{other})")]
            };
        }
        Theme::Mixed => {
            let theme = THEMES[dice.below(6)];
            return simple(theme, at, count, dice);
        }
    };
    words(phrases[dice.below(phrases.len())])
}
