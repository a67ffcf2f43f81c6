//! The graph of a page, from traces and orders made by hand.

use lockgraph::finding::{Class, Finding};

use super::*;
use crate::staged;

fn graph(edges: &[(u64, u64)], findings: &[Finding]) -> Graph {
    let mut builder = GraphBuilder::new();
    builder.add("a.lgt", &["bank t".to_string()], &staged::edges(edges));
    builder.finish(&found(findings), &Files::default())
}

fn found(findings: &[Finding]) -> Vec<Found> {
    findings.iter().map(|finding| staged::found("a.lgt", finding)).collect()
}

/// Each edge by the names of its ends.
fn named(graph: &Graph) -> Vec<String> {
    let name = |node: usize| graph.nodes[node].name.as_str();
    graph.edges.iter().map(|edge| format!("{}>{}", name(edge.from), name(edge.to))).collect()
}

#[test]
fn a_trace_is_told_in_full() {
    let mut builder = GraphBuilder::new();
    builder.add("a.lgt", &["bank t".to_string()], &staged::report());
    builder.add("b.lgt", &[], &staged::edges(&[(1, 2), (2, 3)]));
    let graph = builder.finish(&[], &Files::default());
    assert_eq!(named(&graph), ["lock-1>lock-2", "lock-2>lock-1", "lock-2>lock-3"]);
    assert_eq!(graph.cycles, [[0, 1]]);
    let node = &graph.nodes[0];
    assert_eq!((node.kind, node.cycle, node.group), ("mutex", Some(0), None));
    assert_eq!((node.krate.as_str(), node.module.as_str()), ("crate", "crate::a"));
    let instance =
        |run: &str, acquisitions| Instance { id: 1, run: run.into(), acquisitions, contended: 0 };
    assert_eq!(node.instances, [instance("a.lgt", 6), instance("b.lgt", 0)]);
    assert_eq!(node.instance_count, 2);
    let edge = &graph.edges[0];
    assert_eq!((edge.count, edge.is_in_cycle), (2, true));
    assert_eq!(edge.threads, ["t1"]);
    assert_eq!(edge.tests, ["bank t"]);
    let held_at = Place { file: "src/a.rs".into(), line: 1, column: 5 };
    assert_eq!(edge.held_at, Some(held_at));
    assert!(!graph.edges[2].is_in_cycle);
    assert!(graph.nodes[2].layer > graph.nodes[1].layer);
}

#[test]
fn findings_are_matched_by_class_or_by_place_or_by_number() {
    let in_edges = |graph: &Graph| -> Vec<Vec<usize>> {
        graph.edges.iter().map(|edge| edge.findings.clone()).collect()
    };
    let edges = [(1, 2), (2, 1), (2, 3)];
    let both = [staged::cycle(), staged::named(staged::cycle().kind, staged::cycle().verdict)];
    assert_eq!(in_edges(&graph(&edges, &both)), [vec![0, 1], vec![0], vec![]]);

    // Classes that the graph does not know, at places that it does.
    let mut derived = staged::cycle();
    crate::places::each_lock(&mut derived, &mut |lock| {
        lock.class = Class::Named(format!("field {}", lock.id));
    });
    assert_eq!(in_edges(&graph(&edges, std::slice::from_ref(&derived))), [[0; 0], [0; 0], [0; 0]]);
    let mut report = staged::edges(&edges);
    let step = derived.steps[1].clone();
    report.edges[1].from_site = Some(staged::place("src/a.rs", 10, 5));
    report.edges[1].to_site = step.site;
    let mut builder = GraphBuilder::new();
    builder.add("a.lgt", &[], &report);
    let placed = builder.finish(&found(&[derived]), &Files::default());
    assert_eq!(in_edges(&placed), [vec![], vec![0], vec![]]);

    // Nothing is known of the locks: the same number in another trace is another lock.
    let mut unknown = staged::cycle();
    crate::places::each_lock(&mut unknown, &mut |lock| lock.class = Class::Unknown);
    for step in &mut unknown.steps {
        step.site = None;
    }
    let mut report = staged::edges(&edges);
    for row in &mut report.edges {
        (row.from.class, row.to.class) = (Class::Unknown, Class::Unknown);
    }
    for (trace, want) in
        [("a.lgt", [vec![0], vec![0], vec![]]), ("b.lgt", [vec![], vec![], vec![]])]
    {
        let mut builder = GraphBuilder::new();
        builder.add(trace, &[], &report);
        assert_eq!(
            in_edges(&builder.finish(&found(std::slice::from_ref(&unknown)), &Files::default())),
            want
        );
    }
}

