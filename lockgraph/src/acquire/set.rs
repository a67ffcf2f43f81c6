//! Sets of locks that are taken together: tuples and slices.
//!
//! While some are taken and others are not, the guards lie in slots: a tuple of options, or a
//! vector of them. A set is asked for its locks by their places in it, so that what takes them is
//! written once.

use std::{array, mem};

use crate::lockable::{Id, Identified, Lockable, Taken};

/// Several locks. This trait is sealed: it is there for tuples of up to 12 locks, for arrays and
/// vectors of anything [`Lockable`], and for slices, arrays and vectors of mutexes by reference.
pub trait LockSet: Sized {
    /// The guards, in the order written: a tuple, an array, or a vector.
    type Guards;

    #[doc(hidden)]
    type Slots;

    /// One of something for each lock.
    #[doc(hidden)]
    type Each<T>: AsRef<[T]> + AsMut<[T]>;

    #[doc(hidden)]
    fn count(&self) -> usize;

    /// What `of` says of each place in the set.
    #[doc(hidden)]
    fn each<T>(&self, of: impl FnMut(usize) -> T) -> Self::Each<T>;

    #[doc(hidden)]
    fn id(&self, at: usize) -> Id<'_>;

    #[doc(hidden)]
    #[track_caller]
    fn find_place(&self, at: usize) -> bool;

    /// No guard.
    #[doc(hidden)]
    fn nothing(&self) -> Self::Slots;

    /// Takes a lock. Returns whether it is poisoned.
    #[doc(hidden)]
    #[track_caller]
    fn take(&self, at: usize, taken: &mut Self::Slots) -> bool;

    /// As [`LockSet::take`]; `None` if it is not to be had at once.
    #[doc(hidden)]
    #[track_caller]
    fn try_take(&self, at: usize, taken: &mut Self::Slots) -> Option<bool>;

    #[doc(hidden)]
    fn give_back(taken: &mut Self::Slots, at: usize);

    /// The guards, when all are there.
    #[doc(hidden)]
    fn close(taken: Self::Slots) -> Self::Guards;

    #[doc(hidden)]
    fn open(guards: Self::Guards) -> Self::Slots;
}

const ALL_TAKEN: &str = "every lock of the set was taken";

#[inline]
fn put<G>(slot: &mut Option<G>, taken: Taken<G>) -> bool {
    // There was nothing in it, which the compiler need not ask about.
    mem::forget(slot.replace(taken.guard));
    taken.is_poisoned
}

macro_rules! tuple {
    ($count:literal: $($at:tt $lock:ident)*) => {
        impl<$($lock: Lockable),*> LockSet for ($($lock,)*) {
            type Guards = ($($lock::Guard,)*);
            type Slots = ($(Option<$lock::Guard>,)*);
            type Each<T> = [T; $count];

            #[inline]
            fn count(&self) -> usize {
                $count
            }

            fn each<T>(&self, of: impl FnMut(usize) -> T) -> [T; $count] {
                array::from_fn(of)
            }

            fn id(&self, at: usize) -> Id<'_> {
                match at {
                    $($at => self.$at.id(),)*
                    _ => unreachable!("a place of the tuple"),
                }
            }

            #[track_caller]
            fn find_place(&self, at: usize) -> bool {
                match at {
                    $($at => self.$at.find_place(),)*
                    _ => unreachable!("a place of the tuple"),
                }
            }

            fn nothing(&self) -> Self::Slots {
                ($(None::<$lock::Guard>,)*)
            }

            #[inline]
            #[track_caller]
            fn take(&self, at: usize, taken: &mut Self::Slots) -> bool {
                match at {
                    $($at => put(&mut taken.$at, self.$at.take()),)*
                    _ => unreachable!("a place of the tuple"),
                }
            }

            #[track_caller]
            fn try_take(&self, at: usize, taken: &mut Self::Slots) -> Option<bool> {
                match at {
                    $($at => Some(put(&mut taken.$at, self.$at.try_take()?)),)*
                    _ => unreachable!("a place of the tuple"),
                }
            }

            #[inline]
            fn give_back(taken: &mut Self::Slots, at: usize) {
                match at {
                    $($at => taken.$at = None,)*
                    _ => unreachable!("a place of the tuple"),
                }
            }

            fn close(taken: Self::Slots) -> Self::Guards {
                ($(taken.$at.expect(ALL_TAKEN),)*)
            }

            fn open(guards: Self::Guards) -> Self::Slots {
                ($(Some(guards.$at),)*)
            }
        }
    };
}

