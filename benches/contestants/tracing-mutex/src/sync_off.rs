//! tracing-mutex as a release build has it.

rows::locks!(Theirs: tracing_mutex::stdsync, std::thread::scope, original std::sync, unwrap);

fn main() {
    rows::main::<Theirs>();
}
