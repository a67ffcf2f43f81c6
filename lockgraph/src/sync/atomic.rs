//! Drop-in atomic variables: all of [`std::sync::atomic`], with what is read and written recorded.
//!
//! Replace `use std::sync::atomic::..` by `use lockgraph::sync::atomic::..` where threads tell each
//! other by atomic variables what to do. At level `full` the trace then says who saw what, and no
//! schedule is derived from it in which a thread sees something else. A load is a read, a store a
//! write, and what does both is both; a comparison that fails is a read.
//!
//! A variable is the original and nothing beside it, so [`AtomicBool::from_ptr`] and its kin work. As
//! long as not every event is recorded, an operation is the original's after one test of a byte. When
//! it is recorded, the operation and its place in the order are one step: threads that use the same
//! variable go one after the other.
//!
//! Not seen are `into_inner` and `as_ptr`.
//!
//! ```
//! use lockgraph::sync::atomic::{AtomicU32, Ordering};
//!
//! static VISITORS: AtomicU32 = AtomicU32::new(0);
//!
//! VISITORS.fetch_add(1, Ordering::Relaxed);
//! assert_eq!(VISITORS.load(Ordering::Relaxed), 1);
//! ```

use std::fmt;
use std::panic::Location;
// What is ours shadows what comes by the glob.
pub use std::sync::atomic::*;

use crate::runtime;
use crate::trace::Access;

