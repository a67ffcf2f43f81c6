//! parking_lot 0.12, with the features that the package asks for.

rows::locks!(
    Original: parking_lot, std::thread::scope, original parking_lot;
    waits {
        fn turns() -> Option<rows::Turns> {
            Some(rows::turns!(parking_lot))
        }
    }
);

fn main() {
    rows::main::<Original>();
}
