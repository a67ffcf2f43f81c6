//! `Select`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

use super::cb::{
    ReadyTimeoutError, RecvError, Select, SelectTimeoutError, SendError, TryReadyError,
    TrySelectError, after, bounded, never, unbounded,
};
use crate::{LONG, SHORT};

#[test]
fn what_is_ready_is_selected_and_done() {
    let ((sender, receiver), (full, _of_full)) = (unbounded(), bounded(1));
    full.send(0).unwrap();
    sender.send(1).unwrap();
    let (nothing, clock) = (never::<u8>(), after(LONG));
    let mut select = Select::new();
    let operations =
        [select.recv(&nothing), select.send(&full), select.recv(&clock), select.recv(&receiver)];
    assert_eq!(operations, [0, 1, 2, 3]);
    let operation = select.select();
    assert_eq!(operation.index(), 3);
    assert_eq!(format!("{operation:?}"), "SelectedOperation { .. }");
    assert_eq!(operation.recv(&receiver), Ok(1));
    assert!(matches!(select.try_select(), Err(TrySelectError)));
    assert!(matches!(select.select_timeout(SHORT), Err(SelectTimeoutError)));
    assert!(matches!(select.select_deadline(Instant::now()), Err(SelectTimeoutError)));
    sender.send(2).unwrap();
    assert_eq!(select.select_timeout(LONG).unwrap().recv(&receiver), Ok(2));
    sender.send(3).unwrap();
    assert_eq!(select.select_deadline(Instant::now() + LONG).unwrap().recv(&receiver), Ok(3));
    sender.send(4).unwrap();
    assert_eq!(select.try_select().unwrap().recv(&receiver), Ok(4));
}

#[test]
fn what_is_ready_is_told() {
    let ((sender, receiver), (full, of_full)) = (unbounded(), bounded(1));
    full.send(0).unwrap();
    let mut select = Select::default();
    let (receive, send) = (select.recv(&receiver), select.send(&full));
    assert_eq!(select.try_ready(), Err(TryReadyError));
    assert_eq!(select.ready_timeout(SHORT), Err(ReadyTimeoutError));
    assert_eq!(select.ready_deadline(Instant::now()), Err(ReadyTimeoutError));
    sender.send(1).unwrap();
    assert_eq!(select.try_ready(), Ok(receive));
    assert_eq!(select.ready(), receive);
    assert_eq!(receiver.try_recv(), Ok(1));
    of_full.recv().unwrap();
    assert_eq!(select.ready_timeout(LONG), Ok(send));
    assert_eq!(select.ready_deadline(Instant::now() + LONG), Ok(send));
}

#[test]
fn a_selection_waits_for_other_threads() {
    let (_sender_of_idle, idle) = bounded::<u8>(0);
    for capacity in [0, 1] {
        let ((sender, receiver), (answers, answered)) = (bounded(capacity), bounded(capacity));
        thread::scope(|scope| {
            scope.spawn(|| {
                for expected in 0..100 {
                    let mut select = Select::new();
                    select.recv(&idle);
                    let receive = select.recv(&receiver);
                    let operation = select.select();
                    assert_eq!(operation.index(), receive);
                    assert_eq!(operation.recv(&receiver), Ok(expected));
                    let mut select = Select::new();
                    select.recv(&idle);
                    let send = select.send(&answers);
                    assert_eq!(select.ready(), send);
                    let operation = select.select();
                    assert_eq!(operation.send(&answers, expected), Ok(()));
                }
            });
            for message in 0..100 {
                sender.send(message).unwrap();
                assert_eq!(answered.recv(), Ok(message));
            }
        });
    }
}

#[test]
fn an_end_is_ready() {
    let ((sender, receiver), (answers, answered)) = (unbounded::<u8>(), bounded(0));
    drop((sender, answered));
    let mut select = Select::new_biased();
    let receive = select.recv(&receiver);
    let send = select.send(&answers);
    assert_eq!(select.select().recv(&receiver), Err(RecvError));
    select.remove(receive);
    let operation = select.select();
    assert_eq!(operation.index(), send);
    assert_eq!(operation.send(&answers, 7), Err(SendError(7)));
    let mut clone = select.clone();
    assert_eq!(clone.select().send(&answers, 8), Err(SendError(8)));
    select.remove(send);
    assert!(matches!(select.try_select(), Err(TrySelectError)));
    assert_eq!(select.send(&answers), 2);
}

#[test]
fn the_first_of_a_biased_selection_that_is_ready_is_selected() {
    let (sender, receiver) = unbounded();
    (0..40).for_each(|at| sender.send(at).unwrap());
    for at in 0..20 {
        let mut select = Select::new_biased();
        let first = select.recv(&receiver);
        select.recv(&receiver);
        let operation = select.select();
        assert_eq!(operation.index(), first);
        assert_eq!(operation.recv(&receiver), Ok(at));
    }
}

#[test]
fn misuse_panics() {
    let (sender, receiver) = unbounded::<u8>();
    let panics = |f: &mut dyn FnMut()| assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    panics(&mut || Select::new().remove(0));
    panics(&mut || _ = Select::new().select().index());
    panics(&mut || _ = Select::new().ready());
    sender.send(1).unwrap();
    panics(&mut || {
        let mut select = Select::new();
        select.recv(&receiver);
        drop(select.select());
    });
    assert_eq!(format!("{:?}", Select::new()), "Select { .. }");
}
