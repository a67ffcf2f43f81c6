//! The items of a file, with their paths from the file on.
//!
//! An `impl` goes by its type alone: `Bank::transfer`. Only where two of them have a function of one
//! name for one type, the trait is said too (`<Bank as From>::from`), and where that is not enough
//! everything (`<Bank as From<u8>>::from`). Twins of which only one is compiled share their path.
//!
//! Macros are not expanded. What is written in their invocations as `static NAME` or `fn name` is
//! taken for an item.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Fields, Type};

use super::outline::{At, Field, Item};

/// The items of a file in the order of their starts, and the fields of its structs.
pub(super) fn of(file: &syn::File) -> (Vec<Item>, Vec<Field>) {
    let mut walk = Walk { nodes: Vec::new(), fields: Vec::new(), around: Vec::new() };
    walk.visit_file(file);
    let paths = paths(&walk.nodes);
    let items = walk.nodes.into_iter().zip(paths);
    (items.map(|(node, path)| Item { path, ..node.item }).collect(), walk.fields)
}

struct Node {
    label: Label,
    /// Without its path.
    item: Item,
}

enum Label {
    Name(String),
    Impl(Owner),
}

/// What an `impl` is for.
struct Owner {
    /// `Bank`
    name: String,
    /// `Bank<T>`
    full: String,
    /// `From` and `From<u8>`
    of: Option<(String, String)>,
}

struct Walk {
    nodes: Vec<Node>,
    fields: Vec<Field>,
    /// The items around the present place, the innermost last.
    around: Vec<usize>,
}

impl Walk {
    fn enter(
        &mut self,
        label: Label,
        (start, end): (Span, Span),
        is_value: bool,
        walk: impl FnOnce(&mut Self),
    ) {
        let item = Item {
            path: String::new(),
            start: At::start(start),
            end: At::end(end),
            parent: self.around.last().copied(),
            is_value,
        };
        self.nodes.push(Node { label, item });
        self.around.push(self.nodes.len() - 1);
        walk(self);
        self.around.pop();
    }

    fn name(&mut self, name: &Ident, extent: (Span, Span), walk: impl FnOnce(&mut Self)) {
        self.enter(label(name), extent, false, walk);
    }

    /// A static or a constant. `const _` has no name: what it has inside is its surroundings'.
    fn value(&mut self, name: &Ident, extent: (Span, Span), walk: impl FnOnce(&mut Self)) {
        if name == "_" { walk(self) } else { self.enter(label(name), extent, true, walk) }
    }

    fn structure(&mut self, name: &Ident, extent: (Span, Span), fields: &Fields) {
        self.name(name, extent, |_| {});
        for (number, field) in fields.iter().enumerate() {
            let number = || number.to_string();
            let name = field.ident.as_ref().map_or_else(number, |name| name.unraw().to_string());
            let (start, end) = (At::start(field.span()), At::end(field.span()));
            self.fields.push(Field { name: format!(".{name}"), start, end });
        }
    }

    /// What looks like an item in the tokens of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            let Some((name, is_value)) = declared(&trees[at..]) else {
                if let TokenTree::Group(group) = &trees[at] {
                    self.tokens(group.stream());
                }
                at += 1;
                continue;
            };
            let is_end = |tree: &TokenTree| match tree {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => !is_value && group.delimiter() == Delimiter::Brace,
                _ => false,
            };
            let length = trees[at..].iter().position(is_end);
            let end = length.map_or(trees.len() - 1, |length| at + length);
            let extent = (trees[at].span(), trees[end].span());
            // Past its own name, or it would be found again.
            let inside: TokenStream = trees[at + 2..=end].iter().cloned().collect();
            self.enter(label(&name), extent, is_value, |walk| walk.tokens(inside));
            at = end + 1;
        }
    }
}

