//! Every signature, as the type of a function pointer.
//!
//! Nothing here runs: if it compiles on both sides, the signatures are the same.

use std::iter::FusedIterator;
use std::time::{Duration, Instant};

use super::cb::*;

#[expect(dead_code, clippy::type_complexity, reason = "that it compiles is the test")]
fn channels<'a, T: 'a>() {
    let _: fn() -> (Sender<T>, Receiver<T>) = unbounded;
    let _: fn(usize) -> (Sender<T>, Receiver<T>) = bounded;
    let _: fn(Duration) -> Receiver<Instant> = after;
    let _: fn(Instant) -> Receiver<Instant> = at;
    let _: fn(Duration) -> Receiver<Instant> = tick;
    let _: fn() -> Receiver<T> = never;
    let _: fn(&Sender<T>, T) -> Result<(), TrySendError<T>> = Sender::try_send;
    let _: fn(&Sender<T>, T) -> Result<(), SendError<T>> = Sender::send;
    let _: fn(&Sender<T>, T, Duration) -> Result<(), SendTimeoutError<T>> = Sender::send_timeout;
    let _: fn(&Sender<T>, T, Instant) -> Result<(), SendTimeoutError<T>> = Sender::send_deadline;
    let _: [fn(&Sender<T>) -> bool; 2] = [Sender::is_empty, Sender::is_full];
    let _: fn(&Sender<T>) -> usize = Sender::len;
    let _: fn(&Sender<T>) -> Option<usize> = Sender::capacity;
    let _: fn(&Sender<T>, &Sender<T>) -> bool = Sender::same_channel;
    let _: fn(&Sender<T>) -> Sender<T> = Clone::clone;
    let _: fn(&Receiver<T>) -> Result<T, TryRecvError> = Receiver::try_recv;
    let _: fn(&Receiver<T>) -> Result<T, RecvError> = Receiver::recv;
    let _: fn(&Receiver<T>, Duration) -> Result<T, RecvTimeoutError> = Receiver::recv_timeout;
    let _: fn(&Receiver<T>, Instant) -> Result<T, RecvTimeoutError> = Receiver::recv_deadline;
    let _: [fn(&Receiver<T>) -> bool; 2] = [Receiver::is_empty, Receiver::is_full];
    let _: fn(&Receiver<T>) -> usize = Receiver::len;
    let _: fn(&Receiver<T>) -> Option<usize> = Receiver::capacity;
    let _: fn(&Receiver<T>, &Receiver<T>) -> bool = Receiver::same_channel;
    let _: fn(&Receiver<T>) -> Receiver<T> = Clone::clone;
    let _: fn(&'a Receiver<T>) -> Iter<'a, T> = Receiver::iter;
    let _: fn(&'a Receiver<T>) -> TryIter<'a, T> = Receiver::try_iter;
    let _: fn(&'a Receiver<T>) -> Iter<'a, T> = IntoIterator::into_iter;
    let _: fn(Receiver<T>) -> IntoIter<T> = IntoIterator::into_iter;
    fused::<T, Iter<'a, T>>();
    fused::<T, IntoIter<T>>();
}

fn fused<T, I: FusedIterator<Item = T>>() {}

#[expect(dead_code, clippy::type_complexity, reason = "that it compiles is the test")]
fn selecting<'a, T: 'a>() {
    type Selected<'a, E> = Result<SelectedOperation<'a>, E>;
    let _: [fn() -> Select<'a>; 3] = [Select::new, Select::new_biased, Default::default];
    let _: fn(&Select<'a>) -> Select<'a> = Clone::clone;
    let _: fn(&mut Select<'a>, &'a Sender<T>) -> usize = Select::send;
    let _: fn(&mut Select<'a>, &'a Receiver<T>) -> usize = Select::recv;
    let _: fn(&mut Select<'a>, usize) = Select::remove;
    let _: fn(&mut Select<'a>) -> Selected<'a, TrySelectError> = Select::try_select;
    let _: fn(&mut Select<'a>) -> SelectedOperation<'a> = Select::select;
    let _: fn(&mut Select<'a>, Duration) -> Selected<'a, SelectTimeoutError> =
        Select::select_timeout;
    let _: fn(&mut Select<'a>, Instant) -> Selected<'a, SelectTimeoutError> =
        Select::select_deadline;
    let _: fn(&mut Select<'a>) -> Result<usize, TryReadyError> = Select::try_ready;
    let _: fn(&mut Select<'a>) -> usize = Select::ready;
    let _: fn(&mut Select<'a>, Duration) -> Result<usize, ReadyTimeoutError> =
        Select::ready_timeout;
    let _: fn(&mut Select<'a>, Instant) -> Result<usize, ReadyTimeoutError> =
        Select::ready_deadline;
    let _: fn(&SelectedOperation<'a>) -> usize = SelectedOperation::index;
    let _: fn(SelectedOperation<'a>, &Sender<T>, T) -> Result<(), SendError<T>> =
        SelectedOperation::send;
    let _: fn(SelectedOperation<'a>, &Receiver<T>) -> Result<T, RecvError> =
        SelectedOperation::recv;
}
