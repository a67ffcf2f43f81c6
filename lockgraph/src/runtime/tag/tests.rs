//! Numbers and classes, as they are given.

use super::*;
use crate::runtime::identity::ClassRef;

#[test]
fn a_number_that_was_given_meanwhile_is_not_mixed_with_the_promised_one() {
    let site = Location::caller();
    let tag = Tag::unplaced(LockKind::Mutex);
    let promised = LockId(77 << 40);
    assert_eq!(tag.promise(promised, site).lock(), promised);
    assert!(tag.known_id().is_none(), "a promise gives nothing");
    let number = tag.id(site);
    assert_eq!(tag.promise(promised, site).lock(), number);
}

#[test]
fn a_lock_that_a_constant_made_is_of_the_class_where_it_was_held_first() {
    let site = Location::caller();
    let tag = Tag::unplaced(LockKind::Mutex);
    let (word, _) = tag.number_first(site, || Some(LockId(5))).expect("it is new");
    assert_eq!((word.number(), tag.known_id()), (LockId(5), Some(LockId(5))));
    assert!(matches!(tag.identity().class(), Some(ClassRef::FirstTaken(at)) if at == site));
    assert!(tag.number_first(site, || Some(LockId(6))).is_none(), "not any more");
    tag.mark_sendable();
    assert!(tag.identity().is_sendable());
    assert_eq!(tag.identity().lock(), LockId(5));
}
