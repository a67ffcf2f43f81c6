//! All names by glob, as in a program that has `use std::sync::*`.

use crate::sync::*;
use crate::thread::*;

use self::atomic::{AtomicBool, Ordering};

#[test]
fn every_name_is_there() {
    let shared: Arc<Mutex<u8>> = Arc::new(Mutex::new(1));
    let weak: Weak<Mutex<u8>> = Arc::downgrade(&shared);
    let guard: LockResult<MutexGuard<'_, u8>> = shared.lock();
    let refused: TryLockResult<MutexGuard<'_, u8>> = shared.try_lock();
    assert!(matches!(refused, Err(TryLockError::WouldBlock)));
    let guard: MutexGuard<'_, u8> = guard.unwrap_or_else(PoisonError::into_inner);
    let (guard, result): (_, WaitTimeoutResult) =
        Condvar::new().wait_timeout_while(guard, std::time::Duration::ZERO, |_| true).unwrap();
    assert!(result.timed_out() && weak.upgrade().is_some() && *guard == 1);

    let lock = RwLock::new(1);
    let reader: RwLockReadGuard<'_, u8> = lock.read().unwrap();
    drop(reader);
    let writer: RwLockWriteGuard<'_, u8> = lock.write().unwrap();
    drop(writer);

    let is_done = AtomicBool::new(false);
    Once::new().call_once_force(|_: &OnceState| is_done.store(true, Ordering::SeqCst));
    let _: BarrierWaitResult = Barrier::new(1).wait();
    assert_eq!(OnceLock::from(1).get(), LazyLock::get(&LazyLock::new(|| 1)).or(Some(&1)));

    let (sender, receiver): (mpsc::Sender<u8>, mpsc::Receiver<u8>) = mpsc::channel();
    let thread: JoinHandle<()> = spawn(move || sender.send(1).unwrap());
    assert_eq!(receiver.recv(), Ok(1));
    thread.join().unwrap();
    scope(|scope: &Scope<'_, '_>| {
        let thread: ScopedJoinHandle<'_, ()> = Builder::new().spawn_scoped(scope, || ()).unwrap();
        thread.join().unwrap();
    });
    yield_now();
}