/// Constructor, access through references and all that every variable can do.
macro_rules! variable {
    ($name:ident $(<$of:ident>)?, $value:ty, $what:literal) => {
        #[doc = concat!($what, " that threads may share. See [`std::sync::atomic::", stringify!($name), "`].")]
        #[repr(transparent)]
        pub struct $name $(<$of>)? (std::sync::atomic::$name $(<$of>)?);

        impl $(<$of>)? $name $(<$of>)? {
            /// A variable with this value.
            #[inline]
            #[must_use]
            pub const fn new(v: $value) -> Self {
                Self(std::sync::atomic::$name::new(v))
            }

            /// The value behind a pointer as a variable.
            ///
            /// # Safety
            ///
            /// As with the original: the pointer is aligned as the variable is, valid for reads and
            /// writes for as long as the result is used, and meanwhile nobody uses the value
            /// otherwise in a way that would be a data race.
            #[inline]
            #[must_use]
            pub const unsafe fn from_ptr<'a>(ptr: *mut $value) -> &'a Self {
                // SAFETY: the struct is transparent, so what the caller promises of the original
                // holds for it.
                unsafe { &*ptr.cast() }
            }

            /// The value, of which nobody else knows.
            #[inline]
            #[track_caller]
            pub fn get_mut(&mut self) -> &mut $value {
                self.does(|_| ((), Access::Both));
                self.0.get_mut()
            }

            /// The value, the variable being gone.
            #[inline]
            pub const fn into_inner(self) -> $value {
                self.0.into_inner()
            }

            /// Where the value is.
            #[inline]
            pub const fn as_ptr(&self) -> *mut $value {
                self.0.as_ptr()
            }

            /// The value.
            ///
            /// # Panics
            ///
            /// As the original, if `order` is none for loads.
            #[inline]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.does(|variable| (variable.load(order), Access::Read))
            }

            /// Changes the value.
            ///
            /// # Panics
            ///
            /// As the original, if `order` is none for stores.
            #[inline]
            #[track_caller]
            pub fn store(&self, val: $value, order: Ordering) {
                self.does(|variable| (variable.store(val, order), Access::Write));
            }

            /// Changes the value, and returns the one before.
            #[inline]
            #[track_caller]
            pub fn swap(&self, val: $value, order: Ordering) -> $value {
                self.does(|variable| (variable.swap(val, order), Access::Both))
            }

            /// Changes the value if it is `current`, and returns the one before.
            #[inline]
            #[track_caller]
            #[deprecated(since = "0.1.0", note = "replaced by `compare_exchange`, as in `std`")]
            pub fn compare_and_swap(
                &self,
                current: $value,
                new: $value,
                order: Ordering,
            ) -> $value {
                let failure = match order {
                    Ordering::Release => Ordering::Relaxed,
                    Ordering::AcqRel => Ordering::Acquire,
                    other => other,
                };
                self.compare_exchange(current, new, order, failure).unwrap_or_else(|value| value)
            }

            /// Changes the value if it is `current`. Returns the one before.
            ///
            /// # Errors
            ///
            /// It is another. The error is the value.
            ///
            /// # Panics
            ///
            /// As the original, if `failure` is none for loads.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.does(|variable| {
                    exchanged(variable.compare_exchange(current, new, success, failure))
                })
            }

            /// As the other comparison, which may also fail for nothing.
            ///
            /// # Errors
            ///
            /// It is another, or this one. The error is the value.
            ///
            /// # Panics
            ///
            /// As the original, if `failure` is none for loads.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.does(|variable| {
                    exchanged(variable.compare_exchange_weak(current, new, success, failure))
                })
            }

            /// Changes the value to what `f` makes of it. Returns the one before.
            ///
            /// # Errors
            ///
            /// `f` made nothing of it. The error is the value.
            #[inline]
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                f: F,
            ) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                self.try_update(set_order, fetch_order, f)
            }

            /// Changes the value to what `f` makes of it. Returns the one before.
            ///
            /// # Errors
            ///
            /// `f` made nothing of it. The error is the value.
            #[inline]
            #[track_caller]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut before = self.load(fetch_order);
                while let Some(next) = f(before) {
                    match self.compare_exchange_weak(before, next, set_order, fetch_order) {
                        Ok(before) => return Ok(before),
                        Err(now) => before = now,
                    }
                }
                Err(before)
            }

            /// Changes the value to what `f` makes of it. Returns the one before.
            #[inline]
            #[track_caller]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut f: impl FnMut($value) -> $value,
            ) -> $value {
                let changed =
                    self.try_update(set_order, fetch_order, |value| Some(f(value)));
                changed.unwrap_or_else(|value| value)
            }

            /// Does what `operation` does, and records what it says that this was.
            #[inline]
            #[track_caller]
            fn does<R>(
                &self,
                operation: impl FnOnce(&std::sync::atomic::$name $(<$of>)?) -> (R, Access),
            ) -> R {
                if !runtime::is_recorded() {
                    return operation(&self.0).0;
                }
                let address = self.0.as_ptr().addr();
                runtime::in_its_turn(address, Location::caller(), || operation(&self.0))
            }
        }

        impl $(<$of>)? fmt::Debug for $name $(<$of>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
            }
        }

        impl $(<$of>)? From<$value> for $name $(<$of>)? {
            #[inline]
            fn from(v: $value) -> Self {
                Self::new(v)
            }
        }
    };
}

/// Operations that change a value by another.
macro_rules! operations {
    ($name:ident $(<$of:ident>)?, $by:ty, $value:ty, $($operation:ident $does:literal),+) => {
        impl $(<$of>)? $name $(<$of>)? {
            $(
                #[doc = concat!($does, ", and returns the value before.")]
                #[inline]
                #[track_caller]
                pub fn $operation(&self, val: $by, order: Ordering) -> $value {
                    self.does(|variable| (variable.$operation(val, order), Access::Both))
                }
            )+
        }
    };
}

macro_rules! integer {
    ($name:ident, $value:ty, $size:literal) => {
        #[cfg(target_has_atomic = $size)]
        variable!($name, $value, "An integer");
        #[cfg(target_has_atomic = $size)]
        operations!(
            $name, $value, $value,
            fetch_add "Adds, wrapping around",
            fetch_sub "Subtracts, wrapping around",
            fetch_and "Does a bitwise \"and\"",
            fetch_nand "Does a bitwise \"nand\"",
            fetch_or "Does a bitwise \"or\"",
            fetch_xor "Does a bitwise \"xor\"",
            fetch_max "Changes the value to the larger one",
            fetch_min "Changes the value to the smaller one"
        );

        #[cfg(target_has_atomic = $size)]
        impl Default for $name {
            #[inline]
            fn default() -> $name {
                $name::new(0)
            }
        }
    };
}

