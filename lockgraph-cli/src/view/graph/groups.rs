//! Groups of nodes: one a crate, or one a module where a crate has too many.
//!
//! Without groups a page of some hundred nodes is still read; of more, nobody sees anything.

use std::collections::BTreeMap;

use super::Group;
use crate::view::module::Module;

/// Graphs of so many nodes are shown whole.
const WHOLE: usize = 300;
/// A group of more nodes is split by module, one level at a time.
const MOST: usize = 60;

/// The groups, by name, of nodes in these modules; none if there are few nodes.
pub(super) fn groups(modules: &[Module]) -> Vec<Group> {
    if modules.len() <= WHOLE {
        return Vec::new();
    }
    let mut groups = Vec::new();
    for (name, nodes) in split(modules, (0..modules.len()).collect(), 1) {
        add(&mut groups, modules, (name, nodes), 1);
    }
    groups.sort_by(|a: &Group, b| a.name.cmp(&b.name));
    groups
}

/// Adds a group, or those that it falls into.
fn add(groups: &mut Vec<Group>, modules: &[Module], group: (String, Vec<usize>), depth: usize) {
    let (name, nodes) = group;
    let is_deeper = nodes.iter().any(|node| modules[*node].path.split("::").count() > depth);
    if nodes.len() > MOST && is_deeper {
        for part in split(modules, nodes, depth + 1) {
            add(groups, modules, part, depth + 1);
        }
        return;
    }
    let name = if name.is_empty() { "elsewhere".to_string() } else { name };
    let parts = nodes.len().div_ceil(MOST);
    let size = nodes.len().div_ceil(parts.max(1));
    for (number, nodes) in (1..).zip(nodes.chunks(size.max(1))) {
        let name = if parts > 1 { format!("{name} ({number} of {parts})") } else { name.clone() };
        groups.push(Group { name, nodes: nodes.to_vec() });
    }
}

/// Nodes by the first so many names of their paths.
fn split(modules: &[Module], nodes: Vec<usize>, depth: usize) -> BTreeMap<String, Vec<usize>> {
    let mut parts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for node in nodes {
        let path: Vec<&str> = modules[node].path.split("::").take(depth).collect();
        parts.entry(path.join("::")).or_default().push(node);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many nodes in each of these modules; the groups and their sizes.
    fn check(modules: &[(&str, usize)], want: &[(&str, usize)]) {
        let of = |path: &str| Module {
            krate: path.split("::").next().unwrap_or_default().into(),
            path: path.into(),
        };
        let modules: Vec<Module> =
            modules.iter().flat_map(|(path, count)| vec![of(path); *count]).collect();
        let groups = groups(&modules);
        let got: Vec<(&str, usize)> =
            groups.iter().map(|group| (group.name.as_str(), group.nodes.len())).collect();
        assert_eq!(got, want);
        let mut nodes: Vec<usize> = groups.iter().flat_map(|group| group.nodes.clone()).collect();
        nodes.sort_unstable();
        let all = if want.is_empty() { 0 } else { modules.len() };
        assert_eq!(nodes, (0..all).collect::<Vec<_>>());
    }

    #[test]
    fn few_nodes_are_in_no_group() {
        check(&[("a", 300)], &[]);
    }

    #[test]
    fn crates_are_groups_and_large_ones_fall_into_modules() {
        check(
            &[("a", 2), ("a::x", 55), ("a::y", 10), ("b", 60), ("c::x::y", 59), ("", 130)],
            &[
                ("a", 2),
                ("a::x", 55),
                ("a::y", 10),
                ("b", 60),
                ("c", 59),
                ("elsewhere (1 of 3)", 44),
                ("elsewhere (2 of 3)", 44),
                ("elsewhere (3 of 3)", 42),
            ],
        );
    }
}
