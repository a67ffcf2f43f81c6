//! tracing-mutex in the shape of parking_lot, as a release build has it.

rows::locks!(Theirs: tracing_mutex::parkinglot, std::thread::scope, original parking_lot);

fn main() {
    rows::main::<Theirs>();
}
