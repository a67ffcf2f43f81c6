//! In a build that is not instrumented, every name is the original.

use std::any::{TypeId, type_name};

use lockgraph::crossbeam_channel as ours;

fn check_same<Ours: 'static, Original: 'static>() {
    assert_eq!(TypeId::of::<Ours>(), TypeId::of::<Original>(), "{}", type_name::<Original>());
}

#[test]
fn names_are_those_of_the_original() {
    check_same::<ours::Sender<u8>, crossbeam_channel::Sender<u8>>();
    check_same::<ours::Receiver<u8>, crossbeam_channel::Receiver<u8>>();
    check_same::<ours::Select<'static>, crossbeam_channel::Select<'static>>();
    let (sender, receiver) = ours::named::unbounded(&"unused");
    let (bounded, of_bounded) = ours::named::bounded(&"unused", 1);
    sender.send(1).unwrap();
    bounded.send(2).unwrap();
    let received = ours::select! {
        recv(receiver) -> message => message.unwrap() + of_bounded.recv().unwrap(),
    };
    assert_eq!(received, 3);
}
