//! Finds the structs that have a raw lock, and puts the wrapper around it.

use syn::spanned::Spanned;
use syn::{Field, Fields, File, ImplItem, Item, ItemStruct, Type};

use super::edit::Edits;
use super::error::RewriteError;
use super::found::Found;
use super::shape::{BORROWERS, FROM_RAW, OWNERS, Owner};

/// Wraps the raw locks in the structs of a file. Returns the struct that owns one; in the whole
/// file, the name of its field then stands for a wrapped lock and nothing else.
pub(super) fn wrap(
    file: &File,
    edits: &mut Edits,
    found: &mut Found,
) -> Result<Option<Owner>, RewriteError> {
    let mut owner = None;
    let mut wrapped = Vec::new();
    let structs = || {
        file.items.iter().filter_map(|item| match item {
            Item::Struct(item) => Some(item),
            _ => None,
        })
    };
    for item in structs() {
        for field in &item.fields {
            let Some((raw, kind)) = raw_lock(item, field) else { continue };
            let wrapper = match kind {
                Kind::Owned(new) => {
                    if owner.replace(new).is_some() {
                        let reason = "a second struct with a raw lock in one file";
                        return Err(RewriteError::at(item.ident.span(), reason));
                    }
                    found.wrapped.push(new.name);
                    edits.after(item.span(), addition(new, file)?);
                    new.wrapper
                }
                Kind::Borrowed(name) => {
                    found.wrapped.push(name);
                    OWNERS[0].wrapper
                }
                Kind::Unknown => {
                    let reason = "a field with a raw lock that is not known";
                    return Err(RewriteError::at(field.span(), reason));
                }
            };
            edits.before(raw.span(), format!("{wrapper}<"));
            edits.after(raw.span(), ">");
            wrapped.push((&item.ident, &field.ident));
        }
    }
    let Some(owner) = owner else { return Ok(None) };
    for item in structs() {
        let is_other = |field: &&Field| {
            is_called(field, owner.field) && !wrapped.contains(&(&item.ident, &field.ident))
        };
        if let Some(field) = item.fields.iter().find(is_other) {
            let reason = "a field called like that with the raw lock";
            return Err(RewriteError::at(field.span(), reason));
        }
    }
    Ok(Some(owner))
}

enum Kind {
    /// The struct has the raw lock itself.
    Owned(Owner),
    /// The struct of this name borrows the raw lock.
    Borrowed(&'static str),
    /// The struct has a raw lock, but nobody knows what for.
    Unknown,
}

/// The raw lock in the type of a field: a type parameter of the struct, or a reference to one.
fn raw_lock<'f>(item: &ItemStruct, field: &'f Field) -> Option<(&'f Type, Kind)> {
    let (raw, is_borrowed) = match &field.ty {
        Type::Reference(reference) => (&*reference.elem, true),
        owned => (owned, false),
    };
    let Type::Path(path) = raw else { return None };
    item.generics.type_params().find(|param| path.path.is_ident(&param.ident))?;
    // The other parameter of reentrant mutexes: what knows threads.
    if is_called(field, "get_thread_id") {
        return None;
    }
    let kind = if is_borrowed {
        let known = BORROWERS.into_iter().find(|name| item.ident == name);
        known.filter(|_| is_called(field, "raw")).map(Kind::Borrowed)
    } else {
        let known = |owner: &Owner| item.ident == owner.name && is_called(field, owner.field);
        let is_named = matches!(item.fields, Fields::Named(_));
        OWNERS.into_iter().find(known).filter(|_| is_named).map(Kind::Owned)
    };
    Some((raw, kind.unwrap_or(Kind::Unknown)))
}

fn is_called(field: &Field, name: &str) -> bool {
    field.ident.as_ref().is_some_and(|ident| ident == name)
}

/// What is added behind a struct, with the name that this file has for what it calls.
fn addition(owner: Owner, file: &File) -> Result<String, RewriteError> {
    if !owner.addition.contains("FROM_RAW") {
        return Ok(owner.addition.to_owned());
    }
    let impls = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(&item.items),
        _ => None,
    });
    let functions: Vec<_> = impls
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(function) => Some(&function.sig.ident),
            _ => None,
        })
        .collect();
    let from_raw = FROM_RAW.into_iter().find(|name| functions.iter().any(|found| found == name));
    let Some(from_raw) = from_raw else {
        return Err(RewriteError::shape(format!("nothing makes a `{}` of its parts", owner.name)));
    };
    Ok(owner.addition.replace("FROM_RAW", from_raw))
}