/// Where an item begins: its attributes are a part of it.
fn start(attributes: &[Attribute], keyword: Span) -> Span {
    attributes.first().map_or(keyword, |attribute| attribute.pound_token.span)
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // One in a file of its own is named by that.
        if let Some((brace, _)) = &item.content {
            let extent = (start(&item.attrs, item.mod_token.span), brace.span.close());
            self.name(&item.ident, extent, |walk| visit::visit_item_mod(walk, item));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let end = item.block.brace_token.span.close();
        let extent = (start(&item.attrs, item.sig.fn_token.span), end);
        self.name(&item.sig.ident, extent, |walk| visit::visit_item_fn(walk, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let end = item.block.brace_token.span.close();
        let extent = (start(&item.attrs, item.sig.fn_token.span), end);
        self.name(&item.sig.ident, extent, |walk| visit::visit_impl_item_fn(walk, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            let end = block.brace_token.span.close();
            let extent = (start(&item.attrs, item.sig.fn_token.span), end);
            self.name(&item.sig.ident, extent, |walk| visit::visit_trait_item_fn(walk, item));
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().map(|(path, _)| (last_part(path), tight(path)));
        let owner = Owner { name: type_name(&item.self_ty), full: tight(&item.self_ty), of };
        let extent = (start(&item.attrs, item.impl_token.span), item.brace_token.span.close());
        let walk = |walk: &mut Walk| visit::visit_item_impl(walk, item);
        self.enter(Label::Impl(owner), extent, false, walk);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let extent = (start(&item.attrs, item.trait_token.span), item.brace_token.span.close());
        self.name(&item.ident, extent, |walk| visit::visit_item_trait(walk, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let extent = (start(&item.attrs, item.static_token.span), item.semi_token.span);
        self.value(&item.ident, extent, |walk| visit::visit_item_static(walk, item));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let extent = (start(&item.attrs, item.const_token.span), item.semi_token.span);
        self.value(&item.ident, extent, |walk| visit::visit_item_const(walk, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        let extent = (start(&item.attrs, item.const_token.span), item.semi_token.span);
        self.value(&item.ident, extent, |walk| visit::visit_impl_item_const(walk, item));
    }

    fn visit_trait_item_const(&mut self, item: &'ast syn::TraitItemConst) {
        let extent = (start(&item.attrs, item.const_token.span), item.semi_token.span);
        self.value(&item.ident, extent, |walk| visit::visit_trait_item_const(walk, item));
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let brace = match &item.fields {
            Fields::Named(fields) => Some(fields.brace_token.span.close()),
            _ => item.semi_token.as_ref().map(|semi| semi.span),
        };
        let keyword = item.struct_token.span;
        let extent = (start(&item.attrs, keyword), brace.unwrap_or(keyword));
        self.structure(&item.ident, extent, &item.fields);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let extent = (start(&item.attrs, item.enum_token.span), item.brace_token.span.close());
        self.name(&item.ident, extent, |_| {});
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        let Some(name) = &item.ident else { return self.visit_macro(&item.mac) };
        let first = item.mac.path.segments.first().map_or(name.span(), |part| part.ident.span());
        let extent = (start(&item.attrs, first), item.mac.delimiter.span().close());
        self.enter(Label::Name(format!("{}!", name.unraw())), extent, false, |_| {});
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
    }
}

/// `static NAME`, `static ref NAME` or `fn name`, at the beginning.
fn declared(trees: &[TokenTree]) -> Option<(Ident, bool)> {
    let ident = |at: usize| match trees.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    };
    let keyword = ident(0)?;
    if keyword == "fn" {
        return Some((ident(1)?.clone(), false));
    }
    let name = ident(1).filter(|_| keyword == "static")?;
    if name == "ref" || name == "mut" {
        Some((ident(2)?.clone(), true))
    } else {
        Some((name.clone(), true))
    }
}

/// The path of each node. Those around it come before it.
fn paths(nodes: &[Node]) -> Vec<String> {
    let plain = joined(nodes, |_, owner| owner.name.clone());
    // By path: what all the types and traits are that have it.
    let mut owners: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for (node, path) in nodes.iter().zip(&plain) {
        if let Some(owner) = owner(nodes, node) {
            owners.entry(path).or_default().insert((owner.with_trait(), owner.with_all()));
        }
    }
    joined(nodes, |at, owner| {
        let all = &owners[plain[at].as_str()];
        let with_trait = owner.with_trait();
        if all.len() < 2 {
            owner.name.clone()
        } else if all.iter().filter(|(other, _)| *other == with_trait).count() < 2 {
            with_trait
        } else {
            owner.with_all()
        }
    })
}

/// The paths, if an `impl` around a node is called what `call` says.
fn joined(nodes: &[Node], call: impl Fn(usize, &Owner) -> String) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let name = match &node.label {
            Label::Name(name) => name.clone(),
            Label::Impl(owner) => owner.name.clone(),
        };
        let prefix = match (owner(nodes, node), node.item.parent) {
            (Some(owner), Some(parent)) => {
                let outer = nodes[parent].item.parent.map(|outer| format!("{}::", paths[outer]));
                Some(format!("{}{}", outer.unwrap_or_default(), call(at, owner)))
            }
            (None, parent) => parent.map(|parent| paths[parent].clone()),
            (Some(_), None) => None,
        };
        paths.push(prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}::{name}")));
    }
    paths
}

/// The `impl` that a node lies in.
fn owner<'n>(nodes: &'n [Node], node: &Node) -> Option<&'n Owner> {
    match &nodes[node.item.parent?].label {
        Label::Impl(owner) => Some(owner),
        Label::Name(_) => None,
    }
}

impl Owner {
    fn with_trait(&self) -> String {
        match &self.of {
            Some((name, _)) => format!("<{} as {name}>", self.name),
            None => self.name.clone(),
        }
    }

    fn with_all(&self) -> String {
        match &self.of {
            Some((_, full)) => format!("<{} as {full}>", self.full),
            None => self.full.clone(),
        }
    }
}

fn label(name: &Ident) -> Label {
    Label::Name(name.unraw().to_string())
}

fn type_name(of: &Type) -> String {
    match of {
        Type::Path(of) if of.qself.is_none() => last_part(&of.path),
        Type::Reference(of) => type_name(&of.elem),
        Type::Paren(of) => type_name(&of.elem),
        Type::Group(of) => type_name(&of.elem),
        other => tight(other),
    }
}

fn last_part(path: &syn::Path) -> String {
    path.segments.last().map(|part| part.ident.unraw().to_string()).unwrap_or_default()
}

/// As it is written, without needless space.
fn tight(of: &impl Spanned) -> String {
    let text = of.span().source_text().unwrap_or_default();
    let mut tight = String::new();
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    for part in text.split_whitespace() {
        if tight.ends_with(is_word) && part.starts_with(is_word) {
            tight.push(' ');
        }
        tight.push_str(part);
    }
    tight
}
