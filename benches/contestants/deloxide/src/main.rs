//! deloxide with its order graph, started as its documentation says.

rows::locks!(Theirs: deloxide, deloxide::thread::scope, original std::sync);

fn main() {
    deloxide::Deloxide::new().start().expect("nothing else has started it");
    rows::main::<Theirs>();
}
