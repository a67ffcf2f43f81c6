//! Atomic variables: every signature, and what each operation does.

use crate::sync::atomic::*;

const ORDER: Ordering = Ordering::SeqCst;

/// What all variables have, as the types of function pointers.
macro_rules! signatures {
    ($name:ident, $value:ty $(, $($operation:ident)+)?) => {{
        #[expect(clippy::declare_interior_mutable_const, reason = "that it compiles is the test")]
        const MADE: $name = $name::new(0 as $value);
        const BACK: $value = $name::new(0 as $value).into_inner();
        assert_eq!((MADE.into_inner(), BACK), (0 as $value, 0 as $value));
        assert_eq!(size_of::<$name>(), size_of::<$value>());
        let _: fn($value) -> $name = $name::new;
        let _: fn($value) -> $name = From::from;
        let _: fn() -> $name = Default::default;
        let _: unsafe fn(*mut $value) -> &'static $name = $name::from_ptr;
        let _: fn(&$name) -> *mut $value = $name::as_ptr;
        let _: fn(&mut $name) -> &mut $value = $name::get_mut;
        let _: fn(&$name, Ordering) -> $value = $name::load;
        let _: fn(&$name, $value, Ordering) = $name::store;
        let _: fn(&$name, $value, Ordering) -> $value = $name::swap;
        type Exchange = fn(&$name, $value, $value, Ordering, Ordering) -> Result<$value, $value>;
        let _: Exchange = $name::compare_exchange;
        let _: Exchange = $name::compare_exchange_weak;
        type F = fn($value) -> Option<$value>;
        let _: fn(&$name, Ordering, Ordering, F) -> Result<$value, $value> = $name::fetch_update;
        let _: fn(&$name, Ordering, Ordering, F) -> Result<$value, $value> = $name::try_update;
        type G = fn($value) -> $value;
        let _: fn(&$name, Ordering, Ordering, G) -> $value = $name::update;
        $($(let _: fn(&$name, $value, Ordering) -> $value = $name::$operation;)+)?
    }};
}

macro_rules! integers {
    ($($name:ident $value:ty),+) => {
        $(signatures!(
            $name, $value, fetch_add fetch_sub fetch_and fetch_nand fetch_or fetch_xor fetch_max
                fetch_min
        );)+
    };
}

#[test]
fn the_signatures_are_those_of_the_originals() {
    integers!(
        AtomicI8 i8, AtomicU8 u8, AtomicI16 i16, AtomicU16 u16, AtomicI32 i32, AtomicU32 u32,
        AtomicI64 i64, AtomicU64 u64, AtomicIsize isize, AtomicUsize usize
    );
    let _: [fn(&AtomicBool, bool, Ordering) -> bool; 4] = [
        AtomicBool::fetch_and,
        AtomicBool::fetch_nand,
        AtomicBool::fetch_or,
        AtomicBool::fetch_xor,
    ];
    let _: fn(&AtomicBool, Ordering) -> bool = AtomicBool::fetch_not;
    type Move = fn(&AtomicPtr<u8>, usize, Ordering) -> *mut u8;
    let _: [Move; 7] = [
        AtomicPtr::fetch_ptr_add,
        AtomicPtr::fetch_ptr_sub,
        AtomicPtr::fetch_byte_add,
        AtomicPtr::fetch_byte_sub,
        AtomicPtr::fetch_or,
        AtomicPtr::fetch_and,
        AtomicPtr::fetch_xor,
    ];
    let _: fn(Ordering) = fence;
    let _: fn(Ordering) = compiler_fence;
}

#[test]
fn an_integer_changes_as_it_says() {
    let mut number = AtomicU8::new(1);
    assert_eq!((number.load(ORDER), number.swap(6, ORDER)), (1, 1));
    assert_eq!((number.fetch_add(255, ORDER), number.fetch_sub(6, ORDER)), (6, 5));
    assert_eq!((number.fetch_and(0x0f, ORDER), number.fetch_nand(0x0f, ORDER)), (255, 15));
    assert_eq!((number.fetch_or(1, ORDER), number.fetch_xor(1, ORDER)), (0xf0, 0xf1));
    assert_eq!((number.fetch_max(0xf2, ORDER), number.fetch_min(3, ORDER)), (0xf0, 0xf2));
    assert_eq!(number.compare_exchange(2, 4, ORDER, ORDER), Err(3));
    assert_eq!(number.compare_exchange(3, 4, ORDER, ORDER), Ok(3));
    while number.compare_exchange_weak(4, 5, ORDER, ORDER).is_err() {}
    #[expect(deprecated, reason = "the original still has it")]
    let before = (number.compare_and_swap(1, 2, ORDER), number.compare_and_swap(5, 6, ORDER));
    assert_eq!(before, (5, 5));
    assert_eq!(number.fetch_update(ORDER, ORDER, |number| number.checked_add(250)), Err(6));
    assert_eq!(number.fetch_update(ORDER, ORDER, |number| number.checked_add(1)), Ok(6));
    assert_eq!(number.try_update(ORDER, ORDER, |number| number.checked_add(1)), Ok(7));
    assert_eq!(number.update(ORDER, ORDER, |number| number + 1), 8);
    *number.get_mut() += 1;
    number.store(number.load(ORDER) + 1, ORDER);
    assert_eq!((format!("{number:?}"), number.into_inner()), ("11".to_owned(), 11));
}

#[test]
fn booleans_and_pointers_change_as_they_say() {
    let flag = AtomicBool::default();
    assert_eq!((flag.fetch_or(true, ORDER), flag.fetch_not(ORDER)), (false, true));
    assert_eq!((flag.fetch_nand(true, ORDER), flag.fetch_xor(true, ORDER)), (false, true));
    assert_eq!((flag.fetch_and(true, ORDER), format!("{flag:?}")), (false, "false".to_owned()));

    let mut values = [1_u16, 2, 3];
    let first = values.as_mut_ptr();
    let pointer = AtomicPtr::from(first);
    assert_eq!(
        (pointer.fetch_ptr_add(2, ORDER), pointer.fetch_byte_sub(2, ORDER)),
        (first, first.wrapping_add(2)),
    );
    assert_eq!(pointer.load(ORDER), first.wrapping_add(1));
    assert_eq!(format!("{pointer:p}"), format!("{:p}", first.wrapping_add(1)));
    assert!(AtomicPtr::<u8>::default().load(ORDER).is_null());
}

#[test]
fn a_value_behind_a_pointer_is_a_variable() {
    let mut value = 1;
    // SAFETY: it is aligned, and nobody else uses it meanwhile.
    let variable = unsafe { AtomicU32::from_ptr(&raw mut value) };
    assert_eq!(variable.fetch_add(1, ORDER), 1);
    assert_eq!(variable.as_ptr(), &raw mut value);
    assert_eq!(value, 2);
}

#[test]
#[should_panic(expected = "there is no such thing as a release load")]
fn an_order_that_is_none_for_loads_panics() {
    let order = std::hint::black_box(Ordering::Release);
    AtomicU32::new(1).load(order);
}
