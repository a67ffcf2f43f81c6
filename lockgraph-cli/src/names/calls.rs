//! The calls in a file, and the fields that are given values, from its tokens.
//!
//! Tokens and not expressions, so that what is written in a macro's invocation (`vec![Mutex::new(0)]`)
//! counts as what is written in the open. A brace after which comes a name and one colon, or a name
//! and a comma, can only be that of a struct.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt as _;

use super::outline::{At, Field};

/// How the names of types end that are locks, or are waited for.
const LOCKS: [&str; 10] = [
    "Mutex",
    "Lock",
    "Condvar",
    "Semaphore",
    "Barrier",
    "Notify",
    "Event",
    "WaitGroup",
    "Parker",
    "Banker",
];
/// Of these, what is made at its first use, around whatever is made then.
const LAZY: [&str; 2] = ["LazyLock", "OnceLock"];
const CHANNELS: [&str; 5] =
    ["channel", "sync_channel", "bounded", "unbounded", "unbounded_channel"];
/// What makes no lock, but is around many.
const WRAPPERS: [&str; 9] =
    ["Arc", "Rc", "Box", "Pin", "Cell", "RefCell", "Some", "Ok", "CachePadded"];
const KEYWORDS: [&str; 12] =
    ["if", "while", "match", "return", "in", "for", "let", "move", "else", "break", "await", "as"];

/// One call: of a function, of a method, or of a macro.
pub(super) struct Call {
    /// Where the compiler says that it is: a function's path, or a method's name.
    pub(super) at: At,
    /// The last two parts of a function's path, a method's name, or a macro's with `!`.
    pub(super) callee: String,
    /// The fields whose value it is, or a part of it: `.inner.accounts`.
    pub(super) field: String,
    /// What a method is called on, if that is a static or a field of `self`: `AUDIT`,
    /// `self.accounts`.
    pub(super) receiver: String,
    is_method: bool,
}

impl Call {
    /// Whether it makes a lock, as far as its name tells.
    pub(super) fn is_lock(&self) -> bool {
        let (kind, function) = self.callee.rsplit_once("::").unwrap_or(("", &self.callee));
        if CHANNELS.contains(&function) {
            return !self.is_method;
        }
        let makes = ["new", "const_new", "default", "from", "with_"];
        makes.iter().any(|start| function.starts_with(start))
            && LOCKS.iter().any(|end| kind.ends_with(end))
            && !LAZY.contains(&kind)
    }

    /// Whether it may make one.
    pub(super) fn may_make(&self) -> bool {
        let first = self.callee.split("::").next().unwrap_or_default();
        !self.is_method && !WRAPPERS.contains(&first)
    }
}

/// Those of a file, in no order.
pub(super) fn of(file: TokenStream) -> (Vec<Call>, Vec<Field>) {
    let mut scan = Scan { calls: Vec::new(), fields: Vec::new() };
    scan.stream(file, "");
    (scan.calls, scan.fields)
}

struct Scan {
    calls: Vec<Call>,
    fields: Vec<Field>,
}

impl Scan {
    fn stream(&mut self, tokens: TokenStream, field: &str) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        self.trees(&trees, field);
    }

    fn trees(&mut self, trees: &[TokenTree], field: &str) {
        let mut at = 0;
        while at < trees.len() {
            at = match &trees[at] {
                TokenTree::Group(group) => {
                    self.group(group, field);
                    at + 1
                }
                TokenTree::Punct(punct) if punct.as_char() == '.' => self.method(trees, at, field),
                _ => self.function(trees, at, field),
            };
        }
    }

    fn group(&mut self, group: &Group, field: &str) {
        let trees: Vec<TokenTree> = group.stream().into_iter().collect();
        if group.delimiter() == Delimiter::Brace && begins_field(&trees) {
            self.values(&trees, field);
        } else {
            self.trees(&trees, field);
        }
    }

    /// The inside of the braces of a struct.
    fn values(&mut self, trees: &[TokenTree], field: &str) {
        let mut from = 0;
        while from < trees.len() {
            let comma = |at: &usize| is(trees, *at, ',') && begins_field(&trees[at + 1..]);
            let to = (from..trees.len()).find(comma).unwrap_or(trees.len());
            let value = &trees[from..to];
            match field_name(value) {
                Some(name) => {
                    let name = format!("{field}.{name}");
                    self.trees(&value[2..], &name);
                    let (start, end) = (At::start(value[0].span()), &value[value.len() - 1]);
                    self.fields.push(Field { name, start, end: At::end(end.span()) });
                }
                None => self.trees(value, field),
            }
            from = to + 1;
        }
    }

    /// A path, which may be called: `a::Mutex::<u8>::new(..)`, `<Mutex<_>>::default()`, `vec![..]`.
    fn function(&mut self, trees: &[TokenTree], at: usize, field: &str) -> usize {
        let Some(path) = path(trees, at) else { return at + 1 };
        let end = path.end;
        let is_macro = is(trees, end, '!');
        let Some(TokenTree::Group(arguments)) = trees.get(end + usize::from(is_macro)) else {
            return end;
        };
        let is_call = is_macro || arguments.delimiter() == Delimiter::Parenthesis;
        let is_definition = at > 0 && name(&trees[at - 1]).is_some_and(|before| before == "fn");
        if !is_call || is_definition || KEYWORDS.contains(&path.callee.as_str()) {
            return end;
        }
        let mark = if is_macro { "!" } else { "" };
        self.calls.push(Call {
            at: At::start(trees[at].span()),
            callee: format!("{}{mark}", path.callee),
            field: field.to_string(),
            receiver: String::new(),
            is_method: false,
        });
        // Its arguments come next, as a group.
        end + usize::from(is_macro)
    }

    /// `.lock()`
    fn method(&mut self, trees: &[TokenTree], at: usize, field: &str) -> usize {
        // `..base` is no method.
        let is_range = at > 0 && is(trees, at - 1, '.');
        let Some(callee) = trees.get(at + 1).and_then(name).filter(|_| !is_range) else {
            return at + 1;
        };
        let mut end = at + 2;
        if is_colons(trees, end) {
            end = after_angles(trees, end + 2).unwrap_or(end);
        }
        if let Some(TokenTree::Group(group)) = trees.get(end)
            && group.delimiter() == Delimiter::Parenthesis
        {
            self.calls.push(Call {
                at: At::start(trees[at + 1].span()),
                callee,
                field: field.to_string(),
                receiver: receiver(trees, at),
                is_method: true,
            });
        }
        end
    }
}

