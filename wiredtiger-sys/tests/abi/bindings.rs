//! What the bindings hold, read with `syn`.

use std::collections::BTreeMap;

use syn::{
    FnArg, ForeignItem, Item, ItemForeignMod, ItemStruct, ItemUse, ReturnType, Type, UseTree,
};

pub(crate) struct Bindings {
    pub(crate) structs: Vec<Struct>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) functions: Vec<Function>,
    /// Names that bindgen made for nested types, with their names in C.
    pub(crate) renamed: BTreeMap<String, String>,
}

pub(crate) struct Struct {
    pub(crate) name: String,
    /// Empty when C only declares the struct.
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

pub(crate) struct Constant {
    pub(crate) name: String,
    pub(crate) kind: ConstantKind,
}

#[derive(PartialEq, Eq)]
pub(crate) enum ConstantKind {
    Integer,
    Text,
}

pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) inputs: Vec<Type>,
    pub(crate) variadic: bool,
    pub(crate) output: ReturnType,
}

impl Field {
    /// Bindgen puts an underscore behind the words that Rust keeps for itself.
    pub(crate) fn c_name(&self) -> &str {
        self.name.strip_suffix('_').unwrap_or(&self.name)
    }
}

impl Bindings {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file = syn::parse_file(text).map_err(|why| format!("the bindings: {why}"))?;
        let mut all = Self {
            structs: Vec::new(),
            constants: Vec::new(),
            aliases: Vec::new(),
            functions: Vec::new(),
            renamed: BTreeMap::new(),
        };
        for item in file.items {
            all.add(item)?;
        }
        Ok(all)
    }

    fn add(&mut self, item: Item) -> Result<(), String> {
        match item {
            Item::Struct(item) => self.structs.push(read_struct(item)?),
            Item::Const(item) => {
                let name = item.ident.to_string();
                let kind = constant_kind(&item.ty)
                    .ok_or_else(|| format!("constant {name} is neither an integer nor a text"))?;
                self.constants.push(Constant { name, kind });
            }
            Item::Type(item) => {
                self.aliases.push(Alias {
                    name: item.ident.to_string(),
                    ty: *item.ty,
                });
            }
            Item::Use(item) => {
                let (made, c_name) = read_use(item)?;
                self.renamed.insert(made, c_name);
            }
            Item::ForeignMod(item) => self.functions.extend(read_functions(item)?),
            Item::Enum(item) => return Err(not_understood("enum", &item.ident)),
            Item::Union(item) => return Err(not_understood("union", &item.ident)),
            Item::Static(item) => return Err(not_understood("static", &item.ident)),
            Item::Fn(item) => return Err(not_understood("function", &item.sig.ident)),
            _ => return Err("the bindings have an item of a kind that is not understood".into()),
        }
        Ok(())
    }
}

fn not_understood(kind: &str, name: &syn::Ident) -> String {
    format!("{kind} {name}: this kind of item is not understood")
}

fn constant_kind(ty: &Type) -> Option<ConstantKind> {
    match ty {
        Type::Path(ty) if ty.path.is_ident("f32") || ty.path.is_ident("f64") => None,
        Type::Path(_) => Some(ConstantKind::Integer),
        Type::Reference(_) => Some(ConstantKind::Text),
        _ => None,
    }
}

fn read_struct(item: ItemStruct) -> Result<Struct, String> {
    let name = item.ident.to_string();
    let is_repr_c = |attribute: &syn::Attribute| {
        attribute.path().is_ident("repr")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("C"))
    };
    if !item.attrs.iter().any(is_repr_c) {
        return Err(format!("struct {name} is not `repr(C)`"));
    }
    let syn::Fields::Named(named) = item.fields else {
        return Err(not_understood("tuple struct", &item.ident));
    };
    let mut fields = Vec::new();
    for field in named.named {
        let field_name = field
            .ident
            .map(|ident| ident.to_string())
            .unwrap_or_default();
        match (field_name.as_str(), &field.ty) {
            // How bindgen says that C gives no definition.
            ("_unused", Type::Array(_)) => {}
            (made, _) if made.starts_with('_') => {
                return Err(format!(
                    "field {name}.{made}: made by bindgen, not understood"
                ));
            }
            _ => fields.push(Field {
                name: field_name,
                ty: field.ty,
            }),
        }
    }
    Ok(Struct { name, fields })
}

/// `use self::MADE as C_NAME`.
fn read_use(item: ItemUse) -> Result<(String, String), String> {
    if let UseTree::Path(path) = &item.tree
        && path.ident == "self"
        && let UseTree::Rename(rename) = &*path.tree
    {
        return Ok((rename.ident.to_string(), rename.rename.to_string()));
    }
    Err("a `use` that is not `use self::NAME as NAME` is not understood".into())
}

fn read_functions(block: ItemForeignMod) -> Result<Vec<Function>, String> {
    if block.abi.name.is_none_or(|abi| abi.value() != "C") {
        return Err("an extern block is not `extern \"C\"`".into());
    }
    let mut functions = Vec::new();
    for item in block.items {
        let ForeignItem::Fn(item) = item else {
            return Err("an extern block has something else than functions".into());
        };
        let name = item.sig.ident.to_string();
        let mut inputs = Vec::new();
        for input in item.sig.inputs {
            match input {
                FnArg::Typed(input) => inputs.push(*input.ty),
                FnArg::Receiver(_) => return Err(format!("function {name} has a receiver")),
            }
        }
        let variadic = item.sig.variadic.is_some();
        functions.push(Function {
            name,
            inputs,
            variadic,
            output: item.sig.output,
        });
    }
    Ok(functions)
}
