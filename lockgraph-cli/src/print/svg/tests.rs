//! Pictures, read again.

use std::collections::BTreeSet;

use lockgraph::check::Report;
use roxmltree::{Document, Node as Element};

use super::*;
use crate::staged;

fn printed(report: &Report, is_by_class: bool) -> String {
    let mut order = OrderGraph::new(is_by_class);
    order.add(0, report);
    order.find_cycles();
    let mut out = Vec::new();
    graph(&mut out, &order).unwrap();
    String::from_utf8(out).unwrap()
}

fn of_class<'a>(document: &'a Document<'_>, class: &str) -> Vec<Element<'a, 'a>> {
    let elements = document.descendants();
    elements
        .filter(|it| it.tag_name().name() == "g" && it.attribute("class") == Some(class))
        .collect()
}

fn number(element: Element<'_, '_>, name: &str) -> f64 {
    element.attribute(name).unwrap().parse().unwrap()
}

/// The boxes of nodes, moved to where they are in the picture: left, top, right, bottom.
fn boxes(document: &Document<'_>) -> Vec<[f64; 4]> {
    let rects =
        document.descendants().filter(|it| it.has_tag_name(("http://www.w3.org/2000/svg", "rect")));
    let in_nodes = rects.filter(|it| it.attribute("rx").is_some());
    in_nodes
        .map(|rect| {
            let part = rect.ancestors().find_map(|it| it.attribute("transform")).unwrap();
            let part = part.trim_start_matches("translate(").trim_end_matches(')');
            let (x, y) = part.split_once(' ').unwrap();
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            let (left, top) = (x + number(rect, "x"), y + number(rect, "y"));
            [left, top, left + number(rect, "width"), top + number(rect, "height")]
        })
        .collect()
}

/// Looks whether it is a picture in which nothing overlaps or lies outside.
fn check(text: &str) {
    let document = Document::parse(text).unwrap();
    let svg = document.root_element();
    let (width, height) = (number(svg, "width"), number(svg, "height"));
    let boxes = boxes(&document);
    for (at, [left, top, right, bottom]) in boxes.iter().enumerate() {
        assert!(*left >= 0.0 && *top >= 0.0 && *right <= width && *bottom <= height, "{text}");
        for [l, t, r, b] in &boxes[..at] {
            let is_apart = left > r || l > right || top > b || t > bottom;
            assert!(is_apart, "two boxes overlap: {text}");
        }
    }
    let known = ["svg", "title", "style", "defs", "marker", "path", "rect", "text", "g", "circle"];
    let names: BTreeSet<&str> =
        document.descendants().filter(Element::is_element).map(|it| it.tag_name().name()).collect();
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
}

#[test]
fn a_small_picture() {
    let text = printed(&staged::edges(&[(1, 2), (2, 1), (2, 3)]), false);
    check(&text);
    assert_eq!(text, include_str!("small.svg"));
}

#[test]
fn every_node_and_edge_is_there_and_cycles_are_marked() {
    let edges = [(1, 2), (2, 3), (3, 1), (3, 4), (5, 6), (7, 7), (5, 8), (8, 6)];
    let text = printed(&staged::edges(&edges), false);
    check(&text);
    let document = Document::parse(&text).unwrap();
    let counts =
        ["node", "node cycle", "edge", "edge cycle"].map(|class| of_class(&document, class).len());
    assert_eq!(counts, [4, 4, 4, 4]);
    let title =
        |it: &Element<'_, '_>| it.first_element_child().unwrap().text().unwrap().to_string();
    let titles: Vec<String> = of_class(&document, "edge cycle").iter().map(title).collect();
    let want = "lock-1 -> lock-2, once by t1\nheld since a.rs:1:5, wanted at a.rs:2:9";
    assert!(titles.iter().any(|title| title == want), "{titles:?}");
}

#[test]
fn classes_count_their_locks() {
    let text = printed(&staged::edges(&[(10, 11), (1, 12)]), true);
    check(&text);
    assert!(text.contains(">mutex, 3 locks</text>"), "{text}");
    assert!(text.contains(">Lock order: 2 classes, 2 edges, 0 cycles</text>"), "{text}");
}

#[test]
fn nothing_is_a_picture_too() {
    check(&printed(&Report::default(), false));
}

#[test]
fn hostile_names_are_text() {
    for hostile in staged::hostile() {
        let report = staged::edges_with_name(&hostile);
        check(&printed(&report, false));
    }
}

#[test]
fn a_wide_graph_of_many_parts_is_packed_in_rows() {
    let pairs: Vec<(u64, u64)> = (0..60).map(|at| (100 + 2 * at, 101 + 2 * at)).collect();
    let text = printed(&staged::edges(&pairs), false);
    check(&text);
    let document = Document::parse(&text).unwrap();
    let svg = document.root_element();
    let ratio = number(svg, "width") / number(svg, "height");
    assert!((0.8..2.5).contains(&ratio), "{ratio}");
}
