//! Each rule matters: with it dropped, the oracle says something else about some random trace. So
//! an analysis without that rule does not pass the tests of random traces.

use crate::families::random::{self, MIXES};
use crate::oracle::{self, Explorer, Rule, Rules};

/// By then the difference must have come.
const TRACES: u64 = 50_000;
const LONGEST: u64 = 40;

#[test]
fn without_a_rule_something_else_is_found() {
    for (rule, name) in Rule::ALL {
        let (_, mix) = MIXES.iter().find(|(other, _)| *other == name).expect("there is this mix");
        let mut explorer = Explorer::new();
        let differs = |seed: &u64| {
            let events = random::events(mix, LONGEST, *seed);
            let answer = oracle::answer(&events, &mut explorer);
            oracle::answer_by(Rules::without(rule), &events, &mut explorer) != answer
        };
        let seed = (1..TRACES).find(differs);
        println!("{rule:?}: seed {seed:?} of {name}");
        assert!(seed.is_some(), "{rule:?} makes no difference in {TRACES} traces of {name}");
    }
}