tuple!(1: 0 A);
tuple!(2: 0 A 1 B);
tuple!(3: 0 A 1 B 2 C);
tuple!(4: 0 A 1 B 2 C 3 D);
tuple!(5: 0 A 1 B 2 C 3 D 4 E);
tuple!(6: 0 A 1 B 2 C 3 D 4 E 5 F);
tuple!(7: 0 A 1 B 2 C 3 D 4 E 5 F 6 G);
tuple!(8: 0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H);
tuple!(9: 0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I);
tuple!(10: 0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J);
tuple!(11: 0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K);
tuple!(12: 0 A 1 B 2 C 3 D 4 E 5 F 6 G 7 H 8 I 9 J 10 K 11 L);

/// Lists whose locks are reached by index. Those by value hold what can be taken, those by
/// reference hold that or the locks themselves.
macro_rules! list {
    ([$($parameter:tt)*] $set:ty, $lock:ty, |$self:ident, $at:ident| $get:expr) => {
        impl<$($parameter)*> LockSet for $set
        where
            L: Identified,
            $lock: Lockable,
        {
            type Guards = Vec<<$lock as Lockable>::Guard>;
            type Slots = Vec<Option<<$lock as Lockable>::Guard>>;
            type Each<T> = Vec<T>;

            fn count(&self) -> usize {
                self.len()
            }

            fn each<T>(&self, of: impl FnMut(usize) -> T) -> Vec<T> {
                (0..self.len()).map(of).collect()
            }

            fn id(&self, at: usize) -> Id<'_> {
                self[at].id()
            }

            #[track_caller]
            fn find_place(&self, at: usize) -> bool {
                self[at].find_place()
            }

            fn nothing(&self) -> Self::Slots {
                self.iter().map(|_| None).collect()
            }

            #[track_caller]
            fn take(&self, at: usize, taken: &mut Self::Slots) -> bool {
                let ($self, $at) = (self, at);
                put(&mut taken[at], $get.take())
            }

            #[track_caller]
            fn try_take(&self, at: usize, taken: &mut Self::Slots) -> Option<bool> {
                let ($self, $at) = (self, at);
                Some(put(&mut taken[at], $get.try_take()?))
            }

            fn give_back(taken: &mut Self::Slots, at: usize) {
                taken[at] = None;
            }

            fn close(taken: Self::Slots) -> Self::Guards {
                taken.into_iter().map(|guard| guard.expect(ALL_TAKEN)).collect()
            }

            fn open(guards: Self::Guards) -> Self::Slots {
                guards.into_iter().map(Some).collect()
            }
        }
    };
}

list!(['s, L] &'s [L], &'s L, |list, at| (&list[at]));
list!(['s, L] &'s Vec<L>, &'s L, |list, at| (&list[at]));
list!(['s, L, const N: usize] &'s [L; N], &'s L, |list, at| (&list[at]));
list!([L] Vec<L>, L, |list, at| list[at]);

impl<L: Lockable, const N: usize> LockSet for [L; N] {
    type Guards = [L::Guard; N];
    type Slots = [Option<L::Guard>; N];
    type Each<T> = [T; N];

    fn count(&self) -> usize {
        N
    }

    fn each<T>(&self, of: impl FnMut(usize) -> T) -> [T; N] {
        array::from_fn(of)
    }

    fn id(&self, at: usize) -> Id<'_> {
        self[at].id()
    }

    #[track_caller]
    fn find_place(&self, at: usize) -> bool {
        self[at].find_place()
    }

    fn nothing(&self) -> Self::Slots {
        array::from_fn(|_| None)
    }

    #[track_caller]
    fn take(&self, at: usize, taken: &mut Self::Slots) -> bool {
        put(&mut taken[at], self[at].take())
    }

    #[track_caller]
    fn try_take(&self, at: usize, taken: &mut Self::Slots) -> Option<bool> {
        Some(put(&mut taken[at], self[at].try_take()?))
    }

    fn give_back(taken: &mut Self::Slots, at: usize) {
        taken[at] = None;
    }

    fn close(taken: Self::Slots) -> Self::Guards {
        taken.map(|guard| guard.expect(ALL_TAKEN))
    }

    fn open(guards: Self::Guards) -> Self::Slots {
        guards.map(Some)
    }
}
