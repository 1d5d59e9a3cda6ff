//! The C declaration that a Rust type of the bindings means.

use syn::{Expr, GenericArgument, Lit, Path, PathArguments, PointerMutability, ReturnType, Type};

use crate::bindings::{Bindings, Function};

const BASIC: [(&str, &str); 25] = [
    ("c_void", "void"),
    ("c_char", "char"),
    ("c_schar", "signed char"),
    ("c_uchar", "unsigned char"),
    ("c_short", "short"),
    ("c_ushort", "unsigned short"),
    ("c_int", "int"),
    ("c_uint", "unsigned int"),
    ("c_long", "long"),
    ("c_ulong", "unsigned long"),
    ("c_longlong", "long long"),
    ("c_ulonglong", "unsigned long long"),
    ("c_float", "float"),
    ("c_double", "double"),
    ("bool", "_Bool"),
    ("i8", "int8_t"),
    ("i16", "int16_t"),
    ("i32", "int32_t"),
    ("i64", "int64_t"),
    ("u8", "uint8_t"),
    ("u16", "uint16_t"),
    ("u32", "uint32_t"),
    ("u64", "uint64_t"),
    ("usize", "size_t"),
    ("isize", "ptrdiff_t"),
];

impl Bindings {
    /// A type without a name, as `sizeof` and the compiler's type comparison take it.
    pub(crate) fn c_type(&self, ty: &Type) -> Result<String, String> {
        self.declare(ty, false, String::new())
    }

    /// A pointer to a function of this signature.
    pub(crate) fn c_function_pointer(&self, function: &Function) -> Result<String, String> {
        let inputs: Vec<&Type> = function.inputs.iter().collect();
        self.declare_function(&inputs, function.variadic, &function.output, "(*)".into())
    }

    /// The name that C has for a type of the bindings.
    pub(crate) fn c_name(&self, name: &str) -> Option<String> {
        if let Some(original) = self.renamed.get(name) {
            return Some(original.clone());
        }
        if self.structs.iter().any(|each| each.name == name) {
            return Some(self.c_struct(name));
        }
        self.aliases
            .iter()
            .any(|each| each.name == name)
            .then(|| name.to_owned())
    }

    /// A struct in C; one without a name there is called by the field that it is the type of.
    pub(crate) fn c_struct(&self, name: &str) -> String {
        if let Some((owner, _)) = name.split_once("__bindgen_ty_") {
            let owners = self.structs.iter().filter(|each| each.name == owner);
            let mut fields = owners.flat_map(|each| &each.fields);
            let named = |ty: &Type| matches!(ty, Type::Path(ty) if ty.path.is_ident(name));
            if let Some(field) = fields.find(|field| named(&field.ty)) {
                return format!(
                    "__typeof__((({} *)0)->{})",
                    self.c_struct(owner),
                    field.c_name()
                );
            }
        }
        format!("struct {name}")
    }

    /// C writes a declaration from the inside out: `inner` is what has been written so far, and
    /// `constant` says that what it names cannot be written to.
    fn declare(&self, ty: &Type, constant: bool, inner: String) -> Result<String, String> {
        let qualifier = if constant { "const " } else { "" };
        match ty {
            Type::Ptr(pointer) => {
                let constant = matches!(pointer.mutability, PointerMutability::Const(_));
                self.declare(&pointer.elem, constant, format!("*{qualifier}{inner}"))
            }
            Type::Array(array) => {
                let inner = if inner.starts_with('*') {
                    format!("({inner})")
                } else {
                    inner
                };
                self.declare(
                    &array.elem,
                    constant,
                    format!("{inner}[{}]", length(&array.len)?),
                )
            }
            Type::Group(group) => self.declare(&group.elem, constant, inner),
            Type::Paren(paren) => self.declare(&paren.elem, constant, inner),
            Type::Path(path) if path.qself.is_none() => match optional(&path.path) {
                Some(Type::FnPtr(function)) => {
                    let abi = function.abi.as_ref().and_then(|abi| abi.name.as_ref());
                    if abi.is_none_or(|name| name.value() != "C") {
                        return Err("a function pointer is not `extern \"C\"`".into());
                    }
                    let inputs: Vec<&Type> = function.inputs.iter().map(|each| &each.ty).collect();
                    self.declare_function(
                        &inputs,
                        function.variadic.is_some(),
                        &function.output,
                        format!("(*{qualifier}{inner})"),
                    )
                }
                Some(_) => Err("an Option of something else than a function".into()),
                None => Ok(format!("{qualifier}{} {inner}", self.base(&path.path)?)),
            },
            // C's function pointers may be null, so one outside an Option is a mistake too.
            Type::FnPtr(_) => Err("a function pointer outside an Option".into()),
            _ => Err("a kind of type that has no C form".into()),
        }
    }

    fn declare_function(
        &self,
        inputs: &[&Type],
        variadic: bool,
        output: &ReturnType,
        inner: String,
    ) -> Result<String, String> {
        let mut list = Vec::new();
        for input in inputs {
            list.push(self.c_type(input)?);
        }
        if variadic {
            list.push("...".into());
        }
        if list.is_empty() {
            list.push("void".into());
        }
        let inner = format!("{inner}({})", list.join(", "));
        match output {
            ReturnType::Default => Ok(format!("void {inner}")),
            ReturnType::Type(_, ty) => self.declare(ty, false, inner),
        }
    }

    fn base(&self, path: &Path) -> Result<String, String> {
        let words: Vec<String> = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        let name = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [name] | ["core" | "std", "ffi", name] => name,
            _ => return Err(format!("the path {} has no C form", words.join("::"))),
        };
        let basic = BASIC
            .iter()
            .find(|(rust, _)| *rust == name)
            .map(|(_, c)| (*c).to_owned());
        basic
            .or_else(|| self.c_name(name))
            .ok_or_else(|| format!("the type {name} has no C form that is known"))
    }
}

/// The `T` of `Option<T>`.
fn optional(path: &Path) -> Option<&Type> {
    let last = path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(list) if last.ident == "Option" => match list.args.first()? {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

fn length(len: &Expr) -> Result<u64, String> {
    match len {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number
                .base10_parse()
                .map_err(|why| format!("a length: {why}")),
            _ => Err("an array's length is not a number".into()),
        },
        _ => Err("an array's length is not a number".into()),
    }
}
