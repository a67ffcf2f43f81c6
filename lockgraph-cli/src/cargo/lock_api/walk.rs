//! Walks a source file of `lock_api` and notes the edits.
//!
//! Which field of the file has the raw lock is known by now. Every use of that field is looked at
//! together with what it is used for. A use that no rule knows is an error, wherever it is. So are
//! macros, but for `defer!`, whose body is walked as code: there a lock is taken again for a guard
//! that is alive.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprField, File, Ident, Member, Type};

use super::edit::Edits;
use super::error::RewriteError;
use super::found::Found;
use super::shape::{Generation, NO_WISH, Owner, Wish, wish};
use super::structs;

/// The variable with the place of a function's caller.
const SITE: &str = "lockgraph_site";

/// Notes the edits of one file.
pub(super) fn walk(file: &File, edits: &mut Edits, found: &mut Found) -> Result<(), RewriteError> {
    let owner = structs::wrap(file, edits, found)?;
    let mut walk = Walk {
        edits,
        found,
        owner,
        functions: Vec::new(),
        self_type: None,
        is_trait_impl: false,
        defers: 0,
        error: None,
    };
    walk.visit_file(file);
    walk.error.map_or(Ok(()), Err)
}

struct Walk<'a> {
    edits: &'a mut Edits,
    found: &'a mut Found,
    /// The struct of this file that has the raw lock. Its field's name stands for nothing else.
    owner: Option<Owner>,
    /// The functions around the present place, the innermost last.
    functions: Vec<Function>,
    self_type: Option<Ident>,
    is_trait_impl: bool,
    /// How many `defer!` there are around the present place.
    defers: usize,
    error: Option<RewriteError>,
}

struct Function {
    name: Ident,
    is_placed: bool,
}

