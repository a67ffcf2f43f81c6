//! deloxide with its order graph, started as its documentation says.

rows::locks!(
    Theirs: deloxide, deloxide::thread::scope, original std::sync;
    waits {
        fn turns() -> Option<rows::Turns> {
            Some(rows::turns!(deloxide))
        }
    }
);

fn main() {
    deloxide::Deloxide::new().start().expect("nothing else has started it");
    rows::main::<Theirs>();
}
