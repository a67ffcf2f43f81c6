//! `lockgraph::sync`, as a program uses it that replaced `use std::sync` by it.

rows::locks!(
    Ours: lockgraph::sync, lockgraph::thread::scope, original std::sync, unwrap;
    channels lockgraph::sync::mpsc
);

fn main() {
    rows::main::<Ours>();
}
