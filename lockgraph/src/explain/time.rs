//! How long, in words.

/// So many nanoseconds, to three digits: "1.25 s", "340 ms".
pub fn time(nanos: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "\u{b5}s")];
    // What would be rounded up to a thousand is one of the next unit.
    let unit = units.iter().find(|(unit, _)| nanos >= *unit - *unit / 2000);
    let Some((unit, name)) = unit else { return format!("{nanos} ns") };
    let count = nanos as f64 / *unit as f64;
    let digits = match count {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{count:.digits$}");
    let text = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        for (nanos, want) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 \u{b5}s"),
            (12_340, "12.3 \u{b5}s"),
            (999_400, "999 \u{b5}s"),
            (999_600, "1 ms"),
            (100_000_000, "100 ms"),
            (1_004_000_000, "1 s"),
            (1_250_000_000, "1.25 s"),
            (61_000_000_000, "61 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(time(nanos), want, "{nanos}");
        }
    }
}
