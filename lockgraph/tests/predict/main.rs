//! The analysis of whole runs, held against the truth: real traces with known counts, families of
//! traces made to have known patterns, and random traces about which everything was tried.
//!
//! | variable | |
//! |---|---|
//! | `LOCKGRAPH_SEED` | the first seed of random traces (1) |
//! | `LOCKGRAPH_TRACES` | how many of each mix (100,000) |
//!
//! | file | what is in it |
//! |---|---|
//! | `oracle` | all reorderings of a small trace, by trying them; the rules, by name |
//! | `known` | small traces with answers known by hand, for the oracle and the analysis |
//! | `counts` | real traces and families of traces, with known counts |
//! | `random_traces`, `shrink` | random traces; what differs, made short |
//! | `schedule` | whether a schedule can be taken and where it leads |
//! | `round_trip` | whether a schedule, read as a trace, is the deadlock |
//! | `told` | how much of it is told |
//! | `verdicts` | what is told of patterns without a schedule |
//! | `rules` | no rule of the oracle can be dropped unnoticed; of the analysis see `tests/mutations` |
//! | `analysis` | what the analysis says, in the words of the oracle |

mod analysis;
mod counts;
#[path = "../../../tests/families/mod.rs"]
mod families;
mod known;
mod oracle;
mod random_traces;
mod round_trip;
mod rules;
mod schedule;
mod shrink;
mod std_text;
mod told;
mod verdicts;
