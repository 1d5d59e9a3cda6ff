//! Types: the C compiler is asked whether each declaration that the bindings mean is compatible
//! with the one in the headers.

use std::fmt::Write as _;

use crate::bindings::Bindings;
use crate::tools::Tools;

pub(crate) fn compare(bindings: &Bindings, tools: &Tools) -> Result<Vec<String>, String> {
    let mut asserts = String::new();
    let mut claim = |what: String, actual: String, meant: Result<String, String>| {
        let meant = meant.map_err(|why| format!("{what}: {why}"))?;
        writeln!(
            asserts,
            "_Static_assert(__builtin_types_compatible_p({actual}, {meant}), \"{what}\");"
        )
        .map_err(|why| why.to_string())
    };
    for alias in &bindings.aliases {
        let name = bindings.c_name(&alias.name).unwrap_or_default();
        claim(
            format!("type {}", alias.name),
            name,
            bindings.c_type(&alias.ty),
        )?;
    }
    for each in &bindings.structs {
        let c_struct = bindings.c_struct(&each.name);
        for field in &each.fields {
            claim(
                format!("field {}.{}", each.name, field.name),
                format!("__typeof__((({c_struct} *)0)->{})", field.c_name()),
                bindings.c_type(&field.ty),
            )?;
        }
    }
    for function in &bindings.functions {
        claim(
            format!("function {}", function.name),
            format!("__typeof__(&{})", function.name),
            bindings.c_function_pointer(function),
        )?;
    }
    // A struct without fields is one that the headers only declare: a definition is still free.
    for each in bindings
        .structs
        .iter()
        .filter(|each| each.fields.is_empty())
    {
        writeln!(
            asserts,
            "struct {} {{ int not_defined_in_the_headers; }};",
            each.name
        )
        .map_err(|why| why.to_string())?;
    }
    tools.check_c(&asserts)
}
