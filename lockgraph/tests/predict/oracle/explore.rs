//! Walks through all states that reorderings of a trace lead to.

use super::model::{Model, NOTHING, State, THREADS};

/// The states seen, in memory that is used again: a table of open addresses, 0 for empty.
pub(crate) struct Explorer {
    table: Vec<u64>,
    seen: usize,
    todo: Vec<State>,
}

impl Explorer {
    /// Nothing seen.
    pub(crate) fn new() -> Explorer {
        Explorer { table: vec![0; 1 << 10], seen: 0, todo: Vec::new() }
    }

    /// Which of these ways of being stuck are reached: the numbers of the attempts at which
    /// threads must be, all at once.
    pub(crate) fn reach(
        &mut self,
        model: &Model,
        ways: &[Vec<(usize, usize)>],
        keeps_reads: bool,
    ) -> Vec<bool> {
        let mut reached = vec![false; ways.len()];
        let mut left = ways.len();
        self.table.fill(0);
        self.seen = 0;
        self.todo.clear();
        self.add(model, State::default());
        while left > 0
            && let Some(state) = self.todo.pop()
        {
            let at: [usize; THREADS] =
                std::array::from_fn(|thread| model.attempt_at(state, thread).unwrap_or(NOTHING));
            for (way, is_reached) in ways.iter().zip(&mut reached) {
                if !*is_reached && way.iter().all(|(thread, attempt)| at[*thread] == *attempt) {
                    *is_reached = true;
                    left -= 1;
                }
            }
            for thread in 0..model.threads.len() {
                if model.can_step(state, thread, keeps_reads) {
                    self.add(model, model.step(state, thread, keeps_reads));
                }
            }
        }
        reached
    }

    fn add(&mut self, model: &Model, state: State) {
        if self.insert(model.key(state) + 1) {
            self.todo.push(state);
            if self.seen * 2 > self.table.len() {
                self.grow();
            }
        }
    }

    /// False: it was there.
    fn insert(&mut self, key: u64) -> bool {
        let mask = self.table.len() - 1;
        let mut at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & mask;
        while self.table[at] != 0 {
            if self.table[at] == key {
                return false;
            }
            at = (at + 1) & mask;
        }
        self.table[at] = key;
        self.seen += 1;
        true
    }

    fn grow(&mut self) {
        let larger = vec![0; self.table.len() * 4];
        let keys = std::mem::replace(&mut self.table, larger);
        self.seen = 0;
        for key in keys.into_iter().filter(|key| *key != 0) {
            self.insert(key);
        }
    }
}
