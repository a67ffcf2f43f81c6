//! `lockgraph::parking_lot`, as a program uses it that replaced `use parking_lot` by it.

rows::locks!(
    Ours: lockgraph::parking_lot, lockgraph::thread::scope, original parking_lot;
    waits {
        fn turns() -> Option<rows::Turns> {
            Some(rows::turns!(lockgraph::parking_lot))
        }
    }
);

fn main() {
    rows::main::<Ours>();
}
