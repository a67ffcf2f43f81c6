//! The order as JSON has it: lists, sorted by name.

use std::collections::{BTreeMap, BTreeSet};

use lockgraph::finding::{Class, Place};
use lockgraph::id::LockKind;
use serde::{Deserialize, Serialize};

use super::{Edge, Example, Known, Order, Pair};
use crate::seen::Seen;

/// An [`Order`] as rows.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderRows {
    classes: Vec<ClassRow>,
    edges: Vec<EdgeRow>,
    /// For each run in which edges go round: the positions of those edges.
    together: Vec<Vec<usize>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassRow {
    name: String,
    kind: String,
    made_at: Option<PlaceRow>,
    first_taken_at: Option<PlaceRow>,
    made_for: Option<PlaceRow>,
    most: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EdgeRow {
    from: String,
    to: String,
    count: u64,
    runs: u64,
    r#in: BTreeSet<String>,
    seen: Vec<SeenRow>,
    example: ExampleRow,
    held_shared: bool,
    wanted_shared: bool,
    under: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    under_permits: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleRow {
    held_at: Option<PlaceRow>,
    wanted_at: Option<PlaceRow>,
    seen_in: Option<SeenRow>,
}

/// Who ran.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SeenRow {
    Test(String),
    Program(String),
}

impl From<&Seen> for SeenRow {
    fn from(seen: &Seen) -> SeenRow {
        match seen {
            Seen::Test(name) => SeenRow::Test(name.clone()),
            Seen::Program(name) => SeenRow::Program(name.clone()),
        }
    }
}

impl From<SeenRow> for Seen {
    fn from(row: SeenRow) -> Seen {
        match row {
            SeenRow::Test(name) => Seen::Test(name),
            SeenRow::Program(name) => Seen::Program(name),
        }
    }
}

/// A place.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceRow {
    file: String,
    line: u32,
    column: u32,
}

impl From<&Place> for PlaceRow {
    fn from(place: &Place) -> PlaceRow {
        PlaceRow { file: place.file.clone(), line: place.line, column: place.column }
    }
}

impl From<PlaceRow> for Place {
    fn from(row: PlaceRow) -> Place {
        Place { file: row.file, line: row.line, column: row.column }
    }
}

impl From<&Order> for OrderRows {
    fn from(order: &Order) -> OrderRows {
        let pairs: Vec<&Pair> = order.edges.keys().collect();
        // Every edge that goes round is there.
        let at = |pair: &Pair| pairs.binary_search(&pair).ok();
        OrderRows {
            classes: order.classes.iter().map(|(name, known)| class_row(name, known)).collect(),
            edges: order.edges.iter().map(edge_row).collect(),
            together: order
                .together
                .iter()
                .map(|edges| edges.iter().filter_map(at).collect())
                .collect(),
        }
    }
}

fn class_row(name: &str, known: &Known) -> ClassRow {
    let (made_at, first_taken_at) = match &known.class {
        Class::Made(place) => (Some(place.into()), None),
        Class::FirstTaken(place) => (None, Some(place.into())),
        Class::Named(_) | Class::Unknown => (None, None),
    };
    ClassRow {
        name: name.to_string(),
        kind: known.kind.name().to_string(),
        made_at,
        first_taken_at,
        made_for: known.made_for.as_ref().map(PlaceRow::from),
        most: known.most,
    }
}

fn edge_row(((from, to), edge): (&Pair, &Edge)) -> EdgeRow {
    let Example { held, wanted, seen } = &edge.example;
    EdgeRow {
        from: from.clone(),
        to: to.clone(),
        count: edge.count,
        runs: edge.runs,
        r#in: edge.within.clone(),
        seen: edge.seen.iter().map(SeenRow::from).collect(),
        example: ExampleRow {
            held_at: held.as_ref().map(PlaceRow::from),
            wanted_at: wanted.as_ref().map(PlaceRow::from),
            seen_in: seen.as_ref().map(SeenRow::from),
        },
        held_shared: edge.are_reads.0,
        wanted_shared: edge.are_reads.1,
        under: edge
            .under
            .iter()
            .filter(|(_, most)| **most == 1)
            .map(|(gate, _)| gate.clone())
            .collect(),
        under_permits: edge
            .under
            .iter()
            .filter(|(_, most)| **most > 1)
            .map(|(gate, most)| (gate.clone(), *most))
            .collect(),
    }
}

impl TryFrom<OrderRows> for Order {
    type Error = String;

    /// Fails on what no [`OrderRows`] of ours has: the name of a kind that is none, positions
    /// beyond the edges.
    fn try_from(rows: OrderRows) -> Result<Order, String> {
        let mut order = Order::default();
        for row in rows.classes {
            let (name, known) = class(row)?;
            order.classes.insert(name, known);
        }
        let pairs: Vec<Pair> =
            rows.edges.iter().map(|row| (row.from.clone(), row.to.clone())).collect();
        order.edges = pairs.iter().cloned().zip(rows.edges.into_iter().map(edge)).collect();
        for positions in rows.together {
            let pair = |at: usize| {
                pairs.get(at).cloned().ok_or(format!("`together` names edge {at}, which is none"))
            };
            order.circle(positions.into_iter().map(pair).collect::<Result<_, _>>()?);
        }
        Ok(order)
    }
}

fn class(row: ClassRow) -> Result<(String, Known), String> {
    let kind = LockKind::ALL.into_iter().find(|kind| kind.name() == row.kind);
    let kind = kind.ok_or_else(|| format!("`{}` is no kind of lock", row.kind))?;
    let class = match (row.made_at, row.first_taken_at) {
        (Some(place), _) => Class::Made(place.into()),
        (None, Some(place)) => Class::FirstTaken(place.into()),
        (None, None) => Class::Named(row.name.clone()),
    };
    let made_for = row.made_for.map(Place::from);
    Ok((row.name, Known { kind, class, made_for, most: row.most }))
}

fn edge(row: EdgeRow) -> Edge {
    Edge {
        count: row.count,
        runs: row.runs,
        within: row.r#in,
        seen: row.seen.into_iter().map(Seen::from).collect(),
        example: Example {
            held: row.example.held_at.map(Place::from),
            wanted: row.example.wanted_at.map(Place::from),
            seen: row.example.seen_in.map(Seen::from),
        },
        are_reads: (row.held_shared, row.wanted_shared),
        under: row.under.into_iter().map(|gate| (gate, 1)).chain(row.under_permits).collect(),
    }
}
