//! tracing-mutex in the shape of parking_lot, also traced in release builds.

rows::locks!(
    Theirs: tracing_mutex::parkinglot::tracing, std::thread::scope, original parking_lot
);

fn main() {
    rows::main::<Theirs>();
}