integer!(AtomicI8, i8, "8");
integer!(AtomicU8, u8, "8");
integer!(AtomicI16, i16, "16");
integer!(AtomicU16, u16, "16");
integer!(AtomicI32, i32, "32");
integer!(AtomicU32, u32, "32");
integer!(AtomicI64, i64, "64");
integer!(AtomicU64, u64, "64");
integer!(AtomicIsize, isize, "ptr");
integer!(AtomicUsize, usize, "ptr");

#[cfg(target_has_atomic = "8")]
variable!(AtomicBool, bool, "A boolean");
#[cfg(target_has_atomic = "8")]
operations!(
    AtomicBool, bool, bool,
    fetch_and "Does an \"and\"",
    fetch_nand "Does a \"nand\"",
    fetch_or "Does an \"or\"",
    fetch_xor "Does a \"xor\""
);

#[cfg(target_has_atomic = "8")]
impl AtomicBool {
    /// Changes the value to the other one, and returns the one before.
    #[inline]
    #[track_caller]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

#[cfg(target_has_atomic = "8")]
impl Default for AtomicBool {
    #[inline]
    fn default() -> AtomicBool {
        AtomicBool::new(false)
    }
}

#[cfg(target_has_atomic = "ptr")]
variable!(AtomicPtr<T>, *mut T, "A pointer");
#[cfg(target_has_atomic = "ptr")]
operations!(
    AtomicPtr<T>, usize, *mut T,
    fetch_ptr_add "Adds so many values, wrapping around",
    fetch_ptr_sub "Subtracts so many values, wrapping around",
    fetch_byte_add "Adds so many bytes, wrapping around",
    fetch_byte_sub "Subtracts so many bytes, wrapping around",
    fetch_or "Does a bitwise \"or\" with the address",
    fetch_and "Does a bitwise \"and\" with the address",
    fetch_xor "Does a bitwise \"xor\" with the address"
);

#[cfg(target_has_atomic = "ptr")]
impl<T> Default for AtomicPtr<T> {
    #[inline]
    fn default() -> AtomicPtr<T> {
        AtomicPtr::new(std::ptr::null_mut())
    }
}

#[cfg(target_has_atomic = "ptr")]
impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}

/// A variable that is false.
#[cfg(target_has_atomic = "8")]
#[deprecated(since = "0.1.0", note = "replaced by `AtomicBool::new()`, as in `std`")]
#[expect(clippy::declare_interior_mutable_const, reason = "the original is one")]
pub const ATOMIC_BOOL_INIT: AtomicBool = AtomicBool::new(false);

/// A variable that is 0.
#[cfg(target_has_atomic = "ptr")]
#[deprecated(since = "0.1.0", note = "replaced by `AtomicIsize::new()`, as in `std`")]
#[expect(clippy::declare_interior_mutable_const, reason = "the original is one")]
pub const ATOMIC_ISIZE_INIT: AtomicIsize = AtomicIsize::new(0);

/// A variable that is 0.
#[cfg(target_has_atomic = "ptr")]
#[deprecated(since = "0.1.0", note = "replaced by `AtomicUsize::new()`, as in `std`")]
#[expect(clippy::declare_interior_mutable_const, reason = "the original is one")]
pub const ATOMIC_USIZE_INIT: AtomicUsize = AtomicUsize::new(0);

/// What an exchange did: one that fails reads.
#[inline]
fn exchanged<T>(result: Result<T, T>) -> (Result<T, T>, Access) {
    let access = if result.is_ok() { Access::Both } else { Access::Read };
    (result, access)
}