impl Walk<'_> {
    fn fail(&mut self, span: Span, reason: &str) {
        self.error.get_or_insert_with(|| RewriteError::at(span, reason));
    }

    /// Whether it is the field with the raw lock.
    fn is_raw(&self, member: &Member) -> bool {
        self.owner.is_some_and(|owner| matches!(member, Member::Named(name) if name == owner.field))
    }

    /// `expr`, if it is the field with the raw lock.
    fn raw_field<'e>(&self, expr: &'e Expr) -> Option<&'e ExprField> {
        match expr {
            Expr::Field(expr) => self.is_raw(&expr.member).then_some(expr),
            Expr::Paren(expr) => self.raw_field(&expr.expr),
            _ => None,
        }
    }

    fn is_in(&self, function: &str) -> bool {
        self.functions.last().is_some_and(|innermost| innermost.name == function)
    }

    /// `field.method(..)`
    fn use_raw(&mut self, field: &ExprField, method: &Ident) {
        match wish(&method.to_string()) {
            Some(Wish::Take) => {
                let at = if self.defers > 0 { "again" } else { "at" };
                self.edits.after(field.span(), format!(".{at}({SITE})"));
                match self.functions.last_mut() {
                    Some(function) => function.is_placed = true,
                    None => self.fail(method.span(), "a lock is taken outside of a function"),
                }
            }
            Some(Wish::Give) => {}
            Some(Wish::Look) => self.edits.after(field.span(), ".untracked()"),
            None => self.fail(method.span(), "a method of the raw lock that is not known"),
        }
    }

    /// Walks a function, and says the place of its caller in it if anything there wants to know.
    fn enter(&mut self, name: &Ident, body: &Block, walk: impl FnOnce(&mut Self)) -> bool {
        let defers = std::mem::take(&mut self.defers);
        self.functions.push(Function { name: name.clone(), is_placed: false });
        walk(self);
        self.defers = defers;
        let is_placed = self.functions.pop().is_some_and(|function| function.is_placed);
        if is_placed {
            let place = format!(" let {SITE} = ::core::panic::Location::caller();");
            self.edits.after(body.brace_token.span.open(), place);
        }
        is_placed
    }

    /// Whether a method is to know its caller: all but those that others call for the user.
    fn wants_caller(&self, name: &Ident) -> bool {
        const OF_TRAITS: [&str; 4] = ["default", "from", "serialize", "deserialize"];
        let is_inherent = !self.is_trait_impl;
        self.owner.is_some() && (is_inherent || OF_TRAITS.iter().any(|known| name == known))
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_none() && !self.found.is_declared {
            self.found.is_declared = true;
            self.edits.before(item.span(), "#[allow(warnings, clippy::all)] mod lockgraph_raw; ");
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if item.ident.to_string().starts_with("Raw") {
            for part in &item.items {
                match part {
                    syn::TraitItem::Fn(function) => {
                        let name = function.sig.ident.to_string();
                        if wish(&name).is_none() && !NO_WISH.contains(&&*name) {
                            self.fail(function.sig.ident.span(), "a raw method that is not known");
                        }
                    }
                    syn::TraitItem::Type(part) if item.ident == "RawMutex" => {
                        self.found.generation = match part.ident.to_string().as_str() {
                            "GuardMarker" => Some(Generation::Marker),
                            "Guard" => Some(Generation::Guard),
                            _ => None,
                        };
                    }
                    _ => {}
                }
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let is_trait_impl = std::mem::replace(&mut self.is_trait_impl, item.trait_.is_some());
        let name = match &*item.self_ty {
            Type::Path(path) => path.path.segments.last().map(|part| part.ident.clone()),
            _ => None,
        };
        let self_type = std::mem::replace(&mut self.self_type, name);
        visit::visit_item_impl(self, item);
        self.self_type = self_type;
        self.is_trait_impl = is_trait_impl;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let name = &item.sig.ident;
        let wants_caller = self.wants_caller(name);
        let is_placed = self.enter(name, &item.block, |walk| visit::visit_impl_item_fn(walk, item));
        if is_placed && !wants_caller {
            self.fail(name.span(), "a lock is taken where its user is not known");
        }
        if wants_caller && !item.attrs.iter().any(|attr| attr.path().is_ident("track_caller")) {
            let start = match &item.vis {
                syn::Visibility::Inherited => item.sig.span(),
                visible => visible.span(),
            };
            self.edits.before(start, "#[track_caller] ");
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let name = &item.sig.ident;
        if self.enter(name, &item.block, |walk| visit::visit_item_fn(walk, item)) {
            self.fail(name.span(), "a lock is taken where its user is not known");
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let is_condvar = self.owner.is_some_and(|owner| owner.name == "Condvar");
        if let Some(field) = self.raw_field(&call.receiver) {
            self.use_raw(field, &call.method);
            self.visit_expr(&field.base);
            call.args.iter().for_each(|arg| self.visit_expr(arg));
            return;
        }
        // A condition variable asks for the raw lock of a mutex.
        if is_condvar && call.method == "raw" && call.args.is_empty() {
            self.edits.replace(call.method.span(), "lockgraph_raw");
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_reference(&mut self, expr: &'ast syn::ExprReference) {
        match (self.raw_field(&expr.expr), self.owner) {
            // `&self.raw` as what the method `raw` returns
            (Some(field), Some(owner)) if self.is_in("raw") && expr.mutability.is_none() => {
                self.edits.replace(expr.and_token.span(), "");
                self.edits.after(expr.span(), owner.hand_out);
                self.found.handed_out.push(owner.name);
                self.visit_expr(&field.base);
            }
            _ => visit::visit_expr_reference(self, expr),
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let init = local.init.as_ref().filter(|init| init.diverge.is_none());
        let value = init.map(|init| match &*init.expr {
            Expr::Reference(expr) if expr.mutability.is_none() => &*expr.expr,
            expr => expr,
        });
        match (&local.pat, value.and_then(|value| self.raw_field(value))) {
            // On the way to a mapped guard: `let raw = &guard.mutex.raw;`, `let raw = guard.raw;`
            (syn::Pat::Ident(_), Some(field)) => self.visit_expr(&field.base),
            _ => visit::visit_local(self, local),
        }
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast syn::ExprTuple) {
        for expr in &tuple.elems {
            match self.raw_field(expr) {
                Some(field) if self.is_in("into_inner_with_raw") => {
                    self.edits.after(field.span(), ".into_raw()");
                    self.visit_expr(&field.base);
                }
                _ => self.visit_expr(expr),
            }
        }
    }

    fn visit_expr_struct(&mut self, expr: &'ast syn::ExprStruct) {
        let name = match expr.path.segments.last() {
            Some(part) if part.ident == "Self" => self.self_type.clone(),
            part => part.map(|part| part.ident.clone()),
        };
        let made = |owner: &Owner| name.as_ref().is_some_and(|name| name == owner.name);
        let Some(owner) = self.owner.filter(made) else {
            return visit::visit_expr_struct(self, expr);
        };
        for field in &expr.fields {
            if !self.is_raw(&field.member) {
                self.visit_field_value(field);
                continue;
            }
            let member = match field.colon_token {
                Some(_) => String::new(),
                None => format!("{}: ", owner.field),
            };
            self.edits.before(field.expr.span(), format!("{member}{}(", owner.constructor));
            self.edits.after(field.expr.span(), ")");
            self.found.constructed.push(owner.name);
            self.visit_expr(&field.expr);
        }
        if let Some(rest) = &expr.rest {
            self.fail(rest.span(), "a raw lock is taken over from another lock");
        }
    }

    fn visit_expr_field(&mut self, expr: &'ast ExprField) {
        if self.is_raw(&expr.member) {
            self.fail(expr.span(), "a use of a raw lock that is not known");
        }
        visit::visit_expr_field(self, expr);
    }

    fn visit_pat_struct(&mut self, pat: &'ast syn::PatStruct) {
        if pat.fields.iter().any(|field| self.is_raw(&field.member)) {
            self.fail(pat.span(), "a use of a raw lock that is not known");
        }
        visit::visit_pat_struct(self, pat);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if !call.path.is_ident("defer") {
            if let Some(owner) = self.owner
                && mentions(call.tokens.clone(), owner.field)
            {
                self.fail(call.span(), "a raw lock in a macro that is not known");
            }
            return;
        }
        match call.parse_body_with(Block::parse_within) {
            Ok(body) => {
                self.defers += 1;
                body.iter().for_each(|statement| self.visit_stmt(statement));
                self.defers -= 1;
            }
            Err(error) => self.fail(error.span(), "a `defer!` that is not code"),
        }
    }
}

/// Whether `.field` is among the tokens, at any depth.
fn mentions(tokens: TokenStream, field: &str) -> bool {
    let mut after_dot = false;
    tokens.into_iter().any(|token| {
        let is_field = matches!(&token, TokenTree::Ident(name) if after_dot && name == field);
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        is_field || matches!(token, TokenTree::Group(group) if mentions(group.stream(), field))
    })
}