struct Path {
    /// Its last two parts.
    callee: String,
    /// Where what follows it is.
    end: usize,
}

/// The path that begins at a token.
fn path(trees: &[TokenTree], at: usize) -> Option<Path> {
    let mut parts: Vec<String> = Vec::new();
    let mut end = at;
    match &trees[at] {
        TokenTree::Ident(_) => {
            parts.extend(name(&trees[at]));
            end += 1;
        }
        TokenTree::Punct(_) if is_colons(trees, at) => {}
        // After a name or a value it would be a comparison.
        TokenTree::Punct(_) if at == 0 || matches!(trees[at - 1], TokenTree::Punct(_)) => {
            end = after_angles(trees, at)?;
            parts.extend(self_type(&trees[at + 1..end]));
        }
        _ => return None,
    }
    while is_colons(trees, end) {
        end += 2;
        if let Some(after) = after_angles(trees, end) {
            end = after;
        } else {
            parts.push(trees.get(end).and_then(name)?);
            end += 1;
        }
    }
    let callee = parts[parts.len().saturating_sub(2)..].join("::");
    (!parts.is_empty()).then_some(Path { callee, end })
}

/// The name of the type in `<a::Mutex<_> as Default>`, from after the first bracket.
fn self_type(trees: &[TokenTree]) -> Option<String> {
    let mut depth = 0;
    let mut last = None;
    for tree in trees {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth -= 1,
            TokenTree::Ident(ident) if depth == 0 && ident == "as" => break,
            TokenTree::Ident(_) if depth == 0 => last = name(tree),
            _ => {}
        }
    }
    last
}

/// What follows `<..>`, if it begins here.
fn after_angles(trees: &[TokenTree], at: usize) -> Option<usize> {
    if !is(trees, at, '<') {
        return None;
    }
    let mut depth = 0;
    for here in at..trees.len() {
        let is_arrow = here > at && is(trees, here - 1, '-');
        depth += i32::from(is(trees, here, '<'));
        depth -= i32::from(is(trees, here, '>') && !is_arrow);
        if depth == 0 {
            return Some(here + 1);
        }
    }
    None
}

/// What a method is called on, by the dot: `AUDIT`, `self.accounts`; or nothing.
fn receiver(trees: &[TokenTree], dot: usize) -> String {
    let mut parts = Vec::new();
    let mut end = dot;
    while let Some(part) = end.checked_sub(1).and_then(|at| name(&trees[at])) {
        parts.insert(0, part);
        end -= 1;
        if end == 0 || !is(trees, end - 1, '.') {
            break;
        }
        end -= 1;
    }
    let is_static = |part: &String| {
        part.chars().any(char::is_uppercase) && !part.chars().any(char::is_lowercase)
    };
    match &parts[..] {
        [only] if is_static(only) => only.clone(),
        [first, _, ..] if first == "self" => parts.join("."),
        _ => String::new(),
    }
}

/// Whether a part of a struct begins here: `accounts: ..`, `accounts,`, `..base`, or its end.
fn begins_field(trees: &[TokenTree]) -> bool {
    let is_short = || name(&trees[0]).is_some() && (trees.len() == 1 || is(trees, 1, ','));
    let is_base = || is(trees, 0, '.') && is(trees, 1, '.');
    field_name(trees).is_some()
        || !trees.is_empty() && (is_short() || is_base() || is(trees, 0, '#'))
}

/// `accounts` of `accounts: ..`.
fn field_name(trees: &[TokenTree]) -> Option<String> {
    let is_field = is(trees, 1, ':') && !is_colons(trees, 1);
    trees.first().filter(|_| is_field).and_then(name)
}

fn name(tree: &TokenTree) -> Option<String> {
    match tree {
        TokenTree::Ident(ident) => Some(ident.unraw().to_string()),
        _ => None,
    }
}

fn is(trees: &[TokenTree], at: usize, character: char) -> bool {
    matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_colons(trees: &[TokenTree], at: usize) -> bool {
    let is_joint = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
    is(trees, at, ':') && is(trees, at + 1, ':') && is_joint(&trees[at])
}
