//! Pools of worker threads: jobs in a queue, a tracked mutex and condition variable beside it.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use lockgraph::sync::{Condvar, Mutex};
use lockgraph::thread;

use crate::hold::eternal_name;

/// What the worker `number` of every pool is called.
pub(crate) fn worker(number: usize) -> String {
    format!("worker{number}")
}

/// The queue of a pool.
pub(crate) struct Pool {
    jobs: Mutex<VecDeque<usize>>,
    more: Condvar,
}

impl Pool {
    /// A pool without workers, its queue's class being `name`.
    pub(crate) fn new(name: &str) -> Arc<Pool> {
        let jobs = lockgraph::named::mutex(eternal_name(name), VecDeque::new());
        Arc::new(Pool { jobs, more: Condvar::new() })
    }

    /// Begins the workers, who wait for jobs for ever.
    pub(crate) fn begin(
        self: &Arc<Pool>,
        workers: usize,
        run: impl Fn(usize) + Clone + Send + 'static,
    ) {
        for number in 0..workers {
            let (pool, run) = (Arc::clone(self), run.clone());
            let work = move || loop {
                run(pool.next());
            };
            let builder = thread::Builder::new().name(worker(number));
            drop(builder.spawn(work).expect("a thread can be begun"));
        }
    }

    /// Queues a job, known by its number.
    pub(crate) fn submit(&self, job: usize) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).push_back(job);
        self.more.notify_one();
    }

    fn next(&self) -> usize {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = self.more.wait_while(jobs, |jobs| jobs.is_empty());
        let mut jobs = jobs.unwrap_or_else(PoisonError::into_inner);
        jobs.pop_front().expect("it is not empty")
    }
}
