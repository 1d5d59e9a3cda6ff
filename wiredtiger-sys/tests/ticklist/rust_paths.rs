//! The public functions of the safe crate, by reading its source.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use syn::{ImplItem, Item, TraitItem, Type, Visibility};

/// `Type::function`, `Trait::function` and `function`, from every file below the folder.
pub(crate) fn public_functions(dir: &Path) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    read_dir(dir, &mut names)?;
    Ok(names)
}

fn read_dir(dir: &Path, names: &mut BTreeSet<String>) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", dir.display());
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            read_dir(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let told = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
            let text = fs::read_to_string(&path).map_err(|why| told(&why))?;
            let file = syn::parse_file(&text).map_err(|why| told(&why))?;
            file.items.iter().for_each(|item| read_item(item, names));
        }
    }
    Ok(())
}

fn read_item(item: &Item, names: &mut BTreeSet<String>) {
    let public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    match item {
        Item::Fn(function) if public(&function.vis) => {
            names.insert(function.sig.ident.to_string());
        }
        Item::Impl(block) => {
            let Type::Path(ty) = &*block.self_ty else {
                return;
            };
            let Some(ty) = ty.path.segments.last() else {
                return;
            };
            for item in &block.items {
                if let ImplItem::Fn(function) = item
                    && public(&function.vis)
                {
                    names.insert(format!("{}::{}", ty.ident, function.sig.ident));
                }
            }
        }
        Item::Trait(definition) if public(&definition.vis) => {
            for item in &definition.items {
                if let TraitItem::Fn(function) = item {
                    names.insert(format!("{}::{}", definition.ident, function.sig.ident));
                }
            }
        }
        Item::Mod(module) => {
            let items = module.content.iter().flat_map(|(_, items)| items);
            items.for_each(|item| read_item(item, names));
        }
        _ => {}
    }
}