#[test]
fn an_order_adds_what_no_trace_has() {
    let mut builder = GraphBuilder::new();
    builder.add("a.lgt", &["bank t".to_string()], &staged::edges(&[(1, 2)]));
    let calls = [("A", "lock-1"), ("B", "lock-2")];
    let mut order = staged::order_called("bank u", "A>B B>C", &calls);
    // As a report has a class that a name was given to in the program.
    for (name, known) in &mut order.classes {
        known.class = Class::Named(name.clone());
    }
    builder.add_order(&order);
    let graph = builder.finish(&[], &Files::default());
    assert_eq!(named(&graph), ["lock-1>lock-2", "lock-2>C"]);
    let counts: Vec<u64> = graph.edges.iter().map(|edge| edge.count).collect();
    assert_eq!(counts, [1, 1]);
    assert_eq!(graph.edges[0].tests, ["bank t", "bank u"]);
    assert_eq!(graph.edges[1].functions, ["f2"]);
    assert_eq!((graph.nodes[2].instance_count, graph.nodes[2].instances.len()), (1, 0));
}

#[test]
fn names_are_short_different_and_cannot_move_a_cursor() {
    for hostile in staged::hostile() {
        let mut report = staged::edges(&[(1, 2), (3, 4)]);
        report.edges[0].from.class = Class::Named(hostile.clone());
        report.edges[0].from_site = Some(staged::place(&hostile, 1, 1));
        report.edges[1].from.class = Class::Made(staged::place(&hostile, 1, 1));
        let mut builder = GraphBuilder::new();
        builder.add(&hostile, std::slice::from_ref(&hostile), &report);
        let graph = builder.finish(&[], &Files::default());
        let names: BTreeSet<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names.len(), 4);
        let told = [&graph.edges[0].tests[0], &graph.nodes[0].instances[0].run];
        for name in names.into_iter().chain(told.map(String::as_str)) {
            // Each character may be spelled out.
            assert!(name.chars().count() < 1000, "{name}");
            assert!(!name.chars().any(char::is_control), "{name:?}");
        }
    }
}

#[test]
fn two_places_of_one_name_are_told_apart() {
    let mut report = staged::edges(&[(1, 2)]);
    report.edges[0].from.class = Class::Made(staged::place("a/src/pool.rs", 3, 5));
    report.edges[0].to.class = Class::Made(staged::place("b/src/pool.rs", 3, 5));
    let mut builder = GraphBuilder::new();
    builder.add("a.lgt", &[], &report);
    let graph = builder.finish(&[], &Files::default());
    assert_eq!(named(&graph), ["a/src/pool.rs:3:5>b/src/pool.rs:3:5"]);
    let modules: Vec<&str> = graph.nodes.iter().map(|node| node.module.as_str()).collect();
    assert_eq!(modules, ["a::pool", "b::pool"]);
}

#[test]
fn many_nodes_are_in_groups_and_lists_are_bounded() {
    let mut report = staged::edges(&[]);
    for at in 0..400_u32 {
        let mut row = staged::edges(&[(1, 2)]).edges.remove(0);
        row.from.class = Class::Made(staged::place(&format!("c{}/src/lib.rs", at % 5), at, 1));
        row.to = staged::lock(u64::from(at) + 10);
        row.threads = (0..30).map(staged::thread).collect();
        report.edges.push(row);
    }
    let mut builder = GraphBuilder::new();
    builder.add("a.lgt", &[], &report);
    let graph = builder.finish(&[], &Files::default());
    assert_eq!(graph.nodes.len(), 401);
    let many = graph.nodes.iter().find(|node| node.name == "many").unwrap();
    assert_eq!((many.instance_count, many.instances.len()), (400, 100));
    assert_eq!(graph.edges[0].threads.len(), 20);
    assert!(graph.groups.iter().all(|group| group.nodes.len() <= 60), "{:?}", graph.groups);
    for (at, node) in graph.nodes.iter().enumerate() {
        assert!(graph.groups[node.group.unwrap()].nodes.contains(&at));
    }
}

#[test]
fn the_model_of_the_page_is_kept_to() {
    let mut told = serde_json::to_value(graph(&[(1, 2)], &[])).unwrap();
    let node = told["nodes"][0].take();
    let keys: Vec<&String> = node.as_object().unwrap().keys().collect();
    let want = [
        "crate",
        "cycle",
        "group",
        "instance_count",
        "instances",
        "kind",
        "layer",
        "module",
        "name",
        "order",
        "place",
    ];
    assert_eq!(keys, want);
    let place = serde_json::json!({"file": "src/a.rs", "line": 2, "column": 9});
    assert_eq!(told["edges"][0]["wanted_at"], place);
}
